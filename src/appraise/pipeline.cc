#include "appraise/pipeline.h"

#include <algorithm>
#include <array>

#include "appraise/policy.h"
#include "base/media_type.h"
#include "base/text.h"

namespace assay::appraise {
namespace {

ear::Ear result_for(const Question& question);
void add_problem(const Question& question, std::string problem, Judgement& judgement);
void add_submods(const Question& question, std::vector<Submod> submods, Judgement& judgement);
std::vector<std::string> policy_ids(const Scheme& scheme) { return {fmt::format("policy:{}", scheme.attestation_scheme)}; }
const Finding* broken_integrity(const Findings& findings);
std::string integrity_problem(const Question& question, const Finding& broken);
struct AskedPolicy {
  StoredPolicy policy;
  PolicyInput input;
};
Result<std::optional<AskedPolicy>> asked_policy(const Question& question, const Store& store, const Verdict& verdict, const Endorsements& endorsements);

}  // namespace

Result<Judgement> judge(const Question& question, const Store& store) {
  Judgement judgement{.result = result_for(question)};
  auto identity = question.scheme.peek(question.evidence);
  if (!identity) {
    judgement.findings.failed(std::string{question.scheme.name} + ".evidence", "evidence", identity.error().text());
    add_problem(question, "could not establish identity from evidence", judgement);
    return judgement;
  }
  Endorsements endorsements = TRY(store.find(question.tenant, question.scheme, *identity, question.now));
  endorsements.references.rule = question.rule;
  if (endorsements.anchors.empty()) {
    judgement.findings.failed(std::string{question.scheme.name} + ".key", "verification key", "no trust anchor for this instance", to_hex(identity->instance_id));
    add_problem(question, "no trust anchor for evidence", judgement);
    return judgement;
  }
  const VerifyInput input{.evidence = question.evidence, .anchors = endorsements.anchors, .nonce = question.nonce, .cache = question.cache, .now = question.now, .identity = &*identity};
  const auto evidence = question.scheme.verify(input);
  if (!evidence) {
    judgement.findings.failed(std::string{question.scheme.name} + ".evidence", "evidence", evidence.error().text());
    add_problem(question, "could not establish identity from evidence", judgement);
    return judgement;
  }
  Verdict verdict = question.scheme.appraise(*evidence, endorsements.references);
  judgement.findings = std::move(verdict.findings);
  if (judgement.findings.ill_formed()) {
    add_problem(question, "could not establish identity from evidence", judgement);
    return judgement;
  }
  if (const Finding* broken = broken_integrity(judgement.findings)) {
    add_problem(question, integrity_problem(question, *broken), judgement);
    return judgement;
  }
  const auto policy = TRY(asked_policy(question, store, verdict, endorsements));
  add_submods(question, std::move(verdict.submods), judgement);
  if (policy) TRY(within("policy " + policy->policy.uuid, apply_policy(*question.engine, policy->policy, policy->input, judgement.result)));
  return judgement;
}

ear::Appraisal to_appraisal(Submod submod) {
  ear::Appraisal appraisal;
  appraisal.vector = submod.vector;
  appraisal.status = submod.at_least;
  appraisal.annotated_evidence = std::move(submod.annotated_evidence);
  appraisal.key_attestation = std::move(submod.key_attestation);
  appraisal.update_status();
  return appraisal;
}

// Letter by letter first: most clients send one as it was offered.
const Scheme* scheme_of_media_type(Schemes schemes, std::string_view media_type) {
  const auto taken_if = [&](auto is_same) -> const Scheme* {
    for (const Scheme* scheme : schemes) {
      if (scheme->reads_evidence() && std::ranges::any_of(scheme->media_types, is_same)) return scheme;
    }
    return nullptr;
  };
  if (const Scheme* scheme = taken_if([&](std::string_view own) { return own == media_type; })) return scheme;
  const auto type = parse_media_type(media_type);
  if (!type) return nullptr;
  return taken_if([&](std::string_view own) {
    const auto ours = parse_media_type(own);
    return ours && *ours == *type;
  });
}

std::vector<std::string_view> evidence_media_types(Schemes schemes) {
  std::vector<std::string_view> all;
  for (const Scheme* scheme : schemes) {
    if (scheme->reads_evidence()) all.insert(all.end(), scheme->media_types.begin(), scheme->media_types.end());
  }
  return all;
}

namespace {

ear::Ear result_for(const Question& question) {
  ear::Ear result;
  result.profile = ear::profile_of(ear::Dialect::veraison);
  result.iat = question.now;
  result.nonce = to_base64url_padded(question.nonce);
  return result;
}

void add_problem(const Question& question, std::string problem, Judgement& judgement) {
  ear::Appraisal appraisal;
  appraisal.vector.emplace().set_all(ear::kCryptoFailed);
  appraisal.policy_ids = policy_ids(question.scheme);
  json::Object claims;
  claims.set("problem", problem);
  appraisal.policy_claims = std::move(claims);
  appraisal.update_status();
  judgement.result.submods.emplace(question.scheme.attestation_scheme, std::move(appraisal));
  judgement.problem = std::move(problem);
}

void add_submods(const Question& question, std::vector<Submod> submods, Judgement& judgement) {
  for (Submod& submod : submods) {
    std::string name = submod.name;
    ear::Appraisal appraisal = to_appraisal(std::move(submod));
    appraisal.policy_ids = policy_ids(question.scheme);
    judgement.result.submods.emplace(std::move(name), std::move(appraisal));
  }
}

// What makes all that the evidence says worth nothing.
const Finding* broken_integrity(const Findings& findings) {
  constexpr std::array<std::string_view, 8> kEnds{".key", ".signature", ".mac", ".freshness", ".binding", ".public-key", ".challenge", ".attested-key.name"};
  const auto found = std::ranges::find_if(findings.all(), [&](const Finding& finding) { return finding.severity == Severity::failed && std::ranges::any_of(kEnds, [&](std::string_view end) { return finding.id.ends_with(end); }); });
  return found == findings.all().end() ? nullptr : &*found;
}

// The released verifier of 2026 says why, and its clients print it.
std::string integrity_problem(const Question& question, const Finding& broken) {
  if (broken.id.ends_with(".key")) return "no trust anchor for evidence";
  std::string problem = "integrity validation failed";
  if (question.rule != Rule::veraison_2026) return problem;
  if (broken.id.ends_with(".freshness")) return fmt::format("{}: bad evidence: freshness: {}", problem, broken.why);
  return problem + ": bad evidence: signature verification failed: verification error";
}

Result<std::optional<AskedPolicy>> asked_policy(const Question& question, const Store& store, const Verdict& verdict, const Endorsements& endorsements) {
  auto active = TRY(store.active_policy(question.tenant, question.scheme.attestation_scheme));
  if (!active) return std::optional<AskedPolicy>{};
  if (question.engine == nullptr) return fail(Errc::unsupported, "policy " + active->uuid, "nothing here can evaluate it");
  return AskedPolicy{std::move(*active), policy_input(question.scheme, question.nonce, verdict.submods, endorsements)};
}

}  // namespace
}  // namespace assay::appraise
