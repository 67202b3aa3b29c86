// What a YAML source and a CBOR claims-set have in common: scalars, byte strings, lists and maps in the order they were written.
// The iat tools carry claims in this form between reading and writing; it owns everything and points nowhere.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "codec/cbor/cbor.h"

namespace assay::iat {

// A map key: an integer or a text, as claims-sets have them.
using Key = std::variant<std::int64_t, std::string>;
Key key_of(const cbor::Key& key);
std::string shown(const Key& key);  // 30, name; safe for terminals

struct Member;

class Value {
 public:
  using List = std::vector<Value>;
  using Map = std::vector<Member>;

  Value() = default;  // null
  explicit Value(bool value);
  explicit Value(std::int64_t value);
  explicit Value(std::uint64_t value);  // becomes the int64 where it fits
  explicit Value(double value);
  explicit Value(std::string text);
  explicit Value(Bytes bytes);
  explicit Value(List items);
  explicit Value(Map members);

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  const bool* boolean() const { return std::get_if<bool>(&data_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&data_); }
  const std::uint64_t* huge() const { return std::get_if<std::uint64_t>(&data_); }  // beyond int64
  const double* floating() const { return std::get_if<double>(&data_); }
  const std::string* text() const { return std::get_if<std::string>(&data_); }
  const Bytes* bytes() const { return std::get_if<Bytes>(&data_); }
  const List* list() const { return std::get_if<List>(&data_); }
  const Map* map() const { return std::get_if<Map>(&data_); }

  // The member of that key, if this is a map that has it.
  const Value* find(std::int64_t key) const;
  // Any kind of integer, as Python's `int`.
  bool is_integer() const { return integer() != nullptr || huge() != nullptr; }
  // "<class 'bytes'>": how the messages of these tools name the type.
  std::string_view python_type() const;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Bytes, List, Map> data_;
};

struct Member {
  Key key;
  Value value;
};

// Here, where a Member is complete.
inline Value::Value(bool value) : data_{value} {}
inline Value::Value(std::int64_t value) : data_{value} {}
inline Value::Value(double value) : data_{value} {}
inline Value::Value(std::string text) : data_{std::move(text)} {}
inline Value::Value(Bytes bytes) : data_{std::move(bytes)} {}
inline Value::Value(List items) : data_{std::move(items)} {}
inline Value::Value(Map members) : data_{std::move(members)} {}

// The next item, of at most kMaxDepth levels. Refused besides what cbor::Reader refuses: tags, `undefined`, integers below int64.
Result<Value> read_cbor(cbor::Reader& in);
void write_cbor(cbor::Writer& out, const Value& value);

// As Python's json.dumps(indent=4): byte strings as "b'0AFF'", everything beyond ASCII escaped.
std::string to_json(const Value& value);

// The code point that starts at text[at], which must be well-formed UTF-8; moves `at` behind it.
std::uint32_t next_code_point(std::string_view text, std::size_t& at);

}  // namespace assay::iat
