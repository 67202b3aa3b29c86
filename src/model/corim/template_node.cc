#include "model/corim/template_node.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/nearest.h"
#include "base/text.h"
#include "codec/cbor/cbor.h"

namespace assay::corim {
namespace {

std::optional<std::int64_t> as_key(std::string_view name);
std::string found(const json::Value& value);
std::optional<Bytes> hex_of_digest(std::string_view text);
void encode(cbor::Writer& out, const json::Value& value);

}  // namespace

bool is_template(ByteView bytes) {
  std::string_view text = as_text(bytes);
  if (text.starts_with(json::kByteOrderMark)) text.remove_prefix(json::kByteOrderMark.size());
  return trim_ascii(text).starts_with('{');
}

Result<json::Value> parse_template(std::string_view text) { return json::parse(text, json::Duplicates::keep); }

std::string Node::pointer() const {
  if (parent == nullptr) return "";
  return name.empty() ? json::pointer(parent->pointer(), index) : json::pointer(parent->pointer(), name);
}

std::nullopt_t Sink::error(const Node& at, std::string what, std::string_view expected, Errc errc) {
  if (problems.keeps(Problem::Severity::error)) problems.push_back({Problem::Severity::error, errc, at.pointer(), std::move(what), std::string{expected}});
  else problems.leave_out(Problem::Severity::error);
  return std::nullopt;
}

void Sink::warning(const Node& at, std::string what, std::string_view expected) {
  if (problems.keeps(Problem::Severity::warning)) problems.push_back({Problem::Severity::warning, Errc::invalid, at.pointer(), std::move(what), std::string{expected}});
  else problems.leave_out(Problem::Severity::warning);
}

void Sink::warning_of_member(const Node& at, std::string_view member, std::string what, std::string expected, std::string_view perhaps) {
  if (problems.keeps(Problem::Severity::warning)) problems.push_back({Problem::Severity::warning, Errc::invalid, at.pointer(), std::move(what), std::move(expected), std::string{member}, std::string{perhaps}});
  else problems.leave_out(Problem::Severity::warning);
}

std::nullopt_t Sink::error(const Node& at, const Error& error) { return this->error(at, error.what, error.expected, error.errc); }

bool Sink::takes_item(const Node& list) {
  if (items_ < kMaxTemplateItems) return ++items_ != 0;
  if (items_++ == kMaxTemplateItems) error(list, "too many items", fmt::format("at most {} in the lists of one template", kMaxTemplateItems), Errc::limit);
  return false;
}

Members::Members(Sink& sink, const Node& at, Names names) : sink_{sink}, at_{at}, names_{names}, object_{at.value.object()} {
  if (object_ == nullptr) {
    sink.error(at, std::string{at.value.type_name()}, "an object", Errc::malformed);
    return;
  }
  taken_.resize(object_->size());
  warn_of_duplicates();
}

// Other readers take the last as well, but whoever wrote the file may not know which that is.
void Members::warn_of_duplicates() const {
  std::vector<std::pair<std::string, std::size_t>> names;
  for (std::size_t i = 0; i < object_->size(); ++i) {
    const std::string& name = object_->begin()[i].first;
    names.emplace_back(names_ == Names::exact ? name : to_lower_ascii(name), i);
  }
  std::ranges::sort(names);
  for (std::size_t i = 1; i < names.size(); ++i) {
    const bool is_last = i + 1 == names.size() || names[i + 1].first != names[i].first;
    if (!is_last || names[i].first != names[i - 1].first) continue;
    const std::string& name = object_->begin()[names[i].second].first;
    sink_.warning_of_member(at_, name, fmt::format("member {} more than once, and the last counts", quoted(name)), "each name once");
  }
}

bool Members::is_named(std::size_t index, std::string_view name) const {
  const std::string& own = object_->begin()[index].first;
  return names_ == Names::exact ? own == name : iequals_ascii(own, name);
}

std::optional<Node> Members::take(std::string_view name) {
  const json::Value* last = nullptr;
  for (std::size_t i = 0; object_ != nullptr && i < object_->size(); ++i) {
    if (!is_named(i, name)) continue;
    taken_[i] = true;
    last = &object_->begin()[i].second;
  }
  if (last == nullptr || last->is_null()) return std::nullopt;
  return Node{*last, &at_, name};
}

std::optional<Node> Members::need(std::string_view name) {
  auto node = take(name);
  if (!node && object_ != nullptr) sink_.error(at_, fmt::format("no member {}", quoted(name)), "this mandatory member", Errc::missing);
  return node;
}

void Members::finish(Unknowns* unknown, std::span<const std::string_view> known) {
  for (std::size_t i = 0; object_ != nullptr && i < object_->size(); ++i) {
    if (taken_[i]) continue;
    const auto& [name, value] = object_->begin()[i];
    const auto key = as_key(name);
    if (key && unknown != nullptr) {
      cbor::Writer out;
      encode(out, value);
      unknown->push_back({*key, std::move(out).take()});
      continue;
    }
    if (!sink_.problems.keeps(Problem::Severity::warning)) {
      sink_.problems.leave_out(Problem::Severity::warning);
      continue;
    }
    const std::string_view near = nearest(known, name);
    sink_.warning_of_member(at_, name, fmt::format("unknown member {}, which is not written", quoted(name)), near.empty() ? std::string{} : fmt::format("perhaps {}", quoted(near)), near);
  }
}

std::optional<std::string> read_text(Sink& sink, const Node& at) {
  if (const std::string* text = at.value.text()) return *text;
  return sink.error(at, std::string{at.value.type_name()}, "a string", Errc::malformed);
}

std::optional<std::int64_t> read_integer(Sink& sink, const Node& at) {
  if (const auto number = at.value.integer()) return number;
  return sink.error(at, found(at.value), "an integer of 64 bits", Errc::malformed);
}

std::optional<std::uint64_t> read_uint(Sink& sink, const Node& at) {
  if (const auto number = at.value.unsigned_integer()) return number;
  return sink.error(at, found(at.value), "an integer from 0 to 18446744073709551615", Errc::malformed);
}

std::optional<bool> read_bool(Sink& sink, const Node& at) {
  if (const bool* value = at.value.boolean()) return *value;
  return sink.error(at, std::string{at.value.type_name()}, "true or false", Errc::malformed);
}

std::optional<Bytes> read_base64(Sink& sink, const Node& at) {
  auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  return read_good_base64(sink, at, std::move(*text), [](ByteView) { return Result<void>{}; });
}

std::optional<Bytes> read_good_base64(Sink& sink, const Node& at, std::string text, const std::function<Result<void>(ByteView)>& good, Base64 alphabet) {
  const bool is_standard = alphabet == Base64::standard;
  if (is_standard) std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  auto bytes = from_base64(text, alphabet, is_standard ? Padding::required : Padding::none);
  const auto verdict = bytes ? good(*bytes) : Result<void>{};
  const auto hex = from_hex(text);
  const bool is_good_hex = hex && !hex->empty() && good(*hex);
  const auto as_base64 = [&] { return fmt::format("base64{}: {}", is_standard ? "" : "url", is_standard ? to_base64(*hex) : to_base64url(*hex)); };
  if (bytes && verdict) {
    if (is_good_hex && hex_of_digest(text)) sink.warning(at, "this looks like hex, and is read as base64", as_base64());
    return std::move(*bytes);
  }
  if (is_good_hex) return sink.error(at, "this looks like hex", as_base64());
  if (!bytes) return sink.error(at, bytes.error().what, is_standard ? "base64 in the standard alphabet, with its padding" : "base64url without padding");
  return sink.error(at, verdict.error());
}

std::optional<Typed> read_typed(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  const auto type = members.take("type");
  const auto value = members.take("value");
  members.finish(nullptr, std::array<std::string_view, 2>{"type", "value"});
  if (!type || type->value.text() == nullptr || type->value.text()->empty()) return sink.error(at, "no type", R"({"type": …, "value": …})", Errc::missing);
  if (!value) return sink.error(at, "no value", R"({"type": …, "value": …})", Errc::missing);
  return Typed{*type->value.text(), *value};
}

namespace {

std::optional<std::int64_t> as_key(std::string_view name) {
  std::int64_t key = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), key);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return key;
}

// A number as it stands: which of its many kinds it is, is not seen in its type's name.
std::string found(const json::Value& value) { return value.number() ? "the number " + json::print(value) : std::string{value.type_name()}; }

// As long as the digests that people paste.
std::optional<Bytes> hex_of_digest(std::string_view text) {
  if (text.size() != 64 && text.size() != 96 && text.size() != 128) return std::nullopt;
  auto bytes = from_hex(text);
  return bytes ? std::optional{std::move(*bytes)} : std::nullopt;
}

// Depth is bounded by the JSON parser.
void encode(cbor::Writer& out, const json::Value& value) {
  if (value.is_null()) {
    out.null();
  } else if (const bool* flag = value.boolean()) {
    out.boolean(*flag);
  } else if (const auto number = value.integer()) {
    out.integer(*number);
  } else if (const auto big = value.unsigned_integer()) {
    out.uint(*big);
  } else if (const auto floating = value.number()) {
    out.floating(*floating);
  } else if (const std::string* text = value.text()) {
    out.text(*text);
  } else if (const json::Array* array = value.array()) {
    out.array(array->size());
    for (const json::Value& item : *array) encode(out, item);
  } else {
    std::map<Bytes, Bytes> members;
    for (const auto& [name, item] : *value.object()) {
      cbor::Writer key;
      key.text(name);
      cbor::Writer content;
      encode(content, item);
      members[std::move(key).take()] = std::move(content).take();  // the last one counts
    }
    out.raw(cbor::encode_sorted_map({members.begin(), members.end()}));
  }
}

}  // namespace
}  // namespace assay::corim
