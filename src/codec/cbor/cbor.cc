#include "codec/cbor/cbor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <set>
#include <tuple>

#include "base/text.h"

namespace assay::cbor {
namespace {

constexpr std::uint8_t kChunkedBytes = 0x5f;
constexpr std::uint8_t kChunkedText = 0x7f;
bool skip_leaf_or_head(ByteView bytes, std::size_t& at, ByteView& content);
bool join_one(ByteView bytes, std::size_t& at, Bytes& joined);

constexpr std::uint8_t kIndefinite = 31;
constexpr std::uint8_t kBreak = 0xff;

bool is_shortest(std::uint8_t info, std::uint64_t value);
double half_to_double(std::uint16_t half);
std::optional<std::uint16_t> double_to_half(double value);
std::tuple<int, std::uint64_t, std::string_view> order_of(const Key& key);
void diagnose(Reader& in, std::string& out);
void diagnose_items(Reader& in, Type type, std::string& out);

constexpr std::size_t kMaxDiagnostic = 16 * 1024;

}  // namespace

std::string_view name(Type type) {
  switch (type) {
    case Type::uint: return "unsigned integer";
    case Type::negative: return "negative integer";
    case Type::bytes: return "byte string";
    case Type::text: return "text string";
    case Type::array: return "array";
    case Type::map: return "map";
    case Type::tag: return "tag";
    case Type::simple: return "simple value or float";
  }
  return "?";
}

std::string Key::shown() const {
  if (kind == Kind::number) return std::to_string(number);
  return kind == Kind::text ? quoted(text) : "h'" + to_hex(as_bytes(text.substr(0, 32))) + "'";
}

Result<bool> Items::next(Reader& in) {
  if (!count_) return !in.take_break();
  if (left_ == 0) return false;
  --left_;
  return true;
}

Result<Type> Reader::peek() const {
  if (at_end()) return fail(Errc::malformed, "the input ends", "a CBOR item");
  return static_cast<Type>(bytes_[at_] >> 5);
}

bool Reader::next_is(Type type) const { return !at_end() && static_cast<Type>(bytes_[at_] >> 5) == type; }

Result<std::uint64_t> Reader::uint() { return TRY(head_of(Type::uint, "an unsigned integer")).value; }

Result<std::int64_t> Reader::integer() {
  const std::size_t start = offset();
  if (!next_is(Type::uint) && !next_is(Type::negative)) return fail(Errc::malformed, next_shown(), "an integer");
  const Head head = TRY(this->head());
  if (head.value > static_cast<std::uint64_t>(INT64_MAX)) return fail_at(Errc::limit, start, "an integer beyond 64 bits", "-2^63 to 2^63-1");
  const auto value = static_cast<std::int64_t>(head.value);
  return head.type == Type::uint ? value : -1 - value;
}

Result<ByteView> Reader::bytes() {
  const std::size_t start = offset();
  return string_of(TRY(head_of(Type::bytes, "a byte string")), start);
}

Result<std::string_view> Reader::text() {
  const std::size_t start = offset();
  return as_text(TRY(string_of(TRY(head_of(Type::text, "a text string")), start)));
}

Result<Items> Reader::array() {
  const std::size_t start = offset();
  return items_of(TRY(head_of(Type::array, "an array")), start);
}

Result<Items> Reader::map() {
  const std::size_t start = offset();
  return items_of(TRY(head_of(Type::map, "a map")), start);
}

Result<std::uint64_t> Reader::tag() { return TRY(head_of(Type::tag, "a tag")).value; }

Result<bool> Reader::boolean() {
  if (left() == 0 || (bytes_[at_] != 0xf4 && bytes_[at_] != 0xf5)) return fail(Errc::malformed, next_shown(), "true or false");
  return bytes_[at_++] == 0xf5;
}

Result<void> Reader::null() {
  if (!next_is_null()) return fail(Errc::malformed, next_shown(), "null");
  ++at_;
  return {};
}

Result<double> Reader::floating() {
  if (left() == 0 || bytes_[at_] < 0xf9 || bytes_[at_] > 0xfb) return fail(Errc::malformed, next_shown(), "a floating-point number");
  const std::size_t start = offset();
  const Head head = TRY(this->head());
  double value = 0;
  if (head.info == 25) value = half_to_double(static_cast<std::uint16_t>(head.value));
  if (head.info == 26) value = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.value)));
  if (head.info == 27) value = std::bit_cast<double>(head.value);
  if (mode_ == Mode::deterministic) {
    Writer shortest;
    shortest.floating(value);
    if (shortest.size() != offset() - start) return fail_at(Errc::malformed, start, "a float that is not in its shortest form", "the shortest form");
  }
  return value;
}

Result<Key> Reader::key() {
  if (!next_is(Type::uint) && !next_is(Type::negative) && !next_is(Type::text)) return fail(Errc::malformed, next_shown(), "an integer or a text string as map key");
  return any_key();
}

Result<Key> Reader::any_key() {
  Key key;
  key.offset = offset();
  if (next_is(Type::text)) {
    key.kind = Key::Kind::text;
    key.text = TRY(text());
  } else if (next_is(Type::bytes)) {
    key.kind = Key::Kind::bytes;
    key.text = as_text(TRY(bytes()));
  } else if (next_is(Type::uint) || next_is(Type::negative)) {
    key.number = TRY(integer());
  } else {
    return fail(Errc::unsupported, next_shown(), "an integer or a string as map key");
  }
  return key;
}

// A stack of our own instead of recursion: the depth of hostile input costs kMaxDepth frames and no more, and no heap.
Result<ByteView> Reader::item() {
  struct Frame {
    Items items{std::nullopt};
    std::optional<KeySet> keys;  // maps only
  };
  const std::size_t begin = at_;
  std::array<Frame, kMaxDepth> open;
  std::size_t depth = 0;
  for (bool whole = false; !whole;) {
    const std::size_t start = offset();
    const Head head = TRY(this->head());
    if (head.type == Type::array || head.type == Type::map || head.type == Type::tag) {
      if (depth == kMaxDepth) return fail_at(Errc::limit, start, "nesting too deep", "at most 16 levels");
      Frame& frame = open[depth++];
      frame.items = head.type == Type::tag ? Items{1} : TRY(items_of(head, start));
      frame.keys.reset();
      if (head.type == Type::map) frame.keys.emplace();
    } else {
      TRY(skip_leaf(head, start));
    }

    // Close what is complete; stop at a container that has another item.
    whole = true;
    for (; depth > 0; --depth) {
      Frame& frame = open[depth - 1];
      if (!TRY(frame.items.next(*this))) continue;
      whole = false;
      if (frame.keys) {
        const Key key = TRY(any_key());
        TRY(frame.keys->add(key, *this));
      }
      break;
    }
  }
  return bytes_.subspan(begin, at_ - begin);
}

Result<void> Reader::expect_end() const {
  if (!at_end()) return fail(Errc::malformed, fmt::format("{} bytes behind the end", left()), "nothing more");
  return {};
}

Result<Reader::Head> Reader::head() {
  if (at_end()) return fail(Errc::malformed, "the input ends", "a CBOR item");
  const std::size_t start = offset();
  const std::uint8_t first = bytes_[at_];
  Head head{static_cast<Type>(first >> 5), static_cast<std::uint8_t>(first & 31), 0, false};
  if (head.info < 24) {
    head.value = head.info;
    ++at_;
    return head;
  }
  if (head.info == kIndefinite) {
    if (head.type == Type::simple) return fail(Errc::malformed, "a break outside an indefinite-length item", "a CBOR item");
    if (head.type != Type::array && head.type != Type::map) return fail(Errc::malformed, fmt::format("an indefinite-length {}", name(head.type)), "a definite length");
    if (mode_ != Mode::tolerant) return fail(Errc::malformed, fmt::format("an indefinite-length {}", name(head.type)), "a definite length");
    head.indefinite = true;
    ++at_;
    return head;
  }
  if (head.info > 27) return fail(Errc::malformed, fmt::format("reserved initial byte 0x{:02x}", first), "a CBOR item");
  const std::size_t size = std::size_t{1} << (head.info - 24);
  if (left() <= size) return fail_at(Errc::malformed, base_ + bytes_.size(), "the input ends inside a CBOR head", fmt::format("{} bytes after 0x{:02x}", size, first));
  for (std::size_t i = 1; i <= size; ++i) head.value = (head.value << 8) | bytes_[at_ + i];
  if (mode_ == Mode::deterministic && head.type != Type::simple && !is_shortest(head.info, head.value)) return fail_at(Errc::malformed, start, "a number that is not in its shortest form", "the shortest form");
  at_ += 1 + size;
  return head;
}

Result<Reader::Head> Reader::head_of(Type type, std::string_view expected) {
  if (!next_is(type)) return fail(Errc::malformed, next_shown(), expected);
  return head();
}

Result<ByteView> Reader::string_of(const Head& head, std::size_t start) {
  if (head.value > left()) return fail_at(Errc::malformed, start, fmt::format("a {} of {} bytes", name(head.type), head.value), fmt::format("at most the {} bytes left", left()));
  const ByteView content = bytes_.subspan(at_, static_cast<std::size_t>(head.value));
  if (head.type == Type::text) {
    const std::size_t wrong = invalid_utf8(as_text(content));
    if (wrong != std::string_view::npos) return fail_at(Errc::malformed, offset() + wrong, "text that is not UTF-8", "UTF-8");
  }
  at_ += content.size();
  return content;
}

// A count that the bytes left cannot hold is refused before anybody sizes anything by it.
Result<Items> Reader::items_of(const Head& head, std::size_t start) {
  if (head.indefinite) return Items{std::nullopt};
  const std::size_t smallest = head.type == Type::map ? 2 : 1;
  if (head.value > left() / smallest) return fail_at(Errc::malformed, start, fmt::format("{} of {} {}", head.type == Type::map ? "a map" : "an array", head.value, head.type == Type::map ? "entries" : "items"), "no more than the bytes left can hold");
  return Items{static_cast<std::size_t>(head.value)};
}

Result<void> Reader::skip_leaf(const Head& head, std::size_t start) {
  if (head.type == Type::bytes || head.type == Type::text) {
    TRY(string_of(head, start));
  } else if (head.type == Type::simple && head.info < 25 && (head.value < 20 || head.value > 23)) {
    return fail_at(Errc::malformed, start, fmt::format("simple value {}", head.value), "false, true, null, undefined or a float");
  } else if (head.type == Type::simple && head.info == 24) {
    return fail_at(Errc::malformed, start, "a simple value in two bytes", "false, true, null, undefined in one byte");
  }
  return {};
}

bool Reader::take_break() {
  if (left() == 0 || bytes_[at_] != kBreak) return false;
  ++at_;
  return true;
}

std::string Reader::next_shown() const {
  if (at_end()) return "the input ends";
  const std::uint8_t first = bytes_[at_];
  if (first == 0xf4) return "false";
  if (first == 0xf5) return "true";
  if (first == 0xf6) return "null";
  if (first == kBreak) return "a break";
  if (first >= 0xf9 && first <= 0xfb) return "a floating-point number";
  return fmt::format("{} {}", first >> 5 == 0 || first >> 5 == 4 ? "an" : "a", name(static_cast<Type>(first >> 5)));
}

struct KeySet::Many {
  std::set<std::int64_t> numbers;
  std::set<std::pair<Key::Kind, std::string_view>> texts;
};

Result<void> KeySet::add(const Key& key, const Reader& in) {
  if (seen(key)) return fail_at(Errc::duplicate, key.offset, fmt::format("map key {} twice", key.shown()), "each key once");
  if (in.mode() == Mode::deterministic) {
    if (last_ && order_of(key) < order_of(*last_)) return fail_at(Errc::malformed, key.offset, fmt::format("map key {} out of order", key.shown()), "bytewise ascending keys");
    last_ = key;
  }
  return {};
}

// Notes the key; true if it was there before.
bool KeySet::seen(const Key& key) {
  if (many_) {
    return key.kind == Key::Kind::number ? !many_->numbers.insert(key.number).second : !many_->texts.insert({key.kind, key.text}).second;
  }
  if (key.kind == Key::Kind::number) {
    for (std::size_t i = 0; i < numbers_size_; ++i) {
      if (numbers_[i] == key.number) return true;
    }
    if (numbers_size_ < kFew) {
      numbers_[numbers_size_++] = key.number;
      return false;
    }
  } else {
    for (const Key& text : texts_) {
      if (text.kind == key.kind && text.text == key.text) return true;
    }
    if (texts_.size() < kFew) {
      texts_.push_back(key);
      return false;
    }
  }
  many_ = std::make_shared<Many>();
  many_->numbers.insert(numbers_.begin(), numbers_.begin() + static_cast<std::ptrdiff_t>(numbers_size_));
  for (const Key& text : texts_) many_->texts.insert({text.kind, text.text});
  return seen(key);
}

Result<MapReader> MapReader::open(Reader& in) { return MapReader{TRY(in.map())}; }

Result<std::optional<Key>> MapReader::next(Reader& in) {
  if (!TRY(items_.next(in))) return std::nullopt;
  const Key key = TRY(in.key());
  TRY(keys_.add(key, in));
  return key;
}

Result<void> check(ByteView bytes, Mode mode) {
  Reader in{bytes, mode};
  TRY(in.item());
  return in.expect_end();
}

std::optional<Bytes> join_chunks(ByteView bytes) {
  Writer out;
  std::size_t copied = 0;  // bytes before this are in `out`
  bool found = false;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t start = at;
    ByteView ignored;
    if (bytes[at] == kChunkedBytes || bytes[at] == kChunkedText) {
      Bytes joined;
      if (!join_one(bytes, at, joined)) return std::nullopt;
      out.raw(bytes.subspan(copied, start - copied));
      if (bytes[start] == kChunkedText) out.text(as_text(joined));
      else out.bytes(joined);
      copied = at;
      found = true;
    } else if (!skip_leaf_or_head(bytes, at, ignored)) {
      return std::nullopt;
    }
  }
  if (!found) return std::nullopt;
  out.raw(bytes.subspan(copied));
  return std::move(out).take();
}

std::size_t count_items(ByteView bytes) {
  std::size_t count = 0;
  ByteView ignored;
  for (std::size_t at = 0; at < bytes.size() && skip_leaf_or_head(bytes, at, ignored);) ++count;
  return count;
}

std::string to_diagnostic(ByteView item) {
  const Result<void> well_formed = check(item, Mode::tolerant);
  if (!well_formed) return "<not CBOR: " + well_formed.error().text() + ">";
  std::string out;
  Reader in{item, Mode::tolerant};
  diagnose(in, out);
  return out;
}

Writer& Writer::uint(std::uint64_t value) {
  head(Type::uint, value);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  if (value >= 0) {
    head(Type::uint, static_cast<std::uint64_t>(value));
  } else {
    head(Type::negative, static_cast<std::uint64_t>(-1 - value));
  }
  return *this;
}

Writer& Writer::bytes(ByteView value) {
  head(Type::bytes, value.size());
  return raw(value);
}

Writer& Writer::text(std::string_view value) {
  head(Type::text, value.size());
  return raw(as_bytes(value));
}

Writer& Writer::array(std::size_t count) {
  head(Type::array, count);
  return *this;
}

Writer& Writer::map(std::size_t count) {
  head(Type::map, count);
  return *this;
}

Writer& Writer::tag(std::uint64_t number) {
  head(Type::tag, number);
  return *this;
}

Writer& Writer::boolean(bool value) {
  out_.push_back(value ? 0xf5 : 0xf4);
  return *this;
}

Writer& Writer::null() {
  out_.push_back(0xf6);
  return *this;
}

Writer& Writer::floating(double value) {
  if (std::isnan(value)) return raw(Bytes{0xf9, 0x7e, 0x00});
  const auto put = [&](std::uint8_t first, std::uint64_t bits, int size) {
    out_.push_back(first);
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) out_.push_back(static_cast<std::uint8_t>(bits >> shift));
  };
  const auto single = static_cast<float>(value);
  if (const auto half = double_to_half(value)) {
    put(0xf9, *half, 2);
  } else if (static_cast<double>(single) == value) {
    put(0xfa, std::bit_cast<std::uint32_t>(single), 4);
  } else {
    put(0xfb, std::bit_cast<std::uint64_t>(value), 8);
  }
  return *this;
}

Writer& Writer::raw(ByteView item) {
  append(out_, item);
  return *this;
}

void Writer::head(Type type, std::uint64_t value) {
  const auto major = static_cast<std::uint8_t>(static_cast<std::uint8_t>(type) << 5);
  if (value < 24) {
    out_.push_back(static_cast<std::uint8_t>(major | value));
    return;
  }
  const int exponent = value <= 0xff ? 0 : value <= 0xffff   ? 1
                                       : value <= 0xffffffff ? 2
                                                             : 3;
  out_.push_back(static_cast<std::uint8_t>(major | (24 + exponent)));
  for (int shift = (8 << exponent) - 8; shift >= 0; shift -= 8) out_.push_back(static_cast<std::uint8_t>(value >> shift));
}

Bytes encode_sorted_map(std::vector<std::pair<Bytes, Bytes>> entries) {
  std::ranges::sort(entries, [](const auto& a, const auto& b) { return bytewise_less(a.first, b.first); });
  Writer out;
  out.map(entries.size());
  for (const auto& [key, value] : entries) out.raw(key).raw(value);
  return std::move(out).take();
}

namespace {

bool is_shortest(std::uint8_t info, std::uint64_t value) {
  switch (info) {
    case 24: return value > 23;
    case 25: return value > 0xff;
    case 26: return value > 0xffff;
    case 27: return value > 0xffffffff;
    default: return true;
  }
}

double half_to_double(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int mantissa = half & 1023;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(mantissa, -24);
  } else if (exponent != 31) {
    value = std::ldexp(mantissa + 1024, exponent - 25);
  } else {
    value = mantissa == 0 ? HUGE_VAL : NAN;
  }
  return (half & 0x8000) != 0 ? -value : value;
}

// The half that is exactly this value, if there is one.
std::optional<std::uint16_t> double_to_half(double value) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const double magnitude = std::fabs(value);
  const auto with_sign = [&](int bits) { return static_cast<std::uint16_t>(sign | bits); };
  if (std::isinf(value)) return with_sign(0x7c00);
  if (magnitude == 0) return with_sign(0);
  int exponent = 0;
  const double fraction = std::frexp(magnitude, &exponent);  // magnitude = fraction * 2^exponent, 0.5 <= fraction < 1
  if (exponent > 16 || exponent < -23) return std::nullopt;
  if (exponent < -13) {
    const double scaled = std::ldexp(magnitude, 24);
    if (scaled != std::floor(scaled)) return std::nullopt;
    return with_sign(static_cast<int>(scaled));
  }
  const double scaled = std::ldexp(fraction, 11);
  if (scaled != std::floor(scaled)) return std::nullopt;
  return with_sign(((exponent + 14) << 10) | (static_cast<int>(scaled) & 1023));
}

// Compares as the encoded keys compare, byte by byte: the type, then for numbers the value, for strings the length and the content.
std::tuple<int, std::uint64_t, std::string_view> order_of(const Key& key) {
  const bool negative = key.kind == Key::Kind::number && key.number < 0;
  const int major = key.kind == Key::Kind::text ? 3 : key.kind == Key::Kind::bytes ? 2
                                                  : negative                       ? 1
                                                                                   : 0;
  const std::uint64_t argument = key.kind != Key::Kind::number ? key.text.size() : static_cast<std::uint64_t>(negative ? -1 - key.number : key.number);
  return {major, argument, key.text};
}

// Only for items that `check` accepted: depth is bounded and no read can fail.
void diagnose(Reader& in, std::string& out) {
  if (out.size() > kMaxDiagnostic) {
    if (!out.ends_with("...")) out += "...";
    (void)in.item();
    return;
  }
  const std::size_t mark = in.mark();
  switch (*in.peek()) {
    case Type::uint: out += std::to_string(*in.uint()); break;
    case Type::negative: {
      const auto value = in.integer();
      if (value) {
        out += std::to_string(*value);
      } else {
        in.rewind(mark);
        out += "negative beyond 64 bits";
        (void)in.item();
      }
      break;
    }
    case Type::bytes: {
      const ByteView bytes = *in.bytes();
      out += "h'" + to_hex(bytes.first(std::min<std::size_t>(bytes.size(), 256))) + (bytes.size() > 256 ? "...'" : "'");
      break;
    }
    case Type::text: out += quoted(*in.text(), 1024); break;
    case Type::array:
    case Type::map: diagnose_items(in, *in.peek(), out); break;
    case Type::tag:
      out += std::to_string(*in.tag()) + "(";
      diagnose(in, out);
      out += ")";
      break;
    case Type::simple: {
      const ByteView item = *in.item();
      Reader again{item, Mode::tolerant};
      if (item[0] >= 0xf9) {
        out += fmt::format("{}", *again.floating());
      } else {
        out += item[0] == 0xf4 ? "false" : item[0] == 0xf5 ? "true"
                                       : item[0] == 0xf6   ? "null"
                                                           : "undefined";
      }
      break;
    }
  }
}

void diagnose_items(Reader& in, Type type, std::string& out) {
  Items items = type == Type::array ? *in.array() : *in.map();
  out += type == Type::array ? "[" : "{";
  if (!items.count()) out += "_ ";
  for (bool first = true; *items.next(in); first = false) {
    if (!first) out += ", ";
    diagnose(in, out);
    if (type == Type::map) {
      out += ": ";
      diagnose(in, out);
    }
  }
  out += type == Type::array ? "]" : "}";
}

// Moves `at` behind a head and, for a string, its content; false where that is no head.
bool skip_leaf_or_head(ByteView bytes, std::size_t& at, ByteView& content) {
  const std::uint8_t first = bytes[at];
  const std::uint8_t info = first & 31;
  const auto type = static_cast<Type>(first >> 5);
  std::uint64_t value = info;
  std::size_t size = 0;
  if (info >= 24 && info <= 27) {
    size = std::size_t{1} << (info - 24);
    if (bytes.size() - at <= size) return false;
    value = 0;
    for (std::size_t i = 1; i <= size; ++i) value = (value << 8) | bytes[at + i];
  } else if (info > 27 && info != kIndefinite) {
    return false;
  }
  at += 1 + size;
  if (info == kIndefinite || (type != Type::bytes && type != Type::text)) return true;
  if (value > bytes.size() - at) return false;
  content = bytes.subspan(at, static_cast<std::size_t>(value));
  at += content.size();
  return true;
}

// `at` stands on the head of a chunked string and ends behind its break.
bool join_one(ByteView bytes, std::size_t& at, Bytes& joined) {
  const std::uint8_t type = bytes[at] >> 5;
  for (++at; at < bytes.size() && bytes[at] != kBreak;) {
    ByteView chunk;
    if (bytes[at] >> 5 != type || (bytes[at] & 31) == kIndefinite || !skip_leaf_or_head(bytes, at, chunk)) return false;
    append(joined, chunk);
  }
  if (at == bytes.size()) return false;
  ++at;
  return true;
}

}  // namespace
}  // namespace assay::cbor
