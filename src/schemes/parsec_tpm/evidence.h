// Parsec's TPM evidence (veraison/parsec, tpm): a map of two attestations, both signed by the TPM's attestation key.
//
// {"kat": {"tpmVer": text, "kid": id of the attestation key, "sig": TPMT_SIGNATURE, "pubArea": TPMT_PUBLIC, "certInfo": TPMS_ATTEST},
//  "pat": {"tpmVer", "kid", "sig", "attestInfo": TPMS_ATTEST}}: the first certifies a key of the application, the second quotes
// registers. Other members are passed over: nothing signs them. Refused: members missing, empty or twice, a key id of more than
// kMaxKeyId bytes, different key ids, another TPM than "2.0", a kat that is no certification, a pat that is no quote or quotes no
// register, anything behind a structure.
#pragma once

#include "codec/json/json.h"
#include "model/tpm/tpm.h"

namespace assay::parsec_tpm {

inline constexpr std::size_t kMaxKeyId = 64;

// Nobody verified it. Views point into the bytes.
struct UnverifiedEvidence {
  ByteView key_id;
  struct {
    ByteView signature_bytes;
    tpm::Signature signature;
    tpm::Attest attest;  // with a certification
    tpm::Public key;
  } kat;
  struct {
    ByteView signature_bytes;
    tpm::Signature signature;
    tpm::Attest attest;  // with a quote of one register at least
  } pat;
};
Result<UnverifiedEvidence> parse_evidence(ByteView evidence);

// The members as they are in the evidence, byte strings in base64.
json::Value to_json(const UnverifiedEvidence& evidence);

}  // namespace assay::parsec_tpm
