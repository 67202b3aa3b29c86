#include "schemes/psa/claims.h"

#include <algorithm>

#include "codec/cbor/cbor.h"
#include "model/eat/read.h"

namespace assay::psa {
namespace {

// The keys of a dialect; 0 where it has no such claim (no dialect uses key 0).
struct Keys {
  std::int64_t profile, client_id, lifecycle, implementation_id, boot_seed, certification_reference, software_components, no_software_measurements, nonce, instance_id, service_indicator;
};
constexpr Keys kKeys1{-75000, -75001, -75002, -75003, -75004, -75005, -75006, -75007, -75008, -75009, -75010};
constexpr Keys kKeys2{eat::kProfile, 2394, 2395, 2396, 2397, 2398, 2399, 0, eat::kNonce, eat::kUeid, 2400};
constexpr Keys kKeys3{eat::kProfile, 2394, 2395, 2396, eat::kBootSeed, 2398, 2399, 0, eat::kNonce, eat::kUeid, 2400};

const Keys& keys_of(Dialect dialect);
Result<Dialect> dialect_of(ByteView payload, std::size_t base);
Result<void> parse_claim(cbor::Reader& in, const cbor::Key& key, const Keys& keys, Claims& claims);
Result<void> take_old_boot_seed(Claims& claims);
std::string_view profile_member(Dialect dialect);

}  // namespace

std::string_view name(Dialect dialect) {
  switch (dialect) {
    case Dialect::p1: return kProfile1;
    case Dialect::p2: return kProfile2;
    case Dialect::p3: return kProfile3;
  }
  return "?";
}

std::optional<Dialect> dialect_by_profile(std::string_view value) {
  if (value == kProfile1) return Dialect::p1;
  if (value == kProfile2) return Dialect::p2;
  if (value.starts_with(kDerivedPrefix) && value.size() > kDerivedPrefix.size()) return Dialect::p3;
  return std::nullopt;
}

Result<Claims> parse_claims(ByteView payload, std::size_t base) {
  Claims claims;
  // The profile may stand anywhere in the map, and says what the keys before it mean.
  claims.dialect = TRY(dialect_of(payload, base));
  cbor::Reader in{payload, cbor::Mode::evidence, base};
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) TRY(parse_claim(in, *key, keys_of(claims.dialect), claims));
  TRY(in.expect_end());
  if (claims.dialect == Dialect::p3 && !claims.boot_seed) TRY(take_old_boot_seed(claims));
  return claims;
}

Result<Bytes> encode_claims(const Claims& claims) {
  const Keys& keys = keys_of(claims.dialect);
  std::vector<eat::RawClaim> all;
  const auto add = [&](std::int64_t key, const auto& value) {
    if (value) all.push_back(eat::claim(key, *value));
  };
  const auto add_number = [&](std::int64_t key, const auto& value) {
    if (value) all.push_back(eat::claim(key, static_cast<std::int64_t>(*value)));
  };
  add(keys.profile, claims.profile);
  add_number(keys.client_id, claims.client_id);
  add_number(keys.lifecycle, claims.lifecycle);
  add(keys.implementation_id, claims.implementation_id);
  add(keys.boot_seed, claims.boot_seed);
  add(keys.certification_reference, claims.certification_reference);
  if (!claims.software_components.empty()) {
    cbor::Writer components;
    eat::encode_components(components, claims.software_components);
    all.push_back({keys.software_components, std::move(components).take()});
  }
  if (keys.no_software_measurements != 0) add_number(keys.no_software_measurements, claims.no_software_measurements);
  add(keys.nonce, claims.nonce);
  add(keys.instance_id, claims.instance_id);
  add(keys.service_indicator, claims.service_indicator);
  all.insert(all.end(), claims.unknown.begin(), claims.unknown.end());
  return eat::encode_raw_claims(all);
}

json::Value to_json(const Claims& claims) {
  const bool p1 = claims.dialect == Dialect::p1;
  json::Object out;
  // The reference prints a missing profile of this dialect as null, and leaves out every other missing claim.
  if (p1 && !claims.profile) out.set(std::string{profile_member(claims.dialect)}, nullptr);
  eat::put(out, profile_member(claims.dialect), claims.profile);
  if (claims.client_id) out.set("psa-client-id", std::int64_t{*claims.client_id});
  if (claims.lifecycle) out.set("psa-security-lifecycle", std::int64_t{*claims.lifecycle});
  eat::put(out, "psa-implementation-id", claims.implementation_id);
  eat::put(out, "psa-boot-seed", claims.boot_seed);
  eat::put(out, p1 ? "psa-hwver" : "psa-certification-reference", claims.certification_reference);
  if (!claims.software_components.empty()) out.set("psa-software-components", eat::components_to_json(claims.software_components));
  if (p1 && claims.no_software_measurements) out.set("psa-no-software-measurements", *claims.no_software_measurements);
  eat::put(out, "psa-nonce", claims.nonce);
  eat::put(out, "psa-instance-id", claims.instance_id);
  eat::put(out, "psa-verification-service-indicator", claims.service_indicator);
  return out;
}

Result<Claims> from_json(const json::Value& value) {
  const json::Fields in = TRY(json::Fields::of(value));
  std::vector<Dialect> matches;
  const json::Value* first = in.find(profile_member(Dialect::p1));
  const json::Value* other = in.find(profile_member(Dialect::p2));
  if (first != nullptr && first->text() != nullptr && *first->text() == kProfile1) matches.push_back(Dialect::p1);
  if (other != nullptr && other->text() != nullptr) {
    const auto dialect = dialect_by_profile(*other->text());
    if (dialect && *dialect != Dialect::p1) matches.push_back(*dialect);
  }
  // What `to_json` writes for a token of the first dialect without profile.
  if (matches.empty() && first != nullptr && first->is_null()) matches.push_back(Dialect::p1);
  if (matches.empty()) return fail(Errc::unsupported, "", "could not match profile");
  if (matches.size() > 1) return fail(Errc::invalid, "", "matched multiple profiles: {} and {}", name(matches[0]), name(matches[1]));
  return from_json_as(matches[0], value);
}

Result<Claims> from_json_as(Dialect dialect, const json::Value& value) {
  const json::Fields in = TRY(json::Fields::of(value));
  const bool p1 = dialect == Dialect::p1;
  Claims claims;
  claims.dialect = dialect;
  TRY(eat::read(in, profile_member(dialect), claims.profile));
  TRY(eat::read(in, "psa-client-id", claims.client_id));
  TRY(eat::read(in, "psa-security-lifecycle", claims.lifecycle));
  TRY(eat::read(in, "psa-implementation-id", claims.implementation_id));
  TRY(eat::read(in, "psa-boot-seed", claims.boot_seed));
  TRY(eat::read(in, p1 ? "psa-hwver" : "psa-certification-reference", claims.certification_reference));
  if (eat::has(in, "psa-software-components")) claims.software_components = TRY(eat::components_from_json(*in.find("psa-software-components"), in.at("psa-software-components")));
  if (p1) TRY(eat::read(in, "psa-no-software-measurements", claims.no_software_measurements));
  TRY(eat::read_nonce(in, "psa-nonce", claims.nonce, claims.nonces_in_array));
  TRY(eat::read(in, "psa-instance-id", claims.instance_id));
  TRY(eat::read(in, "psa-verification-service-indicator", claims.service_indicator));
  return claims;
}

namespace {

const Keys& keys_of(Dialect dialect) {
  if (dialect == Dialect::p1) return kKeys1;
  return dialect == Dialect::p2 ? kKeys2 : kKeys3;
}

Result<Dialect> dialect_of(ByteView payload, std::size_t base) {
  cbor::Reader in{payload, cbor::Mode::evidence, base};
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    if (!key->is(eat::kProfile)) {
      TRY(in.item());
      continue;
    }
    const std::size_t start = in.offset();
    const std::string_view profile = TRY(within("profile", in.text()));
    const auto dialect = dialect_by_profile(profile);
    if (!dialect || *dialect == Dialect::p1) return std::unexpected(Error{Errc::unsupported, {}, fmt::format("unknown profile: \"{}\"", profile), {}, start});
    return *dialect;
  }
  return Dialect::p1;
}

Result<void> parse_claim(cbor::Reader& in, const cbor::Key& key, const Keys& keys, Claims& claims) {
  const bool numbered = key.kind == cbor::Key::Kind::number && key.number != 0;
  if (!numbered) return eat::keep_unknown(in, key, claims.unknown);
  if (key.number == keys.profile) return eat::read(in, "profile", claims.profile);
  if (key.number == keys.client_id) return eat::read(in, "client id", claims.client_id);
  if (key.number == keys.lifecycle) return eat::read(in, "security lifecycle", claims.lifecycle);
  if (key.number == keys.implementation_id) return eat::read(in, "implementation id", claims.implementation_id);
  if (key.number == keys.boot_seed) return eat::read(in, "boot seed", claims.boot_seed);
  if (key.number == keys.certification_reference) return eat::read(in, "certification reference", claims.certification_reference);
  if (key.number == keys.no_software_measurements) return eat::read(in, "no software measurements", claims.no_software_measurements);
  if (key.number == keys.nonce) return eat::read_nonce(in, "nonce", claims.nonce, claims.nonces_in_array);
  if (key.number == keys.instance_id) return eat::read(in, "instance id", claims.instance_id);
  if (key.number == keys.service_indicator) return eat::read(in, "verification service indicator", claims.service_indicator);
  if (key.number == keys.software_components) {
    claims.software_components = TRY(within("software components", eat::parse_components(in)));
    return {};
  }
  return eat::keep_unknown(in, key, claims.unknown);
}

// iat-verifier writes the boot seed of a new profile under the old key.
Result<void> take_old_boot_seed(Claims& claims) {
  const auto old = std::ranges::find(claims.unknown, eat::ClaimKey{kKeys2.boot_seed}, &eat::RawClaim::key);
  if (old == claims.unknown.end()) return {};
  cbor::Reader in{old->value};
  if (!in.next_is(cbor::Type::bytes)) return {};
  TRY(eat::read(in, "boot seed", claims.boot_seed));
  claims.unknown.erase(old);
  return {};
}

std::string_view profile_member(Dialect dialect) { return dialect == Dialect::p1 ? "psa-profile" : "eat-profile"; }

}  // namespace
}  // namespace assay::psa
