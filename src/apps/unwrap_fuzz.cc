// Whatever is unwrapped is a token that some scheme recognises, within the limit, and unwraps to itself.
#include "appraise/scheme.h"
#include "apps/unwrap.h"
#include "base/limits.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  const auto unwrapped = assay::unwrap_evidence(bytes);
  if (!unwrapped) return;
  ASSAY_CHECK(unwrapped->evidence.size() <= assay::kMaxEvidence);
  ASSAY_CHECK(assay::appraise::scheme_of_evidence(unwrapped->evidence) != nullptr);
  const auto again = assay::unwrap_evidence(unwrapped->evidence);
  ASSAY_CHECK(again && again->steps.empty());
}
