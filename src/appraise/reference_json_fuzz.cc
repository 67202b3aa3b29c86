// Files of reference values and trust anchors: whatever is accepted has something to compare with and says where it came from.
#include "appraise/reference.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  const auto value = json::parse(as_text(bytes));
  if (!value) return;
  if (const auto references = appraise::reference_values_from_json(*value, "f")) {
    for (const auto& platform : references->platforms) {
      for (const auto& component : platform.components) ASSAY_CHECK(!component.value.empty() && !component.origin.empty());
    }
    for (const auto& realm : references->realms) ASSAY_CHECK(!realm.initial_measurement.empty() && realm.extensible_measurements.size() <= 4 && !realm.origin.empty());
  }
  if (const auto anchors = appraise::trust_anchors_from_json(*value, "f")) {
    for (const auto& anchor : *anchors) ASSAY_CHECK(!anchor.origin.empty());
  }
}
