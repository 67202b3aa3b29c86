#include "schemes/psa/rules.h"

#include <algorithm>

#include "base/text.h"
#include "model/eat/check.h"
#include "model/eat/lifecycle.h"

namespace assay::psa {
namespace {

Result<void> check_profile(const Claims& claims, const Rules& rules);
Result<void> check_software(const Claims& claims);
Result<void> check_nonce(const Claims& claims);
Result<void> check_boot_seed(const Claims& claims);
Result<void> check_certification_reference(const Claims& claims);
bool is_ean13(std::string_view text);
bool is_ean13_plus_5(std::string_view text);

Result<void> mandatory(const std::optional<Bytes>& claim, Result<void> (*check)(ByteView)) {
  if (!claim) return eat::missing_claim();
  return check(*claim);
}
std::string hex_of(const std::optional<Bytes>& claim) { return claim ? to_hex(*claim) : std::string{}; }
std::string text_of(const std::optional<std::string>& claim) { return claim ? quoted(*claim) : std::string{}; }
std::string lifecycle_of(const Claims& claims);
std::string count_of(const Claims& claims);

}  // namespace

std::vector<appraise::Checked> check_rules(const Claims& claims, const Rules& rules) {
  const auto lifecycle = [&]() -> Result<void> {
    if (!claims.lifecycle) return eat::missing_claim();
    return eat::check_lifecycle(*claims.lifecycle);
  };
  const auto service = [&]() -> Result<void> {
    if (!claims.service_indicator) return {};
    return eat::check_service_indicator(*claims.service_indicator);
  };
  const auto client = [&]() -> Result<void> {
    if (!claims.client_id) return eat::missing_claim();
    return {};
  };
  std::vector<appraise::Checked> checked;
  checked.push_back({"psa.profile", "profile", "validating profile",
                     check_profile(claims, rules), text_of(claims.profile)});
  checked.push_back({"psa.lifecycle", "security lifecycle", "validating security lifecycle",
                     lifecycle(), lifecycle_of(claims)});
  checked.push_back({"psa.implementation-id", "implementation id", "validating implementation id",
                     mandatory(claims.implementation_id, eat::check_implementation_id), hex_of(claims.implementation_id)});
  checked.push_back({"psa.software-components", "software components", "validating software components",
                     check_software(claims), count_of(claims)});
  checked.push_back({"psa.nonce", "nonce", "validating nonce",
                     check_nonce(claims), hex_of(claims.nonce)});
  checked.push_back({"psa.instance-id", "instance id", "validating instance id",
                     mandatory(claims.instance_id, eat::check_instance_id), hex_of(claims.instance_id)});
  checked.push_back({"psa.service-indicator", "verification service indicator", "validating verification service indicator",
                     service(), text_of(claims.service_indicator)});
  checked.push_back({"psa.client-id", "client id", "validating client id",
                     client(), claims.client_id ? std::to_string(*claims.client_id) : std::string{}});
  checked.push_back({"psa.boot-seed", "boot seed", "validating boot seed",
                     check_boot_seed(claims), hex_of(claims.boot_seed)});
  checked.push_back({"psa.certification-reference", "certification reference", "validating certification reference",
                     check_certification_reference(claims), text_of(claims.certification_reference)});
  return checked;
}

Result<void> validate(const Claims& claims, const Rules& rules) { return appraise::first_failure(check_rules(claims, rules)); }

namespace {

Result<void> check_profile(const Claims& claims, const Rules& rules) {
  if (!claims.profile) {
    if (claims.dialect == Dialect::p1) return {};
    return eat::missing_claim();
  }
  if (*claims.profile == name(claims.dialect)) return {};
  if (claims.dialect == Dialect::p3 && std::ranges::find(rules.derived_profiles, *claims.profile) != rules.derived_profiles.end()) return {};
  return eat::wrong_profile(name(claims.dialect), *claims.profile);
}

Result<void> check_software(const Claims& claims) {
  const bool p1 = claims.dialect == Dialect::p1;
  if (claims.software_components.empty()) {
    if (p1 && claims.no_software_measurements == 1) return {};
    if (p1 && claims.no_software_measurements) return eat::wrong_syntax(fmt::format("psa-no-sw-measurement is {} (MUST be 1)", *claims.no_software_measurements));
    return fail(Errc::missing, "", "missing mandatory claim (MUST have at least one sw component{})", p1 ? " or no-sw-measurements set" : "");
  }
  if (p1 && claims.no_software_measurements) return eat::wrong_syntax("psa-no-sw-measurement and psa-software-components cannot be present at the same time");
  return eat::check_components(claims.software_components);
}

Result<void> check_nonce(const Claims& claims) {
  if (claims.nonces_in_array != 0) return eat::wrong_nonces(claims.nonces_in_array);
  return mandatory(claims.nonce, eat::check_hash);
}

Result<void> check_boot_seed(const Claims& claims) {
  const bool p1 = claims.dialect == Dialect::p1;
  if (!claims.boot_seed) {
    if (p1) return eat::missing_claim();
    return {};
  }
  const std::size_t size = claims.boot_seed->size();
  if (p1 && size != 32) return eat::wrong_syntax(fmt::format("invalid length {} (MUST be 32 bytes)", size));
  if (!p1 && (size < 8 || size > 32)) return eat::wrong_syntax(fmt::format("invalid length {} (MUST be between 8 and 32 bytes)", size));
  return {};
}

Result<void> check_certification_reference(const Claims& claims) {
  if (!claims.certification_reference || is_ean13_plus_5(*claims.certification_reference)) return {};
  if (claims.dialect != Dialect::p1) return eat::wrong_syntax("MUST be in EAN-13+5 format");
  if (!is_ean13(*claims.certification_reference)) return eat::wrong_syntax("MUST be in EAN-13 or EAN-13+5 format");
  return {};
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_ean13(std::string_view text) { return text.size() == 13 && all_digits(text); }

bool is_ean13_plus_5(std::string_view text) { return text.size() == 19 && is_ean13(text.substr(0, 13)) && text[13] == '-' && all_digits(text.substr(14)); }

std::string lifecycle_of(const Claims& claims) {
  if (!claims.lifecycle) return {};
  const auto state = eat::lifecycle_of(*claims.lifecycle);
  return fmt::format("0x{:04x} ({})", *claims.lifecycle, state ? eat::psa_name(*state) : "invalid");
}

std::string count_of(const Claims& claims) {
  if (claims.no_software_measurements) return "none, and the token says so";
  return fmt::format("{}", claims.software_components.size());
}

}  // namespace
}  // namespace assay::psa
