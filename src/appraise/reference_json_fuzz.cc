// Files of reference values and trust anchors: whatever is accepted has something to compare with, says where it came from, and
// has no member that nobody knows.
#include "appraise/reference.h"
#include "testing/fuzz.h"

namespace {

using namespace assay;

json::Value with_another_member(json::Value object) {
  object.object()->set("another", nullptr);
  return object;
}

}  // namespace

void fuzz(ByteView bytes) {
  const auto value = json::parse(as_text(bytes));
  if (!value) return;
  if (const auto references = appraise::reference_values_from_json(*value, "f")) {
    for (const auto& platform : references->platforms) {
      for (const auto& component : platform.components) ASSAY_CHECK(!component.value.empty() && !component.origin.empty());
    }
    for (const auto& realm : references->realms) ASSAY_CHECK(!realm.initial_measurement.empty() && realm.extensible_measurements.size() <= 4 && !realm.origin.empty());
    ASSAY_CHECK(!appraise::reference_values_from_json(with_another_member(*value), "f"));
  }
  if (const auto anchors = appraise::trust_anchors_from_json(*value, "f")) {
    for (const auto& anchor : *anchors) ASSAY_CHECK(!anchor.origin.empty());
    if (value->array() != nullptr && !value->array()->empty()) ASSAY_CHECK(!appraise::trust_anchors_from_json(json::Array{with_another_member(value->array()->front())}, "f"));
  }
}
