#include <openssl/rsa.h>

#include <array>

#include "codec/der/der.h"
#include "crypto/fast_ecdsa.h"
#include "crypto/openssl.h"

namespace assay::crypto {
namespace {

Result<void> bad_signature() { return fail(Errc::unauthenticated, "", "the signature does not verify"); }
Result<void> verify_ecdsa(const PublicKeyImpl& key, Hash hash, ByteView message, ByteView signature);
Result<void> verify_rsa(const PublicKeyImpl& key, Hash hash, int padding, ByteView message, ByteView signature);
Result<void> verify_with_md(const PublicKeyImpl& key, const EVP_MD* md, int padding, ByteView message, ByteView signature);
std::size_t rs_to_der(ByteView rs, std::span<std::uint8_t> out);

}  // namespace

Result<void> verify(const PublicKey& key, Sig sig, ByteView message, ByteView signature) {
  if (!fits(sig, key.kind())) return fail_expecting(Errc::mismatch, "", fmt::format("algorithm {} with a key of {}", jose_name(sig), name(key.kind())), fmt::format("{} for this key", jose_name(default_sig(key.kind()))));
  return verify_foreign_curve(key, sig, message, signature);
}

Result<void> verify_foreign_curve(const PublicKey& key, Sig sig, ByteView message, ByteView signature) {
  const PublicKeyImpl& impl = key.impl();
  switch (sig) {
    case Sig::es256:
    case Sig::es384:
    case Sig::es512:
      if (field_size(impl.kind()) == 0) break;
      return verify_ecdsa(impl, hash_of(sig), message, signature);
    case Sig::eddsa:
      if (impl.kind() != KeyKind::ed25519) break;
      return signature.size() == 64 ? verify_with_md(impl, nullptr, 0, message, signature) : bad_signature();
    case Sig::ps256:
    case Sig::ps384:
    case Sig::ps512:
      if (impl.kind() != KeyKind::rsa) break;
      return verify_rsa(impl, hash_of(sig), RSA_PKCS1_PSS_PADDING, message, signature);
    case Sig::rs256:
      if (impl.kind() != KeyKind::rsa) break;
      return verify_rsa(impl, Hash::sha256, RSA_PKCS1_PADDING, message, signature);
  }
  return fail(Errc::mismatch, "", "algorithm {} with a key of {}", jose_name(sig), name(key.kind()));
}

namespace {

Result<void> verify_ecdsa(const PublicKeyImpl& key, Hash hash, ByteView message, ByteView signature) {
  if (signature.size() != 2 * field_size(key.kind())) return bad_signature();
  if (const auto good = verify_fast(key.fast(), key.kind(), hash, message, signature)) return *good ? Result<void>{} : bad_signature();

  std::array<std::uint8_t, 2 * 66 + 9> der{};
  const std::size_t length = rs_to_der(signature, der);
  const CleanErrors door;
  const PkeyCtx context{EVP_PKEY_CTX_new_from_pkey(nullptr, key.pkey(), nullptr)};
  if (length == 0 || !context || EVP_PKEY_verify_init(context.get()) != 1) return bad_signature();
  const Bytes hashed = digest(hash, message);
  // OpenSSL itself refuses r and s outside 1 to n-1.
  if (EVP_PKEY_verify(context.get(), der.data(), length, hashed.data(), hashed.size()) != 1) return bad_signature();
  return {};
}

// RFC 8017 §8.1.2 step 1, §8.2.2 step 1: exactly as long as the modulus. For PSS, OpenSSL takes shorter ones, too.
Result<void> verify_rsa(const PublicKeyImpl& key, Hash hash, int padding, ByteView message, ByteView signature) {
  if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key.pkey()))) return bad_signature();
  return verify_with_md(key, md_of(hash), padding, message, signature);
}

Result<void> verify_with_md(const PublicKeyImpl& key, const EVP_MD* md, int padding, ByteView message, ByteView signature) {
  const CleanErrors door;
  const MdCtx context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* parameters = nullptr;  // owned by the context
  bool good = context && EVP_DigestVerifyInit(context.get(), &parameters, md, nullptr, key.pkey()) == 1;
  if (good && padding != 0) good = EVP_PKEY_CTX_set_rsa_padding(parameters, padding) == 1;
  if (good && padding == RSA_PKCS1_PSS_PADDING) good = EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, md) == 1;
  good = good && EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  if (!good) return bad_signature();
  return {};
}

// Ecdsa-Sig-Value without a heap: this runs for every signature. 0 if r or s is zero.
std::size_t rs_to_der(ByteView rs, std::span<std::uint8_t> out) {
  std::size_t at = 3;  // SEQUENCE, up to two length bytes
  for (const ByteView half : {rs.first(rs.size() / 2), rs.subspan(rs.size() / 2)}) {
    ByteView number = half;
    while (!number.empty() && number[0] == 0) number = number.subspan(1);
    if (number.empty()) return 0;
    const bool sign = (number[0] & 0x80) != 0;
    out[at++] = der::kInteger;
    out[at++] = static_cast<std::uint8_t>(number.size() + (sign ? 1 : 0));
    if (sign) out[at++] = 0;
    for (const std::uint8_t byte : number) out[at++] = byte;
  }
  const std::size_t content = at - 3;
  if (content >= 0x80) {
    out[0] = der::kSequence;
    out[1] = 0x81;
    out[2] = static_cast<std::uint8_t>(content);
    return at;
  }
  out[0] = der::kSequence;
  out[1] = static_cast<std::uint8_t>(content);
  std::copy(out.begin() + 3, out.begin() + static_cast<std::ptrdiff_t>(at), out.begin() + 2);
  return at - 1;
}

}  // namespace
}  // namespace assay::crypto
