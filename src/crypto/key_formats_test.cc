#include "crypto/key_formats.h"

#include "base/limits.h"
#include "codec/der/der.h"
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
INSTANTIATE_TEST_SUITE_P(Jwk, JwkRefuses, ::testing::Values(Refused{"an array", "[]", Errc::malformed, ""}, Refused{"no kty", R"({"crv":"P-256"})", Errc::missing, "/kty"}, Refused{"kty of another type", R"({"kty":2})", Errc::malformed, "/kty"}, Refused{"a symmetric key", R"({"kty":"oct","k":"AAAA"})", Errc::unsupported, "/kty"}, Refused{"an unknown curve", with(kJwk, "P-256", "secp256k1"), Errc::unsupported, "/crv"}, Refused{"another curve", with(kJwk, "P-256", "P-384"), Errc::invalid, "/x"}, Refused{"no y", R"({"kty":"EC","crv":"P-256","x":"usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8"})", Errc::missing, "/y"}, Refused{"a point off the curve", with(kJwk, "usWx", "usWy"), Errc::invalid, "/x"}, Refused{"x too long", with(kJwk, "usWx", "AAAAusWx"), Errc::malformed, "/x"}, Refused{"x in the standard alphabet", with(kJwk, "IBOL-C", "IBOL+C"), Errc::malformed, "/y"}, Refused{"x as a number", R"({"kty":"EC","crv":"P-256","x":1,"y":"AA"})", Errc::malformed, "/x"}, Refused{"alg of another curve", with(kJwk, "{", R"({"alg":"ES384",)"), Errc::mismatch, "/alg"}, Refused{"alg none", with(kJwk, "{", R"({"alg":"none",)"), Errc::mismatch, "/alg"}, Refused{"alg HS256 with a public key", with(kJwk, "{", R"({"alg":"HS256",)"), Errc::mismatch, "/alg"}, Refused{"alg of another use", with(kJwk, "{", R"({"alg":"ECDH-ES",)"), Errc::mismatch, "/alg"}, Refused{"alg of RSA", with(kJwk, "{", R"({"alg":"RS384",)"), Errc::mismatch, "/alg"}, Refused{"alg of a cipher", with(kJwk, "{", R"({"alg":"A256GCM",)"), Errc::mismatch, "/alg"}, Refused{"X25519", R"({"kty":"OKP","crv":"X25519","x":"AAAA"})", Errc::unsupported, "/crv"}, Refused{"a short Ed25519 key", R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})", Errc::malformed, "/x"}, Refused{"a short RSA key", R"({"kty":"RSA","n":"gAAAAAAAAAE","e":"AQAB"})", Errc::invalid, "/n"}));

TEST(Jwk, PrivateHalvesMustBelongTogether) {
  const auto a = to_jwk(PrivateKey::generate(KeyKind::p256).value());
  auto b = to_jwk(PrivateKey::generate(KeyKind::p256).value());
  b.object()->set("d", *a.object()->find("d"));
  EXPECT_TRUE(fails(private_key_from_jwk(b), Errc::mismatch, "/d"));
  b.object()->erase("d");
  EXPECT_TRUE(fails(private_key_from_jwk(b), Errc::missing, "/d"));
}

TEST(Jwk, RsaKeepsItsPrivateMembers) {
  const auto key = PrivateKey::generate(KeyKind::rsa).value();
  const json::Value whole = to_jwk(key);
  const auto again = private_key_from_jwk(whole);
  ASSERT_TRUE(ok(again));
  EXPECT_TRUE(again->public_key() == key.public_key());
  EXPECT_TRUE(ok(verify(key.public_key(), Sig::ps384, Bytes{1}, sign(*again, Sig::ps384, Bytes{1}).value())));
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi"}) {
    json::Value without = whole;
    without.object()->erase(member);
    EXPECT_TRUE(fails(private_key_from_jwk(without), Errc::missing, std::string{"/"} + member)) << member;
    json::Value number = whole;
    number.object()->set(member, 7);
    EXPECT_TRUE(fails(private_key_from_jwk(number), Errc::malformed, std::string{"/"} + member)) << member;
  }
  json::Value foreign = whole;
  foreign.object()->set("n", *to_jwk(PrivateKey::generate(KeyKind::rsa).value().public_key()).object()->find("n"));
  EXPECT_TRUE(fails(private_key_from_jwk(foreign), Errc::mismatch, "/d"));
  json::Value more = whole;
  more.object()->set("oth", json::Array{});
  EXPECT_TRUE(fails(private_key_from_jwk(more), Errc::unsupported, "/oth"));
}

TEST(Jwk, ScalarsAreBounded) {
  const json::Value whole = to_jwk(PrivateKey::generate(KeyKind::p256).value());
  const auto with_d = [&](const json::Value& d) {
    json::Value jwk = whole;
    jwk.object()->set("d", d);
    return private_key_from_jwk(jwk);
  };
  EXPECT_TRUE(fails(with_d(to_base64url(Bytes(33, 1))), Errc::malformed, "/d"));
  EXPECT_TRUE(fails(with_d(to_base64url(Bytes(32, 0xff))), Errc::invalid, "/d"));
  EXPECT_TRUE(fails(with_d(""), Errc::invalid, "/d"));
  EXPECT_TRUE(fails(with_d(nullptr), Errc::malformed, "/d"));
  EXPECT_TRUE(fails(with_d("AA+A"), Errc::malformed, "/d"));
  EXPECT_TRUE(fails(with_d(std::string(5000, 'A')), Errc::limit, "/d"));
}

TEST(Jwk, SetsPassOverKeysOfOtherUses) {
  const auto set = [](std::string keys) { return keys_from_jwks(json::parse("{\"keys\":[" + keys + "]}").value()); };
  const std::string other = R"({"kty":"oct","k":"AAAA"})", curve = R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})";
  const auto mixed = set(other + "," + with(kJwk, "{", R"({"kid":"one",)") + "," + curve);
  ASSERT_TRUE(ok(mixed));
  ASSERT_EQ(mixed->size(), 1u);
  EXPECT_EQ(mixed->front().kid, "one");
  EXPECT_TRUE(fails(set(other + "," + curve), Errc::unsupported, "/keys/0: /kty"));
  EXPECT_TRUE(fails(set(std::string{kJwk} + "," + with(kJwk, "usWx", "usWy")), Errc::invalid, "/keys/1: /x"));
  EXPECT_TRUE(fails(set(with(kJwk, "{", R"({"kid":7,)")), Errc::malformed, "/keys/0: /kid"));
  EXPECT_TRUE(fails(set("7"), Errc::malformed, "/keys/0"));
  std::string many = kJwk;
  for (int i = 0; i < 64; ++i) many += std::string{","} + kJwk;
  EXPECT_TRUE(fails(set(many), Errc::limit, "65 keys"));
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

TEST(CoseKey, APointOffTheCurveHasItsPlace) {
  Bytes off = to_cose_key(PrivateKey::generate(KeyKind::p384).value().public_key());
  off.back() ^= 1;
  const auto key = public_key_from_cose(off, 1000);
  EXPECT_TRUE(fails(key, Errc::invalid, "COSE_Key: a point that is not on the curve"));
  EXPECT_EQ(key.error().offset, 1000u);
}

TEST(CoseKey, AlgMustBelongToTheCurve) {
  const auto key = PrivateKey::generate(KeyKind::p256).value().public_key();
  Bytes with_alg = to_cose_key(key);
  with_alg[0] = 0xa5;
  EXPECT_TRUE(ok(public_key_from_cose(concat({with_alg, hex("03 26")}))));
  EXPECT_TRUE(fails(public_key_from_cose(concat({with_alg, hex("03 3822")})), Errc::mismatch, "alg -35"));
  EXPECT_TRUE(ok(public_key_from_cose(concat({with_alg, hex("02 4101")}))));  // kid
  EXPECT_TRUE(fails(public_key_from_cose(concat({with_alg, hex("1901")})), Errc::malformed));
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

// Whoever names the wrong file is told what it is.
TEST(Keys, AWrongFileIsDescribed) {
  const auto key = PrivateKey::generate(KeyKind::p256).value();
  const auto rsa = PrivateKey::generate(KeyKind::rsa).value();
  const Bytes certificate = vector_bytes("cmw/testdata/x509-cert+cbor-cmw.der");
  const Bytes pkcs1_public = der::encode_sequence({der::encode_positive_integer(rsa.public_key().rsa_modulus()), der::encode_positive_integer(rsa.public_key().rsa_exponent())});
  const Bytes encrypted = hex("300c 3006 06042a030405 0402 0102");
  const struct {
    Bytes file;
    Errc errc;
    const char* as_private;
    const char* as_public;  // null: it is one
  } rows[] = {
      {key.public_key().spki(), Errc::malformed, "a public key in DER", nullptr},
      {certificate, Errc::malformed, "a certificate in DER", nullptr},
      {to_cose_key(key.public_key()), Errc::malformed, "a COSE_Key?", nullptr},
      {to_bytes(json::print(to_jwk(key.public_key()))), Errc::missing, "a private JWK", nullptr},
      {to_bytes(to_pem(key.public_key())), Errc::malformed, "PEM of \"PUBLIC KEY\"", nullptr},
      {pkcs1_public, Errc::malformed, "without its algorithm (PKCS#1)", "without its algorithm (PKCS#1)"},
      {encrypted, Errc::malformed, "an encrypted private key in DER", "an encrypted private key in DER"},
      {hex("3003 020101"), Errc::malformed, "DER that is no key", "DER that is no key"},
      {hex("3005 020101"), Errc::malformed, "DER: a DER element of 5 bytes", "DER: a DER element of 5 bytes"},
      {to_bytes("ssh-ed25519 AAAA me@home"), Errc::malformed, "an OpenSSH public key", "an OpenSSH public key"},
      {to_bytes("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"), Errc::malformed, "OPENSSH", "OPENSSH"},
      {to_bytes(to_hex(key.public_key().point())), Errc::malformed, "130 hex digits", "130 hex digits"},
      {to_bytes(to_base64(key.public_key().spki())), Errc::malformed, "124 characters of base64", "124 characters of base64"},
      {to_bytes("correct horse battery staple"), Errc::malformed, "28 characters of text", "28 characters of text"},
      {to_bytes("[]"), Errc::malformed, "a JSON array", "a JSON array"},
      {hex("04 01 02 03"), Errc::malformed, "4 bytes starting 0x04010203", "4 bytes starting 0x04010203"},
  };
  for (const auto& row : rows) {
    const auto as_private = private_key_from_any(row.file);
    EXPECT_TRUE(fails(as_private, row.errc, row.as_private));
    if (row.as_public == nullptr) EXPECT_TRUE(ok(public_key_from_any(row.file))) << row.as_private;
    else EXPECT_TRUE(fails(public_key_from_any(row.file), public_key_from_any(row.file).error().errc, row.as_public));
  }
  // A secret in the wrong place is not repeated.
  EXPECT_EQ(public_key_from_any(to_bytes("correct horse battery staple")).error().text().find("horse"), std::string::npos);
}

TEST(Keys, EveryKeyOfTheVectorsReads) {
  for (const char* file : {"evcli/tests/cca-iak.jwk", "evcli/tests/cca-rak.jwk", "evcli/tests/psa-key.jwk", "evcli/misc/ec256.json", "evcli/misc/ec384.json", "ccatoken/keys/cca_platform.pem", "iat-verifier/data/cca_realm.pem", "iat-verifier/data/cca_realm2.pem", "iat-verifier/data/key-alt.pem", "psatoken/rfc9783/tfm-es-iak.pem", "ear/arc-data/skey.json", "ear/keys/veraison-skey.json"}) {
    const auto key = private_key_from_any(vector_bytes(file));
    ASSERT_TRUE(ok(key)) << file;
    EXPECT_TRUE(key->public_key() == public_key_from_any(vector_bytes(file)).value()) << file;
  }
  for (const char* file : {"evcli/tests/cca-iak-pub.jwk", "evcli/tests/cca-rak-pub.jwk", "evcli/tests/psa-key-pub.jwk", "cmw/signed/key.jwk", "optee/iisec/pkey.json", "optee/pr124/pkey.json", "ccatoken/rust/pkey.json", "ccatoken/keys/rak.jwk", "ccatoken/keys/rmm-cpak.jwk", "ccatoken/keys/iak.jwk", "ccatoken/keys/trustee-cpak-pub.jwk", "ear/keys/rust-ear-pkey.json"}) EXPECT_TRUE(ok(public_key_from_any(vector_bytes(file)))) << file;
  const auto anchor = [](std::string_view file) { return public_key_from_jwk(*json::parse(vector_text(file)).value().array()->front().object()->find("pkey")); };
  EXPECT_TRUE(ok(anchor("ccatoken/rust/ta-02-ok.json")));
  EXPECT_TRUE(fails(anchor("ccatoken/rust/ta-02-bad.json"), Errc::invalid, "/x: a point that is not on the curve"));
}

}  // namespace
}  // namespace assay::crypto
