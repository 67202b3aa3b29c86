// Any bytes as evidence, as a certificate and as a subject alternative name: what is read can be shown, and without a root nothing is
// believed.
#include "schemes/riot/evidence.h"
#include "schemes/riot/scheme.h"
#include "testing/fuzz.h"

namespace riot = assay::riot;

void fuzz(assay::ByteView bytes) {
  if (const auto shape = riot::read_shape(bytes)) {
    ASSAY_CHECK(shape->signed_bytes.size() < bytes.size());
    if (shape->alternative_name) (void)riot::read_identity(*shape->alternative_name);
  }
  if (const auto identity = riot::read_identity(bytes)) ASSAY_CHECK(identity->firmware.size() == assay::crypto::size(identity->hash));
  const auto parsed = riot::parse_evidence(bytes);
  const auto verified = riot::verify_evidence({.evidence = bytes, .anchors = {}});
  ASSAY_CHECK(parsed.has_value() == verified.has_value());
  if (!parsed) return;
  ASSAY_CHECK(!verified->claims);
  ASSAY_CHECK(riot::to_json(*parsed).object() != nullptr);
}
