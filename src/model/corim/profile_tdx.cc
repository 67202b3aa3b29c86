// What Intel's profile for TDX adds to measurement values: plain values, and expressions that evidence is to satisfy.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "model/corim/check.h"
#include "model/corim/display.h"
#include "model/corim/profile.h"
#include "model/corim/read.h"
#include "model/corim/template_node.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

constexpr std::uint64_t kNumberExpression = 60010, kDigestsExpression = 60020, kTextsExpression = 60021;
constexpr std::size_t kComponents = 16;                 // security versions of a TCB
constexpr UnixSeconds kFirstTime = -62'135'596'800;     // 0001-01-01
constexpr UnixSeconds kLastTime = 253'402'300'799;      // 9999-12-31
constexpr std::uint64_t kTimeText = 0, kTimeEpoch = 1;  // RFC 8949 §3.4.1 and §3.4.2

// By number. "less_or equal" is how the first implementation spells it; it takes any word it does not know for "equal", so that it is
// what we write.
constexpr std::array<std::string_view, 11> kOperators{"equal", "greater_than", "greater_or_equal", "less_than", "less_or equal", "nop", "member", "non_member", "subset", "superset", "disjoint"};
constexpr std::uint64_t kGreaterOrEqual = 2, kLessOrEqual = 4, kMember = 6, kNonMember = 7;

// [operator, operand] behind its tag. Nothing: the value stands alone, to be equal.
using Operator = std::optional<std::uint64_t>;
Result<cbor::Items> open_expression(cbor::Reader& in, std::uint64_t wanted);
Result<Operator> read_operator(cbor::Reader& in, cbor::Items& items);
std::optional<std::uint64_t> operator_of(Sink& sink, const Node& at);
json::Value typed(std::string_view type, json::Value value);
json::Value expression(std::string_view type, std::uint64_t op, std::string_view operand, json::Value value, std::string_view prefix);
Result<void> is_set_operator(const Operator& op);
// {"PREFIX-operator": …, OPERAND: …}
std::optional<Node> take_expression(Sink& sink, const Node& at, std::string_view prefix, std::string_view operand, Operator& op);
std::unexpected<Error> empty(std::string_view what) { return fail_expecting(Errc::invalid, "", fmt::format("no {}", what), "at least one"); }

// The kinds of values. Each reads itself from CBOR and from a template, writes itself to both, and knows its rules.
struct Time {
  UnixSeconds time = 0;
  static Result<Time> read(cbor::Reader& in);
  static std::optional<Time> read(Sink& sink, const Node& at);
  void write(cbor::Writer& out) const { out.tag(kTimeEpoch).integer(time); }
  json::Value show(Generation) const { return to_rfc3339(time); }
  Result<void> check() const { return {}; }
};

struct Id {  // a number or bytes
  std::variant<std::uint64_t, Bytes> id;
  static Result<Id> read(cbor::Reader& in);
  static std::optional<Id> read(Sink& sink, const Node& at);
  void write(cbor::Writer& out) const;
  json::Value show(Generation) const;
  Result<void> check() const;
};

struct Text {
  std::string text;
  static Result<Text> read(cbor::Reader& in) { return Text{TRY(read_text(in))}; }
  static std::optional<Text> read(Sink& sink, const Node& at);
  void write(cbor::Writer& out) const { out.text(text); }
  json::Value show(Generation) const { return text; }
  Result<void> check() const;
};

struct Bits {
  Bytes bits;
  static Result<Bits> read(cbor::Reader& in);
  static std::optional<Bits> read(Sink& sink, const Node& at);
  void write(cbor::Writer& out) const { out.bytes(bits); }
  json::Value show(Generation) const { return to_base64(bits); }
  Result<void> check() const;
};

struct Count {  // a security version, an evaluation number
  Operator op;
  std::uint64_t count = 0;
  static Result<Count> read(cbor::Reader& in);
  static std::optional<Count> read(Sink& sink, const Node& at);
  void write(cbor::Writer& out) const;
  json::Value show(Generation) const;
  Result<void> check() const;
};

struct Counts {
  std::vector<Count> counts;
  static Result<Counts> read(cbor::Reader& in) { return Counts{TRY(read_list<Count>(in, "component", Count::read))}; }
  static std::optional<Counts> read(Sink& sink, const Node& at);
  void write(cbor::Writer& out) const;
  json::Value show(Generation generation) const;
  Result<void> check() const;
};

struct DigestSet {
  Operator op;
  Digests digests;
  static Result<DigestSet> read(cbor::Reader& in);
  static std::optional<DigestSet> read(Sink& sink, const Node& at);
  void write(cbor::Writer& out) const;
  json::Value show(Generation generation) const;
  Result<void> check() const;
};

struct TextSet {
  Operator op;
  std::vector<std::string> texts;
  static Result<TextSet> read(cbor::Reader& in);
  static std::optional<TextSet> read(Sink& sink, const Node& at);
  void write(cbor::Writer& out) const;
  json::Value show(Generation) const;
  Result<void> check() const;
};

struct Keys {
  std::vector<CryptoKey> keys;
  static Result<Keys> read(cbor::Reader& in) { return Keys{TRY(read_list(in, "key", read_key))}; }
  static std::optional<Keys> read(Sink& sink, const Node& at);
  void write(cbor::Writer& out) const { write_key_list(out, keys); }
  json::Value show(Generation generation) const;
  Result<void> check() const;
};

template <class T>
Result<T> read_item(ByteView item) {
  cbor::Reader in{item, cbor::Mode::tolerant};
  T value = TRY(T::read(in));
  TRY(in.expect_end());
  return value;
}

template <class T>
constexpr Extension member(std::int64_t key, std::string_view name) {
  return {
      .key = key,
      .name = name,
      .compile = [](Sink& sink, const Node& at) -> std::optional<Bytes> {
        const auto value = T::read(sink, at);
        if (!value) return std::nullopt;
        cbor::Writer out;
        value->write(out);
        return std::move(out).take();
      },
      .show = [](ByteView item, Generation generation) -> Result<json::Value> {
        const T value = TRY(read_item<T>(item));
        return value.show(generation);
      },
      .check = [](ByteView item) -> Result<void> {
        const T value = TRY(read_item<T>(item));
        return value.check();
      },
  };
}

constexpr std::array kTdx{
    member<Time>(-72, "tcbdate"),
    member<Count>(-73, "isvsvn"),
    member<Id>(-77, "instanceid"),
    member<Text>(-80, "pceid"),
    member<Bits>(-81, "miscselect"),
    member<Bits>(-82, "attributes"),
    member<DigestSet>(-83, "mrtee"),
    member<DigestSet>(-84, "mrsigner"),
    member<Id>(-85, "isvprodid"),
    member<Count>(-86, "tcbevalnum"),
    member<TextSet>(-88, "tcbstatus"),
    member<TextSet>(-89, "advisoryids"),
    member<Time>(-90, "epoch"),
    member<Keys>(-91, "teecryptokeys"),
    member<Counts>(-125, "tcbcompsvn"),
};

}  // namespace

Extensions tdx_extensions() { return kTdx; }

Extensions extensions_of(const std::optional<Profile>& profile) { return profile && to_text(*profile) == kTdxProfile ? tdx_extensions() : Extensions{}; }

const Extension* find(Extensions extensions, std::int64_t key) {
  const auto found = std::ranges::find(extensions, key, &Extension::key);
  return found == extensions.end() ? nullptr : &*found;
}

namespace {

// Times: written in seconds since 1970; a text is read as well.
Result<Time> Time::read(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const std::uint64_t tag = TRY(in.tag());
  if (tag != kTimeText && tag != kTimeEpoch) return fail_at(Errc::unsupported, start, fmt::format("tag {}", tag), "a time: tag 1, or tag 0 with a text");
  if (tag == kTimeText) {
    const std::string_view text = TRY(in.text());
    return Time{TRY(from_rfc3339_any_zone(text))};
  }
  const Time value{TRY(in.integer())};
  if (value.time < kFirstTime || value.time > kLastTime) return fail_at(Errc::invalid, start, fmt::format("the time {}", value.time), "a year from 1 to 9999");
  return value;
}
std::optional<Time> Time::read(Sink& sink, const Node& at) {
  const auto text = read_text(sink, at);
  if (!text) return std::nullopt;
  const auto time = from_rfc3339_any_zone(*text);
  if (!time) return sink.error(at, time.error());
  return Time{*time};
}

Result<Id> Id::read(cbor::Reader& in) {
  if (in.next_is(cbor::Type::uint)) return Id{TRY(in.uint())};
  return Id{TRY(read_bytes(in))};
}
std::optional<Id> Id::read(Sink& sink, const Node& at) {
  const auto value = read_typed(sink, at);
  if (!value) return std::nullopt;
  if (value->type == "uint") {
    const auto number = read_uint(sink, value->value);
    return number ? std::optional{Id{*number}} : std::nullopt;
  }
  if (value->type != "bytes") return sink.error(at, "type " + quoted(value->type), "uint or bytes", Errc::unsupported);
  auto bytes = read_base64(sink, value->value);
  return bytes ? std::optional{Id{std::move(*bytes)}} : std::nullopt;
}
void Id::write(cbor::Writer& out) const {
  if (const auto* number = std::get_if<std::uint64_t>(&id)) out.uint(*number);
  else out.bytes(std::get<Bytes>(id));
}
json::Value Id::show(Generation) const {
  if (const auto* number = std::get_if<std::uint64_t>(&id)) return typed("uint", *number);
  return typed("bytes", to_base64(std::get<Bytes>(id)));
}
Result<void> Id::check() const {
  const auto* bytes = std::get_if<Bytes>(&id);
  if (bytes != nullptr && bytes->empty()) return empty("bytes");
  return {};
}

std::optional<Text> Text::read(Sink& sink, const Node& at) {
  auto text = read_text(sink, at);
  return text ? std::optional{Text{std::move(*text)}} : std::nullopt;
}
Result<void> Text::check() const {
  if (text.empty()) return fail_expecting(Errc::invalid, "", "an empty text", "an id");
  return {};
}

// The profile's own example has an array of numbers where the profile says a byte string.
Result<Bits> Bits::read(cbor::Reader& in) {
  if (!in.next_is(cbor::Type::array)) return Bits{TRY(read_bytes(in))};
  const auto octet = [](cbor::Reader& from) -> Result<std::uint8_t> {
    const std::size_t start = from.offset();
    const std::uint64_t number = TRY(from.uint());
    if (number > 0xff) return fail_at(Errc::invalid, start, fmt::format("{} as a byte", number), "0 to 255");
    return static_cast<std::uint8_t>(number);
  };
  return Bits{TRY(read_list<std::uint8_t>(in, "byte", octet))};
}
std::optional<Bits> Bits::read(Sink& sink, const Node& at) {
  auto bytes = read_base64(sink, at);
  return bytes ? std::optional{Bits{std::move(*bytes)}} : std::nullopt;
}
Result<void> Bits::check() const { return bits.empty() ? Result<void>{empty("bytes")} : Result<void>{}; }

Result<Count> Count::read(cbor::Reader& in) {
  if (!in.next_is(cbor::Type::tag)) return Count{{}, TRY(in.uint())};
  Count value;
  cbor::Items items = TRY(open_expression(in, kNumberExpression));
  value.op = TRY(read_operator(in, items));
  value.count = TRY(in.uint());
  TRY(expect_no_item(in, items, "[operator, number]"));
  return value;
}
std::optional<Count> Count::read(Sink& sink, const Node& at) {
  const auto value = read_typed(sink, at);
  if (!value) return std::nullopt;
  const auto counted = [&](const Node& from, Operator op) {
    const auto number = read_uint(sink, from);
    return number ? std::optional{Count{op, *number}} : std::nullopt;
  };
  if (value->type == "uint") return counted(value->value, {});
  if (value->type != "numeric-expression") return sink.error(at, "type " + quoted(value->type), "uint or numeric-expression", Errc::unsupported);
  Operator op;
  const auto operand = take_expression(sink, value->value, "numeric", "numeric-type", op);
  const auto number = operand ? read_typed(sink, *operand) : std::nullopt;
  if (!number || !op) return std::nullopt;
  if (number->type != "uint") return sink.error(*operand, "type " + quoted(number->type), "uint", Errc::unsupported);
  return counted(number->value, op);
}
void Count::write(cbor::Writer& out) const {
  if (op) out.tag(kNumberExpression).array(2).uint(*op);
  out.uint(count);
}
json::Value Count::show(Generation) const {
  if (!op) return typed("uint", count);
  return expression("numeric-expression", *op, "numeric-type", typed("uint", count), "numeric");
}
Result<void> Count::check() const {
  if (op && *op != kGreaterOrEqual) return fail_expecting(Errc::invalid, "", "operator " + std::string{kOperators[*op]}, "greater_or_equal");
  return {};
}

std::optional<Counts> Counts::read(Sink& sink, const Node& at) {
  auto counts = read_list<Count>(sink, at, Count::read);
  return counts ? std::optional{Counts{std::move(*counts)}} : std::nullopt;
}
void Counts::write(cbor::Writer& out) const {
  out.array(counts.size());
  for (const Count& one : counts) one.write(out);
}
json::Value Counts::show(Generation generation) const {
  json::Array list;
  for (const Count& one : counts) list.push_back(one.show(generation));
  return list;
}
Result<void> Counts::check() const {
  if (counts.size() != kComponents) return fail_expecting(Errc::invalid, "", fmt::format("{} components", counts.size()), "16");
  for (std::size_t i = 0; i < counts.size(); ++i) TRY(within(fmt::format("component {}", i), counts[i].check()));
  return {};
}

Result<DigestSet> DigestSet::read(cbor::Reader& in) {
  if (!in.next_is(cbor::Type::tag)) return DigestSet{{}, TRY(read_list(in, "digest", read_digest))};
  DigestSet value;
  cbor::Items items = TRY(open_expression(in, kDigestsExpression));
  value.op = TRY(read_operator(in, items));
  value.digests = TRY(read_list(in, "digest", read_digest));
  TRY(expect_no_item(in, items, "[operator, digests]"));
  return value;
}
std::optional<DigestSet> DigestSet::read(Sink& sink, const Node& at) {
  const auto value = read_typed(sink, at);
  if (!value) return std::nullopt;
  const bool is_plain = value->type == "digest";
  if (!is_plain && value->type != "digest-expression") return sink.error(at, "type " + quoted(value->type), "digest or digest-expression", Errc::unsupported);
  DigestSet set;
  const auto list = is_plain ? std::optional{value->value} : take_expression(sink, value->value, "set", "set-digest", set.op);
  auto digests = list ? read_list(sink, *list, read_digest) : std::nullopt;
  if (!digests || set.op.has_value() == is_plain) return std::nullopt;
  set.digests = std::move(*digests);
  return set;
}
void DigestSet::write(cbor::Writer& out) const {
  if (op) out.tag(kDigestsExpression).array(2).uint(*op);
  write_digests(out, digests);
}
json::Value DigestSet::show(Generation generation) const {
  json::Array list;
  for (const Digest& digest : digests) list.push_back(digest_to_json(digest, generation));
  return op ? expression("digest-expression", *op, "set-digest", std::move(list), "set") : typed("digest", std::move(list));
}
Result<void> DigestSet::check() const { return digests.empty() ? Result<void>{empty("digests")} : is_set_operator(op); }

Result<TextSet> TextSet::read(cbor::Reader& in) {
  if (!in.next_is(cbor::Type::tag)) return TextSet{{}, TRY(read_list<std::string>(in, "text", read_text))};
  TextSet value;
  cbor::Items items = TRY(open_expression(in, kTextsExpression));
  value.op = TRY(read_operator(in, items));
  value.texts = TRY(read_list<std::string>(in, "text", read_text));
  TRY(expect_no_item(in, items, "[operator, texts]"));
  return value;
}
std::optional<TextSet> TextSet::read(Sink& sink, const Node& at) {
  const auto value = read_typed(sink, at);
  if (!value) return std::nullopt;
  const bool is_plain = value->type == "string";
  if (!is_plain && value->type != "string-expression") return sink.error(at, "type " + quoted(value->type), "string or string-expression", Errc::unsupported);
  TextSet set;
  const auto list = is_plain ? std::optional{value->value} : take_expression(sink, value->value, "set", "set-string", set.op);
  auto texts = list ? read_list<std::string>(sink, *list, read_text) : std::nullopt;
  if (!texts || set.op.has_value() == is_plain) return std::nullopt;
  set.texts = std::move(*texts);
  return set;
}
void TextSet::write(cbor::Writer& out) const {
  if (op) out.tag(kTextsExpression).array(2).uint(*op);
  out.array(texts.size());
  for (const std::string& text : texts) out.text(text);
}
json::Value TextSet::show(Generation) const {
  json::Array list{texts.begin(), texts.end()};
  return op ? expression("string-expression", *op, "set-string", std::move(list), "set") : typed("string", std::move(list));
}
Result<void> TextSet::check() const { return texts.empty() ? Result<void>{empty("texts")} : is_set_operator(op); }

std::optional<Keys> Keys::read(Sink& sink, const Node& at) {
  auto keys = read_list(sink, at, read_key);
  return keys ? std::optional{Keys{std::move(*keys)}} : std::nullopt;
}
json::Value Keys::show(Generation generation) const {
  json::Array list;
  for (const CryptoKey& key : keys) list.push_back(key_to_json(key, generation));
  return list;
}
Result<void> Keys::check() const {
  if (keys.empty()) return empty("keys");
  for (std::size_t i = 0; i < keys.size(); ++i) TRY(within(fmt::format("key {}", i), check_key(keys[i])));
  return {};
}

Result<cbor::Items> open_expression(cbor::Reader& in, std::uint64_t wanted) {
  const std::size_t start = in.offset();
  if (const std::uint64_t tag = TRY(in.tag()); tag != wanted) return fail_at(Errc::unsupported, start, fmt::format("tag {}", tag), fmt::format("tag {} (an expression)", wanted));
  return in.array();
}

// Leaves the reader before the operand.
Result<Operator> read_operator(cbor::Reader& in, cbor::Items& items) {
  TRY(expect_item(in, items, "[operator, operand]"));
  const std::size_t start = in.offset();
  const std::uint64_t op = TRY(in.uint());
  if (op >= kOperators.size()) return fail_at(Errc::unsupported, start, fmt::format("operator {}", op), "0 to 10");
  TRY(expect_item(in, items, "[operator, operand]"));
  return Operator{op};
}

std::optional<std::uint64_t> operator_of(Sink& sink, const Node& at) {
  const auto word = read_text(sink, at);
  if (!word) return std::nullopt;
  if (*word == "less_or_equal") return kLessOrEqual;
  const auto found = std::ranges::find(kOperators, *word);
  if (found == kOperators.end()) return sink.error(at, "operator " + quoted(*word), fmt::format("{}", fmt::join(kOperators, ", ")), Errc::unsupported);
  return static_cast<std::uint64_t>(found - kOperators.begin());
}

json::Value typed(std::string_view type, json::Value value) {
  json::Object object;
  object.set("type", type);
  object.set("value", std::move(value));
  return object;
}

json::Value expression(std::string_view type, std::uint64_t op, std::string_view operand, json::Value value, std::string_view prefix) {
  json::Object object;
  object.set(fmt::format("{}-operator", prefix), kOperators[op]);
  object.set(std::string{operand}, std::move(value));
  return typed(type, std::move(object));
}

Result<void> is_set_operator(const Operator& op) {
  if (op && *op != kMember && *op != kNonMember) return fail_expecting(Errc::invalid, "", "operator " + std::string{kOperators[*op]}, "member or non_member");
  return {};
}

std::optional<Node> take_expression(Sink& sink, const Node& at, std::string_view prefix, std::string_view operand, Operator& op) {
  const std::string operator_name = fmt::format("{}-operator", prefix);
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  const auto word = members.need(operator_name);
  const auto value = members.need(operand);
  members.finish(nullptr, std::array<std::string_view, 2>{operator_name, operand});
  if (word) op = operator_of(sink, *word);
  return value;
}

}  // namespace
}  // namespace assay::corim
