#include "model/corim/coserv_discovery.h"

#include "base/media_type.h"
#include "base/text.h"
#include "crypto/key_formats.h"
#include "model/corim/read.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

using Endpoints = std::vector<std::pair<std::string, std::string>>;

Result<Capability> capability_from_json(const json::Value& value, std::string where);
Result<Endpoints> endpoints_from_json(const json::Value& value, const std::string& where);
Result<CoservDiscovery::Key> key_from_json(const json::Value& value, const std::string& where);
Result<Capability> read_capability(cbor::Reader& in);
Result<Endpoints> read_endpoints(cbor::Reader& in);
Result<CoservDiscovery::Key> read_cose_key(cbor::Reader& in);
Result<void> check_capability(const Capability& capability);
Result<void> check_discovery(const CoservDiscovery& discovery);

Result<const json::Array*> items_of(const json::Value& value, const std::string& where) {
  if (value.array() == nullptr) return fail_expecting(Errc::malformed, where, std::string{value.type_name()}, "an array");
  return value.array();
}

// Each item of a JSON array by `read`.
template <class T>
Result<std::vector<T>> list_from_json(const json::Value& value, const std::string& where, Result<T> (*read)(const json::Value&, std::string)) {
  std::vector<T> list;
  for (const json::Value& item : *TRY(items_of(value, where))) list.push_back(TRY(read(item, json::pointer(where, list.size()))));
  return list;
}

Result<std::string> text_from_json(const json::Value& value, std::string where) {
  if (value.text() == nullptr) return fail_expecting(Errc::malformed, where, std::string{value.type_name()}, "a string");
  return *value.text();
}

}  // namespace

Result<CoservDiscovery> read_discovery_json(std::string_view text) {
  const json::Value document = TRY(json::parse(text));
  const json::Fields fields = TRY(json::Fields::of(document));
  CoservDiscovery discovery;
  discovery.version = TRY(fields.text("version"));
  discovery.capabilities = TRY(list_from_json(*TRY(fields.need("capabilities")), "/capabilities", capability_from_json));
  discovery.endpoints = TRY(endpoints_from_json(*TRY(fields.need("api-endpoints")), "/api-endpoints"));
  if (const json::Value* keys = fields.find("result-verification-key")) {
    for (const json::Value& key : *TRY(items_of(*keys, "/result-verification-key"))) discovery.keys.push_back(TRY(key_from_json(key, json::pointer("/result-verification-key", discovery.keys.size()))));
  }
  TRY(check_discovery(discovery));
  return discovery;
}

Result<CoservDiscovery> read_discovery_cbor(ByteView bytes) {
  constexpr std::string_view where = "CoSERV discovery";
  const Source source = TRY(within(where, Source::open(bytes, {})));
  cbor::Reader in = source.reader();
  CoservDiscovery discovery;
  Unknowns unknown;
  bool has_version = false, has_capabilities = false, has_endpoints = false;
  TRY(read_struct(in, where, unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 1: has_version = true; return set(discovery.version, within("version", read_text(in)));
      case 2: has_capabilities = true; return set(discovery.capabilities, read_list(in, "capabilities", read_capability));
      case 3: has_endpoints = true; return set(discovery.endpoints, within("api-endpoints", read_endpoints(in)));
      case 4: return set(discovery.keys, read_list(in, "result-verification-key", read_cose_key));
      default: return false;
    }
  }));
  if (!has_version) return within(where, Result<CoservDiscovery>{missing_member(0, "version", 1)});
  if (!has_capabilities) return within(where, Result<CoservDiscovery>{missing_member(0, "capabilities", 2)});
  if (!has_endpoints) return within(where, Result<CoservDiscovery>{missing_member(0, "api-endpoints", 3)});
  TRY(within(where, check_discovery(discovery)));
  return discovery;
}

Result<json::Value> write_discovery_json(const CoservDiscovery& discovery) {
  json::Array capabilities;
  for (const Capability& one : discovery.capabilities) {
    json::Object capability;
    capability.set("media-type", one.media_type);
    capability.set("artifact-support", json::Array(one.artifact_support.begin(), one.artifact_support.end()));
    capabilities.emplace_back(std::move(capability));
  }
  json::Object endpoints;
  for (const auto& [name, path] : discovery.endpoints) endpoints.set(name, path);
  json::Array keys;
  for (const CoservDiscovery::Key& key : discovery.keys) {
    const auto* jwk = std::get_if<json::Value>(&key);
    keys.push_back(jwk != nullptr ? *jwk : crypto::to_jwk(TRY(public_key(key))));
  }
  json::Object document;
  document.set("version", discovery.version);
  document.set("capabilities", std::move(capabilities));
  document.set("api-endpoints", std::move(endpoints));
  if (!keys.empty()) document.set("result-verification-key", std::move(keys));
  return json::Value{std::move(document)};
}

Result<Bytes> write_discovery_cbor(const CoservDiscovery& discovery) {
  StructWriter map;
  map.member(1).text(discovery.version);
  cbor::Writer& capabilities = map.member(2).array(discovery.capabilities.size());
  for (const Capability& one : discovery.capabilities) {
    capabilities.map(2).uint(1).text(one.media_type).uint(2).array(one.artifact_support.size());
    for (const std::string& artifact : one.artifact_support) capabilities.text(artifact);
  }
  std::vector<std::pair<Bytes, Bytes>> endpoints;
  for (const auto& [name, path] : discovery.endpoints) {
    cbor::Writer key, value;
    key.text(name);
    value.text(path);
    endpoints.emplace_back(std::move(key).take(), std::move(value).take());
  }
  map.member(3).raw(cbor::encode_sorted_map(std::move(endpoints)));
  if (!discovery.keys.empty()) {
    cbor::Writer& keys = map.member(4).array(discovery.keys.size());
    for (const CoservDiscovery::Key& key : discovery.keys) {
      const auto* item = std::get_if<Bytes>(&key);
      keys.raw(item != nullptr ? *item : crypto::to_cose_key(TRY(public_key(key))));
    }
  }
  cbor::Writer out;
  std::move(map).write_to(out);
  return std::move(out).take();
}

Result<crypto::PublicKey> public_key(const CoservDiscovery::Key& key) {
  if (const auto* jwk = std::get_if<json::Value>(&key)) return crypto::public_key_from_jwk(*jwk);
  return crypto::public_key_from_cose(std::get<Bytes>(key));
}

namespace {

Result<Capability> capability_from_json(const json::Value& value, std::string where) {
  const json::Fields fields = TRY(json::Fields::of(value, where));
  Capability capability;
  capability.media_type = TRY(fields.text("media-type"));
  capability.artifact_support = TRY(list_from_json(*TRY(fields.need("artifact-support")), fields.at("artifact-support"), text_from_json));
  TRY(within(where, check_capability(capability)));
  return capability;
}

Result<Endpoints> endpoints_from_json(const json::Value& value, const std::string& where) {
  const json::Fields fields = TRY(json::Fields::of(value, where));
  Endpoints endpoints;
  for (const auto& [name, path] : fields.object()) endpoints.emplace_back(name, TRY(text_from_json(path, json::pointer(where, name))));
  return endpoints;
}

Result<CoservDiscovery::Key> key_from_json(const json::Value& value, const std::string& where) {
  const json::Fields jwk = TRY(json::Fields::of(value, where));
  if (jwk.find("d") != nullptr || jwk.find("k") != nullptr) return fail_expecting(Errc::invalid, where, "a secret key", "a public key");
  return CoservDiscovery::Key{value};
}

Result<Capability> read_capability(cbor::Reader& in) {
  Capability capability;
  Unknowns unknown;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "", unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 1: return set(capability.media_type, within("media-type", read_text(in)));
      case 2: return set(capability.artifact_support, read_list(in, "artifact-support", read_text));
      default: return false;
    }
  }));
  if (auto good = check_capability(capability); !good) {
    good.error().offset = start;
    return std::unexpected(std::move(good).error());
  }
  return capability;
}

Result<Endpoints> read_endpoints(cbor::Reader& in) {
  Endpoints endpoints;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    if (key->kind != cbor::Key::Kind::text) return fail_at(Errc::malformed, key->offset, "key " + key->shown(), "the name of an endpoint");
    endpoints.emplace_back(std::string{key->text}, TRY(within(quoted(key->text), read_text(in))));
  }
  return endpoints;
}

// As it stands: whoever verifies with it looks closer.
Result<CoservDiscovery::Key> read_cose_key(cbor::Reader& in) {
  const std::size_t start = in.offset();
  if (!in.next_is(cbor::Type::map)) return fail_at(Errc::malformed, start, "no map", "a COSE_Key");
  const ByteView item = TRY(in.item());
  cbor::Reader key{item, in.mode(), start};
  cbor::MapReader map = TRY(cbor::MapReader::open(key));
  while (const auto label = TRY(map.next(key))) {
    // The private scalar of EC2 and OKP; k of symmetric keys is -1, where those have their curve's number.
    const bool is_secret = label->is(-4) || (label->is(-1) && key.next_is(cbor::Type::bytes));
    if (is_secret) return fail_at(Errc::invalid, label->offset, "a secret key", "a public key");
    TRY(key.item());
  }
  return CoservDiscovery::Key{to_bytes(item)};
}

Result<void> check_capability(const Capability& capability) {
  TRY(within("media-type", parse_media_type(capability.media_type)));
  if (capability.artifact_support.empty()) return fail_expecting(Errc::invalid, "artifact-support", "no artifacts", "\"collected\" or \"source\"");
  return {};
}

Result<void> check_discovery(const CoservDiscovery& discovery) {
  if (discovery.version.empty()) return fail_expecting(Errc::invalid, "version", "an empty text", "the version of the service");
  if (discovery.endpoints.empty()) return fail_expecting(Errc::invalid, "api-endpoints", "no endpoints", "\"CoSERVRequestResponse\"");
  return {};
}

}  // namespace
}  // namespace assay::corim
