// The two JSON forms (draft-ietf-rats-msg-wrap §3): record and collection. A Content-Format as type is read, as the Go library
// does, and never written: the draft has media types only.
#include "base/text.h"
#include "codec/json/json.h"
#include "envelope/cmw/rules.h"

namespace assay::cmw {
namespace {

// `within`, where there is a pointer: the document itself has none.
template <class T>
Result<T> located(const std::string& where, Result<T> result) {
  return where.empty() ? std::move(result) : within(where, std::move(result));
}
Result<Cmw> read_cmw(const json::Value& value, const std::string& where, std::size_t depth);
Result<Record> read_record(const json::Array& items);
Result<Collection> read_collection(const json::Object& object, const std::string& where, std::size_t depth);
Result<MessageType> read_type(const json::Value& value);
Result<Bytes> read_value(const json::Value& value);
Result<std::uint32_t> read_indicator(const json::Value& value);
Result<json::Value> write_cmw(const Cmw& cmw, std::size_t depth);
Result<json::Value> write_record(const Record& record);
Result<json::Value> write_collection(const Collection& collection, std::size_t depth);

}  // namespace

Result<Cmw> parse_json(std::string_view text) {
  if (text.size() > kMaxResult) return fail_at(Errc::limit, kMaxResult, fmt::format("a CMW of {} bytes", text.size()), "at most 1 MiB");
  const json::Value value = TRY(json::parse(text));
  return read_cmw(value, "", 1);
}

Result<std::string> encode_json(const Cmw& cmw) {
  const json::Value value = TRY(write_cmw(cmw, 1));
  return json::print(value, {.sorted = true});
}

namespace {

Result<Cmw> read_cmw(const json::Value& value, const std::string& where, std::size_t depth) {
  if (const json::Array* items = value.array()) {
    Record record = TRY(located(where, read_record(*items)));
    return Cmw{std::move(record)};
  }
  if (const json::Object* object = value.object()) {
    TRY(located(where, check_nesting(depth)));
    return Cmw{std::make_shared<Collection>(TRY(read_collection(*object, where, depth)))};
  }
  return fail_expecting(Errc::malformed, where, fmt::format("want JSON object or JSON array start symbols, got: {}", value.type_name()), "a record or a collection");
}

Result<Record> read_record(const json::Array& items) {
  if (items.size() < 2 || items.size() > 3) return fail_expecting(Errc::malformed, "", fmt::format("wrong number of entries ({}) in the CMW record", items.size()), "2 or 3");
  Record record;
  record.type = TRY(within("unmarshaling type", read_type(items[0])));
  record.value = TRY(within("unmarshaling value", read_value(items[1])));
  if (items.size() == 3) record.ind = TRY(within("unmarshaling indicator", read_indicator(items[2])));
  TRY(check_record(record));
  return record;
}

Result<Collection> read_collection(const json::Object& object, const std::string& where, std::size_t depth) {
  Collection collection;
  if (object.size() > kMaxEntries + 1) return fail_expecting(Errc::limit, where, fmt::format("{} members", object.size()), "at most 1024 entries");
  for (const auto& [name, value] : object) {
    const std::string member = json::pointer(where, name);
    if (name == kTypeMember) {
      if (value.text() == nullptr) return fail_expecting(Errc::malformed, member, std::string{value.type_name()}, "text");
      collection.type = *value.text();
      continue;
    }
    TRY(located(where, check_label(name)));
    Cmw entry = TRY(read_cmw(value, member, depth + 1));
    collection.entries.emplace_back(name, std::move(entry));
  }
  TRY(located(where, check_collection(collection)));
  return collection;
}

Result<MessageType> read_type(const json::Value& value) {
  constexpr std::string_view expected = "a media type";
  if (value.text() != nullptr) return *value.text();
  const auto number = value.number();
  if (!number) return fail_expecting(Errc::malformed, "", fmt::format("expecting string or uint16, got {}", value.type_name()), expected);
  const auto format = value.unsigned_integer();
  if (!format || *format > 0xffff) return fail_expecting(Errc::malformed, "", fmt::format("cannot unmarshal {:f} into uint16", *number), expected);
  return static_cast<std::uint16_t>(*format);
}

Result<Bytes> read_value(const json::Value& value) {
  constexpr std::string_view expected = "base64url without padding";
  if (value.text() == nullptr) return fail_expecting(Errc::malformed, "", fmt::format("cannot base64 url-safe decode: {}", value.type_name()), expected);
  auto bytes = from_base64(*value.text(), Base64::url, Padding::none);
  if (bytes) return bytes;
  // The offset counts inside the text, not in the document.
  return fail_expecting(Errc::malformed, "", fmt::format("cannot base64 url-safe decode: illegal base64 data at input byte {}", bytes.error().offset.value_or(0)), expected);
}

Result<std::uint32_t> read_indicator(const json::Value& value) {
  const auto number = value.unsigned_integer();
  if (!number || *number > 0xffffffff) return fail_expecting(Errc::malformed, "", fmt::format("cannot unmarshal {} into an indicator", value.type_name()), "an unsigned integer of 32 bits");
  return static_cast<std::uint32_t>(*number);
}

Result<json::Value> write_cmw(const Cmw& cmw, std::size_t depth) {
  if (const Collection* collection = cmw.collection()) return write_collection(*collection, depth);
  return write_record(*cmw.record());
}

Result<json::Value> write_record(const Record& record) {
  TRY(check_record(record));
  json::Array items;
  if (const auto* media_type = std::get_if<std::string>(&record.type)) {
    items.emplace_back(*media_type);
  } else {
    const std::uint16_t format = std::get<std::uint16_t>(record.type);
    const auto media_type_of_format = media_type_of_content_format(format);
    if (!media_type_of_format) return fail_expecting(Errc::unsupported, "type", fmt::format("Content-Format {} of no media type that is known here", format), "a media type: JSON has no numbers for it");
    items.emplace_back(*media_type_of_format);
  }
  items.emplace_back(to_base64url(record.value));
  if (record.ind) items.emplace_back(static_cast<std::uint64_t>(*record.ind));
  return json::Value{std::move(items)};
}

Result<json::Value> write_collection(const Collection& collection, std::size_t depth) {
  TRY(check_nesting(depth));
  TRY(check_collection(collection));
  json::Object object;
  if (collection.type) object.set(std::string{kTypeMember}, *collection.type);
  for (const auto& [label, entry] : collection.entries) {
    const auto* name = std::get_if<std::string>(&label);
    if (name == nullptr) return fail_expecting(Errc::unsupported, "label", fmt::format("{}", std::get<std::int64_t>(label)), "text: JSON has no integer labels");
    TRY(check_label(*name));
    if (object.find(*name) != nullptr) return fail_expecting(Errc::duplicate, shown(label), "a label twice", "each label once");
    json::Value value = TRY(within(shown(label), write_cmw(entry, depth + 1)));
    object.set(*name, std::move(value));
  }
  return json::Value{std::move(object)};
}

}  // namespace
}  // namespace assay::cmw
