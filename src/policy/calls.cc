#include "policy/calls.h"

#include <algorithm>
#include <array>
#include <set>

namespace assay::policy {
namespace {

// A name of the text, dots included.
struct Word {
  std::string_view text;
  std::size_t line = 1;
  bool starts_line = false;
  bool is_called = false;
  bool is_outside = false;  // of all brackets
};

// Words one after the other; strings and comments are passed over.
class Words {
 public:
  explicit Words(std::string_view text) : text_{text} {}
  bool next(Word& word);

 private:
  void skip_string();
  void skip_raw_string();
  void skip_comment();
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t depth_ = 0;
  bool starts_line_ = true;
};

// All calls; the names that the text defines or imports go to `own`.
std::vector<Word> collect(std::string_view text, std::set<std::string_view>& own);
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }
bool is_keyword(std::string_view word);

struct Withheld {
  std::string_view prefix;
  std::string_view why;
};
constexpr std::array kWithheld{
    Withheld{"http.", "a policy does not reach the network"},
    Withheld{"net.", "a policy does not reach the network"},
    Withheld{"rand.", "a verdict is not left to chance"},
    Withheld{"uuid.", "a verdict is not left to chance"},
    Withheld{"time.now_ns", "a verdict is of the evidence, not of the hour"},
    Withheld{"opa.", "a verdict does not depend on the machine that makes it"},
};

}  // namespace

std::vector<Call> foreign_calls(std::string_view rules, std::string_view prelude) {
  std::set<std::string_view> own;
  collect(prelude, own);
  std::vector<Call> foreign;
  std::set<std::string_view> seen;
  for (const Word& call : collect(rules, own)) {
    const std::string_view root = call.text.substr(0, call.text.find('.'));
    if (own.contains(call.text) || own.contains(root) || root == "data" || root == "input" || !seen.insert(call.text).second) continue;
    if (foreign.size() == kMaxCalls) break;
    foreign.push_back({std::string{call.text}, call.line});
  }
  return foreign;
}

std::string_view why_not_offered(std::string_view function) {
  const auto found = std::ranges::find_if(kWithheld, [&](const Withheld& one) { return function.starts_with(one.prefix); });
  return found == kWithheld.end() ? std::string_view{} : found->why;
}

namespace {

std::vector<Word> collect(std::string_view text, std::set<std::string_view>& own) {
  std::vector<Word> calls;
  Words words{text};
  Word word;
  std::string_view before;
  while (words.next(word)) {
    // `import data.lib as f`, `import data.lib.f`
    if (before == "import" || before == "as") own.insert(word.text.substr(word.text.rfind('.') + 1));
    before = word.text;
    if (!word.is_called || is_keyword(word.text)) continue;
    if (word.starts_line && word.is_outside) own.insert(word.text);
    else calls.push_back(word);
  }
  return calls;
}

bool Words::next(Word& word) {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (begins_name(c)) {
      const std::size_t start = at_;
      while (continues_name(peek()) || (peek() == '.' && begins_name(peek(1)))) ++at_;
      word = {text_.substr(start, at_ - start), line_, starts_line_, peek() == '(', depth_ == 0};
      // `default f(x) = 1` defines f, too.
      if (word.text != "default") starts_line_ = false;
      return true;
    }
    if (c == '"') skip_string();
    else if (c == '`') skip_raw_string();
    else if (c == '#') skip_comment();
    else {
      if (c == '\n') ++line_;
      if (c == '(' || c == '[' || c == '{') ++depth_;
      if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
      if (c == '\n') starts_line_ = true;
      else if (c != ' ' && c != '\t' && c != '\r') starts_line_ = false;
      ++at_;
      // 1e5 is a number, x.1e5( no call.
      if (c >= '0' && c <= '9') {
        while (continues_name(peek())) ++at_;
      }
    }
  }
  return false;
}

void Words::skip_string() {
  for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    if (text_[at_] == '\n') return;  // not closed: no policy
    if (text_[at_] == '\\') ++at_;
  }
  ++at_;
  starts_line_ = false;
}

void Words::skip_raw_string() {
  for (++at_; at_ < text_.size() && text_[at_] != '`'; ++at_) {
    if (text_[at_] == '\n') ++line_;
  }
  ++at_;
  starts_line_ = false;
}

void Words::skip_comment() {
  while (at_ < text_.size() && text_[at_] != '\n') ++at_;
}

// Brackets may follow these without a blank.
bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 11> kKeywords{"as", "default", "else", "every", "if", "import", "in", "not", "package", "some", "with"};
  return std::ranges::find(kKeywords, word) != kKeywords.end();
}

}  // namespace
}  // namespace assay::policy
