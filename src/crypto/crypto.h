// Cryptography: the only door to OpenSSL and the Rust library. Keys are immutable, cheap to copy and thread-safe.
//
// Callers choose the algorithm; a key is only used with algorithms of its kind (`fits`). Verification answers `unauthenticated`
// for any signature that is not good, whatever the reason, and never throws.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"

namespace assay::crypto {

enum class Hash { sha1,
                  sha224,
                  sha256,
                  sha384,
                  sha512 };
std::string_view name(Hash hash);                         // "sha-256"
std::optional<Hash> hash_by_name(std::string_view name);  // "sha-256", also "sha256"; case-insensitive
std::size_t size(Hash hash);
Bytes digest(Hash hash, ByteView data);
Bytes digest(Hash hash, std::initializer_list<ByteView> parts);
Bytes shake256(ByteView data, std::size_t size);
Bytes hmac(Hash hash, ByteView key, ByteView data);
Bytes random_bytes(std::size_t size);

enum class Sig { es256,
                 es384,
                 es512,
                 eddsa,
                 ps256,
                 ps384,
                 ps512,
                 rs256 };
enum class Mac { hs256,
                 hs384,
                 hs512 };
std::string_view jose_name(Sig sig);                         // "ES256"
std::optional<Sig> sig_by_jose_name(std::string_view name);  // exact
std::int64_t cose_id(Sig sig);                               // -7
std::optional<Sig> sig_by_cose_id(std::int64_t id);
std::int64_t cose_id(Mac mac);  // 5
std::optional<Mac> mac_by_cose_id(std::int64_t id);
Hash hash_of(Sig sig);
Hash hash_of(Mac mac);

enum class KeyKind { p256,
                     p384,
                     p521,
                     ed25519,
                     rsa };
std::string_view name(KeyKind kind);   // "P-256", "Ed25519", "RSA"
std::size_t field_size(KeyKind kind);  // 32, 48, 66 for the curves, else 0
// Does an algorithm belong to a kind of key? ES256 to P-256 only, and so on (stricter than RFC 9053 §2.1).
bool fits(Sig sig, KeyKind kind);
Sig default_sig(KeyKind kind);  // ES256, ES384, ES512, EdDSA, PS256

class PublicKeyImpl;
struct PrivateKeyImpl;

class PublicKey {
 public:
  // The uncompressed point 04 || X || Y of the curve's size, on the curve, not infinity.
  static Result<PublicKey> from_point(KeyKind curve, ByteView point);
  static Result<PublicKey> from_ed25519(ByteView raw);
  static Result<PublicKey> from_rsa(ByteView modulus, ByteView exponent);  // 2048 to 8192 bits, odd exponent >= 3
  static Result<PublicKey> from_spki(ByteView der);

  KeyKind kind() const;
  Bytes point() const;    // 04 || X || Y; empty for other kinds
  Bytes ed25519() const;  // 32 bytes; empty for other kinds
  Bytes rsa_modulus() const;
  Bytes rsa_exponent() const;
  Bytes spki() const;           // DER SubjectPublicKeyInfo
  ByteView thumbprint() const;  // SHA-256 of the point (curves) or SubjectPublicKeyInfo, computed once: the key of caches
  bool operator==(const PublicKey& other) const;

  const PublicKeyImpl& impl() const { return *impl_; }
  explicit PublicKey(std::shared_ptr<const PublicKeyImpl> impl) : impl_{std::move(impl)} {}

 private:
  std::shared_ptr<const PublicKeyImpl> impl_;
};

class PrivateKey {
 public:
  static Result<PrivateKey> generate(KeyKind kind);
  // The scalar must belong to the point if one is given; derives the point otherwise.
  static Result<PrivateKey> from_scalar(KeyKind curve, ByteView scalar, ByteView point = {});
  static Result<PrivateKey> from_ed25519(ByteView seed);
  static Result<PrivateKey> from_pkcs8(ByteView der);
  struct RsaParts {
    ByteView n, e, d, p, q, dp, dq, qi;
  };
  static Result<PrivateKey> from_rsa(const RsaParts& parts);

  const PublicKey& public_key() const;
  KeyKind kind() const { return public_key().kind(); }
  SecretBytes scalar() const;  // curves and Ed25519
  std::string to_pem() const;  // PKCS#8

  const PrivateKeyImpl& impl() const { return *impl_; }
  explicit PrivateKey(std::shared_ptr<const PrivateKeyImpl> impl) : impl_{std::move(impl)} {}

 private:
  std::shared_ptr<const PrivateKeyImpl> impl_;
};

// `signature` as COSE and JOSE carry it: r || s for ECDSA.
Result<void> verify(const PublicKey& key, Sig sig, ByteView message, ByteView signature);
// The same without the rule that an algorithm belongs to one curve: ES256 with a P-384 key and the like, which RFC 9053 §2.1 allows.
Result<void> verify_foreign_curve(const PublicKey& key, Sig sig, ByteView message, ByteView signature);
// ECDSA with RFC 6979 nonces: the same input gives the same bytes.
Result<Bytes> sign(const PrivateKey& key, Sig sig, ByteView message);
Result<void> verify_mac(ByteView key, Mac mac, ByteView message, ByteView tag);
Bytes make_mac(ByteView key, Mac mac, ByteView message);

// Which library answers ECDSA P-256/P-384 verification. `automatic` is aws-lc-rs where it is built in.
enum class EcdsaLibrary { automatic,
                          openssl,
                          aws_lc };
void use_ecdsa_library(EcdsaLibrary library);  // for tests and benches; process-wide
std::string_view ecdsa_library();              // "aws-lc-rs 1.19.0" or "OpenSSL 3.0.x"
std::string_view openssl_version();

}  // namespace assay::crypto
