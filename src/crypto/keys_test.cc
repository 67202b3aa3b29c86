// What a key file may not smuggle in: halves of two keys, odd encodings, numbers of any size, a secret in a public key.
#include <openssl/core_names.h>

#include <algorithm>

#include "codec/der/der.h"
#include "crypto/key_formats.h"
#include "crypto/openssl.h"
#include "testing/testing.h"

namespace assay::crypto {
namespace {

using testing::fails;
using testing::ok;

constexpr KeyKind kAllKinds[] = {KeyKind::p256, KeyKind::p384, KeyKind::p521, KeyKind::ed25519, KeyKind::rsa};

// SEC1 for curves, PKCS#1 for RSA.
Bytes traditional_der(const PrivateKey& key) {
  unsigned char* raw = nullptr;
  const int length = i2d_PrivateKey(key.impl().pkey.get(), &raw);
  const Buffer owner{raw};
  return {raw, raw + length};
}

void replace(Bytes& in, ByteView from, ByteView to) {
  ASSERT_EQ(from.size(), to.size());
  const auto at = std::search(in.begin(), in.end(), from.begin(), from.end());
  ASSERT_NE(at, in.end());
  std::ranges::copy(to, at);
}

TEST(PrivateKeys, ReadTheirOwnEncodings) {
  for (const KeyKind kind : kAllKinds) {
    const auto key = PrivateKey::generate(kind).value();
    const auto pkcs8 = private_key_from_pem(key.to_pem());
    ASSERT_TRUE(ok(pkcs8)) << name(kind);
    EXPECT_TRUE(pkcs8->public_key() == key.public_key()) << name(kind);
    const auto traditional = PrivateKey::from_pkcs8(traditional_der(key));
    ASSERT_TRUE(ok(traditional)) << name(kind);
    EXPECT_TRUE(traditional->public_key() == key.public_key()) << name(kind);
    EXPECT_TRUE(ct_equal(traditional->scalar().expose(), key.scalar().expose())) << name(kind);
  }
}

TEST(PrivateKeys, InDerWithAPointOfAnotherKeyAreRefused) {
  for (const KeyKind curve : {KeyKind::p256, KeyKind::p384, KeyKind::p521}) {
    const auto a = PrivateKey::generate(curve).value();
    const auto b = PrivateKey::generate(curve).value();
    Bytes der = traditional_der(a);
    replace(der, a.public_key().point(), b.public_key().point());
    EXPECT_TRUE(fails(PrivateKey::from_pkcs8(der), Errc::mismatch, "another public key")) << name(curve);
  }
}

TEST(PrivateKeys, OfRsaMustBelongTogetherAndBeBounded) {
  const auto a = PrivateKey::generate(KeyKind::rsa).value();
  const auto b = PrivateKey::generate(KeyKind::rsa).value();
  Bytes other_modulus = traditional_der(a);
  replace(other_modulus, a.public_key().rsa_modulus(), b.public_key().rsa_modulus());
  EXPECT_TRUE(fails(PrivateKey::from_pkcs8(other_modulus), Errc::mismatch));

  const auto secrets = rsa_secrets(a);
  const Bytes version = der::encode_positive_integer({}), n = der::encode_positive_integer(a.public_key().rsa_modulus()), e = der::encode_positive_integer(a.public_key().rsa_exponent());
  std::array<Bytes, 6> member;
  std::ranges::transform(secrets, member.begin(), [](const SecretBytes& secret) { return der::encode_positive_integer(secret.expose()); });
  const auto key_of = [&] { return der::encode_sequence({version, n, e, member[0], member[1], member[2], member[3], member[4], member[5]}); };
  EXPECT_TRUE(ok(PrivateKey::from_pkcs8(key_of())));
  // A factor of half a million bits: refused before anything is computed with it.
  member[1] = der::encode_positive_integer(Bytes(60000, 0xff));
  EXPECT_TRUE(fails(PrivateKey::from_pkcs8(key_of()), Errc::malformed, "60000 bytes"));
}

TEST(PublicKeys, OutOfAPrivateFileHoldNoSecret) {
  for (const KeyKind kind : kAllKinds) {
    const auto key = PrivateKey::generate(kind).value();
    for (const PublicKey& half : {key.public_key(), public_key_from_pem(key.to_pem()).value()}) {
      BIGNUM* secret = nullptr;
      EXPECT_NE(EVP_PKEY_get_bn_param(half.impl().pkey(), kind == KeyKind::rsa ? OSSL_PKEY_PARAM_RSA_D : OSSL_PKEY_PARAM_PRIV_KEY, &secret), 1) << name(kind);
      BN_clear_free(secret);
      std::array<std::uint8_t, 64> raw{};
      std::size_t length = raw.size();
      EXPECT_NE(EVP_PKEY_get_raw_private_key(half.impl().pkey(), raw.data(), &length), 1) << name(kind);
    }
  }
}

TEST(PublicKeys, InBerAreRefused) {
  const Bytes spki = PrivateKey::generate(KeyKind::p256).value().public_key().spki();
  ASSERT_LT(spki[1], 0x80);
  const Bytes long_form = concat({Bytes{0x30, 0x81, spki[1]}, ByteView{spki}.subspan(2)});
  const Bytes indefinite = concat({Bytes{0x30, 0x80}, ByteView{spki}.subspan(2), Bytes{0, 0}});
  EXPECT_TRUE(fails(PublicKey::from_spki(long_form), Errc::malformed, "shortest form"));
  EXPECT_TRUE(fails(PublicKey::from_spki(indefinite), Errc::malformed, "indefinite"));
  EXPECT_TRUE(fails(PublicKey::from_spki(concat({spki, Bytes{0}})), Errc::malformed, "behind the end"));
}

// CVE-2020-0601: a curve that is P-256 in everything but what the parameters say.
TEST(PublicKeys, OnACurveInNumbersAreRefused) {
  const PkeyCtx context{EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr)};
  EVP_PKEY* raw = nullptr;
  ASSERT_EQ(EVP_PKEY_keygen_init(context.get()), 1);
  ASSERT_EQ(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1), 1);
  ASSERT_EQ(EVP_PKEY_CTX_set_ec_param_enc(context.get(), 0), 1);
  ASSERT_EQ(EVP_PKEY_keygen(context.get(), &raw), 1);
  const Pkey pkey{raw};
  unsigned char* out = nullptr;
  const int length = i2d_PUBKEY(pkey.get(), &out);
  const Buffer owner{out};
  ASSERT_GT(length, 200);
  EXPECT_TRUE(fails(PublicKey::from_spki({out, static_cast<std::size_t>(length)}), Errc::unsupported, "parameters"));
}

TEST(PublicKeys, OfOtherKindsAreNamedAsSuch) {
  for (const char* kind : {"X25519", "ED448"}) {
    const Pkey pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, kind)};
    unsigned char* out = nullptr;
    const int length = i2d_PUBKEY(pkey.get(), &out);
    const Buffer owner{out};
    EXPECT_TRUE(fails(PublicKey::from_spki({out, static_cast<std::size_t>(length)}), Errc::unsupported, "P-256, P-384")) << kind;
  }
}

TEST(PublicKeys, ACompressedPointInSpkiIsTheSameKey) {
  const auto key = PrivateKey::generate(KeyKind::p256).value().public_key();
  const Bytes point = key.point();
  Bytes compressed(point.begin(), point.begin() + 33);
  compressed[0] = static_cast<std::uint8_t>(2 + (point.back() & 1));
  const Bytes algorithm = testing::hex("3013 06072a8648ce3d0201 06082a8648ce3d030107");
  const Bytes spki = der::encode_sequence({algorithm, der::encode(der::kBitString, concat({Bytes{0}, compressed}))});
  const auto read = PublicKey::from_spki(spki);
  ASSERT_TRUE(ok(read));
  EXPECT_TRUE(*read == key);
  EXPECT_EQ(read->spki(), key.spki());
}

TEST(PublicKeys, OfRsaHaveOddNumbers) {
  const Bytes modulus = PrivateKey::generate(KeyKind::rsa).value().public_key().rsa_modulus();
  const Bytes e = testing::hex("010001");
  EXPECT_TRUE(ok(PublicKey::from_rsa(modulus, e)));
  // The sign byte of DER, as some makers of JWKs leave it in.
  EXPECT_TRUE(PublicKey::from_rsa(concat({Bytes{0}, modulus}), e).value() == PublicKey::from_rsa(modulus, e).value());
  Bytes even = modulus;
  even.back() ^= 1;
  EXPECT_TRUE(fails(PublicKey::from_rsa(even, e), Errc::invalid, "even modulus"));
  EXPECT_TRUE(fails(PublicKey::from_rsa(modulus, Bytes{1}), Errc::invalid, "exponent"));
  EXPECT_TRUE(fails(PublicKey::from_rsa(modulus, {}), Errc::invalid, "exponent"));
  EXPECT_TRUE(fails(PublicKey::from_rsa({}, e), Errc::invalid, "0 bits"));
  EXPECT_TRUE(fails(PublicKey::from_rsa(Bytes(1024, 0xff), Bytes(9, 1)), Errc::limit));
  EXPECT_TRUE(fails(PublicKey::from_rsa(ByteView{modulus}.first(255), e), Errc::invalid, "bits"));
}

TEST(Keys, LeaveNoErrorsOfOpenSslBehind) {
  const auto key = PrivateKey::generate(KeyKind::p384).value();
  const Bytes spki = key.public_key().spki(), broken(97, 4), signature(96, 1);
  const auto clean = [](std::string_view after) {
    EXPECT_EQ(ERR_peek_error(), 0u) << after;
    ERR_clear_error();
  };
  ERR_clear_error();
  (void)PublicKey::from_spki(spki), clean("a good key");
  (void)PublicKey::from_spki(ByteView{spki}.first(20)), clean("a cut key");
  (void)PublicKey::from_point(KeyKind::p384, broken), clean("a point off the curve");
  (void)PrivateKey::from_pkcs8(spki), clean("a public key as a private one");
  (void)private_key_from_pem(key.to_pem()), clean("a private key");
  (void)verify(key.public_key(), Sig::es384, broken, signature), clean("a bad signature");
  (void)public_key_from_any(spki), clean("any key");
}

}  // namespace
}  // namespace assay::crypto
