#include "apps/verify/verdict.h"

#include <algorithm>

#include "apps/catalogue.h"
#include "apps/report.h"
#include "base/text.h"

namespace assay::verify {
namespace {

using appraise::Finding;
using appraise::Severity;

constexpr int kAffirming = 0;
constexpr int kNotAffirming = 1;  // more: malformed or not trusted

ear::Tier worst_of(const std::vector<appraise::Submod>& submods);
bool all_affirming(const std::vector<appraise::Submod>& submods);
bool any_failed(const appraise::Findings& findings, std::string_view id_end);

}  // namespace

Result<Report> judge(const Inputs& inputs) {
  Report report;
  report.name = inputs.name;
  report.file_size = inputs.file.size();
  report.unwrapped = TRY(unwrap_evidence(inputs.file, inputs.entry));
  const ByteView evidence = report.unwrapped.evidence;
  report.scheme = appraise::scheme_of_evidence(evidence);
  ASSAY_CHECK(report.scheme != nullptr);  // unwrap_evidence gives nothing else
  report.identity = TRY(report.scheme->peek(evidence));

  appraise::VerifyInput input{.evidence = evidence, .anchors = inputs.anchors, .strict = inputs.strict};
  if (inputs.nonce) input.nonce = *inputs.nonce;
  const appraise::Evidence verified = TRY(report.scheme->verify(input));
  report.exit_status = report::status_of(verified.findings);

  static const appraise::ReferenceValues kNone;
  appraise::Verdict verdict = report.scheme->appraise(verified, inputs.references ? *inputs.references : kNone);
  report.findings = std::move(verdict.findings);
  report.submods = std::move(verdict.submods);
  report.status = worst_of(report.submods);
  if (report.exit_status == 0) report.exit_status = all_affirming(report.submods) && !report.findings.any(Severity::failed) ? kAffirming : kNotAffirming;
  return report;
}

ear::Ear make_ear(const Report& report, const Inputs& inputs, UnixSeconds now) {
  ear::Ear result;
  result.profile = ear::profile_of(ear::Dialect::veraison);
  result.iat = now;
  result.verifier_id = {.developer = "assay", .build = std::string{catalogue::kVersion}};
  if (inputs.nonce) result.nonce = to_base64url_padded(*inputs.nonce);
  for (const appraise::Submod& submod : report.submods) {
    ear::Appraisal appraisal;
    appraisal.vector = submod.vector;
    appraisal.annotated_evidence = submod.annotated_evidence;
    appraisal.update_status();
    result.submods.emplace(submod.name, std::move(appraisal));
  }
  return result;
}

std::vector<std::string> next_steps(const Report& report, const Inputs& inputs) {
  std::vector<std::string> steps;
  const std::string_view scheme = report.scheme->name;
  if (inputs.anchors.empty()) {
    steps.push_back("No key was given, so nobody vouches for this evidence: give the maker's public key with --key, or --trust-anchors.");
  } else if (any_failed(report.findings, ".signature") || any_failed(report.findings, ".mac")) {
    steps.push_back(fmt::format("No key given fits the signature: the evidence was changed, or it is another device's. Compare the instance id: assay token {} show {}", scheme, printable(report.name)));
  }
  if (any_failed(report.findings, ".freshness")) steps.push_back("The evidence answers another challenge: ask the device again, with the nonce you verify with.");
  if (report.exit_status > kNotAffirming) return steps;  // nothing below matters before that is right
  if (!inputs.nonce) steps.push_back("Freshness was not checked: old evidence looks the same. Give the nonce that the device was asked to sign with --nonce.");
  if (!inputs.references) steps.push_back("What runs there was not compared with anything: give --reference-values to know whether it is the firmware you trust.");
  else if (report.exit_status == kNotAffirming) steps.push_back("If what FAILED or is only a warning is yours and good, add its value to the reference values; else take the device out of service.");
  return steps;
}

namespace {

ear::Tier worst_of(const std::vector<appraise::Submod>& submods) {
  ear::Tier worst = ear::Tier::none;
  for (const appraise::Submod& submod : submods) worst = ear::worse(worst, submod.vector.status());
  return worst;
}

bool all_affirming(const std::vector<appraise::Submod>& submods) {
  return !submods.empty() && std::ranges::all_of(submods, [](const appraise::Submod& submod) { return submod.vector.status() == ear::Tier::affirming; });
}

bool any_failed(const appraise::Findings& findings, std::string_view id_end) {
  return std::ranges::any_of(findings.all(), [&](const Finding& finding) { return finding.severity == Severity::failed && finding.id.ends_with(id_end); });
}

}  // namespace
}  // namespace assay::verify
