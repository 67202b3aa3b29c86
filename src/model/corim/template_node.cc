#include "model/corim/template_node.h"

#include <algorithm>
#include <charconv>

#include "base/nearest.h"
#include "base/text.h"
#include "codec/cbor/cbor.h"

namespace assay::corim {
namespace {

std::optional<std::int64_t> as_key(std::string_view name);
void encode(cbor::Writer& out, const json::Value& value);

}  // namespace

Result<json::Value> parse_template(std::string_view text) { return json::parse(text, json::Duplicates::keep); }

std::string Node::pointer() const {
  if (parent == nullptr) return "";
  return name.empty() ? json::pointer(parent->pointer(), index) : json::pointer(parent->pointer(), name);
}

std::nullopt_t Sink::error(const Node& at, std::string what, std::string_view expected, Errc errc) {
  problems.push_back({Problem::Severity::error, errc, at.pointer(), std::move(what), std::string{expected}});
  return std::nullopt;
}

void Sink::warning(const Node& at, std::string what, std::string_view expected) {
  problems.push_back({Problem::Severity::warning, Errc::invalid, at.pointer(), std::move(what), std::string{expected}});
}

std::nullopt_t Sink::error(const Node& at, const Error& error) { return this->error(at, error.what, error.expected, error.errc); }

Members::Members(Sink& sink, const Node& at, Names names) : sink_{sink}, at_{at}, names_{names}, object_{at.value.object()} {
  if (object_ == nullptr) sink.error(at, std::string{at.value.type_name()}, "an object", Errc::malformed);
  else taken_.resize(object_->size());
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
    const std::string_view near = nearest(known, name);
    sink_.warning(at_, fmt::format("unknown member {}, which is not written", quoted(name)), near.empty() ? std::string{} : fmt::format("perhaps {}", quoted(near)));
  }
}

std::optional<std::string> read_text(Sink& sink, const Node& at) {
  if (const std::string* text = at.value.text()) return *text;
  return sink.error(at, std::string{at.value.type_name()}, "a string", Errc::malformed);
}

std::optional<std::int64_t> read_integer(Sink& sink, const Node& at) {
  if (const auto number = at.value.integer()) return number;
  return sink.error(at, std::string{at.value.type_name()}, "an integer", Errc::malformed);
}

std::optional<std::uint64_t> read_uint(Sink& sink, const Node& at) {
  if (const auto number = at.value.unsigned_integer()) return number;
  return sink.error(at, at.value.integer() ? "a negative number" : std::string{at.value.type_name()}, "an integer from 0 on", Errc::malformed);
}

std::optional<bool> read_bool(Sink& sink, const Node& at) {
  if (const bool* value = at.value.boolean()) return *value;
  return sink.error(at, std::string{at.value.type_name()}, "true or false", Errc::malformed);
}

std::optional<Bytes> read_base64(Sink& sink, const Node& at) {
  auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  std::erase_if(*text, [](char c) { return c == '\n' || c == '\r'; });
  auto bytes = from_base64(*text);
  if (!bytes) return sink.error(at, bytes.error().what, "base64 in the standard alphabet, with its padding");
  return std::move(*bytes);
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
    std::vector<std::pair<Bytes, Bytes>> entries;
    for (const auto& [name, item] : *value.object()) {
      cbor::Writer key;
      key.text(name);
      cbor::Writer content;
      encode(content, item);
      std::erase_if(entries, [&](const auto& entry) { return equal(entry.first, key.view()); });  // the last one counts
      entries.emplace_back(std::move(key).take(), std::move(content).take());
    }
    out.raw(cbor::encode_sorted_map(std::move(entries)));
  }
}

}  // namespace
}  // namespace assay::corim
