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

constexpr std::size_t kFlagsOfA = 9;
constexpr std::array<std::string_view, 5> kClassNames{"id", "vendor", "model", "layer", "index"};
constexpr std::array<std::string_view, 3> kEnvironmentNames{"class", "instance", "group"};
constexpr std::array<std::string_view, 3> kMeasurementNames{"key", "value", "authorized-by"};
constexpr std::array<std::string_view, 3> kEntityNames{"name", "regid", "roles"};
constexpr std::array<std::string_view, 15> kMvalNames{"version", "svn", "digests", "flags", "raw-value", "raw-value-mask", "mac-addr", "ip-addr", "serial-number", "ueid", "uuid", "name", "cryptokeys", "integrity-registers", "int-range"};

std::optional<Uuid> read_uuid(Sink& sink, const Node& at);
std::optional<Oid> read_oid(Sink& sink, const Node& at);
std::optional<Bytes> read_some_bytes(Sink& sink, const Node& at);
std::optional<Bytes> read_ueid(Sink& sink, const Node& at);
std::optional<Class> read_class(Sink& sink, const Node& at);
std::optional<ClassId> read_class_id(Sink& sink, const Node& at);
std::optional<Instance> read_instance(Sink& sink, const Node& at);
std::optional<Group> read_group(Sink& sink, const Node& at);
std::optional<PsaRefvalId> read_refval_id(Sink& sink, const Node& at);
std::optional<CryptoKey> read_key_of(Sink& sink, const Node& value, CryptoKey::Kind kind);
std::optional<std::string> read_pem(Sink& sink, const Node& at, CryptoKey::Kind kind);
std::optional<Bytes> read_cose_key(Sink& sink, const Node& at);
std::optional<Mval> read_mval(Sink& sink, const Node& at);
void read_old_members(Sink& sink, Members& members, Mval& value);
void read_new_members(Sink& sink, Members& members, Mval& value);
std::optional<Version> read_version(Sink& sink, const Node& at);
std::optional<Svn> read_svn(Sink& sink, const Node& at);
std::optional<Flags> read_flags(Sink& sink, const Node& at);
std::optional<RawValue> read_raw_value(Sink& sink, const Node& at);
std::optional<std::vector<IntegrityRegister>> read_registers(Sink& sink, const Node& at);
std::optional<IntegrityRegister> read_register(Sink& sink, const Node& at, std::string_view name);
std::optional<IntRange> read_range(Sink& sink, const Node& at);
std::optional<Digest> read_digest_text(Sink& sink, const Node& at, std::string_view text);
std::optional<Digest> read_digest_pair(Sink& sink, const Node& at, const json::Array& pair);
std::optional<Digest> checked(Sink& sink, const Node& at, Digest digest);
std::optional<std::uint64_t> uint_of(std::string_view text);

// member = read(node), if the member is there.
template <class T, class U>
void take(Sink& sink, Members& members, std::string_view name, std::optional<T>& member, std::optional<U> (*read)(Sink&, const Node&)) {
  const auto node = members.take(name);
  if (!node) return;
  if (auto value = read(sink, *node)) member = std::move(*value);
}

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

std::optional<Measurement> read_measurement(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  Measurement measurement;
  take(sink, members, "key", measurement.key, read_mkey);
  if (const auto value = members.take("value")) {
    if (auto read = read_mval(sink, *value)) measurement.value = std::move(*read);
  }
  if (const auto keys = members.take("authorized-by")) measurement.authorized_by = read_authorized_by(sink, *keys).value_or(std::vector<CryptoKey>{});
  members.finish(nullptr, kMeasurementNames);
  return measurement;
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

std::optional<Uuid> read_uuid(Sink& sink, const Node& at) {
  const auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  const auto uuid = uuid_from_text(*text);
  if (!uuid) return sink.error(at, uuid.error());
  if (!is_rfc4122(*uuid)) return sink.error(at, "a UUID of another variant: " + *text, "the variant of RFC 4122 (the 17th digit is 8, 9, a or b)");
  return *uuid;
}

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

std::optional<Bytes> read_ueid(Sink& sink, const Node& at) {
  auto bytes = read_base64(sink, at);
  if (!bytes) return std::nullopt;
  if (const auto good = check_ueid(*bytes); !good) return sink.error(at, good.error());
  return bytes;
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
  auto bytes = read_base64(sink, typed->value);
  if (!bytes) return std::nullopt;
  if (bytes->size() != 32) return sink.error(typed->value, fmt::format("an implementation id of {} bytes", bytes->size()), "32 bytes");
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
  auto bytes = read_base64(sink, *signer);
  if (!bytes) return std::nullopt;
  if (bytes->size() != 32 && bytes->size() != 48 && bytes->size() != 64) return sink.error(*signer, fmt::format("a signer id of {} bytes", bytes->size()), "32, 48 or 64 bytes");
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

std::optional<Mval> read_mval(Sink& sink, const Node& at) {
  Members members{sink, at};
  if (!members.ok()) return std::nullopt;
  Mval value;
  read_old_members(sink, members, value);
  if (!sink.only_a) read_new_members(sink, members, value);
  members.finish(sink.only_a ? nullptr : &value.unknown, kMvalNames);
  return value;
}

void read_old_members(Sink& sink, Members& members, Mval& value) {
  take(sink, members, "version", value.version, read_version);
  take(sink, members, "svn", value.svn, read_svn);
  if (const auto node = members.take("digests")) value.digests = read_list(sink, *node, read_digest);
  take(sink, members, "flags", value.flags, read_flags);
  take(sink, members, "raw-value", value.raw_value, read_raw_value);
  take(sink, members, "raw-value-mask", value.raw_value_mask, read_base64);
  const auto address = [&](std::string_view name, std::optional<Bytes>& member, Result<Bytes> (*parse)(std::string_view)) {
    const auto node = members.take(name);
    const auto text = node ? read_text(sink, *node) : std::nullopt;
    if (!text) return;
    auto bytes = parse(*text);
    if (bytes) member = std::move(*bytes);
    else sink.error(*node, bytes.error());
  };
  address("mac-addr", value.mac_addr, mac_from_text);
  address("ip-addr", value.ip_addr, ip_from_text);
  take(sink, members, "serial-number", value.serial_number, read_text);
  take(sink, members, "ueid", value.ueid, read_ueid);
  take(sink, members, "uuid", value.uuid, read_uuid);
  take(sink, members, "integrity-registers", value.integrity_registers, read_registers);
}

void read_new_members(Sink& sink, Members& members, Mval& value) {
  take(sink, members, "name", value.name, read_text);
  if (const auto node = members.take("cryptokeys")) value.cryptokeys = read_list(sink, *node, read_key);
  take(sink, members, "int-range", value.int_range, read_range);
}

std::optional<Version> read_version(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  Version version;
  if (const auto node = members.take("value")) version.value = read_text(sink, *node).value_or("");
  if (const auto node = members.take("scheme")) {
    if (const std::string* name = node->value.text()) {
      const auto id = scheme_id(*name);
      if (id) version.scheme = *id;
      else version.scheme = *name;
    } else if (const auto number = read_integer(sink, *node)) {
      version.scheme = *number;
    }
  }
  members.finish(nullptr, std::array<std::string_view, 2>{"value", "scheme"});
  return version;
}

std::optional<Svn> read_svn(Sink& sink, const Node& at) {
  const auto typed = read_typed(sink, at);
  if (!typed) return std::nullopt;
  if (typed->type != "exact-value" && typed->type != "min-value") return sink.error(at, "svn type " + quoted(typed->type), "exact-value or min-value", Errc::unsupported);
  const auto number = read_uint(sink, typed->value);
  return number ? std::optional{Svn{typed->type == "min-value", *number}} : std::nullopt;
}

std::optional<Flags> read_flags(Sink& sink, const Node& at) {
  Members members{sink, at};
  if (!members.ok()) return std::nullopt;
  Flags flags;
  std::vector<std::string_view> names;
  const std::size_t count = sink.only_a ? kFlagsOfA : kFlagCount;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(flag_name(i));
    if (const auto node = members.take(names.back())) flags[i] = read_bool(sink, *node);
  }
  members.finish(nullptr, names);
  return flags;
}

std::optional<RawValue> read_raw_value(Sink& sink, const Node& at) {
  const auto typed = read_typed(sink, at);
  if (!typed) return std::nullopt;
  if (typed->type == "bytes") {
    auto bytes = read_base64(sink, typed->value);
    return bytes ? std::optional{RawValue{std::move(*bytes), {}}} : std::nullopt;
  }
  if (typed->type != "masked") return sink.error(at, "raw-value type " + quoted(typed->type), "bytes or masked", Errc::unsupported);
  Members members{sink, typed->value, Names::any_case};
  const auto value = members.need("value");
  const auto mask = members.need("mask");
  members.finish(nullptr, std::array<std::string_view, 2>{"value", "mask"});
  auto bytes = value ? read_base64(sink, *value) : std::nullopt;
  auto mask_bytes = mask ? read_base64(sink, *mask) : std::nullopt;
  if (!bytes || !mask_bytes) return std::nullopt;
  if (bytes->size() != mask_bytes->size()) return sink.error(*mask, fmt::format("a mask of {} bytes for a value of {}", mask_bytes->size(), bytes->size()), "the same length");
  return RawValue{std::move(*bytes), std::move(*mask_bytes)};
}

std::optional<std::vector<IntegrityRegister>> read_registers(Sink& sink, const Node& at) {
  const json::Object* object = at.value.object();
  if (object == nullptr) return sink.error(at, std::string{at.value.type_name()}, "an object", Errc::malformed);
  std::vector<IntegrityRegister> registers;
  for (const auto& [name, value] : *object) {
    auto one = read_register(sink, Node{value, &at, name}, name);
    if (!one) continue;
    const auto same = std::ranges::find(registers, one->index, &IntegrityRegister::index);
    if (same != registers.end()) *same = std::move(*one);
    else registers.push_back(std::move(*one));
  }
  std::ranges::sort(registers, [](const IntegrityRegister& a, const IntegrityRegister& b) { return a.order() < b.order(); });
  return registers;
}

std::optional<IntegrityRegister> read_register(Sink& sink, const Node& at, std::string_view name) {
  Members members{sink, at};
  if (!members.ok()) return std::nullopt;
  const auto type = members.need("key-type");
  const auto value = members.need("value");
  members.finish(nullptr, std::array<std::string_view, 2>{"key-type", "value"});
  if (!type || !value) return std::nullopt;
  const auto type_name = read_text(sink, *type).value_or("");
  IntegrityRegister one;
  if (type_name == "text") {
    one.index = std::string{name};
  } else if (type_name == "uint") {
    const auto number = uint_of(name);
    if (!number) return sink.error(at, "index " + quoted(name), "an unsigned integer, as key-type says");
    one.index = *number;
  } else {
    return sink.error(*type, "key-type " + quoted(type_name), "uint or text");
  }
  auto digests = read_list(sink, *value, read_digest);
  if (!digests) return std::nullopt;
  if (digests->empty()) return sink.error(*value, "no digests", "at least one");
  one.digests = std::move(*digests);
  return one;
}

std::optional<IntRange> read_range(Sink& sink, const Node& at) {
  const auto typed = read_typed(sink, at);
  if (!typed) return std::nullopt;
  IntRange range;
  if (typed->type == "rawIntInteger") {
    range.single = true;
    range.min = range.max = read_integer(sink, typed->value);
    return range.min ? std::optional{range} : std::nullopt;
  }
  if (typed->type != "rawIntRange") return sink.error(at, "int-range type " + quoted(typed->type), "rawIntInteger or rawIntRange", Errc::unsupported);
  Members members{sink, typed->value, Names::any_case};
  take(sink, members, "min", range.min, read_integer);
  take(sink, members, "max", range.max, read_integer);
  members.finish(nullptr, std::array<std::string_view, 2>{"min", "max"});
  if (range.min && range.max && *range.min > *range.max) return sink.error(typed->value, fmt::format("a range from {} to {}", *range.min, *range.max), "min at most max");
  return range;
}

std::optional<Digest> read_digest_text(Sink& sink, const Node& at, std::string_view text) {
  const std::size_t separator = text.find_first_of(";:");
  if (separator == std::string_view::npos) return sink.error(at, quoted(text), R"("sha-256;base64")");
  const std::string name = to_lower_ascii(trim_ascii(text.substr(0, separator)));
  const auto id = algorithm_id(name);
  if (!id) return sink.error(at, "hash algorithm " + quoted(name), "sha-256, sha-384, sha-512, sha3-256 …", Errc::unsupported);
  std::string value{trim_ascii(text.substr(separator + 1))};
  std::erase_if(value, [](char c) { return c == '\n' || c == '\r'; });
  auto bytes = from_base64(value);
  if (!bytes) return sink.error(at, bytes.error().what, "base64 in the standard alphabet, with its padding");
  return checked(sink, at, Digest{*id, std::move(*bytes)});
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
  auto bytes = from_base64(*text, Base64::url, Padding::none);
  if (!bytes) return sink.error(content, bytes.error().what, "base64url without padding");
  digest.value = std::move(*bytes);
  return checked(sink, at, std::move(digest));
}

std::optional<Digest> checked(Sink& sink, const Node& at, Digest digest) {
  if (const auto good = check_digest(digest); !good) return sink.error(at, good.error());
  return digest;
}

std::optional<std::uint64_t> uint_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace
}  // namespace assay::corim
