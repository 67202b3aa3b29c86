#include "model/ear/any.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"

namespace assay::ear {
namespace {

using cbor::Reader;
using cbor::Type;
using cbor::Writer;

// Claims of RFC 9711 §4.2 that draft-ietf-rats-ear's TEEP extension names.
struct NamedLabel {
  std::string_view name;
  std::int64_t label;
  bool is_bytes;
};
constexpr std::array kTeepLabels{
    NamedLabel{"eat_nonce", 10, true},
    NamedLabel{"ueid", 256, true},
    NamedLabel{"oemid", 258, true},
    NamedLabel{"hwmodel", 259, true},
    NamedLabel{"hwversion", 260, false},
};

Result<json::Value> read_number(Reader& in, Type type);
Result<json::Value> read_simple(Reader& in);
Result<json::Value> read_items(Reader& in);
Result<json::Value> read_members(Reader& in);
void write_scalar(const json::Value& value, Writer& out);

}  // namespace

Result<json::Value> read_any(Reader& in) {
  const Type type = TRY(in.peek());
  switch (type) {
    case Type::uint:
    case Type::negative: return read_number(in, type);
    case Type::bytes: return json::Value{to_base64url(TRY(in.bytes()))};
    case Type::text: return json::Value{TRY(in.text())};
    case Type::array: return read_items(in);
    case Type::map: return read_members(in);
    case Type::tag: return in.fail(Errc::unsupported, "a tag", "untagged data");
    case Type::simple: return read_simple(in);
  }
  return in.fail(Errc::internal, "an item of no type", "");
}

Bytes encode_any(const json::Value& value) {
  Writer out;
  if (const json::Array* items = value.array()) {
    out.array(items->size());
    for (const json::Value& item : *items) out.raw(encode_any(item));
  } else if (const json::Object* object = value.object()) {
    std::vector<std::pair<Bytes, Bytes>> entries;
    for (const auto& [name, member] : *object) {
      Writer key;
      key.text(name);
      entries.emplace_back(std::move(key).take(), encode_any(member));
    }
    return cbor::encode_sorted_map(std::move(entries));
  } else {
    write_scalar(value, out);
  }
  return std::move(out).take();
}

Result<json::Value> read_teep_claims(Reader& in) {
  auto map = TRY(cbor::MapReader::open(in));
  json::Object claims;
  std::array<bool, kTeepLabels.size()> seen{};  // MapReader refuses a key twice, but not a name beside its number
  while (const auto key = TRY(map.next(in))) {
    const auto known = std::ranges::find_if(kTeepLabels, [&](const NamedLabel& entry) { return key->is(entry.label) || key->is(entry.name); });
    const bool named = known != kTeepLabels.end();
    if (!named && key->kind != cbor::Key::Kind::text) return fail_at(Errc::unsupported, key->offset, fmt::format("TEEP claim {}", key->shown()), "a text or 10, 256, 258, 259, 260");
    const std::string name{named ? known->name : key->text};
    if (named && std::exchange(seen[static_cast<std::size_t>(known - kTeepLabels.begin())], true)) return fail_at(Errc::duplicate, key->offset, fmt::format("TEEP claim {} by name and by number", quoted(name)), "each claim once");
    json::Value value = TRY(read_any(in));
    claims.members().emplace_back(name, std::move(value));
  }
  return json::Value{std::move(claims)};
}

Result<Bytes> encode_teep_claims(const json::Value& claims) {
  std::vector<std::pair<Bytes, Bytes>> entries;
  for (const auto& [name, value] : *claims.object()) {
    const auto known = std::ranges::find(kTeepLabels, name, &NamedLabel::name);
    Writer key;
    if (known == kTeepLabels.end()) key.text(name);
    else key.integer(known->label);
    Bytes encoded = encode_any(value);
    if (known != kTeepLabels.end() && known->is_bytes && value.text() != nullptr) {
      const Bytes bytes = TRY(within(fmt::format("TEEP claim {}", name), from_any_base64(*value.text())));
      Writer out;
      out.bytes(bytes);
      encoded = std::move(out).take();
    }
    entries.emplace_back(std::move(key).take(), std::move(encoded));
  }
  return cbor::encode_sorted_map(std::move(entries));
}

namespace {

Result<json::Value> read_number(Reader& in, Type type) {
  if (type == Type::uint) return json::Value{TRY(in.uint())};
  return json::Value{TRY(in.integer())};
}

Result<json::Value> read_simple(Reader& in) {
  if (in.next_is_null()) {
    TRY(in.null());
    return json::Value{};
  }
  const std::size_t start = in.mark();
  if (const auto boolean = in.boolean()) return json::Value{*boolean};
  in.rewind(start);
  const double number = TRY(in.floating());
  if (!std::isfinite(number)) return in.fail(Errc::unsupported, "a float that is no number", "what JSON can carry");
  return json::Value{number};
}

Result<json::Value> read_items(Reader& in) {
  auto items = TRY(in.array());
  json::Array out;
  while (TRY(items.next(in))) out.push_back(TRY(read_any(in)));
  return json::Value{std::move(out)};
}

Result<json::Value> read_members(Reader& in) {
  auto map = TRY(cbor::MapReader::open(in));
  json::Object out;
  while (const auto key = TRY(map.next(in))) {
    if (key->kind != cbor::Key::Kind::text) return fail_at(Errc::unsupported, key->offset, fmt::format("key {}", key->shown()), "a text");
    json::Value value = TRY(read_any(in));
    out.members().emplace_back(key->text, std::move(value));
  }
  return json::Value{std::move(out)};
}

void write_scalar(const json::Value& value, Writer& out) {
  if (const std::string* text = value.text()) out.text(*text);
  else if (const bool* boolean = value.boolean()) out.boolean(*boolean);
  else if (value.is_floating()) out.floating(*value.number());
  else if (const auto integer = value.integer()) out.integer(*integer);
  else if (const auto large = value.unsigned_integer()) out.uint(*large);
  else out.null();
}

}  // namespace
}  // namespace assay::ear
