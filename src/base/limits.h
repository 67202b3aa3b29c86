// The sizes we accept. Shown by `assay describe`, so that a change is a visible diff.
#pragma once

#include <cstddef>

namespace assay {

inline constexpr std::size_t kMaxDepth = 16;               // nesting of CBOR, JSON, DER
inline constexpr std::size_t kMaxEvidence = 64 * 1024;     // one token
inline constexpr std::size_t kMaxResult = 1024 * 1024;     // one EAR, one CMW
inline constexpr std::size_t kMaxJson = 16 * 1024 * 1024;  // one JSON document
inline constexpr std::size_t kMaxKeyFile = 64 * 1024;      // one key, JWK set or certificate chain

}  // namespace assay
