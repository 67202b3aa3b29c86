#include "crypto/signer.h"

#include <openssl/ecdsa.h>

#include "crypto/openssl.h"

namespace assay::crypto {
namespace {

using EcdsaSig = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

// EdDSA and RSA: nothing is faster than what `sign` does.
class PlainSigner : public Signer {
 public:
  PlainSigner(PrivateKey key, Sig sig) : key_{std::move(key)}, sig_{sig} {}
  Sig algorithm() const override { return sig_; }
  const PublicKey& public_key() const override { return key_.public_key(); }
  Result<Bytes> sign(ByteView message) const override { return crypto::sign(key_, sig_, message); }

 private:
  PrivateKey key_;
  Sig sig_;
};

// Looking up the algorithm is done once, and each signature starts from a copy of that context: nothing is shared between threads.
class EcdsaSigner : public Signer {
 public:
  EcdsaSigner(PrivateKey key, Sig sig, PkeyCtx prepared) : key_{std::move(key)}, sig_{sig}, prepared_{std::move(prepared)} {}
  Sig algorithm() const override { return sig_; }
  const PublicKey& public_key() const override { return key_.public_key(); }
  Result<Bytes> sign(ByteView message) const override;

 private:
  PrivateKey key_;
  Sig sig_;
  PkeyCtx prepared_;
};

}  // namespace

Result<std::shared_ptr<const Signer>> soft_signer(PrivateKey key, std::optional<Sig> wanted) {
  const Sig sig = wanted.value_or(default_sig(key.kind()));
  if (!fits(sig, key.kind())) return fail_expecting(Errc::mismatch, "", fmt::format("algorithm {} with a key of {}", jose_name(sig), name(key.kind())), fmt::format("{} for this key", jose_name(default_sig(key.kind()))));
  if (field_size(key.kind()) == 0) return std::make_shared<PlainSigner>(std::move(key), sig);

  const CleanErrors door;
  PkeyCtx prepared{EVP_PKEY_CTX_new_from_pkey(nullptr, key.impl().pkey.get(), nullptr)};
  if (!prepared || EVP_PKEY_sign_init(prepared.get()) != 1) return fail(Errc::internal, "", "no signer: {}", take_openssl_error());
  return std::make_shared<EcdsaSigner>(std::move(key), sig, std::move(prepared));
}

namespace {

Result<Bytes> EcdsaSigner::sign(ByteView message) const {
  const CleanErrors door;
  const Bytes hashed = digest(hash_of(sig_), message);
  const PkeyCtx context{EVP_PKEY_CTX_dup(prepared_.get())};
  std::array<std::uint8_t, 2 * 66 + 9> der{};
  std::size_t length = der.size();
  if (!context || EVP_PKEY_sign(context.get(), der.data(), &length, hashed.data(), hashed.size()) != 1) return fail(Errc::internal, "", "signing failed: {}", take_openssl_error());

  const unsigned char* at = der.data();
  const EcdsaSig signature{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length))};
  const std::size_t field = field_size(key_.kind());
  Bytes rs(2 * field);
  const auto put = [&](const BIGNUM* number, std::size_t to) { return BN_bn2binpad(number, rs.data() + to, static_cast<int>(field)) == static_cast<int>(field); };
  ASSAY_CHECK(signature && put(ECDSA_SIG_get0_r(signature.get()), 0) && put(ECDSA_SIG_get0_s(signature.get()), field));
  return rs;
}

}  // namespace
}  // namespace assay::crypto
