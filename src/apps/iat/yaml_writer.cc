#include "apps/iat/yaml_writer.h"

#include <algorithm>
#include <cmath>

#include "apps/iat/yaml_scalar.h"
#include "base/text.h"

namespace assay::iat {
namespace {

constexpr std::size_t kBase64Column = 76;  // RFC 2045 §6.8

std::string text_scalar(std::string_view text);
std::string scalar(const Value& value);

class Writer {
 public:
  explicit Writer(Order order) : order_{order} {}

  // Behind "key:", "-" or at the start of the document; ends with a new line.
  void value(const Value& value, std::size_t indent, bool in_map) {
    if (const auto* map = value.map(); map != nullptr && !map->empty()) {
      out_ += '\n';
      members(*map, indent, indent);
    } else if (const auto* list = value.list(); list != nullptr && !list->empty()) {
      out_ += '\n';
      // A list in a map stands at the column of its key, which begins two to the left of what is inside the map.
      items(*list, in_map ? indent - 2 : indent);
    } else if (const auto* bytes = value.bytes(); bytes != nullptr && !bytes->empty()) {
      out_ += " !!binary |\n";
      binary(*bytes, indent);
    } else {
      out_ += ' ';
      out_ += scalar(value);
      out_ += '\n';
    }
  }

  // The first line may stand behind a "- " already.
  void members(const Value::Map& map, std::size_t first_indent, std::size_t indent) {
    std::vector<const Member*> ordered;
    for (const Member& member : map) ordered.push_back(&member);
    // Integers before texts, as the variant compares.
    if (order_ == Order::sorted) std::ranges::sort(ordered, {}, &Member::key);
    for (std::size_t i = 0; i < ordered.size(); ++i) {
      out_.append(i == 0 ? first_indent : indent, ' ');
      const auto* number = std::get_if<std::int64_t>(&ordered[i]->key);
      out_ += number != nullptr ? fmt::format("{}", *number) : text_scalar(std::get<std::string>(ordered[i]->key));
      out_ += ':';
      value(ordered[i]->value, indent + 2, true);
    }
  }

  void items(const Value::List& list, std::size_t indent) {
    for (const Value& item : list) {
      out_.append(indent, ' ');
      out_ += '-';
      if (const auto* map = item.map(); map != nullptr && !map->empty()) {
        out_ += ' ';
        members(*map, 0, indent + 2);
      } else if (const auto* inner = item.list(); inner != nullptr && !inner->empty()) {
        out_ += '\n';
        items(*inner, indent + 2);
      } else {
        value(item, indent + 2, false);
      }
    }
  }

  std::string take() && { return std::move(out_); }

 private:
  void binary(const Bytes& bytes, std::size_t indent) {
    const std::string digits = to_base64(bytes);
    for (std::size_t at = 0; at < digits.size(); at += kBase64Column) {
      out_.append(indent, ' ');
      out_.append(digits, at, kBase64Column);
      out_ += '\n';
    }
  }

  Order order_;
  std::string out_;
};

}  // namespace

std::string to_yaml(const Value& value, Order order) {
  Writer writer{order};
  if (const auto* map = value.map(); map != nullptr && !map->empty()) {
    writer.members(*map, 0, 0);
  } else if (const auto* list = value.list(); list != nullptr && !list->empty()) {
    writer.items(*list, 0);
  } else {
    writer.value(value, 2, false);
  }
  return std::move(writer).take();
}

namespace {

bool is_plain(std::string_view text) {
  constexpr std::string_view kIndicators = "#,[]{}&*!|>'\"%@`";
  if (type_of_plain(text) != ScalarType::text) return false;
  if (text.starts_with("---") || text.starts_with("...")) return false;
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (kIndicators.find(text.front()) != std::string_view::npos) return false;
  if ((text[0] == '-' || text[0] == '?' || text[0] == ':') && (text.size() == 1 || text[1] == ' ')) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos;
}

// Line ends, controls and everything beyond ASCII as escapes, so that no text can steer a terminal.
std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t point = next_code_point(text, at);
    if (point == '\n') {
      out += "\\n";
    } else if (point == '"' || point == '\\') {
      out += '\\';
      out += static_cast<char>(point);
    } else if (point >= 0x20 && point < 0x7f) {
      out += static_cast<char>(point);
    } else if (point < 0x100) {
      out += fmt::format("\\x{:02X}", point);
    } else if (point < 0x10000) {
      out += fmt::format("\\u{:04X}", point);
    } else {
      out += fmt::format("\\U{:08X}", point);
    }
  }
  return out + '"';
}

std::string text_scalar(std::string_view text) {
  const bool ascii = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (!ascii) return double_quoted(text);
  if (is_plain(text)) return std::string{text};
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + '\'';
}

std::string scalar(const Value& value) {
  if (const auto* boolean = value.boolean()) return *boolean ? "true" : "false";
  if (const auto* integer = value.integer()) return fmt::format("{}", *integer);
  if (const auto* huge = value.huge()) return fmt::format("{}", *huge);
  if (const auto* text = value.text()) return text_scalar(*text);
  if (const auto* floating = value.floating()) {
    if (std::isnan(*floating)) return ".nan";
    if (std::isinf(*floating)) return *floating > 0 ? ".inf" : "-.inf";
    std::string digits = fmt::format("{}", *floating);
    // YAML 1.1 wants a point in every one.
    const std::size_t exponent = digits.find('e');
    if (digits.find('.') == std::string::npos) digits.insert(exponent == std::string::npos ? digits.size() : exponent, ".0");
    return digits;
  }
  if (value.bytes() != nullptr) return "!!binary ''";
  if (value.list() != nullptr) return "[]";
  if (value.map() != nullptr) return "{}";
  return "null";
}

}  // namespace
}  // namespace assay::iat
