#include <gtest/gtest.h>

#include "crypto/key_formats.h"
#include "envelope/cose/cose.h"
#include "envelope/jose/jws.h"
#include "model/ear/ear.h"
#include "testing/testing.h"

namespace assay::ear {
namespace {

using crypto::Sig;
using testing::fails;
using testing::ok;
using testing::vector_text;

crypto::PublicKey key_of(std::string_view file) { return crypto::public_key_from_any(as_bytes(vector_text(file))).value(); }
crypto::PrivateKey signer() { return crypto::private_key_from_any(as_bytes(vector_text("ear/keys/veraison-skey.json"))).value(); }
crypto::PublicKey header_key(std::string_view jwt) { return crypto::public_key_from_jwk(*jose::parse_compact(jwt)->header.object()->find("jwk")).value(); }

constexpr std::string_view kVeraison = "ear/keys/veraison-pkey.json";

struct Good {
  std::string_view file;
  std::string_view submod;
  Tier status;
};
class EarJwtAccepts : public ::testing::TestWithParam<Good> {};

TEST_P(EarJwtAccepts, T20_WhatOthersSigned) {
  const auto ear = verify_jwt(vector_text("ear/jwt/" + std::string{GetParam().file}), key_of(kVeraison));
  ASSERT_TRUE(ok(ear));
  EXPECT_EQ((*ear)->submods.at(std::string{GetParam().submod}).status, GetParam().status);
  EXPECT_EQ((*ear)->is_affirming(), GetParam().status == Tier::affirming);
}

INSTANTIATE_TEST_SUITE_P(Ear, EarJwtAccepts,
                         ::testing::Values(Good{"arc-plain.jwt", "test", Tier::affirming}, Good{"arc-jwk-header.jwt", "test", Tier::affirming},
                                           Good{"lib-pass.jwt", "test", Tier::affirming}, Good{"parsec-tpm-key-attestation.jwt", "PARSEC_TPM", Tier::affirming},
                                           Good{"optee-iisec-affirming.jwt", "PSA_IOT", Tier::affirming}, Good{"optee-pr124-warning.jwt", "PSA_IOT", Tier::warning},
                                           Good{"draft-opa-float-iat.jwt", "PARSEC_TPM", Tier::affirming}));

struct Bad {
  std::string_view file;
  std::string_view key;
  Errc errc;
  std::string_view part;
};
class EarJwtRefuses : public ::testing::TestWithParam<Bad> {};

TEST_P(EarJwtRefuses, T20_WithItsReason) {
  EXPECT_TRUE(fails(verify_jwt(vector_text("ear/jwt/" + std::string{GetParam().file}), key_of(GetParam().key)), GetParam().errc, GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(Ear, EarJwtRefuses,
                         ::testing::Values(Bad{"fail-alg-hs256.jwt", kVeraison, Errc::mismatch, "\"alg\" is \"HS256\"; expected ES256"},
                                           Bad{"fail-alg-none.jwt", kVeraison, Errc::mismatch, "\"alg\" is \"none\""},
                                           Bad{"fail-leading-dot.jwt", kVeraison, Errc::malformed, "fourth segment"},
                                           Bad{"fail-trailing-segment.jwt", kVeraison, Errc::malformed, "fourth segment"},
                                           Bad{"fail-empty-claims.jwt", kVeraison, Errc::missing, "missing mandatory 'eat_profile', 'ear.verifier-id', 'iat', 'submods'"},
                                           Bad{"rust-ear-minimal.jwt", "ear/keys/rust-ear-pkey.json", Errc::invalid, "invalid value(s) for eat_profile (test)"},
                                           Bad{"rust-ear-minimal.jwt", kVeraison, Errc::unauthenticated, "the signature does not verify"},
                                           Bad{"arc-plain.jwt", "ear/keys/rust-ear-pkey.json", Errc::unauthenticated, "the signature does not verify"},
                                           Bad{"trustee-cca-expired.jwt", kVeraison, Errc::unauthenticated, ""}));

TEST(EarJwt, T20_TheReferenceTakesAnyProfile) {
  EXPECT_TRUE(ok(verify_jwt(vector_text("ear/jwt/rust-ear-minimal.jwt"), key_of("ear/keys/rust-ear-pkey.json"), {.strictness = Strictness::reference})));
}

TEST(EarJwt, T20_TrusteesResultIsGoodForFiveMinutes) {
  const std::string jwt = vector_text("ear/jwt/trustee-cca-expired.jwt");
  const crypto::PublicKey key = header_key(jwt);
  const auto at = [&](UnixSeconds now) { return verify_jwt(jwt, key, {.now = now}); };
  EXPECT_TRUE(fails(verify_jwt(jwt, key), Errc::stale, "\"exp\" not satisfied: token is expired"));
  EXPECT_TRUE(fails(at(1752059439), Errc::stale, "\"exp\" not satisfied: token is expired"));
  EXPECT_TRUE(fails(at(1752059138), Errc::stale, "\"iat\" not satisfied"));
  const auto ear = at(1752059438);
  ASSERT_TRUE(ok(ear));
  EXPECT_EQ((*ear)->profile, profile_of(Dialect::trustee));
  EXPECT_EQ((*ear)->exp, 1752059439);
  EXPECT_TRUE(ok(at(1752059139)));
}

TEST(EarJwt, NotBeforeIsHonoured) {
  const std::string jwt = vector_text("ear/jwt/draft-opa-float-iat.jwt");
  EXPECT_TRUE(fails(verify_jwt(jwt, key_of(kVeraison), {.now = 1677247878}), Errc::stale, "\"nbf\" not satisfied"));
  EXPECT_TRUE(ok(verify_jwt(jwt, key_of(kVeraison), {.now = 1677247879})));
}

TEST(EarJwt, TheNonceIsComparedAfterDecoding) {
  for (const std::string_view file : {"optee-iisec-affirming.jwt", "optee-pr124-warning.jwt"}) {
    const std::string jwt = vector_text("ear/jwt/" + std::string{file});
    const Bytes nonce = from_any_base64(*verify_jwt(jwt, key_of(kVeraison)).value()->nonce).value();
    ASSERT_EQ(nonce.size(), 32u);
    EXPECT_TRUE(ok(verify_jwt(jwt, key_of(kVeraison), {.nonce = nonce})));
    Bytes other = nonce;
    other[31] ^= 1;
    EXPECT_TRUE(fails(verify_jwt(jwt, key_of(kVeraison), {.nonce = other}), Errc::mismatch, "eat_nonce"));
    EXPECT_TRUE(fails(verify_jwt(jwt, key_of(kVeraison), {.nonce = Bytes{}}), Errc::mismatch, "eat_nonce"));
  }
  EXPECT_TRUE(fails(verify_jwt(vector_text("ear/jwt/arc-plain.jwt"), key_of(kVeraison), {.nonce = Bytes(8)}), Errc::mismatch, "no such claim"));
}

// The claims' times are judged before their structure, and only after the signature.
TEST(EarJwt, OddClaims) {
  const crypto::PrivateKey key = signer();
  const auto verify = [&](std::string_view claims) {
    const std::string jwt = jose::sign_compact(as_bytes(claims), jose::make_header(Sig::es256), key).value();
    return verify_jwt(jwt, key.public_key(), {.now = 100});
  };
  EXPECT_TRUE(fails(verify("[]"), Errc::malformed, "JWT claims: a JSON array"));
  EXPECT_TRUE(fails(verify("x"), Errc::malformed, "JWT claims"));
  EXPECT_TRUE(fails(verify(R"({"exp":"soon"})"), Errc::malformed, "JWT claims/exp: a JSON string; expected seconds since 1970"));
  EXPECT_TRUE(fails(verify(R"({"exp":1e99})"), Errc::malformed, "/exp"));
  EXPECT_TRUE(fails(verify(R"({"exp":100.9})"), Errc::stale, "exp"));
  EXPECT_TRUE(fails(verify(R"({"iat":101})"), Errc::stale, "iat"));
  EXPECT_TRUE(fails(verify(R"({"iat":100,"iat":1})"), Errc::duplicate, "\"iat\" twice"));
  EXPECT_TRUE(fails(verify(R"({"iat":100})"), Errc::missing, "missing mandatory 'eat_profile', 'ear.verifier-id', 'submods'"));
}

TEST(EarJwt, TheHeaderIsTheUsualOne) {
  const Ear ear = verify_jwt(vector_text("ear/jwt/arc-plain.jwt"), key_of(kVeraison)).value().value();
  const auto jwt = sign_jwt(ear, signer());
  ASSERT_TRUE(ok(jwt));
  EXPECT_TRUE(jwt->starts_with("eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9."));
  EXPECT_EQ(*jwt, sign_jwt(ear, signer()).value());
  EXPECT_TRUE(ok(verify_jwt(*jwt, key_of(kVeraison))));
}

Ear small() { return from_json(json::parse(vector_text("ear/arc-data/ear-claims-tv-ok.json")).value()).value(); }

TEST(EarSigned, EveryAlgorithm) {
  using enum crypto::KeyKind;
  for (const auto& [kind, sigs] : {std::pair{p256, std::vector{Sig::es256}}, {p384, {Sig::es384}}, {p521, {Sig::es512}}, {ed25519, {Sig::eddsa}}, {rsa, {Sig::ps256, Sig::ps384, Sig::ps512, Sig::rs256}}}) {
    const crypto::PrivateKey key = crypto::PrivateKey::generate(kind).value();
    for (const Sig sig : sigs) {
      const auto jwt = sign_jwt(small(), key, sig);
      ASSERT_TRUE(ok(jwt));
      EXPECT_TRUE(ok(verify_jwt(*jwt, key.public_key(), {.sig = sig}))) << crypto::jose_name(sig);
      if (sig != Sig::es256) {
        EXPECT_TRUE(fails(verify_jwt(*jwt, key.public_key()), Errc::mismatch, "expected ES256"));
      }
      if (sig == Sig::rs256) continue;  // not in COSE as we do it
      const auto cwt = sign_cwt(small(), key, sig);
      ASSERT_TRUE(ok(cwt));
      const auto ear = verify_cwt(*cwt, key.public_key(), {.sig = sig});
      ASSERT_TRUE(ok(ear));
      EXPECT_EQ(json::print(to_json(**ear)), json::print(to_json(small())));
      if (sig != Sig::es256) {
        EXPECT_TRUE(fails(verify_cwt(*cwt, key.public_key()), Errc::mismatch, "expected -7 (ES256)"));
      }
    }
  }
}

TEST(EarSigned, ThroughASigner) {
  const auto soft = crypto::soft_signer(signer()).value();
  const auto jwt = sign_jwt(small(), *soft);
  ASSERT_TRUE(ok(jwt));
  EXPECT_TRUE(jwt->starts_with(to_base64url(as_bytes(R"({"alg":"ES256","typ":"JWT"})")) + "."));
  EXPECT_TRUE(ok(verify_jwt(*jwt, key_of(kVeraison))));
  const auto named = sign_jwt(small(), *soft, "k1");
  ASSERT_TRUE(ok(named));
  EXPECT_TRUE(named->starts_with(to_base64url(as_bytes(R"({"alg":"ES256","kid":"k1","typ":"JWT"})")) + "."));
  EXPECT_TRUE(ok(verify_jwt(*named, key_of(kVeraison))));
  Ear ear = small();
  ear.profile = "test";
  EXPECT_TRUE(fails(sign_jwt(ear, *soft), Errc::invalid, "eat_profile (test)"));
}

TEST(EarSigned, WhatIsNotValidIsNotSigned) {
  Ear ear = small();
  ear.profile = "test";
  EXPECT_TRUE(fails(sign_jwt(ear, signer()), Errc::invalid, "eat_profile (test)"));
  EXPECT_TRUE(fails(sign_cwt(ear, signer()), Errc::invalid, "eat_profile (test)"));
  EXPECT_TRUE(fails(sign_jwt(small(), signer(), Sig::es384), Errc::mismatch, "ES384 with a key of P-256"));
}

TEST(EarCwt, TimesNonceAndSignatureCount) {
  Ear ear = small();
  ear.exp = ear.iat + 300;
  ear.nonce = "AAAAAAAAAAA";
  const Bytes cwt = sign_cwt(ear, signer()).value();
  const crypto::PublicKey key = key_of(kVeraison);
  const auto at = [&](UnixSeconds now, std::optional<Bytes> nonce = {}) { return verify_cwt(cwt, key, {.now = now, .nonce = std::move(nonce)}); };
  EXPECT_TRUE(ok(at(ear.iat)));
  EXPECT_TRUE(ok(at(ear.iat, Bytes(8))));
  EXPECT_TRUE(fails(at(ear.iat, Bytes(9)), Errc::mismatch, "eat_nonce"));
  EXPECT_TRUE(fails(at(ear.iat - 1), Errc::stale, "iat"));
  EXPECT_TRUE(fails(at(*ear.exp), Errc::stale, "exp"));
  Bytes bad = cwt;
  bad.back() ^= 1;
  EXPECT_TRUE(fails(verify_cwt(bad, key, {.now = ear.iat}), Errc::unauthenticated));
  EXPECT_TRUE(fails(verify_cwt(cwt, key_of("ear/keys/rust-ear-pkey.json"), {.now = ear.iat}), Errc::unauthenticated));
}

TEST(EarCwt, AMacIsNoSignature) {
  const Bytes mac = cose::make_mac0(to_cbor(small()).value(), Bytes(32), crypto::Mac::hs256).value();
  EXPECT_TRUE(fails(verify_cwt(mac, key_of(kVeraison)), Errc::unsupported, "a COSE_Mac0"));
}

TEST(EarJwt, T26_CutAnywhereItIsRefused) {
  std::string jwt = vector_text("ear/jwt/arc-plain.jwt");
  jwt = std::string{trim_ascii(jwt)};
  const crypto::PublicKey key = key_of(kVeraison);
  for (std::size_t size = 0; size < jwt.size(); ++size) EXPECT_FALSE(verify_jwt(std::string_view{jwt}.substr(0, size), key)) << size;
}

}  // namespace
}  // namespace assay::ear
