#include "envelope/jose/jws.h"

#include <gtest/gtest.h>

#include "crypto/key_formats.h"
#include "testing/testing.h"

namespace assay::jose {
namespace {

using crypto::Sig;
using testing::fails;
using testing::ok;

crypto::PublicKey public_key(std::string_view jwk) { return crypto::public_key_from_jwk(json::parse(jwk).value()).value(); }
crypto::PrivateKey private_key(std::string_view jwk) { return crypto::private_key_from_jwk(json::parse(jwk).value()).value(); }
std::string b64(std::string_view text) { return to_base64url(as_bytes(text)); }

// Messages of the RFCs, made by their authors.
struct Published {
  std::string_view origin;
  Sig sig;
  std::string_view jwk;
  std::string_view jws;
  std::string_view payload;
};
constexpr std::string_view kJoe = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
constexpr std::string_view kA3Key = R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view kA3 = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
constexpr std::string_view kEdKey = R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr std::string_view kEd = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
constexpr std::string_view kEdPayload = "Example of Ed25519 signing";

const std::array kPublished{
    Published{"RFC 7515 A.3", Sig::es256, kA3Key, kA3, kJoe},
    Published{"RFC 7515 A.4", Sig::es512,
              R"({"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})",
              "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
              "Payload"},
    Published{"RFC 7515 A.2", Sig::rs256,
              R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})",
              "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
              kJoe},
    Published{"RFC 8037 A.4", Sig::eddsa, kEdKey, kEd, kEdPayload},
};

TEST(Jws, PublishedMessagesVerify) {
  for (const Published& row : kPublished) {
    const auto jws = parse_compact(row.jws);
    ASSERT_TRUE(ok(jws)) << row.origin;
    const auto payload = verify(*jws, public_key(row.jwk), row.sig);
    ASSERT_TRUE(ok(payload)) << row.origin;
    EXPECT_EQ(as_text(payload->value()), row.payload) << row.origin;
  }
}

TEST(Jws, EveryChangedBitIsNoticed) {
  const crypto::PublicKey key = public_key(kA3Key);
  const auto good = parse_compact(kA3).value();
  for (std::size_t i = 0; i < good.signature.size() * 8; i += 7) {
    auto bad = good;
    bad.signature[i / 8] = static_cast<std::uint8_t>(bad.signature[i / 8] ^ (1U << (i % 8)));
    EXPECT_TRUE(fails(verify(bad, key, Sig::es256), Errc::unauthenticated)) << i;
  }
  auto other = good;
  other.payload_b64 = b64("{}");
  EXPECT_TRUE(fails(verify(other, key, Sig::es256), Errc::unauthenticated));
  other = good;
  other.signature.pop_back();
  EXPECT_TRUE(fails(verify(other, key, Sig::es256), Errc::unauthenticated));
}

TEST(Jws, TheAlgorithmIsTheCallersChoice) {
  const auto jws = parse_compact(kA3).value();
  EXPECT_TRUE(fails(verify(jws, public_key(kA3Key), Sig::es384), Errc::mismatch, "\"alg\" is \"ES256\"; expected ES384"));
  EXPECT_TRUE(fails(verify(jws, public_key(kEdKey), Sig::es256), Errc::mismatch, "algorithm ES256 with a key of Ed25519"));
}

// Headers that no key may ever satisfy: nothing in the message chooses how it is judged.
TEST(Jws, NoneAndHmacParseButNeverVerify) {
  for (const std::string_view alg : {"none", "None", "HS256", ""}) {
    const std::string text = b64("{\"alg\":\"" + std::string{alg} + "\"}") + '.' + b64("{}") + '.';
    const auto jws = parse_compact(text);
    ASSERT_TRUE(ok(jws)) << alg;
    for (const Sig sig : {Sig::es256, Sig::eddsa, Sig::rs256}) EXPECT_TRUE(fails(verify(*jws, public_key(kA3Key), sig), Errc::mismatch, "\"alg\" is")) << alg;
  }
}

struct Refused {
  std::string_view why;
  std::string text;
  Errc errc;
  std::string_view part;
};
class JwsRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(JwsRefuses, WithItsReason) { EXPECT_TRUE(fails(parse_any(GetParam().text), GetParam().errc, GetParam().part)) << GetParam().why; }

const std::string kHead = b64(R"({"alg":"ES256"})");
INSTANTIATE_TEST_SUITE_P(
    Compact, JwsRefuses,
    ::testing::Values(
        Refused{"nothing", "", Errc::malformed, "too few segments (at byte 0)"},
        Refused{"blanks", " \n", Errc::malformed, "too few segments"},
        Refused{"one segment", kHead, Errc::malformed, "too few segments (at byte 20)"},
        Refused{"two segments", kHead + ".e30", Errc::malformed, "too few segments"},
        Refused{"four segments", kHead + ".e30.AA.AA", Errc::malformed, "fourth segment (at byte 27)"},
        Refused{"a leading dot", "." + kHead + ".e30.AA", Errc::malformed, "fourth segment"},
        Refused{"an empty header", ".e30.AA", Errc::malformed, "JWS protected header"},
        Refused{"padding", kHead + ".e30=.AA", Errc::malformed, "JWS payload: base64 padding (at byte 24)"},
        Refused{"the other alphabet", kHead + ".e30.A+AA", Errc::malformed, "JWS signature: \"+\" in base64 (at byte 26)"},
        Refused{"a line break inside", kHead + ".e3\n0.AA", Errc::malformed, "(at byte 23)"},
        Refused{"bits left over", kHead + ".e31.AA", Errc::malformed, "bits left over"},
        Refused{"a header that is no JSON", b64("alg") + ".e30.AA", Errc::malformed, "JWS protected header: a syntax error"},
        Refused{"a header that is an array", b64("[]") + ".e30.AA", Errc::malformed, "a JSON array; expected an object"},
        Refused{"no alg", b64("{}") + ".e30.AA", Errc::missing, "/alg"},
        Refused{"a number as alg", b64(R"({"alg":-7})") + ".e30.AA", Errc::malformed, "/alg: a JSON integer"},
        Refused{"alg twice", b64(R"({"alg":"ES256","alg":"none"})") + ".e30.AA", Errc::duplicate, "\"alg\" twice"},
        Refused{"crit", b64(R"({"alg":"ES256","crit":["exp"],"exp":1})") + ".e30.AA", Errc::unsupported, "member \"crit\""},
        Refused{"an unencoded payload", b64(R"({"alg":"ES256","b64":false})") + ".e30.AA", Errc::unsupported, "member \"b64\""},
        Refused{"too long", std::string(kMaxResult + 1, 'A'), Errc::limit, "1048577 bytes"}));

std::string flattened(std::string_view more = "") { return R"({"payload":"e30","protected":")" + kHead + R"(","signature":"AA")" + std::string{more} + "}"; }
std::string general(std::string_view signatures, std::string_view more = "") { return R"({"payload":"e30","signatures":)" + std::string{signatures} + std::string{more} + "}"; }
const std::string kOne = R"({"protected":")" + kHead + R"(","signature":"AA"})";
INSTANTIATE_TEST_SUITE_P(
    Json, JwsRefuses,
    ::testing::Values(
        Refused{"an empty object", "{}", Errc::missing, "/protected"},
        Refused{"no signature", R"({"payload":"e30","protected":")" + kHead + "\"}", Errc::missing, "/signature"},
        Refused{"a detached payload", R"({"protected":")" + kHead + R"(","signature":"AA"})", Errc::missing, "/payload"},
        Refused{"only an unprotected alg", R"({"payload":"e30","header":{"alg":"ES256"},"signature":"AA"})", Errc::missing, "/protected"},
        Refused{"alg in both headers", flattened(R"(,"header":{"alg":"ES256"})"), Errc::duplicate, "member \"alg\" is in both headers"},
        Refused{"an unprotected crit", flattened(R"(,"header":{"crit":["x"]})"), Errc::unsupported, "JWS unprotected header: member \"crit\""},
        Refused{"a header that is text", flattened(R"(,"header":"x")"), Errc::malformed, "expected an object"},
        Refused{"padding in the payload", R"({"payload":"e30=","protected":")" + kHead + R"(","signature":"AA"})", Errc::malformed, "/payload: base64 padding"},
        Refused{"text behind it", flattened() + "x", Errc::malformed, "text behind"},
        Refused{"no signatures", general("[]"), Errc::unsupported, "/signatures: 0 signatures"},
        Refused{"two signatures", general("[" + kOne + "," + kOne + "]"), Errc::unsupported, "2 signatures; expected an array of one"},
        Refused{"signatures that are an object", general(kOne), Errc::unsupported, "a JSON object"},
        Refused{"both forms at once", general("[" + kOne + "]", R"(,"signature":"AA")"), Errc::malformed, "/signature: beside"},
        Refused{"padding in the one signature", general(R"([{"protected":")" + kHead + R"(","signature":"AA=="}])"), Errc::malformed, "/signatures/0/signature"}));

TEST(Jws, WhiteSpaceAroundIsSkipped) {
  const auto jws = parse_any("\r\n " + std::string{kA3} + "\r\n");
  ASSERT_TRUE(ok(jws));
  EXPECT_TRUE(ok(verify(*jws, public_key(kA3Key), Sig::es256)));
}

TEST(Jws, JsonFormsCarryTheSameMessage) {
  const auto compact = parse_compact(kA3).value();
  const std::string members = R"("protected":")" + compact.protected_b64 + R"(","header":{"kid":"a"},"signature":")" + to_base64url(compact.signature) + "\"";
  const std::string payload = R"({"payload":")" + compact.payload_b64 + R"(","extra":1,)";
  for (const std::string& text : {payload + members + "}", payload + R"("signatures":[{)" + members + "}]}"}) {
    const auto jws = parse_any(text);
    ASSERT_TRUE(ok(jws)) << text;
    EXPECT_EQ(*jws->unprotected.object()->find("kid")->text(), "a");
    EXPECT_TRUE(ok(verify(*jws, public_key(kA3Key), Sig::es256)));
  }
}

TEST(Jws, DeterministicSignaturesAreThePublishedOnes) {
  const auto made = sign_compact(as_bytes(kEdPayload), make_header(Sig::eddsa), private_key(kEdKey));
  ASSERT_TRUE(ok(made));
  EXPECT_EQ(*made, kEd);
}

TEST(Jws, HeaderMembersKeepTheirOrder) {
  EXPECT_EQ(json::print(make_header(Sig::es256, {{"typ", "JWT"}, {"kid", "1"}})), R"({"alg":"ES256","typ":"JWT","kid":"1"})");
  EXPECT_EQ(b64(json::print(make_header(Sig::es256, {{"typ", "JWT"}}))), "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9");
}

TEST(Jws, WhatIsSignedVerifies) {
  struct Row {
    crypto::KeyKind kind;
    std::vector<Sig> sigs;
  };
  using enum crypto::KeyKind;
  for (const Row& row : {Row{p256, {Sig::es256}}, Row{p384, {Sig::es384}}, Row{p521, {Sig::es512}}, Row{ed25519, {Sig::eddsa}}, Row{rsa, {Sig::ps256, Sig::ps384, Sig::ps512, Sig::rs256}}}) {
    const crypto::PrivateKey key = crypto::PrivateKey::generate(row.kind).value();
    for (const Sig sig : row.sigs) {
      const auto compact = sign_compact(as_bytes("payload"), make_header(sig), key);
      const auto flat = sign_flattened(as_bytes("payload"), make_header(sig), key);
      ASSERT_TRUE(ok(compact) && ok(flat)) << crypto::jose_name(sig);
      for (const std::string& text : {*compact, *flat}) {
        const auto payload = verify(parse_any(text).value(), key.public_key(), sig);
        ASSERT_TRUE(ok(payload)) << crypto::jose_name(sig);
        EXPECT_EQ(as_text(payload->value()), "payload");
      }
    }
  }
}

TEST(Jws, ASignerSignsWithItsOwnAlgorithmOnly) {
  const auto signer = crypto::soft_signer(crypto::PrivateKey::generate(crypto::KeyKind::p256).value()).value();
  const auto made = sign_compact(as_bytes("payload"), make_header(Sig::es256), *signer);
  ASSERT_TRUE(ok(made));
  EXPECT_TRUE(ok(verify(parse_compact(*made).value(), signer->public_key(), Sig::es256)));
  EXPECT_TRUE(fails(sign_compact({}, make_header(Sig::es384), *signer), Errc::mismatch, "\"alg\" is ES384; expected ES256"));
  EXPECT_TRUE(fails(sign_compact({}, json::parse(R"({"alg":"none"})").value(), *signer), Errc::unsupported, "algorithm \"none\""));
  EXPECT_TRUE(fails(sign_compact({}, json::parse(R"({"alg":"ES256","b64":false})").value(), *signer), Errc::unsupported, "b64"));
}

TEST(Jws, SigningRefusesWhatNobodyCouldVerify) {
  const crypto::PrivateKey key = private_key(kEdKey);
  EXPECT_TRUE(fails(sign_compact({}, make_header(Sig::es256), key), Errc::mismatch, "ES256 with a key of Ed25519; expected EdDSA"));
  EXPECT_TRUE(fails(sign_compact({}, json::parse(R"({"alg":"none"})").value(), key), Errc::unsupported, "algorithm \"none\""));
  EXPECT_TRUE(fails(sign_compact({}, json::parse(R"({"alg":"EdDSA","crit":[]})").value(), key), Errc::unsupported, "crit"));
  EXPECT_TRUE(fails(sign_flattened({}, json::parse("{}").value(), key), Errc::missing, "/alg"));
}

}  // namespace
}  // namespace assay::jose
