// Text: hex, the two base64 alphabets, UTF-8 and terminal safety. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace assay {

std::string to_hex(ByteView bytes);             // lower case
Result<Bytes> from_hex(std::string_view text);  // either case; refuses odd length and anything that is not a digit

enum class Base64 { standard,
                    url };
enum class Padding { none,
                     required,
                     optional };
std::string to_base64(ByteView bytes);     // standard alphabet, padded
std::string to_base64url(ByteView bytes);  // URL alphabet, no padding
std::string to_base64url_padded(ByteView bytes);

// Strict: one alphabet, no white space, no bits left over (so that equal bytes have equal text), padding as asked.
// Fails with `malformed` and the offset of the first wrong character.
Result<Bytes> from_base64(std::string_view text, Base64 alphabet = Base64::standard, Padding padding = Padding::required);

// Either alphabet, padding optional: for nonces and blobs that the field writes in several ways.
Result<Bytes> from_any_base64(std::string_view text);

// The offset of the first byte that is not well-formed UTF-8 (RFC 3629: no surrogates, no over-long forms), or npos.
std::size_t invalid_utf8(std::string_view text);

// For messages and reports: control characters, DEL, bidirectional overrides and broken UTF-8 become \xNN.
std::string printable(std::string_view text);

// `printable` in double quotes, cut to `limit` characters with "..." behind.
std::string quoted(std::string_view text, std::size_t limit = 80);

bool iequals_ascii(std::string_view a, std::string_view b);
std::string to_lower_ascii(std::string_view text);
std::string_view trim_ascii(std::string_view text);

}  // namespace assay
