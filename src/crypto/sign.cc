#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "crypto/openssl.h"

namespace assay::crypto {
namespace {

using EcSig = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

Result<Bytes> sign_with_md(const PrivateKey& key, const EVP_MD* md, int padding, ByteView message);

// RFC 6979 §3.2: the sequence of candidate nonces for one key and digest.
class Nonces {
 public:
  Nonces(Hash hash, const BIGNUM* order, ByteView private_octets, ByteView digest);
  ~Nonces() {
    wipe(k_);
    wipe(v_);
  }
  Nonces(const Nonces&) = delete;
  Nonces& operator=(const Nonces&) = delete;
  Bignum next();

 private:
  void reseed(std::uint8_t mark, ByteView private_octets, ByteView digest_octets);
  Hash hash_;
  const BIGNUM* order_;
  bool used_ = false;
  Bytes k_;
  Bytes v_;
};

// RFC 6979 §2.3.2: the leftmost bits of the octets, as many as the order has.
Bignum bits_to_integer(ByteView octets, const BIGNUM* order);

}  // namespace

Result<Bytes> sign(const PrivateKey& key, Sig sig, ByteView message) {
  if (!fits(sig, key.kind())) return fail_expecting(Errc::mismatch, "", fmt::format("algorithm {} with a key of {}", jose_name(sig), name(key.kind())), fmt::format("{} for this key", jose_name(default_sig(key.kind()))));
  switch (sig) {
    case Sig::eddsa: return sign_with_md(key, nullptr, 0, message);
    case Sig::ps256:
    case Sig::ps384:
    case Sig::ps512: return sign_with_md(key, md_of(hash_of(sig)), RSA_PKCS1_PSS_PADDING, message);
    case Sig::rs256: return sign_with_md(key, md_of(Hash::sha256), RSA_PKCS1_PADDING, message);
    default: return sign_ecdsa(key, hash_of(sig), digest(hash_of(sig), message));
  }
}

Result<Bytes> sign_ecdsa(const PrivateKey& key, Hash hash, ByteView digest) {
  const std::size_t field = field_size(key.kind());
  const Group group{EC_GROUP_new_by_curve_name(nid_of(key.kind()))};
  const BIGNUM* order = EC_GROUP_get0_order(group.get());
  const BnCtx context{BN_CTX_secure_new()};
  const SecretBytes scalar = key.scalar();
  const Bignum d{BN_bin2bn(scalar.expose().data(), static_cast<int>(scalar.size()), nullptr)};
  const Bignum z = bits_to_integer(digest, order);
  const Bignum r{BN_new()};
  const Bignum s{BN_new()};
  const Bignum order_less_2{BN_dup(order)};
  const Point point{EC_POINT_new(group.get())};
  ASSAY_CHECK(context && d && z && r && s && order_less_2 && point && BN_sub_word(order_less_2.get(), 2) == 1);
  BN_set_flags(d.get(), BN_FLG_CONSTTIME);

  Nonces nonces{hash, order, scalar.expose(), digest};
  for (;;) {
    const Bignum k = nonces.next();
    const Bignum inverse{BN_new()};
    const Bignum mask{BN_new()};
    ASSAY_CHECK(inverse && mask);
    // The multiplication of the generator and Fermat's inversion are OpenSSL's constant-time paths.
    bool done = EC_POINT_mul(group.get(), point.get(), k.get(), nullptr, nullptr, context.get()) == 1;
    done = done && EC_POINT_get_affine_coordinates(group.get(), point.get(), r.get(), nullptr, context.get()) == 1;
    done = done && BN_nnmod(r.get(), r.get(), order, context.get()) == 1;
    done = done && BN_mod_exp_mont_consttime(inverse.get(), k.get(), order_less_2.get(), order, context.get(), nullptr) == 1;
    // s = k^-1 (z + r d), with both sums blinded by a random mask so that no intermediate shows d.
    done = done && BN_priv_rand_range(mask.get(), order) == 1 && !BN_is_zero(mask.get());
    const Bignum masked_d{BN_new()};
    const Bignum masked_z{BN_new()};
    const Bignum unmask{BN_new()};
    done = done && BN_mod_mul(masked_d.get(), mask.get(), d.get(), order, context.get()) == 1;
    done = done && BN_mod_mul(masked_d.get(), masked_d.get(), r.get(), order, context.get()) == 1;
    done = done && BN_mod_mul(masked_z.get(), mask.get(), z.get(), order, context.get()) == 1;
    done = done && BN_mod_add(s.get(), masked_d.get(), masked_z.get(), order, context.get()) == 1;
    done = done && BN_mod_mul(s.get(), s.get(), inverse.get(), order, context.get()) == 1;
    done = done && BN_mod_exp_mont_consttime(unmask.get(), mask.get(), order_less_2.get(), order, context.get(), nullptr) == 1;
    done = done && BN_mod_mul(s.get(), s.get(), unmask.get(), order, context.get()) == 1;
    if (!done) return fail(Errc::internal, "", "signing failed: {}", take_openssl_error());
    if (!BN_is_zero(r.get()) && !BN_is_zero(s.get())) break;
  }
  Bytes rs(2 * field);
  ASSAY_CHECK(BN_bn2binpad(r.get(), rs.data(), static_cast<int>(field)) > 0 && BN_bn2binpad(s.get(), rs.data() + field, static_cast<int>(field)) > 0);
  return rs;
}

namespace {

Result<Bytes> sign_with_md(const PrivateKey& key, const EVP_MD* md, int padding, ByteView message) {
  const MdCtx context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* parameters = nullptr;  // owned by the context
  bool done = context && EVP_DigestSignInit(context.get(), &parameters, md, nullptr, key.impl().pkey.get()) == 1;
  if (done && padding != 0) done = EVP_PKEY_CTX_set_rsa_padding(parameters, padding) == 1;
  if (done && padding == RSA_PKCS1_PSS_PADDING) done = EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1;
  std::size_t length = 0;
  done = done && EVP_DigestSign(context.get(), nullptr, &length, message.data(), message.size()) == 1;
  Bytes signature(length);
  done = done && EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()) == 1;
  if (!done) return fail(Errc::internal, "", "signing failed: {}", take_openssl_error());
  signature.resize(length);
  return signature;
}

Nonces::Nonces(Hash hash, const BIGNUM* order, ByteView private_octets, ByteView digest) : hash_{hash}, order_{order}, k_(size(hash), 0x00), v_(size(hash), 0x01) {
  // bits2octets of the digest: reduced once by the order.
  const Bignum z = bits_to_integer(digest, order);
  if (BN_cmp(z.get(), order) >= 0) ASSAY_CHECK(BN_sub(z.get(), z.get(), order) == 1);
  Bytes digest_octets(private_octets.size());
  ASSAY_CHECK(BN_bn2binpad(z.get(), digest_octets.data(), static_cast<int>(digest_octets.size())) > 0);
  reseed(0x00, private_octets, digest_octets);
  reseed(0x01, private_octets, digest_octets);
}

Bignum Nonces::next() {
  const auto bytes_wanted = static_cast<std::size_t>(BN_num_bytes(order_));
  for (;;) {
    if (used_) reseed(0x00, {}, {});
    used_ = true;
    Bytes octets;
    while (octets.size() < bytes_wanted) {
      v_ = hmac(hash_, k_, v_);
      append(octets, v_);
    }
    octets.resize(bytes_wanted);
    Bignum k = bits_to_integer(octets, order_);
    wipe(octets);
    BN_set_flags(k.get(), BN_FLG_CONSTTIME);
    if (!BN_is_zero(k.get()) && BN_cmp(k.get(), order_) < 0) return k;
  }
}

void Nonces::reseed(std::uint8_t mark, ByteView private_octets, ByteView digest_octets) {
  const Bytes marks{mark};
  Bytes seed = concat({v_, marks, private_octets, digest_octets});
  k_ = hmac(hash_, k_, seed);
  wipe(seed);
  v_ = hmac(hash_, k_, v_);
}

Bignum bits_to_integer(ByteView octets, const BIGNUM* order) {
  Bignum number{BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)};
  ASSAY_CHECK(number != nullptr);
  const int excess = static_cast<int>(octets.size()) * 8 - BN_num_bits(order);
  if (excess > 0) ASSAY_CHECK(BN_rshift(number.get(), number.get(), excess) == 1);
  return number;
}

}  // namespace
}  // namespace assay::crypto
