#include "schemes/cca/rules.h"

#include "base/text.h"
#include "model/eat/check.h"
#include "model/eat/lifecycle.h"

namespace assay::cca {
namespace {

constexpr std::size_t kMeasurements = 4;

template <class Value, class Check>
Result<void> mandatory(const std::optional<Value>& claim, Check check) {
  if (!claim) return eat::missing_claim();
  return check(*claim);
}
template <class Value, class Check>
Result<void> optional(const std::optional<Value>& claim, Check check) {
  if (!claim) return {};
  return check(*claim);
}
Result<void> present(const std::optional<Bytes>& claim);
Result<void> check_size(ByteView value, std::size_t size, std::string_view what);
Result<void> check_measurement(ByteView value);
Result<void> check_strong_hash(const std::string& name);
Result<void> check_platform_profile(const PlatformClaims& claims);
Result<void> check_software(const PlatformClaims& claims);
Result<void> check_challenge(const PlatformClaims& claims);
Result<void> check_platform_client(const PlatformClaims& claims);
Result<void> check_realm_profile(const RealmClaims& claims);
Result<void> check_realm_challenge(const RealmClaims& claims);
Result<void> check_extensible(const RealmClaims& claims);
Result<void> check_public_key(const RealmClaims& claims, const Result<Rak>& rak);
Result<void> check_realm_instance(const RealmClaims& claims);
Result<void> check_mec_policy(const RealmClaims& claims);
Result<void> check_lfa_policy(std::uint64_t policy);
bool is_2024(const RealmClaims& claims) { return claims.profile == kRealm2024; }

std::string hex_of(const std::optional<Bytes>& claim) { return claim ? to_hex(*claim) : std::string{}; }
std::string text_of(const std::optional<std::string>& claim) { return claim ? quoted(*claim) : std::string{}; }
std::string lifecycle_of(const PlatformClaims& claims);
std::string mec_of(const RealmClaims& claims);

}  // namespace

std::vector<appraise::Checked> check_rules(const PlatformClaims& claims) {
  std::vector<appraise::Checked> checked;
  checked.reserve(11);
  checked.push_back({"cca.platform.profile", "platform profile", "validating profile",
                     check_platform_profile(claims), text_of(claims.profile)});
  checked.push_back({"cca.platform.lifecycle", "platform lifecycle", "validating security lifecycle",
                     mandatory(claims.lifecycle, eat::check_lifecycle), lifecycle_of(claims)});
  checked.push_back({"cca.platform.implementation-id", "platform implementation id", "validating implementation id",
                     mandatory(claims.implementation_id, eat::check_implementation_id), hex_of(claims.implementation_id)});
  checked.push_back({"cca.platform.software-components", "platform software components", "validating software components",
                     check_software(claims), std::to_string(claims.software_components.size())});
  checked.push_back({"cca.platform.challenge", "platform challenge", "validating nonce",
                     check_challenge(claims), hex_of(claims.challenge)});
  checked.push_back({"cca.platform.instance-id", "platform instance id", "validating instance id",
                     mandatory(claims.instance_id, eat::check_instance_id), hex_of(claims.instance_id)});
  checked.push_back({"cca.platform.service-indicator", "platform verification service", "validating verification service indicator",
                     optional(claims.service_indicator, eat::check_service_indicator), text_of(claims.service_indicator)});
  checked.push_back({"cca.platform.client-id", "platform client id", "validating client id",
                     check_platform_client(claims), claims.client_id ? std::to_string(*claims.client_id) : std::string{}});
  checked.push_back({"cca.platform.config", "platform config", "validating platform config",
                     present(claims.config), hex_of(claims.config)});
  checked.push_back({"cca.platform.hash-algorithm", "platform hash algorithm", "validating platform hash algo id",
                     mandatory(claims.hash_algorithm, eat::check_hash_name), text_of(claims.hash_algorithm)});
  return checked;
}

std::vector<appraise::Checked> check_rules(const RealmClaims& claims, const Result<Rak>& rak) {
  const auto personalization = [](ByteView value) { return check_size(value, 64, "personalization value"); };
  std::vector<appraise::Checked> checked;
  checked.reserve(12);
  checked.push_back({"cca.realm.profile", "realm profile", "validating realm profile claim",
                     check_realm_profile(claims), text_of(claims.profile)});
  checked.push_back({"cca.realm.challenge", "realm challenge", "validating realm challenge claim",
                     check_realm_challenge(claims), hex_of(claims.challenge)});
  checked.push_back({"cca.realm.personalization-value", "realm personalization value", "validating realm personalization value claim",
                     mandatory(claims.personalization_value, personalization), hex_of(claims.personalization_value)});
  checked.push_back({"cca.realm.initial-measurement", "realm initial measurement", "validating realm initial measurements claim",
                     mandatory(claims.initial_measurement, check_measurement), hex_of(claims.initial_measurement)});
  checked.push_back({"cca.realm.extensible-measurements", "realm extensible measurements", "validating realm extended measurements claim",
                     check_extensible(claims), claims.extensible_measurements ? std::to_string(claims.extensible_measurements->size()) : std::string{}});
  checked.push_back({"cca.realm.hash-algorithm", "realm hash algorithm", "validating realm hash alg ID claim",
                     mandatory(claims.hash_algorithm, check_strong_hash), text_of(claims.hash_algorithm)});
  checked.push_back({"cca.realm.public-key", "realm public key", "validating realm public key claim",
                     check_public_key(claims, rak), hex_of(claims.public_key)});
  checked.push_back({"cca.realm.public-key-hash-algorithm", "realm public key hash algorithm", "validating realm public key hash alg ID claim",
                     mandatory(claims.public_key_hash_algorithm, check_strong_hash), text_of(claims.public_key_hash_algorithm)});
  checked.push_back({"cca.realm.instance-id", "realm instance id", "validating realm instance id claim",
                     check_realm_instance(claims), hex_of(claims.instance_id)});
  checked.push_back({"cca.realm.mec-policy", "realm MEC policy", "validating realm MEC policy claim",
                     check_mec_policy(claims), mec_of(claims)});
  checked.push_back({"cca.realm.lfa-policy", "realm LFA policy", "validating realm LFA policy claim",
                     optional(claims.lfa_policy, check_lfa_policy), claims.lfa_policy ? std::to_string(*claims.lfa_policy) : std::string{}});
  checked.push_back({"cca.realm.devices-token-hash", "realm devices token hash", "validating realm devices token hash claim",
                     optional(claims.devices_token_hash, eat::check_hash), hex_of(claims.devices_token_hash)});
  return checked;
}

Result<void> validate(const PlatformClaims& claims) { return appraise::first_failure(check_rules(claims)); }
Result<void> validate(const RealmClaims& claims) { return appraise::first_failure(check_rules(claims, decode_rak(claims))); }

namespace {

Result<void> present(const std::optional<Bytes>& claim) {
  if (!claim) return eat::missing_claim();
  return {};
}

Result<void> check_size(ByteView value, std::size_t size, std::string_view what) {
  if (value.size() != size) return eat::wrong_syntax(fmt::format("length {} ({} MUST be {} bytes)", value.size(), what, size));
  return {};
}

Result<void> check_measurement(ByteView value) {
  if (!eat::check_hash(value)) return eat::wrong_syntax(fmt::format("length {} (realm measurement MUST be 32, 48 or 64 bytes)", value.size()));
  return {};
}

Result<void> check_strong_hash(const std::string& name) {
  if (name.empty()) return eat::wrong_syntax("empty string");
  if (!eat::is_strong_hash_name(name)) return eat::wrong_syntax(quoted(name) + " (MUST be sha-256, sha-384 or sha-512)");
  return {};
}

Result<void> check_platform_profile(const PlatformClaims& claims) {
  if (!claims.profile) return eat::missing_claim();
  if (*claims.profile == kPlatformLegacy || *claims.profile == kPlatform2023 || *claims.profile == kPlatform2024) return {};
  return eat::wrong_profile(kPlatform2023, *claims.profile);
}

Result<void> check_software(const PlatformClaims& claims) {
  if (claims.software_components.empty()) return fail(Errc::missing, "", "missing mandatory claim (MUST have at least one sw component)");
  return eat::check_components(claims.software_components);
}

Result<void> check_challenge(const PlatformClaims& claims) {
  if (claims.challenges_in_array != 0) return eat::wrong_nonces(claims.challenges_in_array);
  return mandatory(claims.challenge, eat::check_hash);
}

// RMM 2.0 demands it; before, the claim did not exist and whatever stands there is not ours to judge.
Result<void> check_platform_client(const PlatformClaims& claims) {
  if (claims.profile != kPlatform2024 || claims.client_id) return {};
  return eat::missing_claim();
}

Result<void> check_realm_profile(const RealmClaims& claims) {
  if (!claims.profile || *claims.profile == kRealm2023 || *claims.profile == kRealm2024) return {};
  return eat::wrong_profile(kRealm2023, *claims.profile);
}

Result<void> check_realm_challenge(const RealmClaims& claims) {
  if (claims.challenges_in_array != 0) return eat::wrong_nonces(claims.challenges_in_array);
  return mandatory(claims.challenge, [](ByteView value) { return check_size(value, kRealmChallengeSize, "hash"); });
}

Result<void> check_extensible(const RealmClaims& claims) {
  if (!claims.extensible_measurements) return eat::missing_claim();
  const auto& measurements = *claims.extensible_measurements;
  if (measurements.empty()) return fail(Errc::missing, "", "missing mandatory claim realm extended measurements");
  for (std::size_t i = 0; i < measurements.size(); ++i) TRY(within(fmt::format("incorrect realm extended measurement at index {}", i), check_measurement(measurements[i])));
  if (measurements.size() != kMeasurements) return eat::wrong_syntax(fmt::format("{} realm extended measurements (MUST be {})", measurements.size(), kMeasurements));
  return {};
}

Result<void> check_public_key(const RealmClaims& claims, const Result<Rak>& rak) {
  // An unknown profile does not say what form the key has; it is refused for itself.
  if (claims.public_key && !check_realm_profile(claims)) return {};
  if (!rak) return std::unexpected(rak.error());
  return {};
}

Result<void> check_realm_instance(const RealmClaims& claims) {
  if (!claims.instance_id && !is_2024(claims)) return {};
  return mandatory(claims.instance_id, eat::check_instance_id);
}

Result<void> check_mec_policy(const RealmClaims& claims) {
  if (!claims.mec_policy) {
    if (is_2024(claims)) return eat::missing_claim();
    return {};
  }
  if (const auto* number = std::get_if<std::uint64_t>(&*claims.mec_policy)) {
    if (*number > 1) return eat::wrong_syntax(fmt::format("value {} (MUST be 0 or 1)", *number));
    return {};
  }
  const std::string& text = std::get<std::string>(*claims.mec_policy);
  if (is_2024(claims)) return eat::wrong_syntax(quoted(text) + " (MUST be 0 or 1)");
  if (text != "shared" && text != "private") return eat::wrong_syntax(quoted(text) + " (MUST be shared or private)");
  return {};
}

Result<void> check_lfa_policy(std::uint64_t policy) {
  if (policy > 1) return eat::wrong_syntax(fmt::format("value {} (MUST be 0 or 1)", policy));
  return {};
}

std::string lifecycle_of(const PlatformClaims& claims) {
  if (!claims.lifecycle) return {};
  const auto state = eat::lifecycle_of(*claims.lifecycle);
  return fmt::format("0x{:04x} ({})", *claims.lifecycle, state ? eat::cca_name(*state) : "invalid");
}

std::string mec_of(const RealmClaims& claims) {
  if (!claims.mec_policy) return {};
  if (const auto* number = std::get_if<std::uint64_t>(&*claims.mec_policy)) return *number == 0 ? "0 (shared)" : fmt::format("{}{}", *number, *number == 1 ? " (private)" : "");
  return quoted(std::get<std::string>(*claims.mec_policy));
}

}  // namespace
}  // namespace assay::cca
