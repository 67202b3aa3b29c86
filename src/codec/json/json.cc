#include "codec/json/json.h"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <set>

#include "base/text.h"

namespace assay::json {
namespace {

constexpr std::size_t kLongestSequence = 4;  // of UTF-8

struct Handler;
std::string_view plain_reason(const boost::system::error_code& code);
void write(const Value& value, const Style& style, int level, std::string& out);
std::size_t size_about(const Value& value);
void write_text(std::string_view text, bool html_safe, std::string& out);
std::size_t plain_size(std::string_view text);
std::size_t write_special(std::string_view text, bool html_safe, std::string& out);
// Bytes that may be written otherwise than as they are; 0xe2 begins U+2028.
constexpr auto kLooksSpecial = [] {
  std::array<std::uint8_t, 256> special{};
  for (std::size_t c = 0; c < 0x20; ++c) special[c] = 1;
  for (const std::size_t c : {std::size_t{'"'}, std::size_t{'\\'}, std::size_t{'<'}, std::size_t{'>'}, std::size_t{'&'}, std::size_t{0xe2}}) special[c] = 1;
  return special;
}();
void break_line(const Style& style, int level, std::string& out);

}  // namespace

const Value* Object::find(std::string_view name) const {
  for (const Member& member : members_) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

Value& Object::set(std::string name, Value value) {
  for (Member& member : members_) {
    if (member.first == name) return member.second = std::move(value);
  }
  return members_.emplace_back(std::move(name), std::move(value)).second;
}

Value& Object::append(std::string name, Value value) { return members_.emplace_back(std::move(name), std::move(value)).second; }

void Object::erase(std::string_view name) {
  std::erase_if(members_, [&](const Member& member) { return member.first == name; });
}

bool Object::empty() const { return members_.empty(); }
std::size_t Object::size() const { return members_.size(); }
const Object::Member* Object::begin() const { return members_.data(); }
const Object::Member* Object::end() const { return members_.data() + members_.size(); }

std::optional<std::int64_t> Value::integer() const {
  if (const auto* value = std::get_if<std::int64_t>(&data_)) return *value;
  if (const auto* value = std::get_if<std::uint64_t>(&data_); value != nullptr && *value <= static_cast<std::uint64_t>(INT64_MAX)) return static_cast<std::int64_t>(*value);
  return std::nullopt;
}

std::optional<std::uint64_t> Value::unsigned_integer() const {
  if (const auto* value = std::get_if<std::uint64_t>(&data_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&data_); value != nullptr && *value >= 0) return static_cast<std::uint64_t>(*value);
  return std::nullopt;
}

std::optional<double> Value::number() const {
  if (const auto* value = std::get_if<double>(&data_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&data_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<std::uint64_t>(&data_)) return static_cast<double>(*value);
  return std::nullopt;
}

std::string_view Value::type_name() const {
  switch (data_.index()) {
    case 0: return "null";
    case 1: return "boolean";
    case 2:
    case 3: return "integer";
    case 4: return "number";
    case 5: return "string";
    case 6: return "array";
    default: return "object";
  }
}

namespace {

// Builds the value while Boost's parser checks the syntax. The stack is bounded by the parser's own depth limit.
struct Handler {
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);

  struct Frame {
    Value value;
    std::string key;              // of the member being read
    std::set<std::string> names;  // objects only
  };
  std::vector<Frame> open;
  std::string pending;  // pieces of a string or key
  Value whole;
  std::optional<std::string> duplicate;
  bool keeps_duplicates = false;

  bool put(Value value) {
    if (open.empty()) {
      whole = std::move(value);
    } else if (Array* array = open.back().value.array()) {
      array->push_back(std::move(value));
    } else {
      open.back().value.object()->members().emplace_back(std::move(open.back().key), std::move(value));
    }
    return true;
  }
  bool close() {
    Value value = std::move(open.back().value);
    open.pop_back();
    return put(std::move(value));
  }

  using Code = boost::system::error_code;
  using View = boost::json::string_view;
  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) {
    open.push_back({Object{}, {}, {}});
    return true;
  }
  bool on_object_end(std::size_t, Code&) { return close(); }
  bool on_array_begin(Code&) {
    open.push_back({Array{}, {}, {}});
    return true;
  }
  bool on_array_end(std::size_t, Code&) { return close(); }
  bool on_key_part(View part, std::size_t, Code&) {
    pending.append(part.data(), part.size());
    return true;
  }
  bool on_key(View part, std::size_t, Code& code) {
    pending.append(part.data(), part.size());
    if (!open.back().names.insert(pending).second && !keeps_duplicates) {
      duplicate = pending;
      code = boost::json::error::syntax;
      return false;
    }
    open.back().key = std::move(pending);
    pending.clear();
    return true;
  }
  bool on_string_part(View part, std::size_t, Code&) {
    pending.append(part.data(), part.size());
    return true;
  }
  bool on_string(View part, std::size_t, Code&) {
    pending.append(part.data(), part.size());
    std::string text = std::move(pending);
    pending.clear();
    return put(std::move(text));
  }
  bool on_number_part(View part, Code&) {
    pending.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t value, View, Code&) {
    pending.clear();
    return put(value);
  }
  bool on_uint64(std::uint64_t value, View, Code&) {
    pending.clear();
    return put(value);
  }
  // Boost's own conversion may be off by the last bit, and zero has one sign here.
  bool on_double(double value, View part, Code& code) {
    pending.append(part.data(), part.size());
    double exact = 0;
    const auto result = std::from_chars(pending.data(), pending.data() + pending.size(), exact);
    if (result.ec != std::errc{}) exact = std::fabs(value) < 1 ? 0 : HUGE_VAL;
    pending.clear();
    if (!std::isfinite(exact)) {
      code = boost::json::error::exponent_overflow;
      return false;
    }
    return put(exact == 0 ? 0.0 : exact);
  }
  bool on_bool(bool value, Code&) { return put(value); }
  bool on_null(Code&) { return put(nullptr); }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }
};

}  // namespace

Result<Value> parse(std::string_view text, Duplicates duplicates) {
  if (text.size() > kMaxJson) return fail_expecting(Errc::limit, "JSON", fmt::format("{} bytes", text.size()), fmt::format("at most {} bytes", kMaxJson));
  if (text.starts_with(kByteOrderMark)) return fail_at(Errc::malformed, 0, "a byte order mark (EF BB BF)", "JSON, which has none (RFC 8259 §8.1)");
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::basic_parser<Handler> parser{options};
  parser.handler().keeps_duplicates = duplicates == Duplicates::keep;
  boost::system::error_code code;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), code);
  Handler& handler = parser.handler();
  if (handler.duplicate) return fail_at(Errc::duplicate, read, fmt::format("member {} twice in one JSON object", quoted(*handler.duplicate)), "each name once");
  if (code == boost::json::error::too_deep) return fail_at(Errc::limit, read, "JSON nested too deep", fmt::format("at most {} levels", kMaxDepth));
  if (code) {
    // The parser stops in the sequence or behind it.
    const std::size_t bad = invalid_utf8(text);
    if (bad != std::string_view::npos && bad <= read + kLongestSequence) return fail_at(Errc::malformed, bad, fmt::format("a byte {:02x} that is not UTF-8", static_cast<unsigned char>(text[bad])), "JSON in UTF-8");
  }
  if (code) return fail_at(Errc::malformed, read, std::string{plain_reason(code)}, "JSON");
  const std::size_t rest = text.find_first_not_of(" \t\r\n", read);
  if (rest != std::string_view::npos) return fail_at(Errc::malformed, rest, "text behind the JSON document", "nothing more");
  return std::move(handler.whole);
}

std::string print(const Value& value, Style style) {
  std::string out;
  out.reserve(size_about(value));
  write(value, style, 0, out);
  return out;
}

std::string print_number(double value) {
  // The reference programs switch to an exponent outside 1e-6 … 1e21.
  const double magnitude = std::fabs(value);
  const bool scientific = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
  std::array<char, 400> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, scientific ? std::chars_format::scientific : std::chars_format::fixed).ptr;
  std::string text{buffer.data(), end};
  // e-09 is written e-9.
  if (const std::size_t e = text.find("e-0"); e != std::string::npos) text.erase(e + 2, 1);
  return text;
}

std::string pointer(std::string_view parent, std::string_view member) {
  std::string path{parent};
  path += '/';
  for (const char c : member) {
    if (c == '~') path += "~0";
    else if (c == '/') path += "~1";
    else path += c;
  }
  return path;
}

std::string pointer(std::string_view parent, std::size_t index) { return fmt::format("{}/{}", parent, index); }

Result<Fields> Fields::of(const Value& value, std::string where) {
  if (value.object() == nullptr) return fail_expecting(Errc::malformed, where, fmt::format("a JSON {}", value.type_name()), "an object");
  return Fields{value.object(), std::move(where)};
}

Result<const Value*> Fields::need(std::string_view name) const {
  if (const Value* value = find(name)) return value;
  return fail_expecting(Errc::missing, at(name), "no such member", fmt::format("member {}", quoted(name)));
}

Result<std::string> Fields::text(std::string_view name) const {
  const Value* value = TRY(need(name));
  if (value->text() == nullptr) return fail_expecting(Errc::malformed, at(name), fmt::format("a JSON {}", value->type_name()), "a string");
  return *value->text();
}

Result<std::optional<std::string>> Fields::optional_text(std::string_view name) const {
  if (find(name) == nullptr) return std::nullopt;
  return TRY(text(name));
}

namespace {

std::string_view plain_reason(const boost::system::error_code& code) {
  using boost::json::error;
  if (code == error::incomplete) return "the JSON text ends early";
  if (code == error::extra_data) return "text behind the JSON document";
  if (code == error::illegal_leading_surrogate || code == error::illegal_trailing_surrogate || code == error::expected_utf16_escape || code == error::expected_hex_digit) return "a broken \\u escape";
  if (code == error::exponent_overflow) return "a number too large";
  return "a syntax error";
}

void write(const Value& value, const Style& style, int level, std::string& out) {
  if (const std::string* text = value.text()) {
    write_text(*text, style.html_safe, out);
  } else if (const bool* boolean = value.boolean()) {
    out += *boolean ? "true" : "false";
  } else if (value.is_floating()) {
    out += print_number(*value.number());
  } else if (const auto integer = value.integer()) {
    out += std::to_string(*integer);
  } else if (const auto large = value.unsigned_integer()) {
    out += std::to_string(*large);
  } else if (const Array* array = value.array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      break_line(style, level + 1, out);
      write((*array)[i], style, level + 1, out);
    }
    if (!array->empty()) break_line(style, level, out);
    out += ']';
  } else if (const Object* object = value.object()) {
    std::vector<const Object::Member*> members;
    members.reserve(object->size());
    for (const Object::Member& member : *object) members.push_back(&member);
    if (style.sorted) std::ranges::sort(members, {}, [](const Object::Member* member) -> const std::string& { return member->first; });
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += ',';
      break_line(style, level + 1, out);
      write_text(members[i]->first, style.html_safe, out);
      out += style.indent > 0 ? ": " : ":";
      write(members[i]->second, style, level + 1, out);
    }
    if (!members.empty()) break_line(style, level, out);
    out += '}';
  } else {
    out += "null";
  }
}

// Of the compact form, if nothing in it is special: so that it is written into one piece of memory.
std::size_t size_about(const Value& value) {
  constexpr std::size_t kNumber = 12;
  std::size_t size = 2;
  if (const std::string* text = value.text()) return size + text->size();
  if (const Array* array = value.array()) {
    for (const Value& one : *array) size += size_about(one) + 1;
    return size;
  }
  if (const Object* object = value.object()) {
    for (const auto& [name, member] : *object) size += name.size() + size_about(member) + 4;
    return size;
  }
  return kNumber;
}

// What stands for itself is copied a run at a time: most texts are one run.
void write_text(std::string_view text, bool html_safe, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_size(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(write_special(text, html_safe, out));
  }
  out += '"';
}

// How much of it stands for itself; looked at in eights.
std::size_t plain_size(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto special = [&at](int i) { return kLooksSpecial.data()[static_cast<unsigned char>(at[i])]; };
  while (end - at >= 8 && (special(0) | special(1) | special(2) | special(3) | special(4) | special(5) | special(6) | special(7)) == 0) at += 8;
  while (at != end && special(0) == 0) ++at;
  return static_cast<std::size_t>(at - text.data());
}

// Writes the character that `text` begins with, and says how many bytes it has.
std::size_t write_special(std::string_view text, bool html_safe, std::string& out) {
  const char c = text.front();
  const auto byte = static_cast<unsigned char>(c);
  const std::string_view three = text.substr(0, 3);
  if (html_safe && (three == "\xe2\x80\xa8" || three == "\xe2\x80\xa9")) {
    out += three.back() == '\xa8' ? "\\u2028" : "\\u2029";
    return 3;
  }
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\r') {
    out += "\\r";
  } else if (c == '\t') {
    out += "\\t";
  } else if (byte < 0x20 || (html_safe && (c == '<' || c == '>' || c == '&'))) {
    out += fmt::format("\\u{:04x}", byte);
  } else {
    out += c;
  }
  return 1;
}

void break_line(const Style& style, int level, std::string& out) {
  if (style.indent == 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(style.indent) * static_cast<std::size_t>(level), ' ');
}

}  // namespace
}  // namespace assay::json
