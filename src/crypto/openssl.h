// OpenSSL objects that free themselves, and the errors they leave. For src/crypto alone.
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.h"
#include "crypto/crypto.h"

namespace assay::crypto {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
inline void free_openssl(void* memory) { OPENSSL_free(memory); }

using Pkey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using PkeyCtx = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using MdCtx = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Bignum = std::unique_ptr<BIGNUM, Freer<BN_clear_free>>;
using BnCtx = std::unique_ptr<BN_CTX, Freer<BN_CTX_free>>;
using Group = std::unique_ptr<EC_GROUP, Freer<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Freer<EC_POINT_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Buffer = std::unique_ptr<unsigned char, Freer<free_openssl>>;

// The last reason OpenSSL gave; its queue is empty afterwards, so that no later call sees it.
std::string take_openssl_error();

// Stands at the door of whatever parses: OpenSSL leaves reasons behind even where it succeeds in the end, and a later reader
// of the queue (TLS above all) would take them for its own.
class CleanErrors {
 public:
  CleanErrors() { ERR_clear_error(); }
  ~CleanErrors() { ERR_clear_error(); }
  CleanErrors(const CleanErrors&) = delete;
  CleanErrors& operator=(const CleanErrors&) = delete;
};

const EVP_MD* md_of(Hash hash);
int nid_of(KeyKind curve);
std::optional<KeyKind> kind_of(const EVP_PKEY* key);

// Building OpenSSL's form of a point costs a tenth of a P-384 verification, and the Rust library does without: it is made when
// somebody first asks for it.
class PublicKeyImpl {
 public:
  PublicKeyImpl(KeyKind kind, Bytes point, Pkey pkey, std::shared_ptr<void> fast);
  KeyKind kind() const { return kind_; }
  const Bytes& point() const { return point_; }
  const Bytes& thumbprint() const { return thumbprint_; }
  const std::shared_ptr<void>& fast() const { return fast_; }
  EVP_PKEY* pkey() const;

 private:
  KeyKind kind_;
  Bytes point_;  // curves only
  Bytes thumbprint_;
  std::shared_ptr<void> fast_;  // the Rust library's key, which has proved that the point is on its curve; may be empty
  mutable std::once_flag made_;
  mutable Pkey pkey_;
};

struct PrivateKeyImpl {
  Pkey pkey;
  PublicKey public_key;
};

// The public half of what OpenSSL parsed, checked and made anew, so that it carries neither a private half nor an odd form.
Result<PublicKey> public_half(const EVP_PKEY* pkey);

// The private members of an RSA key, in the order of RFC 7518 §6.3.2: d, p, q, dp, dq, qi.
std::array<SecretBytes, 6> rsa_secrets(const PrivateKey& key);

// RFC 6979: r || s of the digest, with the nonce derived from key and digest.
Result<Bytes> sign_ecdsa(const PrivateKey& key, Hash hash, ByteView digest);

}  // namespace assay::crypto
