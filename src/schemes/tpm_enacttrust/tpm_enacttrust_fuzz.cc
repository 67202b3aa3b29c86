// Any bytes as evidence: what is read can be shown, and without a key nothing is believed.
#include "schemes/tpm_enacttrust/evidence.h"
#include "schemes/tpm_enacttrust/scheme.h"
#include "testing/fuzz.h"

namespace enacttrust = assay::tpm_enacttrust;

void fuzz(assay::ByteView bytes) {
  const auto parsed = enacttrust::parse_evidence(bytes);
  const auto verified = enacttrust::verify_evidence({.evidence = bytes, .anchors = {}});
  ASSAY_CHECK(parsed.has_value() == verified.has_value());
  if (!parsed) return;
  ASSAY_CHECK(!verified->claims);
  ASSAY_CHECK(enacttrust::to_json(*parsed).object() != nullptr);
}
