#include "base/media_type.h"

#include <algorithm>

#include "base/text.h"

namespace assay {
namespace {

bool is_token(std::string_view text);
std::size_t end_of_quoted(std::string_view text);
std::string unescape(std::string_view quoted_content);
Result<std::pair<std::string, std::string>> parse_parameter(std::string_view& rest);

}  // namespace

Result<MediaType> parse_media_type(std::string_view text) {
  const bool has_control = std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
  if (has_control || invalid_utf8(text) != std::string_view::npos) return fail_expecting(Errc::malformed, "media type", quoted(text), "text without control characters");
  std::string_view rest = text;
  const std::size_t semicolon = rest.find(';');
  const std::string_view essence = trim_ascii(rest.substr(0, semicolon));
  const std::size_t slash = essence.find('/');
  const bool named = slash != std::string_view::npos && is_token(essence.substr(0, slash)) && is_token(essence.substr(slash + 1));
  if (!named) return fail_expecting(Errc::malformed, "media type", quoted(essence), "type/subtype");
  MediaType type{to_lower_ascii(essence), {}};
  rest = semicolon == std::string_view::npos ? std::string_view{} : rest.substr(semicolon + 1);
  while (!trim_ascii(rest).empty()) {
    auto parameter = TRY(parse_parameter(rest));
    type.parameters.push_back(std::move(parameter));
  }
  std::ranges::sort(type.parameters);
  const auto again = std::ranges::adjacent_find(type.parameters, {}, &std::pair<std::string, std::string>::first);
  if (again != type.parameters.end()) return fail_expecting(Errc::duplicate, "media type", "parameter " + quoted(again->first) + " twice", "each once");
  return type;
}

bool same_media_type(std::string_view a, std::string_view b) {
  const auto first = parse_media_type(a);
  const auto second = parse_media_type(b);
  return first && second && *first == *second;
}

namespace {

// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kSymbols.find(c) != std::string_view::npos; });
}

// Takes "name=value" and the semicolon behind it from `rest`.
Result<std::pair<std::string, std::string>> parse_parameter(std::string_view& rest) {
  const std::size_t equals = rest.find('=');
  const std::string_view name = trim_ascii(rest.substr(0, equals));
  if (equals == std::string_view::npos || !is_token(name)) return fail_expecting(Errc::malformed, "media type", "parameter " + quoted(name), "name=value");
  std::string_view after = rest.substr(equals + 1);
  std::string value;
  if (after.starts_with('"')) {
    const std::size_t end = end_of_quoted(after);
    if (end == std::string_view::npos) return fail_expecting(Errc::malformed, "media type", "a quoted value without end", "a closing quotation mark");
    value = unescape(after.substr(1, end - 1));
    after = after.substr(end + 1);
    const std::string_view gap = trim_ascii(after.substr(0, after.find(';')));
    if (!gap.empty()) return fail_expecting(Errc::malformed, "media type", quoted(gap) + " behind a quoted value", "a semicolon");
  } else {
    const std::string_view plain = trim_ascii(after.substr(0, after.find(';')));
    const bool visible = std::ranges::all_of(plain, [](char c) { return c > ' ' && c < 0x7f && c != '"'; });
    if (plain.empty() || !visible) return fail_expecting(Errc::malformed, "media type", "value " + quoted(plain), "visible characters");
    value = plain;
  }
  const std::size_t semicolon = after.find(';');
  rest = semicolon == std::string_view::npos ? std::string_view{} : after.substr(semicolon + 1);
  return std::pair{to_lower_ascii(name), std::move(value)};
}

// `text` begins with a quotation mark; the position of the one that closes it.
std::size_t end_of_quoted(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') ++i;
    else if (text[i] == '"') return i;
  }
  return std::string_view::npos;
}

std::string unescape(std::string_view quoted_content) {
  std::string text;
  for (std::size_t i = 0; i < quoted_content.size(); ++i) {
    if (quoted_content[i] == '\\' && i + 1 < quoted_content.size()) ++i;
    text += quoted_content[i];
  }
  return text;
}

}  // namespace
}  // namespace assay
