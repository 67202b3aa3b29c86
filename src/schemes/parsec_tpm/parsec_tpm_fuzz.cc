// Any bytes as evidence: what is read can be shown, and without a key nothing is believed.
#include "schemes/parsec_tpm/evidence.h"
#include "schemes/parsec_tpm/scheme.h"
#include "testing/fuzz.h"

namespace parsec_tpm = assay::parsec_tpm;

void fuzz(assay::ByteView bytes) {
  const auto parsed = parsec_tpm::parse_evidence(bytes);
  const auto verified = parsec_tpm::verify_evidence({.evidence = bytes, .anchors = {}});
  ASSAY_CHECK(parsed.has_value() == verified.has_value());
  if (!parsed) return;
  ASSAY_CHECK(!verified->claims);
  ASSAY_CHECK(!parsed->key_id.empty() && parsed->kat.attest.certification && parsed->pat.attest.quote);
  ASSAY_CHECK(parsec_tpm::to_json(*parsed).object() != nullptr);
}
