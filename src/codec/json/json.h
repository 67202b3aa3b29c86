// JSON (RFC 8259) through one strict door: UTF-8 only, no duplicate member names, depth ≤ kMaxDepth, size ≤ kMaxJson, no
// trailing text. Members keep the order they were written in. Errors carry the byte offset.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/limits.h"

namespace assay::json {

class Value;
using Array = std::vector<Value>;

// Members in order. Look-up is linear: objects here are small, and large ones are read by walking.
class Object {
 public:
  using Member = std::pair<std::string, Value>;
  const Value* find(std::string_view name) const;
  // Replaces the member of that name in place or appends it.
  Value& set(std::string name, Value value);
  // For names that are known to be new: nothing is searched.
  Value& append(std::string name, Value value);
  void erase(std::string_view name);
  bool empty() const;
  std::size_t size() const;
  const Member* begin() const;
  const Member* end() const;
  std::vector<Member>& members() { return members_; }

 private:
  std::vector<Member> members_;
};

class Value {
 public:
  Value() = default;  // null
  Value(std::nullptr_t) {}
  Value(bool value) : data_{value} {}
  Value(int value) : data_{static_cast<std::int64_t>(value)} {}
  Value(std::int64_t value) : data_{value} {}
  Value(std::uint64_t value) : data_{value} {}  // beyond int64 only after parsing; equal numbers compare equal
  Value(double value) : data_{value} {}
  Value(const char* text) : data_{std::string{text}} {}
  Value(std::string_view text) : data_{std::string{text}} {}
  Value(std::string text) : data_{std::move(text)} {}
  Value(Array items) : data_{std::move(items)} {}
  Value(Object members) : data_{std::move(members)} {}

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  const bool* boolean() const { return std::get_if<bool>(&data_); }
  const std::string* text() const { return std::get_if<std::string>(&data_); }
  const Array* array() const { return std::get_if<Array>(&data_); }
  const Object* object() const { return std::get_if<Object>(&data_); }
  Array* array() { return std::get_if<Array>(&data_); }
  Object* object() { return std::get_if<Object>(&data_); }
  // An integer that fits: written without fraction or exponent.
  std::optional<std::int64_t> integer() const;
  std::optional<std::uint64_t> unsigned_integer() const;
  // Any number, integers included.
  std::optional<double> number() const;
  bool is_floating() const { return std::holds_alternative<double>(data_); }
  std::string_view type_name() const;  // "object", "string", ...

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> data_;
};

// Members of one name: an error, or all kept in order, for formats whose readers take the last.
enum class Duplicates { refuse,
                        keep };

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// One document. Fails with `malformed` (also: a byte order mark, bytes that are not UTF-8), `duplicate` (member name) or `limit`, always
// with an offset but for the size of the whole.
Result<Value> parse(std::string_view text, Duplicates duplicates = Duplicates::refuse);

struct Style {
  int indent = 0;         // blanks per level; 0: compact
  bool sorted = false;    // members in bytewise order of their names
  bool html_safe = true;  // < > & U+2028 U+2029 as \u003c …, as Go's encoding/json writes them
};
std::string print(const Value& value, Style style = {});

// Floats in the shortest form that reads back, as Go prints them.
std::string print_number(double value);

// A JSON pointer (RFC 6901) step: "/a~1b".
std::string pointer(std::string_view parent, std::string_view member);
std::string pointer(std::string_view parent, std::size_t index);

// A checked view of one object that knows its pointer, for readers of claims and settings.
class Fields {
 public:
  // Fails with `malformed` if `value` is not an object.
  static Result<Fields> of(const Value& value, std::string where = "");
  const Value* find(std::string_view name) const { return object_->find(name); }
  Result<const Value*> need(std::string_view name) const;
  Result<std::string> text(std::string_view name) const;
  Result<std::optional<std::string>> optional_text(std::string_view name) const;
  std::string at(std::string_view name) const { return pointer(where_, name); }
  const Object& object() const { return *object_; }

 private:
  Fields(const Object* object, std::string where) : object_{object}, where_{std::move(where)} {}
  const Object* object_;
  std::string where_;
};

}  // namespace assay::json
