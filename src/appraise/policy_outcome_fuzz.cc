// Whatever a policy answers: the status is never better than the claims, and what is added is an object.
#include "appraise/policy.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  namespace ear = assay::ear;
  const auto value = assay::json::parse(assay::as_text(bytes));
  if (!value) return;
  const auto outcome = assay::appraise::parse_outcome(*value);
  if (!outcome) return;
  for (const ear::Tier before : {ear::Tier::none, ear::Tier::affirming, ear::Tier::contraindicated}) {
    ear::Appraisal appraisal;
    appraisal.status = before;
    appraisal.vector.emplace()[ear::Claim::hardware] = 2;
    assay::appraise::apply_outcome(*outcome, appraisal);
    appraisal.update_status();
    ASSAY_CHECK(ear::worse(appraisal.status, appraisal.vector->status()) == appraisal.status);
    ASSAY_CHECK(!appraisal.policy_claims || appraisal.policy_claims->object() != nullptr);
  }
}
