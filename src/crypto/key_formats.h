// Keys as files carry them: PEM (SPKI, SEC1, PKCS#8, certificate), DER, JWK and JWK sets (RFC 7517), COSE_Key (RFC 9052 §7),
// raw points. Each reader says which form was expected and at which member, label or byte it stopped.
#pragma once

#include "codec/json/json.h"
#include "crypto/crypto.h"

namespace assay::crypto {

// JWK (RFC 7517, RFC 7518 §6): stripped leading zeros are padded, unknown members ignored, `alg` must agree if present.
// A private JWK gives its public half. Duplicate members were refused by json::parse.
Result<PublicKey> public_key_from_jwk(const json::Value& jwk);
Result<PrivateKey> private_key_from_jwk(const json::Value& jwk);
json::Value to_jwk(const PublicKey& key);
json::Value to_jwk(const PrivateKey& key);
std::string jwk_thumbprint(const PublicKey& key);  // RFC 7638, SHA-256, base64url

struct NamedKey {
  std::string kid;  // may be empty
  PublicKey key;
};
// A JWK set or a single JWK. At most 64 keys. In a set, keys of types we do not do are passed over (RFC 7517 §5) unless there are
// no others; broken ones of our types fail the whole set.
Result<std::vector<NamedKey>> keys_from_jwks(const json::Value& jwks);

// COSE_Key map, definite lengths, any label order. A private scalar (-4) in a public key is refused (tools have shipped tokens
// with one), as are a compressed y, duplicate labels and trailing bytes. `base`: offset of `bytes` in the outermost input.
Result<PublicKey> public_key_from_cose(ByteView bytes, std::size_t base = 0);
Bytes to_cose_key(const PublicKey& key);  // labels 1, -1, -2, -3, as RMM writes them
std::optional<Bytes> cose_key_private_scalar(ByteView bytes);

Result<PublicKey> public_key_from_pem(std::string_view pem);    // SPKI, certificate, or the public half of a private key
Result<PrivateKey> private_key_from_pem(std::string_view pem);  // SEC1 or PKCS#8, not encrypted
std::string to_pem(const PublicKey& key);

// Any of the above by looking at the first bytes: '{' JWK, "-----BEGIN" PEM, 0x30 DER, a CBOR map COSE_Key, 0x04 point. Of
// anything else the error says what it looks like, without quoting it.
Result<PublicKey> public_key_from_any(ByteView bytes);
Result<PrivateKey> private_key_from_any(ByteView bytes);

}  // namespace assay::crypto
