// Rules of single values, the same for CBOR and templates.
#pragma once

#include "base/error.h"
#include "model/corim/values.h"

namespace assay::corim {

// RFC 9711 §4.2.1: RAND 01 of 16, 24 or 32 bytes, EUI 02 of 6 or 8, IMEI 03 of 14.
Result<void> check_ueid(ByteView ueid);
// Not algorithm 0, not empty, and of the length that the algorithm has.
Result<void> check_digest(const Digest& digest);
// PEM of the blocks that `kind` wants (one PUBLIC KEY, one CERTIFICATE, or several), with nothing behind them, each well-formed DER.
Result<void> check_pem(std::string_view text, CryptoKey::Kind kind);
// The content of a key, whatever its kind.
Result<void> check_key(const CryptoKey& key);
// Something in it, and in its class. `where` of the error: "" or "/class".
Result<void> check_environment(const Environment& environment);

}  // namespace assay::corim
