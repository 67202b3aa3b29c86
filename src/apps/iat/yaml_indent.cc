#include "apps/iat/yaml_indent.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace assay::iat {
namespace {

// A line that begins a block scalar.
struct Header {
  std::size_t parent = 0;  // column of the dash or key that has the scalar: its lines are deeper
  std::size_t shift = 0;
};

std::optional<Header> header_of(std::string_view line);

std::size_t blanks(std::string_view text, std::size_t from = 0) { return std::min(text.find_first_not_of(' ', from), text.size()) - from; }

}  // namespace

std::string indent_block_scalars(std::string_view yaml) {
  std::string out;
  std::optional<Header> scalar;
  for (std::size_t at = 0; at < yaml.size();) {
    const std::size_t end = std::min(yaml.find('\n', at), yaml.size() - 1) + 1;
    const std::string_view line = yaml.substr(at, end - at);
    at = end;
    const std::size_t indent = blanks(line);
    const bool is_blank = trim_ascii(line).empty();
    if (scalar && !is_blank && indent <= scalar->parent) scalar.reset();
    if (scalar && indent > 0) out.append(scalar->shift, ' ');
    if (!scalar && !is_blank) scalar = header_of(line);
    out += line;
  }
  return out;
}

namespace {

// The last word of `text`, which is cut off.
std::string_view take_last_word(std::string_view& text) {
  const std::size_t end = text.find_last_not_of(' ') + 1;
  const std::size_t blank = end == 0 ? std::string_view::npos : text.rfind(' ', end - 1);
  const std::size_t begin = blank == std::string_view::npos ? 0 : blank + 1;
  const std::string_view word = text.substr(begin, end - begin);
  text = text.substr(0, begin);
  return word;
}

bool is_block_indicator(std::string_view word) {
  return !word.empty() && (word[0] == '|' || word[0] == '>') && word.find_first_not_of("+-123456789", 1) == std::string_view::npos;
}

std::optional<Header> header_of(std::string_view line) {
  std::size_t column = blanks(line);
  std::optional<std::size_t> dash;
  while (line.substr(column).starts_with("- ")) {
    dash = column;
    column += 2 + blanks(line, column + 2);
  }
  std::string_view rest = trim_ascii(line.substr(std::min(column, line.size())));
  if (const std::size_t comment = rest.find(" #"); comment != std::string_view::npos) rest = rest.substr(0, comment);
  const std::string_view indicator = take_last_word(rest);
  if (!is_block_indicator(indicator)) return std::nullopt;

  bool has_properties = false;
  while (!rest.empty()) {
    const std::string_view word = take_last_word(rest);
    if (word.ends_with(':')) return Header{column, 0};
    if (!word.starts_with('!') && !word.starts_with('&')) return std::nullopt;
    has_properties = true;
  }
  if (!dash) return std::nullopt;
  const bool explicit_indent = indicator.find_first_of("123456789") != std::string_view::npos;
  return Header{*dash, has_properties && !explicit_indent ? column - *dash : 0};
}

}  // namespace
}  // namespace assay::iat
