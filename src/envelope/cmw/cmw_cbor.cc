// The three CBOR forms (draft-ietf-rats-msg-wrap §3): record, tag, collection. Read with any width and indefinite arrays and maps,
// written deterministically.
#include <set>

#include "codec/cbor/cbor.h"
#include "envelope/cmw/rules.h"

namespace assay::cmw {
namespace {

using cbor::Reader;
using cbor::Type;

Result<Cmw> read_cmw(Reader& in, std::size_t depth);
Result<Record> read_record(Reader& in);
Result<Record> read_tag(Reader& in);
Result<Collection> read_collection(Reader& in, std::size_t depth);
Result<MessageType> read_type(Reader& in);
Result<std::uint32_t> read_indicator(Reader& in);
Result<Bytes> write_cmw(const Cmw& cmw, std::size_t depth);
Result<Bytes> write_record(const Record& record);
Result<Bytes> write_tag(const Record& record);
Result<Bytes> write_collection(const Collection& collection, std::size_t depth);
Error at(std::size_t offset, Error error);

}  // namespace

Result<Cmw> parse_cbor(ByteView bytes) { return parse_cbor_at(bytes, 0); }

Result<Cmw> parse_cbor_at(ByteView bytes, std::size_t base) {
  if (bytes.size() > kMaxResult) return fail_at(Errc::limit, base + kMaxResult, fmt::format("a CMW of {} bytes", bytes.size()), "at most 1 MiB");
  Reader in{bytes, cbor::Mode::tolerant, base};
  Cmw cmw = TRY(read_cmw(in, 1));
  TRY(in.expect_end());
  return cmw;
}

Result<Bytes> encode_cbor(const Cmw& cmw, bool as_tag) {
  if (!as_tag) return write_cmw(cmw, 1);
  const Record* record = cmw.record();
  if (record == nullptr) return fail_expecting(Errc::invalid, "", "a collection", "a record: only that has a tag form");
  return write_tag(*record);
}

namespace {

Result<Cmw> read_cmw(Reader& in, std::size_t depth) {
  const std::size_t start = in.offset();
  if (in.next_is(Type::array)) {
    Record record = TRY(within("decoding record", read_record(in)));
    return Cmw{std::move(record)};
  }
  if (in.next_is(Type::tag)) {
    Record record = TRY(within("decoding tag", read_tag(in)));
    return Cmw{std::move(record)};
  }
  if (in.next_is(Type::map)) {
    const auto shallow = check_nesting(depth);
    if (!shallow) return std::unexpected(at(start, shallow.error()));
    return Cmw{std::make_shared<Collection>(TRY(read_collection(in, depth)))};
  }
  if (in.at_end()) return in.fail(Errc::malformed, "unexpected EOF", "a CMW");
  const std::string_view kind = name(TRY(in.peek()));
  return in.fail(Errc::malformed, fmt::format("want CBOR map, CBOR array or CBOR Tag start symbols, got: {}", kind), "a record, a tag or a collection");
}

Result<Record> read_record(Reader& in) {
  const std::size_t start = in.offset();
  cbor::Items items = TRY(in.array());
  if (items.count() && (*items.count() < 2 || *items.count() > 3)) return fail_at(Errc::malformed, start, fmt::format("wrong number of entries ({}) in the CMW record", *items.count()), "2 or 3");
  const auto too_few = [&] { return fail_at(Errc::malformed, start, "wrong number of entries in the CMW record", "2 or 3"); };

  Record record;
  if (!TRY(items.next(in))) return too_few();
  record.type = TRY(within("unmarshaling type", read_type(in)));
  if (!TRY(items.next(in))) return too_few();
  const ByteView value = TRY(within("unmarshaling value", in.bytes()));
  record.value = to_bytes(value);
  if (TRY(items.next(in))) {
    record.ind = TRY(within("unmarshaling indicator", read_indicator(in)));
    if (TRY(items.next(in))) return too_few();
  }
  const auto checked = check_record(record);
  if (!checked) return std::unexpected(at(start, checked.error()));
  return record;
}

Result<Record> read_tag(Reader& in) {
  const std::size_t start = in.offset();
  const std::uint64_t tag = TRY(in.tag());
  const auto format = content_format_of_tag(tag);
  if (!format) return fail_at(Errc::invalid, start, fmt::format("tag {}", tag), "a tag of a Content-Format (1668546817 to 1668612095, none ending in 255)");
  const ByteView value = TRY(within("unmarshal CMW CBOR Tag bstr-wrapped value", in.bytes()));
  Record record{*format, to_bytes(value), std::nullopt, tag};
  const auto checked = check_record(record);
  if (!checked) return std::unexpected(at(start, checked.error()));
  return record;
}

Result<Collection> read_collection(Reader& in, std::size_t depth) {
  const std::size_t start = in.offset();
  Collection collection;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    if (key->is(kTypeMember)) {
      const std::string_view type = TRY(within(kTypeMember, in.text()));
      collection.type = std::string{type};
      continue;
    }
    if (collection.entries.size() == kMaxEntries) return fail_at(Errc::limit, key->offset, "more than 1024 entries", "at most 1024");
    if (key->kind == cbor::Key::Kind::text) {
      const auto checked = check_label(key->text);
      if (!checked) return std::unexpected(at(key->offset, checked.error()));
    }
    Cmw entry = TRY(within(fmt::format("invalid collection at key {}", key->shown()), read_cmw(in, depth + 1)));
    Label label = key->number;
    if (key->kind == cbor::Key::Kind::text) label = std::string{key->text};
    collection.entries.emplace_back(std::move(label), std::move(entry));
  }
  const auto checked = check_collection(collection);
  if (!checked) return std::unexpected(at(start, checked.error()));
  return collection;
}

Result<MessageType> read_type(Reader& in) {
  const std::size_t start = in.offset();
  if (in.next_is(Type::text)) return std::string{TRY(in.text())};
  if (in.next_is(Type::simple)) {
    const double number = TRY(in.floating());
    return fail_at(Errc::malformed, start, fmt::format("cannot unmarshal {:f} into uint16", number), "a media type or a Content-Format (0 to 65535)");
  }
  if (!in.next_is(Type::uint)) return in.fail(Errc::malformed, fmt::format("expecting string or uint16, got {}", name(TRY(in.peek()))), "a media type or a Content-Format (0 to 65535)");
  const std::uint64_t number = TRY(in.uint());
  if (number > 0xffff) return fail_at(Errc::malformed, start, fmt::format("cannot unmarshal {} into uint16", number), "a media type or a Content-Format (0 to 65535)");
  return static_cast<std::uint16_t>(number);
}

Result<std::uint32_t> read_indicator(Reader& in) {
  const std::size_t start = in.offset();
  const std::uint64_t number = TRY(in.uint());
  if (number > 0xffffffff) return fail_at(Errc::limit, start, fmt::format("indicator {}", number), "32 bits");
  return static_cast<std::uint32_t>(number);
}

Result<Bytes> write_cmw(const Cmw& cmw, std::size_t depth) {
  if (const Collection* collection = cmw.collection()) return write_collection(*collection, depth);
  return cmw.record()->tag ? write_tag(*cmw.record()) : write_record(*cmw.record());
}

Result<Bytes> write_record(const Record& record) {
  TRY(check_record(record));
  cbor::Writer out;
  out.array(record.ind ? 3 : 2);
  if (const auto* media_type = std::get_if<std::string>(&record.type)) {
    out.text(*media_type);
  } else {
    out.uint(std::get<std::uint16_t>(record.type));
  }
  out.bytes(record.value);
  if (record.ind) out.uint(*record.ind);
  return std::move(out).take();
}

Result<Bytes> write_tag(const Record& record) {
  TRY(check_record(record));
  if (record.ind) return fail_expecting(Errc::invalid, "indicator", "an indicator", "none: the tag form has no room for one");
  const auto* media_type = std::get_if<std::string>(&record.type);
  const auto format = media_type != nullptr ? content_format_of_media_type(*media_type) : std::get<std::uint16_t>(record.type);
  if (!format) return fail_expecting(Errc::unsupported, "type", fmt::format("media type {} has no registered CoAP Content-Format", *media_type), "one that has, or the record form");
  const auto tag = tag_of_content_format(*format);
  if (!tag) return fail_expecting(Errc::unsupported, "type", fmt::format("Content-Format {} has no tag number", *format), "at most 65024, or the record form");
  cbor::Writer out;
  return std::move(out.tag(*tag).bytes(record.value)).take();
}

Result<Bytes> write_collection(const Collection& collection, std::size_t depth) {
  TRY(check_nesting(depth));
  TRY(check_collection(collection));
  std::vector<std::pair<Bytes, Bytes>> entries;
  std::set<Bytes> keys;
  const auto text_item = [](std::string_view text) { return std::move(cbor::Writer{}.text(text)).take(); };
  if (collection.type) entries.emplace_back(text_item(kTypeMember), text_item(*collection.type));
  for (const auto& [label, entry] : collection.entries) {
    Bytes key;
    if (const auto* text = std::get_if<std::string>(&label)) {
      TRY(check_label(*text));
      key = text_item(*text);
    } else {
      key = std::move(cbor::Writer{}.integer(std::get<std::int64_t>(label))).take();
    }
    if (!keys.insert(key).second) return fail_expecting(Errc::duplicate, shown(label), "a label twice", "each label once");
    Bytes value = TRY(within(shown(label), write_cmw(entry, depth + 1)));
    entries.emplace_back(std::move(key), std::move(value));
  }
  return cbor::encode_sorted_map(std::move(entries));
}

Error at(std::size_t offset, Error error) {
  if (!error.offset) error.offset = offset;
  return error;
}

}  // namespace
}  // namespace assay::cmw
