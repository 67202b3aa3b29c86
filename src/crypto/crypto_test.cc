#include "crypto/crypto.h"

#include "crypto/openssl.h"
#include "testing/testing.h"

namespace assay::crypto {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;

std::string padded(std::string digits, std::size_t bytes) { return std::string(bytes * 2 - digits.size(), '0') + digits; }

struct Rfc6979 {
  KeyKind curve;
  Sig sig;
  const char* scalar;
  const char* message;
  const char* r;
  const char* s;
};

class DeterministicSignature : public ::testing::TestWithParam<Rfc6979> {};

// RFC 6979 A.2.5, A.2.6, A.2.7.
TEST_P(DeterministicSignature, IsThatOfRfc6979) {
  const Rfc6979& vector = GetParam();
  const std::size_t field = field_size(vector.curve);
  const auto key = PrivateKey::from_scalar(vector.curve, hex(padded(vector.scalar, field)));
  ASSERT_TRUE(ok(key));
  const auto signature = sign(*key, vector.sig, as_bytes(vector.message));
  ASSERT_TRUE(ok(signature));
  EXPECT_EQ(to_hex(*signature), to_hex(hex(padded(vector.r, field) + padded(vector.s, field))));
  EXPECT_TRUE(ok(verify(key->public_key(), vector.sig, as_bytes(vector.message), *signature)));
}

constexpr const char* kP256 = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
constexpr const char* kP384 = "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5";
constexpr const char* kP521 = "0FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538";

INSTANTIATE_TEST_SUITE_P(Rfc6979, DeterministicSignature, ::testing::Values(Rfc6979{KeyKind::p256, Sig::es256, kP256, "sample", "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716", "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"}, Rfc6979{KeyKind::p256, Sig::es256, kP256, "test", "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367", "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"}, Rfc6979{KeyKind::p384, Sig::es384, kP384, "sample", "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46", "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8"}, Rfc6979{KeyKind::p521, Sig::es512, kP521, "sample", "0C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA", "0617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A"}));

TEST(Signatures, EveryAlgorithmVerifiesItsOwnAndNothingElse) {
  const Bytes message = to_bytes("what is signed");
  for (const KeyKind kind : {KeyKind::p256, KeyKind::p384, KeyKind::p521, KeyKind::ed25519, KeyKind::rsa}) {
    const auto key = PrivateKey::generate(kind);
    ASSERT_TRUE(ok(key));
    for (const Sig sig : {Sig::es256, Sig::es384, Sig::es512, Sig::eddsa, Sig::ps256, Sig::ps384, Sig::ps512, Sig::rs256}) {
      const auto signature = sign(*key, sig, message);
      if (!fits(sig, kind)) {
        EXPECT_TRUE(fails(signature, Errc::mismatch)) << jose_name(sig) << name(kind);
        EXPECT_TRUE(fails(verify(key->public_key(), sig, message, Bytes(64)), Errc::mismatch)) << jose_name(sig) << name(kind);
        continue;
      }
      ASSERT_TRUE(ok(signature)) << jose_name(sig);
      EXPECT_TRUE(ok(verify(key->public_key(), sig, message, *signature))) << jose_name(sig);
      Bytes other = message;
      other.back() ^= 1;
      EXPECT_TRUE(fails(verify(key->public_key(), sig, other, *signature), Errc::unauthenticated)) << jose_name(sig);
      EXPECT_TRUE(fails(verify(key->public_key(), sig, message, {}), Errc::unauthenticated)) << jose_name(sig);
    }
  }
}

// Both libraries on the same good and broken signatures: they must agree, and only the good one may pass.
TEST(Signatures, BothLibrariesGiveTheSameVerdicts) {
  for (const KeyKind kind : {KeyKind::p256, KeyKind::p384}) {
    for (int round = 0; round < 8; ++round) {
      const auto key = PrivateKey::generate(kind).value();
      const Bytes message = random_bytes(100);
      const Sig sig = default_sig(kind);
      const Bytes good = sign(key, sig, message).value();
      const std::size_t field = field_size(kind);
      std::vector<std::pair<Bytes, bool>> cases{{good, true}};
      for (const std::size_t at : {std::size_t{0}, field - 1, field, 2 * field - 1}) {
        Bytes flipped = good;
        flipped[at] ^= 0x40;
        cases.emplace_back(flipped, false);
      }
      Bytes zero_r = good, zero_s = good, ones_r = good, ones_s = good;
      std::fill_n(zero_r.begin(), field, std::uint8_t{0});
      std::fill_n(zero_s.begin() + static_cast<std::ptrdiff_t>(field), field, std::uint8_t{0});
      std::fill_n(ones_r.begin(), field, std::uint8_t{0xff});
      std::fill_n(ones_s.begin() + static_cast<std::ptrdiff_t>(field), field, std::uint8_t{0xff});
      for (const Bytes& broken : {zero_r, zero_s, ones_r, ones_s, Bytes(2 * field), Bytes(2 * field - 1), Bytes(2 * field + 1), Bytes{}}) cases.emplace_back(broken, false);
      for (const auto& [signature, valid] : cases) {
        use_ecdsa_library(EcdsaLibrary::openssl);
        const bool openssl = verify(key.public_key(), sig, message, signature).has_value();
        use_ecdsa_library(EcdsaLibrary::automatic);
        const bool automatic = verify(key.public_key(), sig, message, signature).has_value();
        EXPECT_EQ(openssl, valid) << to_hex(signature);
        EXPECT_EQ(automatic, valid) << to_hex(signature);
      }
    }
  }
}

TEST(Signatures, AForeignCurveIsOnlyForThoseWhoAsk) {
  const auto key = PrivateKey::generate(KeyKind::p384).value();
  const Bytes message = to_bytes("m");
  const Bytes signature = sign_ecdsa(key, Hash::sha256, digest(Hash::sha256, message)).value();
  EXPECT_TRUE(fails(verify(key.public_key(), Sig::es256, message, signature), Errc::mismatch));
  EXPECT_TRUE(ok(verify_foreign_curve(key.public_key(), Sig::es256, message, signature)));
  EXPECT_TRUE(fails(verify_foreign_curve(key.public_key(), Sig::es384, message, signature), Errc::unauthenticated));
  EXPECT_TRUE(fails(verify_foreign_curve(key.public_key(), Sig::ps256, message, signature), Errc::mismatch));
}

TEST(Points, AreExactOrRefused) {
  const auto key = PrivateKey::generate(KeyKind::p384).value().public_key();
  const Bytes point = key.point();
  ASSERT_EQ(point.size(), 97u);
  EXPECT_TRUE(PublicKey::from_point(KeyKind::p384, point).value() == key);
  Bytes off = point, compressed(point.begin(), point.begin() + 49), hybrid = point;
  off.back() ^= 1;
  compressed[0] = static_cast<std::uint8_t>(2 + (point.back() & 1));
  hybrid[0] = static_cast<std::uint8_t>(6 + (point.back() & 1));
  EXPECT_TRUE(fails(PublicKey::from_point(KeyKind::p384, off), Errc::invalid, "not on the curve"));
  EXPECT_TRUE(fails(PublicKey::from_point(KeyKind::p384, compressed), Errc::malformed, "49 bytes"));
  EXPECT_TRUE(fails(PublicKey::from_point(KeyKind::p384, hybrid), Errc::malformed, "starting 0x0"));
  EXPECT_TRUE(fails(PublicKey::from_point(KeyKind::p384, Bytes{0}), Errc::malformed));
  EXPECT_TRUE(fails(PublicKey::from_point(KeyKind::p384, {}), Errc::malformed));
  EXPECT_TRUE(fails(PublicKey::from_point(KeyKind::p256, point), Errc::malformed, "65 bytes"));
  EXPECT_TRUE(fails(PublicKey::from_point(KeyKind::p384, concat({Bytes{4}, Bytes(96)})), Errc::invalid));
}

// What one library takes as a point the other takes, too: the lazily made OpenSSL key relies on it.
TEST(Points, BothLibrariesTakeTheSame) {
  for (const KeyKind curve : {KeyKind::p256, KeyKind::p384}) {
    const Bytes good = PrivateKey::generate(curve).value().public_key().point();
    for (std::size_t at = 0; at < good.size(); at += 3) {
      Bytes point = good;
      point[at] ^= 0x10;
      EXPECT_FALSE(PublicKey::from_point(curve, point)) << at;
    }
    // spki() needs OpenSSL's form.
    EXPECT_TRUE(PublicKey::from_spki(PublicKey::from_point(curve, good).value().spki()).value() == PublicKey::from_point(curve, good).value());
  }
}

TEST(PrivateKeys, RefuseAScalarOfAnotherPoint) {
  const auto a = PrivateKey::generate(KeyKind::p256).value();
  const auto b = PrivateKey::generate(KeyKind::p256).value();
  const SecretBytes scalar = a.scalar();
  EXPECT_TRUE(ok(PrivateKey::from_scalar(KeyKind::p256, scalar.expose(), a.public_key().point())));
  EXPECT_TRUE(fails(PrivateKey::from_scalar(KeyKind::p256, scalar.expose(), b.public_key().point()), Errc::mismatch));
  EXPECT_TRUE(fails(PrivateKey::from_scalar(KeyKind::p256, Bytes(32)), Errc::invalid));
  EXPECT_TRUE(fails(PrivateKey::from_scalar(KeyKind::p256, Bytes(32, 0xff)), Errc::invalid));
  EXPECT_TRUE(fails(PrivateKey::from_scalar(KeyKind::p256, Bytes(33, 1)), Errc::malformed));
}

TEST(PublicKeys, SpkiRoundTripAndRefusals) {
  for (const KeyKind kind : {KeyKind::p256, KeyKind::p384, KeyKind::p521, KeyKind::ed25519, KeyKind::rsa}) {
    const auto key = PrivateKey::generate(kind).value().public_key();
    const Bytes spki = key.spki();
    EXPECT_TRUE(PublicKey::from_spki(spki).value() == key) << name(kind);
    EXPECT_FALSE(PublicKey::from_spki(concat({spki, Bytes{0}}))) << name(kind);
    EXPECT_FALSE(PublicKey::from_spki(ByteView{spki}.first(spki.size() - 1))) << name(kind);
  }
}

TEST(PublicKeys, RsaOutsideTheSizesIsRefused) {
  EXPECT_TRUE(fails(PublicKey::from_rsa(concat({Bytes{0x80}, Bytes(127, 1)}), hex("010001")), Errc::invalid, "1024 bits"));
  EXPECT_TRUE(fails(PublicKey::from_rsa(concat({Bytes{0x80}, Bytes(255, 1)}), Bytes{2}), Errc::invalid, "exponent"));
  EXPECT_TRUE(fails(PublicKey::from_rsa(Bytes(2000, 1), Bytes{3}), Errc::limit));
}

TEST(Digests, KnownAnswers) {
  EXPECT_EQ(to_hex(digest(Hash::sha256, as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest(Hash::sha384, {as_bytes("a"), as_bytes("bc")}), digest(Hash::sha384, as_bytes("abc")));
  EXPECT_EQ(to_hex(shake256({}, 8)), "46b9dd2b0ba88d13");
  // RFC 4231 test case 2.
  EXPECT_EQ(to_hex(hmac(Hash::sha256, as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac(Hash::sha512, {}, as_bytes("m")).size(), 64u);
}

TEST(Macs, VerifyWholeTagsOnly) {
  const Bytes key(32, 7), message = to_bytes("m");
  Bytes tag = make_mac(key, Mac::hs256, message);
  EXPECT_TRUE(ok(verify_mac(key, Mac::hs256, message, tag)));
  EXPECT_TRUE(fails(verify_mac(key, Mac::hs256, message, ByteView{tag}.first(16)), Errc::unauthenticated));
  tag[31] ^= 1;
  EXPECT_TRUE(fails(verify_mac(key, Mac::hs256, message, tag), Errc::unauthenticated));
}

TEST(Names, GoThereAndBack) {
  for (const Sig sig : {Sig::es256, Sig::es384, Sig::es512, Sig::eddsa, Sig::ps256, Sig::ps384, Sig::ps512, Sig::rs256}) {
    EXPECT_EQ(sig_by_jose_name(jose_name(sig)), sig);
    EXPECT_EQ(sig_by_cose_id(cose_id(sig)), sig);
  }
  EXPECT_EQ(sig_by_jose_name("none"), std::nullopt);
  EXPECT_EQ(sig_by_jose_name("es256"), std::nullopt);
  EXPECT_EQ(hash_by_name("SHA256"), Hash::sha256);
  EXPECT_EQ(hash_by_name("md5"), std::nullopt);
  EXPECT_EQ(mac_by_cose_id(5), Mac::hs256);
  EXPECT_EQ(mac_by_cose_id(8), std::nullopt);
}

}  // namespace
}  // namespace assay::crypto
