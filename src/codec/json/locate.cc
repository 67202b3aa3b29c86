#include "codec/json/locate.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "codec/json/json.h"

namespace assay::json {
namespace {

// What is wanted, as a tree of pointers' steps. A step that was seen under an earlier one of several members of one name does not count:
// it was not seen in the last visit of its parent.
struct Step {
  std::map<std::string, std::size_t, std::less<>> children;
  std::size_t visit = 0;         // 0: never
  std::size_t parent_visit = 0;  // during which
  std::size_t name_at = 0;
  std::size_t value_at = 0;
};

class Tree {
 public:
  // The step that is wanted; nothing for what is no pointer.
  std::optional<std::size_t> add(const Wanted& wanted);
  // The steps from the root to `step` were all seen.
  bool is_found(std::size_t step) const;
  Step& operator[](std::size_t step) { return steps_[step]; }
  const Step& operator[](std::size_t step) const { return steps_[step]; }

 private:
  std::size_t child(std::size_t step, std::string name);
  std::vector<Step> steps_{1};
  std::vector<std::size_t> parents_{0};
};

// Walks text that is known to be JSON, once; ends on any text.
class Walker {
 public:
  Walker(std::string_view text, Tree& tree) : text_{text}, tree_{tree} {}
  void walk() {
    skip_blanks();
    visit(0, 0);
  }

 private:
  void visit(std::size_t step, std::size_t parent_visit);
  void visit_object(std::size_t step);
  void visit_array(std::size_t step);
  std::string read_name();
  void skip_string();
  void skip_value();
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != std::string_view::npos) ++at_;
  }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view text_;
  Tree& tree_;
  std::size_t at_ = 0;
  std::size_t visits_ = 0;
};

std::string unescape(std::string_view step);

}  // namespace

std::vector<std::optional<Place>> locate_all(std::string_view text, std::span<const Wanted> wanted) {
  Tree tree;
  std::vector<std::optional<std::size_t>> steps;
  for (const Wanted& one : wanted) steps.push_back(tree.add(one));
  Walker{text, tree}.walk();
  std::vector<std::size_t> offsets;
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!steps[i] || !tree.is_found(*steps[i])) continue;
    found.push_back(i);
    offsets.push_back(wanted[i].member ? tree[*steps[i]].name_at : tree[*steps[i]].value_at);
  }
  const std::vector<Place> all = places_of(text, offsets);
  std::vector<std::optional<Place>> places(wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) places[found[i]] = all[i];
  return places;
}

std::optional<Place> locate(std::string_view text, std::string_view pointer) {
  const Wanted wanted{std::string{pointer}, {}};
  return locate_all(text, {&wanted, 1}).front();
}

std::vector<Place> places_of(std::string_view text, std::span<const std::size_t> offsets) {
  std::vector<std::size_t> order(offsets.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return offsets[i]; });
  std::vector<Place> places(offsets.size());
  std::size_t at = 0;
  std::size_t line = 1;
  std::size_t line_start = 0;
  for (const std::size_t i : order) {
    const std::size_t offset = std::min(offsets[i], text.size());
    for (; at < offset; ++at) {
      if (text[at] != '\n') continue;
      ++line;
      line_start = at + 1;
    }
    places[i] = {offset, line, offset - line_start + 1};
  }
  return places;
}

namespace {

std::optional<std::size_t> Tree::add(const Wanted& wanted) {
  std::string_view pointer = wanted.pointer;
  std::size_t step = 0;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return std::nullopt;
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    step = child(step, unescape(pointer.substr(1, end - 1)));
    pointer.remove_prefix(end);
  }
  return wanted.member ? child(step, *wanted.member) : step;
}

std::size_t Tree::child(std::size_t step, std::string name) {
  const auto [found, is_new] = steps_[step].children.try_emplace(std::move(name), steps_.size());
  const std::size_t index = found->second;
  if (is_new) {
    steps_.emplace_back();
    parents_.push_back(step);
  }
  return index;
}

bool Tree::is_found(std::size_t step) const {
  for (; step != 0; step = parents_[step]) {
    if (steps_[step].visit == 0 || steps_[step].parent_visit != steps_[parents_[step]].visit) return false;
  }
  return steps_[0].visit != 0;
}

// As deep as what is wanted.
void Walker::visit(std::size_t step, std::size_t parent_visit) {
  Step& here_step = tree_[step];
  here_step.visit = ++visits_;
  here_step.parent_visit = parent_visit;
  here_step.value_at = at_;
  if (!here_step.children.empty() && here() == '{') return visit_object(step);
  if (!here_step.children.empty() && here() == '[') return visit_array(step);
  skip_value();
}

void Walker::visit_object(std::size_t step) {
  ++at_;
  for (skip_blanks(); here() == '"'; skip_blanks()) {
    const std::size_t name_at = at_;
    const std::string name = read_name();
    skip_blanks();
    ++at_;  // :
    skip_blanks();
    const auto child = tree_[step].children.find(name);
    if (child == tree_[step].children.end()) {
      skip_value();
    } else {
      tree_[child->second].name_at = name_at;
      visit(child->second, tree_[step].visit);
    }
    skip_blanks();
    if (here() != ',') break;
    ++at_;
  }
  if (here() == '}') ++at_;
}

void Walker::visit_array(std::size_t step) {
  ++at_;
  skip_blanks();
  for (std::size_t index = 0; here() != ']' && here() != '\0'; ++index) {
    const std::size_t start = at_;
    const auto child = tree_[step].children.find(std::to_string(index));
    if (child == tree_[step].children.end()) skip_value();
    else visit(child->second, tree_[step].visit);
    skip_blanks();
    if (here() == ',') ++at_;
    skip_blanks();
    if (at_ == start) return;
  }
  if (here() == ']') ++at_;
}

// Escapes are read as the parser reads them.
std::string Walker::read_name() {
  const std::size_t start = at_;
  skip_string();
  const std::string_view token = text_.substr(start, at_ - start);
  if (token.size() >= 2 && token.find('\\') == std::string_view::npos) return std::string{token.substr(1, token.size() - 2)};
  const auto value = parse(token);
  return value && value->text() != nullptr ? *value->text() : std::string{};
}

void Walker::skip_string() {
  for (++at_; here() != '"' && here() != '\0'; ++at_) {
    if (here() == '\\') ++at_;
  }
  at_ = std::min(at_ + 1, text_.size());
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
