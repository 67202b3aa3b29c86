// Findings and reference values to trust vectors (draft-ietf-rats-ar4si, as Veraison's ARM_CCA scheme fills them): one for the
// platform, one for the realm.
#include "appraise/components.h"
#include "base/text.h"
#include "model/eat/lifecycle.h"
#include "schemes/cca/scheme.h"

namespace assay::cca {
namespace {

using appraise::Findings;
using ear::TrustVector;

constexpr std::int8_t kNoClaim = 0;
constexpr std::int8_t kRecognized = 2;
constexpr std::int8_t kApprovedBoot = 3;
constexpr std::int8_t kUnsafeConfig = 32;
constexpr std::int8_t kUnrecognized = 33;
constexpr std::int8_t kContraindicated = 96;
constexpr std::int8_t kUnrecognizedInstance = 97;
constexpr std::int8_t kUnrecognizedHardware = 97;

appraise::Submod platform_submod(const appraise::Evidence& evidence, const AuthenticClaims* authentic, const appraise::ReferenceValues& references, Findings& findings);
appraise::Submod realm_submod(const appraise::Evidence& evidence, const AuthenticClaims& authentic, const appraise::ReferenceValues& references, Findings& findings);
void appraise_lifecycle(const PlatformClaims& claims, TrustVector& vector, Findings& findings);
std::int8_t appraise_config(const Bytes& config, const std::vector<const appraise::PlatformReference*>& references, appraise::Rule rule, Findings& findings);
bool matches(const appraise::ReferenceConfig& reference, ByteView config, appraise::Rule rule);
std::int8_t appraise_realm(const RealmClaims& claims, const appraise::ReferenceValues& references, Findings& findings);
std::int8_t compare_realm(const RealmClaims& claims, const appraise::RealmReference& reference, appraise::Rule rule, Findings& findings);
std::int8_t compare_extensible(const RealmClaims& claims, const appraise::RealmReference& reference, appraise::Rule rule, Findings& findings);

}  // namespace

appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references) {
  appraise::Verdict verdict;
  verdict.findings = evidence.findings;
  const auto* authentic = dynamic_cast<const AuthenticClaims*>(evidence.claims.get());
  verdict.submods.push_back(platform_submod(evidence, authentic, references, verdict.findings));
  // Without a trusted platform there is nothing to say of the realm: not even its key is known to be one.
  if (authentic != nullptr) verdict.submods.push_back(realm_submod(evidence, *authentic, references, verdict.findings));
  return verdict;
}

namespace {

appraise::Submod platform_submod(const appraise::Evidence& evidence, const AuthenticClaims* authentic, const appraise::ReferenceValues& references, Findings& findings) {
  appraise::Submod submod{"CCA_SSD_PLATFORM", {}, {}};
  TrustVector& vector = submod.vector;
  if (evidence.findings.has_failed("cca.platform.key")) {
    vector[ear::Claim::instance_identity] = kUnrecognizedInstance;
    return submod;
  }
  if (authentic == nullptr || evidence.findings.has_failed("cca.platform.signature") || evidence.findings.has_failed("cca.freshness")) {
    vector.set_all(ear::kCryptoFailed);
    return submod;
  }
  if (evidence.findings.has_failed("cca.platform") || evidence.findings.has_failed("cca.profiles")) {
    vector.set_all(ear::kUnexpectedEvidence);
    return submod;
  }
  const PlatformClaims& claims = *authentic->platform;
  if (appraise::is_bad_by_rule("cca.platform.reference.component", claims.software_components, false, references.rule, findings)) return submod;
  const auto known = appraise::references_for(references, *claims.implementation_id, *claims.instance_id);
  appraise_lifecycle(claims, vector, findings);
  vector[ear::Claim::hardware] = appraise::appraise_implementation("cca.platform.hardware", *claims.implementation_id, references, findings);
  vector[ear::Claim::executables] = appraise::appraise_components("cca.platform.reference.component", claims.software_components, known, references.rule, findings);
  vector[ear::Claim::configuration] = appraise_config(*claims.config, known, references.rule, findings);
  submod.annotated_evidence = to_json(claims);
  return submod;
}

appraise::Submod realm_submod(const appraise::Evidence& evidence, const AuthenticClaims& authentic, const appraise::ReferenceValues& references, Findings& findings) {
  appraise::Submod submod{"CCA_REALM", {}, {}};
  TrustVector& vector = submod.vector;
  if (evidence.findings.has_failed("cca.realm.signature") || evidence.findings.has_failed("cca.binding") || evidence.findings.has_failed("cca.freshness")) {
    vector.set_all(ear::kCryptoFailed);
    return submod;
  }
  if (!authentic.realm || evidence.findings.has_failed("cca.realm") || evidence.findings.has_failed("cca.platform") || evidence.findings.has_failed("cca.profiles")) {
    vector.set_all(ear::kUnexpectedEvidence);
    return submod;
  }
  const RealmClaims& claims = **authentic.realm;
  // A key that is vouched for by a platform in such a state may be anybody's.
  if (findings.has_failed("cca.platform.lifecycle.state")) {
    vector[ear::Claim::instance_identity] = kContraindicated;
    findings.failed("cca.realm.instance", "realm instance", "the platform that vouches for the realm's key is in a state in which its own key is not protected");
  } else {
    vector[ear::Claim::instance_identity] = kRecognized;
    findings.passed("cca.realm.instance", "realm instance", {}, "the platform vouches for the key that signed the realm token");
  }
  if (claims.devices_token_hash) vector[ear::Claim::hardware] = kUnrecognizedHardware;
  vector[ear::Claim::executables] = appraise_realm(claims, references, findings);
  submod.annotated_evidence = to_json(claims);
  return submod;
}

void appraise_lifecycle(const PlatformClaims& claims, TrustVector& vector, Findings& findings) {
  const auto state = eat::lifecycle_of(*claims.lifecycle);
  const bool trustworthy = state && eat::is_trustworthy(*state);
  for (const ear::Claim claim : {ear::Claim::instance_identity, ear::Claim::runtime_opaque, ear::Claim::storage_opaque}) vector[claim] = trustworthy ? kRecognized : kContraindicated;
  const std::string shown{state ? eat::cca_name(*state) : "invalid"};
  if (trustworthy) findings.passed("cca.platform.lifecycle.state", "platform lifecycle state", shown, "secured or non-cca-platform-rot-debug");
  else findings.failed("cca.platform.lifecycle.state", "platform lifecycle state", "in this state the attestation key is not protected", shown, "secured or non-cca-platform-rot-debug");
}

std::int8_t appraise_config(const Bytes& config, const std::vector<const appraise::PlatformReference*>& references, appraise::Rule rule, Findings& findings) {
  static constexpr std::string_view kId = "cca.platform.reference.config";
  std::string nearest;
  for (const appraise::PlatformReference* reference : references) {
    for (const appraise::ReferenceConfig& one : reference->configs) {
      const std::string mask = one.mask ? ", mask " + to_hex(*one.mask) : "";
      if (matches(one, config, rule)) {
        findings.passed(std::string{kId}, "platform config", to_hex(config), reference->origin + mask);
        return kRecognized;
      }
      nearest = fmt::format("{}{} ({})", to_hex(one.value), mask, reference->origin);
    }
  }
  if (nearest.empty()) {
    findings.not_checked(std::string{kId}, "platform config", "there is no reference value for it");
    // No reference value is approval to one of the released verifiers and suspicion to its successor.
    return rule == appraise::Rule::veraison_2025 ? kRecognized : rule == appraise::Rule::veraison_2026 ? kUnsafeConfig
                                                                                                       : kNoClaim;
  }
  findings.warning(std::string{kId}, "platform config", "it differs from the reference value", to_hex(config), nearest);
  return kUnsafeConfig;
}

bool matches(const appraise::ReferenceConfig& reference, ByteView config, appraise::Rule rule) {
  if (!reference.mask || rule != appraise::Rule::assay) return ct_equal(reference.value, config);
  const Bytes& mask = *reference.mask;
  if (reference.value.size() != config.size() || mask.size() != config.size()) return false;
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) difference = static_cast<std::uint8_t>(difference | ((reference.value[i] ^ config[i]) & mask[i]));
  return difference == 0;
}

// 2 approved, 3 approved at boot, 96 the measurement is known but not with this personalization, 33 unknown. Several references may
// describe one image: the best answer counts.
std::int8_t appraise_realm(const RealmClaims& claims, const appraise::ReferenceValues& references, Findings& findings) {
  static constexpr std::string_view kId = "cca.realm.reference.initial-measurement";
  const auto rank = [](std::int8_t value) { return value == kRecognized ? 3 : value == kApprovedBoot  ? 2
                                                                          : value == kContraindicated ? 1
                                                                                                      : 0; };
  std::int8_t best = kUnrecognized;
  Findings best_findings;
  for (const appraise::RealmReference& reference : references.realms) {
    if (!ct_equal(reference.initial_measurement, *claims.initial_measurement)) continue;
    Findings of_this;
    of_this.passed(std::string{kId}, "realm initial measurement", to_hex(*claims.initial_measurement), reference.origin);
    const std::int8_t value = compare_realm(claims, reference, references.rule, of_this);
    if (rank(value) <= rank(best)) continue;
    best = value;
    best_findings = std::move(of_this);
  }
  for (const appraise::Finding& finding : best_findings.all()) findings.add(finding);
  // AR4SI affirms what was approved at boot; the reference value asked for more.
  if (best == kApprovedBoot && references.strict && best_findings.any(appraise::Severity::warning)) return kUnrecognized;
  if (rank(best) > 0) return best;
  if (references.realms.empty()) findings.not_checked(std::string{kId}, "realm initial measurement", "there are no reference values for realms");
  else findings.warning(std::string{kId}, "realm initial measurement", fmt::format("none of the {} known realms has it", references.realms.size()), to_hex(*claims.initial_measurement));
  return kUnrecognized;
}

std::int8_t compare_realm(const RealmClaims& claims, const appraise::RealmReference& reference, appraise::Rule rule, Findings& findings) {
  static constexpr std::string_view kId = "cca.realm.reference.personalization-value";
  const std::string actual = to_hex(*claims.personalization_value);
  if (!reference.personalization_value) {
    findings.not_checked(std::string{kId}, "realm personalization value", "the reference value does not state one");
  } else if (ct_equal(*reference.personalization_value, *claims.personalization_value)) {
    findings.passed(std::string{kId}, "realm personalization value", actual, reference.origin);
  } else {
    findings.failed(std::string{kId}, "realm personalization value", "it differs from the reference value", actual, fmt::format("{} ({})", to_hex(*reference.personalization_value), reference.origin));
    return kContraindicated;
  }
  return compare_extensible(claims, reference, rule, findings);
}

std::int8_t compare_extensible(const RealmClaims& claims, const appraise::RealmReference& reference, appraise::Rule rule, Findings& findings) {
  static constexpr std::string_view kId = "cca.realm.reference.extensible-measurement";
  const auto& actual = *claims.extensible_measurements;
  bool any = false;
  bool all = true;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const std::string subject = fmt::format("realm extensible measurement {}", i);
    if (i >= reference.extensible_measurements.size() || !reference.extensible_measurements[i]) {
      findings.not_checked(std::string{kId}, subject, "the reference value does not state it");
      continue;
    }
    any = true;
    const Bytes& expected = *reference.extensible_measurements[i];
    if (ct_equal(expected, actual[i])) {
      findings.passed(std::string{kId}, subject, to_hex(actual[i]), reference.origin);
    } else {
      all = false;
      findings.warning(std::string{kId}, subject, "it differs from the reference value", to_hex(actual[i]), fmt::format("{} ({})", to_hex(expected), reference.origin));
    }
  }
  // To the newest verifier a reference value that states none of them has none that differs.
  const bool enough = any || rule == appraise::Rule::veraison_2026;
  return enough && all ? kRecognized : kApprovedBoot;
}

}  // namespace
}  // namespace assay::cca
