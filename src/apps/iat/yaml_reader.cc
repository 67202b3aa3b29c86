#include "apps/iat/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "apps/iat/yaml_indent.h"
#include "apps/iat/yaml_scalar.h"
#include "base/text.h"

namespace assay::iat {
namespace {

// What all files of one source may hold together.
struct Budget {
  std::size_t nodes = kMaxYamlNodes;
  std::size_t bytes = kMaxYaml;
};

Result<Value> read_document(std::string_view text, std::string_view file, const Includer& include, std::size_t depth, std::size_t files, Budget& budget);

// What an alias costs: everything it stands for.
struct Cost {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
};
Cost cost_of(const Value& value);
std::size_t depth_of(const Value& value);  // 0 for a scalar
Result<Value> scalar_value(std::string_view tag, const std::string& text);

// Builds a Value from the parser's events, with a stack of its own. After the first error it takes no more.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view file, const Includer& include, std::size_t depth, std::size_t files, Budget& budget) : file_{file}, include_{include}, depth_{depth}, files_{files}, budget_{budget} {}

  const std::optional<Error>& error() const { return error_; }
  Value take() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (!error_) note(mark, add(anchor, Value{}));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (!error_) note(mark, add_alias(anchor));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    if (!error_) note(mark, tag == "!inc" ? add_included(anchor, text) : add_scalar(anchor, tag, text));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    if (!error_) note(mark, open(mark, tag, anchor, false));
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    if (!error_) note(mark, open(mark, tag, anchor, true));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YAML::Mark mark;
    YAML::anchor_t anchor;
    bool is_map;
    std::optional<Key> key;  // of a map: read, and its value not yet
    Value::List list;
    Value::Map map;
  };

  void note(const YAML::Mark& mark, const Result<void>& result) {
    if (!result) error_ = within(fmt::format("{}:{}:{}", file_, mark.line + 1, mark.column + 1), result.error());
  }
  static std::unexpected<Error> refuse(Errc errc, std::string what, std::string_view expected) { return fail_expecting(errc, "", std::move(what), expected); }

  Result<void> spend(Cost cost) {
    if (cost.nodes > budget_.nodes) return refuse(Errc::limit, "too many values", fmt::format("at most {}", kMaxYamlNodes));
    if (cost.bytes > budget_.bytes) return refuse(Errc::limit, "too much text", fmt::format("at most {} bytes", kMaxYaml));
    budget_.nodes -= cost.nodes;
    budget_.bytes -= cost.bytes;
    return {};
  }

  Result<void> add(YAML::anchor_t anchor, Value value) {
    TRY(spend(cost_of(value)));
    return place(anchor, std::move(value));
  }

  Result<void> add_scalar(YAML::anchor_t anchor, const std::string& tag, const std::string& text) {
    // libyaml-cpp 0.7 makes one byte of each of these escapes.
    if (invalid_utf8(text) != std::string_view::npos) return refuse(Errc::unsupported, "the escape \\N or \\_", "\\u0085 or \\u00a0");
    auto value = scalar_value(tag, text);
    return value ? add(anchor, std::move(*value)) : Result<void>{std::unexpected(value.error())};
  }

  Result<void> add_alias(YAML::anchor_t anchor) {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return refuse(Errc::invalid, "an alias inside what it names", "an alias of something complete");
    if (depth_of(found->second) + open_.size() + depth_ > kMaxDepth) return refuse(Errc::limit, "an alias that nests too deeply", "at most 16 levels");
    return add(0, found->second);
  }

  // What the file has spent is spent.
  Result<void> add_included(YAML::anchor_t anchor, const std::string& name) {
    if (files_ >= kMaxYamlIncludes) return refuse(Errc::limit, "a file included too deeply: " + quoted(name), fmt::format("at most {} files within files", kMaxYamlIncludes));
    const auto text = include_(name);
    if (!text) return std::unexpected(text.error());
    auto value = read_document(*text, name, include_, depth_ + open_.size(), files_ + 1, budget_);
    return value ? place(anchor, std::move(*value)) : Result<void>{std::unexpected(value.error())};
  }

  Result<void> place(YAML::anchor_t anchor, Value value) {
    if (anchor != 0) anchors_[anchor] = value;
    if (open_.empty()) {
      root_ = std::move(value);
      return {};
    }
    Open& top = open_.back();
    if (!top.is_map) {
      top.list.push_back(std::move(value));
    } else if (top.key) {
      top.map.push_back({std::move(*top.key), std::move(value)});
      top.key.reset();
    } else {
      top.key = TRY(new_key(top, value));
    }
    return {};
  }

  static Result<Key> new_key(const Open& map, const Value& value) {
    if (value.text() == nullptr && value.integer() == nullptr) return refuse(Errc::invalid, fmt::format("a key of type {}", value.python_type()), "a name");
    Key key = value.text() != nullptr ? Key{*value.text()} : Key{*value.integer()};
    if (std::ranges::find(map.map, key, &Member::key) != map.map.end()) return refuse(Errc::duplicate, fmt::format("the key {} a second time", shown(key)), "each key once");
    return key;
  }

  Result<void> open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool is_map) {
    const std::string_view own = is_map ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq";
    if (!tag.empty() && tag != "?" && tag != "!" && tag != own) return refuse(Errc::unsupported, "the tag " + quoted(tag), "no tag before a map or a list");
    if (open_.size() + depth_ >= kMaxDepth) return refuse(Errc::limit, "a value nested too deeply", "at most 16 levels");
    TRY(spend({}));
    open_.push_back({mark, anchor, is_map, {}, {}, {}});
    return {};
  }

  void close() {
    if (error_) return;
    Open top = std::move(open_.back());
    open_.pop_back();
    note(top.mark, place(top.anchor, top.is_map ? Value{std::move(top.map)} : Value{std::move(top.list)}));
  }

  std::string file_;
  const Includer& include_;
  std::size_t depth_;  // levels above this file
  std::size_t files_;
  Budget& budget_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Value> anchors_;
  Value root_;
  std::optional<Error> error_;
};

}  // namespace

Result<Value> read_yaml(std::string_view text, std::string_view file, const Includer& include) {
  Budget budget;
  return read_document(text, file, include, 0, 0, budget);
}

namespace {

Result<Value> read_document(std::string_view text, std::string_view file, const Includer& include, std::size_t depth, std::size_t files, Budget& budget) {
  const std::string shown_file = printable(file);
  if (text.size() > kMaxYaml) return fail(Errc::limit, shown_file, "a YAML source of {} bytes; at most {} are read", text.size(), kMaxYaml);
  if (const std::size_t at = invalid_utf8(text); at != std::string_view::npos) return within(shown_file, Result<Value>{fail_at(Errc::malformed, at, "a byte that is not UTF-8", "YAML in UTF-8")});
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos) return within(shown_file, Result<Value>{fail_at(Errc::malformed, at, "a zero byte", "YAML")});
  Builder builder{shown_file, include, depth, files, budget};
  try {
    std::istringstream stream{indent_block_scalars(text)};
    YAML::Parser parser{stream};
    const bool any = parser.HandleNextDocument(builder);
    if (builder.error()) return std::unexpected(*builder.error());
    if (!any) return fail(Errc::malformed, shown_file, "no YAML document");
    if (parser) return fail(Errc::unsupported, shown_file, "more than one YAML document");
    return std::move(builder).take();
  } catch (const YAML::Exception& exception) {
    if (builder.error()) return std::unexpected(*builder.error());  // said before the parser saw more
    return fail(Errc::malformed, fmt::format("{}:{}:{}", shown_file, exception.mark.line + 1, exception.mark.column + 1), "{}", exception.msg);
  } catch (const std::exception& exception) {  // what the library's own containers may throw
    return fail(Errc::malformed, shown_file, "{}", exception.what());
  }
}

Result<Value> binary_value(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') digits += c;
  }
  auto bytes = from_base64(digits);
  if (!bytes) return fail_expecting(Errc::malformed, "", "!!binary that is not base64: " + bytes.error().what, "standard base64 with padding");
  return Value{std::move(*bytes)};
}

// The parser's tags: "?" and nothing for plain scalars, "!" for quoted ones.
Result<Value> scalar_value(std::string_view tag, const std::string& text) {
  constexpr std::string_view kCore = "tag:yaml.org,2002:";
  if (tag == "!") return Value{text};
  if (tag.empty() || tag == "?") return value_of_plain(text);
  const std::string_view kind = tag.starts_with(kCore) ? tag.substr(kCore.size()) : "";
  if (kind == "binary") return binary_value(text);
  if (kind == "str") return Value{text};
  if (kind != "int" && kind != "float" && kind != "bool" && kind != "null") return fail_expecting(Errc::unsupported, "", "the tag " + quoted(tag), "!!binary, !!str, !!int or !inc");
  auto value = value_of_plain(text);
  if (!value) return value;
  const bool right = kind == "int" ? value->is_integer() : kind == "float" ? value->floating() != nullptr
                                                       : kind == "bool"    ? value->boolean() != nullptr
                                                                           : value->is_null();
  if (!right) return fail_expecting(Errc::invalid, "", fmt::format("{} tagged !!{}", quoted(text), kind), "a value of that type");
  return value;
}

Cost cost_of(const Value& value) {
  Cost cost;
  const auto more = [&](const Value& inner) {
    const Cost inside = cost_of(inner);
    cost.nodes += inside.nodes;
    cost.bytes += inside.bytes;
  };
  if (value.text() != nullptr) cost.bytes = value.text()->size();
  if (value.bytes() != nullptr) cost.bytes = value.bytes()->size();
  if (value.list() != nullptr) {
    for (const Value& item : *value.list()) more(item);
  }
  if (value.map() != nullptr) {
    for (const Member& member : *value.map()) {
      ++cost.nodes;
      more(member.value);
    }
  }
  return cost;
}

std::size_t depth_of(const Value& value) {
  std::size_t depth = 0;
  if (value.list() != nullptr) {
    for (const Value& item : *value.list()) depth = std::max(depth, depth_of(item));
  } else if (value.map() != nullptr) {
    for (const Member& member : *value.map()) depth = std::max(depth, depth_of(member.value));
  } else {
    return 0;
  }
  return depth + 1;
}

}  // namespace
}  // namespace assay::iat
