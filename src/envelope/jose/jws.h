// JWS (RFC 7515), compact and flattened/general JSON: parse, verify, make. The algorithm is the caller's choice; the header only has
// to agree. "none" and HMAC do not exist here: such a header parses, so that it can be shown, and never verifies.
//
// Refused: anything but three segments, base64url with padding, white space inside or bits left over, a header that is not a JSON
// object or has no `alg`, duplicate member names (also between the two headers), `crit` and `b64` (RFC 7797: what is signed would be
// something else), several signatures, detached payloads. Limit: kMaxResult bytes. Pure functions.
#pragma once

#include "codec/json/json.h"
#include "crypto/crypto.h"
#include "crypto/signer.h"
#include "envelope/verified.h"

namespace assay::jose {

struct UnverifiedJws {
  std::string protected_b64;  // as received: what is signed, before the dot
  std::string payload_b64;
  json::Value header;       // protected header, an object
  json::Value unprotected;  // JSON form only; null otherwise
  Bytes payload;
  Bytes signature;
  std::string alg;  // protected `alg`
};

// Compact: exactly three segments; white space around the whole is skipped.
Result<UnverifiedJws> parse_compact(std::string_view text);
// Flattened, or general with exactly one signature.
Result<UnverifiedJws> parse_json(std::string_view text);
Result<UnverifiedJws> parse_any(std::string_view text);

// Fails with `mismatch` when the header names another algorithm, or the key is of another kind; `unauthenticated` when the signature is not good.
Result<Verified<Bytes>> verify(const UnverifiedJws& jws, const crypto::PublicKey& key, crypto::Sig sig);

// Members after `alg` are written in the order given: make_header(es256, {{"typ","JWT"}}) is {"alg":"ES256","typ":"JWT"}.
json::Value make_header(crypto::Sig sig, std::vector<std::pair<std::string, json::Value>> more = {});
// The algorithm is the header's. Fails with `unsupported` (alg, crit, b64) or `mismatch` (the key is of another kind).
Result<std::string> sign_compact(ByteView payload, const json::Value& header, const crypto::PrivateKey& key);
Result<std::string> sign_flattened(ByteView payload, const json::Value& header, const crypto::PrivateKey& key);
// The header must name the signer's algorithm (`mismatch`).
Result<std::string> sign_compact(ByteView payload, const json::Value& header, const crypto::Signer& signer);

}  // namespace assay::jose
