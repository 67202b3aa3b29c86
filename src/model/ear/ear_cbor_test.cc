#include <gtest/gtest.h>

#include "codec/cbor/cbor.h"
#include "model/ear/ear.h"
#include "testing/testing.h"

namespace assay::ear {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;

TEST(EarCbor, T22_IndefiniteMapsAreReadAndDefiniteOnesWritten) {
  for (const std::string_view file : {"ear/rust-ear-cbor/ear-basic.cbor", "ear/rust-ear-cbor/ear-with-extensions.cbor"}) {
    const Bytes given = vector_bytes(file);
    const auto ear = from_cbor(given);
    ASSERT_TRUE(ok(ear)) << file;
    EXPECT_EQ(ear->profile, profile_of(Dialect::veraison));
    EXPECT_EQ(ear->iat, 1666529184);
    EXPECT_EQ(ear->verifier_id.developer, "https://veraison-project.org");
    EXPECT_EQ(ear->verifier_id.build, "vsts 0.0.1");
    EXPECT_EQ(to_string(ear->raw_evidence.value()), "74726973656374\n");
    EXPECT_EQ(ear->submods.at("test").status, Tier::none);
    EXPECT_FALSE(ear->submods.at("test").vector);

    const auto written = to_cbor(*ear);
    ASSERT_TRUE(ok(written));
    EXPECT_TRUE(ok(cbor::check(*written, cbor::Mode::deterministic)));
    EXPECT_EQ(json::print(to_json(from_cbor(*written).value())), json::print(to_json(*ear)));
  }
}

TEST(EarCbor, T23_TheDraftsExample) {
  const auto ear = from_cbor(vector_bytes("ear/draft-2026/ear-cbor-1.cbor"));
  ASSERT_TRUE(ok(ear));
  EXPECT_EQ(ear->profile, profile_of(Dialect::ietf));
  const Appraisal& appraisal = ear->submods.at("PSA");
  EXPECT_EQ(appraisal.status, Tier::contraindicated);
  EXPECT_EQ((*appraisal.vector)[Claim::instance_identity], 2);
  EXPECT_EQ((*appraisal.vector)[Claim::executables], 96);
  EXPECT_EQ((*appraisal.vector)[Claim::hardware], 2);
  EXPECT_EQ(appraisal.policy_ids, std::vector<std::string>{"https://veraison.example/policy/1/60a0068d"});
  EXPECT_EQ(json::print(to_json(from_cbor(to_cbor(*ear).value()).value())), json::print(to_json(*ear)));
}

// What JSON says, CBOR says too.
TEST(EarCbor, T23_JsonGoesThroughCborAndBack) {
  for (const std::string_view file : {"ear/draft-2026/ear-json-1.json", "ear/draft-2026/ear-json-2.json", "ear/draft-2026/ext-veraison-json-1.json", "ear/draft-2026/ext-veraison-json-2.json", "ear/arc-data/ear-claims-tv-ok.json", "ear/arc-data/ear-claims-key-attestation-ok.json", "ear/arc-data/ear-claims-key-attestation-ko.json"}) {
    const Ear ear = from_json(json::parse(testing::vector_text(file)).value()).value();
    const auto written = to_cbor(ear);
    ASSERT_TRUE(ok(written)) << file;
    EXPECT_TRUE(ok(cbor::check(*written, cbor::Mode::deterministic))) << file;
    EXPECT_EQ(json::print(to_json(from_cbor(*written).value())), json::print(to_json(ear))) << file;
  }
}

// The draft's example with the last character of its nonce put right: as printed it has bits left over and names no bytes.
TEST(EarCbor, TeepClaimsHaveTheirNumbers) {
  std::string text = testing::vector_text("ear/draft-2026/ext-teep-json-1.json");
  EXPECT_TRUE(fails(to_cbor(from_json(json::parse(text).value()).value()), Errc::malformed, "TEEP claim eat_nonce: base64 with bits left over"));
  const std::string_view nonce = "80FH7byS7VjfARIq0_KLqu6B9j-F79QtV6p";
  ASSERT_NE(text.find(nonce), std::string::npos);
  text[text.find(nonce) + nonce.size() - 1] = 'o';
  const Ear ear = from_json(json::parse(text).value()).value();
  const Bytes written = to_cbor(ear).value();
  const std::string shown = cbor::to_diagnostic(written);
  EXPECT_NE(shown.find("65000: {10: h'f34147edbc92ed58df01122ad3f28baaee81f63f85efd42d57aa', 256: h'0102"), std::string::npos) << shown;
  EXPECT_NE(shown.find("260: [\"1.2.5\", 16384]"), std::string::npos) << shown;
  EXPECT_EQ(json::print(to_json(from_cbor(written).value())), json::print(to_json(ear)));
}

// The parts of a complete claims-set; `at` replaces one.
const std::string kProfile = "190109 7820 7461673a6769746875622e636f6d2c323032333a7665726169736f6e2f656172";
const std::string kIat = "06 01";
const std::string kVerifier = "1903ec a2 00 6164 01 6162";
std::string submods(std::string_view appraisal) { return "19010a a1 6161 " + std::string{appraisal}; }
const std::string kSubmods = submods("a1 1903e8 02");

TEST(EarCbor, TheSmallestResult) {
  const auto ear = from_cbor(hex("a4" + kProfile + kIat + kVerifier + kSubmods));
  ASSERT_TRUE(ok(ear));
  EXPECT_TRUE(ear->is_affirming());
  EXPECT_EQ(to_hex(to_cbor(*ear).value()), to_hex(hex("a4" + kIat + kProfile + kSubmods + kVerifier)));
}

TEST(EarCbor, NoncesAndKeysAreBytes) {
  const auto ear = from_cbor(hex("a5" + kProfile + kIat + "0a 48 fbffffffffffffff" + kVerifier + submods("a2 1903e8 02 3a00011171 a1 00 42fbff")));
  ASSERT_TRUE(ok(ear));
  EXPECT_EQ(ear->nonce, "-_________8");
  EXPECT_EQ(json::print(*ear->submods.at("a").key_attestation), R"({"akpub":"-_8"})");
  const std::string shown = cbor::to_diagnostic(to_cbor(*ear).value());
  EXPECT_NE(shown.find("10: h'fbffffffffffffff'"), std::string::npos) << shown;
  EXPECT_NE(shown.find("-70002: {\"akpub\": h'fbff'}"), std::string::npos) << shown;
}

TEST(EarCbor, ClaimsOfAnyShape) {
  const auto ear = from_cbor(hex("a4" + kProfile + kIat + kVerifier + submods("a2 1903e8 02 3a0001116f a7 6161 f5 6162 f6 6163 83 01 20 1bffffffffffffffff 6164 f93e00 6165 42ffff 6166 bf 6161 60 ff 6167 3903e7")));
  ASSERT_TRUE(ok(ear));
  EXPECT_EQ(json::print(*ear->submods.at("a").annotated_evidence), R"({"a":true,"b":null,"c":[1,-1,18446744073709551615],"d":1.5,"e":"__8","f":{"a":""},"g":-1000})");
}

struct Refused {
  std::string_view why;
  std::string hex;
  Errc errc;
  std::string_view part;
};
class EarCborRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(EarCborRefuses, WithItsReason) { EXPECT_TRUE(fails(from_cbor(hex(GetParam().hex)), GetParam().errc, GetParam().part)) << GetParam().why; }

std::string whole(std::string_view appraisal) { return "a4" + kProfile + kIat + kVerifier + submods(appraisal); }
INSTANTIATE_TEST_SUITE_P(
    EarCbor, EarCborRefuses,
    ::testing::Values(
        Refused{"nothing", "", Errc::malformed, "the input ends"},
        Refused{"an array", "80", Errc::malformed, "EAR: "},
        Refused{"an empty map", "a0", Errc::missing, "missing mandatory 'eat_profile', 'ear.verifier-id', 'iat', 'submods'"},
        Refused{"bytes behind it", "a0 00", Errc::malformed, "at byte 1"},
        Refused{"a claim twice", "a5" + kIat + kIat + kProfile + kVerifier + kSubmods, Errc::duplicate, "6"},
        Refused{"a chunked text", "a4 190109 7f6174ff" + kIat + kVerifier + kSubmods, Errc::malformed, "at byte 4"},
        Refused{"depth 17", "a1 01 " + [] { std::string deep; for (int i = 0; i < 16; ++i) deep += "81"; return deep + "00"; }(), Errc::limit, ""},
        Refused{"a number as profile", "a1 190109 01", Errc::malformed, "EAR: claim 265"},
        Refused{"a float as date", "a1 06 f93c00", Errc::malformed, "EAR: claim 6"},
        Refused{"a date beyond 64 bits", "a1 06 1bffffffffffffffff", Errc::limit, "EAR: claim 6"},
        Refused{"a text as nonce", "a1 0a 6474657874", Errc::malformed, "EAR: claim 10"},
        Refused{"a nonce of 7 bytes", "a1 0a 47 00000000000000", Errc::invalid, "a nonce of 7 bytes (at byte 2)"},
        Refused{"a text as evidence", "a1 1903ea 60", Errc::malformed, "EAR: claim 1002"},
        Refused{"a verifier without build", "a1 1903ec a1 00 6164", Errc::missing, "missing mandatory 'build'"},
        Refused{"more in the verifier", "a1 1903ec a3 00 6164 01 6162 02 00", Errc::invalid, "unexpected: 2"},
        Refused{"no submods", "a4" + kProfile + kIat + kVerifier + "19010a a0", Errc::missing, "at least one appraisal"},
        Refused{"a number as submod's name", "a4" + kProfile + kIat + kVerifier + "19010a a1 01 a1 1903e8 02", Errc::malformed, "submodule 1"},
        Refused{"no status", whole("a0"), Errc::missing, "EAR: claim 266: submodule \"a\": missing mandatory 'ear.status' (1000)"},
        Refused{"a status between tiers", whole("a1 1903e8 03"), Errc::invalid, "claim 1000: status 3"},
        Refused{"a status by a wrong name", whole("a1 1903e8 6161"), Errc::invalid, "status \"a\""},
        Refused{"a ninth trustworthiness claim", whole("a2 1903e8 02 1903e9 a1 08 02"), Errc::invalid, "trustworthiness claim 8"},
        Refused{"a negative trustworthiness claim", whole("a2 1903e8 02 1903e9 a1 20 02"), Errc::invalid, "trustworthiness claim -1"},
        Refused{"a claim value out of range", whole("a2 1903e8 02 1903e9 a1 00 1880"), Errc::invalid, "claim value 128"},
        Refused{"a status better than its vector", whole("a2 1903e8 02 1903e9 a1 02 1821"), Errc::invalid, "status is affirming but the trustworthiness vector is warning"},
        Refused{"no policy ids", whole("a2 1903e8 02 1903eb 80"), Errc::invalid, "no policy id"},
        Refused{"two policy ids in the older profile", whole("a2 1903e8 02 1903eb 82 6161 6162"), Errc::invalid, "2 policy ids"},
        Refused{"annotated evidence that is a list", whole("a2 1903e8 02 3a0001116f 80"), Errc::malformed, "no map"},
        Refused{"numbers as keys in it", whole("a2 1903e8 02 3a0001116f a1 01 00"), Errc::unsupported, "key 1"},
        Refused{"a tag in it", whole("a2 1903e8 02 3a0001116f a1 6161 c101"), Errc::unsupported, "a tag"},
        Refused{"NaN in it", whole("a2 1903e8 02 3a0001116f a1 6161 f97e00"), Errc::unsupported, "a float that is no number"},
        Refused{"undefined in it", whole("a2 1903e8 02 3a0001116f a1 6161 f7"), Errc::malformed, ""},
        Refused{"akpub twice", whole("a2 1903e8 02 3a00011171 a2 00 40 65616b707562 40"), Errc::duplicate, "\"akpub\" by name and by number"},
        Refused{"another profile", "a4 190109 6474657374" + kIat + kVerifier + kSubmods, Errc::invalid, "eat_profile (test)"}));

TEST(EarCbor, WhatHasNoFormIsNotWritten) {
  Ear ear = from_cbor(hex("a4" + kProfile + kIat + kVerifier + kSubmods)).value();
  ear.tee_info = TeeInfo{"x", "y", {}};
  EXPECT_TRUE(fails(to_cbor(ear), Errc::unsupported, "TEE info"));
  ear.tee_info.reset();
  ear.nonce = "not base64!";
  EXPECT_TRUE(fails(to_cbor(ear), Errc::malformed, "eat_nonce"));
  ear.nonce = "AAAAAAAA";  // long enough as text, six bytes as base64
  EXPECT_TRUE(fails(to_cbor(ear), Errc::invalid, "6 bytes"));
}

// Looking each key up among those before it took 18 s for such a megabyte; now it is a blink, so a relapse ends in ctest's time-out.
TEST(EarCbor, AMegabyteOfKeysIsReadInOneGo) {
  Ear ear = from_cbor(vector_bytes("ear/rust-ear-cbor/ear-basic.cbor")).value();
  json::Object many;
  for (int i = 0; i < 60000; ++i) many.members().emplace_back(fmt::format("k{}", i), 0);
  ear.submods.begin()->second.key_attestation = json::Value{many};
  const auto written = to_cbor(ear);
  ASSERT_TRUE(ok(written));
  const auto read = from_cbor(*written);
  ASSERT_TRUE(ok(read));
  EXPECT_EQ(read->submods.begin()->second.key_attestation->object()->size(), 60000U);
}

TEST(EarCbor, T26_CutAnywhereItIsRefused) {
  for (const std::string_view file : {"ear/rust-ear-cbor/ear-with-extensions.cbor", "ear/draft-2026/ear-cbor-1.cbor"}) {
    const Bytes given = vector_bytes(file);
    for (std::size_t size = 0; size < given.size(); ++size) {
      const auto ear = from_cbor(ByteView{given}.first(size));
      ASSERT_FALSE(ear) << size;
      EXPECT_EQ(exit_code(ear.error().errc), 3) << ear.error();
    }
  }
}

}  // namespace
}  // namespace assay::ear
