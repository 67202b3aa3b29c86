#include "schemes/psa/scheme.h"

#include <gtest/gtest.h>

#include "crypto/key_formats.h"
#include "testing/testing.h"

namespace assay::psa {

extern const appraise::Scheme kScheme;

namespace {

using appraise::Severity;
using assay::testing::ok;
using assay::testing::vector_bytes;
using assay::testing::vector_text;

crypto::PrivateKey private_key(std::string_view relative) { return crypto::private_key_from_any(vector_bytes(relative)).value(); }

// OP-TEE's token with its key, and the reference value that fits it.
struct Bench {
  Bytes token = vector_bytes("optee/token-iisec.cbor");
  Claims claims = parse_token(token).value().claims;
  appraise::TrustAnchors anchors{{claims.implementation_id, claims.instance_id, private_key("optee/iisec/ec256.json").public_key(), "ta.json: /0"}};
  appraise::ReferenceValues references = [this] {
    appraise::ReferenceValues values;
    values.platforms.push_back({*claims.implementation_id, {{"PRoT", {}, claims.software_components[0].signer_id, *claims.software_components[0].measurement_value, "refs.json"}}, {}, "refs.json"});
    return values;
  }();
  std::optional<ByteView> nonce;

  // Signs changed claims with the same key.
  void sign() { token = sign_token(claims, private_key("optee/iisec/ec256.json")).value(); }
  appraise::Verdict verdict() const {
    const auto evidence = kScheme.verify({.evidence = token, .anchors = anchors, .nonce = nonce});
    EXPECT_TRUE(ok(evidence));
    return kScheme.appraise(*evidence, references);
  }
};

// The eight values in the order of AR4SI: identity, configuration, executables, file system, hardware, runtime, storage, sourced.
std::vector<int> values(const appraise::Verdict& verdict) {
  std::vector<int> all;
  for (const ear::Claim claim : ear::kAllClaims) all.push_back(verdict.submods.at(0).vector[claim]);
  return all;
}
Severity severity(const appraise::Verdict& verdict, std::string_view id) {
  const auto* finding = verdict.findings.find(id);
  if (finding == nullptr) ADD_FAILURE() << "no finding " << id;
  return finding == nullptr ? Severity::failed : finding->severity;
}
const std::vector<int> kAll99(8, 99);
const std::vector<int> kAll1(8, 1);

TEST(PsaScheme, T24_AGoodTokenWithItsReferenceValueIsAffirmed) {
  Bench bench;
  bench.nonce = *bench.claims.nonce;
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict), (std::vector{2, 0, 2, 0, 2, 2, 2, 0}));
  EXPECT_EQ(verdict.submods[0].name, "PSA_IOT");
  EXPECT_EQ(json::print(*verdict.submods[0].annotated_evidence), json::print(to_json(bench.claims)));
  EXPECT_FALSE(verdict.findings.any(Severity::failed));
  EXPECT_FALSE(verdict.findings.any(Severity::warning));
  EXPECT_FALSE(verdict.findings.any(Severity::not_checked));
}

TEST(PsaScheme, EveryValueHasAFinding) {
  const auto verdict = Bench{}.verdict();
  for (const std::string_view id : {"psa.key", "psa.signature", "psa.lifecycle", "psa.lifecycle.state", "psa.hardware", "psa.reference.component", "psa.profile", "psa.nonce", "psa.instance-id", "psa.implementation-id", "psa.software-components", "psa.client-id"}) EXPECT_EQ(severity(verdict, id), Severity::passed) << id;
  EXPECT_EQ(severity(verdict, "psa.freshness"), Severity::not_checked) << "no nonce, no freshness";
  const std::string manual = assay::testing::read_text(std::filesystem::path{ASSAY_SOURCE_DIR} / "docs/findings.md");
  for (const auto& finding : verdict.findings.all()) EXPECT_NE(manual.find("`" + finding.id + "`"), std::string::npos) << finding.id << " is not in docs/findings.md";
  EXPECT_EQ(verdict.findings.find("psa.boot-seed"), nullptr) << "what is not there was not looked at";
}

TEST(PsaScheme, WithoutReferenceValuesTheExecutablesAreUnrecognized) {
  Bench bench;
  bench.references.platforms.clear();
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict), (std::vector{2, 0, 33, 0, 2, 2, 2, 0}));
  EXPECT_EQ(severity(verdict, "psa.reference.component"), Severity::not_checked);
}

TEST(PsaScheme, AnImplementationThatNoReferenceValueNamesIsUnrecognizedHardware) {
  Bench bench;
  bench.references.platforms[0].implementation_id[0] ^= 1;
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict), (std::vector{2, 0, 33, 0, 97, 2, 2, 0}));
  EXPECT_EQ(severity(verdict, "psa.hardware"), Severity::failed);
}

TEST(PsaScheme, AnotherMeasurementIsAWarning) {
  Bench bench;
  bench.references.platforms[0].components[0].value[0] ^= 1;
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict), (std::vector{2, 0, 33, 0, 2, 2, 2, 0}));
  EXPECT_EQ(severity(verdict, "psa.reference.component"), Severity::warning);
}

TEST(PsaScheme, AnUnknownInstanceIs97AndNothingElse) {
  Bench bench;
  bench.anchors[0].instance_id->back() ^= 1;
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict), (std::vector{97, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(severity(verdict, "psa.key"), Severity::failed);
  EXPECT_EQ(severity(verdict, "psa.claims"), Severity::not_checked);
  EXPECT_FALSE(verdict.submods[0].annotated_evidence);
}

TEST(PsaScheme, ABadSignatureIs99EverywhereAndShowsNoClaims) {
  Bench bench;
  bench.token.back() ^= 1;
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict), kAll99);
  EXPECT_EQ(severity(verdict, "psa.signature"), Severity::failed);
  EXPECT_FALSE(verdict.submods[0].annotated_evidence);
}

TEST(PsaScheme, AnotherNonceIs99Everywhere) {
  Bench bench;
  for (const Bytes& nonce : {Bytes(32, 1), Bytes{}, concat({*bench.claims.nonce, Bytes(32)})}) {
    bench.nonce = nonce;
    const auto verdict = bench.verdict();
    EXPECT_EQ(values(verdict), kAll99);
    EXPECT_NE(verdict.findings.find("psa.freshness")->why.find("does not match session nonce"), std::string::npos);
  }
}

TEST(PsaScheme, WellSignedClaimsThatBreakTheRulesAreUnexpectedEvidence) {
  Bench bench;
  bench.claims.lifecycle = 0x7000;
  bench.claims.nonce = Bytes(33);
  bench.claims.service_indicator = "";
  bench.sign();
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict), kAll1);
  for (const std::string_view id : {"psa.lifecycle", "psa.nonce"}) EXPECT_EQ(severity(verdict, id), Severity::failed) << id << ": all problems are told, not only the first";
  EXPECT_EQ(verdict.findings.find("psa.lifecycle")->why, "wrong syntax: value 28672 is invalid");
}

TEST(PsaScheme, TheLifecycleDecidesIdentityRuntimeAndStorage) {
  Bench bench;
  for (int state = 0; state <= 6; ++state) {
    bench.claims.lifecycle = static_cast<std::uint16_t>(state << 12 | 0x7f);
    bench.sign();
    const int value = state == 3 || state == 4 ? 2 : 96;
    EXPECT_EQ(values(bench.verdict()), (std::vector{value, 0, 2, 0, 2, value, value, 0})) << state;
  }
}

TEST(PsaScheme, MacsAreVerifiedWithMacKeysOnly) {
  Bench bench;
  bench.token = vector_bytes("psatoken/rfc9783/psa-mac0.cbor");
  const auto none = bench.verdict();
  EXPECT_EQ(severity(none, "psa.key"), Severity::failed) << "a public key is no MAC key";
  bench.anchors = {{{}, {}, std::make_shared<const SecretBytes>(vector_bytes("psatoken/rfc9783/tfm-hs-iak.bin")), "hs.bin"}};
  const auto verdict = bench.verdict();
  EXPECT_EQ(severity(verdict, "psa.mac"), Severity::passed);
  EXPECT_EQ(values(verdict)[0], 2);
  bench.token = vector_bytes("psatoken/tf-m/psa-2_0_0_mac0.bin");
  const auto fake = bench.verdict();
  EXPECT_EQ(values(fake), kAll99);
  EXPECT_NE(fake.findings.find("psa.mac")->why.find("short-circuit"), std::string::npos);
}

TEST(PsaScheme, TriesEveryAnchorThatMayFit) {
  Bench bench;
  const auto other = crypto::PrivateKey::generate(crypto::KeyKind::p256).value().public_key();
  bench.anchors.insert(bench.anchors.begin(), {bench.claims.implementation_id, bench.claims.instance_id, other, "old key"});
  const auto verdict = bench.verdict();
  EXPECT_EQ(verdict.findings.find("psa.signature")->expected, "ta.json: /0");
  EXPECT_FALSE(verdict.findings.any(Severity::failed));
}

TEST(PsaScheme, SaysWhatItDoesNotKnow) {
  Bench bench;
  bench.claims.client_id = 0;
  bench.claims.unknown.push_back(eat::claim(30, 7));
  bench.claims.software_components[0].unknown.push_back(eat::claim(7, 1));
  bench.sign();
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict), (std::vector{2, 0, 2, 0, 2, 2, 2, 0})) << "unknown claims do not matter";
  EXPECT_EQ(verdict.findings.find("psa.unknown-claims")->subject, "claims 30");
  bool warned = false;
  for (const auto& finding : verdict.findings.all()) warned = warned || (finding.id == "psa.client-id" && finding.severity == Severity::warning);
  EXPECT_TRUE(warned);
  EXPECT_NE(json::print(kScheme.claims_json(bench.token).value()).find(R"("unknown-claims":{"30":"7"})"), std::string::npos);
}

TEST(PsaScheme, DerivedProfilesAreAcceptedWhereTheyAreConfigured) {
  const Bytes token = vector_bytes("psatoken/rfc9783/psa-sign1.cbor");
  Bench bench;
  bench.claims = parse_token(token).value().claims;
  bench.claims.profile = "tag:psacertified.org,2023:psa#acme";
  bench.sign();
  bench.anchors[0].implementation_id.reset();
  bench.anchors[0].instance_id.reset();
  EXPECT_EQ(values(bench.verdict()), kAll1);
  const std::array<std::string_view, 1> derived{"tag:psacertified.org,2023:psa#acme"};
  const auto evidence = kScheme.verify({.evidence = bench.token, .anchors = bench.anchors, .derived_profiles = derived});
  EXPECT_FALSE(evidence->findings.any(Severity::failed));
}

TEST(PsaScheme, RecognisesItsOwnEvidenceOnly) {
  for (const std::string name : {"optee/token-iisec.cbor", "psatoken/rfc9783/psa-mac0.cbor", "psatoken/tf-m/psa-iot-1_sign1.bin"}) {
    EXPECT_TRUE(kScheme.recognises(vector_bytes(name))) << name;
    EXPECT_EQ(appraise::scheme_of_evidence(vector_bytes(name)), &kScheme) << name;
  }
  for (const std::string name : {"ccatoken/token/good-907.cbor", "iat-verifier/data/cca_platform_token.cbor", "psatoken/cose-negative/zero-byte.bin", "ccatoken/keys/iak.jwk"}) EXPECT_FALSE(kScheme.recognises(vector_bytes(name))) << name;
  EXPECT_EQ(appraise::scheme_by_name("psa"), &kScheme);
  EXPECT_EQ(appraise::scheme_by_name("tdx"), nullptr);
}

TEST(PsaScheme, PeeksAtIdentities) {
  const auto identity = kScheme.peek(vector_bytes("optee/token-iisec.cbor"));
  ASSERT_TRUE(ok(identity));
  EXPECT_EQ(identity->implementation_id, to_bytes("acme-implementation-id-000000001"));
  EXPECT_EQ(identity->profile, kProfile2);
  EXPECT_FALSE(kScheme.peek({}));
}

}  // namespace
}  // namespace assay::psa
