// Any bytes as evidence: what is read can be shown, and without a key nothing is believed.
#include "schemes/cca/parsec.h"
#include "schemes/cca/parsec_evidence.h"
#include "testing/fuzz.h"

namespace assay::parsec_cca {
extern const appraise::Scheme kScheme;
}
namespace parsec_cca = assay::parsec_cca;

void fuzz(assay::ByteView bytes) {
  const auto parsed = parsec_cca::parse_evidence(bytes);
  const auto verified = parsec_cca::verify_evidence({.evidence = bytes, .anchors = {}});
  ASSAY_CHECK(!verified || parsed);
  if (!verified) return;
  ASSAY_CHECK(!verified->claims);
  const auto verdict = parsec_cca::appraise_evidence(*verified, {});
  ASSAY_CHECK(verdict.submods.size() == 1 && !verdict.submods.front().key_attestation);
  ASSAY_CHECK(parsec_cca::kScheme.peek(bytes) && parsec_cca::kScheme.claims_json(bytes));
}
