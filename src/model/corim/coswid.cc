#include "model/corim/coswid.h"

#include "model/corim/coswid_shapes.h"
#include "model/corim/read.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

constexpr std::uint64_t kSwidTag = 1398229316;  // "SWID", RFC 9393 §8

using MaybeValue = std::optional<SwidValue>;  // nothing: as if the member were absent

Result<void> skip_outer_tags(cbor::Reader& in);
Result<MaybeValue> read_value(cbor::Reader& in, const SwidField& field);
Result<MaybeValue> read_size(cbor::Reader& in);
Result<MaybeValue> read_some_text(cbor::Reader& in, const SwidField& field);
Result<MaybeValue> read_swid_tag_id(cbor::Reader& in);
Result<SwidLabel> read_label(cbor::Reader& in, SwidWords words);
Result<MaybeValue> read_labels(cbor::Reader& in, const SwidField& field);
Result<MaybeValue> read_hash(cbor::Reader& in);
Result<MaybeValue> read_date(cbor::Reader& in);
Result<std::vector<SwidMap>> read_one_map(cbor::Reader& in, const SwidField& field);
Result<MaybeValue> read_maps(cbor::Reader& in, const SwidField& field);
void write_value(cbor::Writer& out, const SwidField& field, const SwidValue& value);
void write_label(cbor::Writer& out, const SwidLabel& label);

template <class T>
Result<MaybeValue> some(Result<T> value) {
  if (!value) return std::unexpected(std::move(value).error());
  return MaybeValue{std::in_place, std::move(*value)};
}

}  // namespace

Result<Coswid> read_coswid(ByteView bytes, const ReadOptions& options) {
  const Source source = TRY(within("CoSWID", Source::open(bytes, options)));
  cbor::Reader in = source.reader();
  TRY(within("CoSWID", skip_outer_tags(in)));
  return Coswid{TRY(within("CoSWID", read_swid(in, SwidShape::tag)))};
}

Bytes write_coswid(const Coswid& coswid) {
  cbor::Writer out;
  write_swid(out, coswid.tag, SwidShape::tag);
  return std::move(out).take();
}

Result<SwidMap> read_swid(cbor::Reader& in, SwidShape shape) {
  const std::size_t start = in.offset();
  std::vector<MaybeValue> values(fields_of(shape).size());
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    const auto index = key->kind == cbor::Key::Kind::number ? field_at(shape, key->number) : std::nullopt;
    if (!index) {
      (void)TRY(in.item());
      continue;
    }
    const SwidField& field = fields_of(shape)[*index];
    MaybeValue value = TRY(within(field.name, read_value(in, field)));
    values[*index] = std::move(value);
  }
  auto assembled = assemble(shape, std::move(values));
  if (!assembled) assembled.error().offset = start;
  return assembled;
}

void write_swid(cbor::Writer& out, const SwidMap& map, SwidShape shape) {
  std::size_t count = 0;
  cbor::Writer content;
  for (const SwidField& field : fields_of(shape)) {
    const SwidValue* value = find_member(map, field.key);
    if (value == nullptr && field.presence != SwidPresence::null_else) continue;
    ++count;
    content.uint(static_cast<std::uint64_t>(field.key));
    if (value == nullptr) content.null();
    else write_value(content, field, *value);
  }
  out.map(count).raw(content.view());
}

namespace {

// 505 as in a CoRIM, around or instead of the tag that RFC 9393 has for files.
Result<void> skip_outer_tags(cbor::Reader& in) {
  for (const std::uint64_t allowed : {static_cast<std::uint64_t>(TagKind::coswid), kSwidTag}) {
    if (!in.next_is(cbor::Type::tag)) return {};
    const std::size_t mark = in.mark();
    if (TRY(in.tag()) != allowed) in.rewind(mark);
  }
  if (!in.next_is(cbor::Type::tag)) return {};
  const std::size_t start = in.offset();
  return fail_at(Errc::unsupported, start, fmt::format("tag {}", TRY(in.tag())), "a map, in tag 505 or 1398229316 perhaps");
}

Result<MaybeValue> read_value(cbor::Reader& in, const SwidField& field) {
  if (field.presence == SwidPresence::null_else && in.next_is_null()) {
    TRY(in.null());
    return std::nullopt;
  }
  switch (field.type) {
    case SwidType::flag: return TRY(in.boolean()) ? MaybeValue{true} : std::nullopt;
    case SwidType::boolean: return some(in.boolean());
    case SwidType::integer: return some(in.integer());
    case SwidType::uint: return read_size(in);
    case SwidType::text: return read_some_text(in, field);
    case SwidType::tag_id: return read_swid_tag_id(in);
    case SwidType::label: return some(read_label(in, field.words));
    case SwidType::labels: return read_labels(in, field);
    case SwidType::hash: return read_hash(in);
    case SwidType::date: return read_date(in);
    case SwidType::map: return some(read_one_map(in, field));
    case SwidType::maps: return read_maps(in, field);
  }
  return std::nullopt;
}

Result<MaybeValue> read_size(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const std::int64_t value = TRY(in.integer());
  if (value < 0) return fail_at(Errc::invalid, start, fmt::format("{}", value), "0 or more");
  return MaybeValue{value};
}

Result<MaybeValue> read_some_text(cbor::Reader& in, const SwidField& field) {
  std::string text = TRY(read_text(in));
  if (text.empty() && field.presence == SwidPresence::optional) return std::nullopt;
  return MaybeValue{std::in_place, std::move(text)};
}

Result<MaybeValue> read_swid_tag_id(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const TagId id = TRY(read_tag_id(in));
  if (const auto* uuid = std::get_if<Uuid>(&id)) return MaybeValue{*uuid};
  if (std::get<std::string>(id).empty()) return fail_at(Errc::invalid, start, "an empty id", "a text or a UUID");
  return MaybeValue{std::get<std::string>(id)};
}

Result<SwidLabel> read_label(cbor::Reader& in, SwidWords words) {
  if (!in.next_is(cbor::Type::text)) return SwidLabel{TRY(in.integer())};
  const std::size_t start = in.offset();
  const std::string_view text = TRY(in.text());
  if (text.empty()) return fail_at(Errc::invalid, start, "an empty name", "a name or a number");
  return label_of(words, text);
}

Result<MaybeValue> read_labels(cbor::Reader& in, const SwidField& field) {
  std::vector<SwidLabel> labels;
  if (!in.next_is(cbor::Type::array)) {
    labels.push_back(TRY(read_label(in, field.words)));
    return MaybeValue{std::move(labels)};
  }
  const std::size_t start = in.offset();
  cbor::Items items = TRY(in.array());
  while (TRY(items.next(in))) labels.push_back(TRY(read_label(in, field.words)));
  if (labels.empty()) return fail_at(Errc::invalid, start, "an empty list", "at least one");
  return MaybeValue{std::move(labels)};
}

// The value is carried whatever its length: a tag may describe what we cannot check.
Result<MaybeValue> read_hash(cbor::Reader& in) {
  constexpr std::string_view kShape = "[algorithm, value]";
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kShape));
  Digest digest;
  digest.algorithm = TRY(in.integer());
  TRY(expect_item(in, items, kShape));
  digest.value = TRY(read_bytes(in));
  TRY(expect_no_item(in, items, kShape));
  return MaybeValue{std::move(digest)};
}

// Tag 1 around seconds, or tag 0 around RFC 3339.
Result<MaybeValue> read_date(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const std::uint64_t tag = TRY(in.tag());
  if (tag > 1) return fail_at(Errc::unsupported, start, fmt::format("tag {}", tag), "a time: tag 1 or 0");
  const UnixSeconds time = tag == 1 ? TRY(in.integer()) : TRY(from_rfc3339_any_zone(TRY(in.text())));
  if (!is_swid_time(time)) return fail_at(Errc::invalid, start, fmt::format("the time {}", time), "the years 1 to 9999");
  return MaybeValue{time};
}

Result<std::vector<SwidMap>> read_one_map(cbor::Reader& in, const SwidField& field) {
  std::vector<SwidMap> maps;
  maps.push_back(TRY(read_swid(in, field.shape)));
  return maps;
}

Result<MaybeValue> read_maps(cbor::Reader& in, const SwidField& field) {
  if (!in.next_is(cbor::Type::array)) return some(read_one_map(in, field));
  std::vector<SwidMap> maps;
  const std::size_t start = in.offset();
  cbor::Items items = TRY(in.array());
  while (TRY(items.next(in))) {
    auto map = read_swid(in, field.shape);
    if (!map) return std::unexpected(within(fmt::format("{}", maps.size()), std::move(map).error()));
    maps.push_back(std::move(*map));
  }
  if (maps.empty()) return fail_at(Errc::invalid, start, "an empty list", "at least one");
  return MaybeValue{std::move(maps)};
}

void write_value(cbor::Writer& out, const SwidField& field, const SwidValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) {
    out.boolean(*flag);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (field.type == SwidType::date) out.tag(1);
    out.integer(*number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.text(*text);
  } else if (const auto* uuid = std::get_if<Uuid>(&value)) {
    out.bytes(*uuid);
  } else if (const auto* label = std::get_if<SwidLabel>(&value)) {
    write_label(out, *label);
  } else if (const auto* digest = std::get_if<Digest>(&value)) {
    write_digest(out, *digest);
  } else if (const auto* labels = std::get_if<std::vector<SwidLabel>>(&value)) {
    if (labels->size() != 1) out.array(labels->size());
    for (const SwidLabel& one : *labels) write_label(out, one);
  } else {
    const auto& maps = std::get<std::vector<SwidMap>>(value);
    if (maps.size() != 1) out.array(maps.size());
    for (const SwidMap& one : maps) write_swid(out, one, field.shape);
  }
}

void write_label(cbor::Writer& out, const SwidLabel& label) {
  if (const auto* number = std::get_if<std::int64_t>(&label)) out.integer(*number);
  else out.text(std::get<std::string>(label));
}

}  // namespace
}  // namespace assay::corim
