#include "apps/policy/trial.h"

#include "apps/report.h"
#include "apps/unwrap.h"
#include "base/text.h"

namespace assay::policy_app {
namespace {

Result<appraise::Verdict> judge(const TrialInputs& inputs, const appraise::Scheme& scheme, ByteView evidence, const appraise::Endorsements& endorsements, Trial& trial);
ear::Appraisal appraisal_of(const appraise::Scheme& scheme, const appraise::Submod& submod);

}  // namespace

Result<Trial> try_policy(policy::Engine& engine, const TrialInputs& inputs) {
  const Unwrapped unwrapped = TRY(unwrap_evidence(inputs.file, inputs.entry));
  Trial trial{.scheme = appraise::scheme_of_evidence(unwrapped.evidence)};
  ASSAY_CHECK(trial.scheme != nullptr);  // unwrap_evidence gives nothing else
  const appraise::Scheme& scheme = *trial.scheme;
  if (!inputs.scheme.empty() && inputs.scheme != scheme.name && inputs.scheme != scheme.attestation_scheme) {
    return fail_expecting(Errc::mismatch, "", fmt::format("{} evidence", scheme.attestation_scheme), "evidence of " + quoted(inputs.scheme));
  }
  appraise::Endorsements endorsements;
  endorsements.anchors = appraise::for_scheme(inputs.endorsements.anchors, scheme.name);
  endorsements.references = appraise::for_scheme(inputs.endorsements.references, scheme.name);
  const appraise::Verdict verdict = TRY(judge(inputs, scheme, unwrapped.evidence, endorsements, trial));
  if (trial.trust != 0) return trial;

  const appraise::PolicyInput input = appraise::policy_input(scheme, inputs.nonce.value_or(Bytes{}), verdict.submods, endorsements);
  const appraise::StoredPolicy policy{.scheme = input.scheme, .uuid = "tried", .rules = inputs.rules};
  for (const appraise::Submod& submod : verdict.submods) {
    Change change{.submod = submod.name, .before = appraisal_of(scheme, submod)};
    change.after = change.before;
    change.document = appraise::policy_document(input, submod.name, change.before);
    TRY(within(submod.name, appraise::apply_policy(engine, policy, input, submod.name, change.after)));
    trial.changes.push_back(std::move(change));
  }
  return trial;
}

namespace {

Result<appraise::Verdict> judge(const TrialInputs& inputs, const appraise::Scheme& scheme, ByteView evidence, const appraise::Endorsements& endorsements, Trial& trial) {
  appraise::VerifyInput input{.evidence = evidence, .anchors = endorsements.anchors, .roots = inputs.roots, .now = inputs.now};
  if (inputs.nonce) input.nonce = *inputs.nonce;
  const appraise::Evidence verified = TRY(scheme.verify(input));
  trial.trust = report::status_of(verified.findings);
  appraise::Verdict verdict = scheme.appraise(verified, endorsements.references);
  trial.findings = verdict.findings;
  return verdict;
}

ear::Appraisal appraisal_of(const appraise::Scheme& scheme, const appraise::Submod& submod) {
  ear::Appraisal appraisal;
  appraisal.vector = submod.vector;
  appraisal.annotated_evidence = submod.annotated_evidence;
  appraisal.key_attestation = submod.key_attestation;
  appraisal.status = submod.at_least;
  appraisal.policy_ids = {fmt::format("policy:{}", scheme.attestation_scheme)};
  appraisal.update_status();
  return appraisal;
}

}  // namespace
}  // namespace assay::policy_app
