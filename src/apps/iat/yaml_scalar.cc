#include "apps/iat/yaml_scalar.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace assay::iat {
namespace {

// A cursor for patterns: each function takes what it can and says whether it took anything.
class Scan {
 public:
  explicit Scan(std::string_view text) : left_{text} {}
  bool at_end() const { return left_.empty(); }
  bool one_of(std::string_view set) { return left_.empty() || set.find(left_[0]) == std::string_view::npos ? false : skip(1); }
  bool literal(std::string_view text) { return left_.starts_with(text) && skip(text.size()); }
  std::size_t many(std::string_view set) {
    const std::size_t size = std::min(left_.find_first_not_of(set), left_.size());
    skip(size);
    return size;
  }
  // Between `least` and `most` digits.
  bool digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    while (count < most && one_of("0123456789")) ++count;
    return count >= least;
  }

 private:
  bool skip(std::size_t size) {
    left_.remove_prefix(size);
    return true;
  }
  std::string_view left_;
};

constexpr std::string_view kSigns = "+-";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kDigitsAnd = "0123456789_";

bool is_in(std::string_view text, std::initializer_list<std::string_view> words);
bool is_integer(std::string_view text);
bool is_floating(std::string_view text);
bool is_timestamp(std::string_view text);
Result<Value> integer_value(std::string_view text);
Result<Value> floating_value(std::string_view text);

}  // namespace

ScalarType type_of_plain(std::string_view text) {
  if (is_in(text, {"", "~", "null", "Null", "NULL"})) return ScalarType::null;
  if (is_in(text, {"yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on", "On", "ON", "off", "Off", "OFF"})) return ScalarType::boolean;
  if (is_integer(text)) return ScalarType::integer;
  if (is_floating(text)) return ScalarType::floating;
  if (is_timestamp(text)) return ScalarType::timestamp;
  if (is_in(text, {"<<", "="})) return ScalarType::reserved;
  return ScalarType::text;
}

Result<Value> value_of_plain(std::string_view text) {
  switch (type_of_plain(text)) {
    case ScalarType::null: return Value{};
    case ScalarType::boolean: return Value{is_in(to_lower_ascii(text), {"yes", "true", "on"})};
    case ScalarType::integer: return integer_value(text);
    case ScalarType::floating: return floating_value(text);
    case ScalarType::text:
    case ScalarType::timestamp: return Value{std::string{text}};
    case ScalarType::reserved: break;
  }
  return fail_expecting(Errc::unsupported, "", quoted(text) + ", which YAML reserves", "quotes around it, if it is meant as text");
}

namespace {

bool is_in(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

// :[0-5]?[0-9], once or more.
bool take_base_60(Scan& in) {
  bool any = false;
  while (in.literal(":")) {
    if (in.one_of("012345")) {
      in.one_of(kDigits);
    } else if (!in.one_of(kDigits)) {
      return false;
    }
    any = true;
  }
  return any;
}

bool is_integer(std::string_view text) {
  Scan in{text};
  in.one_of(kSigns);
  Scan base_2 = in;
  if (base_2.literal("0b")) return base_2.many("01_") > 0 && base_2.at_end();
  Scan base_16 = in;
  if (base_16.literal("0x")) return base_16.many("0123456789abcdefABCDEF_") > 0 && base_16.at_end();
  if (in.literal("0")) {
    in.many("01234567_");
    return in.at_end();
  }
  if (!in.one_of("123456789")) return false;
  in.many(kDigitsAnd);
  return in.at_end() || (take_base_60(in) && in.at_end());
}

bool take_exponent(Scan& in) {
  if (!in.one_of("eE")) return true;
  return in.one_of(kSigns) && in.many(kDigits) > 0;
}

bool is_floating(std::string_view text) {
  if (is_in(text, {".nan", ".NaN", ".NAN"})) return true;
  Scan in{text};
  const bool sign = in.one_of(kSigns);
  Scan word = in;
  if ((word.literal(".inf") || word.literal(".Inf") || word.literal(".INF")) && word.at_end()) return true;
  if (in.literal(".")) return !sign && in.one_of(kDigits) && (in.many(kDigitsAnd), take_exponent(in)) && in.at_end();
  if (!in.one_of(kDigits)) return false;
  in.many(kDigitsAnd);
  Scan base_60 = in;
  if (take_base_60(base_60)) return base_60.literal(".") && (base_60.many(kDigitsAnd), base_60.at_end());
  return in.literal(".") && (in.many(kDigitsAnd), take_exponent(in)) && in.at_end();
}

// 2001-12-14, 2001-12-14t21:59:43.10-05:00, 2001-12-14 21:59:43.10 -5
bool is_timestamp(std::string_view text) {
  Scan day{text};
  if (day.digits(4, 4) && day.literal("-") && day.digits(2, 2) && day.literal("-") && day.digits(2, 2) && day.at_end()) return true;
  Scan in{text};
  if (!(in.digits(4, 4) && in.literal("-") && in.digits(1, 2) && in.literal("-") && in.digits(1, 2))) return false;
  if (!in.one_of("Tt") && in.many(" \t") == 0) return false;
  if (!(in.digits(1, 2) && in.literal(":") && in.digits(2, 2) && in.literal(":") && in.digits(2, 2))) return false;
  if (in.literal(".")) in.many(kDigits);
  if (in.at_end()) return true;
  in.many(" \t");
  if (in.literal("Z")) return in.at_end();
  if (!(in.one_of(kSigns) && in.digits(1, 2))) return false;
  return in.at_end() || (in.literal(":") && in.digits(2, 2) && in.at_end());
}

std::string without_underscores(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '_') out += c;
  }
  return out;
}

std::unexpected<Error> refuse(std::string_view text, std::string_view why, std::string_view expected) { return fail_expecting(Errc::invalid, "", fmt::format("the number {} {}", quoted(text), why), expected); }

Result<Value> integer_value(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return refuse(text, "in base 60 (YAML 1.1)", "quotes around it, if it is meant as text");
  std::string digits = without_underscores(text);
  const bool negative = digits[0] == '-';
  if (negative || digits[0] == '+') digits.erase(0, 1);
  int base = 10;
  std::size_t prefix = 0;
  if (digits.starts_with("0x")) {
    base = 16, prefix = 2;
  } else if (digits.starts_with("0b")) {
    base = 2, prefix = 2;
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8, prefix = 1;
  }
  std::uint64_t magnitude = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data() + prefix, end, magnitude, base);
  if (error == std::errc::result_out_of_range) return refuse(text, "of more than 64 bits", "a smaller one");
  if (error != std::errc{} || stop != end) return refuse(text, "without digits", "0b101, 017, 15 or 0xf");
  if (!negative) return Value{magnitude};
  if (magnitude > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return refuse(text, "of more than 64 bits", "a smaller one");
  return Value{-static_cast<std::int64_t>(magnitude)};
}

Result<Value> floating_value(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return refuse(text, "in base 60 (YAML 1.1)", "quotes around it, if it is meant as text");
  std::string digits = to_lower_ascii(without_underscores(text));
  if (digits.ends_with(".nan")) return Value{std::numeric_limits<double>::quiet_NaN()};
  if (digits.ends_with(".inf")) return Value{digits[0] == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity()};
  if (digits[0] == '+') digits.erase(0, 1);
  double value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end) return refuse(text, "beyond what a double holds", "a smaller one");
  return Value{value};
}

}  // namespace
}  // namespace assay::iat
