#include "codec/json/locate.h"

#include <algorithm>
#include <charconv>

#include "codec/json/json.h"

namespace assay::json {
namespace {

// Walks text that is known to be JSON.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_{text} {}

  // The cursor stands on a value; moves it to the member or item that `step` names. False if there is none.
  bool enter(std::string_view step);
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != std::string_view::npos) ++at_;
  }
  std::size_t at() const { return at_; }

 private:
  bool enter_object(std::string_view name);
  bool enter_array(std::string_view index);
  std::string read_name();
  void skip_string();
  void skip_value();
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string unescape(std::string_view step);

}  // namespace

std::optional<Place> locate(std::string_view text, std::string_view pointer) {
  Walker walker{text};
  walker.skip_blanks();
  while (!pointer.empty()) {
    if (pointer.front() != '/') return std::nullopt;
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    if (!walker.enter(unescape(pointer.substr(1, end - 1)))) return std::nullopt;
    pointer.remove_prefix(end);
  }
  const std::string_view before = text.substr(0, walker.at());
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return Place{before.size(), static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1, before.size() - line_start + 1};
}

namespace {

bool Walker::enter(std::string_view step) {
  if (here() == '{') return enter_object(step);
  return here() == '[' && enter_array(step);
}

bool Walker::enter_object(std::string_view name) {
  std::optional<std::size_t> found;
  ++at_;
  for (skip_blanks(); here() == '"'; skip_blanks()) {
    const std::string own = read_name();
    skip_blanks();
    ++at_;  // :
    skip_blanks();
    if (own == name) found = at_;
    skip_value();
    skip_blanks();
    if (here() != ',') break;
    ++at_;
  }
  if (found) at_ = *found;
  return found.has_value();
}

bool Walker::enter_array(std::string_view index) {
  std::size_t wanted = 0;
  const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), wanted);
  if (error != std::errc{} || end != index.data() + index.size()) return false;
  ++at_;
  for (skip_blanks(); here() != ']' && here() != '\0'; skip_blanks()) {
    if (wanted-- == 0) return true;
    skip_value();
    skip_blanks();
    if (here() == ',') ++at_;
  }
  return false;
}

// Escapes are read as the parser reads them.
std::string Walker::read_name() {
  const std::size_t start = at_;
  skip_string();
  const auto value = parse(text_.substr(start, at_ - start));
  return value && value->text() != nullptr ? *value->text() : std::string{};
}

void Walker::skip_string() {
  for (++at_; here() != '"' && here() != '\0'; ++at_) {
    if (here() == '\\') ++at_;
  }
  if (at_ < text_.size()) ++at_;
}

void Walker::skip_value() {
  int depth = 0;
  while (at_ < text_.size()) {
    const char c = here();
    if (c == '"') {
      skip_string();
      if (depth == 0) return;
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at_;
    if (depth == 0 && (c == '}' || c == ']')) return;
  }
}

std::string unescape(std::string_view step) {
  std::string text;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size()) text += step[++i] == '1' ? '/' : '~';
    else text += step[i];
  }
  return text;
}

}  // namespace
}  // namespace assay::json
