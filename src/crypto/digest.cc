#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <climits>

#include "crypto/openssl.h"

namespace assay::crypto {
namespace {

// Fetched once: looking an algorithm up by name costs more than hashing a token.
const EVP_MD* fetch(const char* name) {
  const EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  ASSAY_CHECK(md != nullptr);
  return md;
}

}  // namespace

const EVP_MD* md_of(Hash hash) {
  static const EVP_MD* const kMds[] = {fetch("SHA1"), fetch("SHA2-224"), fetch("SHA2-256"), fetch("SHA2-384"), fetch("SHA2-512")};
  return kMds[static_cast<std::size_t>(hash)];
}

Bytes digest(Hash hash, ByteView data) { return digest(hash, {data}); }

Bytes digest(Hash hash, std::initializer_list<ByteView> parts) {
  thread_local const MdCtx context{EVP_MD_CTX_new()};
  ASSAY_CHECK(context && EVP_DigestInit_ex2(context.get(), md_of(hash), nullptr) == 1);
  for (const ByteView part : parts) ASSAY_CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  Bytes out(size(hash));
  unsigned length = 0;
  ASSAY_CHECK(EVP_DigestFinal_ex(context.get(), out.data(), &length) == 1 && length == out.size());
  return out;
}

Bytes shake256(ByteView data, std::size_t size) {
  static const EVP_MD* const md = fetch("SHAKE256");
  const MdCtx context{EVP_MD_CTX_new()};
  Bytes out(size);
  ASSAY_CHECK(context && EVP_DigestInit_ex2(context.get(), md, nullptr) == 1 && EVP_DigestUpdate(context.get(), data.data(), data.size()) == 1);
  ASSAY_CHECK(EVP_DigestFinalXOF(context.get(), out.data(), out.size()) == 1);
  return out;
}

Bytes hmac(Hash hash, ByteView key, ByteView data) {
  Bytes out(size(hash));
  unsigned length = 0;
  ASSAY_CHECK(key.size() <= INT_MAX);
  // An empty key is legal, a null pointer would mean "the key of before".
  const std::uint8_t none = 0;
  ASSAY_CHECK(HMAC(md_of(hash), key.empty() ? &none : key.data(), static_cast<int>(key.size()), data.data(), data.size(), out.data(), &length) != nullptr);
  ASSAY_CHECK(length == out.size());
  return out;
}

Bytes random_bytes(std::size_t size) {
  ASSAY_CHECK(size <= INT_MAX);
  Bytes out(size);
  ASSAY_CHECK(RAND_bytes(out.data(), static_cast<int>(size)) == 1);
  return out;
}

Bytes make_mac(ByteView key, Mac mac, ByteView message) { return hmac(hash_of(mac), key, message); }

Result<void> verify_mac(ByteView key, Mac mac, ByteView message, ByteView tag) {
  if (!ct_equal(make_mac(key, mac, message), tag)) return fail(Errc::unauthenticated, "", "the MAC does not verify");
  return {};
}

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "no reason given";
}

}  // namespace assay::crypto
