#include <charconv>

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "runner.h"

namespace assay::vectors {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_{text} {}

  Result<Bytes> document() {
    Bytes item = TRY(value(0));
    skip();
    if (at_ != text_.size()) return wrong("nothing more");
    return item;
  }

 private:
  std::unexpected<Error> wrong(std::string_view expected) const { return fail_at(Errc::malformed, at_, quoted(text_.substr(at_, 10)), expected); }

  void skip() {
    for (;;) {
      while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != std::string_view::npos) ++at_;
      if (at_ >= text_.size() || text_[at_] != '/') return;
      at_ = std::min(text_.find('/', at_ + 1), text_.size() - 1) + 1;
    }
  }

  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  Result<Bytes> value(int depth) {
    if (depth > 16) return wrong("at most 16 levels");
    cbor::Writer out;
    if (take("<<")) {
      out.bytes(TRY(sequence(">>", depth)).second);
    } else if (take("h'")) {
      out.bytes(TRY(hex()));
    } else if (take("\"")) {
      out.text(TRY(string()));
    } else if (take("[")) {
      const auto [count, items] = TRY(sequence("]", depth));
      out.array(count).raw(items);
    } else if (take("{")) {
      const auto [count, items] = TRY(sequence("}", depth, true));
      out.map(count).raw(items);
    } else if (take("true")) {
      out.boolean(true);
    } else if (take("false")) {
      out.boolean(false);
    } else if (take("null")) {
      out.null();
    } else {
      const std::int64_t number = TRY(integer());
      if (!take("(")) {
        out.integer(number);
      } else {
        out.tag(static_cast<std::uint64_t>(number)).raw(TRY(value(depth + 1)));
        if (!take(")")) return wrong("')'");
      }
    }
    return std::move(out).take();
  }

  Result<std::pair<std::size_t, Bytes>> sequence(std::string_view end, int depth, bool pairs = false) {
    Bytes all;
    std::size_t count = 0;
    for (; !take(end); ++count) {
      if (count > 0 && !take(",")) return wrong("','");
      append(all, TRY(value(depth + 1)));
      if (pairs && !take(":")) return wrong("':'");
      if (pairs) append(all, TRY(value(depth + 1)));
    }
    return std::pair{count, std::move(all)};
  }

  Result<Bytes> hex() {
    std::string digits;
    for (; at_ < text_.size() && text_[at_] != '\''; ++at_) {
      if (text_[at_] != ' ' && text_[at_] != '\n') digits += text_[at_];
    }
    ++at_;
    return from_hex(digits);
  }

  Result<std::string> string() {
    std::string out;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
      if (at_ < text_.size()) out += text_[at_];
    }
    if (at_ >= text_.size()) return wrong("'\"'");
    ++at_;
    return out;
  }

  Result<std::int64_t> integer() {
    skip();
    std::int64_t number = 0;
    const auto [end, ec] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (ec != std::errc{}) return wrong("a value");
    at_ = static_cast<std::size_t>(end - text_.data());
    return number;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Bytes> encode_diagnostic(std::string_view text) { return Parser{text}.document(); }

}  // namespace assay::vectors
