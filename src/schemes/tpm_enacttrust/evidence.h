// EnactTrust's evidence: the node's UUID (16 bytes), the length of the attestation (two bytes, big-endian), TPMS_ATTEST, TPMT_SIGNATURE.
#pragma once

#include "codec/json/json.h"
#include "model/corim/values.h"
#include "model/tpm/tpm.h"

namespace assay::tpm_enacttrust {

// Nobody verified it. Views point into the bytes.
struct UnverifiedEvidence {
  corim::Uuid node{};
  tpm::Attest attest;  // with a quote
  tpm::Signature signature;
};
Result<UnverifiedEvidence> parse_evidence(ByteView evidence);

// {"node-id", "firmware-version", "hash-algorithm", "pcr-selection", "pcr-digest"}, of the first bank.
json::Value to_json(const UnverifiedEvidence& evidence);

}  // namespace assay::tpm_enacttrust
