// CoRIM files of the command line as trust anchors and reference values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "appraise/endorsements.h"
#include "crypto/crypto.h"
#include "crypto/x509.h"

namespace assay::inputs {

struct EndorsementTrust {
  struct Key {
    std::string file;
    crypto::PublicKey key;
  };
  std::vector<Key> keys;                   // of signers
  std::vector<crypto::Certificate> roots;  // of signers' chains
  bool allow_unsigned = false;             // where keys or roots are given; else all unsigned ones are believed
  UnixSeconds now = 0;                     // for validity and certificates
  appraise::Rule rule = appraise::Rule::assay;
};

// A file, and why it was believed.
struct EndorsementSource {
  std::string file;
  bool is_signed = false;
  std::string signer = {};          // its name in the signature's header
  std::string key_thumbprint = {};  // SHA-256, as of crypto::PublicKey, in hex
  std::optional<Bytes> kid = {};    // as the header says
  std::string certificate = {};     // subject of the chain's leaf, if that was how
  std::string verified_with = {};   // the key's file, or the subject of the CA
};
// "unsigned", "signed by …, verified with …"
std::string describe(const EndorsementSource& source);

struct TrustedCorims {
  appraise::Endorsements endorsements;
  std::vector<EndorsementSource> sources;
};

// `paths`: CoRIMs, signed or not, of any generation; of a folder its *.cbor, *.cose and *.corim, in the order of their names. Without
// keys and roots an unsigned file is believed because the caller names it, and a signed one is refused; with them it is the other way
// round: an unsigned file fails with `untrusted`, so does one of another signer, and one whose signature or CoRIM is not valid at `now`
// with `stale`. Only of a folder that one is left out, with a warning. Nothing is kept of a run that fails.
Result<TrustedCorims> load_endorsements(std::span<const std::string> paths, const EndorsementTrust& trust);

}  // namespace assay::inputs
