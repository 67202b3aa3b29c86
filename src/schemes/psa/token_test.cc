#include "schemes/psa/token.h"

#include <gtest/gtest.h>

#include "crypto/key_formats.h"
#include "model/eat/check.h"
#include "model/eat/testing.h"

namespace assay::psa {
namespace {

using assay::testing::fails;
using assay::testing::hex;
using assay::testing::ok;
using assay::testing::vector_bytes;
using assay::testing::vector_text;

crypto::PublicKey public_key(std::string_view relative) { return crypto::public_key_from_any(vector_bytes(relative)).value(); }

struct SignedCase {
  std::string set;
  std::string file;
  std::string key;  // within tests/vectors
  Dialect dialect;
};
const std::vector<SignedCase> kSigned{
    {"psatoken", "tf-m/psa-2_0_0_sign1.bin", "psatoken/tf-m/public.pem", Dialect::p2},
    {"psatoken", "tf-m/psa-iot-1_sign1.bin", "psatoken/tf-m/public.pem", Dialect::p1},
    {"psatoken", "rfc9783/psa-sign1.cbor", "psatoken/rfc9783/tfm-es-iak.pem", Dialect::p3},
    {"evcli", "tests/psa-p1.cbor", "evcli/tests/psa-key-pub.jwk", Dialect::p1},
    {"evcli", "tests/psa-p2.cbor", "evcli/tests/psa-key-pub.jwk", Dialect::p2},
    {"evcli", "misc/cbor/psa-claims-profile-2-integ.cbor", "evcli/misc/ec256.json", Dialect::p2},
    {"optee", "token-iisec.cbor", "optee/iisec/ec256.json", Dialect::p2},
    {"optee", "token-pr124.cbor", "optee/pr124/ec256.json", Dialect::p2},
    {"iat-verifier", "data/iat.cbor", "iat-verifier/data/key.pem", Dialect::p1},
};

TEST(PsaToken, T11_SignedTokensVerifyAndSayWhatAnIndependentDecoderRead) {
  for (const SignedCase& row : kSigned) {
    const Bytes bytes = vector_bytes(row.set + "/" + row.file);
    const auto token = parse_token(bytes);
    ASSERT_TRUE(ok(token)) << row.file;
    EXPECT_EQ(token->claims.dialect, row.dialect) << row.file;
    const auto claims = verify_sign1(*token, public_key(row.key));
    ASSERT_TRUE(ok(claims)) << row.file;
    EXPECT_EQ(**claims, token->claims);
    EXPECT_EQ(eat::testing::shown(encode_claims(**claims).value()), eat::testing::shown(eat::testing::expected(row.set, row.file, {"claims"}))) << row.file;
    // Another key, and every bit of the signature.
    EXPECT_TRUE(fails(verify_sign1(*token, public_key("iat-verifier/data/key-alt.pem")), Errc::unauthenticated, "signature verification failed: verification error")) << row.file;
  }
}

TEST(PsaToken, T11_MacsVerifyWithTheirKeyAndNoOther) {
  const Bytes bytes = vector_bytes("psatoken/rfc9783/psa-mac0.cbor");
  const Bytes key = vector_bytes("psatoken/rfc9783/tfm-hs-iak.bin");
  const auto token = parse_token(bytes);
  ASSERT_TRUE(ok(token));
  EXPECT_TRUE(token->is_mac());
  ASSERT_TRUE(ok(verify_mac0(*token, key)));
  EXPECT_EQ(instance_id_of_mac_key(key), token->claims.instance_id);
  Bytes other = key;
  other[0] ^= 1;
  EXPECT_TRUE(fails(verify_mac0(*token, other), Errc::unauthenticated));
  EXPECT_FALSE(verify_sign1(*token, public_key("psatoken/rfc9783/tfm-es-iak.pem"))) << "a MAC is no signature";
  const Bytes iat = vector_bytes("iat-verifier/data/iat-hmac.cbor");
  EXPECT_TRUE(ok(verify_mac0(parse_token(iat).value(), vector_bytes("iat-verifier/data/hmac.key"))));
}

TEST(PsaToken, T11_MacsMadeWithoutAKeyAreRefused) {
  for (const std::string name : {"psatoken/tf-m/psa-2_0_0_mac0.bin", "psatoken/tf-m/psa-iot-1_mac0.bin"}) {
    const Bytes bytes = vector_bytes(name);
    const auto token = parse_token(bytes);
    ASSERT_TRUE(ok(token)) << name;
    EXPECT_TRUE(ok(validate(token->claims))) << name;
    EXPECT_TRUE(cose::is_short_circuit(token->message)) << name;
    EXPECT_FALSE(verify_mac0(*token, vector_bytes("psatoken/rfc9783/tfm-hs-iak.bin"))) << name;
    EXPECT_FALSE(verify_mac0(*token, {})) << name;
  }
}

TEST(PsaToken, T13_WithoutAlgorithmIsRefusedWhateverTheKey) {
  const Bytes bytes = vector_bytes("iat-verifier/data/psa-2_0_0_sign1-token.cbor");
  const auto token = parse_token(bytes);
  ASSERT_TRUE(ok(token)) << "the claims can be shown";
  const auto verified = verify_sign1(*token, public_key("iat-verifier/data/key.pem"));
  ASSERT_FALSE(verified);
  EXPECT_NE(verified.error().text().find("algorithm not found"), std::string::npos) << verified.error();
}

TEST(PsaToken, T24_OpTeeTokensAreSignedOverTheListedBytes) {
  for (const std::string name : {"token-iisec.cbor", "token-pr124.cbor"}) {
    const Bytes bytes = vector_bytes("optee/" + name);
    const auto token = parse_token(bytes);
    ASSERT_TRUE(ok(token));
    ASSERT_TRUE(ok(validate(token->claims)));
    const Bytes tbs = cose::to_be_authenticated(token->message.kind, token->message.protected_bytes, {}, *token->message.payload);
    EXPECT_EQ("0x" + to_hex(tbs), *eat::testing::expected("optee", name, {"tbs"}).text());
    EXPECT_EQ(token->claims.nonce->size(), 32u);
    EXPECT_EQ(token->claims.software_components[0].measurement_type, "PRoT");
  }
}

// The vectors of go-cose's and psatoken's own negative tests, with the texts of the reference where it has some.
TEST(PsaToken, RefusesWhatIsNoTokenInTheWordsOfTheReference) {
  struct Row {
    std::string file;
    std::string text;
  };
  for (const Row& row : {Row{"zero-byte.bin", "failed CBOR decoding for CWT: cbor: invalid COSE_Sign1_Tagged object"}, Row{"truncated-after-array.bin", "failed CBOR decoding for CWT: unexpected EOF"}, Row{"payload-empty-bstr.bin", "failed CBOR decoding of PSA claims: EOF"},
                         Row{"unknown-profile-psa-3.0.0.bin", "failed CBOR decoding of PSA claims: unknown profile: \"http://arm.com/psa/3.0.0\""}}) {
    const auto token = parse_token(vector_bytes("psatoken/cose-negative/" + row.file));
    ASSERT_FALSE(token) << row.file;
    EXPECT_EQ(eat::reference_text(token.error()), row.text);
  }
}

TEST(PsaToken, AnyFlippedByteIsRefused) {
  const Bytes good = vector_bytes("psatoken/rfc9783/psa-sign1.cbor");
  const auto key = public_key("psatoken/rfc9783/tfm-es-iak.pem");
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0x01;
    const auto token = parse_token(bad);
    if (!token) continue;
    EXPECT_FALSE(verify_sign1(*token, key)) << "byte " << at;
  }
}

TEST(PsaToken, SignsAndMacsWhatItReads) {
  const Claims claims = from_json(json::parse(vector_text("evcli/misc/psa-claims-profile-2-integ.json")).value()).value();
  const auto private_key = crypto::private_key_from_any(vector_bytes("evcli/misc/ec256.json")).value();
  const Bytes token = sign_token(claims, private_key).value();
  const auto parsed = parse_token(token).value();
  EXPECT_EQ(parsed.message.protected_bytes.size(), 3u) << "only the algorithm";
  EXPECT_EQ(**verify_sign1(parsed, private_key.public_key()), claims);
  for (const crypto::Mac mac : {crypto::Mac::hs256, crypto::Mac::hs384, crypto::Mac::hs512}) {
    const Bytes key = vector_bytes("psatoken/rfc9783/tfm-hs-iak.bin");
    const Bytes maced = mac_token(claims, key, mac).value();
    EXPECT_EQ(**verify_mac0(parse_token(maced).value(), key), claims);
  }
}

// Deterministic signatures: the bytes that evcli's key gives are always the same, and the payload is evcli's.
TEST(PsaToken, T16_TokensFromJsonDifferFromEvclisOnlyInTheSignature) {
  for (const std::string name : {"psa-p1", "psa-p2"}) {
    Claims claims = from_json(json::parse(vector_text("evcli/tests/" + name + "-claims.json")).value()).value();
    claims.nonce = from_base64("AAECAwABAgMAAQIDAAECAwABAgMAAQIDAAECAwABAgM=").value();
    const Bytes made = sign_token(claims, crypto::private_key_from_any(vector_bytes("evcli/tests/psa-key.jwk")).value()).value();
    const Bytes theirs = vector_bytes("evcli/tests/" + name + ".cbor");
    ASSERT_EQ(made.size(), theirs.size());
    EXPECT_TRUE(std::equal(made.begin(), made.end() - 64, theirs.begin())) << name;
  }
}

TEST(PsaToken, T16_PrintsAsEvcliDoes) {
  for (const std::string name : {"tests/psa-p1", "tests/psa-p2", "misc/cbor/psa-claims-profile-2-integ"}) {
    const Bytes token = vector_bytes("evcli/" + name + ".cbor");
    const json::Value value = to_json(parse_token(token).value().claims);
    const std::string base = name.substr(name.rfind('/') + 1);
    EXPECT_EQ(json::print(value, {.indent = 2}) + "\n", vector_text("evcli/expected-output/psa-print." + base + ".cbor.txt")) << name;
  }
}

TEST(PsaToken, TfmNamesInstancesByTheirKey) {
  const Bytes token = vector_bytes("psatoken/tf-m/psa-2_0_0_sign1.bin");
  EXPECT_EQ(instance_id_of(public_key("psatoken/tf-m/public.pem")), parse_token(token).value().claims.instance_id);
}

TEST(PsaToken, T26_IsReadAtEveryLengthWithoutHarm) {
  for (const SignedCase& row : kSigned) {
    const Bytes bytes = vector_bytes(row.set + "/" + row.file);
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(parse_token(Bytes{bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)})) << row.file << " cut to " << size;
  }
}

}  // namespace
}  // namespace assay::psa
