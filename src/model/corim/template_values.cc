#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "model/corim/check.h"
#include "model/corim/template_node.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

constexpr std::array<std::size_t, 1> kImplementationIdSizes{32};
constexpr std::array<std::size_t, 3> kSignerIdSizes{32, 48, 64};
constexpr std::array<std::string_view, 5> kClassNames{"id", "vendor", "model", "layer", "index"};
constexpr std::array<std::string_view, 3> kEnvironmentNames{"class", "instance", "group"};
constexpr std::array<std::string_view, 3> kEntityNames{"name", "regid", "roles"};

std::optional<Oid> read_oid(Sink& sink, const Node& at);
std::optional<Bytes> read_some_bytes(Sink& sink, const Node& at);
std::optional<Bytes> read_sized(Sink& sink, const Node& at, std::string_view what, std::span<const std::size_t> sizes);
std::optional<Class> read_class(Sink& sink, const Node& at);
std::optional<ClassId> read_class_id(Sink& sink, const Node& at);
std::optional<Instance> read_instance(Sink& sink, const Node& at);
std::optional<Group> read_group(Sink& sink, const Node& at);
std::optional<PsaRefvalId> read_refval_id(Sink& sink, const Node& at);
std::optional<CryptoKey> read_key_of(Sink& sink, const Node& value, CryptoKey::Kind kind);
std::optional<std::string> read_pem(Sink& sink, const Node& at, CryptoKey::Kind kind);
std::optional<Bytes> read_cose_key(Sink& sink, const Node& at);
std::optional<Digest> read_digest_text(Sink& sink, const Node& at, std::string_view text);
std::optional<Digest> read_digest_pair(Sink& sink, const Node& at, const json::Array& pair);

}  // namespace

std::optional<TagId> read_tag_id(Sink& sink, const Node& at) {
  const auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  if (text->empty()) return sink.error(at, "an empty id", "a UUID or another text");
  if (const auto uuid = uuid_from_text(*text)) return TagId{*uuid};
  return TagId{*text};
}

// "alg;base64" (generation A; ':' does as well), or [alg, base64url] (D).
std::optional<Digest> read_digest(Sink& sink, const Node& at) {
  if (const std::string* text = at.value.text()) return read_digest_text(sink, at, *text);
  const json::Array* pair = at.value.array();
  if (pair == nullptr || pair->size() != 2) return sink.error(at, std::string{at.value.type_name()}, R"("sha-256;base64" or ["sha-256", "base64url"])", Errc::malformed);
  sink.needs_d = true;
  return read_digest_pair(sink, at, *pair);
}

std::optional<CryptoKey> read_key(Sink& sink, const Node& at) {
  const auto typed = read_typed(sink, at);
  if (!typed) return std::nullopt;
  const auto kind = key_kind(typed->type);
  if (!kind) return sink.error(at, "key type " + quoted(typed->type), "pkix-base64-key, pkix-base64-cert, pkix-base64-cert-path, thumbprint, cert-thumbprint, cert-path-thumbprint, cose-key, bytes or pkix-asn1der-cert", Errc::unsupported);
  return read_key_of(sink, typed->value, *kind);
}

std::optional<std::vector<CryptoKey>> read_authorized_by(Sink& sink, const Node& at) {
  if (at.value.array() != nullptr) {
    sink.needs_d = true;
    return read_list(sink, at, read_key);
  }
  auto key = read_key(sink, at);
  if (!key) return std::nullopt;
  return std::vector<CryptoKey>{std::move(*key)};
}

std::optional<Environment> read_environment(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  Environment environment;
  take(sink, members, "class", environment.klass, read_class);
  take(sink, members, "instance", environment.instance, read_instance);
  take(sink, members, "group", environment.group, read_group);
  members.finish(nullptr, kEnvironmentNames);
  return environment;
}

std::optional<Mkey> read_mkey(Sink& sink, const Node& at) {
  const auto typed = read_typed(sink, at);
  if (!typed) return std::nullopt;
  const auto as_mkey = [](auto value) { return value ? std::optional<Mkey>{std::move(*value)} : std::nullopt; };
  if (typed->type == "uint") return as_mkey(read_uint(sink, typed->value));
  if (typed->type == "uuid") return as_mkey(read_uuid(sink, typed->value));
  if (typed->type == "oid") return as_mkey(read_oid(sink, typed->value));
  if (typed->type == "string") return as_mkey(read_text(sink, typed->value));
  if (typed->type == "psa.refval-id") return as_mkey(read_refval_id(sink, typed->value));
  if (typed->type != "cca.platform-config-id") return sink.error(at, "measurement key type " + quoted(typed->type), "uint, uuid, oid, string, psa.refval-id or cca.platform-config-id", Errc::unsupported);
  auto label = read_text(sink, typed->value);
  if (!label) return std::nullopt;
  if (label->empty()) return sink.error(typed->value, "an empty label", "a text");
  return Mkey{CcaConfigId{std::move(*label)}};
}

std::optional<Uuid> read_uuid(Sink& sink, const Node& at) {
  const auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  const auto uuid = uuid_from_text(*text);
  if (!uuid) return sink.error(at, uuid.error());
  if (!is_rfc4122(*uuid)) return sink.error(at, "a UUID of another variant: " + *text, "the variant of RFC 4122 (the 17th digit is 8, 9, a or b)");
  return *uuid;
}

std::optional<Bytes> read_ueid(Sink& sink, const Node& at) {
  auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  return read_good_base64(sink, at, std::move(*text), [](ByteView bytes) { return check_ueid(bytes); });
}

std::optional<std::uint64_t> uint_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Validity> read_validity(Sink& sink, const Node& at) {
  Members members{sink, at};
  if (!members.ok()) return std::nullopt;
  const auto time = [&](const Node& node) -> std::optional<UnixSeconds> {
    const auto text = read_text(sink, node);
    if (!text) return std::nullopt;
    auto seconds = from_rfc3339_any_zone(*text);
    if (!seconds) return sink.error(node, seconds.error());
    return *seconds;
  };
  Validity validity;
  if (const auto node = members.take("not-before")) validity.not_before = time(*node);
  const auto end = members.need("not-after");
  if (end) validity.not_after = time(*end).value_or(0);
  members.finish(nullptr, std::array<std::string_view, 2>{"not-before", "not-after"});
  return end ? std::optional{validity} : std::nullopt;
}

std::optional<Entity> read_entity(Sink& sink, const Node& at, std::span<const std::string_view> roles, std::int64_t first) {
  Members members{sink, at};
  if (!members.ok()) return std::nullopt;
  Entity entity;
  if (const auto name = members.need("name")) entity.name = read_text(sink, *name).value_or("");
  take(sink, members, "regid", entity.reg_id, read_text);
  if (const auto node = members.need("roles")) {
    for (const std::string& role : read_list(sink, *node, read_text).value_or(std::vector<std::string>{})) {
      const auto found = std::ranges::find(roles, role);
      if (found == roles.end()) sink.error(*node, "role " + quoted(role), fmt::format("{}", fmt::join(roles, ", ")));
      else entity.roles.push_back(first + (found - roles.begin()));
    }
  }
  members.finish(sink.only_a ? nullptr : &entity.unknown, kEntityNames);
  return entity;
}

namespace {

std::optional<Oid> read_oid(Sink& sink, const Node& at) {
  const auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  auto oid = oid_from_text(*text);
  if (!oid) return sink.error(at, oid.error());
  return std::move(*oid);
}

std::optional<Bytes> read_some_bytes(Sink& sink, const Node& at) {
  auto bytes = read_base64(sink, at);
  if (bytes && bytes->empty()) return sink.error(at, "no bytes", "base64 of at least one byte");
  return bytes;
}

std::optional<Bytes> read_sized(Sink& sink, const Node& at, std::string_view what, std::span<const std::size_t> sizes) {
  auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  return read_good_base64(sink, at, std::move(*text), [&](ByteView bytes) -> Result<void> {
    if (std::ranges::find(sizes, bytes.size()) != sizes.end()) return {};
    return fail_expecting(Errc::invalid, "", fmt::format("{} of {} bytes", what, bytes.size()), fmt::format("{} bytes", fmt::join(sizes, " or ")));
  });
}

std::optional<Class> read_class(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  Class klass;
  take(sink, members, "id", klass.id, read_class_id);
  take(sink, members, "vendor", klass.vendor, read_text);
  take(sink, members, "model", klass.model, read_text);
  take(sink, members, "layer", klass.layer, read_uint);
  take(sink, members, "index", klass.index, read_uint);
  members.finish(nullptr, kClassNames);
  return klass;
}

std::optional<ClassId> read_class_id(Sink& sink, const Node& at) {
  const auto typed = read_typed(sink, at);
  if (!typed) return std::nullopt;
  const auto as_id = [](auto value) { return value ? std::optional<ClassId>{std::move(*value)} : std::nullopt; };
  if (typed->type == "uuid") return as_id(read_uuid(sink, typed->value));
  if (typed->type == "oid") return as_id(read_oid(sink, typed->value));
  if (typed->type == "bytes") {
    auto bytes = read_some_bytes(sink, typed->value);
    return bytes ? std::optional<ClassId>{TaggedBytes{std::move(*bytes)}} : std::nullopt;
  }
  if (typed->type == "int") {
    const auto number = read_integer(sink, typed->value);
    return number ? std::optional<ClassId>{IntegerClassId{*number}} : std::nullopt;
  }
  if (typed->type != "psa.impl-id") return sink.error(at, "class id type " + quoted(typed->type), "uuid, oid, bytes, int or psa.impl-id", Errc::unsupported);
  auto bytes = read_sized(sink, typed->value, "an implementation id", kImplementationIdSizes);
  if (!bytes) return std::nullopt;
  return ClassId{ImplementationId{std::move(*bytes)}};
}

std::optional<Instance> read_instance(Sink& sink, const Node& at) {
  const auto typed = read_typed(sink, at);
  if (!typed) return std::nullopt;
  if (typed->type == "ueid") {
    auto ueid = read_ueid(sink, typed->value);
    return ueid ? std::optional<Instance>{Ueid{std::move(*ueid)}} : std::nullopt;
  }
  if (typed->type == "uuid") {
    const auto uuid = read_uuid(sink, typed->value);
    return uuid ? std::optional<Instance>{*uuid} : std::nullopt;
  }
  if (typed->type == "bytes") {
    auto bytes = read_some_bytes(sink, typed->value);
    return bytes ? std::optional<Instance>{TaggedBytes{std::move(*bytes)}} : std::nullopt;
  }
  const auto kind = key_kind(typed->type);
  const bool may_be = kind && *kind != CryptoKey::Kind::pkix_cert_path && *kind != CryptoKey::Kind::cert_path_thumbprint;
  if (!may_be) return sink.error(at, "instance type " + quoted(typed->type), "ueid, uuid, bytes, or the type of a key", Errc::unsupported);
  auto key = read_key_of(sink, typed->value, *kind);
  return key ? std::optional<Instance>{std::move(*key)} : std::nullopt;
}

std::optional<Group> read_group(Sink& sink, const Node& at) {
  const auto typed = read_typed(sink, at);
  if (!typed) return std::nullopt;
  if (typed->type == "uuid") {
    const auto uuid = read_uuid(sink, typed->value);
    return uuid ? std::optional<Group>{*uuid} : std::nullopt;
  }
  if (typed->type != "bytes") return sink.error(at, "group type " + quoted(typed->type), "uuid or bytes", Errc::unsupported);
  auto bytes = read_some_bytes(sink, typed->value);
  return bytes ? std::optional<Group>{TaggedBytes{std::move(*bytes)}} : std::nullopt;
}

std::optional<PsaRefvalId> read_refval_id(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  PsaRefvalId id;
  take(sink, members, "label", id.label, read_text);
  take(sink, members, "version", id.version, read_text);
  const auto signer = members.need("signer-id");
  members.finish(nullptr, std::array<std::string_view, 3>{"label", "version", "signer-id"});
  if (!signer) return std::nullopt;
  auto bytes = read_sized(sink, *signer, "a signer id", kSignerIdSizes);
  if (!bytes) return std::nullopt;
  id.signer_id = std::move(*bytes);
  return id;
}

std::optional<CryptoKey> read_key_of(Sink& sink, const Node& value, CryptoKey::Kind kind) {
  CryptoKey key{kind, {}};
  const auto with = [&](auto content) -> std::optional<CryptoKey> {
    if (!content) return std::nullopt;
    key.value = std::move(*content);
    return key;
  };
  switch (kind) {
    case CryptoKey::Kind::pkix_key:
    case CryptoKey::Kind::pkix_cert:
    case CryptoKey::Kind::pkix_cert_path: return with(read_pem(sink, value, kind));
    case CryptoKey::Kind::key_thumbprint:
    case CryptoKey::Kind::cert_thumbprint:
    case CryptoKey::Kind::cert_path_thumbprint: return with(read_digest(sink, value));
    case CryptoKey::Kind::cose_key: return with(read_cose_key(sink, value));
    case CryptoKey::Kind::bytes:
    case CryptoKey::Kind::der_cert: return with(read_some_bytes(sink, value));
  }
  return std::nullopt;
}

// Kept as it stands: with or without a line end behind it makes two CoMIDs.
std::optional<std::string> read_pem(Sink& sink, const Node& at, CryptoKey::Kind kind) {
  auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  if (const auto good = check_pem(*text, kind); !good) return sink.error(at, good.error());
  return text;
}

std::optional<Bytes> read_cose_key(Sink& sink, const Node& at) {
  auto bytes = read_base64(sink, at);
  if (!bytes) return std::nullopt;
  const bool is_container = !bytes->empty() && ((*bytes)[0] >> 5 == 4 || (*bytes)[0] >> 5 == 5);
  if (!is_container || !cbor::check(*bytes, cbor::Mode::evidence)) return sink.error(at, "no CBOR map or array", "base64 of a COSE_Key or a COSE_KeySet");
  return bytes;
}

std::optional<Digest> read_digest_text(Sink& sink, const Node& at, std::string_view text) {
  const std::size_t separator = text.find_first_of(";:");
  if (separator == std::string_view::npos) return sink.error(at, quoted(text), R"("sha-256;base64")");
  const std::string name = to_lower_ascii(trim_ascii(text.substr(0, separator)));
  const auto id = algorithm_id(name);
  if (!id) return sink.error(at, "hash algorithm " + quoted(name), "sha-256, sha-384, sha-512, sha3-256 …", Errc::unsupported);
  auto bytes = read_good_base64(sink, at, std::string{trim_ascii(text.substr(separator + 1))}, [&](ByteView value) { return check_digest({*id, to_bytes(value)}); });
  return bytes ? std::optional{Digest{*id, std::move(*bytes)}} : std::nullopt;
}

// A name that is none of the registry's is an algorithm of that name, "SHA-256" as well.
std::optional<Digest> read_digest_pair(Sink& sink, const Node& at, const json::Array& pair) {
  Digest digest;
  const Node algorithm{pair[0], &at, {}, 0};
  const Node content{pair[1], &at, {}, 1};
  if (const std::string* name = pair[0].text()) {
    const auto id = algorithm_id(*name);
    const auto number = uint_of(*name);
    if (id) digest.algorithm = *id;
    else if (number && *number <= INT64_MAX) digest.algorithm = static_cast<std::int64_t>(*number);
    else digest.algorithm = *name;
    if (!id && algorithm_id(to_lower_ascii(*name))) sink.warning(algorithm, quoted(*name) + " is written as a text, and equals no registered algorithm", "perhaps " + quoted(to_lower_ascii(*name)));
  } else {
    const auto number = read_integer(sink, algorithm);
    if (!number) return std::nullopt;
    digest.algorithm = *number;
  }
  const auto text = read_text(sink, content);
  if (!text) return std::nullopt;
  auto bytes = read_good_base64(
      sink, content, *text, [&](ByteView value) { return check_digest({digest.algorithm, to_bytes(value)}); }, Base64::url);
  if (!bytes) return std::nullopt;
  digest.value = std::move(*bytes);
  return digest;
}

}  // namespace
}  // namespace assay::corim
