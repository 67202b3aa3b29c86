// Measurements of templates, and their values.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "model/corim/template_node.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

constexpr std::size_t kFlagsOfA = 9;
constexpr std::array<std::string_view, 3> kMeasurementNames{"key", "value", "authorized-by"};
constexpr std::array<std::string_view, 15> kMvalNames{"version", "svn", "digests", "flags", "raw-value", "raw-value-mask", "mac-addr", "ip-addr", "serial-number", "ueid", "uuid", "name", "cryptokeys", "integrity-registers", "int-range"};

std::optional<Mval> read_mval(Sink& sink, const Node& at);
void read_old_members(Sink& sink, Members& members, Mval& value);
void read_new_members(Sink& sink, Members& members, Mval& value);
void read_extensions(Sink& sink, Members& members, Mval& value);
std::optional<Version> read_version(Sink& sink, const Node& at);
std::optional<Svn> read_svn(Sink& sink, const Node& at);
std::optional<Flags> read_flags(Sink& sink, const Node& at);
std::optional<RawValue> read_raw_value(Sink& sink, const Node& at);
std::optional<std::vector<IntegrityRegister>> read_registers(Sink& sink, const Node& at);
std::optional<IntegrityRegister> read_register(Sink& sink, const Node& at, std::string_view name);
std::optional<IntRange> read_range(Sink& sink, const Node& at);

}  // namespace

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

namespace {

std::optional<Mval> read_mval(Sink& sink, const Node& at) {
  Members members{sink, at};
  if (!members.ok()) return std::nullopt;
  Mval value;
  read_old_members(sink, members, value);
  if (sink.only_a) {
    members.finish(nullptr, kMvalNames);
    return value;
  }
  read_new_members(sink, members, value);
  read_extensions(sink, members, value);
  return value;
}

// What the profile adds, by name; what else there is, by number.
void read_extensions(Sink& sink, Members& members, Mval& value) {
  std::vector<std::string_view> names{kMvalNames.begin(), kMvalNames.end()};
  for (const Extension& extension : sink.extensions) {
    names.push_back(extension.name);
    const auto node = members.take(extension.name);
    auto item = node ? extension.compile(sink, *node) : std::nullopt;
    if (item) value.unknown.push_back({extension.key, std::move(*item)});
  }
  sink.needs_d = sink.needs_d || !value.unknown.empty();  // profiles with such members came with it
  members.finish(&value.unknown, names);
  // The last one of a key counts, whether it has a name or a number.
  std::ranges::stable_sort(value.unknown, {}, &Unknown::order);
  const auto first = std::unique(value.unknown.rbegin(), value.unknown.rend(), [](const Unknown& a, const Unknown& b) { return a.key == b.key; });
  value.unknown.erase(value.unknown.begin(), first.base());
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
  std::map<std::variant<std::uint64_t, std::string>, IntegrityRegister> by_index;
  for (const auto& [name, value] : *object) {
    if (!sink.takes_item(at)) break;
    auto one = read_register(sink, Node{value, &at, name}, name);
    if (!one) continue;
    const auto [same, is_new] = by_index.try_emplace(one->index);
    if (!is_new) sink.warning_of_member(at, name, fmt::format("register {} more than once, and the last counts", quoted(name)), "each name once");
    same->second = std::move(*one);
  }
  std::vector<IntegrityRegister> registers;
  for (auto& [index, one] : by_index) registers.push_back(std::move(one));
  std::ranges::sort(registers, {}, &IntegrityRegister::order);
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

}  // namespace
}  // namespace assay::corim
