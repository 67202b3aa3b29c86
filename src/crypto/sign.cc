#include <openssl/rsa.h>

#include <algorithm>

#include "crypto/openssl.h"

namespace assay::crypto {
namespace {

Result<Bytes> sign_with_md(const PrivateKey& key, const EVP_MD* md, int padding, ByteView message);

// RFC 6979 §3.2: the sequence of candidate nonces for one key and digest.
class Nonces {
 public:
  Nonces(Hash hash, const BIGNUM* order, ByteView private_octets, ByteView digest);
  Bignum next();

 private:
  void reseed(std::uint8_t mark, ByteView private_octets, ByteView digest_octets);
  void step_v();
  Hash hash_;
  const BIGNUM* order_;
  bool used_ = false;
  // Whoever knows one of these knows the nonce, and with it the key.
  SecretBytes k_;
  SecretBytes v_;
};

// One signature in the making. Every number that leads to the key is wiped when it goes (Bignum clears), secret numbers are
// only multiplied under a random mask, and inverses are Fermat's, in OpenSSL's constant-time exponentiation.
class EcdsaSignature {
 public:
  EcdsaSignature(KeyKind curve, ByteView scalar, ByteView digest);
  const BIGNUM* order() const { return order_; }
  // False if OpenSSL fails.
  bool make(const BIGNUM* nonce);
  bool usable() const { return !BN_is_zero(r_.get()) && !BN_is_zero(s_.get()); }
  Bytes bytes(std::size_t field) const;

 private:
  bool make_r(const BIGNUM* nonce);
  bool make_s(const BIGNUM* nonce);
  bool invert(BIGNUM* inverse, const BIGNUM* number);
  Group group_;
  const BIGNUM* order_;
  BnCtx context_;
  Bignum d_, z_, order_less_2_, r_, s_;
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
  const CleanErrors door;
  const SecretBytes scalar = key.scalar();
  EcdsaSignature signature{key.kind(), scalar.expose(), digest};
  Nonces nonces{hash, signature.order(), scalar.expose(), digest};
  do {
    const Bignum nonce = nonces.next();
    if (!signature.make(nonce.get())) return fail(Errc::internal, "", "signing failed: {}", take_openssl_error());
  } while (!signature.usable());
  return signature.bytes(field_size(key.kind()));
}

namespace {

Result<Bytes> sign_with_md(const PrivateKey& key, const EVP_MD* md, int padding, ByteView message) {
  const CleanErrors door;
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

EcdsaSignature::EcdsaSignature(KeyKind curve, ByteView scalar, ByteView digest)
    : group_{EC_GROUP_new_by_curve_name(nid_of(curve))}, order_{EC_GROUP_get0_order(group_.get())}, context_{BN_CTX_secure_new()}, d_{BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), nullptr)}, z_{bits_to_integer(digest, order_)}, order_less_2_{BN_dup(order_)}, r_{BN_new()}, s_{BN_new()} {
  ASSAY_CHECK(context_ && d_ && z_ && order_less_2_ && r_ && s_ && BN_sub_word(order_less_2_.get(), 2) == 1);
  BN_set_flags(d_.get(), BN_FLG_CONSTTIME);
}

bool EcdsaSignature::make(const BIGNUM* nonce) { return make_r(nonce) && make_s(nonce); }

// The abscissa of nonce * G; multiplying the generator alone is OpenSSL's constant-time path.
bool EcdsaSignature::make_r(const BIGNUM* nonce) {
  const Point point{EC_POINT_new(group_.get())};
  return point && EC_POINT_mul(group_.get(), point.get(), nonce, nullptr, nullptr, context_.get()) == 1 && EC_POINT_get_affine_coordinates(group_.get(), point.get(), r_.get(), nullptr, context_.get()) == 1 && BN_nnmod(r_.get(), r_.get(), order_, context_.get()) == 1;
}

// s = (z + r d) / nonce, computed as (m z + r (m d)) / nonce / m with a random m.
bool EcdsaSignature::make_s(const BIGNUM* nonce) {
  const Bignum mask{BN_new()}, unmask{BN_new()}, inverse{BN_new()}, masked_z{BN_new()};
  BIGNUM* const s = s_.get();
  BN_CTX* const context = context_.get();
  bool done = mask && unmask && inverse && masked_z && BN_priv_rand_range(mask.get(), order_) == 1 && !BN_is_zero(mask.get());
  done = done && BN_mod_mul(s, mask.get(), d_.get(), order_, context) == 1 && BN_mod_mul(s, s, r_.get(), order_, context) == 1;
  done = done && BN_mod_mul(masked_z.get(), mask.get(), z_.get(), order_, context) == 1 && BN_mod_add(s, s, masked_z.get(), order_, context) == 1;
  done = done && invert(inverse.get(), nonce) && BN_mod_mul(s, s, inverse.get(), order_, context) == 1;
  return done && invert(unmask.get(), mask.get()) && BN_mod_mul(s, s, unmask.get(), order_, context) == 1;
}

// Fermat: number^(n-2) mod n. Unlike Euclid's, its steps do not depend on the number.
bool EcdsaSignature::invert(BIGNUM* inverse, const BIGNUM* number) {
  return BN_mod_exp_mont_consttime(inverse, number, order_less_2_.get(), order_, context_.get(), nullptr) == 1;
}

Bytes EcdsaSignature::bytes(std::size_t field) const {
  Bytes rs(2 * field);
  ASSAY_CHECK(BN_bn2binpad(r_.get(), rs.data(), static_cast<int>(field)) > 0 && BN_bn2binpad(s_.get(), rs.data() + field, static_cast<int>(field)) > 0);
  return rs;
}

Nonces::Nonces(Hash hash, const BIGNUM* order, ByteView private_octets, ByteView digest) : hash_{hash}, order_{order}, k_{Bytes(size(hash), 0x00)}, v_{Bytes(size(hash), 0x01)} {
  // bits2octets of the digest: reduced once by the order.
  const Bignum z = bits_to_integer(digest, order);
  if (BN_cmp(z.get(), order) >= 0) ASSAY_CHECK(BN_sub(z.get(), z.get(), order) == 1);
  Bytes digest_octets(private_octets.size());
  ASSAY_CHECK(BN_bn2binpad(z.get(), digest_octets.data(), static_cast<int>(digest_octets.size())) > 0);
  reseed(0x00, private_octets, digest_octets);
  reseed(0x01, private_octets, digest_octets);
}

Bignum Nonces::next() {
  const auto wanted = static_cast<std::size_t>(BN_num_bytes(order_));
  for (;;) {
    if (used_) reseed(0x00, {}, {});
    used_ = true;
    Bytes collected;
    collected.reserve(wanted);
    while (collected.size() < wanted) {
      step_v();
      append(collected, v_.expose().first(std::min(v_.size(), wanted - collected.size())));
    }
    const SecretBytes octets{std::move(collected)};
    Bignum nonce = bits_to_integer(octets.expose(), order_);
    BN_set_flags(nonce.get(), BN_FLG_CONSTTIME);
    if (!BN_is_zero(nonce.get()) && BN_cmp(nonce.get(), order_) < 0) return nonce;
  }
}

void Nonces::reseed(std::uint8_t mark, ByteView private_octets, ByteView digest_octets) {
  const Bytes marks{mark};
  const SecretBytes seed{[&] {
    Bytes all;
    all.reserve(v_.size() + 1 + private_octets.size() + digest_octets.size());  // once, so that no copy stays behind
    for (const ByteView part : {v_.expose(), ByteView{marks}, private_octets, digest_octets}) append(all, part);
    return all;
  }()};
  k_ = SecretBytes{hmac(hash_, k_.expose(), seed.expose())};
  step_v();
}

void Nonces::step_v() { v_ = SecretBytes{hmac(hash_, k_.expose(), v_.expose())}; }

Bignum bits_to_integer(ByteView octets, const BIGNUM* order) {
  Bignum number{BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)};
  ASSAY_CHECK(number != nullptr);
  const int excess = static_cast<int>(octets.size()) * 8 - BN_num_bits(order);
  if (excess > 0) ASSAY_CHECK(BN_rshift(number.get(), number.get(), excess) == 1);
  return number;
}

}  // namespace
}  // namespace assay::crypto
