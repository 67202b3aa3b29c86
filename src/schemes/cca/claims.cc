#include "schemes/cca/claims.h"

#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"
#include "model/eat/check.h"
#include "model/eat/read.h"

namespace assay::cca {
namespace {

constexpr std::size_t kMaxMeasurements = 16;  // there are four; more are read so that `validate` can say how many
constexpr std::size_t kRawRakSize = 97;
constexpr std::uint8_t kUncompressed = 0x04;

enum PlatformKey : std::int64_t { kLifecycle = 2395,
                                  kImplementationId = 2396,
                                  kSoftwareComponents = 2399,
                                  kServiceIndicator = 2400,
                                  kConfig = 2401,
                                  kHashAlgorithm = 2402,
                                  kClientId = 2394,
                                  kManufacturingConfig = 2403 };
enum RealmKey : std::int64_t { kPersonalizationValue = 44235,
                               kRealmHashAlgorithm = 44236,
                               kPublicKey = 44237,
                               kInitialMeasurement = 44238,
                               kExtensibleMeasurements = 44239,
                               kPublicKeyHashAlgorithm = 44240,
                               kMecPolicy = 44243,
                               kLfaPolicy = 44244,
                               kDevicesTokenHash = 44257 };

Result<Rak> decode_raw_rak(ByteView bytes);
Result<void> parse_claim(cbor::Reader& in, const cbor::Key& key, PlatformClaims& claims);
Result<void> parse_claim(cbor::Reader& in, const cbor::Key& key, RealmClaims& claims);
Result<std::vector<Bytes>> parse_measurements(cbor::Reader& in);
Result<void> check_platform_profile(const std::optional<std::string>& profile);

template <class Claims>
Result<Claims> parse_all(ByteView payload, std::size_t base) {
  Claims claims;
  cbor::Reader in{payload, cbor::Mode::evidence, base};
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) TRY(parse_claim(in, *key, claims));
  TRY(in.expect_end());
  return claims;
}

// Collects the claims that are there.
struct ClaimList {
  std::vector<eat::RawClaim> all;
  template <class Value>
  void add(std::int64_t key, const std::optional<Value>& value) {
    if (value) all.push_back(eat::claim(key, *value));
  }
  void add_number(std::int64_t key, const auto& value) {
    if (value) all.push_back(eat::claim(key, static_cast<std::int64_t>(*value)));
  }
  Result<Bytes> encode(const std::vector<eat::RawClaim>& unknown) {
    all.insert(all.end(), unknown.begin(), unknown.end());
    return eat::encode_raw_claims(all);
  }
};

}  // namespace

Result<PlatformClaims> parse_platform_claims(ByteView payload, std::size_t base) {
  PlatformClaims claims = TRY(parse_all<PlatformClaims>(payload, base));
  TRY(check_platform_profile(claims.profile));
  return claims;
}

Result<RealmClaims> parse_realm_claims(ByteView payload, std::size_t base) { return parse_all<RealmClaims>(payload, base); }

Result<Bytes> encode_claims(const PlatformClaims& claims) {
  ClaimList list;
  list.add(eat::kProfile, claims.profile);
  list.add(eat::kNonce, claims.challenge);
  list.add(kImplementationId, claims.implementation_id);
  list.add(eat::kUeid, claims.instance_id);
  list.add(kConfig, claims.config);
  list.add_number(kLifecycle, claims.lifecycle);
  if (!claims.software_components.empty()) {
    cbor::Writer components;
    eat::encode_components(components, claims.software_components);
    list.all.push_back({kSoftwareComponents, std::move(components).take()});
  }
  list.add(kServiceIndicator, claims.service_indicator);
  list.add(kHashAlgorithm, claims.hash_algorithm);
  list.add_number(kClientId, claims.client_id);
  list.add(kManufacturingConfig, claims.manufacturing_config);
  return list.encode(claims.unknown);
}

Result<Bytes> encode_claims(const RealmClaims& claims) {
  ClaimList list;
  list.add(eat::kProfile, claims.profile);
  list.add(eat::kNonce, claims.challenge);
  list.add(kPersonalizationValue, claims.personalization_value);
  list.add(kInitialMeasurement, claims.initial_measurement);
  if (claims.extensible_measurements) {
    cbor::Writer measurements;
    measurements.array(claims.extensible_measurements->size());
    for (const Bytes& measurement : *claims.extensible_measurements) measurements.bytes(measurement);
    list.all.push_back({kExtensibleMeasurements, std::move(measurements).take()});
  }
  list.add(kRealmHashAlgorithm, claims.hash_algorithm);
  list.add(kPublicKey, claims.public_key);
  list.add(kPublicKeyHashAlgorithm, claims.public_key_hash_algorithm);
  list.add(eat::kUeid, claims.instance_id);
  if (claims.mec_policy) {
    if (const auto* number = std::get_if<std::uint64_t>(&*claims.mec_policy)) list.all.push_back(eat::claim(kMecPolicy, static_cast<std::int64_t>(*number)));
    else list.all.push_back(eat::claim(kMecPolicy, std::get<std::string>(*claims.mec_policy)));
  }
  list.add_number(kLfaPolicy, claims.lfa_policy);
  list.add(kDevicesTokenHash, claims.devices_token_hash);
  return list.encode(claims.unknown);
}

Result<Rak> decode_rak(const RealmClaims& claims) {
  if (!claims.public_key) return eat::missing_claim();
  const ByteView bytes = *claims.public_key;
  const bool is_map = !bytes.empty() && bytes[0] >> 5 == static_cast<std::uint8_t>(cbor::Type::map);
  if (!claims.profile && !is_map) return decode_raw_rak(bytes);
  auto key = crypto::public_key_from_cose(bytes);
  if (!key) return eat::wrong_syntax("checking realm public key is a CBOR-encoded COSE_Key: " + key.error().text());
  if (crypto::field_size(key->kind()) == 0) return eat::wrong_syntax("realm public key is not EC2");
  return Rak{std::move(*key), claims.profile ? "" : "a COSE_Key in a token without realm profile"};
}

Result<Bytes> rak_hash(const RealmClaims& claims) {
  if (!claims.public_key || !claims.public_key_hash_algorithm) return eat::missing_claim();
  const auto hash = crypto::hash_by_name(*claims.public_key_hash_algorithm);
  if (!hash || !eat::is_strong_hash_name(*claims.public_key_hash_algorithm)) return fail(Errc::unsupported, "", "hash algorithm \"{}\" not known", *claims.public_key_hash_algorithm);
  return crypto::digest(*hash, *claims.public_key);
}

namespace {

// In the words of the Go library, which compares the length first.
Result<Rak> decode_raw_rak(ByteView bytes) {
  if (bytes.size() != kRawRakSize) return eat::wrong_syntax(fmt::format("length {} (realm public key MUST be 97 bytes)", bytes.size()));
  constexpr std::string_view kOffCurve = "checking raw public key coordinates are on curve P-384: ";
  if (bytes[0] != kUncompressed) return eat::wrong_syntax(fmt::format("{}failed to unmarshal elliptic curve point", kOffCurve));
  auto key = crypto::PublicKey::from_point(crypto::KeyKind::p384, bytes);
  if (!key) return eat::wrong_syntax(fmt::format("{}{}", kOffCurve, key.error().what));
  return Rak{std::move(*key), {}};
}

Result<void> parse_claim(cbor::Reader& in, const cbor::Key& key, PlatformClaims& claims) {
  if (key.kind != cbor::Key::Kind::number) return eat::keep_unknown(in, key, claims.unknown);
  switch (key.number) {
    case eat::kProfile: return eat::read(in, "profile", claims.profile);
    case eat::kNonce: return eat::read_nonce(in, "challenge", claims.challenge, claims.challenges_in_array);
    case eat::kUeid: return eat::read(in, "instance id", claims.instance_id);
    case kImplementationId: return eat::read(in, "implementation id", claims.implementation_id);
    case kConfig: return eat::read(in, "platform config", claims.config);
    case kLifecycle: return eat::read(in, "lifecycle", claims.lifecycle);
    case kServiceIndicator: return eat::read(in, "verification service indicator", claims.service_indicator);
    case kHashAlgorithm: return eat::read(in, "platform hash algorithm", claims.hash_algorithm);
    case kClientId: return eat::read(in, "client id", claims.client_id);
    case kManufacturingConfig: return eat::read(in, "manufacturing config", claims.manufacturing_config);
    case kSoftwareComponents: claims.software_components = TRY(within("software components", eat::parse_components(in))); return {};
    default: return eat::keep_unknown(in, key, claims.unknown);
  }
}

Result<void> parse_claim(cbor::Reader& in, const cbor::Key& key, RealmClaims& claims) {
  if (key.kind != cbor::Key::Kind::number) return eat::keep_unknown(in, key, claims.unknown);
  switch (key.number) {
    case eat::kProfile: return eat::read(in, "realm profile", claims.profile);
    case eat::kNonce: return eat::read_nonce(in, "realm challenge", claims.challenge, claims.challenges_in_array);
    case eat::kUeid: return eat::read(in, "realm instance id", claims.instance_id);
    case kPersonalizationValue: return eat::read(in, "realm personalization value", claims.personalization_value);
    case kInitialMeasurement: return eat::read(in, "realm initial measurement", claims.initial_measurement);
    case kExtensibleMeasurements: claims.extensible_measurements = TRY(within("realm extensible measurements", parse_measurements(in))); return {};
    case kRealmHashAlgorithm: return eat::read(in, "realm hash algorithm", claims.hash_algorithm);
    case kPublicKey: return eat::read(in, "realm public key", claims.public_key);
    case kPublicKeyHashAlgorithm: return eat::read(in, "realm public key hash algorithm", claims.public_key_hash_algorithm);
    case kLfaPolicy: return eat::read(in, "LFA policy", claims.lfa_policy);
    case kDevicesTokenHash: return eat::read(in, "devices token hash", claims.devices_token_hash);
    case kMecPolicy: {
      if (in.next_is(cbor::Type::text)) claims.mec_policy = std::string{TRY(in.text())};
      else claims.mec_policy = static_cast<std::uint64_t>(TRY(eat::read_integer(in, "MEC policy", 0, INT64_MAX)));
      return {};
    }
    default: return eat::keep_unknown(in, key, claims.unknown);
  }
}

Result<std::vector<Bytes>> parse_measurements(cbor::Reader& in) {
  const std::size_t start = in.offset();
  cbor::Items items = TRY(in.array());
  if (items.count().value_or(0) > kMaxMeasurements) return fail_at(Errc::limit, start, fmt::format("{} measurements", *items.count()), "4");
  std::vector<Bytes> measurements;
  measurements.reserve(items.count().value_or(0));
  while (TRY(items.next(in))) measurements.push_back(to_bytes(TRY(in.bytes())));
  return measurements;
}

Result<void> check_platform_profile(const std::optional<std::string>& profile) {
  if (!profile) return fail(Errc::missing, "", "not a CCA platform token");
  if (*profile == kPlatformLegacy || *profile == kPlatform2023 || *profile == kPlatform2024) return {};
  return fail(Errc::unsupported, "", "unknown profile: \"{}\"", *profile);
}

}  // namespace
}  // namespace assay::cca
