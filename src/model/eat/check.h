// Rules that PSA and CCA claims share, worded as the reference library words them: these texts are what `evcli` prints, and
// scripts compare them. Each returns the error's `what` in full and nothing in `where`, so that prefixes can be put in front.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace assay::eat {

std::unexpected<Error> missing_claim();                   // "missing mandatory claim"
std::unexpected<Error> wrong_syntax(std::string detail);  // "wrong syntax: ..."
std::unexpected<Error> wrong_profile(std::string_view expecting, std::string_view got);
std::unexpected<Error> wrong_nonces(std::size_t in_array);  // "wrong syntax: got 2 nonces, want 1"

Result<void> check_hash(ByteView value);               // 32, 48 or 64 bytes
Result<void> check_implementation_id(ByteView value);  // 32 bytes
Result<void> check_instance_id(ByteView value);        // 33 bytes, the first 0x01 (RFC 9711 §4.2.1.1 RAND)
Result<void> check_lifecycle(std::uint16_t value);     // lies in a range of lifecycle.h
Result<void> check_service_indicator(std::string_view value);
Result<void> check_hash_name(std::string_view name);  // one of the nine names the reference accepts

// sha-256, sha-384 or sha-512: what a verifier should rely on.
bool is_strong_hash_name(std::string_view name);

// "where: what" without offset and expectation: the exact text of the reference for errors of this layer and above.
std::string reference_text(const Error& error);

}  // namespace assay::eat
