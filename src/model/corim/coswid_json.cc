#include "base/text.h"
#include "model/corim/coswid_shapes.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

json::Value value_to_json(const SwidField& field, const SwidValue& value);
json::Value label_to_json(SwidWords words, const SwidLabel& label);
json::Value list_to_json(const SwidField& field, const std::vector<SwidMap>& maps);

std::optional<SwidValue> read_value(Sink& sink, const Node& at, const SwidField& field);
std::optional<SwidValue> read_plain(Sink& sink, const Node& at, const SwidField& field);
std::optional<SwidValue> read_some_text(Sink& sink, const Node& at, const SwidField& field);
std::optional<SwidValue> read_size(Sink& sink, const Node& at);
std::optional<SwidValue> read_swid_tag_id(Sink& sink, const Node& at);
std::optional<SwidLabel> read_label(Sink& sink, const Node& at, SwidWords words);
std::optional<SwidValue> read_hash(Sink& sink, const Node& at);
std::optional<SwidValue> read_date(Sink& sink, const Node& at);

template <class T>
std::optional<SwidValue> some(std::optional<T> value) {
  if (!value) return std::nullopt;
  return std::optional<SwidValue>{std::in_place, std::move(*value)};
}

// One value, or an array of them; what cannot be read is left out, and is in the problems.
template <class T, class F>
std::optional<SwidValue> one_or_more(Sink& sink, const Node& at, F&& read) {
  std::vector<T> list;
  if (const json::Array* array = at.value.array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (auto item = read(Node{(*array)[i], &at, {}, i})) list.push_back(std::move(*item));
    }
    if (array->empty()) return sink.error(at, "an empty list", "at least one");
  } else if (auto item = read(at)) {
    list.push_back(std::move(*item));
  }
  if (list.empty()) return std::nullopt;
  return std::optional<SwidValue>{std::in_place, std::move(list)};
}

}  // namespace

json::Value to_json(const Coswid& coswid) { return swid_to_json(coswid.tag, SwidShape::tag); }

json::Value swid_to_json(const SwidMap& map, SwidShape shape) {
  json::Object object;
  for (const SwidField& field : fields_of(shape)) {
    if (const SwidValue* value = find_member(map, field.key)) object.set(std::string{field.name}, value_to_json(field, *value));
  }
  return object;
}

std::optional<SwidMap> read_swid(Sink& sink, const Node& at, SwidShape shape) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  const auto fields = fields_of(shape);
  std::vector<std::optional<SwidValue>> values(fields.size());
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    names.push_back(fields[i].name);
    const bool needed = fields[i].presence == SwidPresence::needed;
    const auto node = needed ? members.need(fields[i].name) : members.take(fields[i].name);
    if (node) values[i] = read_value(sink, *node, fields[i]);
  }
  members.finish(nullptr, names);
  // What is missing has been said.
  auto map = assemble(shape, std::move(values));
  return map ? std::optional{std::move(*map)} : std::nullopt;
}

namespace {

json::Value value_to_json(const SwidField& field, const SwidValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return field.type == SwidType::date ? json::Value{to_rfc3339(*number)} : json::Value{*number};
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* uuid = std::get_if<Uuid>(&value)) return to_text(*uuid);
  if (const auto* label = std::get_if<SwidLabel>(&value)) return label_to_json(field.words, *label);
  if (const auto* digest = std::get_if<Digest>(&value)) return fmt::format("{};{}", to_text(digest->algorithm), to_base64(digest->value));
  if (const auto* maps = std::get_if<std::vector<SwidMap>>(&value)) return list_to_json(field, *maps);
  const auto& labels = std::get<std::vector<SwidLabel>>(value);
  if (labels.size() == 1) return label_to_json(field.words, labels.front());
  json::Array array;
  for (const SwidLabel& one : labels) array.push_back(label_to_json(field.words, one));
  return array;
}

json::Value label_to_json(SwidWords words, const SwidLabel& label) {
  if (const auto* text = std::get_if<std::string>(&label)) return *text;
  const std::int64_t number = std::get<std::int64_t>(label);
  const std::string_view word = word_of(words, number);
  return word.empty() ? json::Value{number} : json::Value{word};
}

json::Value list_to_json(const SwidField& field, const std::vector<SwidMap>& maps) {
  if (field.type == SwidType::map && maps.size() == 1) return swid_to_json(maps.front(), field.shape);
  json::Array array;
  for (const SwidMap& one : maps) array.push_back(swid_to_json(one, field.shape));
  return array;
}

std::optional<SwidValue> read_value(Sink& sink, const Node& at, const SwidField& field) {
  switch (field.type) {
    case SwidType::label: return some(read_label(sink, at, field.words));
    case SwidType::labels: return one_or_more<SwidLabel>(sink, at, [&](const Node& node) { return read_label(sink, node, field.words); });
    case SwidType::maps: return one_or_more<SwidMap>(sink, at, [&](const Node& node) { return read_swid(sink, node, field.shape); });
    case SwidType::map:
      if (auto map = read_swid(sink, at, field.shape)) return std::optional<SwidValue>{std::in_place, std::vector<SwidMap>{std::move(*map)}};
      return std::nullopt;
    default: return read_plain(sink, at, field);
  }
}

std::optional<SwidValue> read_plain(Sink& sink, const Node& at, const SwidField& field) {
  switch (field.type) {
    case SwidType::flag: return read_bool(sink, at).value_or(false) ? std::optional<SwidValue>{true} : std::nullopt;
    case SwidType::boolean: return some(read_bool(sink, at));
    case SwidType::integer: return some(read_integer(sink, at));
    case SwidType::uint: return read_size(sink, at);
    case SwidType::tag_id: return read_swid_tag_id(sink, at);
    case SwidType::hash: return read_hash(sink, at);
    case SwidType::date: return read_date(sink, at);
    default: return read_some_text(sink, at, field);
  }
}

std::optional<SwidValue> read_some_text(Sink& sink, const Node& at, const SwidField& field) {
  auto text = read_text(sink, at);
  if (text && text->empty() && field.presence == SwidPresence::optional) return std::nullopt;
  return some(std::move(text));
}

std::optional<SwidValue> read_size(Sink& sink, const Node& at) {
  const auto number = read_integer(sink, at);
  if (number && *number < 0) return sink.error(at, fmt::format("{}", *number), "0 or more");
  return some(number);
}

std::optional<SwidValue> read_swid_tag_id(Sink& sink, const Node& at) {
  const auto id = read_tag_id(sink, at);
  if (!id) return std::nullopt;
  if (const auto* uuid = std::get_if<Uuid>(&*id)) return SwidValue{*uuid};
  return SwidValue{std::get<std::string>(*id)};
}

std::optional<SwidLabel> read_label(Sink& sink, const Node& at, SwidWords words) {
  if (const auto number = at.value.integer()) return SwidLabel{*number};
  const std::string* text = at.value.text();
  if (text == nullptr) return sink.error(at, std::string{at.value.type_name()}, "a name or a number", Errc::malformed);
  if (text->empty()) return sink.error(at, "an empty name", "a name or a number");
  return label_of(words, *text);
}

std::optional<SwidValue> read_hash(Sink& sink, const Node& at) {
  if (at.value.text() == nullptr) return sink.error(at, std::string{at.value.type_name()}, R"("sha-256;base64")", Errc::malformed);
  auto digest = read_digest(sink, at);
  if (digest && !std::holds_alternative<std::int64_t>(digest->algorithm)) return sink.error(at, "algorithm " + quoted(to_text(digest->algorithm)), "a registered one", Errc::unsupported);
  return some(std::move(digest));
}

std::optional<SwidValue> read_date(Sink& sink, const Node& at) {
  const auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  const auto time = from_rfc3339_any_zone(*text);
  if (!time) return sink.error(at, time.error());
  if (!is_swid_time(*time)) return sink.error(at, quoted(*text), "the years 1 to 9999, in UTC");
  return SwidValue{*time};
}

}  // namespace
}  // namespace assay::corim
