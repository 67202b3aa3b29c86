#include "apps/iat/claims.h"

#include <algorithm>
#include <charconv>

#include "apps/iat/rules.h"
#include "base/text.h"

namespace assay::iat {
namespace {

using enum Necessity;
using enum Shape;
using namespace rules;

constexpr std::string_view kRoot = "TOKEN_ROOT_CLAIMS";

// The order within a table is the order in which missing claims are reported.

// RFC 9783 §4.4.1. 3 is reserved.
constexpr Claim kComponentClaims[] = {
    {"SW_COMPONENT_TYPE", 1, text, optional},
    {"SW_COMPONENT_VERSION", 4, text, optional},
    {"MEASUREMENT_VALUE", 2, bytes, mandatory, at_least_32, nullptr, nullptr, "MEASUREMENT"},
    {"MEASUREMENT_DESCRIPTION", 6, text, optional},
    {"SIGNER_ID", 5, bytes, recommended, at_least_32},
};
constexpr ClaimSet kComponents{"SW_COMPONENTS", kComponentClaims};

constexpr Claim kCcaComponentClaims[] = {
    {"SW_COMPONENT_TYPE", 1, text, optional},
    {"MEASUREMENT_VALUE", 2, bytes, mandatory, at_least_32, nullptr, nullptr, "MEASUREMENT"},
    {"SW_COMPONENT_VERSION", 4, text, optional},
    {"SIGNER_ID", 5, bytes, mandatory, at_least_32},
    {"CCA_SW_COMPONENT_HASH_ID", 6, text, optional},
};
constexpr ClaimSet kCcaComponents{"CCA_PLATFORM_SW_COMPONENTS", kCcaComponentClaims};

// PSA_IOT_PROFILE_1: draft-tschofenig-rats-psa-token before its claims moved to registered keys.
constexpr Claim kPsaProfile1Claims[] = {
    {"PROFILE_ID", -75000, text, optional},
    {"CLIENT_ID", -75001, integer, mandatory},
    {"SECURITY_LIFECYCLE", -75002, Shape::lifecycle, mandatory, rules::lifecycle},
    {"IMPLEMENTATION_ID", -75003, bytes, mandatory, exactly_32},
    {"BOOT_SEED", -75004, bytes, mandatory, at_least_32},
    {"HARDWARE_VERSION", -75005, text, optional, hardware_version},
    {"SW_COMPONENTS", -75006, components, optional, nullptr, &kComponents},
    {"NO_MEASUREMENTS", -75007, integer, optional},
    {"CHALLENGE", -75008, bytes, mandatory, psa_challenge},
    {"INSTANCE_ID", -75009, bytes, mandatory, psa_instance_id},
    {"VERIFICATION_SERVICE", -75010, text, optional},
};

// The later drafts (profile http://arm.com/psa/2.0.0) and RFC 9783, which moved the boot seed from 2397 to 268.
constexpr Claim kPsa2Claims[] = {
    {"PROFILE_ID", kProfileKey, text, optional, psa_profile},
    {"CLIENT_ID", 2394, integer, mandatory},
    {"SECURITY_LIFECYCLE", 2395, Shape::lifecycle, mandatory, rules::lifecycle},
    {"IMPLEMENTATION_ID", 2396, bytes, mandatory, exactly_32},
    {"BOOT_SEED", 2397, bytes, mandatory_psa_draft, psa_boot_seed},
    {"EAT_BOOT_SEED", 268, bytes, optional, psa_boot_seed},
    {"HARDWARE_VERSION", 2398, text, optional, certification_reference, nullptr, nullptr, "CERTIFICATION_REFERENCE"},
    {"SW_COMPONENTS", 2399, components, mandatory, nullptr, &kComponents},
    {"CHALLENGE", kChallengeKey, bytes, mandatory, psa_challenge},
    {"INSTANCE_ID", 256, bytes, mandatory, psa_instance_id},
    {"VERIFICATION_SERVICE", 2400, text, optional},
};

// Arm DEN0137 (Realm Management Monitor specification), CCA platform token.
constexpr Claim kCcaPlatformClaims[] = {
    {"CCA_ATTESTATION_PROFILE", kProfileKey, text, mandatory, platform_profile},
    {"CCA_PLATFORM_CHALLENGE", kChallengeKey, bytes, mandatory, hash_sized},
    {"CCA_PLATFORM_IMPLEMENTATION_ID", 2396, bytes, mandatory, exactly_32},
    {"CCA_PLATFORM_INSTANCE_ID", 256, bytes, mandatory, cca_instance_id},
    {"CCA_PLATFORM_CONFIG", 2401, bytes, mandatory},
    {"CCA_PLATFORM_LIFECYCLE", 2395, Shape::lifecycle, mandatory, rules::lifecycle},
    {"CCA_PLATFORM_SW_COMPONENTS", 2399, components, mandatory, nullptr, &kCcaComponents},
    {"CCA_PLATFORM_VERIFICATION_SERVICE", 2400, text, optional},
    {"CCA_PLATFORM_HASH_ALGO_ID", 2402, text, mandatory},
};

// Arm DEN0137, realm token. The MEC policy was a text before RMM 2.0.
constexpr Claim kCcaRealmClaims[] = {
    {"CCA_REALM_CHALLENGE", kChallengeKey, bytes, mandatory, exactly_64},
    {"CCA_REALM_INSTANCE_ID", 256, bytes, mandatory_rmm2, cca_instance_id},
    {"CCA_REALM_PERSONALIZATION_VALUE", 44235, bytes, mandatory, exactly_64},
    {"CCA_REALM_INITIAL_MEASUREMENT", 44238, bytes, mandatory, initial_measurement},
    {"CCA_REALM_EXTENSIBLE_MEASUREMENTS", 44239, any, mandatory, extensible_measurements},
    {"CCA_REALM_HASH_ALGM_ID", 44236, text, mandatory},
    {"CCA_REALM_PUB_KEY_HASH_ALGO_ID", kRakHashKey, text, mandatory},
    {"CCA_REALM_PUB_KEY", kRakKey, bytes, mandatory},
    {"CCA_REALM_PROFILE", kProfileKey, text, optional, realm_profile},
    {"CCA_REALM_MEC_POLICY", 44243, any, mandatory_rmm2, mec_policy},
};

constexpr Claim kCcaClaims[] = {
    {"CCA_REALM_DELEGATED_TOKEN", kRealmTokenKey, token, mandatory, nullptr, nullptr, &kCcaRealm},
    {"CCA_PLATFORM_TOKEN", kPlatformTokenKey, token, mandatory, nullptr, nullptr, &kCcaPlatform},
};

struct State {
  std::int64_t first;  // of the 256 values that the state has
  std::string_view psa, cca;
};
constexpr State kStates[] = {
    {0x0000, "sl_unknown", "unknown"},
    {0x1000, "sl_assembly_and_test", "assembly_and_test"},
    {0x2000, "sl_psa_rot_provisioning", "cca_platform_rot_provisioning"},
    {0x3000, "sl_secured", "secured"},
    {0x4000, "sl_non_psa_rot_debug", "non_cca_platform_rot_debug"},
    {0x5000, "sl_recoverable_psa_rot_debug", "recoverable_cca_platform_rot_debug"},
    {0x6000, "sl_decommissioned", "decommissioned"},
};

constexpr std::string_view kInvalidState = "invalid_";

std::string_view state_name(const TokenType& type, const State& state) { return type.is_cca ? state.cca : state.psa; }
std::optional<std::int64_t> hex_number(std::string_view digits);
Value named_map(const TokenType& type, const ClaimSet& set, const Value& claims, Case letters);

}  // namespace

constinit const TokenType kPsaProfile1{"PSA-IoT-Profile1-token", "PSA_IOT_PROFILE1_TOKEN", {kRoot, kPsaProfile1Claims}, false, false, crypto::Sig::es256, psa_measurements};
constinit const TokenType kPsa2{"PSA-2.0.0-token", "PSA_2_0_0_TOKEN", {kRoot, kPsa2Claims}, false, false, crypto::Sig::es256, nullptr};
constinit const TokenType kCcaPlatform{"CCA-plat-token", "CCA_PLATFORM_TOKEN", {kRoot, kCcaPlatformClaims}, true, false, crypto::Sig::es384, nullptr};
constinit const TokenType kCcaRealm{"", "CCA_REALM_DELEGATED_TOKEN", {kRoot, kCcaRealmClaims}, true, false, crypto::Sig::es384, realm_signature};
constinit const TokenType kCca{"CCA-token", "CCA_TOKEN", {kRoot, kCcaClaims}, true, true, crypto::Sig::es384, cca_binding};

std::span<const std::string_view> token_type_options() {
  static constexpr std::string_view kOptions[] = {"PSA-IoT-Profile1-token", "CCA-token", "CCA-plat-token", "PSA-2.0.0-token"};
  return kOptions;
}

const TokenType& token_type(std::string_view option) {
  for (const TokenType* type : {&kPsaProfile1, &kCca, &kCcaPlatform}) {
    if (type->option == option) return *type;
  }
  ASSAY_CHECK(option == kPsa2.option);
  return kPsa2;
}

const Claim* ClaimSet::by_key(const Key& key) const {
  const auto found = std::ranges::find_if(claims, [&](const Claim& claim) { return Key{claim.key} == key; });
  return found == claims.end() ? nullptr : &*found;
}

const Claim* ClaimSet::by_name(std::string_view lower_case) const {
  const auto found = std::ranges::find_if(claims, [&](const Claim& claim) { return to_lower_ascii(claim.name) == lower_case; });
  return found == claims.end() ? nullptr : &*found;
}

std::optional<std::string> lifecycle_name(const TokenType& type, std::int64_t value) {
  for (const State& state : kStates) {
    if (value >= state.first && value <= state.first + 0xff) return fmt::format("{}_{:04x}", state_name(type, state), value);
  }
  return std::nullopt;
}

Result<std::int64_t> parse_lifecycle(const TokenType& type, const Value& value) {
  constexpr std::string_view kExpected = "a name as sl_secured (PSA) or secured (CCA), alone or with _0x3003 or _3003 behind; or a number up to 0xffff";
  const auto refuse = [&] {
    const std::string found = value.text() != nullptr ? quoted(*value.text()) : value.integer() != nullptr ? fmt::format("{}", *value.integer())
                                                                                                           : std::string{value.python_type()};
    return fail_expecting(Errc::invalid, "", "a security lifecycle of " + found, kExpected);
  };
  if (const auto* number = value.integer()) {
    if (*number < 0 || *number > 0xffff) return refuse();
    return *number;
  }
  if (value.text() == nullptr) return refuse();
  const std::string text = to_lower_ascii(*value.text());
  if (text.starts_with("0x")) {
    const auto number = hex_number(text);
    if (!number) return refuse();
    return *number;
  }
  if (text.starts_with(kInvalidState)) {
    const auto number = hex_number(std::string_view{text}.substr(kInvalidState.size()));
    if (!number) return refuse();
    return *number;
  }
  for (const State& state : kStates) {
    if (!text.starts_with(state_name(type, state))) continue;
    const std::string_view rest = std::string_view{text}.substr(state_name(type, state).size());
    if (rest.empty()) return state.first;
    if (rest[0] != '_') continue;
    const auto number = hex_number(rest.substr(1));
    if (!number || *number < state.first || *number > state.first + 0xff) return refuse();
    return *number;
  }
  return refuse();
}

Value with_names(const TokenType& type, const Value& claims, Case letters) { return named_map(type, type.claims, claims, letters); }

namespace {

// Up to four digits, with or without 0x.
std::optional<std::int64_t> hex_number(std::string_view digits) {
  if (digits.starts_with("0x")) digits.remove_prefix(2);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

Value named_value(const TokenType& type, const Claim& claim, const Value& value, Case letters) {
  if (const auto* number = value.integer(); claim.shape == Shape::lifecycle && number != nullptr && *number >= 0 && *number <= 0xffff) {
    return Value{lifecycle_name(type, *number).value_or(fmt::format("INVALID_{:04x}", *number))};
  }
  if (claim.shape == Shape::components && value.list() != nullptr) {
    Value::List list;
    for (const Value& component : *value.list()) list.push_back(named_map(type, *claim.inner, component, letters));
    return Value{std::move(list)};
  }
  if (claim.shape == Shape::token) return with_names(*claim.token, value, letters);
  return value;
}

Value named_map(const TokenType& type, const ClaimSet& set, const Value& claims, Case letters) {
  if (claims.map() == nullptr) return claims;
  Value::Map named;
  for (const Member& member : *claims.map()) {
    if (const Claim* claim = set.by_key(member.key)) {
      named.push_back({letters == Case::upper ? std::string{claim->name} : to_lower_ascii(claim->name), named_value(type, *claim, member.value, letters)});
    } else {
      named.push_back(member);
    }
  }
  return Value{std::move(named)};
}

}  // namespace
}  // namespace assay::iat
