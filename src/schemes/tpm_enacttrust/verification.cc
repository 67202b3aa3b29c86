// From evidence to what may be believed of it, and what that is worth.
#include <algorithm>

#include "appraise/checked.h"
#include "base/text.h"
#include "model/corim/text.h"
#include "schemes/tpm_enacttrust/evidence.h"
#include "schemes/tpm_enacttrust/scheme.h"

namespace assay::tpm_enacttrust {
namespace {

using appraise::Findings;

constexpr std::int8_t kRecognized = 2;
constexpr std::int8_t kUnrecognized = 33;
constexpr std::int8_t kUnrecognizedInstance = 97;

struct AuthenticClaims final : appraise::Claims {
  Bytes node;
  Bytes digest;
  json::Value shown;
};

bool authenticate(const UnverifiedEvidence& evidence, const appraise::VerifyInput& input, Findings& findings);
void check_freshness(ByteView extra_data, const appraise::VerifyInput& input, Findings& findings);
void compare(const AuthenticClaims& claims, const appraise::ReferenceValues& references, appraise::Submod& submod, Findings& findings);

}  // namespace

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(input.evidence));
  appraise::Evidence evidence;
  if (!authenticate(parsed, input, evidence.findings)) {
    evidence.findings.not_checked("enacttrust.freshness", "freshness", "nobody vouches for the quote");
    return evidence;
  }
  check_freshness(parsed.attest.extra_data, input, evidence.findings);
  auto claims = std::make_shared<AuthenticClaims>();
  claims->node = Bytes{parsed.node.begin(), parsed.node.end()};
  claims->digest = to_bytes(parsed.attest.quote->digest);
  claims->shown = to_json(parsed);
  evidence.claims = std::move(claims);
  return evidence;
}

appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references) {
  appraise::Verdict verdict;
  verdict.findings = evidence.findings;
  appraise::Submod submod{"TPM_ENACTTRUST", {}};
  const auto* claims = dynamic_cast<const AuthenticClaims*>(evidence.claims.get());
  if (evidence.findings.has_failed("enacttrust.key")) {
    submod.vector[ear::Claim::instance_identity] = kUnrecognizedInstance;
  } else if (evidence.findings.has_failed("enacttrust") || claims == nullptr) {
    submod.vector.set_all(ear::kCryptoFailed);
  } else {
    compare(*claims, references, submod, verdict.findings);
    submod.annotated_evidence = claims->shown;
  }
  verdict.submods.push_back(std::move(submod));
  return verdict;
}

namespace {

bool authenticate(const UnverifiedEvidence& evidence, const appraise::VerifyInput& input, Findings& findings) {
  const std::string node = "node " + corim::to_text(evidence.node);
  const auto anchors = appraise::keys_for_instance(input.anchors, evidence.node);
  if (anchors.empty()) {
    findings.failed("enacttrust.key", "verification key", "no trust anchor for this node", node);
    return false;
  }
  const auto search = appraise::first_verifying(anchors, [&](const crypto::PublicKey& key) { return tpm::verify(key, evidence.signature, evidence.attest.signed_bytes); });
  if (search.found == nullptr) {
    findings.failed("enacttrust.signature", "signature of the quote", search.why, {}, search.tried);
    return false;
  }
  findings.passed("enacttrust.key", "verification key", node, search.found->origin);
  findings.passed("enacttrust.signature", "signature of the quote", {}, search.found->origin);
  return true;
}

// What the verifier asked to be quoted with, in the TPM's words the qualifying data.
void check_freshness(ByteView extra_data, const appraise::VerifyInput& input, Findings& findings) {
  if (!input.nonce) return appraise::report_no_nonce("enacttrust.freshness", findings);
  const std::string actual = to_hex(extra_data);
  if (ct_equal(extra_data, *input.nonce)) return findings.passed("enacttrust.freshness", "freshness", actual, "the nonce given");
  findings.failed("enacttrust.freshness", "freshness", "the quote answers another nonce, or none", actual, to_hex(*input.nonce));
}

void compare(const AuthenticClaims& claims, const appraise::ReferenceValues& references, appraise::Submod& submod, Findings& findings) {
  constexpr std::string_view kSubject = "digest of the platform configuration registers";
  const std::string id = "enacttrust.reference.pcrs";
  std::vector<const appraise::PcrReference*> known;
  for (const appraise::PcrReference& one : references.pcrs) {
    if (!one.pcr && equal(one.platform_id, claims.node)) known.push_back(&one);
  }
  const std::string actual = to_hex(claims.digest);
  if (references.rule == appraise::Rule::veraison_2025 && known.size() != 1) {
    return findings.failed(id, std::string{kSubject}, fmt::format("{} reference values for this node, where this rule wants exactly one", known.size()), actual);
  }
  const auto match = std::ranges::find_if(known, [&](const appraise::PcrReference* one) { return equal(one->digest.value, claims.digest); });
  submod.vector[ear::Claim::executables] = match != known.end() ? kRecognized : kUnrecognized;
  if (match != known.end()) return findings.passed(id, std::string{kSubject}, actual, (*match)->origin);
  if (known.empty() && references.rule == appraise::Rule::assay) return findings.not_checked(id, std::string{kSubject}, "no reference value is for this node");
  submod.at_least = ear::Tier::contraindicated;
  findings.failed(id, std::string{kSubject}, "no reference value has it", actual, known.empty() ? "" : fmt::format("{} ({})", to_hex(known.front()->digest.value), known.front()->origin));
}

}  // namespace
}  // namespace assay::tpm_enacttrust
