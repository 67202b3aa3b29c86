#include "schemes/cca/scheme.h"

#include <gtest/gtest.h>

#include "crypto/key_formats.h"
#include "testing/testing.h"

namespace assay::cca {

extern const appraise::Scheme kScheme;

namespace {

using appraise::Severity;
using assay::testing::ok;
using assay::testing::vector_bytes;
using assay::testing::vector_text;

crypto::PrivateKey private_key(std::string_view relative) { return crypto::private_key_from_any(vector_bytes(relative)).value(); }

// RMM's example of generation F with its keys, and reference values that fit it.
struct Bench {
  Bytes token = vector_bytes("iat-verifier/generations/F.cbor");
  EvidenceClaims claims = read();
  crypto::PrivateKey platform_key = private_key("iat-verifier/data/cca_platform.pem");
  crypto::PrivateKey realm_key = private_key("iat-verifier/data/cca_realm.pem");
  appraise::TrustAnchors anchors{{claims.platform->implementation_id, claims.platform->instance_id, platform_key.public_key(), "ta.json: /0"}};
  appraise::ReferenceValues references = fitting();
  std::optional<ByteView> nonce;
  bool strict = false;

  EvidenceClaims read() const {
    auto parsed = parse_evidence(token).value();
    return {std::move(parsed.platform), std::move(parsed.realm)};
  }
  appraise::ReferenceValues fitting() const {
    appraise::ReferenceValues values;
    appraise::PlatformReference platform{*claims.platform->implementation_id, {}, {{*claims.platform->config}}, "rv.json: /platform/0"};
    for (const auto& component : claims.platform->software_components) platform.components.push_back({component.measurement_type, component.version, component.signer_id, *component.measurement_value, "rv.json"});
    values.platforms.push_back(std::move(platform));
    appraise::RealmReference realm{*claims.realm->initial_measurement, {}, claims.realm->personalization_value, "rv.json: /realm/0"};
    for (const Bytes& measurement : *claims.realm->extensible_measurements) realm.extensible_measurements.emplace_back(measurement);
    values.realms.push_back(std::move(realm));
    return values;
  }
  // Signs changed claims with the same keys.
  void sign(SignOptions options = {}) { token = sign_evidence(claims, platform_key, realm_key, options).value(); }
  appraise::Verdict verdict() const {
    const auto evidence = kScheme.verify({.evidence = token, .anchors = anchors, .nonce = nonce, .strict = strict});
    EXPECT_TRUE(ok(evidence));
    return kScheme.appraise(*evidence, references);
  }
};

std::vector<int> values(const appraise::Verdict& verdict, std::size_t submod) {
  std::vector<int> all;
  for (const ear::Claim claim : ear::kAllClaims) all.push_back(verdict.submods.at(submod).vector[claim]);
  return all;
}
Severity severity(const appraise::Verdict& verdict, std::string_view id) {
  const auto* finding = verdict.findings.find(id);
  if (finding == nullptr) ADD_FAILURE() << "no finding " << id;
  return finding == nullptr ? Severity::failed : finding->severity;
}
// identity, configuration, executables, file system, hardware, runtime, storage, sourced
const std::vector<int> kGoodPlatform{2, 2, 2, 0, 2, 2, 2, 0};
const std::vector<int> kGoodRealm{2, 0, 2, 0, 0, 0, 0, 0};
const std::vector<int> kAll99(8, 99);
const std::vector<int> kAll1(8, 1);
std::vector<int> realm(int executables) { return {2, 0, executables, 0, 0, 0, 0, 0}; }

TEST(CcaScheme, AGoodTokenWithItsReferenceValuesIsAffirmed) {
  Bench bench;
  bench.nonce = *bench.claims.realm->challenge;
  const auto verdict = bench.verdict();
  ASSERT_EQ(verdict.submods.size(), 2u);
  EXPECT_EQ(verdict.submods[0].name, "CCA_SSD_PLATFORM");
  EXPECT_EQ(verdict.submods[1].name, "CCA_REALM");
  EXPECT_EQ(values(verdict, 0), kGoodPlatform);
  EXPECT_EQ(values(verdict, 1), kGoodRealm);
  EXPECT_EQ(json::print(*verdict.submods[0].annotated_evidence), json::print(to_json(*bench.claims.platform)));
  EXPECT_EQ(json::print(*verdict.submods[1].annotated_evidence), json::print(to_json(*bench.claims.realm)));
  EXPECT_FALSE(verdict.findings.any(Severity::failed)) << json::print(to_json(verdict.findings), {.indent = 1});
  EXPECT_FALSE(verdict.findings.any(Severity::warning)) << json::print(to_json(verdict.findings), {.indent = 1});
  EXPECT_FALSE(verdict.findings.any(Severity::not_checked)) << json::print(to_json(verdict.findings), {.indent = 1});
}

TEST(CcaScheme, EveryValueHasAFinding) {
  const auto verdict = Bench{}.verdict();
  for (const std::string_view id :
       {"cca.platform.key", "cca.platform.signature", "cca.platform.profile", "cca.platform.lifecycle", "cca.platform.lifecycle.state", "cca.platform.hardware", "cca.platform.config", "cca.platform.hash-algorithm", "cca.platform.reference.component",
        "cca.platform.reference.config", "cca.realm.signature", "cca.binding", "cca.realm.instance", "cca.realm.public-key", "cca.realm.reference.initial-measurement", "cca.realm.reference.personalization-value", "cca.realm.reference.extensible-measurement", "cca.profiles"}) {
    EXPECT_EQ(severity(verdict, id), Severity::passed) << id;
  }
  EXPECT_EQ(severity(verdict, "cca.freshness"), Severity::not_checked) << "no nonce, no freshness";
  // docs/findings.md writes the rules of one token as `cca.platform.profile`, `.lifecycle` …
  const std::string manual = assay::testing::read_text(std::filesystem::path{ASSAY_SOURCE_DIR} / "docs/findings.md");
  for (const auto& finding : verdict.findings.all()) {
    const bool listed = manual.find("`" + finding.id + "`") != std::string::npos || manual.find("`" + finding.id.substr(finding.id.rfind('.')) + "`") != std::string::npos;
    EXPECT_TRUE(listed) << finding.id << " is not in docs/findings.md";
  }
}

TEST(CcaScheme, AnUnknownInstanceIs97AndTheRealmIsNotReported) {
  Bench bench;
  bench.anchors[0].instance_id->back() ^= 1;
  const auto verdict = bench.verdict();
  ASSERT_EQ(verdict.submods.size(), 1u);
  EXPECT_EQ(values(verdict, 0), (std::vector{97, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(severity(verdict, "cca.platform.key"), Severity::failed);
  EXPECT_EQ(severity(verdict, "cca.realm"), Severity::not_checked);
  EXPECT_FALSE(verdict.submods[0].annotated_evidence);
}

TEST(CcaScheme, ABadPlatformSignatureIs99AndTheRealmIsNotReported) {
  Bench bench;
  bench.anchors[0].key = private_key("iat-verifier/data/cca_realm2.pem").public_key();
  const auto verdict = bench.verdict();
  ASSERT_EQ(verdict.submods.size(), 1u);
  EXPECT_EQ(values(verdict, 0), kAll99);
  EXPECT_EQ(severity(verdict, "cca.platform.signature"), Severity::failed);
  EXPECT_EQ(verdict.findings.find("cca.realm.signature"), nullptr);
}

TEST(CcaScheme, ABadRealmSignatureIs99ForTheRealm) {
  Bench bench;
  bench.token.back() ^= 1;
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict, 0), kGoodPlatform);
  EXPECT_EQ(values(verdict, 1), kAll99);
  EXPECT_EQ(severity(verdict, "cca.realm.signature"), Severity::failed);
  EXPECT_FALSE(verdict.submods[1].annotated_evidence);
}

TEST(CcaScheme, T4_ABadBindingIs99ForTheRealmThoughBothSignaturesAreGood) {
  Bench bench;
  bench.token = vector_bytes("ccatoken/rust/bug-33-repro.cbor");
  bench.anchors = {{{}, {}, crypto::public_key_from_any(vector_bytes("ccatoken/rust/cpak.json")).value(), "cpak.json"}};
  const auto verdict = bench.verdict();
  EXPECT_EQ(severity(verdict, "cca.platform.signature"), Severity::passed);
  EXPECT_EQ(severity(verdict, "cca.realm.signature"), Severity::passed);
  EXPECT_EQ(severity(verdict, "cca.binding"), Severity::failed);
  EXPECT_EQ(values(verdict, 1), kAll99);
  EXPECT_FALSE(verdict.submods[1].annotated_evidence);
}

TEST(CcaScheme, T1_ARakWithAPrivateScalarIsUnexpectedEvidence) {
  Bench bench;
  bench.token = vector_bytes("iat-verifier/generations/A-private-key-bug.cbor");
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict, 1), kAll1);
  EXPECT_EQ(severity(verdict, "cca.realm.public-key"), Severity::failed);
  EXPECT_EQ(verdict.findings.find("cca.realm.signature"), nullptr);
}

TEST(CcaScheme, AnotherNonceIs99Everywhere) {
  Bench bench;
  for (const Bytes& nonce : {Bytes(64, 1), Bytes(32, 1), Bytes{}, Bytes(65, 1)}) {
    bench.nonce = nonce;
    const auto verdict = bench.verdict();
    EXPECT_EQ(values(verdict, 0), kAll99);
    EXPECT_EQ(values(verdict, 1), kAll99);
    EXPECT_NE(verdict.findings.find("cca.freshness")->why.find("does not match session nonce"), std::string::npos);
  }
}

TEST(CcaScheme, AShorterNonceIsPaddedWithZeros) {
  Bench bench;
  const Bytes issued(32, 0x5a);
  bench.claims.realm->challenge = pad_challenge(issued).value();
  bench.sign();
  bench.nonce = issued;
  EXPECT_EQ(severity(bench.verdict(), "cca.freshness"), Severity::passed);
  const Bytes shorter(31, 0x5a);
  bench.nonce = shorter;
  EXPECT_EQ(severity(bench.verdict(), "cca.freshness"), Severity::failed);
}

TEST(CcaScheme, PlatformReferenceValues) {
  Bench none;
  none.references.platforms.clear();
  EXPECT_EQ(values(none.verdict(), 0), (std::vector{2, 0, 33, 0, 2, 2, 2, 0}));
  EXPECT_EQ(severity(none.verdict(), "cca.platform.reference.component"), Severity::not_checked);
  EXPECT_EQ(severity(none.verdict(), "cca.platform.reference.config"), Severity::not_checked);

  Bench config;
  config.references.platforms[0].configs = {{Bytes(4, 1)}};
  EXPECT_EQ(values(config.verdict(), 0), (std::vector{2, 32, 2, 0, 2, 2, 2, 0}));
  EXPECT_EQ(severity(config.verdict(), "cca.platform.reference.config"), Severity::warning);

  Bench component;
  component.references.platforms[0].components[3].value[0] ^= 1;
  EXPECT_EQ(values(component.verdict(), 0), (std::vector{2, 2, 33, 0, 2, 2, 2, 0}));
}

struct RealmRow {
  const char* what;
  void (*change)(appraise::ReferenceValues&);
  int executables;
};

TEST(CcaScheme, RealmReferenceValues) {
  for (const RealmRow& row : {
           RealmRow{"all that is known fits", [](auto&) {}, 2},
           RealmRow{"no realms are known", [](auto& r) { r.realms.clear(); }, 33},
           RealmRow{"another initial measurement", [](auto& r) { r.realms[0].initial_measurement[0] ^= 1; }, 33},
           RealmRow{"a shorter initial measurement", [](auto& r) { r.realms[0].initial_measurement.pop_back(); }, 33},
           RealmRow{"another personalization value", [](auto& r) { (*r.realms[0].personalization_value)[0] ^= 1; }, 96},
           RealmRow{"no personalization value stated", [](auto& r) { r.realms[0].personalization_value.reset(); }, 2},
           RealmRow{"another extensible measurement", [](auto& r) { (*r.realms[0].extensible_measurements[3])[0] ^= 1; }, 3},
           RealmRow{"some extensible measurements stated", [](auto& r) { r.realms[0].extensible_measurements[1].reset(); }, 2},
           RealmRow{"fewer extensible measurements stated", [](auto& r) { r.realms[0].extensible_measurements.resize(1); }, 2},
           RealmRow{"no extensible measurements stated", [](auto& r) { r.realms[0].extensible_measurements.clear(); }, 3},
           RealmRow{"the second reference fits better",
                    [](auto& r) {
                      r.realms.push_back(r.realms[0]);
                      (*r.realms[0].personalization_value)[0] ^= 1;
                    },
                    2},
           RealmRow{"the second reference fits worse",
                    [](auto& r) {
                      r.realms.push_back(r.realms[0]);
                      (*r.realms[1].extensible_measurements[0])[0] ^= 1;
                    },
                    2},
       }) {
    Bench bench;
    row.change(bench.references);
    const auto verdict = bench.verdict();
    EXPECT_EQ(values(verdict, 1), realm(row.executables)) << row.what;
    EXPECT_EQ(values(verdict, 0), kGoodPlatform) << row.what;
    const auto* finding = verdict.findings.find("cca.realm.reference.initial-measurement");
    ASSERT_NE(finding, nullptr) << row.what;
    EXPECT_EQ(finding->severity == Severity::passed, row.executables != 33) << row.what;
  }
}

TEST(CcaScheme, TheLifecycleDecidesIdentityRuntimeAndStorage) {
  Bench bench;
  for (int state = 0; state <= 6; ++state) {
    bench.claims.platform->lifecycle = static_cast<std::uint16_t>(state << 12 | 0x03);
    bench.sign();
    const int value = state == 3 || state == 4 ? 2 : 96;
    const auto verdict = bench.verdict();
    EXPECT_EQ(values(verdict, 0), (std::vector{value, 2, 2, 0, 2, value, value, 0})) << state;
    EXPECT_EQ(values(verdict, 1), (std::vector{value, 0, 2, 0, 0, 0, 0, 0})) << state << ": the realm's key is worth what the platform's is";
  }
}

TEST(CcaScheme, NothingIsSaidOfARealmUnderAPlatformThatBreaksItsRules) {
  Bench bench;
  bench.claims.platform->lifecycle = 0x3100;
  bench.sign();
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict, 0), kAll1);
  EXPECT_EQ(values(verdict, 1), kAll1);
}

TEST(CcaScheme, ANonceThatNoAuthenticRealmAnswersIs99ForThePlatformToo) {
  Bench bench;
  bench.nonce = *bench.claims.realm->challenge;
  bench.token.back() ^= 1;  // the realm's signature
  const auto verdict = bench.verdict();
  EXPECT_EQ(severity(verdict, "cca.freshness"), Severity::failed);
  EXPECT_EQ(values(verdict, 0), kAll99) << "a recorded platform token is not fresh";
  bench.nonce.reset();
  EXPECT_EQ(severity(bench.verdict(), "cca.freshness"), Severity::not_checked);
}

TEST(CcaScheme, AnImplementationThatNoReferenceValueNamesIsUnrecognizedHardware) {
  Bench bench;
  bench.references.platforms[0].implementation_id[0] ^= 1;
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict, 0), (std::vector{2, 0, 33, 0, 97, 2, 2, 0}));
  EXPECT_EQ(severity(verdict, "cca.platform.hardware"), Severity::failed);
}

TEST(CcaScheme, AssignedDevicesThatNobodyLookedAtAreUnrecognizedHardware) {
  Bench bench;
  bench.claims.realm->devices_token_hash = Bytes(32, 7);
  bench.sign();
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict, 1), (std::vector{2, 0, 2, 0, 97, 0, 0, 0}));
  EXPECT_EQ(severity(verdict, "cca.realm.devices"), Severity::warning);
  bench.strict = true;
  EXPECT_EQ(values(bench.verdict(), 1), kAll1);
}

TEST(CcaScheme, WellSignedClaimsThatBreakTheRulesAreUnexpectedEvidence) {
  Bench bench;
  bench.claims.platform->lifecycle = 0x7000;
  bench.claims.platform->config.reset();
  bench.claims.realm->extensible_measurements->pop_back();
  bench.sign();
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict, 0), kAll1);
  EXPECT_EQ(values(verdict, 1), kAll1);
  for (const std::string_view id : {"cca.platform.lifecycle", "cca.platform.config", "cca.realm.extensible-measurements"}) EXPECT_EQ(severity(verdict, id), Severity::failed) << id;
}

TEST(CcaScheme, T4a_MixedProfilesAreAWarningAndAFailureWhereStrict) {
  for (const std::string name : {"veraison-e2e-legacy-platform-2023-realm", "veraison-scheme-cca-good"}) {
    Bench bench;
    bench.token = vector_bytes("ccatoken/token/" + name + ".cbor");
    bench.anchors = {{{}, {}, private_key("evcli/misc/ec256.json").public_key(), "ec256.json"}};
    bench.references = {};
    const auto verdict = bench.verdict();
    EXPECT_EQ(severity(verdict, "cca.profiles"), Severity::warning);
    EXPECT_FALSE(verdict.findings.any(Severity::failed));
    bench.strict = true;
    const auto strict = bench.verdict();
    EXPECT_EQ(severity(strict, "cca.profiles"), Severity::failed);
    EXPECT_EQ(values(strict, 0), kAll1);
    EXPECT_EQ(values(strict, 1), kAll1);
  }
}

TEST(CcaScheme, AnUnknownRealmProfileIsRefused) {
  Bench bench;
  bench.claims.realm->profile = "tag:arm.com,2029:realm#9.0.0";
  bench.sign();
  const auto verdict = bench.verdict();
  EXPECT_EQ(values(verdict, 0), kGoodPlatform);
  EXPECT_EQ(values(verdict, 1), kAll1);
  EXPECT_EQ(severity(verdict, "cca.realm.profile"), Severity::failed);
}

TEST(CcaScheme, ACoseKeyWithoutProfileIsAWarningAndAFailureWhereStrict) {
  Bench bench;
  bench.claims.realm->profile.reset();
  bench.sign();
  EXPECT_EQ(severity(bench.verdict(), "cca.realm.key-form"), Severity::warning);
  EXPECT_EQ(values(bench.verdict(), 1), kGoodRealm);
  bench.strict = true;
  EXPECT_EQ(values(bench.verdict(), 1), kAll1);
}

TEST(CcaScheme, OddThingsAreTold) {
  Bench bench;
  bench.claims.platform->hash_algorithm = "sha-1";
  bench.claims.platform->unknown.push_back(eat::claim(9999, 1));
  bench.claims.realm->hash_algorithm = "sha-512";
  bench.claims.realm->unknown.push_back(eat::claim(44241, "private"));
  bench.sign();
  const auto verdict = bench.verdict();
  EXPECT_EQ(severity(verdict, "cca.realm.measurement-size"), Severity::warning);
  EXPECT_EQ(severity(verdict, "cca.realm.unknown-claims"), Severity::not_checked);
  EXPECT_EQ(verdict.findings.find("cca.platform.unknown-claims")->subject, "platform claims 9999");
  int weak = 0;
  for (const auto& finding : verdict.findings.all()) weak += finding.id == "cca.platform.hash-algorithm" && finding.severity == Severity::warning ? 1 : 0;
  EXPECT_EQ(weak, 1);
  EXPECT_EQ(values(verdict, 1), kGoodRealm);
  const std::string shown = json::print(kScheme.claims_json(bench.token).value());
  EXPECT_NE(shown.find(R"("unknown-claims":{"44241":"\"private\""})"), std::string::npos) << shown;
}

// Each version of the stack reads what the others made: the whole way, with a key for anybody.
TEST(CcaScheme, T1_EveryGenerationIsAppraised) {
  for (const std::string name : {"A", "A-rmm", "B", "C", "D", "E", "E-legacy", "E-rmm", "F", "F-legacy", "F-rmm"}) {
    Bench bench;
    bench.token = vector_bytes("iat-verifier/generations/" + name + ".cbor");
    bench.claims = bench.read();
    bench.references = bench.fitting();
    const auto verdict = bench.verdict();
    EXPECT_EQ(values(verdict, 0), kGoodPlatform) << name;
    EXPECT_EQ(values(verdict, 1), kGoodRealm) << name;
    EXPECT_FALSE(verdict.findings.any(Severity::failed)) << name;
  }
}

// An independent store: what rust-ccatoken's files say of its token.
TEST(CcaScheme, StoresOfTheRustToolFitItsToken) {
  Bench bench;
  bench.token = vector_bytes("ccatoken/rust/cca-token-01.cbor");
  bench.anchors = appraise::trust_anchors_from_json(json::parse(vector_text("ccatoken/rust/ta-tfa.json")).value(), "ta-tfa.json").value();
  bench.references = appraise::reference_values_from_json(json::parse(vector_text("ccatoken/rust/rv.json")).value(), "rv.json").value();
  const auto verdict = bench.verdict();
  EXPECT_FALSE(verdict.findings.has_failed("cca.platform"));
  EXPECT_EQ(values(verdict, 0), (std::vector{2, 2, 2, 0, 2, 2, 2, 0}));
}

TEST(CcaScheme, RecognisesItsOwnEvidenceOnly) {
  for (const std::string name : {"ccatoken/token/good-907.cbor", "iat-verifier/generations/A.cbor"}) {
    EXPECT_TRUE(kScheme.recognises(vector_bytes(name))) << name;
    EXPECT_EQ(appraise::scheme_of_evidence(vector_bytes(name)), &kScheme) << name;
  }
  for (const std::string name : {"optee/token-iisec.cbor", "iat-verifier/data/cca_platform_token.cbor", "ccatoken/keys/iak.jwk"}) EXPECT_FALSE(kScheme.recognises(vector_bytes(name))) << name;
  EXPECT_FALSE(kScheme.recognises({}));
  EXPECT_EQ(appraise::scheme_by_name("cca"), &kScheme);
}

TEST(CcaScheme, PeeksAtIdentities) {
  const auto identity = kScheme.peek(vector_bytes("iat-verifier/generations/F.cbor"));
  ASSERT_TRUE(ok(identity));
  EXPECT_EQ(identity->profile, kPlatform2023);
  EXPECT_EQ(identity->instance_id.size(), 33u);
  EXPECT_FALSE(kScheme.peek({}));
}

}  // namespace
}  // namespace assay::cca
