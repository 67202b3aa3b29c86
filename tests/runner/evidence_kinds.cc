#include "appraise/scheme.h"
#include "base/text.h"
#include "runner.h"
#include "schemes/cca/evidence.h"
#include "schemes/psa/token.h"

namespace assay::vectors {
namespace {

using appraise::Findings;
using appraise::Severity;

Result<appraise::TrustAnchors> anchors_of(const Case& line) {
  if (const std::string file = line.member("anchors"); !file.empty()) return appraise::trust_anchors_from_json(TRY(json::parse(TRY(line.text(file)))), file);
  appraise::TrustAnchors anchors;
  if (const std::string file = line.member("mac_key"); !file.empty()) {
    auto secret = std::make_shared<const SecretBytes>(to_bytes(TRY(line.text(file))));
    anchors.push_back({{}, {}, std::move(secret), file});
  } else {
    const auto key = TRY(line.key());
    anchors.push_back({{}, {}, key, line.member("key")});
  }
  return anchors;
}

bool failed(const Findings& findings, std::string_view part) {
  for (const auto& finding : findings.all()) {
    if (finding.severity == Severity::failed && finding.id.find(part) != std::string::npos) return true;
  }
  return false;
}

// The whole way of `assay verify`, without reference values: what the findings say becomes one word.
Result<void> verify_with(const appraise::Scheme& scheme, const Case& line, ByteView evidence) {
  const auto anchors = TRY(anchors_of(line));
  const auto result = TRY(scheme.verify({.evidence = evidence, .anchors = anchors}));
  const Findings& findings = result.findings;
  std::string failures;
  for (const auto& finding : findings.all()) {
    if (finding.severity == Severity::failed) failures += finding.id + ": " + finding.why + "; ";
  }
  if (failed(findings, "signature") || failed(findings, ".mac")) return fail(Errc::unauthenticated, "", "{}", failures);
  if (failed(findings, "binding")) return fail(Errc::mismatch, "", "{}", failures);
  if (!failures.empty()) return fail(Errc::malformed, "", "{}", failures);
  const std::string warning = line.member("warning");
  const auto* finding = warning.empty() ? nullptr : findings.find(warning);
  if (!warning.empty() && (finding == nullptr || finding->severity != Severity::warning)) return fail(Errc::internal, "", "no warning {}", warning);
  return {};
}

Result<const appraise::Scheme*> scheme_named(std::string_view name) {
  const appraise::Scheme* scheme = appraise::scheme_by_name(name);
  if (scheme == nullptr) return fail(Errc::unsupported, name, "not in this build");
  return scheme;
}

Result<void> token(const Case& line, std::string_view scheme) {
  const std::string text = TRY(line.text());
  return verify_with(*TRY(scheme_named(scheme)), line, as_bytes(text));
}

Result<void> cca_claims(const Case& line, bool platform) {
  const std::string text = TRY(line.text());
  if (platform) return cca::validate(TRY(cca::parse_platform_claims(as_bytes(text))));
  return cca::validate(TRY(cca::parse_realm_claims(as_bytes(text))));
}

Result<void> cca_claims_json(const Case& line, bool platform) {
  const json::Value value = TRY(json::parse(TRY(line.text())));
  if (platform) return cca::validate(TRY(cca::platform_from_json(value)));
  return cca::validate(TRY(cca::realm_from_json(value)));
}

Result<void> cca_json(const Case& line) { return cca::validate(TRY(cca::evidence_from_json(TRY(json::parse(TRY(line.text())))))); }

Result<void> psa_claims(const Case& line) {
  const std::string text = TRY(line.text());
  return psa::validate(TRY(psa::parse_claims(as_bytes(text))));
}

Result<void> psa_diagnostic(const Case& line) {
  const Bytes bytes = TRY(encode_diagnostic(TRY(line.text())));
  return psa::validate(TRY(psa::parse_claims(bytes)));
}

Result<void> psa_json(const Case& line) {
  const json::Value value = TRY(json::parse(TRY(line.text())));
  const std::string profile = line.member("profile");
  if (profile.empty()) return psa::validate(TRY(psa::from_json(value)));
  return psa::validate(TRY(psa::from_json_as(profile == "P1" ? psa::Dialect::p1 : psa::Dialect::p2, value)));
}

// The blob inside the report is the token in the other file, and it verifies.
Result<void> tsm_report(const Case& line) {
  const json::Value report = TRY(json::parse(TRY(line.text())));
  const std::string blob = TRY(TRY(json::Fields::of(report)).text("outblob"));
  const Bytes evidence = TRY(from_base64(blob, Base64::url, Padding::none));
  const std::string same = TRY(line.text(line.member("same_as")));
  if (!equal(evidence, as_bytes(same))) return fail(Errc::mismatch, line.member("same_as"), "other bytes");
  return verify_with(*TRY(scheme_named("cca")), line, evidence);
}

Result<void> anchors_file(const Case& line) {
  TRY(appraise::trust_anchors_from_json(TRY(json::parse(TRY(line.text()))), line.file()));
  return {};
}

Result<void> references_file(const Case& line) {
  TRY(appraise::reference_values_from_json(TRY(json::parse(TRY(line.text()))), line.file()));
  return {};
}

}  // namespace

void add_evidence_kinds(Kinds& kinds) {
  kinds["cca-token"] = [](const Case& line) { return from(token(line, "cca")); };
  kinds["psa-token"] = [](const Case& line) { return from(token(line, "psa")); };
  kinds["cca-platform-claims"] = [](const Case& line) { return from(cca_claims(line, true)); };
  kinds["cca-realm-claims"] = [](const Case& line) { return from(cca_claims(line, false)); };
  kinds["cca-platform-json"] = [](const Case& line) { return from(cca_claims_json(line, true)); };
  kinds["cca-realm-json"] = [](const Case& line) { return from(cca_claims_json(line, false)); };
  kinds["cca-json"] = [](const Case& line) { return from(cca_json(line)); };
  kinds["psa-claims"] = [](const Case& line) { return from(psa_claims(line)); };
  kinds["psa-diag"] = [](const Case& line) { return from(psa_diagnostic(line)); };
  kinds["psa-json"] = [](const Case& line) { return from(psa_json(line)); };
  kinds["tsm-report"] = [](const Case& line) { return from(tsm_report(line)); };
  kinds["trust-anchors"] = [](const Case& line) { return from(anchors_file(line)); };
  kinds["reference-values"] = [](const Case& line) { return from(references_file(line)); };
}

}  // namespace assay::vectors
