#include "appraise/reference.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "base/nearest.h"
#include "base/text.h"
#include "crypto/key_formats.h"

namespace assay::appraise {
namespace {

constexpr std::size_t kMaxEntries = 4096;        // of each list of a file
constexpr std::size_t kMaxReferenceSize = 1024;  // of one byte string but a configuration
constexpr std::size_t kMaxConfigSize = 64 * 1024;

constexpr std::string_view kReferenceMembers[] = {"platform", "realm"};
constexpr std::string_view kPlatformMembers[] = {"implementation-id", "sw-components", "platform-configuration"};
constexpr std::string_view kComponentMembers[] = {"measurement-value", "signer-id", "version", "component-type"};
// The store of rust-ccatoken also says how the realm's key is hashed; the token says so itself, and it is not compared.
constexpr std::string_view kRealmMembers[] = {"initial-measurement", "extensible-measurements", "personalization-value", "rak-hash-algorithm"};
constexpr std::string_view kAnchorMembers[] = {"pkey", "implementation-id", "instance-id"};

constexpr std::string_view kReferenceFile = "a reference-value file: an object with \"platform\" or \"realm\" (docs/FORMATS.md)";
constexpr std::string_view kAnchorFile = "a trust-anchor file: an array of {\"pkey\": JWK, \"implementation-id\": …, \"instance-id\": …}, a JWK, or a JWK set (docs/FORMATS.md)";

Result<Bytes> bytes_of(const json::Value& value, const std::string& where, std::size_t most = kMaxReferenceSize);
Result<std::optional<Bytes>> optional_bytes(const json::Fields& in, std::string_view name, std::size_t most = kMaxReferenceSize);
Result<const json::Array*> list_of(const json::Value& value, const std::string& where);
Result<PlatformReference> platform_of(const json::Value& value, const std::string& where, std::string_view origin);
Result<RealmReference> realm_of(const json::Value& value, const std::string& where, std::string_view origin);
Result<ReferenceComponent> component_of(const json::Value& value, const std::string& where, std::string_view origin);
Result<TrustAnchor> anchor_of(const json::Value& value, const std::string& where, std::string_view origin);
Result<TrustAnchors> anchors_of_jwk(const json::Value& value, std::string_view origin);
Result<void> only(const json::Fields& in, std::span<const std::string_view> names);
Result<void> no_ids(const json::Fields& jwk);
std::string origin_of(std::string_view file, std::string_view pointer);
bool is_for(const auto& one, std::string_view scheme) { return one.scheme.empty() || one.scheme == scheme; }

}  // namespace

std::vector<const TrustAnchor*> anchors_for(const TrustAnchors& anchors, ByteView implementation_id, ByteView instance_id) {
  const auto same = [](const std::optional<Bytes>& id, ByteView wanted) { return id && equal(*id, wanted); };
  std::vector<const TrustAnchor*> exact, partial, any;
  for (const TrustAnchor& anchor : anchors) {
    if (std::holds_alternative<std::vector<crypto::Certificate>>(anchor.key)) continue;
    const bool implementation_fits = !anchor.implementation_id || same(anchor.implementation_id, implementation_id);
    const bool instance_fits = !anchor.instance_id || same(anchor.instance_id, instance_id);
    if (!implementation_fits || !instance_fits) continue;
    if (anchor.implementation_id && anchor.instance_id) exact.push_back(&anchor);
    else if (anchor.implementation_id || anchor.instance_id) partial.push_back(&anchor);
    else any.push_back(&anchor);
  }
  exact.insert(exact.end(), partial.begin(), partial.end());
  exact.insert(exact.end(), any.begin(), any.end());
  return exact;
}

std::vector<const TrustAnchor*> keys_for_instance(const TrustAnchors& anchors, ByteView instance_id) {
  std::vector<const TrustAnchor*> exact, any;
  for (const TrustAnchor& anchor : anchors) {
    if (!std::holds_alternative<crypto::PublicKey>(anchor.key)) continue;
    if (anchor.instance_id && equal(*anchor.instance_id, instance_id)) exact.push_back(&anchor);
    else if (!anchor.instance_id && !anchor.implementation_id) any.push_back(&anchor);
  }
  exact.insert(exact.end(), any.begin(), any.end());
  return exact;
}

KeySearch first_verifying(const std::vector<const TrustAnchor*>& keys, const std::function<Result<void>(const crypto::PublicKey&)>& verifies) {
  KeySearch search;
  for (const TrustAnchor* anchor : keys) {
    const auto verified = verifies(std::get<crypto::PublicKey>(anchor->key));
    if (verified) {
      search.found = anchor;
      return search;
    }
    search.tried += (search.tried.empty() ? "" : ", ") + anchor->origin;
    search.why = verified.error().text();
  }
  return search;
}

std::string nearest_anchor(const TrustAnchors& anchors, ByteView implementation_id, ByteView instance_id) {
  const auto same = [](const std::optional<Bytes>& id, ByteView wanted) { return id ? same_bytes(*id, wanted) : 0; };
  const TrustAnchor* nearest = nullptr;
  std::size_t most = 0;
  for (const TrustAnchor& anchor : anchors) {
    const std::size_t count = same(anchor.implementation_id, implementation_id) + same(anchor.instance_id, instance_id);
    const bool has_ids = anchor.implementation_id || anchor.instance_id;
    if (!has_ids || (nearest != nullptr && count <= most)) continue;
    nearest = &anchor;
    most = count;
  }
  if (nearest == nullptr) return {};
  std::string text;
  if (nearest->implementation_id) text = "implementation " + to_hex(*nearest->implementation_id);
  if (nearest->instance_id) text += (text.empty() ? "instance " : ", instance ") + to_hex(*nearest->instance_id);
  return fmt::format("{} ({})", text, nearest->origin);
}

TrustAnchors for_scheme(const TrustAnchors& anchors, std::string_view scheme) {
  TrustAnchors ours;
  std::ranges::copy_if(anchors, std::back_inserter(ours), [&](const TrustAnchor& anchor) { return is_for(anchor, scheme); });
  return ours;
}

ReferenceValues for_scheme(const ReferenceValues& references, std::string_view scheme) {
  ReferenceValues ours = references;
  std::erase_if(ours.platforms, [&](const PlatformReference& platform) { return !is_for(platform, scheme); });
  std::erase_if(ours.realms, [&](const RealmReference& realm) { return !is_for(realm, scheme); });
  std::erase_if(ours.pcrs, [&](const PcrReference& pcr) { return !is_for(pcr, scheme); });
  std::erase_if(ours.keyed, [&](const KeyedReference& keyed) { return !is_for(keyed, scheme); });
  return ours;
}

void append(ReferenceValues from, ReferenceValues& to) {
  std::ranges::move(from.platforms, std::back_inserter(to.platforms));
  std::ranges::move(from.realms, std::back_inserter(to.realms));
  std::ranges::move(from.pcrs, std::back_inserter(to.pcrs));
  std::ranges::move(from.keyed, std::back_inserter(to.keyed));
}

Result<ReferenceValues> reference_values_from_json(const json::Value& value, std::string_view origin) {
  if (value.object() == nullptr) return fail_expecting(Errc::malformed, origin, fmt::format("a JSON {}", value.type_name()), kReferenceFile);
  const json::Fields in = TRY(within(origin, json::Fields::of(value)));
  // A misspelt file must not count as "nothing to compare with".
  if (in.object().empty()) return fail_expecting(Errc::missing, origin, "neither \"platform\" nor \"realm\"", kReferenceFile);
  TRY(within(origin, only(in, kReferenceMembers)));
  ReferenceValues references;
  if (const json::Value* platforms = in.find("platform")) {
    const json::Array* list = TRY(within(origin, list_of(*platforms, "/platform")));
    for (const json::Value& item : *list) references.platforms.push_back(TRY(within(origin, platform_of(item, json::pointer("/platform", references.platforms.size()), origin))));
  }
  if (const json::Value* realms = in.find("realm")) {
    const json::Array* list = TRY(within(origin, list_of(*realms, "/realm")));
    for (const json::Value& item : *list) references.realms.push_back(TRY(within(origin, realm_of(item, json::pointer("/realm", references.realms.size()), origin))));
  }
  return references;
}

Result<TrustAnchors> trust_anchors_from_json(const json::Value& value, std::string_view origin) {
  if (value.array() == nullptr) return anchors_of_jwk(value, origin);
  TrustAnchors anchors;
  const json::Array* list = TRY(within(origin, list_of(value, "")));
  for (const json::Value& item : *list) anchors.push_back(TRY(within(origin, anchor_of(item, json::pointer("", anchors.size()), origin))));
  return anchors;
}

namespace {

// Hex in either case (as rust-ccatoken writes it) or base64 (as evidence is printed). What reads as hex is hex: a digest in base64
// ends in '=' or has other letters.
Result<Bytes> bytes_of(const json::Value& value, const std::string& where, std::size_t most) {
  if (value.text() == nullptr) return fail_expecting(Errc::malformed, where, fmt::format("a JSON {}", value.type_name()), "bytes in hex or base64");
  Result<Bytes> bytes = from_hex(*value.text());
  if (!bytes) bytes = from_any_base64(*value.text());
  if (!bytes) return fail_expecting(Errc::malformed, where, quoted(*value.text(), 40), "bytes in hex or base64");
  if (bytes->size() > most) return fail_expecting(Errc::limit, where, fmt::format("{} bytes", bytes->size()), fmt::format("at most {}", most));
  return bytes;
}

Result<std::optional<Bytes>> optional_bytes(const json::Fields& in, std::string_view name, std::size_t most) {
  const json::Value* value = in.find(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return TRY(bytes_of(*value, in.at(name), most));
}

Result<const json::Array*> list_of(const json::Value& value, const std::string& where) {
  if (value.array() == nullptr) return fail_expecting(Errc::malformed, where, fmt::format("a JSON {}", value.type_name()), "an array");
  if (value.array()->size() > kMaxEntries) return fail_expecting(Errc::limit, where, fmt::format("{} entries", value.array()->size()), fmt::format("at most {}", kMaxEntries));
  return value.array();
}

Result<PlatformReference> platform_of(const json::Value& value, const std::string& where, std::string_view origin) {
  const json::Fields in = TRY(json::Fields::of(value, where));
  TRY(only(in, kPlatformMembers));
  PlatformReference platform;
  platform.origin = origin_of(origin, where);
  const json::Value* implementation = TRY(in.need("implementation-id"));
  platform.implementation_id = TRY(bytes_of(*implementation, in.at("implementation-id")));
  if (auto config = TRY(optional_bytes(in, "platform-configuration", kMaxConfigSize))) platform.configs.push_back({std::move(*config)});
  const json::Value* components = in.find("sw-components");
  if (components == nullptr) return platform;
  const json::Array* list = TRY(list_of(*components, in.at("sw-components")));
  for (const json::Value& item : *list) platform.components.push_back(TRY(component_of(item, json::pointer(in.at("sw-components"), platform.components.size()), origin)));
  return platform;
}

Result<ReferenceComponent> component_of(const json::Value& value, const std::string& where, std::string_view origin) {
  const json::Fields in = TRY(json::Fields::of(value, where));
  TRY(only(in, kComponentMembers));
  ReferenceComponent component;
  component.origin = origin_of(origin, where);
  const json::Value* measurement = TRY(in.need("measurement-value"));
  component.value = TRY(bytes_of(*measurement, in.at("measurement-value")));
  if (component.value.empty()) return fail_expecting(Errc::invalid, in.at("measurement-value"), "an empty measurement", "a digest");
  component.signer_id = TRY(optional_bytes(in, "signer-id"));
  component.version = TRY(in.optional_text("version"));
  component.type = TRY(in.optional_text("component-type"));
  return component;
}

Result<RealmReference> realm_of(const json::Value& value, const std::string& where, std::string_view origin) {
  const json::Fields in = TRY(json::Fields::of(value, where));
  TRY(only(in, kRealmMembers));
  RealmReference realm;
  realm.origin = origin_of(origin, where);
  const json::Value* measurement = TRY(in.need("initial-measurement"));
  realm.initial_measurement = TRY(bytes_of(*measurement, in.at("initial-measurement")));
  if (realm.initial_measurement.empty()) return fail_expecting(Errc::invalid, in.at("initial-measurement"), "an empty measurement", "a digest");
  realm.personalization_value = TRY(optional_bytes(in, "personalization-value"));
  const json::Value* extensible = in.find("extensible-measurements");
  if (extensible == nullptr || extensible->is_null()) return realm;
  const json::Array* list = TRY(list_of(*extensible, in.at("extensible-measurements")));
  if (list->size() > 4) return fail_expecting(Errc::invalid, in.at("extensible-measurements"), fmt::format("{} measurements", list->size()), "at most 4");
  for (const json::Value& item : *list) {
    const std::string at = json::pointer(in.at("extensible-measurements"), realm.extensible_measurements.size());
    std::optional<Bytes> one;
    if (!item.is_null()) one = TRY(bytes_of(item, at));
    realm.extensible_measurements.push_back(std::move(one));
  }
  return realm;
}

Result<TrustAnchor> anchor_of(const json::Value& value, const std::string& where, std::string_view origin) {
  const json::Fields in = TRY(json::Fields::of(value, where));
  TRY(only(in, kAnchorMembers));
  const json::Value* jwk = TRY(in.need("pkey"));
  const json::Fields key_members = TRY(json::Fields::of(*jwk, in.at("pkey")));
  TRY(no_ids(key_members));
  auto key = TRY(within(in.at("pkey"), crypto::public_key_from_jwk(*jwk)));
  auto implementation = TRY(optional_bytes(in, "implementation-id"));
  auto instance = TRY(optional_bytes(in, "instance-id"));
  return TrustAnchor{std::move(implementation), std::move(instance), std::move(key), origin_of(origin, where)};
}

// A JWK or a JWK set: keys that fit any device.
Result<TrustAnchors> anchors_of_jwk(const json::Value& value, std::string_view origin) {
  if (value.object() == nullptr) return fail_expecting(Errc::malformed, origin, fmt::format("a JSON {}", value.type_name()), kAnchorFile);
  const json::Fields in = TRY(within(origin, json::Fields::of(value)));
  if (in.find("platform") != nullptr || in.find("realm") != nullptr) return fail_expecting(Errc::malformed, origin, "a file of reference values", kAnchorFile);
  if (in.find("pkey") != nullptr) return fail_expecting(Errc::malformed, origin, "one anchor that is not in an array", kAnchorFile);
  const json::Value* keys = in.find("keys");
  if (keys == nullptr && in.find("kty") == nullptr) return fail_expecting(Errc::malformed, origin, "an object with neither \"kty\" nor \"keys\"", kAnchorFile);
  TRY(within(origin, no_ids(in)));
  if (keys != nullptr && keys->array() != nullptr) {
    for (std::size_t i = 0; i < keys->array()->size(); ++i) {
      const json::Fields key = TRY(within(origin, json::Fields::of((*keys->array())[i], json::pointer("/keys", i))));
      TRY(within(origin, no_ids(key)));
    }
  }
  const auto named_keys = TRY(within(origin, crypto::keys_from_jwks(value)));
  TrustAnchors anchors;
  for (const crypto::NamedKey& named : named_keys) anchors.push_back({{}, {}, named.key, named.kid.empty() ? std::string{origin} : fmt::format("{}: {}", origin, named.kid)});
  return anchors;
}

// What is not compared because its name is misspelt would make the appraisal weaker than its author thinks.
Result<void> only(const json::Fields& in, std::span<const std::string_view> names) {
  for (const auto& [name, value] : in.object()) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const std::string_view near = nearest(names, name);
    std::string what = near.empty() ? "unknown member" : fmt::format("unknown member (did you mean \"{}\"?)", near);
    return fail_expecting(Errc::malformed, in.at(std::string_view{name}.substr(0, 80)), std::move(what), fmt::format("no others than {}", fmt::join(names, ", ")));
  }
  return {};
}

// Members that nobody knows are allowed in a JWK (RFC 7517 §4), but not those that were to say whose key it is.
Result<void> no_ids(const json::Fields& jwk) {
  static constexpr std::string_view kIds[] = {"implementation-id", "instance-id"};
  for (const json::Object::Member& member : jwk.object()) {
    const std::string& name = member.first;
    const bool meant = std::ranges::any_of(kIds, [&](std::string_view id) { return name.size() < id.size() + 3 && edit_distance(id, name) < 3; });
    if (meant) return fail_expecting(Errc::malformed, jwk.at(name), "a JWK does not say whose key it is", "this member beside \"pkey\", in [{\"pkey\": JWK, \"implementation-id\": …, \"instance-id\": …}]");
  }
  return {};
}

std::string origin_of(std::string_view file, std::string_view pointer) { return fmt::format("{}: {}", file, pointer); }

}  // namespace
}  // namespace assay::appraise
