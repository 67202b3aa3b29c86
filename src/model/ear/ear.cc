#include "model/ear/ear.h"

#include <algorithm>

#include "base/text.h"
#include "model/ear/names.h"
#include "model/ear/problems.h"

namespace assay::ear {
namespace {

struct DialectName {
  Dialect dialect;
  std::string_view profile;
};
constexpr std::array kDialects{
    DialectName{Dialect::veraison, "tag:github.com,2023:veraison/ear"},
    DialectName{Dialect::trustee, "tag:github.com,2024:confidential-containers/Trustee"},
    DialectName{Dialect::ietf, "tag:ietf.org,2026:rats/ear#03"},
};

void validate_nonce(const std::string& nonce, bool ietf, std::string_view name, Problems& problems);
void validate_submod(const std::string& name, const Appraisal& appraisal, bool ietf, Problems& problems);
std::string colored(Tier tier, std::string_view escape);

}  // namespace

std::string_view profile_of(Dialect dialect) { return kDialects[static_cast<std::size_t>(dialect)].profile; }

std::optional<Dialect> dialect_by_profile(std::string_view profile) {
  const auto found = std::ranges::find(kDialects, profile, &DialectName::profile);
  return found == kDialects.end() ? std::nullopt : std::optional{found->dialect};
}

Result<crypto::PublicKey> Appraisal::attested_key() const {
  constexpr std::string_view kClaim = "key attestation";
  const json::Object* members = key_attestation ? key_attestation->object() : nullptr;
  if (members == nullptr) return fail(Errc::missing, kClaim, "no such claim");
  const json::Value* akpub = members->find("akpub");
  if (akpub == nullptr) return fail(Errc::missing, kClaim, "no member \"akpub\"");
  if (akpub->text() == nullptr) return fail_expecting(Errc::malformed, kClaim, fmt::format("\"akpub\" is a JSON {}", akpub->type_name()), "a string");
  const Bytes der = TRY(within(kClaim, from_base64(*akpub->text(), Base64::url, Padding::none)));
  return within(kClaim, crypto::PublicKey::from_spki(der));
}

void Appraisal::update_status() {
  if (vector) status = worse(status, vector->status());
}

Tier Ear::status() const {
  Tier status = overall_status.value_or(Tier::none);
  for (const auto& [name, appraisal] : submods) status = worse(status, appraisal.status);
  return status;
}

bool Ear::is_affirming() const {
  const auto affirming = [](const auto& submod) {
    const Appraisal& appraisal = submod.second;
    return appraisal.status == Tier::affirming && (!appraisal.vector || appraisal.vector->status() <= Tier::affirming);
  };
  return !submods.empty() && overall_status.value_or(Tier::affirming) == Tier::affirming && std::ranges::all_of(submods, affirming);
}

Result<void> validate(const Ear& ear) {
  Problems problems;
  const auto dialect = dialect_by_profile(ear.profile);
  const bool ietf = dialect == Dialect::ietf;
  if (!dialect) problems.invalid_text(fmt::format("eat_profile ({})", ear.profile));
  if (ear.nonce) validate_nonce(*ear.nonce, ietf, "eat_nonce", problems);
  if (ear.overall_status && !ietf) problems.invalid_text("ear_status (not in this profile)");
  if (ear.submods.empty()) problems.missing_text("'submods' (at least one appraisal must be present)");
  for (const auto& [name, appraisal] : ear.submods) validate_submod(name, appraisal, ietf, problems);
  return problems.result();
}

//= draft-ietf-rats-ear#3.2: a status must not be better than what the vector shows; none asserts nothing
Result<void> check_strict(const Ear& ear) {
  TRY(validate(ear));
  Problems problems;
  for (const auto& [name, appraisal] : ear.submods) {
    const Tier worst = appraisal.vector ? appraisal.vector->status() : Tier::none;
    if (appraisal.status == Tier::none || appraisal.status >= worst) continue;
    problems.invalid_text(fmt::format("submods[{}]: status is {} but the trustworthiness vector is {}", name, ear::name(appraisal.status), ear::name(worst)));
  }
  return problems.result();
}

std::string report(const Ear& ear, ReportStyle style) {
  std::string text;
  for (const auto& [name, appraisal] : ear.submods) {
    text += fmt::format("submod({}):\n", printable(name));
    if (!appraisal.vector) {
      text += "not present\n";
      continue;
    }
    for (const Claim claim : kAllClaims) {
      const std::int8_t value = (*appraisal.vector)[claim];
      const Tier tier = tier_of(value);
      const std::string shown = style.color ? colored(tier, style.escape) : std::string{ear::name(tier)};
      text += fmt::format("{} [{}]: {}\n", title(claim), shown, ear::text(claim, value, style.verbose));
    }
    text += '\n';
  }
  return text;
}

std::string verified_report(const Ear& ear, std::string_view quoted_name, std::string_view quoted_key, ReportStyle style) {
  json::Value claims = to_json(ear);
  for (const std::string_view name : {"exp", "nbf"}) claims.object()->erase(name);  // the original knows iat only
  return fmt::format(">> {} signature successfully verified using {} key\n[claims-set]\n{}\n[trustworthiness vectors]\n{}", quoted_name, quoted_key, json::print(claims, {.indent = 4}), report(ear, style));
}

namespace {

// Profiles with dotted names take any text of 8 to 88 characters; the draft wants base64, and 8 bytes are 11 characters of it.
void validate_nonce(const std::string& nonce, bool ietf, std::string_view name, Problems& problems) {
  const std::size_t least = ietf ? 11 : 8;
  if (nonce.size() < least || nonce.size() > 88) problems.invalid_text(fmt::format("{} ({} bytes)", name, nonce.size()));
  else if (ietf && !from_any_base64(nonce)) problems.invalid_text(fmt::format("{} (not base64)", name));
}

void validate_submod(const std::string& name, const Appraisal& appraisal, bool ietf, Problems& problems) {
  if (ietf) {
    if (appraisal.nonce) validate_nonce(*appraisal.nonce, ietf, fmt::format("submods[{}]: eat_nonce", name), problems);
    return;
  }
  if (appraisal.policy_ids.size() > 1) problems.invalid_text(fmt::format("submods[{}]: {} policy ids where this profile has one", name, appraisal.policy_ids.size()));
  if (appraisal.teep_claims || appraisal.profile || appraisal.nonce) problems.invalid_text(fmt::format("submods[{}]: claims that are not in this profile", name));
}

std::string colored(Tier tier, std::string_view escape) {
  const std::string_view code = tier == Tier::affirming ? "42" : tier == Tier::warning       ? "43"
                                                             : tier == Tier::contraindicated ? "41"
                                                                                             : "47";
  return fmt::format("{0}[{1}m{2}{0}[0m", escape, code, name(tier));
}

}  // namespace
}  // namespace assay::ear
