#include <gtest/gtest.h>

#include "appraise/checked.h"
#include "appraise/components.h"
#include "appraise/findings.h"
#include "appraise/reference.h"
#include "testing/testing.h"

namespace assay::appraise {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_text;

Result<ReferenceValues> references(std::string_view text) { return reference_values_from_json(json::parse(text).value(), "refs.json"); }
Result<TrustAnchors> anchors(std::string_view text) { return trust_anchors_from_json(json::parse(text).value(), "ta.json"); }

TEST(Findings, AreFoundByIdAndFamily) {
  Findings findings;
  findings.passed("cca.realm.key", "key");
  EXPECT_FALSE(findings.has_failed("cca.realm"));
  findings.failed("cca.realm.signature", "signature", "bad");
  EXPECT_TRUE(findings.has_failed("cca.realm"));
  EXPECT_TRUE(findings.has_failed("cca.realm.signature"));
  EXPECT_FALSE(findings.has_failed("cca.real"));
  EXPECT_FALSE(findings.has_failed("cca.realm.sig"));
  EXPECT_EQ(findings.find("cca.realm.signature")->why, "bad");
  EXPECT_EQ(findings.find("nothing"), nullptr);
  EXPECT_FALSE(findings.any(Severity::warning));
  EXPECT_EQ(json::print(to_json(findings)), R"([{"id":"cca.realm.key","severity":"passed","subject":"key"},{"id":"cca.realm.signature","severity":"FAILED","subject":"signature","why":"bad"}])");
}

TEST(Checked, GivesTheFirstFailureOrAll) {
  const std::vector<Checked> checks{{"a", "one", "validating one", {}, "1"}, {"b", "two", "validating two", fail(Errc::missing, "", "not there"), ""}, {"c", "three", "validating three", fail(Errc::invalid, "", "odd"), "3"}, {"d", "four", "validating four", {}, ""}};
  EXPECT_EQ(first_failure(checks).error().text(), "validating two: not there");
  Findings findings;
  EXPECT_FALSE(report(checks, findings));
  ASSERT_EQ(findings.all().size(), 3u) << "nothing is said of what is not there and need not be";
  EXPECT_EQ(findings.all()[2].actual, "3");
}

TEST(References, AreReadFromTheStoreOfTheRustTool) {
  const auto values = references(vector_text("ccatoken/rust/rv.json"));
  ASSERT_TRUE(ok(values));
  ASSERT_EQ(values->platforms.size(), 2u);
  const PlatformReference& platform = values->platforms[1];
  EXPECT_EQ(platform.implementation_id, hex("7f454c4602010100000000000000000003003e00010000005058000000000000"));
  ASSERT_EQ(platform.components.size(), 4u);
  EXPECT_EQ(platform.components[2].type, "M2");
  EXPECT_EQ(platform.components[2].version, "1.2.3");
  EXPECT_EQ(platform.components[2].origin, "refs.json: /platform/1/sw-components/2");
  EXPECT_EQ(platform.configs.at(0).value.size(), 33u);
  ASSERT_EQ(values->realms.size(), 1u);
  EXPECT_EQ(values->realms[0].extensible_measurements.size(), 4u);
  EXPECT_EQ(values->realms[0].personalization_value->size(), 64u);
}

TEST(References, TakeBase64AndLeaveOutWhatIsNotCompared) {
  const auto values = references(R"({"realm": [{"initial-measurement": "q6urqw==", "extensible-measurements": [null, "ABCD"]}]})");
  ASSERT_TRUE(ok(values));
  EXPECT_EQ(values->realms[0].initial_measurement, hex("abababab"));
  EXPECT_FALSE(values->realms[0].personalization_value);
  EXPECT_FALSE(values->realms[0].extensible_measurements[0]);
  EXPECT_EQ(values->realms[0].extensible_measurements[1], hex("abcd"));
  EXPECT_TRUE(values->platforms.empty());
}

TEST(References, AreRefusedWithThePlaceOfTheFault) {
  EXPECT_TRUE(fails(references("[]"), Errc::malformed, "refs.json"));
  EXPECT_TRUE(fails(references("{}"), Errc::missing, "neither"));
  EXPECT_TRUE(fails(references(R"({"platforms": []})"), Errc::malformed, "/platforms"));
  EXPECT_TRUE(fails(references(R"({"platform": {}})"), Errc::malformed, "/platform"));
  EXPECT_TRUE(fails(references(R"({"platform": [{}]})"), Errc::missing, "/platform/0/implementation-id"));
  EXPECT_TRUE(fails(references(R"({"platform": [{"implementation-id": "!"}]})"), Errc::malformed, "/platform/0/implementation-id"));
  EXPECT_TRUE(fails(references(R"({"platform": [{"implementation-id": 7}]})"), Errc::malformed, "/platform/0/implementation-id"));
  EXPECT_TRUE(fails(references(R"({"platform": [{"implementation-id": "00", "sw-components": [{}]}]})"), Errc::missing, "/platform/0/sw-components/0/measurement-value"));
  EXPECT_TRUE(fails(references(R"({"platform": [{"implementation-id": "00", "sw-components": [{"measurement-value": ""}]}]})"), Errc::invalid, "empty"));
  EXPECT_TRUE(fails(references(R"({"platform": [{"implementation-id": "00", "sw-components": [{"measurement-value": "00", "version": 1}]}]})"), Errc::malformed, "version"));
  EXPECT_TRUE(fails(references(R"({"realm": [{"initial-measurement": "00", "extensible-measurements": ["00","00","00","00","00"]}]})"), Errc::invalid, "/realm/0/extensible-measurements"));
  EXPECT_TRUE(fails(references(R"({"realm": [{"initial-measurement": "00", "extensible-measurements": [7]}]})"), Errc::malformed, "/realm/0/extensible-measurements/0"));
  EXPECT_TRUE(fails(references(R"({"realm": [{"personalization-value": "00"}]})"), Errc::missing, "/realm/0/initial-measurement"));
  EXPECT_TRUE(fails(references(R"({"realm": [{"initial-measurement": ""}]})"), Errc::invalid, "empty"));
}

struct Misspelt {
  const char* what;
  const char* text;
  const char* error;
};

const std::vector<Misspelt> kMisspeltReferences{
    {"a list", R"({"platform": [], "realms": []})", R"(refs.json: /realms: unknown member (did you mean "realm"?); expected no others than platform, realm)"},
    {"a file of trust anchors", R"([{"pkey": {}}])", R"(refs.json: a JSON array; expected a reference-value file: an object with "platform" or "realm")"},
    {"an id", R"({"platform": [{"implementation_id": "00"}]})", R"(/platform/0/implementation_id: unknown member (did you mean "implementation-id"?))"},
    {"a configuration", R"({"platform": [{"implementation-id": "00", "platform-config": "00"}]})", R"(/platform/0/platform-config: unknown member (did you mean "platform-configuration"?))"},
    {"the components", R"({"platform": [{"implementation-id": "00", "components": []}]})", "/platform/0/components: unknown member; expected no others than implementation-id, sw-components, platform-configuration"},
    {"a signer", R"({"platform": [{"implementation-id": "00", "sw-components": [{"measurement-value": "00", "signer_id": "00"}]}]})", R"(/platform/0/sw-components/0/signer_id: unknown member (did you mean "signer-id"?); expected no others than measurement-value, signer-id, version, component-type)"},
    {"the type of a token's component", R"({"platform": [{"implementation-id": "00", "sw-components": [{"measurement-value": "00", "measurement-type": "BL"}]}]})", "/platform/0/sw-components/0/measurement-type: unknown member"},
    {"extensible measurements", R"({"realm": [{"initial-measurement": "00", "extensible-measurement": ["00"]}]})", R"(/realm/0/extensible-measurement: unknown member (did you mean "extensible-measurements"?))"},
    {"a personalization value", R"({"realm": [{"initial-measurement": "00", "personalisation-value": "00"}]})", R"(/realm/0/personalisation-value: unknown member (did you mean "personalization-value"?))"}};

TEST(References, WithMisspeltMembersAreRefused) {
  for (const Misspelt& row : kMisspeltReferences) EXPECT_TRUE(fails(references(row.text), Errc::malformed, row.error)) << row.what;
}

TEST(References, OfTheDemoAreRead) { EXPECT_TRUE(ok(references(testing::read_text(std::filesystem::path{ASSAY_SOURCE_DIR} / "tests/e2e/demo/reference-values.json")))); }

TEST(Anchors, AreReadFromTheStoreOfTheRustTool) {
  const auto store = anchors(vector_text("ccatoken/rust/ta.json"));
  ASSERT_TRUE(ok(store));
  ASSERT_EQ(store->size(), 1u);
  EXPECT_EQ(store->front().implementation_id, Bytes(32, 0xaa));
  EXPECT_EQ(store->front().origin, "ta.json: /0");
  EXPECT_TRUE(ok(anchors(vector_text("ccatoken/rust/ta-tfa.json"))));
  EXPECT_TRUE(ok(anchors(vector_text("ccatoken/rust/ta-02-ok.json"))));
  EXPECT_FALSE(anchors(vector_text("ccatoken/rust/ta-02-bad.json"))) << "the point is not on the curve";
  const auto single = anchors(vector_text("ccatoken/rust/cpak.json"));
  ASSERT_TRUE(ok(single));
  EXPECT_FALSE(single->front().implementation_id);
}

TEST(Anchors, AreRefusedWithThePlaceOfTheFault) {
  EXPECT_TRUE(fails(anchors(R"([{}])"), Errc::missing, "/0/pkey"));
  EXPECT_FALSE(anchors(R"([{"pkey": {"kty": "EC"}}])"));
  EXPECT_TRUE(fails(anchors("[7]"), Errc::malformed, "/0"));
  EXPECT_FALSE(anchors("7"));
}

const std::vector<Misspelt> kMisspeltAnchors{
    {"ids with underscores", R"([{"pkey": {}, "implementation_id": "00", "instance_id": "01"}])", R"(ta.json: /0/implementation_id: unknown member (did you mean "implementation-id"?); expected no others than pkey, implementation-id, instance-id)"},
    {"the key", R"([{"key": {}, "instance-id": "01"}])", R"(/0/key: unknown member (did you mean "pkey"?))"},
    {"an id inside the key", R"([{"pkey": {"kty": "EC", "instance_id": "01"}}])", R"(/0/pkey/instance_id: a JWK does not say whose key it is)"},
    {"an id in a JWK", R"({"kty": "EC", "instance-id": "01"})", "/instance-id: a JWK does not say whose key it is"},
    {"an id beside a set", R"({"keys": [], "implementation-id": "01"})", "/implementation-id: a JWK does not say whose key it is"},
    {"an id in a set", R"({"keys": [{"kty": "EC", "implementationid": "01"}]})", "/keys/0/implementationid: a JWK does not say whose key it is"},
    {"an empty object", "{}", R"(ta.json: an object with neither "kty" nor "keys"; expected a trust-anchor file: an array of {"pkey": JWK, )"},
    {"a file of reference values", R"({"platform": []})", "ta.json: a file of reference values; expected a trust-anchor file"},
    {"one anchor", R"({"pkey": {}})", "ta.json: one anchor that is not in an array; expected a trust-anchor file"},
    {"a number", "7", "ta.json: a JSON integer; expected a trust-anchor file"}};

TEST(Anchors, WithMisspeltMembersAreRefused) {
  for (const Misspelt& row : kMisspeltAnchors) EXPECT_TRUE(fails(anchors(row.text), Errc::malformed, row.error)) << row.what;
}

TEST(Anchors, AsJwksMayHaveMembersThatNobodyKnows) {
  auto jwk = json::parse(vector_text("ccatoken/rust/cpak.json")).value();
  jwk.object()->set("x-comment", "the platform's");
  EXPECT_TRUE(ok(trust_anchors_from_json(jwk, "ta.json")));
}

TEST(Formats, TheExamplesOfTheManualAreRead) {
  const std::string manual = testing::read_text(std::filesystem::path{ASSAY_SOURCE_DIR} / "docs/FORMATS.md");
  static constexpr std::string_view kFence = "```json\n";
  std::size_t trust_anchors = 0, reference_values = 0;
  for (std::size_t at = manual.find(kFence); at != std::string::npos; at = manual.find(kFence, at + 1)) {
    const std::size_t start = at + kFence.size();
    const std::string example = manual.substr(start, manual.find("```", start) - start);
    if (example.starts_with('[')) trust_anchors += ok(anchors(example)) ? 1 : 0;
    else reference_values += ok(references(example)) ? 1 : 0;
  }
  EXPECT_EQ(trust_anchors, 1u);
  EXPECT_EQ(reference_values, 3u);
}

TEST(Anchors, OfTheInstanceComeFirst) {
  const auto key = anchors(vector_text("ccatoken/rust/cpak.json")).value().front().key;
  const TrustAnchors all{{{}, {}, key, "any"}, {Bytes{1}, {}, key, "implementation"}, {Bytes{1}, Bytes{2}, key, "exact"}, {Bytes{1}, Bytes{3}, key, "other instance"}, {Bytes{9}, {}, key, "other implementation"}};
  std::string order;
  for (const TrustAnchor* anchor : anchors_for(all, Bytes{1}, Bytes{2})) order += anchor->origin + ";";
  EXPECT_EQ(order, "exact;implementation;any;");
  EXPECT_EQ(anchors_for(all, {}, {}).size(), 1u) << "without ids only keys that are for anybody";
}

// Components: type, version, measurement byte; a blank is absent.
eat::SoftwareComponent component(std::string type, std::string version, std::uint8_t measurement, std::uint8_t signer = 0x55) {
  eat::SoftwareComponent made;
  if (!type.empty()) made.measurement_type = type;
  if (!version.empty()) made.version = version;
  made.measurement_value = Bytes(32, measurement);
  made.signer_id = Bytes(32, signer);
  return made;
}
ReferenceComponent reference(std::string type, std::string version, std::uint8_t measurement, std::optional<std::uint8_t> signer = {}) {
  ReferenceComponent made;
  if (!type.empty()) made.type = type;
  if (!version.empty()) made.version = version;
  if (signer) made.signer_id = Bytes(32, *signer);
  made.value = Bytes(32, measurement);
  made.origin = "refs";
  return made;
}

struct ComponentCase {
  const char* what;
  std::vector<eat::SoftwareComponent> evidence;
  std::vector<ReferenceComponent> references;
  int executables;
  Severity severity;  // of the last finding
};

const std::vector<ComponentCase> kComponentCases{
    {"equal in everything", {component("BL", "1", 7)}, {reference("BL", "1", 7, 0x55)}, 2, Severity::passed},
    {"what the reference does not state is not compared", {component("BL", "1", 7)}, {reference("", "", 7)}, 2, Severity::passed},
    {"absent in the evidence, not stated", {component("", "", 7)}, {reference("", "", 7)}, 2, Severity::passed},
    {"a reference value too many", {component("BL", "1", 7)}, {reference("", "", 7), reference("", "", 8)}, 2, Severity::passed},
    {"a component too many", {component("BL", "1", 7), component("M1", "1", 8)}, {reference("", "", 7)}, 33, Severity::warning},
    {"another measurement", {component("BL", "1", 9)}, {reference("BL", "1", 7)}, 33, Severity::warning},
    {"another type", {component("M1", "1", 7)}, {reference("BL", "1", 7)}, 33, Severity::warning},
    {"another version", {component("BL", "2", 7)}, {reference("BL", "1", 7)}, 33, Severity::warning},
    {"no version where one is stated", {component("BL", "", 7)}, {reference("BL", "1", 7)}, 33, Severity::warning},
    {"another signer", {component("BL", "1", 7)}, {reference("BL", "1", 7, 0x56)}, 33, Severity::warning},
    {"the second of two references fits", {component("BL", "2", 7)}, {reference("BL", "1", 7), reference("BL", "2", 7)}, 2, Severity::passed},
    {"no components", {}, {reference("", "", 7)}, 33, Severity::warning},
    {"no reference values", {component("BL", "1", 7)}, {}, 33, Severity::not_checked}};

TEST(ComponentRule, CoversEveryComponentOfTheEvidence) {
  for (const ComponentCase& row : kComponentCases) {
    PlatformReference platform;
    platform.components = row.references;
    Findings findings;
    EXPECT_EQ(appraise_components("x", row.evidence, {&platform}, Rule::assay, findings), row.executables) << row.what;
    ASSERT_FALSE(findings.all().empty()) << row.what;
    EXPECT_EQ(findings.all().back().severity, row.severity) << row.what;
  }
}

// Where the rules of released verifiers say something else, in the order of the enumeration; their tables are the field's.
struct RuleCase {
  const char* what;
  std::vector<eat::SoftwareComponent> evidence;
  std::vector<ReferenceComponent> references;
  std::array<int, 3> executables;  // assay, 2025, 2026
};

TEST(ComponentRule, ReleasedVerifiersCompareOtherwise) {
  const std::vector<RuleCase> cases{
      {"equal in everything", {component("BL", "1", 7)}, {reference("BL", "1", 7, 0x55)}, {2, 2, 2}},
      {"a component too many", {component("BL", "1", 7), component("M1", "1", 8)}, {reference("BL", "1", 7, 0x55)}, {33, 2, 33}},
      {"a reference value too many", {component("BL", "1", 7)}, {reference("BL", "1", 7, 0x55), reference("M1", "1", 8, 0x55)}, {2, 33, 2}},
      {"another signer", {component("BL", "1", 7)}, {reference("BL", "1", 7, 0x56)}, {33, 33, 2}},
      {"a type that the reference value does not state", {component("BL", "1", 7)}, {reference("", "1", 7, 0x55)}, {2, 33, 2}},
      {"a version that the reference value does not state", {component("BL", "1", 7)}, {reference("BL", "", 7, 0x55)}, {2, 2, 2}},
      {"another version", {component("BL", "2", 7)}, {reference("BL", "1", 7, 0x55)}, {33, 33, 33}},
      {"a component without type", {component("", "1", 7)}, {reference("", "1", 7, 0x55)}, {2, 33, 2}},
      {"no components", {}, {reference("BL", "1", 7, 0x55)}, {33, 33, 2}},
      {"no reference values", {component("BL", "1", 7)}, {}, {33, 33, 33}},
  };
  for (const RuleCase& row : cases) {
    PlatformReference platform;
    platform.components = row.references;
    for (const Rule rule : {Rule::assay, Rule::veraison_2025, Rule::veraison_2026}) {
      Findings findings;
      EXPECT_EQ(appraise_components("x", row.evidence, {&platform}, rule, findings), row.executables.at(static_cast<std::size_t>(rule))) << row.what << ", rule " << static_cast<int>(rule);
    }
  }
}

TEST(ComponentRule, TheNewestVerifierRefusesEvidenceWithoutTypesAndVersions) {
  Findings findings;
  EXPECT_FALSE(is_bad_by_rule("x", {component("", "", 7)}, true, Rule::assay, findings));
  EXPECT_FALSE(is_bad_by_rule("x", {component("", "", 7)}, true, Rule::veraison_2025, findings));
  EXPECT_FALSE(is_bad_by_rule("x", {component("BL", "", 7)}, false, Rule::veraison_2026, findings));
  EXPECT_TRUE(findings.all().empty());
  EXPECT_TRUE(is_bad_by_rule("x", {component("BL", "", 7)}, true, Rule::veraison_2026, findings));
  EXPECT_TRUE(is_bad_by_rule("x", {component("BL", "1", 7), component("", "1", 7)}, false, Rule::veraison_2026, findings));
  EXPECT_EQ(findings.all().size(), 2u);
}

TEST(ComponentRule, NamesTheNearestReferenceValue) {
  PlatformReference platform;
  platform.components = {reference("BL", "1", 7), reference("M1", "1", 8)};
  Findings findings;
  appraise_components("x", {component("M1", "1", 9)}, {&platform}, Rule::assay, findings);
  EXPECT_NE(findings.all()[0].expected.find(to_hex(Bytes(32, 8))), std::string::npos);
  EXPECT_EQ(findings.all()[0].subject, "software component 0 (M1)");
}

TEST(ComponentRule, PrintsNothingThatControlsATerminal) {
  PlatformReference platform;
  platform.components = {reference("", "", 7)};
  Findings findings;
  appraise_components("x", {component("\x1b[2J", "\n", 7)}, {&platform}, Rule::assay, findings);
  EXPECT_EQ(findings.all()[0].subject.find('\x1b'), std::string::npos);
  EXPECT_EQ(findings.all()[0].actual.find('\n'), std::string::npos);
}

TEST(ReferencesFor, AreThoseOfTheImplementation) {
  ReferenceValues values;
  values.platforms = {{Bytes{1}, {}, {}, "a"}, {Bytes{2}, {}, {}, "b"}, {Bytes{1}, {}, {}, "c"}};
  EXPECT_EQ(references_for(values, Bytes{1}).size(), 2u);
  EXPECT_TRUE(references_for(values, Bytes{3}).empty());
}

}  // namespace
}  // namespace assay::appraise
