// Claim sets of EAT tokens (RFC 9711) before anybody gave them a meaning: a CBOR map, entry by entry, in its own order.
//
// For printers and compilers that must keep the order of a token or of a source file, and for the claims that a typed reader
// does not know. Typed readers: schemes/psa/claims.h, schemes/cca/claims.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/limits.h"

namespace assay::cbor {
class Writer;
}

namespace assay::eat {

inline constexpr std::int64_t kNonce = 10;
inline constexpr std::int64_t kUeid = 256;
inline constexpr std::int64_t kProfile = 265;
inline constexpr std::int64_t kBootSeed = 268;

inline constexpr std::size_t kMaxClaims = 256;  // entries of one claim set

using ClaimKey = std::variant<std::int64_t, std::string>;
std::string shown(const ClaimKey& key);  // 265, "name"

// One claim: its key and its encoded value, one well-formed item of CBOR.
struct RawClaim {
  ClaimKey key;
  Bytes value;
  bool operator==(const RawClaim&) const = default;
};

// The claims of the map that fills `map` exactly. `base`: offset of `map` in the outermost input.
// Refused: indefinite lengths and duplicate keys at every level, nesting beyond kMaxDepth, more than kMaxClaims entries.
Result<std::vector<RawClaim>> parse_raw_claims(ByteView map, std::size_t base = 0);

// The map of `claims` in the order given, definite and shortest. Refused: a key twice, a value that is not one well-formed item.
Result<Bytes> encode_raw_claims(std::span<const RawClaim> claims);

// Appends key and value to an open map.
void write(cbor::Writer& out, const RawClaim& claim);

// Encoded values, for those who build a list of claims.
RawClaim claim(ClaimKey key, ByteView bytes);
RawClaim claim(ClaimKey key, std::string_view text);
RawClaim claim(ClaimKey key, std::int64_t number);

}  // namespace assay::eat
