#include "crypto/key_formats.h"

#include "crypto/sigcache.h"
#include "crypto/x509.h"
#include "testing/testing.h"

namespace assay::crypto {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;
using testing::vector_text;

constexpr const char* kJwk = R"({"kty":"EC","crv":"P-256","x":"usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8","y":"IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4"})";

Result<PublicKey> jwk(std::string_view text) { return public_key_from_jwk(json::parse(text).value()); }

std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Keys, EveryFileFormNamesTheSameKey) {
  const auto key = PrivateKey::generate(KeyKind::p384).value();
  const PublicKey& wanted = key.public_key();
  const std::string public_jwk = json::print(to_jwk(wanted)), private_jwk = json::print(to_jwk(key)), pem = to_pem(wanted), private_pem = key.to_pem();
  for (const Bytes& file : {to_bytes(public_jwk), to_bytes(private_jwk), to_bytes(pem), to_bytes(private_pem), wanted.spki(), to_cose_key(wanted), wanted.point()}) {
    const auto read = public_key_from_any(file);
    ASSERT_TRUE(ok(read)) << to_hex(file);
    EXPECT_TRUE(*read == wanted);
  }
  for (const Bytes& file : {to_bytes(private_jwk), to_bytes(private_pem)}) EXPECT_TRUE(private_key_from_any(file).value().public_key() == wanted);
}

TEST(Keys, RsaAndEd25519GoThroughJwk) {
  for (const KeyKind kind : {KeyKind::rsa, KeyKind::ed25519, KeyKind::p521}) {
    const auto key = PrivateKey::generate(kind).value();
    EXPECT_TRUE(public_key_from_jwk(to_jwk(key.public_key())).value() == key.public_key()) << name(kind);
  }
  // RFC 8037 A.1, A.2.
  const char* const kEd = R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
  const auto key = private_key_from_jwk(json::parse(kEd).value());
  ASSERT_TRUE(ok(key));
  EXPECT_EQ(jwk_thumbprint(key->public_key()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");  // RFC 8037 A.3
}

TEST(Jwk, ReadsCoordinatesWithStrippedZeros) {
  // A point whose X begins with a zero byte, written with 31 bytes as some makers do.
  for (int i = 0; i < 4096; ++i) {
    const auto key = PrivateKey::generate(KeyKind::p256).value().public_key();
    const Bytes point = key.point();
    if (point[1] != 0) continue;
    json::Value value = to_jwk(key);
    value.object()->set("x", to_base64url(ByteView{point}.subspan(2, 31)));
    EXPECT_TRUE(public_key_from_jwk(value).value() == key);
    return;
  }
  FAIL() << "no such point in 4096 tries";
}

struct Refused {
  const char* why;
  std::string text;
  Errc errc;
  const char* where;
};
class JwkRefuses : public ::testing::TestWithParam<Refused> {};
TEST_P(JwkRefuses, WithTheMember) {
  const auto key = jwk(GetParam().text);
  ASSERT_FALSE(key) << "accepted: " << GetParam().why;
  EXPECT_EQ(key.error().errc, GetParam().errc) << key.error();
  EXPECT_EQ(key.error().where, GetParam().where) << key.error();
}
INSTANTIATE_TEST_SUITE_P(Jwk, JwkRefuses, ::testing::Values(Refused{"an array", "[]", Errc::malformed, ""}, Refused{"no kty", R"({"crv":"P-256"})", Errc::missing, "/kty"}, Refused{"kty of another type", R"({"kty":2})", Errc::malformed, "/kty"}, Refused{"a symmetric key", R"({"kty":"oct","k":"AAAA"})", Errc::unsupported, "/kty"}, Refused{"an unknown curve", with(kJwk, "P-256", "secp256k1"), Errc::unsupported, "/crv"}, Refused{"another curve", with(kJwk, "P-256", "P-384"), Errc::invalid, "/x"}, Refused{"no y", R"({"kty":"EC","crv":"P-256","x":"usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8"})", Errc::missing, "/y"}, Refused{"a point off the curve", with(kJwk, "usWx", "usWy"), Errc::invalid, "/x"}, Refused{"x too long", with(kJwk, "usWx", "AAAAusWx"), Errc::malformed, "/x"}, Refused{"x in the standard alphabet", with(kJwk, "IBOL-C", "IBOL+C"), Errc::malformed, "/y"}, Refused{"x as a number", R"({"kty":"EC","crv":"P-256","x":1,"y":"AA"})", Errc::malformed, "/x"}, Refused{"alg of another curve", with(kJwk, "{", R"({"alg":"ES384",)"), Errc::mismatch, "/alg"}, Refused{"alg none", with(kJwk, "{", R"({"alg":"none",)"), Errc::mismatch, "/alg"}, Refused{"alg HS256 with a public key", with(kJwk, "{", R"({"alg":"HS256",)"), Errc::mismatch, "/alg"}, Refused{"X25519", R"({"kty":"OKP","crv":"X25519","x":"AAAA"})", Errc::unsupported, "/crv"}, Refused{"a short Ed25519 key", R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})", Errc::malformed, "/x"}, Refused{"a short RSA key", R"({"kty":"RSA","n":"gAAAAAAAAAE","e":"AQAB"})", Errc::invalid, "/n"}));

TEST(Jwk, PrivateHalvesMustBelongTogether) {
  const auto a = to_jwk(PrivateKey::generate(KeyKind::p256).value());
  auto b = to_jwk(PrivateKey::generate(KeyKind::p256).value());
  b.object()->set("d", *a.object()->find("d"));
  EXPECT_TRUE(fails(private_key_from_jwk(b), Errc::mismatch, "/d"));
  b.object()->erase("d");
  EXPECT_TRUE(fails(private_key_from_jwk(b), Errc::missing, "/d"));
}

TEST(Jwk, SetsAreBoundedAndNamed) {
  EXPECT_EQ(keys_from_jwks(json::parse(std::string{R"({"keys":[)"} + kJwk + "]}").value()).value().size(), 1u);
  EXPECT_TRUE(fails(keys_from_jwks(json::parse(R"({"keys":[{"kty":"x"}]})").value()), Errc::unsupported, "/keys/0: /kty"));
  EXPECT_TRUE(fails(keys_from_jwks(json::parse(R"({"keys":7})").value()), Errc::malformed, "/keys"));
}

TEST(CoseKey, PrivateScalarIsRefused) {
  const auto key = PrivateKey::generate(KeyKind::p384).value();
  const Bytes good = to_cose_key(key.public_key());
  EXPECT_EQ(good.size(), 107u);
  Bytes bad = good;
  bad[0] = 0xa5;
  append(bad, concat({hex("23 5830"), Bytes(48, 1)}));
  EXPECT_TRUE(fails(public_key_from_cose(bad), Errc::invalid, "private scalar"));
  EXPECT_EQ(cose_key_private_scalar(bad), Bytes(48, 1));
  EXPECT_EQ(cose_key_private_scalar(good), std::nullopt);
}

TEST(CoseKey, RefusesWhatIsNotOneKey) {
  const Bytes good = to_cose_key(PrivateKey::generate(KeyKind::p256).value().public_key());
  EXPECT_TRUE(fails(public_key_from_cose(concat({good, Bytes{0}})), Errc::malformed, "behind the end"));
  EXPECT_TRUE(fails(public_key_from_cose(hex("a0")), Errc::missing, "kty"));
  EXPECT_TRUE(fails(public_key_from_cose(hex("a2 01 02 20 08")), Errc::unsupported, "crv 8"));
  EXPECT_TRUE(fails(public_key_from_cose(hex("a2 01 02 20 6150")), Errc::malformed, "expected an integer"));
  EXPECT_TRUE(fails(public_key_from_cose(hex("a4 01 02 20 01 21 4101 22 4101")), Errc::malformed, "1 bytes"));
  EXPECT_TRUE(fails(public_key_from_cose(hex("a3 01 02 20 01 20 01")), Errc::duplicate));
  EXPECT_TRUE(fails(public_key_from_cose(hex("a4 01 02 20 01 21 4101 22 f5")), Errc::malformed, "a byte string"));
  EXPECT_TRUE(fails(public_key_from_cose(hex("bf 01 02 20 01 ff")), Errc::malformed, "indefinite"));
}

TEST(Pem, SaysWhatItCannotRead) {
  EXPECT_TRUE(fails(public_key_from_pem("hello"), Errc::malformed, "no PEM block"));
  EXPECT_TRUE(fails(public_key_from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n"), Errc::malformed, "does not end"));
  EXPECT_TRUE(fails(public_key_from_pem("-----BEGIN PUBLIC KEY-----\nA*AA\n-----END PUBLIC KEY-----"), Errc::malformed, "base64"));
  EXPECT_TRUE(fails(public_key_from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"), Errc::malformed, "SubjectPublicKeyInfo"));
  EXPECT_TRUE(fails(private_key_from_pem("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"), Errc::unsupported, "passphrase"));
  EXPECT_TRUE(fails(private_key_from_pem(vector_text("psatoken/tf-m/public.pem")), Errc::malformed, "PUBLIC KEY"));
  EXPECT_TRUE(fails(public_key_from_any(Bytes(64, 1)), Errc::malformed, "MAC key"));
  EXPECT_TRUE(fails(public_key_from_any({}), Errc::malformed, "empty"));
  EXPECT_TRUE(fails(public_key_from_any(Bytes(kMaxKeyFile + 1)), Errc::limit));
}

TEST(Pem, ReadsTheFilesOfOthers) {
  for (const char* file : {"psatoken/tf-m/key.pem", "psatoken/tf-m/public.pem", "iat-verifier/data/cca_platform.pem", "iat-verifier/data/key.pem", "ear/keys/rust-ear-skey.pem", "ccatoken/keys/cca_platform.pub"}) EXPECT_TRUE(ok(public_key_from_any(vector_bytes(file)))) << file;
}

TEST(X509, ReadsExtensionsAndChecksChains) {
  const auto certificate = Certificate::from_der(vector_bytes("cmw/testdata/x509-cert+cbor-cmw.der"));
  ASSERT_TRUE(ok(certificate));
  EXPECT_TRUE(ok(certificate->extension("1.3.6.1.5.5.7.1.35")));
  EXPECT_TRUE(fails(certificate->extension("1.2.3.4"), Errc::not_found));
  EXPECT_TRUE(fails(certificate->extension("nonsense"), Errc::invalid));
  EXPECT_EQ(certificate->public_key().value().kind(), KeyKind::rsa);
  const UnixSeconds middle = certificate->not_before() + 1;
  EXPECT_TRUE(ok(verify_chain({*certificate}, {*certificate}, middle)));
  EXPECT_TRUE(fails(verify_chain({*certificate}, {*certificate}, certificate->not_after() + 1), Errc::stale, "expired"));
  EXPECT_TRUE(fails(verify_chain({*certificate}, {*certificate}, certificate->not_before() - 1), Errc::stale));
  EXPECT_TRUE(fails(verify_chain({*certificate}, {}, middle), Errc::untrusted));
  EXPECT_TRUE(fails(verify_chain({}, {*certificate}, middle), Errc::missing));
  EXPECT_FALSE(Certificate::from_der(concat({certificate->der(), Bytes{0}})));
  EXPECT_FALSE(Certificate::from_pem("no certificate"));
}

TEST(SigCache, RemembersVerdictsByExactBytes) {
  const auto key = PrivateKey::generate(KeyKind::p256).value();
  const Bytes message = to_bytes("message");
  const Bytes good = sign(key, Sig::es256, message).value();
  Bytes bad = good;
  bad.back() ^= 1;
  SigCache cache{2};
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ok(cache.verify(key.public_key(), Sig::es256, message, good)));
    EXPECT_TRUE(fails(cache.verify(key.public_key(), Sig::es256, message, bad), Errc::unauthenticated));
  }
  EXPECT_EQ(cache.counts().misses, 2u);
  EXPECT_EQ(cache.counts().hits, 4u);
  // The same bytes split elsewhere, another key, another algorithm: never the remembered verdict.
  EXPECT_FALSE(cache.verify(key.public_key(), Sig::es256, concat({message, ByteView{good}.first(1)}), ByteView{good}.subspan(1)));
  EXPECT_FALSE(cache.verify(PrivateKey::generate(KeyKind::p256).value().public_key(), Sig::es256, message, good));
  EXPECT_TRUE(fails(cache.verify(key.public_key(), Sig::es384, message, good), Errc::mismatch));
  EXPECT_EQ(cache.counts().misses, 4u);
  // Two have come since: the first is forgotten.
  EXPECT_TRUE(ok(cache.verify(key.public_key(), Sig::es256, message, good)));
  EXPECT_EQ(cache.counts().misses, 5u);
}

}  // namespace
}  // namespace assay::crypto
