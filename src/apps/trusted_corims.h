// CoRIM files of the command line as trust anchors and reference values.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "appraise/endorsements.h"
#include "crypto/crypto.h"
#include "crypto/x509.h"

namespace assay::inputs {

struct EndorsementTrust {
  std::vector<crypto::PublicKey> keys;     // of signers
  std::vector<crypto::Certificate> roots;  // of signers' chains
  UnixSeconds now = 0;                     // for validity and certificates
};

// `paths`: CoRIMs, signed or not, of any generation; of a folder its *.cbor, *.cose and *.corim, in the order of their names. An unsigned
// file is believed because the caller names it; a signed one only if `trust` holds its signer. Nothing is kept of a run that fails.
Result<appraise::Endorsements> load_endorsements(std::span<const std::string> paths, const EndorsementTrust& trust);

}  // namespace assay::inputs
