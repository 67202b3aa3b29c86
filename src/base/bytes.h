// Bytes: the one owner (`Bytes`) and the one view (`ByteView`) of octets, and the ways between octets and text.
// A view never owns: whoever makes one keeps the owner alive. All functions are pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }
inline Bytes to_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }
inline std::string to_string(ByteView view) { return std::string{as_text(view)}; }

void append(Bytes& to, ByteView more);
Bytes concat(std::initializer_list<ByteView> parts);

// Same length and content. For public data: stops at the first difference.
bool equal(ByteView a, ByteView b);

// Same length and content, in time that depends on the lengths alone: for digests, nonces, MACs and secrets.
bool ct_equal(ByteView a, ByteView b);

// Lexicographic order of unsigned bytes, shorter first on a common prefix (RFC 8949 §4.2.1).
bool bytewise_less(ByteView a, ByteView b);

}  // namespace assay
