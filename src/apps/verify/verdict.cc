#include "apps/verify/verdict.h"

#include <algorithm>
#include <set>

#include "appraise/components.h"
#include "appraise/pipeline.h"
#include "apps/catalogue.h"
#include "apps/report.h"
#include "base/text.h"

namespace assay::verify {
namespace {

using appraise::Finding;
using appraise::Severity;

constexpr int kAffirming = 0;
constexpr int kNotAffirming = 1;  // more: malformed or not trusted

ear::Tier overall(const std::vector<appraise::Submod>& submods, const appraise::Findings& findings);
bool all_affirming(const std::vector<appraise::Submod>& submods);
bool any_failed(const appraise::Findings& findings, std::string_view id_end);
bool answered(const appraise::Findings& findings);
std::string other_schemes(const Report& report, const Inputs& inputs);

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

  const appraise::TrustAnchors anchors = appraise::for_scheme(inputs.anchors, report.scheme->name);
  appraise::VerifyInput input{.evidence = evidence, .anchors = anchors, .strict = inputs.strict, .roots = inputs.roots, .now = inputs.now};
  if (inputs.nonce) input.nonce = *inputs.nonce;
  const std::vector<std::string_view> profiles{inputs.profiles.begin(), inputs.profiles.end()};
  input.derived_profiles = profiles;
  const appraise::Evidence verified = TRY(report.scheme->verify(input));
  report.exit_status = report::status_of(verified.findings);

  appraise::ReferenceValues references;
  if (inputs.references) references = appraise::for_scheme(*inputs.references, report.scheme->name);
  references.strict = inputs.strict;
  appraise::Verdict verdict = report.scheme->appraise(verified, references);
  report.findings = std::move(verdict.findings);
  report.submods = std::move(verdict.submods);
  report.status = overall(report.submods, report.findings);
  if (report.exit_status == 0) report.exit_status = all_affirming(report.submods) && !report.findings.any(Severity::failed) ? kAffirming : kNotAffirming;
  return report;
}

ear::Ear make_ear(const Report& report, const Inputs& inputs, UnixSeconds now) {
  ear::Ear result;
  result.profile = ear::profile_of(ear::Dialect::veraison);
  result.iat = now;
  result.verifier_id = {.developer = "assay", .build = std::string{catalogue::kVersion}};
  // A result that repeats the nonce says that the evidence answered it.
  if (inputs.nonce && answered(report.findings)) result.nonce = to_base64url_padded(*inputs.nonce);
  for (const appraise::Submod& submod : report.submods) {
    result.submods.emplace(submod.name, appraise::to_appraisal(submod));
  }
  return result;
}

bool is_only_stale(const Report& report) {
  bool is_stale = false;
  for (const Finding& finding : report.findings.all()) {
    if (finding.severity != Severity::failed) continue;
    if (!finding.id.ends_with(".freshness")) return false;
    is_stale = true;
  }
  return is_stale;
}

std::vector<std::string> next_steps(const Report& report, const Inputs& inputs) {
  std::vector<std::string> steps;
  // `assay token` has commands for some schemes only.
  const std::string_view scheme = report.scheme->name;
  const std::string show = scheme == "psa" || scheme == "cca" ? fmt::format(": assay token {} show {}", scheme, printable(report.name)) : " with the report's";
  if (inputs.anchors.empty() && inputs.roots.empty()) {
    steps.push_back("No key was given, so nobody vouches for this evidence: give the maker's public key with --key, or --trust-anchors, or its CA with --ca.");
  } else if (any_failed(report.findings, ".signature") || any_failed(report.findings, ".mac")) {
    steps.push_back(fmt::format("No key given fits the signature: the evidence was changed, it is another device's, or the key is another. Compare the instance id{}", show));
  }
  if (const std::string others = other_schemes(report, inputs); !others.empty()) steps.push_back(fmt::format("The endorsements given are for {}, and this is {} evidence: they say nothing of it.", others, report.scheme->title));
  if (!inputs.anchors.empty() && inputs.roots.empty() && any_failed(report.findings, ".key")) steps.push_back(fmt::format("None of the trust anchors is for this device. Compare the ids{}", show));
  if (any_failed(report.findings, ".binding")) steps.push_back("The platform did not vouch for the key of this realm: the two tokens do not belong together, or one was changed. Ask the device again.");
  const bool can_answer = scheme != "riot";  // certificates are always the same
  if (!can_answer) steps.push_back("Certificates are public: let who presents them sign something of yours with the alias key. A nonce cannot show that it is theirs.");
  else if (any_failed(report.findings, ".freshness")) steps.push_back("The evidence answers another challenge: ask the device again, with the nonce you verify with.");
  if (report.exit_status > kNotAffirming) return steps;  // nothing below matters before that is right
  if (!inputs.nonce && can_answer) steps.push_back("Freshness was not checked: old evidence looks the same. Give the nonce that the device was asked to sign with --nonce.");
  const appraise::ReferenceValues references = inputs.references ? appraise::for_scheme(*inputs.references, scheme) : appraise::ReferenceValues{};
  const bool other_measurements = std::ranges::any_of(report.findings.all(), [](const Finding& finding) { return finding.severity == Severity::warning && finding.id.ends_with(".extensible-measurement"); });
  if (other_measurements && !inputs.strict) steps.push_back("The realm booted what is known, but its extensible measurements are not those of the reference value: what was loaded there since is not what its maker measured. --strict does not affirm that.");
  if (!inputs.references) steps.push_back("What runs there was not compared with anything: give --reference-values or --endorsements to know whether it is the firmware you trust.");
  else if (!report.identity.implementation_id.empty() && appraise::references_for(references, report.identity.implementation_id, report.identity.instance_id).empty()) steps.push_back(fmt::format("The reference values say nothing of implementation {}: they are another product's, or its part is missing.", to_hex(report.identity.implementation_id)));
  else if (report.exit_status == kNotAffirming) steps.push_back("If what FAILED or is only a warning is yours and good, add its value to the reference values; else take the device out of service.");
  return steps;
}

namespace {

// The worst of all, where a part of which nothing can be said (`none`) is worse than one that is affirmed: nobody affirms the whole.
ear::Tier overall(const std::vector<appraise::Submod>& submods, const appraise::Findings& findings) {
  ear::Tier worst = ear::Tier::none;
  for (const appraise::Submod& submod : submods) worst = ear::worse(worst, submod.status());
  if (worst != ear::Tier::affirming) return worst;
  return all_affirming(submods) && !findings.any(Severity::failed) ? worst : ear::Tier::none;
}

bool all_affirming(const std::vector<appraise::Submod>& submods) {
  return !submods.empty() && std::ranges::all_of(submods, [](const appraise::Submod& submod) { return submod.status() == ear::Tier::affirming; });
}

bool any_failed(const appraise::Findings& findings, std::string_view id_end) {
  return std::ranges::any_of(findings.all(), [&](const Finding& finding) { return finding.severity == Severity::failed && finding.id.ends_with(id_end); });
}

// Those of the endorsements, where all are for others than the evidence's. Empty otherwise.
std::string other_schemes(const Report& report, const Inputs& inputs) {
  std::set<std::string_view> schemes;
  for (const appraise::TrustAnchor& anchor : inputs.anchors) schemes.insert(anchor.scheme);
  if (inputs.references) {
    for (const appraise::PlatformReference& platform : inputs.references->platforms) schemes.insert(platform.scheme);
    for (const appraise::RealmReference& realm : inputs.references->realms) schemes.insert(realm.scheme);
    for (const appraise::PcrReference& pcr : inputs.references->pcrs) schemes.insert(pcr.scheme);
    for (const appraise::KeyedReference& keyed : inputs.references->keyed) schemes.insert(keyed.scheme);
  }
  schemes.erase("");
  if (schemes.contains(report.scheme->name)) return {};
  std::string titles;
  for (const std::string_view name : schemes) titles += (titles.empty() ? "" : ", ") + std::string{appraise::scheme_by_name(name)->title};
  return titles;
}

bool answered(const appraise::Findings& findings) {
  return std::ranges::any_of(findings.all(), [](const Finding& finding) { return finding.severity == Severity::passed && finding.id.ends_with(".freshness"); });
}

}  // namespace
}  // namespace assay::verify
