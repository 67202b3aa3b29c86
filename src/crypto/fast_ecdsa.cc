#include "crypto/fast_ecdsa.h"

#include <openssl/crypto.h>

#include <atomic>

#include "base/text.h"
#ifdef ASSAY_WITH_RUST
#include "assay_rust.h"
#endif

namespace assay::crypto {
namespace {

// Process-wide, changed by tests and benches only.
std::atomic<EcdsaLibrary> chosen = EcdsaLibrary::automatic;

}  // namespace

void use_ecdsa_library(EcdsaLibrary library) { chosen = library; }

std::string_view openssl_version() { return OpenSSL_version(OPENSSL_VERSION_STRING); }

#ifdef ASSAY_WITH_RUST

std::string_view ecdsa_library() {
  static const std::string openssl = fmt::format("OpenSSL {}", openssl_version());
  return chosen == EcdsaLibrary::openssl ? std::string_view{openssl} : "aws-lc-rs 1.19.0";
}

std::shared_ptr<void> make_fast_key(KeyKind kind, ByteView point) {
  if (kind != KeyKind::p256 && kind != KeyKind::p384) return nullptr;
  assay_ec_key* key = assay_ec_key_new(kind == KeyKind::p256 ? ASSAY_EC_P256 : ASSAY_EC_P384, point.data(), point.size());
  if (key == nullptr) return nullptr;
  return {key, [](void* one) { assay_ec_key_free(static_cast<assay_ec_key*>(one)); }};
}

std::optional<bool> verify_fast(const std::shared_ptr<void>& key, KeyKind kind, Hash hash, ByteView message, ByteView signature) {
  if (!key || chosen == EcdsaLibrary::openssl || signature.size() != 2 * field_size(kind)) return std::nullopt;
  assay_hash algorithm = ASSAY_SHA256;
  if (hash == Hash::sha384) algorithm = ASSAY_SHA384;
  else if (hash == Hash::sha512) algorithm = ASSAY_SHA512;
  else if (hash != Hash::sha256) return std::nullopt;
  const assay_status status = assay_ec_verify(static_cast<const assay_ec_key*>(key.get()), algorithm, message.data(), message.size(), signature.data(), signature.size());
  if (status == ASSAY_OK) return true;
  // Anything but a plain "not valid" is left to OpenSSL to decide.
  return status == ASSAY_ERR ? std::optional{false} : std::nullopt;
}

#else

std::string_view ecdsa_library() {
  static const std::string openssl = fmt::format("OpenSSL {}", openssl_version());
  return openssl;
}

std::shared_ptr<void> make_fast_key(KeyKind, ByteView) { return nullptr; }

std::optional<bool> verify_fast(const std::shared_ptr<void>&, KeyKind, Hash, ByteView, ByteView) { return std::nullopt; }

#endif

}  // namespace assay::crypto
