// The JSON form of CCA claims: what `evcli` reads and prints and what attestation results carry as annotated evidence.
#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "model/eat/read.h"
#include "schemes/cca/claims.h"
#include "schemes/cca/evidence.h"

namespace assay::cca {
namespace {

constexpr std::string_view kPlatformMember = "cca-platform-token";
constexpr std::string_view kRealmMember = "cca-realm-delegated-token";

Result<std::vector<Bytes>> measurements_from_json(const json::Value& value, const std::string& where);
Result<void> read_mec_policy(const json::Fields& in, RealmClaims& claims);
bool looks_like_cose_key(const std::optional<Bytes>& key);

}  // namespace

json::Value to_json(const PlatformClaims& claims) {
  json::Object out;
  eat::put(out, "cca-platform-profile", claims.profile);
  eat::put(out, "cca-platform-challenge", claims.challenge);
  eat::put(out, "cca-platform-implementation-id", claims.implementation_id);
  eat::put(out, "cca-platform-instance-id", claims.instance_id);
  eat::put(out, "cca-platform-config", claims.config);
  if (claims.lifecycle) out.set("cca-platform-lifecycle", std::int64_t{*claims.lifecycle});
  if (!claims.software_components.empty()) out.set("cca-platform-sw-components", eat::components_to_json(claims.software_components));
  eat::put(out, "cca-platform-service-indicator", claims.service_indicator);
  eat::put(out, "cca-platform-hash-algo-id", claims.hash_algorithm);
  if (claims.client_id) out.set("cca-platform-client-id", *claims.client_id);
  eat::put(out, "cca-platform-manufacturing-config", claims.manufacturing_config);
  return out;
}

json::Value to_json(const RealmClaims& claims) {
  json::Object out;
  eat::put(out, "cca-realm-profile", claims.profile);
  eat::put(out, "cca-realm-challenge", claims.challenge);
  eat::put(out, "cca-realm-personalization-value", claims.personalization_value);
  eat::put(out, "cca-realm-initial-measurement", claims.initial_measurement);
  if (claims.extensible_measurements) {
    json::Array measurements;
    for (const Bytes& measurement : *claims.extensible_measurements) measurements.push_back(to_base64(measurement));
    out.set("cca-realm-extensible-measurements", std::move(measurements));
  }
  eat::put(out, "cca-realm-hash-algo-id", claims.hash_algorithm);
  eat::put(out, "cca-realm-public-key", claims.public_key);
  eat::put(out, "cca-realm-public-key-hash-algo-id", claims.public_key_hash_algorithm);
  eat::put(out, "cca-realm-instance-id", claims.instance_id);
  if (claims.mec_policy) {
    if (const auto* number = std::get_if<std::uint64_t>(&*claims.mec_policy)) out.set("cca-realm-mec-policy", *number);
    else out.set("cca-realm-mec-policy", std::get<std::string>(*claims.mec_policy));
  }
  if (claims.lfa_policy) out.set("cca-realm-lfa-policy", *claims.lfa_policy);
  eat::put(out, "cca-realm-devices-token-hash", claims.devices_token_hash);
  return out;
}

Result<PlatformClaims> platform_from_json(const json::Value& value, std::string where) {
  const json::Fields in = TRY(json::Fields::of(value, std::move(where)));
  PlatformClaims claims;
  TRY(eat::read(in, "cca-platform-profile", claims.profile));
  if (claims.profile != kPlatformLegacy && claims.profile != kPlatform2023 && claims.profile != kPlatform2024) return fail(Errc::unsupported, "", "could not match profile");
  TRY(eat::read_nonce(in, "cca-platform-challenge", claims.challenge, claims.challenges_in_array));
  TRY(eat::read(in, "cca-platform-implementation-id", claims.implementation_id));
  TRY(eat::read(in, "cca-platform-instance-id", claims.instance_id));
  TRY(eat::read(in, "cca-platform-config", claims.config));
  TRY(eat::read(in, "cca-platform-lifecycle", claims.lifecycle));
  if (eat::has(in, "cca-platform-sw-components")) claims.software_components = TRY(eat::components_from_json(*in.find("cca-platform-sw-components"), in.at("cca-platform-sw-components")));
  TRY(eat::read(in, "cca-platform-service-indicator", claims.service_indicator));
  TRY(eat::read(in, "cca-platform-hash-algo-id", claims.hash_algorithm));
  TRY(eat::read(in, "cca-platform-client-id", claims.client_id));
  TRY(eat::read(in, "cca-platform-manufacturing-config", claims.manufacturing_config));
  return claims;
}

Result<RealmClaims> realm_from_json(const json::Value& value, std::string where) {
  const json::Fields in = TRY(json::Fields::of(value, std::move(where)));
  RealmClaims claims;
  TRY(eat::read(in, "cca-realm-profile", claims.profile));
  TRY(eat::read_nonce(in, "cca-realm-challenge", claims.challenge, claims.challenges_in_array));
  TRY(eat::read(in, "cca-realm-personalization-value", claims.personalization_value));
  TRY(eat::read(in, "cca-realm-initial-measurement", claims.initial_measurement));
  static constexpr std::string_view kMeasurements = "cca-realm-extensible-measurements";
  if (eat::has(in, kMeasurements)) claims.extensible_measurements = TRY(measurements_from_json(*in.find(kMeasurements), in.at(kMeasurements)));
  TRY(eat::read(in, "cca-realm-hash-algo-id", claims.hash_algorithm));
  TRY(eat::read(in, "cca-realm-public-key", claims.public_key));
  TRY(eat::read(in, "cca-realm-public-key-hash-algo-id", claims.public_key_hash_algorithm));
  TRY(eat::read(in, "cca-realm-instance-id", claims.instance_id));
  TRY(read_mec_policy(in, claims));
  TRY(eat::read(in, "cca-realm-lfa-policy", claims.lfa_policy));
  TRY(eat::read(in, "cca-realm-devices-token-hash", claims.devices_token_hash));
  if (!claims.profile && looks_like_cose_key(claims.public_key)) claims.profile = kRealm2023;
  return claims;
}

json::Value to_json(const PlatformClaims& platform, const RealmClaims& realm) {
  json::Object out;
  out.set(std::string{kPlatformMember}, to_json(platform));
  out.set(std::string{kRealmMember}, to_json(realm));
  return out;
}

Result<EvidenceClaims> evidence_from_json(const json::Value& value) {
  const json::Fields in = TRY(within("unmarshaling CCA claims", json::Fields::of(value)));
  EvidenceClaims claims;
  if (eat::has(in, kPlatformMember)) claims.platform = TRY(within("unmarshaling platform claims", platform_from_json(*in.find(kPlatformMember), in.at(kPlatformMember))));
  if (eat::has(in, kRealmMember)) claims.realm = TRY(within("unmarshaling realm claims", realm_from_json(*in.find(kRealmMember), in.at(kRealmMember))));
  // Where the two cannot be bound, `validate` says what is missing.
  if (claims.platform && claims.realm) (void)bind(claims);
  return claims;
}

namespace {

Result<std::vector<Bytes>> measurements_from_json(const json::Value& value, const std::string& where) {
  if (value.array() == nullptr) return fail_expecting(Errc::malformed, where, fmt::format("a JSON {}", value.type_name()), "an array");
  std::vector<Bytes> measurements;
  for (const json::Value& item : *value.array()) {
    if (measurements.size() >= 16) return fail_expecting(Errc::limit, where, fmt::format("{} measurements", value.array()->size()), "4");
    measurements.push_back(TRY(eat::bytes_of(item, json::pointer(where, measurements.size()))));
  }
  return measurements;
}

Result<void> read_mec_policy(const json::Fields& in, RealmClaims& claims) {
  static constexpr std::string_view kMember = "cca-realm-mec-policy";
  if (!eat::has(in, kMember)) return {};
  if (in.find(kMember)->text() != nullptr) claims.mec_policy = *in.find(kMember)->text();
  else claims.mec_policy = static_cast<std::uint64_t>(TRY(eat::read_integer(in, kMember, 0, INT64_MAX)));
  return {};
}

bool looks_like_cose_key(const std::optional<Bytes>& key) { return key && !key->empty() && key->front() >> 5 == static_cast<int>(cbor::Type::map); }

}  // namespace
}  // namespace assay::cca
