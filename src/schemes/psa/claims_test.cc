#include "schemes/psa/claims.h"

#include <gtest/gtest.h>

#include "model/eat/testing.h"

namespace assay::psa {
namespace {

using assay::testing::fails;
using assay::testing::hex;
using assay::testing::ok;
using assay::testing::vector_bytes;
using assay::testing::vector_text;

json::Value claims_file(std::string_view relative) { return json::parse(vector_text(relative)).value(); }

// What the reference library says of each file when told to read it as one dialect; "" is valid, "=" the same as before.
struct JsonCase {
  std::string file;
  std::string p1;
  std::string p2;
};
const std::vector<JsonCase> kJsonCases{
    {"boot-seed-invalid-long", "validating boot seed: wrong syntax: invalid length 34 (MUST be 32 bytes)", "validating boot seed: wrong syntax: invalid length 34 (MUST be between 8 and 32 bytes)"},
    {"boot-seed-invalid-missing", "validating boot seed: missing mandatory claim", ""},
    {"boot-seed-invalid-short", "validating boot seed: wrong syntax: invalid length 4 (MUST be 32 bytes)", "validating boot seed: wrong syntax: invalid length 4 (MUST be between 8 and 32 bytes)"},
    {"client-id-invalid-missing", "validating client id: missing mandatory claim", "="},
    {"hardware-version-invalid", "validating certification reference: wrong syntax: MUST be in EAN-13 or EAN-13+5 format", "validating certification reference: wrong syntax: MUST be in EAN-13+5 format"},
    {"implementation-id-invalid-long", "validating implementation id: wrong syntax: invalid length 34 (MUST be 32 bytes)", "="},
    {"implementation-id-invalid-missing", "validating implementation id: missing mandatory claim", "="},
    {"implementation-id-invalid-short", "validating implementation id: wrong syntax: invalid length 4 (MUST be 32 bytes)", "="},
    {"instance-id-invalid-euid-type", "validating instance id: wrong syntax: invalid EUID type (MUST be RAND=0x01)", "="},
    {"instance-id-invalid-long", "validating instance id: wrong syntax: invalid length 34 (MUST be 33 bytes)", "="},
    {"instance-id-invalid-missing", "validating instance id: missing mandatory claim", "="},
    {"instance-id-invalid-short", "validating instance id: wrong syntax: invalid length 32 (MUST be 33 bytes)", "="},
    {"nonce-invalid-long", "validating nonce: wrong syntax: length 65 (hash MUST be 32, 48 or 64 bytes)", "="},
    {"nonce-invalid-missing", "validating nonce: missing mandatory claim", "="},
    {"nonce-invalid-short", "validating nonce: wrong syntax: length 4 (hash MUST be 32, 48 or 64 bytes)", "="},
    {"profile-invalid-missing", "", "validating profile: missing mandatory claim"},
    {"profile-invalid-unknown", "validating profile: wrong profile: expecting \"PSA_IOT_PROFILE_1\", got \"http://UNKNOWN\"", "validating profile: wrong profile: expecting \"http://arm.com/psa/2.0.0\", got \"http://UNKNOWN\""},
    {"profile-valid-missing", "", "validating profile: missing mandatory claim"},
    {"security-lifecycle-invalid-missing", "validating security lifecycle: missing mandatory claim", "="},
    {"security-lifecycle-invalid-state", "validating security lifecycle: wrong syntax: value 65535 is invalid", "="},
    {"sw-component-and-no-sw-measurements-missing", "validating software components: missing mandatory claim (MUST have at least one sw component or no-sw-measurements set)", "validating software components: missing mandatory claim (MUST have at least one sw component)"},
    {"sw-component-measurement-value-invalid-missing", "validating software components: failed at index 0: measurement value: missing mandatory field", "="},
    {"sw-component-measurement-value-invalid-short", "validating software components: failed at index 0: measurement value: wrong syntax: length 4 (hash MUST be 32, 48 or 64 bytes)", "="},
    {"sw-component-signer-id-invalid-missing", "validating software components: failed at index 1: signer ID: missing mandatory field", "="},
    {"sw-component-signer-id-invalid-short", "validating software components: failed at index 1: signer ID: wrong syntax: length 4 (hash MUST be 32, 48 or 64 bytes)", "="},
    {"sw-components-empty", "validating software components: missing mandatory claim (MUST have at least one sw component or no-sw-measurements set)", "validating software components: missing mandatory claim (MUST have at least one sw component)"},
    {"sw-components-invalid-combo", "validating software components: wrong syntax: psa-no-sw-measurement and psa-software-components cannot be present at the same time", "validating profile: missing mandatory claim"},
    {"sw-components-invalid-missing", "validating software components: missing mandatory claim (MUST have at least one sw component or no-sw-measurements set)", "validating software components: missing mandatory claim (MUST have at least one sw component)"},
    {"token-valid-full", "", ""},
    {"token-valid-minimalist-no-sw-measurements", "", "validating profile: missing mandatory claim"},
    {"token-valid-minimalist-p1", "", "validating profile: missing mandatory claim"},
    {"token-valid-minimalist-p2", "validating boot seed: missing mandatory claim", ""},
    {"vsi-invalid-empty", "validating verification service indicator: wrong syntax: empty string", "="},
};

Result<void> validate_json(Dialect dialect, const json::Value& value) { return validate(TRY(from_json_as(dialect, value))); }

TEST(PsaClaims, T10_EachJsonVectorHasItsVerdictInBothDialects) {
  ASSERT_EQ(kJsonCases.size(), 33u);
  for (const JsonCase& row : kJsonCases) {
    const json::Value value = claims_file("psatoken/json/test-" + row.file + ".json");
    const auto p1 = validate_json(Dialect::p1, value);
    const auto p2 = validate_json(Dialect::p2, value);
    EXPECT_EQ(p1 ? "" : p1.error().text(), row.p1) << row.file;
    EXPECT_EQ(p2 ? "" : p2.error().text(), row.p2 == "=" ? row.p1 : row.p2) << row.file;
  }
}

TEST(PsaClaims, T10_TheVerdictsAreThoseOfTheVectors) {
  for (const JsonCase& row : kJsonCases) {
    const std::string file = "json/test-" + row.file + ".json";
    const std::string p1 = *eat::testing::expected("psatoken", file, {"as-P1"}).text();
    const std::string p2 = *eat::testing::expected("psatoken", file, {"as-P2"}).text();
    const auto claim_of = [](const std::string& text) { return text.substr(0, text.find(':')); };
    EXPECT_EQ(row.p1.empty() ? "valid" : claim_of(row.p1), claim_of(p1)) << row.file;
    const std::string& second = row.p2 == "=" ? row.p1 : row.p2;
    EXPECT_EQ(second.empty() ? "valid" : claim_of(second), claim_of(p2)) << row.file;
  }
}

TEST(PsaClaims, ChooseTheDialectByTheProfileMember) {
  EXPECT_EQ(from_json(claims_file("psatoken/json/test-token-valid-minimalist-p1.json")).value().dialect, Dialect::p1);
  EXPECT_EQ(from_json(claims_file("psatoken/json/test-token-valid-minimalist-p2.json")).value().dialect, Dialect::p2);
  EXPECT_TRUE(fails(from_json(claims_file("psatoken/json/test-token-valid-full.json")), Errc::invalid, "matched multiple profiles: PSA_IOT_PROFILE_1 and http://arm.com/psa/2.0.0"));
  EXPECT_TRUE(fails(from_json(claims_file("psatoken/json/test-profile-valid-missing.json")), Errc::unsupported, "could not match profile"));
  EXPECT_TRUE(fails(from_json(json::parse(R"({"eat-profile": 7})").value()), Errc::unsupported));
  EXPECT_TRUE(fails(from_json(json::parse(R"({"eat-profile": "PSA_IOT_PROFILE_1"})").value()), Errc::unsupported));
  EXPECT_TRUE(fails(from_json(json::parse("[]").value()), Errc::malformed));
  EXPECT_EQ(from_json(json::parse(R"({"eat-profile": "tag:psacertified.org,2023:psa#tfm"})").value()).value().dialect, Dialect::p3);
  EXPECT_FALSE(from_json(json::parse(R"({"psa-profile": null})").value()).value().profile);
}

TEST(PsaClaims, RefuseJsonOfTheWrongShape) {
  const auto with = [](std::string_view members) { return from_json(json::parse(fmt::format(R"({{"eat-profile": "http://arm.com/psa/2.0.0", {}}})", members)).value()); };
  EXPECT_TRUE(fails(with(R"("psa-client-id": 2147483648)"), Errc::invalid, "/psa-client-id"));
  EXPECT_TRUE(fails(with(R"("psa-client-id": 1.5)"), Errc::malformed, "/psa-client-id"));
  EXPECT_TRUE(fails(with(R"("psa-security-lifecycle": 65536)"), Errc::invalid, "/psa-security-lifecycle"));
  EXPECT_TRUE(fails(with(R"("psa-nonce": "AAE")"), Errc::malformed, "/psa-nonce"));
  EXPECT_TRUE(fails(with(R"("psa-nonce": "AA-_")"), Errc::malformed, "/psa-nonce"));
  EXPECT_TRUE(fails(with(R"("psa-nonce": 1)"), Errc::malformed, "/psa-nonce"));
  EXPECT_TRUE(fails(with(R"("psa-software-components": {})"), Errc::malformed, "/psa-software-components"));
  EXPECT_TRUE(fails(with(R"("psa-software-components": [{"signer-id": "!"}])"), Errc::malformed, "/psa-software-components/0/signer-id"));
  EXPECT_TRUE(fails(with(R"("psa-instance-id": ["AQ=="])"), Errc::malformed, "/psa-instance-id"));
}

// The claims files with the verifier's nonce in them give the payloads of the signed tokens byte for byte.
TEST(PsaClaims, T16_JsonBecomesTheBytesThatEvcliSigned) {
  for (const std::string name : {"psa-p1", "psa-p2"}) {
    Claims claims = from_json(claims_file("evcli/tests/" + name + "-claims.json")).value();
    claims.nonce = from_base64("AAECAwABAgMAAQIDAAECAwABAgMAAQIDAAECAwABAgM=").value();
    EXPECT_TRUE(ok(validate(claims)));
    const Bytes token = vector_bytes("evcli/tests/" + name + ".cbor");
    cbor::Reader in{token};
    ASSERT_EQ(in.tag().value(), 18u);
    (void)in.array().value();
    (void)in.bytes().value();
    (void)in.item().value();
    EXPECT_EQ(encode_claims(claims).value(), to_bytes(in.bytes().value())) << name;
  }
}

TEST(PsaClaims, T12_RulesOfRfc9783) {
  Claims good;
  good.dialect = Dialect::p3;
  good.profile = kProfile3;
  good.client_id = 1;
  good.lifecycle = 0x3000;
  good.implementation_id = Bytes(32, 1);
  good.boot_seed = Bytes(8, 2);
  good.certification_reference = "1234567890123-12345";
  good.software_components = {{{}, Bytes(32, 3), {}, Bytes(32, 4), {}, {}}};
  good.nonce = Bytes(48, 5);
  good.instance_id = Bytes(33, 1);
  good.service_indicator = "https://verifier.example";
  ASSERT_TRUE(ok(validate(good)));

  struct Row {
    const char* what;
    void (*change)(Claims&);
    const char* text;
  };
  for (const Row& row : {
           Row{"boot seed too long", [](Claims& c) { c.boot_seed = Bytes(33); }, "validating boot seed: wrong syntax"},
           Row{"boot seed too short", [](Claims& c) { c.boot_seed = Bytes(7); }, "validating boot seed: wrong syntax"},
           Row{"no implementation id", [](Claims& c) { c.implementation_id.reset(); }, "validating implementation id: missing mandatory claim"},
           Row{"no instance id", [](Claims& c) { c.instance_id.reset(); }, "validating instance id: missing mandatory claim"},
           Row{"instance id of another type", [](Claims& c) { c.instance_id = Bytes(33, 2); }, "validating instance id: wrong syntax"},
           Row{"no measurement", [](Claims& c) { c.software_components[0].measurement_value.reset(); }, "validating software components: failed at index 0: measurement value"},
           Row{"certification reference without suffix", [](Claims& c) { c.certification_reference = "1234567890123"; }, "MUST be in EAN-13+5 format"},
           Row{"no components", [](Claims& c) { c.software_components.clear(); }, "MUST have at least one sw component"},
           Row{"two nonces", [](Claims& c) { c.nonces_in_array = 2; }, "got 2 nonces, want 1"},
           Row{"one nonce in an array", [](Claims& c) { c.nonces_in_array = 1; }, "validating nonce: wrong syntax"},
           Row{"no profile", [](Claims& c) { c.profile.reset(); }, "validating profile: missing mandatory claim"},
           Row{"a derived profile nobody configured", [](Claims& c) { c.profile = "tag:psacertified.org,2023:psa#acme"; }, "validating profile: wrong profile"},
       }) {
    Claims bad = good;
    row.change(bad);
    const auto verdict = validate(bad);
    ASSERT_FALSE(verdict) << row.what;
    EXPECT_NE(verdict.error().text().find(row.text), std::string::npos) << row.what << ": " << verdict.error();
  }
  Claims derived = good;
  derived.profile = "tag:psacertified.org,2023:psa#acme";
  const std::array<std::string_view, 1> accepted{"tag:psacertified.org,2023:psa#acme"};
  EXPECT_TRUE(ok(validate(derived, {accepted})));
  Claims without = good;
  without.boot_seed.reset();
  without.certification_reference.reset();
  without.service_indicator.reset();
  EXPECT_TRUE(ok(validate(without)));
}

Result<Claims> parse(std::string_view text) {
  const Bytes bytes = hex(text);
  return parse_claims(bytes);
}

TEST(PsaClaims, ReadTheBootSeedOfTheNewProfileUnderBothKeys) {
  const std::string profile = "190109 7821" + to_hex(as_bytes(kProfile3));
  EXPECT_EQ(parse("a2" + profile + "19010c 4101").value().boot_seed, hex("01"));
  const Claims old = parse("a2" + profile + "19095d 4102").value();
  EXPECT_EQ(old.boot_seed, hex("02"));
  EXPECT_TRUE(old.unknown.empty());
  const Claims both = parse("a3 19095d 4102" + profile + "19010c 4101").value();
  EXPECT_EQ(both.boot_seed, hex("01"));
  EXPECT_EQ(both.unknown, std::vector{(eat::RawClaim{2397, hex("4102")})});
  // In the older profile 268 is somebody else's claim.
  EXPECT_FALSE(parse("a2 190109 7818" + to_hex(as_bytes(kProfile2)) + "19010c 4101").value().boot_seed);
}

TEST(PsaClaims, KeepWhatTheyDoNotKnow) {
  const Claims claims = parse("a3 3a000124f9 0a 1904d2 8101 6178 f5").value();
  EXPECT_EQ(claims.dialect, Dialect::p1);
  ASSERT_EQ(claims.unknown.size(), 2u);
  EXPECT_EQ(claims.unknown[0], (eat::RawClaim{1234, hex("8101")}));
  EXPECT_EQ(claims.unknown[1], (eat::RawClaim{"x", hex("f5")}));
}

TEST(PsaClaims, RefuseBrokenStructure) {
  EXPECT_TRUE(fails(parse("a2 3a000124f8 01 3a000124f8 02"), Errc::duplicate));
  EXPECT_TRUE(fails(parse("bf ff"), Errc::malformed, "indefinite"));
  EXPECT_TRUE(fails(parse("a1 3a000124fa 5f 4101 ff"), Errc::malformed));
  EXPECT_TRUE(fails(parse("a0 00"), Errc::malformed, "behind the end"));
  EXPECT_TRUE(fails(parse("a1 190109 41 01"), Errc::malformed, "profile"));
  EXPECT_TRUE(fails(parse("a1 190109 78 18 687474703a2f2f61726d2e636f6d2f7073612f332e302e30"), Errc::unsupported, "unknown profile: \"http://arm.com/psa/3.0.0\""));
  EXPECT_TRUE(fails(parse("a1 190109 71" + to_hex(as_bytes(kProfile1))), Errc::unsupported, "unknown profile"));
  EXPECT_TRUE(fails(parse("a1 190109 781e" + to_hex(as_bytes(kDerivedPrefix))), Errc::unsupported, "unknown profile"));
  EXPECT_TRUE(fails(parse("a1 3a000124f8 40"), Errc::malformed, "client id"));
  EXPECT_TRUE(fails(parse("a1 3a000124f9 1a00010000"), Errc::invalid, "security lifecycle"));
  EXPECT_TRUE(fails(parse("a1 3a000124fa f6"), Errc::malformed, "implementation id"));
  EXPECT_TRUE(fails(parse("a1 3a000124ff c4 40"), Errc::malformed, "nonce"));
  EXPECT_TRUE(fails(parse("a1 19ffff a2 01 02 01 03"), Errc::duplicate));
}

// Every claims set of the vectors: the values are those of an independent decoder, and re-encoding loses nothing.
TEST(PsaClaims, AreWhatAnIndependentDecoderRead) {
  for (const std::string name : {"P1ClaimsAll", "P1ClaimsAllNoSwMeasurements", "P1ClaimsMandatoryOnly", "P1ClaimsMandatoryOnlyNoSwMeasurements", "P1ClaimsMissingMandatoryNonce", "P1ClaimsTFM", "P2ClaimsAll", "P2ClaimsMandatoryOnly", "P2ClaimsMissingMandatoryNonce", "P2ClaimsTFM"}) {
    const std::string file = "claims/" + name + ".cbor";
    const Bytes bytes = vector_bytes("psatoken/" + file);
    const auto claims = parse_claims(bytes);
    ASSERT_TRUE(ok(claims)) << name;
    EXPECT_TRUE(claims->unknown.empty()) << name;
    const Bytes again = encode_claims(*claims).value();
    EXPECT_EQ(eat::testing::shown(again), eat::testing::shown(eat::testing::expected("psatoken", file, {"claims"}))) << name;
    const bool valid = name.find("Missing") == std::string::npos;
    EXPECT_EQ(validate(*claims).has_value(), valid) << name;
    // The JSON form says the same.
    EXPECT_EQ(from_json(to_json(*claims)).value(), *claims) << name;
  }
  EXPECT_TRUE(fails(validate(parse_claims(vector_bytes("psatoken/claims/P2ClaimsInvalidMultiNonce.cbor")).value()), Errc::invalid, "validating nonce: wrong syntax: got 2 nonces, want 1"));
}

}  // namespace
}  // namespace assay::psa
