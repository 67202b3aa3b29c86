#include "schemes/cca/evidence.h"

#include <gtest/gtest.h>

#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"
#include "model/eat/check.h"
#include "model/eat/testing.h"

namespace assay::cca {
namespace {

using assay::testing::fails;
using assay::testing::hex;
using assay::testing::ok;
using assay::testing::vector_bytes;
using assay::testing::vector_text;

crypto::PublicKey public_key(std::string_view relative) { return crypto::public_key_from_any(vector_bytes(relative)).value(); }
crypto::PrivateKey private_key(std::string_view relative) { return crypto::private_key_from_any(vector_bytes(relative)).value(); }

struct TokenCase {
  std::string set;
  std::string file;
  std::string key;
  Outer outer;
};
constexpr Outer kOld = Outer::legacy;
constexpr Outer kNew = Outer::cmw;
const std::vector<TokenCase> kGood{
    {"iat-verifier", "generations/A.cbor", "iat-verifier/data/cca_platform.pem", kOld},
    {"iat-verifier", "generations/A-rmm.cbor", "iat-verifier/data/cca_platform.pem", kOld},
    {"iat-verifier", "generations/B.cbor", "iat-verifier/data/cca_platform.pem", kOld},
    {"iat-verifier", "generations/C.cbor", "iat-verifier/data/cca_platform.pem", kNew},
    {"iat-verifier", "generations/D.cbor", "iat-verifier/data/cca_platform.pem", kNew},
    {"iat-verifier", "generations/E.cbor", "iat-verifier/data/cca_platform.pem", kNew},
    {"iat-verifier", "generations/E-legacy.cbor", "iat-verifier/data/cca_platform.pem", kNew},
    {"iat-verifier", "generations/E-rmm.cbor", "iat-verifier/data/cca_platform.pem", kNew},
    {"iat-verifier", "generations/F.cbor", "iat-verifier/data/cca_platform.pem", kNew},
    {"iat-verifier", "generations/F-legacy.cbor", "iat-verifier/data/cca_platform.pem", kNew},
    {"iat-verifier", "generations/F-rmm.cbor", "iat-verifier/data/cca_platform.pem", kNew},
    {"ccatoken", "token/good-907.cbor", "ccatoken/keys/iak.jwk", kNew},
    {"ccatoken", "token/good-399.cbor", "ccatoken/keys/iak.jwk", kOld},
    {"ccatoken", "token/rmm-legacy-907.cbor", "ccatoken/keys/rmm-cpak.jwk", kNew},
    {"ccatoken", "token/tf-rmm-399.cbor", "ccatoken/keys/cca_platform.pub", kOld},
    {"ccatoken", "token/veraison-e2e-legacy-platform-2023-realm.cbor", "evcli/misc/ec256.json", kOld},
    {"ccatoken", "token/veraison-scheme-cca-good.cbor", "evcli/misc/ec256.json", kOld},
    {"ccatoken", "token/veraison-2502-e2e.cbor", "evcli/misc/ec256.json", kOld},
    {"ccatoken", "token/trustee-example.cbor", "ccatoken/keys/trustee-cpak-pub.jwk", kOld},
    {"ccatoken", "rust/cca-token-01.cbor", "ccatoken/rust/cpak.json", kOld},
    {"ccatoken", "rust/cca-token-02.cbor", "evcli/misc/ec256.json", kOld},
    {"ccatoken", "rust/cca-token-draft-ffm-00.cbor", "ccatoken/rust/cpak.json", kOld},
    {"evcli", "misc/token.cbor", "evcli/misc/ec256.json", kOld},
    {"evcli", "tests/cca-token.cbor", "evcli/tests/cca-iak-pub.jwk", kOld},
    {"ratsd", "ex-basic-arm-cca.outblob.cbor", "iat-verifier/data/cca_platform.pem", kOld},
};

TEST(CcaToken, T1_T2_T6_T25_EveryGenerationVerifiesAndSaysWhatAnIndependentDecoderRead) {
  for (const TokenCase& row : kGood) {
    const Bytes bytes = vector_bytes(row.set + "/" + row.file);
    const auto parsed = parse_evidence(bytes);
    ASSERT_TRUE(ok(parsed)) << row.file;
    EXPECT_EQ(parsed->outer, row.outer) << row.file;
    EXPECT_TRUE(parsed->warnings.empty()) << row.file;
    EXPECT_TRUE(ok(validate(*parsed))) << row.file;
    EXPECT_TRUE(is_collection(bytes));
    const auto verified = verify(*parsed, public_key(row.key));
    ASSERT_TRUE(ok(verified)) << row.file;
    EXPECT_EQ(eat::testing::shown(encode_claims(*verified->platform).value()), eat::testing::shown(eat::testing::expected(row.set, row.file, {"platform", "claims"}))) << row.file;
    EXPECT_EQ(eat::testing::shown(encode_claims(*verified->realm).value()), eat::testing::shown(eat::testing::expected(row.set, row.file, {"realm", "claims"}))) << row.file;
    EXPECT_EQ("0x" + to_hex(rak_hash(*verified->realm).value()), *eat::testing::expected(row.set, row.file, {"rak-hash"}).text()) << row.file;
    EXPECT_TRUE(fails(verify(*parsed, public_key("ccatoken/keys/alt-iak.jwk")), parsed->platform_token.protected_headers.alg == -7 ? Errc::unauthenticated : Errc::mismatch, "unable to verify platform token")) << row.file;
  }
}

TEST(CcaToken, T1_ARakWithAPrivateScalarIsRefused) {
  const Bytes bytes = vector_bytes("iat-verifier/generations/A-private-key-bug.cbor");
  const auto parsed = parse_evidence(bytes);
  ASSERT_TRUE(ok(parsed));
  EXPECT_TRUE(fails(validate(*parsed), Errc::invalid, "validation of cca-realm-claims failed: validating realm public key claim: wrong syntax"));
  EXPECT_TRUE(fails(verify(*parsed, public_key("iat-verifier/data/cca_platform.pem")), Errc::invalid, "decoding RAK"));
}

TEST(CcaToken, T2_AnotherPlatformKeyFailsInTheWordsOfTheReference) {
  for (const std::string name : {"good-907", "good-399"}) {
    const Bytes bytes = vector_bytes("ccatoken/token/" + name + ".cbor");
    const auto verified = verify(parse_evidence(bytes).value(), public_key("ccatoken/keys/alt-iak.jwk"));
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().text(), "unable to verify platform token: verification error");
  }
}

TEST(CcaToken, T3_BrokenCollectionsAreRefusedInTheWordsOfTheReference) {
  struct Row {
    std::string what;
    Bytes bytes;
    std::string text;  // the beginning
  };
  for (const Row& row : {
           Row{"a record of a COSE_Sign1, not of a byte string", vector_bytes("ccatoken/token/bad-unwrapped.cbor"), "CBOR decoding of CCA evidence failed: "},
           Row{"no members", hex("d9038ba0"), "CCA platform token not set"},
           Row{"no realm token", hex("d9038ba119acca8219010740"), "CCA realm token not set"},
           Row{"no platform token", hex("d9038ba119acd18219010740"), "CCA platform token not set"},
           Row{"no members, old form", hex("d9018fa0"), "CCA platform token not set"},
           Row{"another tag", hex("d28443a10126a040f6"), "CBOR decoding of CCA evidence failed: cbor: wrong tag number for ccatoken.CBORCollection, got [18], expected [907]"},
           Row{"tokens that are empty", hex("d9018fa219acca4019acd140"), "decoding of CCA evidence failed: failed CBOR decoding for CWT: cbor: invalid COSE_Sign1_Tagged object"},
           Row{"a MAC in the place of a signature", hex("d9018fa219acca4dd18443a10105a043a10102410019acd140"),
               "decoding of CCA evidence failed: failed CBOR decoding for CWT: "},
           Row{"cut short", vector_bytes("evcli/tests/cca-token-invalid.bin"), "CBOR decoding of CCA evidence failed: unexpected EOF"},
           Row{"nothing", {}, "CBOR decoding of CCA evidence failed: EOF"},
           Row{"the same member twice", hex("d9018fa219acca4019acca40"), "CBOR decoding of CCA evidence failed: map key 44234 twice"},
           Row{"an indefinite map", hex("d9018fbfff"), "CBOR decoding of CCA evidence failed: "},
           Row{"bytes behind the end", hex("d9018fa000"), "CBOR decoding of CCA evidence failed: "},
           Row{"the old member form under the new tag", hex("d9038ba119acca40"), "CBOR decoding of CCA evidence failed: "},
           Row{"the new member form under the old tag", hex("d9018fa119acca8219010740"), "CBOR decoding of CCA evidence failed: "},
           Row{"a record of three", hex("d9038ba119acca831901074004"), "CBOR decoding of CCA evidence failed: platform token: a record of 3 items"},
           Row{"a media type for a content format", hex("d9038ba119acca82617840"), "CBOR decoding of CCA evidence failed: platform token"},
       }) {
    const auto parsed = parse_evidence(row.bytes);
    ASSERT_FALSE(parsed) << row.what;
    EXPECT_TRUE(eat::reference_text(parsed.error()).starts_with(row.text)) << row.what << ": " << eat::reference_text(parsed.error());
  }
}

TEST(CcaToken, UnknownMembersAndOtherIndicatorsAreWarnings) {
  const Bytes good = vector_bytes("ccatoken/token/good-907.cbor");
  Bytes other = good;
  const Bytes record = hex("82190107");
  const auto at = std::search(other.begin(), other.end(), record.begin(), record.end());
  ASSERT_NE(at, other.end());
  at[3] = 0x08;
  const auto indicator = parse_evidence(other);
  ASSERT_TRUE(ok(indicator));
  EXPECT_EQ(indicator->warnings.size(), 1u);
  Bytes more = good;
  more[3] = 0xa3;
  append(more, hex("19ace2 82 190259 40"));
  const auto member = parse_evidence(more);
  ASSERT_TRUE(ok(member));
  ASSERT_EQ(member->warnings.size(), 1u);
  EXPECT_NE(member->warnings[0].find("44258"), std::string::npos);
  EXPECT_TRUE(ok(verify(*member, public_key("ccatoken/keys/iak.jwk"))));
}

TEST(CcaToken, T4_BindingOverUnchangedBytes) {
  const Bytes bytes = vector_bytes("ccatoken/rust/bug-33-repro.cbor");
  const auto parsed = parse_evidence(bytes);
  ASSERT_TRUE(ok(parsed));
  const auto key = public_key("ccatoken/rust/cpak.json");
  EXPECT_TRUE(ok(verify_platform(*parsed, key)));
  EXPECT_TRUE(ok(verify_realm(*parsed, decode_rak(parsed->realm).value().key)));
  const auto verified = verify(*parsed, key);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().errc, Errc::mismatch);
  EXPECT_EQ(verified.error().text(), "binding verification failed: platform nonce does not match RAK hash");
}

// Evidence of our own making, from evcli's claims and keys.
EvidenceClaims evcli_claims() { return evidence_from_json(json::parse(vector_text("evcli/misc/cca-claims.json")).value()).value(); }
Bytes make(const EvidenceClaims& claims, SignOptions options = {}) { return sign_evidence(claims, private_key("evcli/misc/ec256.json"), private_key("evcli/misc/ec384.json"), options).value(); }

TEST(CcaToken, T5_AReEncodedRakNoLongerFitsTheChallenge) {
  EvidenceClaims claims = evcli_claims();
  EXPECT_EQ(to_base64(*claims.platform->challenge), "B+ZikIKrWgBwyZ8j2h/ga2rqAloOpPqTzHeAu+yI5AI=");
  claims.realm->public_key = crypto::to_cose_key(decode_rak(*claims.realm).value().key);
  const Bytes token = make(claims, {.bind = false});
  EXPECT_TRUE(fails(verify(parse_evidence(token).value(), public_key("evcli/misc/ec256.json")), Errc::mismatch, "binding verification failed"));
  EXPECT_TRUE(ok(verify(parse_evidence(make(claims)).value(), public_key("evcli/misc/ec256.json"))));
}

TEST(CcaToken, T6_TheBindingUsesTheClaimedHash) {
  for (const std::string hash : {"sha-256", "sha-384", "sha-512"}) {
    EvidenceClaims claims = evcli_claims();
    claims.realm->public_key_hash_algorithm = hash;
    const Bytes token = make(claims);
    const auto parsed = parse_evidence(token).value();
    EXPECT_EQ(parsed.platform.challenge->size(), crypto::size(*crypto::hash_by_name(hash)));
    EXPECT_TRUE(ok(verify(parsed, public_key("evcli/misc/ec256.json")))) << hash;
  }
}

TEST(CcaToken, T7_TheRealmProfileMayFollowTheKey) {
  const EvidenceClaims claims = evcli_claims();
  auto raw = eat::parse_raw_claims(encode_claims(*claims.realm).value()).value();
  ASSERT_EQ(raw.front().key, eat::ClaimKey{265});
  std::rotate(raw.begin(), raw.begin() + 1, raw.end());
  const Bytes realm = cose::sign_sign1(eat::encode_raw_claims(raw).value(), private_key("evcli/misc/ec384.json")).value();
  const Bytes platform = cose::sign_sign1(encode_claims(*claims.platform).value(), private_key("evcli/misc/ec256.json")).value();
  const Bytes token = wrap_tokens(platform, realm, Outer::cmw);
  const auto parsed = parse_evidence(token);
  ASSERT_TRUE(ok(parsed));
  EXPECT_EQ(parsed->realm, *claims.realm);
  EXPECT_TRUE(ok(verify(*parsed, public_key("evcli/misc/ec256.json"))));
}

TEST(CcaToken, IsMadeInBothForms) {
  const EvidenceClaims claims = evcli_claims();
  ASSERT_TRUE(ok(validate(claims)));
  for (const Outer outer : {Outer::cmw, Outer::legacy}) {
    const Bytes token = make(claims, {.outer = outer});
    EXPECT_TRUE(std::ranges::equal(ByteView{token}.first(4), outer == Outer::cmw ? hex("d9038ba2") : hex("d9018fa2")));
    const auto parsed = parse_evidence(token).value();
    EXPECT_EQ(parsed.platform, *claims.platform);
    EXPECT_EQ(parsed.realm, *claims.realm);
    EXPECT_TRUE(ok(verify(parsed, public_key("evcli/misc/ec256.json"))));
  }
  EXPECT_EQ(make(claims), make(claims)) << "deterministic signatures";
}

TEST(CcaToken, TheRealmKeyMustBelongToTheClaims) {
  const EvidenceClaims claims = evcli_claims();
  const auto wrong = sign_evidence(claims, private_key("evcli/misc/ec256.json"), private_key("ccatoken/keys/rak.jwk"));
  EXPECT_TRUE(fails(wrong, Errc::mismatch, "RAK does not match cca-realm-public-key"));
  EXPECT_TRUE(ok(sign_evidence(claims, private_key("evcli/misc/ec256.json"), private_key("ccatoken/keys/rak.jwk"), {.check_rak = false})));
}

TEST(CcaToken, ClaimsThatAreNotThereAreNamed) {
  const auto validate_file = [](const std::string& file) { return validate(evidence_from_json(json::parse(vector_text(file)).value()).value()); };
  EXPECT_TRUE(fails(validate_file("evcli/misc/cca-claims-bad-norealm.json"), Errc::missing, "missing realm claims"));
  EXPECT_TRUE(fails(validate_file("evcli/misc/cca-claims-without-realm-challenge.json"), Errc::missing, "validating realm challenge claim: missing mandatory claim"));
  EXPECT_TRUE(fails(validate(EvidenceClaims{}), Errc::missing, "claims not set in evidence"));
  EXPECT_TRUE(fails(evidence_from_json(json::parse(R"({"cca-platform-token": {}})").value()), Errc::unsupported, "unmarshaling platform claims: could not match profile"));
  EXPECT_TRUE(fails(evidence_from_json(json::parse("7").value()), Errc::malformed, "unmarshaling CCA claims"));
  EXPECT_TRUE(fails(sign_evidence({}, private_key("evcli/misc/ec256.json"), private_key("evcli/misc/ec384.json")), Errc::missing));
}

TEST(CcaToken, T16_PrintsAsEvcliDoes) {
  struct Row {
    std::string token, expected;
  };
  for (const Row& row : {Row{"evcli/misc/token.cbor", "evcli/expected-output/cca-print.token.cbor.txt"}, Row{"evcli/tests/cca-token.cbor", "evcli/expected-output/cca-print.cca-token.cbor.txt"},
                         Row{"ccatoken/token/good-907.cbor", "ccatoken/expected-output/cca-print.good-907.cbor.txt"}, Row{"ccatoken/token/tf-rmm-399.cbor", "ccatoken/expected-output/cca-print.tf-rmm-399.cbor.txt"}}) {
    const Bytes bytes = vector_bytes(row.token);
    const auto parsed = parse_evidence(bytes).value();
    EXPECT_EQ(json::print(to_json(parsed.platform, parsed.realm), {.indent = 2}) + "\n", vector_text(row.expected)) << row.token;
  }
}

TEST(CcaToken, ReadsBarePlatformTokens) {
  for (const std::string name : {"cca_example_platform_token", "cca_example_platform_token_legacy", "cca_platform_token"}) {
    const Bytes bytes = vector_bytes("iat-verifier/data/" + name + ".cbor");
    const auto parsed = parse_platform_token(bytes);
    ASSERT_TRUE(ok(parsed)) << name;
    EXPECT_TRUE(ok(validate(parsed->claims))) << name;
    EXPECT_TRUE(ok(cose::verify_sign1(parsed->token, public_key("iat-verifier/data/cca_platform.pem")))) << name;
    EXPECT_FALSE(parse_platform_token(bytes, true));
    cbor::Writer record;
    record.array(2).uint(263).bytes(bytes);
    EXPECT_TRUE(ok(parse_platform_token(record.view(), true)));
    EXPECT_FALSE(parse_platform_token(record.view()));
  }
}

TEST(CcaToken, T25_TheBlobOfATsmReportIsAToken) {
  const json::Value report = json::parse(vector_text("ratsd/ex-basic-arm-cca.json")).value();
  const Bytes blob = from_base64(*report.object()->find("outblob")->text(), Base64::url, Padding::none).value();
  EXPECT_EQ(blob, vector_bytes("ratsd/ex-basic-arm-cca.outblob.cbor"));
  EXPECT_EQ(parse_evidence(blob).value().realm.profile, kRealm2023);
}

TEST(CcaToken, ShorterChallengesArePaddedWithZeros) {
  EXPECT_EQ(pad_challenge(Bytes(3, 7)).value(), concat({Bytes(3, 7), Bytes(61, 0)}));
  EXPECT_EQ(pad_challenge(Bytes(64, 7)).value(), Bytes(64, 7));
  EXPECT_FALSE(pad_challenge({}));
  EXPECT_FALSE(pad_challenge(Bytes(65)));
}

TEST(CcaToken, T26_IsReadAtEveryLengthWithoutHarm) {
  for (const TokenCase& row : kGood) {
    const Bytes bytes = vector_bytes(row.set + "/" + row.file);
    for (std::size_t size = 0; size < bytes.size(); ++size) ASSERT_FALSE(parse_evidence(Bytes{bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)})) << row.file << " cut to " << size;
  }
}

TEST(CcaToken, AnyFlippedByteIsRefused) {
  const Bytes good = vector_bytes("ccatoken/token/good-907.cbor");
  const auto key = public_key("ccatoken/keys/iak.jwk");
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0x01;
    const auto parsed = parse_evidence(bad);
    if (!parsed) continue;
    if (!parsed->warnings.empty()) continue;  // the indicator and the labels of the collection are signed by nobody
    EXPECT_FALSE(verify(*parsed, key)) << "byte " << at;
  }
}

}  // namespace
}  // namespace assay::cca
