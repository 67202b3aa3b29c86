#include "apps/iat/value.h"

#include <cmath>
#include <limits>

#include "base/text.h"

namespace assay::iat {
namespace {

Result<Value> read_item(cbor::Reader& in, std::size_t depth);
void print_json(std::string& out, const Value& value, std::size_t indent);
void print_json_text(std::string& out, std::string_view text);

}  // namespace

Key key_of(const cbor::Key& key) { return key.kind == cbor::Key::Kind::number ? Key{key.number} : Key{std::string{key.text}}; }

std::string shown(const Key& key) {
  const auto* number = std::get_if<std::int64_t>(&key);
  return number != nullptr ? fmt::format("{}", *number) : printable(std::get<std::string>(key));
}

Value::Value(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    data_ = static_cast<std::int64_t>(value);
  } else {
    data_ = value;
  }
}

const Value* Value::find(std::int64_t key) const {
  if (map() == nullptr) return nullptr;
  for (const Member& member : *map()) {
    if (member.key == Key{key}) return &member.value;
  }
  return nullptr;
}

std::string_view Value::python_type() const {
  static constexpr std::string_view kNames[] = {"<class 'NoneType'>", "<class 'bool'>", "<class 'int'>", "<class 'int'>", "<class 'float'>", "<class 'str'>", "<class 'bytes'>", "<class 'list'>", "<class 'dict'>"};
  return kNames[data_.index()];
}

Result<Value> read_cbor(cbor::Reader& in) {
  // The whole item first: its depth, its lengths and its keys are then known to be sound at every level.
  const std::size_t start = in.mark();
  TRY(in.item());
  in.rewind(start);
  return read_item(in, 0);
}

void write_cbor(cbor::Writer& out, const Value& value) {
  if (const auto* boolean = value.boolean()) {
    out.boolean(*boolean);
  } else if (const auto* integer = value.integer()) {
    out.integer(*integer);
  } else if (const auto* huge = value.huge()) {
    out.uint(*huge);
  } else if (const auto* floating = value.floating()) {
    out.floating(*floating);
  } else if (const auto* text = value.text()) {
    out.text(*text);
  } else if (const auto* bytes = value.bytes()) {
    out.bytes(*bytes);
  } else if (const auto* list = value.list()) {
    out.array(list->size());
    for (const Value& item : *list) write_cbor(out, item);
  } else if (const auto* map = value.map()) {
    out.map(map->size());
    for (const Member& member : *map) {
      write_cbor(out, std::visit([](const auto& key) { return Value{key}; }, member.key));
      write_cbor(out, member.value);
    }
  } else {
    out.null();
  }
}

std::string to_json(const Value& value) {
  std::string out;
  print_json(out, value, 0);
  return out;
}

std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(at);
  const std::size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1
                                          : first < 0xf0   ? 2
                                                           : 3;
  std::uint32_t point = more == 0 ? first : first & (0x3fU >> more);
  for (std::size_t i = 1; i <= more && at + i < text.size(); ++i) point = (point << 6) | (byte(at + i) & 0x3f);
  at += more + 1;
  return point;
}

namespace {

Result<Value> read_list(cbor::Reader& in, std::size_t depth) {
  Value::List list;
  cbor::Items items = TRY(in.array());
  while (TRY(items.next(in))) list.push_back(TRY(read_item(in, depth + 1)));
  return Value{std::move(list)};
}

Result<Value> read_map(cbor::Reader& in, std::size_t depth) {
  Value::Map map;
  cbor::MapReader entries = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(entries.next(in))) {
    Member member{key_of(*key), {}};
    member.value = TRY(read_item(in, depth + 1));
    map.push_back(std::move(member));
  }
  return Value{std::move(map)};
}

Result<Value> read_simple(cbor::Reader& in) {
  const std::size_t start = in.mark();
  if (in.next_is_null()) {
    TRY(in.null());
    return Value{};
  }
  if (const auto boolean = in.boolean()) return Value{*boolean};
  in.rewind(start);
  return Value{TRY(in.floating())};
}

// Recursion goes no deeper than kMaxDepth: Reader::item has refused more, and this says so again.
Result<Value> read_item(cbor::Reader& in, std::size_t depth) {
  if (depth > kMaxDepth) return in.fail(Errc::limit, "a claim nested too deeply", "at most 16 levels");
  switch (TRY(in.peek())) {
    case cbor::Type::uint: return Value{TRY(in.uint())};
    case cbor::Type::negative: return Value{TRY(in.integer())};
    case cbor::Type::bytes: return Value{to_bytes(TRY(in.bytes()))};
    case cbor::Type::text: return Value{std::string{TRY(in.text())}};
    case cbor::Type::array: return read_list(in, depth);
    case cbor::Type::map: return read_map(in, depth);
    case cbor::Type::simple: return read_simple(in);
    case cbor::Type::tag: break;
  }
  return in.fail(Errc::unsupported, "a tag inside a claims-set", "an untagged item");
}

void print_json_floating(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "Infinity" : "-Infinity";
  } else {
    const std::string digits = fmt::format("{}", value);
    out += digits;
    if (digits.find_first_of(".e") == std::string::npos) out += ".0";
  }
}

// `print` writes element i. An empty container is two brackets on one line.
template <class Print>
void print_json_items(std::string& out, std::string_view brackets, std::size_t size, std::size_t indent, Print print) {
  out += brackets[0];
  for (std::size_t i = 0; i < size; ++i) {
    out += i == 0 ? "\n" : ",\n";
    out.append((indent + 1) * 4, ' ');
    print(i);
  }
  if (size > 0) {
    out += '\n';
    out.append(indent * 4, ' ');
  }
  out += brackets[1];
}

void print_json(std::string& out, const Value& value, std::size_t indent) {
  if (const auto* boolean = value.boolean()) {
    out += *boolean ? "true" : "false";
  } else if (const auto* integer = value.integer()) {
    out += fmt::format("{}", *integer);
  } else if (const auto* huge = value.huge()) {
    out += fmt::format("{}", *huge);
  } else if (const auto* floating = value.floating()) {
    print_json_floating(out, *floating);
  } else if (const auto* text = value.text()) {
    print_json_text(out, *text);
  } else if (const auto* bytes = value.bytes()) {
    out += "\"b'";
    for (const std::uint8_t byte : *bytes) out += fmt::format("{:02X}", byte);
    out += "'\"";
  } else if (const auto* list = value.list()) {
    print_json_items(out, "[]", list->size(), indent, [&](std::size_t i) { print_json(out, (*list)[i], indent + 1); });
  } else if (const auto* map = value.map()) {
    print_json_items(out, "{}", map->size(), indent, [&](std::size_t i) {
      const Member& member = (*map)[i];
      const auto* number = std::get_if<std::int64_t>(&member.key);
      print_json_text(out, number != nullptr ? fmt::format("{}", *number) : std::get<std::string>(member.key));
      out += ": ";
      print_json(out, member.value, indent + 1);
    });
  } else {
    out += "null";
  }
}

void print_json_text(std::string& out, std::string_view text) {
  static constexpr std::string_view kEscaped = "\"\\\n\r\t\b\f";
  static constexpr std::string_view kLetters = "\"\\nrtbf";
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t point = next_code_point(text, at);
    const std::size_t escape = point < 0x80 ? kEscaped.find(static_cast<char>(point)) : std::string_view::npos;
    if (escape != std::string_view::npos) {
      out += '\\';
      out += kLetters[escape];
    } else if (point >= 0x20 && point < 0x7f) {
      out += static_cast<char>(point);
    } else if (point < 0x10000) {
      out += fmt::format("\\u{:04x}", point);
    } else {
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  }
  out += '"';
}

}  // namespace
}  // namespace assay::iat
