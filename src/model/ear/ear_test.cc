#include "model/ear/ear.h"

#include <gtest/gtest.h>

#include "testing/testing.h"

namespace assay::ear {
namespace {

using testing::fails;
using testing::ok;

json::Value parse(std::string_view text) {
  auto value = json::parse(text);
  if (!value) ADD_FAILURE() << value.error() << " in " << text;
  return value.value_or(json::Value{});
}
std::string printed(const Ear& ear) { return json::print(to_json(ear)); }

// A complete result in the Veraison profile with `more` in front of its submods.
std::string claims(std::string_view submods, std::string_view more = "") {
  return R"({"eat_profile":"tag:github.com,2023:veraison/ear","iat":1,"ear.verifier-id":{"build":"b","developer":"d"},)" + std::string{more} + R"("submods":)" + std::string{submods} + "}";
}
std::string submod(std::string_view more) { return R"({"a":{"ear.status":"none")" + std::string{more} + "}}"; }
std::string vector(std::string_view members) { return submod(R"(,"ear.trustworthiness-vector":{)" + std::string{members} + "}"); }
std::string draft(std::string_view appraisal, std::string_view more = "") {
  return R"({"eat_profile":"tag:ietf.org,2026:rats/ear#03","iat":1,"ear_verifier_id":{"build":"b","developer":"d"},)" + std::string{more} + R"("submods":{"a":)" + std::string{appraisal} + "}}";
}

class Samples : public ::testing::TestWithParam<std::string_view> {};

TEST_P(Samples, AreReadAndWrittenAsTheyStand) {
  const json::Value given = parse(testing::vector_text(GetParam()));
  const auto ear = from_json(given);
  ASSERT_TRUE(ok(ear));
  const auto again = from_json(to_json(*ear));
  ASSERT_TRUE(ok(again));
  EXPECT_EQ(printed(*again), printed(*ear));
}

INSTANTIATE_TEST_SUITE_P(Ear, Samples,
                         ::testing::Values("ear/arc-data/ear-claims.json", "ear/arc-data/ear-claims-tv-ok.json", "ear/arc-data/ear-claims-extension-ok.json",
                                           "ear/arc-data/ear-claims-key-attestation-ok.json", "ear/arc-data/ear-claims-key-attestation-ko.json",
                                           "ear/draft-2026/ear-json-1.json", "ear/draft-2026/ear-json-2.json", "ear/draft-2026/ext-teep-json-1.json",
                                           "ear/draft-2026/ext-veraison-json-1.json", "ear/draft-2026/ext-veraison-json-2.json"));

TEST(Ear, CompleteClaimsAreWrittenAsTheyWereRead) {
  const json::Value given = parse(testing::vector_text("ear/arc-data/ear-claims-tv-ok.json"));
  EXPECT_EQ(printed(from_json(given).value()), json::print(given, {.sorted = true}));
}

TEST(Ear, T23_TheDraftsNamesAreReadAndWritten) {
  const json::Value given = parse(testing::vector_text("ear/draft-2026/ext-veraison-json-1.json"));
  const Ear ear = from_json(given).value();
  EXPECT_EQ(ear.profile, profile_of(Dialect::ietf));
  const Appraisal& appraisal = ear.submods.at("PSA_IOT");
  EXPECT_EQ(appraisal.status, Tier::contraindicated);
  EXPECT_EQ((*appraisal.vector)[Claim::executables], 96);
  EXPECT_EQ(appraisal.policy_ids, std::vector<std::string>{"https://veraison.example/policy/1/60a0068d"});
  // The same claims, but for the vector's zeros.
  json::Value filled = given;
  json::Object& submodule = *filled.object()->members().back().second.object()->members().front().second.object();
  for (const Claim claim : kAllClaims) {
    json::Object& values = *submodule.members()[1].second.object();
    if (values.find(name(claim)) == nullptr) values.set(std::string{name(claim)}, 0);
  }
  EXPECT_EQ(printed(ear), json::print(filled, {.sorted = true}));
}

TEST(Ear, T23_TheDraftsOwnClaims) {
  const auto ear = from_json(parse(draft(R"({"ear_status":"affirming","ear_appraisal_policy_ids":["x","y"],"eat_profile":"p","eat_nonce":"AAAAAAAAAAAAAAAA"})", R"("ear_status":"warning","eat_nonce":"80FH7byS7VjfARIq0_KLqu6B9j-F79Qt",)")));
  ASSERT_TRUE(ok(ear));
  EXPECT_EQ(ear->overall_status, Tier::warning);
  EXPECT_EQ(ear->submods.at("a").policy_ids, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(ear->submods.at("a").profile, "p");
  EXPECT_FALSE(ear->is_affirming());
  EXPECT_EQ(ear->status(), Tier::warning);
  EXPECT_EQ(printed(from_json(to_json(*ear)).value()), printed(*ear));
}

TEST(Ear, UnknownMembersOfTheWholeAreDropped) {
  const Ear ear = from_json(parse(testing::vector_text("ear/arc-data/ear-claims-extension-ok.json"))).value();
  EXPECT_FALSE(ear.submods.at("test").annotated_evidence);
  EXPECT_EQ(printed(ear).find("annotated"), std::string::npos);
}

TEST(Ear, KeyAttestation) {
  const auto key_of = [](std::string_view file, const std::string& name) {
    return from_json(parse(testing::vector_text(file)))->submods.at(name).attested_key();
  };
  const auto good = key_of("ear/arc-data/ear-claims-key-attestation-ok.json", "PARSEC_TPM");
  ASSERT_TRUE(ok(good));
  EXPECT_EQ(good->kind(), crypto::KeyKind::p256);
  EXPECT_TRUE(fails(key_of("ear/arc-data/ear-claims-key-attestation-ko.json", "PARSEC_TPM"), Errc::missing, "no member \"akpub\""));
  EXPECT_TRUE(fails(key_of("ear/draft-2026/ext-veraison-json-2.json", "PARSEC_TPM"), Errc::malformed, "key attestation"));
  EXPECT_TRUE(fails(key_of("ear/arc-data/ear-claims.json", "test"), Errc::missing, "no such claim"));
  EXPECT_TRUE(fails(from_json(parse(claims(submod(R"(,"ear.veraison.key-attestation":{"akpub":5})"))))->submods.at("a").attested_key(), Errc::malformed, "\"akpub\" is a JSON integer"));
}

struct Refused {
  std::string_view why;
  std::string json;
  std::string text;
};
class EarRefuses : public ::testing::TestWithParam<Refused> {};

// The texts are what the reference program printed for the same input, unless a row says otherwise.
TEST_P(EarRefuses, WithTheReferencesWords) {
  const auto ear = from_json(parse(GetParam().json));
  ASSERT_FALSE(ear) << "accepted: " << GetParam().why;
  EXPECT_EQ(ear.error().text(), GetParam().text) << GetParam().why;
  EXPECT_EQ(exit_code(ear.error().errc), 3) << GetParam().why;
}

std::string in_submod(std::string_view text) { return fmt::format("invalid value(s) for 'submods' (a: {})", text); }
INSTANTIATE_TEST_SUITE_P(
    Ear, EarRefuses,
    ::testing::Values(
        Refused{"nothing", "{}", "missing mandatory 'eat_profile', 'ear.verifier-id', 'iat', 'submods'"},
        Refused{"no iat", R"({"eat_profile":"tag:github.com,2023:veraison/ear","ear.verifier-id":{"build":"b","developer":"d"},"submods":{"a":{"ear.status":2}}})", "missing mandatory 'iat'"},
        Refused{"everything at once", R"({"eat_profile":1,"iat":"x","ear.verifier-id":{"build":1,"x":2},"ear.raw-evidence":"abc=","submods":{"b":{"ear.status":"x"},"a":{}}})",
                "invalid value(s) for 'eat_profile' (not a string), 'ear.verifier-id' (missing mandatory 'developer'; invalid value(s) for 'build' (not a string); unexpected: x), 'ear.raw-evidence' (illegal base64 data at input byte 3), 'iat' (not an int64), 'submods' (a: missing mandatory 'ear.status'; b: invalid value(s) for 'ear.status' (not a valid TrustTier name: \"x\"))"},
        Refused{"no submods", claims("{}"), "missing mandatory 'submods' (at least one appraisal must be present)"},
        Refused{"submods that are a number", claims("5"), "invalid value(s) for 'submods' (not a map object)"},
        Refused{"a submod that is a number", claims(R"({"a":5})"), in_submod("not a JSON object")},
        Refused{"a short nonce", claims(submod(""), R"("eat_nonce":"x",)"), "invalid value(s) for eat_nonce (1 bytes)"},
        Refused{"a long nonce", claims(submod(""), R"("eat_nonce":")" + std::string(89, 'A') + "\","), "invalid value(s) for eat_nonce (89 bytes)"},
        Refused{"another profile", R"({"eat_profile":"test","iat":1,"ear.verifier-id":{"build":"b","developer":"d"},"submods":{"a":{"ear.status":2}}})", "invalid value(s) for eat_profile (test)"},
        Refused{"a tier between tiers", claims(R"({"a":{"ear.status":7}})"), in_submod("invalid value(s) for 'ear.status' (not a valid TrustTier value: 7.000000 (7))")},
        Refused{"a fraction as tier (the reference cuts it off)", claims(R"({"a":{"ear.status":2.7}})"), in_submod("invalid value(s) for 'ear.status' (not a valid TrustTier value: 2.700000 (2))")},
        Refused{"true as tier", claims(R"({"a":{"ear.status":true}})"), in_submod("invalid value(s) for 'ear.status' (cannot convert true (type bool) to TrustTier)")},
        Refused{"null as tier", claims(R"({"a":{"ear.status":null}})"), in_submod("invalid value(s) for 'ear.status' (cannot convert <nil> (type <nil>) to TrustTier)")},
        Refused{"a claim out of range", claims(vector(R"("executables":300,"x":1,"hardware":"zz")")), in_submod("invalid value(s) for 'ear.trustworthiness-vector' (invalid value(s) for 'executables' (out of range for TrustClaim: 300), 'hardware' (not a valid TrustClaim value: \"zz\"); unexpected: x)")},
        Refused{"a fraction as claim (the reference cuts it off)", claims(vector(R"("executables":2.5)")), in_submod("invalid value(s) for 'ear.trustworthiness-vector' (invalid value(s) for 'executables' (not a valid TrustClaim value: 2.5))")},
        Refused{"true as claim (no claim for the reference)", claims(vector(R"("executables":true)")), in_submod("invalid value(s) for 'ear.trustworthiness-vector' (invalid value(s) for 'executables' (not a valid TrustClaim value: true))")},
        Refused{"another claim's tag (the reference takes it)", claims(vector(R"("hardware":"approved_rt")")), in_submod("invalid value(s) for 'ear.trustworthiness-vector' (invalid value(s) for 'hardware' (tag \"approved_rt\" of claim executables; expected a tag of hardware or a number))")},
        Refused{"a vector that is a number", claims(submod(R"(,"ear.trustworthiness-vector":5)")), in_submod("invalid value(s) for 'ear.trustworthiness-vector' (expected a TrustVector, but found integer)")},
        Refused{"a vector that is null (absent for the reference)", claims(submod(R"(,"ear.trustworthiness-vector":null)")), in_submod("invalid value(s) for 'ear.trustworthiness-vector' (expected a TrustVector, but found null)")},
        Refused{"other types in a submod", claims(submod(R"(,"ear.appraisal-policy-id":5,"ear.veraison.annotated-evidence":[])")), in_submod("invalid value(s) for 'ear.appraisal-policy-id' (not a string), 'ear.veraison.annotated-evidence' (not a map[string]interface{})")},
        Refused{"evidence that is a number", claims(submod(""), R"("ear.raw-evidence":5,)"), "invalid value(s) for 'ear.raw-evidence' (not a base64 string)"},
        Refused{"evidence cut short", claims(submod(""), R"("ear.raw-evidence":"abcde",)"), "invalid value(s) for 'ear.raw-evidence' (illegal base64 data at input byte 4)"},
        Refused{"evidence with padding", claims(submod(""), R"("ear.raw-evidence":"abcdeg==",)"), "invalid value(s) for 'ear.raw-evidence' (illegal base64 data at input byte 6)"},
        Refused{"an empty TEE name", claims(submod(""), R"("ear.veraison.tee-info":{"tee-name":""},)"), "invalid value(s) for 'ear.veraison.tee-info' (\"tee-info\" validation failed: empty or missing \"tee-name\")"},
        Refused{"no evidence id", claims(submod(""), R"("ear.veraison.tee-info":{"tee-name":"x"},)"), "invalid value(s) for 'ear.veraison.tee-info' (\"tee-info\" validation failed: empty or missing \"evidence-id\")"},
        Refused{"an unknown member of TEE info", claims(submod(""), R"("ear.veraison.tee-info":{"tee-name":"x","y":1},)"), "invalid value(s) for 'ear.veraison.tee-info' (found unknown key \"y\" in \"tee-info\" object)"},
        Refused{"TEE evidence cut short", claims(submod(""), R"("ear.veraison.tee-info":{"tee-name":"x","evidence-id":"y","evidence":"a"},)"), "invalid value(s) for 'ear.veraison.tee-info' (decoding \"evidence\": illegal base64 data at input byte 0)"},
        Refused{"TEE info that is a number", claims(submod(""), R"("ear.veraison.tee-info":7,)"), "invalid value(s) for 'ear.veraison.tee-info' (unexpected format for \"tee-info\")"},
        Refused{"a status better than its vector (the reference does not look)", claims(R"({"a":{"ear.status":"affirming","ear.trustworthiness-vector":{"executables":33}}})"), "invalid value(s) for submods[a]: status is affirming but the trustworthiness vector is warning"},
        Refused{"an array", "[]", "EAR: a JSON array; expected an object"},
        Refused{"the draft's profile with the older names", R"({"eat_profile":"tag:ietf.org,2026:rats/ear#03","iat":1,"ear.verifier-id":{"build":"b","developer":"d"},"submods":{"a":{"ear.status":2}}})", "missing mandatory 'ear_verifier_id'; invalid value(s) for 'submods' (a: missing mandatory 'ear_status')"},
        Refused{"a date with a fraction in the draft", R"({"eat_profile":"tag:ietf.org,2026:rats/ear#03","iat":1.5,"ear_verifier_id":{"build":"b","developer":"d"},"submods":{"a":{"ear_status":2}}})", "invalid value(s) for 'iat' (not an int64)"},
        Refused{"a single policy id in the draft", draft(R"({"ear_status":2,"ear_appraisal_policy_ids":"x"})"), in_submod("invalid value(s) for 'ear_appraisal_policy_ids' (not a list of at least one string)")},
        Refused{"no policy ids in the draft", draft(R"({"ear_status":2,"ear_appraisal_policy_ids":[]})"), in_submod("invalid value(s) for 'ear_appraisal_policy_ids' (not a list of at least one string)")},
        Refused{"a nonce in the draft that is no base64", draft(R"({"ear_status":2})", R"("eat_nonce":"not base64!!",)"), "invalid value(s) for eat_nonce (not base64)"},
        Refused{"a short nonce in a submod of the draft", draft(R"({"ear_status":2,"eat_nonce":"AAAA"})"), "invalid value(s) for submods[a]: eat_nonce (4 bytes)"}));

TEST(Ear, AThousandProblemsAreASentence) {
  std::string members;
  for (int i = 0; i < 1000; ++i) members += fmt::format("{}\"x{}\":1", i == 0 ? "" : ",", i);
  EXPECT_TRUE(fails(from_json(parse(claims(vector(members)))), Errc::invalid, "x30, x31 and 968 more"));
}

TEST(Ear, TheReferenceIsReadAsItReads) {
  const auto read = [](const std::string& text) { return from_json(parse(text), Strictness::reference); };
  EXPECT_TRUE(ok(read(claims("{}"))));
  EXPECT_TRUE(ok(read(claims(submod(""), R"("eat_nonce":"x",)"))));
  EXPECT_EQ((*read(claims(vector(R"("hardware":"approved_rt")")))->submods.at("a").vector)[Claim::hardware], 2);
  EXPECT_FALSE(read(claims(submod(R"(,"ear.trustworthiness-vector":null)")))->submods.at("a").vector);
  EXPECT_TRUE(ok(read(claims(R"({"a":{"ear.status":"affirming","ear.trustworthiness-vector":{"executables":33}}})"))));
  EXPECT_TRUE(fails(read("{}"), Errc::missing, "missing mandatory 'eat_profile'"));
}

TEST(Ear, StatusesAreNamesOrNumbers) {
  for (const std::string_view status : {"32", "\"32\"", "\"warning\"", "32.0", "3.2e1"}) {
    const auto ear = from_json(parse(claims(R"({"a":{"ear.status":)" + std::string{status} + "}}")));
    ASSERT_TRUE(ok(ear)) << status;
    EXPECT_EQ(ear->submods.at("a").status, Tier::warning) << status;
  }
}

TEST(Ear, DatesLoseTheirFraction) {
  EXPECT_EQ(from_json(parse(R"({"eat_profile":"tag:github.com,2024:confidential-containers/Trustee","iat":1.666529184e+09,"exp":1666529484.9,"ear.verifier-id":{"build":"b","developer":"d"},"submods":{"a":{"ear.status":2}}})"))->iat, 1666529184);
  EXPECT_TRUE(fails(from_json(parse(claims(submod(""), R"("exp":1e300,)"))), Errc::invalid, "'exp' (not an int64)"));
}

TEST(Ear, TeeInfoKeepsItsOrder) {
  const std::string info = R"({"tee-name":"x","evidence-id":"y","evidence":"AAECAw=="})";
  const Ear ear = from_json(parse(claims(submod(""), R"("ear.veraison.tee-info":)" + info + ","))).value();
  EXPECT_NE(printed(ear).find(info), std::string::npos);
}

TEST(Ear, NestedMembersAreSorted) {
  const Ear ear = from_json(parse(claims(submod(R"(,"ear.veraison.policy-claims":{"b":[{"z":1,"a":2}],"a":null})")))).value();
  EXPECT_NE(printed(ear).find(R"({"a":null,"b":[{"a":2,"z":1}]})"), std::string::npos);
}

TEST(Ear, T21_StatusFollowsTheVectorDownwardsOnly) {
  Appraisal appraisal;
  appraisal.update_status();
  EXPECT_EQ(appraisal.status, Tier::none);
  for (const auto& [value, before, after] : {std::tuple{2, Tier::none, Tier::affirming}, {33, Tier::affirming, Tier::warning}, {2, Tier::warning, Tier::warning}, {99, Tier::warning, Tier::contraindicated}, {0, Tier::contraindicated, Tier::contraindicated}}) {
    appraisal.status = before;
    appraisal.vector = TrustVector{};
    (*appraisal.vector)[Claim::executables] = static_cast<std::int8_t>(value);
    appraisal.update_status();
    EXPECT_EQ(appraisal.status, after) << value;
  }
}

TEST(Ear, AffirmingNeedsEverySubmod) {
  Ear ear;
  EXPECT_FALSE(ear.is_affirming());
  ear.submods["a"].status = Tier::affirming;
  EXPECT_TRUE(ear.is_affirming());
  ear.submods["b"];
  EXPECT_FALSE(ear.is_affirming());
  EXPECT_EQ(ear.status(), Tier::affirming);
  ear.submods["b"].status = Tier::contraindicated;
  EXPECT_FALSE(ear.is_affirming());
  EXPECT_EQ(ear.status(), Tier::contraindicated);
  ear.submods["b"].status = Tier::affirming;
  ear.submods["b"].vector.emplace().set_all(kCryptoFailed);
  EXPECT_FALSE(ear.is_affirming());
}

TEST(Ear, WhatTheProfileHasNoPlaceForIsNotWritten) {
  Ear ear = from_json(parse(claims(submod("")))).value();
  EXPECT_TRUE(ok(validate(ear)));
  ear.overall_status = Tier::affirming;
  EXPECT_TRUE(fails(validate(ear), Errc::invalid, "ear_status (not in this profile)"));
  ear.overall_status.reset();
  ear.submods["a"].policy_ids = {"x", "y"};
  EXPECT_TRUE(fails(validate(ear), Errc::invalid, "2 policy ids"));
  ear.submods["a"].policy_ids.clear();
  ear.submods["a"].teep_claims = json::Object{};
  EXPECT_TRUE(fails(validate(ear), Errc::invalid, "submods[a]: claims that are not in this profile"));
}

TEST(Ear, ReportNamesCannotDriveATerminal) {
  Ear ear;
  ear.submods["a\x1b[2J"];
  EXPECT_EQ(report(ear), "submod(a\\x1b[2J):\nnot present\n");
}

TEST(Ear, ReportColours) {
  Ear ear;
  TrustVector& vector = ear.submods["a"].vector.emplace();
  vector[Claim::instance_identity] = 2;
  vector[Claim::configuration] = 32;
  vector[Claim::executables] = 96;
  const std::string text = report(ear, {.color = true});
  EXPECT_NE(text.find("Instance Identity [\x1b[42maffirming\x1b[0m]: "), std::string::npos);
  EXPECT_NE(text.find("Configuration [\x1b[43mwarning\x1b[0m]: "), std::string::npos);
  EXPECT_NE(text.find("Executables [\x1b[41mcontraindicated\x1b[0m]: "), std::string::npos);
  EXPECT_NE(text.find("Hardware [\x1b[47mnone\x1b[0m]: "), std::string::npos);
  EXPECT_NE(report(ear, {.color = true, .escape = "\\033"}).find("[\\033[42maffirming\\033[0m]"), std::string::npos);
}

}  // namespace
}  // namespace assay::ear
