#include "codec/yaml/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

#include "base/text.h"

namespace assay::yaml {
namespace {

// Builds a value from the parser's events, with a stack of its own. After the first error it takes no more.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view name, Lines* lines) : name_{name}, lines_{lines} {}

  const std::optional<Error>& error() const { return error_; }
  json::Value take() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { note(mark, scalar(mark, "", anchor, json::Value{})); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark, refuse(Errc::unsupported, "an alias", "the value itself")); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    const bool nothing = (tag.empty() || tag == "?") && (text.empty() || text == "~" || text == "null");
    note(mark, scalar(mark, tag, anchor, nothing ? json::Value{} : json::Value{text}));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override { note(mark, open(mark, tag, anchor, json::Array{})); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override { note(mark, open(mark, tag, anchor, json::Object{})); }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YAML::Mark mark;
    json::Value value;
    std::optional<std::string> key;  // of a map: read, and its value not yet
    std::string pointer;             // only where lines are asked for
  };

  void note(const YAML::Mark& mark, const Result<void>& result) {
    if (!result && !error_) error_ = within(fmt::format("{}:{}:{}", name_, mark.line + 1, mark.column + 1), result.error());
  }
  static std::unexpected<Error> refuse(Errc errc, std::string what, std::string_view expected) { return fail_expecting(errc, "", std::move(what), expected); }

  Result<void> spend(std::string_view tag, YAML::anchor_t anchor) {
    if (error_) return {};
    if (anchor != 0) return refuse(Errc::unsupported, "an anchor", "no anchors and aliases");
    if (!tag.empty() && tag != "?" && tag != "!") return refuse(Errc::unsupported, "the tag " + quoted(tag), "no tags");
    if (++nodes_ > kMaxSettingsNodes) return refuse(Errc::limit, "too many values", fmt::format("at most {}", kMaxSettingsNodes));
    return {};
  }

  Result<void> scalar(const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor, json::Value value) {
    TRY(spend(tag, anchor));
    if (error_) return {};
    if (const std::string* text = value.text(); text != nullptr && invalid_utf8(*text) != std::string_view::npos) return refuse(Errc::unsupported, "the escape \\N or \\_", "\\u0085 or \\u00a0");
    note_line(mark, value);
    return place(std::move(value));
  }

  Result<void> open(const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor, json::Value value) {
    TRY(spend(tag, anchor));
    if (error_) return {};
    if (open_.size() >= kMaxDepth) return refuse(Errc::limit, "a value nested too deeply", fmt::format("at most {} levels", kMaxDepth));
    note_line(mark, value);
    std::string pointer = lines_ != nullptr ? pointer_of_next() : std::string{};
    open_.push_back({mark, std::move(value), {}, std::move(pointer)});
    return {};
  }

  void close() {
    if (error_) return;
    Open top = std::move(open_.back());
    open_.pop_back();
    note(top.mark, place(std::move(top.value)));
  }

  Result<void> place(json::Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return {};
    }
    Open& top = open_.back();
    if (json::Array* list = top.value.array(); list != nullptr) {
      list->push_back(std::move(value));
      return {};
    }
    if (!top.key) return take_key(top, value);
    top.value.object()->set(std::move(*top.key), std::move(value));
    top.key.reset();
    return {};
  }

  // Of a member the name comes first: its line stays.
  void note_line(const YAML::Mark& mark, const json::Value& value) {
    if (lines_ == nullptr || open_.empty()) return;
    const Open& top = open_.back();
    const bool is_name = top.value.object() != nullptr && !top.key;
    if (is_name && value.text() == nullptr) return;
    lines_->try_emplace(is_name ? json::pointer(top.pointer, *value.text()) : pointer_of_next(), static_cast<std::size_t>(mark.line) + 1);
  }
  std::string pointer_of_next() const {
    if (open_.empty()) return {};
    const Open& top = open_.back();
    if (const json::Array* list = top.value.array(); list != nullptr) return json::pointer(top.pointer, list->size());
    return json::pointer(top.pointer, top.key ? std::string_view{*top.key} : std::string_view{});
  }

  static Result<void> take_key(Open& top, const json::Value& key) {
    if (key.text() == nullptr) return refuse(Errc::invalid, fmt::format("a key that is {}", key.is_null() ? "empty" : key.type_name()), "a name");
    if (*key.text() == "<<") return refuse(Errc::unsupported, "a merge key", "the members themselves");
    if (top.value.object()->find(*key.text()) != nullptr) return refuse(Errc::duplicate, fmt::format("the key {} a second time", quoted(*key.text())), "each key once");
    top.key = *key.text();
    return {};
  }

  std::string name_;
  Lines* lines_;
  std::size_t nodes_ = 0;
  std::vector<Open> open_;
  json::Value root_;
  std::optional<Error> error_;
};

Result<json::Value> read_document(std::string_view text, const std::string& name, Lines* lines) {
  Builder builder{name, lines};
  try {
    std::istringstream stream{std::string{text}};
    YAML::Parser parser{stream};
    const bool any = parser.HandleNextDocument(builder);
    if (builder.error()) return std::unexpected(*builder.error());
    if (parser) return fail(Errc::unsupported, name, "more than one YAML document");
    json::Value value = std::move(builder).take();
    if (!any || value.is_null()) return json::Value{json::Object{}};
    return value;
  } catch (const YAML::Exception& exception) {
    if (builder.error()) return std::unexpected(*builder.error());  // said before the parser saw more
    const std::string_view expected = exception.msg == "illegal map value" ? "quotes around a text with a colon: \"memory:\"" : "";
    return fail_expecting(Errc::malformed, fmt::format("{}:{}:{}", name, exception.mark.line + 1, exception.mark.column + 1), exception.msg, expected);
  } catch (const std::exception& exception) {  // what the library's own containers may throw
    return fail(Errc::malformed, name, "{}", exception.what());
  }
}

}  // namespace

Result<json::Value> parse(std::string_view text, std::string_view name, Lines* lines) {
  const std::string shown = printable(name);
  if (text.size() > kMaxSettings) return fail(Errc::limit, shown, "settings of {} bytes; at most {} are read", text.size(), kMaxSettings);
  if (const std::size_t at = invalid_utf8(text); at != std::string_view::npos) return within(shown, Result<json::Value>{fail_at(Errc::malformed, at, "a byte that is not UTF-8", "YAML in UTF-8")});
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos) return within(shown, Result<json::Value>{fail_at(Errc::malformed, at, "a zero byte", "YAML")});
  return read_document(text, shown, lines);
}

}  // namespace assay::yaml
