#include "base/text.h"

#include <algorithm>

#include <array>

namespace assay {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode_base64(ByteView bytes, std::string_view alphabet, bool padded);
int base64_value(char c, Base64 alphabet);
int hex_value(char c);
std::size_t utf8_length(std::string_view text, std::size_t at);
bool hides_or_reorders(std::string_view character);
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string to_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  char* out = text.data();
  for (const std::uint8_t byte : bytes) {
    *out++ = kDigits.data()[byte >> 4];
    *out++ = kDigits.data()[byte & 15];
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (hex_value(text[i]) < 0) return fail_at(Errc::malformed, i, fmt::format("{} in hex", quoted(text.substr(i, 1))), "a hex digit");
  }
  if (text.size() % 2 != 0) return fail_at(Errc::malformed, text.size(), fmt::format("{} hex digits", text.size()), "an even number");
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(hex_value(text[i]) * 16 + hex_value(text[i + 1])));
  }
  return bytes;
}

std::string to_base64(ByteView bytes) { return encode_base64(bytes, kStandard, true); }
std::string to_base64url(ByteView bytes) { return encode_base64(bytes, kUrl, false); }
std::string to_base64url_padded(ByteView bytes) { return encode_base64(bytes, kUrl, true); }

Result<Bytes> from_base64(std::string_view text, Base64 alphabet, Padding padding) {
  std::size_t end = text.size();
  while (end > 0 && text.size() - end < 2 && text[end - 1] == '=') --end;
  const std::size_t pads = text.size() - end;
  if (pads > 0 && padding == Padding::none) return fail_at(Errc::malformed, end, "base64 padding", "none");

  Bytes bytes;
  bytes.reserve(end * 3 / 4);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i < end; ++i) {
    const int value = base64_value(text[i], alphabet);
    if (value < 0) return fail_at(Errc::malformed, i, fmt::format("{} in base64", quoted(text.substr(i, 1))), alphabet == Base64::url ? "A-Z a-z 0-9 - _" : "A-Z a-z 0-9 + /");
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> held));
      bits &= (1U << held) - 1;
    }
  }
  if (end % 4 == 1) return fail_at(Errc::malformed, end, "base64 cut short", "groups of 4 characters");
  if (bits != 0) return fail_at(Errc::malformed, end - 1, "base64 with bits left over", "zero bits after the last byte");
  const bool complete = (end + pads) % 4 == 0;
  if (!complete && (padding == Padding::required || pads > 0)) return fail_at(Errc::malformed, text.size(), "base64 wrongly padded", "'=' up to a multiple of 4 characters");
  return bytes;
}

Result<Bytes> from_any_base64(std::string_view text) {
  const bool url = text.find_first_of("-_") != std::string_view::npos;
  return from_base64(text, url ? Base64::url : Base64::standard, Padding::optional);
}

std::size_t invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    // Nearly all text here is ASCII.
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = utf8_length(text, i);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool shown = length > 1 ? !hides_or_reorders(text.substr(i, length)) : length == 1 && byte >= 0x20 && byte != 0x7f;
    if (shown) {
      out += text.substr(i, length);
    } else {
      for (std::size_t j = 0; j < std::max<std::size_t>(length, 1); ++j) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i + j]));
    }
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string quoted(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return '"' + printable(text) + '"';
  return '"' + printable(text.substr(0, limit)) + "...\"";
}

bool iequals_ascii(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::ranges::equal(a, b, {}, lower, lower);
}

std::string to_lower_ascii(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = lower(c);
  return out;
}

std::string_view trim_ascii(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

namespace {

std::string encode_base64(ByteView bytes, std::string_view alphabet, bool padded) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* out = text.data();
  const char* const digits = alphabet.data();
  const std::uint8_t* in = bytes.data();
  for (; in + 3 <= bytes.data() + bytes.size(); in += 3) {
    const auto group = static_cast<std::uint32_t>(in[0] << 16 | in[1] << 8 | in[2]);
    out[0] = digits[group >> 18];
    out[1] = digits[(group >> 12) & 63];
    out[2] = digits[(group >> 6) & 63];
    out[3] = digits[group & 63];
    out += 4;
  }
  const std::size_t left = bytes.size() % 3;
  if (left > 0) {
    const auto group = static_cast<std::uint32_t>(in[0] << 16 | (left > 1 ? in[1] << 8 : 0));
    *out++ = digits[group >> 18];
    *out++ = digits[(group >> 12) & 63];
    if (left > 1) *out++ = digits[(group >> 6) & 63];
  }
  if (!padded) text.resize(static_cast<std::size_t>(out - text.data()));
  return text;
}

int base64_value(char c, Base64 alphabet) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == (alphabet == Base64::url ? '-' : '+')) return 62;
  if (c == (alphabet == Base64::url ? '_' : '/')) return 63;
  return -1;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// How many bytes the character at `at` has; 0 where it is not well-formed.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (first == 0xe0 && byte(1) < 0xa0) return 0;  // over-long
    if (first == 0xed && byte(1) > 0x9f) return 0;  // surrogate
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (first == 0xf0 && byte(1) < 0x90) return 0;  // over-long
    if (first == 0xf4 && byte(1) > 0x8f) return 0;  // above U+10FFFF
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// C1 controls, line and paragraph separators, zero-width and bidirectional marks: they make a report read as something else.
bool hides_or_reorders(std::string_view character) {
  if (character.size() == 2) return character[0] == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0;
  if (character.size() != 3) return false;
  const auto second = static_cast<unsigned char>(character[1]);
  const auto third = static_cast<unsigned char>(character[2]);
  if (character[0] == '\xef') return second == 0xbb && third == 0xbf;
  if (character[0] != '\xe2') return false;
  if (second == 0x80) return (third >= 0x8b && third <= 0x8f) || (third >= 0xa8 && third <= 0xae);
  return second == 0x81 && third >= 0xa0 && third <= 0xaf;
}

}  // namespace
}  // namespace assay
