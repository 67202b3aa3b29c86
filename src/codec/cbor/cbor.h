// CBOR (RFC 8949): a pull reader over bytes that stay where they are, and a writer that has one way to write each thing.
//
// Total: every read is checked; no recursion; nothing is allocated because a length says so; nesting is bounded by kMaxDepth.
// Refused everywhere: bytes missing, reserved additional information (28-30), broken UTF-8 in text, simple values other than
// false, true, null and undefined, chunked (indefinite-length) strings, duplicate map keys (see KeySet).
// Refused unless `Mode` allows it: indefinite-length arrays and maps. Mode::deterministic also refuses integers, lengths and
// tags that are not in their shortest form, and map keys out of order (RFC 8949 §4.2.1).
// A Reader is a cursor for one thread; its results are views into the bytes it was given.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/limits.h"

namespace assay::cbor {

enum class Type : std::uint8_t { uint = 0,
                                 negative = 1,
                                 bytes = 2,
                                 text = 3,
                                 array = 4,
                                 map = 5,
                                 tag = 6,
                                 simple = 7 };
std::string_view name(Type type);

enum class Mode {
  evidence,       // definite lengths only (not RFC 8949 §3.2), any integer width and key order
  tolerant,       // also indefinite arrays and maps (RFC 8949 §3.2.2): EAR, CMW
  deterministic,  // RFC 8949 §4.2.1
};

class Reader;

// The items of one array or the entries of one map, definite or not:
//   Items items = TRY(in.map());  while (TRY(items.next(in))) { key ...; value ...; }
class Items {
 public:
  // True while there is another item (array) or entry (map); consumes the break of an indefinite one.
  Result<bool> next(Reader& in);
  // The declared count; nothing for an indefinite one.
  std::optional<std::size_t> count() const { return count_; }

 private:
  friend class Reader;
  explicit Items(std::optional<std::size_t> count) : count_{count}, left_{count.value_or(0)} {}
  std::optional<std::size_t> count_;
  std::size_t left_;
};

// A map key: an integer or a text; inside items that are skipped also a byte string (its content is then in `text`).
struct Key {
  enum class Kind : std::uint8_t { number,
                                   text,
                                   bytes };
  Kind kind = Kind::number;
  std::int64_t number = 0;
  std::string_view text;
  std::size_t offset = 0;
  bool is(std::int64_t value) const { return kind == Kind::number && number == value; }
  bool is(std::string_view value) const { return kind == Kind::text && text == value; }
  std::string shown() const;  // 265, "name"
};

class Reader {
 public:
  // `base` is added to every offset in errors: where `bytes` begins in the outermost input.
  explicit Reader(ByteView bytes, Mode mode = Mode::evidence, std::size_t base = 0) : bytes_{bytes}, base_{base}, mode_{mode} {}

  std::size_t offset() const { return base_ + at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  bool at_end() const { return at_ == bytes_.size(); }
  Mode mode() const { return mode_; }

  // What comes next, unread. Fails at the end of the bytes.
  Result<Type> peek() const;
  bool next_is(Type type) const;
  bool next_is_null() const { return left() > 0 && bytes_[at_] == 0xf6; }

  Result<std::uint64_t> uint();
  Result<std::int64_t> integer();  // refuses what does not fit
  Result<ByteView> bytes();
  Result<std::string_view> text();
  Result<Items> array();
  Result<Items> map();
  Result<std::uint64_t> tag();
  Result<bool> boolean();
  Result<void> null();
  Result<double> floating();  // half, single or double
  Result<Key> key();

  // The exact bytes of the whole next item, checked for well-formedness, depth and duplicate keys at every level.
  Result<ByteView> item();

  // Nothing may follow.
  Result<void> expect_end() const;
  // Puts back the cursor: for "look at the tag, then decide".
  std::size_t mark() const { return at_; }
  void rewind(std::size_t mark) { at_ = mark; }

  std::unexpected<Error> fail(Errc errc, std::string what, std::string_view expected) const { return fail_at(errc, offset(), std::move(what), expected); }

 private:
  friend class Items;
  struct Head {
    Type type;
    std::uint8_t info;
    std::uint64_t value;
    bool indefinite;
  };
  Result<Head> head();
  Result<Head> head_of(Type type, std::string_view expected);
  Result<ByteView> string_of(const Head& head, std::size_t start);
  Result<Items> items_of(const Head& head, std::size_t start);
  Result<Key> any_key();
  Result<void> skip_leaf(const Head& head, std::size_t start);
  bool take_break();
  std::string next_shown() const;

  ByteView bytes_;
  std::size_t base_;
  std::size_t at_ = 0;
  Mode mode_;
};

// The keys seen in one map, by value: `0a` and `180a` are the same key. In deterministic mode also their order.
class KeySet {
 public:
  Result<void> add(const Key& key, const Reader& in);

 private:
  struct Many;  // beyond a handful: sets, so that a hostile map costs n log n
  bool seen(const Key& key);

  static constexpr std::size_t kFew = 24;
  std::array<std::int64_t, kFew> numbers_{};
  std::size_t numbers_size_ = 0;
  std::vector<Key> texts_;
  std::shared_ptr<Many> many_;
  std::optional<Key> last_;
};

// A map entry by entry, duplicate keys refused:
//   MapReader map = TRY(MapReader::open(in));  while (const auto key = TRY(map.next(in))) ...
class MapReader {
 public:
  static Result<MapReader> open(Reader& in);
  Result<std::optional<Key>> next(Reader& in);

 private:
  explicit MapReader(Items items) : items_{items} {}
  Items items_;
  KeySet keys_;
};

// Well-formed, one item, nothing behind it.
Result<void> check(ByteView bytes, Mode mode);

// Chunked (indefinite-length) strings joined into definite ones, everything else as it stands; nothing if there is none. For formats
// whose producers write them: read what comes back. Bytes that are no CBOR are left for the reader to refuse.
std::optional<Bytes> join_chunks(ByteView bytes);

// How many items there are at all levels, tags and breaks included, up to where the bytes are no CBOR: before anything is made of them.
std::size_t count_items(ByteView bytes);

// RFC 8949 §8 diagnostic notation on one line; for people. Output is bounded (long strings are cut).
std::string to_diagnostic(ByteView item);

// Writes definite lengths, shortest integers. Order of map entries is the caller's, except in `sorted_map`.
class Writer {
 public:
  Writer& uint(std::uint64_t value);
  Writer& integer(std::int64_t value);
  Writer& bytes(ByteView value);
  Writer& text(std::string_view value);
  Writer& array(std::size_t count);
  Writer& map(std::size_t count);
  Writer& tag(std::uint64_t number);
  Writer& boolean(bool value);
  Writer& null();
  Writer& floating(double value);  // shortest of half, single, double that keeps the value
  Writer& raw(ByteView item);      // an encoded item as it stands

  void reserve(std::size_t size) { out_.reserve(size); }
  std::size_t size() const { return out_.size(); }
  ByteView view() const { return out_; }
  Bytes take() && { return std::move(out_); }

 private:
  void head(Type type, std::uint64_t value);
  Bytes out_;
};

// Map entries (encoded key, encoded value) in RFC 8949 §4.2.1 order. Entries must have distinct keys.
Bytes encode_sorted_map(std::vector<std::pair<Bytes, Bytes>> entries);

}  // namespace assay::cbor
