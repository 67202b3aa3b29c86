#include "apps/verify/verify_cli.h"

#include <algorithm>
#include <filesystem>

#include "appraise/scheme.h"
#include "apps/app_testing.h"
#include "apps/inputs.h"
#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "envelope/cose/cose.h"
#include "model/ear/ear.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;
using testing::vector_path;

class Verify : public testing::InOwnFolder {
 protected:
  static Outcome run(std::vector<std::string> args) {
    for (std::string& word : args) {
      if (word.starts_with('@')) word = vector_path(word.substr(1)).string();
    }
    return call(run_verify, args);
  }
  static json::Value run_json(std::vector<std::string> args) {
    args.emplace_back("--json");
    const auto value = json::parse(run(std::move(args)).out);
    EXPECT_TRUE(testing::ok(value));
    return value.value_or(json::Object{});
  }
  static std::string text(const json::Value& value, std::string_view name) {
    const json::Value* member = value.object()->find(name);
    return member != nullptr && member->text() != nullptr ? *member->text() : std::string{};
  }
  // What the token itself says, as reference values.
  static json::Object references_of(std::string_view vector) {
    const json::Value claims = appraise::scheme_by_name("cca")->claims_json(testing::vector_bytes(vector)).value();
    const json::Object& platform = *claims.object()->find("cca-platform-token")->object();
    const json::Object& realm = *claims.object()->find("cca-realm-delegated-token")->object();
    json::Array components;
    for (const json::Value& component : *platform.find("cca-platform-sw-components")->array()) {
      json::Object one;
      one.set("measurement-value", *component.object()->find("measurement-value"));
      one.set("signer-id", *component.object()->find("signer-id"));
      components.push_back(std::move(one));
    }
    json::Object platform_reference;
    platform_reference.set("implementation-id", *platform.find("cca-platform-implementation-id"));
    platform_reference.set("platform-configuration", *platform.find("cca-platform-config"));
    platform_reference.set("sw-components", std::move(components));
    json::Object realm_reference;
    realm_reference.set("initial-measurement", *realm.find("cca-realm-initial-measurement"));
    realm_reference.set("personalization-value", *realm.find("cca-realm-personalization-value"));
    realm_reference.set("extensible-measurements", *realm.find("cca-realm-extensible-measurements"));
    json::Object references;
    references.set("platform", json::Array{platform_reference});
    references.set("realm", json::Array{realm_reference});
    return references;
  }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
};

// The nonce of the realm in the example token of rust-ccatoken.
constexpr const char* kNonce = "6e86d6d97cc713bc6dd43dbce491a6b40311c027a8bf85a39da63e9ce44c132a8a119d296fae6a6999e9bf3e4471b0ce01245d889424c31e89793b3b1d6b1504";

TEST_F(Verify, GoodEvidenceWithEverythingKnownIsAffirming) {
  const Outcome outcome = run({"@ccatoken/rust/cca-token-01.cbor", "--trust-anchors", "@ccatoken/rust/ta-tfa.json", "--reference-values", "@ccatoken/rust/rv.json"});
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(has(outcome.out, "Scheme          Arm CCA (cca)\n")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "passed       platform signature")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "passed       realm signature")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "not checked  freshness")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "Freshness was not checked")) << outcome.out;
}

TEST_F(Verify, WithoutReferenceValuesNothingIsAffirmed) {
  const Outcome outcome = run({"@ccatoken/token/good-907.cbor", "--key", "@ccatoken/keys/iak.jwk"});
  EXPECT_EQ(outcome.status, 1) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "\nVerdict: warning\n")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "What runs there was not compared with anything")) << outcome.out;
}

TEST_F(Verify, ReferenceValuesThatFitMakeItAffirming) {
  json::Object references = references_of("ccatoken/token/good-907.cbor");
  json::Object platform_reference = *references.find("platform")->array()->front().object();
  json::Object realm_reference = *references.find("realm")->array()->front().object();
  write("rv.json", json::print(references));

  const std::vector<std::string> args{"@ccatoken/token/good-907.cbor", "--key", "@ccatoken/keys/iak.jwk", "--reference-values", "rv.json"};
  const Outcome good = run(args);
  EXPECT_EQ(good.status, 0) << good.out << good.err;
  EXPECT_TRUE(has(good.out, "\nVerdict: affirming\n")) << good.out;

  // One measurement of the realm differs.
  realm_reference.set("extensible-measurements", json::Array{to_hex(Bytes(64, 7))});
  references.set("realm", json::Array{realm_reference});
  write("rv.json", json::print(references));
  const Outcome other = run(args);
  EXPECT_TRUE(has(other.out, "warning      realm extensible measurement 0")) << other.out;
  EXPECT_TRUE(has(other.out, "expected  " + to_hex(Bytes(64, 7)) + " (rv.json: /realm/0)")) << other.out;
  // AR4SI affirms what was approved at boot; the report says what is known, and --strict does not.
  EXPECT_EQ(other.status, 0) << other.out;
  EXPECT_TRUE(has(other.out, "its extensible measurements are not those of the reference value")) << other.out;
  std::vector<std::string> strict = args;
  strict.emplace_back("--strict");
  const Outcome refused = run(strict);
  EXPECT_EQ(refused.status, 1) << refused.out;
  EXPECT_TRUE(has(refused.out, "executables          33  warning")) << refused.out;
  EXPECT_TRUE(has(refused.out, "warning      realm extensible measurement 0")) << refused.out;

  // One component of the platform is not known.
  platform_reference.set("sw-components", json::Array{});
  references.set("platform", json::Array{platform_reference});
  write("rv.json", json::print(references));
  EXPECT_EQ(run(args).status, 1);
}

// The whole offline verdict from what makers publish, in two wire generations.
TEST_F(Verify, EndorsementsMakeItAffirming) {
  for (const std::string release : {"v0.0.2502", "v0.0.2608"}) {
    for (const std::string name : {"psa", "cca"}) {
      const std::vector<std::string> args{"@veraison/" + release + "/" + name + "-evidence.cbor", "--endorsements", "@veraison/" + release + "/" + name + "-endorsements.cbor", "--at", "2025-01-01T00:00:00Z", "--ear-key", "@evcli/misc/ec256.json", "--ear", "ear.jwt"};
      std::vector<std::string> all = args;
      if (name == "cca") all.insert(all.end(), {"--endorsements", "@veraison/" + release + "/cca-realm-endorsements.cbor"});
      const Outcome outcome = run(all);
      EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
      EXPECT_TRUE(has(outcome.out, "\nVerdict: affirming\n")) << outcome.out;
      EXPECT_TRUE(has(outcome.out, release + "/" + name + "-endorsements.cbor: CoMID 0, reference value 0, measurement 0)")) << outcome.out;
      const auto ear = ear::verify_jwt(testing::read_text("ear.jwt"), crypto::public_key_from_any(testing::vector_bytes("evcli/misc/ec256.json")).value(), {});
      ASSERT_TRUE(testing::ok(ear));
      EXPECT_TRUE((*ear)->is_affirming());
      // The realm's own values are in the other file.
      EXPECT_EQ(run(args).status, name == "cca" ? 1 : 0);
    }
  }
}

TEST_F(Verify, EndorsementsOfATpm) {
  const std::string folder = "@veraison/v0.0.2608/tpm-enacttrust/";
  const Outcome outcome = run({folder + "enacttrust.good.cbor", "--endorsements", folder + "corim-enacttrust-mini.cbor"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(has(outcome.out, "\nVerdict: affirming\n")) << outcome.out;
  EXPECT_EQ(run({folder + "enacttrust.good.cbor", "--endorsements", folder + "corim-enacttrust-mini.cbor", "--nonce", "0707070707070707"}).status, 4);
}

TEST_F(Verify, EndorsementsThatDifferInAByteAreNamed) {
  struct Row {
    std::string name, value, changed, finding, claim;
  };
  for (const Row& row : {Row{"psa", "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7", "86428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7", "warning      software component 0 (BL)", "executables          33  warning"},
                         Row{"cca", "010203", "000203", "warning      platform config", "configuration        32  warning"}}) {
    Bytes bytes = testing::vector_bytes("veraison/v0.0.2502/" + row.name + "-endorsements.cbor");
    const std::string hex = to_hex(bytes);
    const std::size_t at = hex.find((row.name == "cca" ? "43" : "20") + row.value);  // behind the head of its byte string
    ASSERT_NE(at, std::string::npos);
    bytes[at / 2 + 1] ^= 0x01;
    write("changed.cbor", as_text(bytes));
    const Outcome outcome = run({"@veraison/v0.0.2502/" + row.name + "-evidence.cbor", "--endorsements", "changed.cbor", "--at", "2025-01-01T00:00:00Z", "--verbose"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(has(outcome.out, row.finding)) << outcome.out;
    EXPECT_TRUE(has(outcome.out, row.value)) << outcome.out;
    EXPECT_TRUE(has(outcome.out, row.changed)) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "changed.cbor: CoMID 0, reference value 0")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, row.claim)) << outcome.out;
  }
}

// OP-TEE's token states no versions, which one released verifier takes for a broken token.
TEST_F(Verify, TheRuleIsTheCallersToChoose) {
  const std::vector<std::string> args{"@optee/token-iisec.cbor", "--key", "@optee/iisec/ec256.json", "--endorsements", "@veraison/v0.0.2502/psa-endorsements.cbor", "--at", "2025-01-01T00:00:00Z"};
  const auto by = [&](const std::string& rule) {
    std::vector<std::string> all = args;
    all.insert(all.end(), {"--rule", rule});
    return run(all);
  };
  EXPECT_TRUE(has(by("assay").out, "warning      software component 0 (PRoT)")) << by("assay").out;
  EXPECT_TRUE(has(by("veraison-2025").out, "warning      reference value      no component of the evidence has it")) << by("veraison-2025").out;
  const Outcome newest = by("veraison-2026");
  EXPECT_EQ(newest.status, 1);
  EXPECT_TRUE(has(newest.out, "FAILED       software component 0 (PRoT)  it has no version, which this rule demands")) << newest.out;
  EXPECT_TRUE(has(newest.out, "\nVerdict: none\n")) << newest.out;
  EXPECT_EQ(by("2024").status, 2);
}

TEST_F(Verify, EndorsementsThatCannotBeUsedAreRefused) {
  const std::string token = "@veraison/v0.0.2502/psa-evidence.cbor";
  const std::string good = "@veraison/v0.0.2502/psa-endorsements.cbor";
  const auto refused = [&](std::vector<std::string> args, int status, std::string_view text) {
    args.insert(args.begin(), token);
    const Outcome outcome = run(args);
    EXPECT_EQ(outcome.status, status) << outcome.out << outcome.err;
    EXPECT_TRUE(has(outcome.err, text)) << outcome.err;
  };
  refused({"--endorsements", "@cocli/gen-a/golden/corim-psa-full.cbor", "--at", "2130-01-01T00:00:00Z"}, 4, "not valid after");
  refused({"--endorsements", good, "--at", "soon"}, 3, "--at");
  refused({"--endorsements", "absent.cbor"}, 5, "no such file");
  std::filesystem::create_directory("empty");
  refused({"--endorsements", "empty"}, 5, "no endorsements in this folder");
  refused({"--endorsements", "@cocli/gen-a/golden/comid-psa-refval.cbor"}, 3, "a CoMID, without the CoRIM");
  refused({"--endorsements", "@corim/gen-a/corim-fe09de9/unsigned-good-corim.cbor"}, 3, "profile");
  const std::string signed_file = "@cocli/gen-a/golden/signed-corim-psa-full-es256.cbor";
  refused({"--endorsements", signed_file}, 4, "--endorsement-key or --endorsement-ca");
  refused({"--endorsements", signed_file, "--endorsement-key", "@psatoken/rfc9783/tfm-es-iak.pem"}, 4, "verification error");
  // Another device's key under the same ids, which is what the report says.
  const Outcome outcome = run({token, "--endorsements", signed_file, "--endorsement-key", "@cocli/keys/ec-p256.jwk", "--at", "2025-01-01T00:00:00Z"});
  EXPECT_TRUE(has(outcome.out, "signed-corim-psa-full-es256.cbor: CoMID 1, attestation key 0")) << outcome.out << outcome.err;
}

// The good platform does not hide a realm that broke its rules: its key gives its own private scalar away.
TEST_F(Verify, RejectedEvidenceIsNeverAffirming) {
  write("rv.json", json::print(references_of("iat-verifier/generations/A-private-key-bug.cbor")));
  const std::vector<std::string> args{"@iat-verifier/generations/A-private-key-bug.cbor", "--key", "@iat-verifier/data/cca_platform.pem", "--reference-values", "rv.json"};
  const Outcome outcome = run(args);
  EXPECT_EQ(outcome.status, 3) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "CCA_SSD_PLATFORM  affirming")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "\nVerdict: none (the evidence breaks its specification)\n")) << outcome.out;
  EXPECT_EQ(text(run_json(args), "verdict"), "none");
}

// A result that repeats the nonce would vouch for an answer that nobody gave.
TEST_F(Verify, AnEarHasTheNonceOnlyIfTheEvidenceAnsweredIt) {
  constexpr std::string_view kGood = "iat-verifier/generations/F.cbor";
  Bytes token = testing::vector_bytes(kGood);
  token.back() ^= 1;  // the realm's signature
  write("broken.cbor", as_text(token));
  write("rv.json", json::print(references_of(kGood)));
  const auto nonce_of = [&](const std::string& file, const std::vector<std::string>& more) {
    std::vector<std::string> args{file, "--key", "@iat-verifier/data/cca_platform.pem", "--reference-values", "rv.json", "--ear-key", "@evcli/misc/ec256.json", "--ear", "ear.jwt"};
    args.insert(args.end(), more.begin(), more.end());
    EXPECT_NE(run(args).status, 2);
    const std::string jwt = testing::read_text("ear.jwt");
    const std::size_t dot = jwt.find('.');
    const auto claims = json::parse(as_text(from_base64(jwt.substr(dot + 1, jwt.find('.', dot + 1) - dot - 1), Base64::url, Padding::none).value()));
    return text(claims.value(), "eat_nonce");
  };
  const std::string good = vector_path(kGood).string();
  const json::Value claims = appraise::scheme_by_name("cca")->claims_json(testing::vector_bytes(kGood)).value();
  const std::string answered = *claims.object()->find("cca-realm-delegated-token")->object()->find("cca-realm-challenge")->text();
  EXPECT_NE(nonce_of(good, {"--nonce", answered}), "");
  EXPECT_EQ(nonce_of("broken.cbor", {"--nonce", answered}), "");
  EXPECT_EQ(nonce_of(good, {"--nonce", std::string(64, '7')}), "");
}

// A PSA token with certificates of its own (RFC 9360), as a device carries them that nobody provisioned one by one.
TEST_F(Verify, ACertificateChainIsBelievedAsFarAsItsCa) {
  const Bytes token = testing::vector_bytes("evcli/tests/psa-p2.cbor");
  const auto message = cose::parse_unverified(token).value();
  const auto key = crypto::private_key_from_any(testing::vector_bytes("x5chain/endEntity.key")).value();
  const Bytes leaf = testing::vector_bytes("x5chain/endEntity.der");
  const Bytes issuer = testing::vector_bytes("x5chain/intermediateCA.der");
  const auto with = [&](std::vector<Bytes> chain) { write("token.cbor", as_text(cose::sign_sign1(*message.payload, key, {.x5chain = std::move(chain)}).value())); };

  with({leaf, issuer});
  const Outcome good = run({"token.cbor", "--ca", "@x5chain/rootCA.der"});
  EXPECT_TRUE(has(good.out, "passed       certificate chain in the token")) << good.out << good.err;
  EXPECT_TRUE(has(good.out, "passed       token signature")) << good.out;
  EXPECT_TRUE(has(good.out, "not checked  revocation of these certificates")) << good.out;
  EXPECT_EQ(good.status, 1) << "no reference values";

  EXPECT_EQ(run({"token.cbor"}).status, 4);
  EXPECT_TRUE(has(run({"token.cbor"}).out, "not checked  certificate chain in the token")) << run({"token.cbor"}).out;
  with({leaf});
  const Outcome cut = run({"token.cbor", "--ca", "@x5chain/rootCA.der"});
  EXPECT_EQ(cut.status, 4);
  EXPECT_TRUE(has(cut.out, "FAILED       certificate chain in the token")) << cut.out;
  with({issuer, leaf});
  EXPECT_EQ(run({"token.cbor", "--ca", "@x5chain/rootCA.der"}).status, 4) << "the issuer's key did not sign the token";
}

TEST_F(Verify, JsonSaysTheSame) {
  const json::Value value = run_json({"@ccatoken/token/good-907.cbor", "--key", "@ccatoken/keys/iak.jwk"});
  EXPECT_EQ(text(value, "verdict"), "warning");
  EXPECT_EQ(value.object()->find("exit-status")->integer(), 1);
  EXPECT_EQ(text(*value.object()->find("evidence"), "scheme"), "cca");
  const json::Value* submods = value.object()->find("submods");
  ASSERT_NE(submods->object()->find("CCA_REALM"), nullptr);
  EXPECT_FALSE(value.object()->find("findings")->array()->empty());
}

TEST_F(Verify, AnotherKeyIsNotTrusted) {
  const Outcome outcome = run({"@ccatoken/token/good-907.cbor", "--key", "@ccatoken/keys/alt-iak.jwk"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_TRUE(has(outcome.out, "FAILED       platform signature")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "Verdict: contraindicated (the evidence is not trusted)\n")) << outcome.out;
  EXPECT_FALSE(has(outcome.out, "passed")) << "nothing of it is vouched for";
  EXPECT_TRUE(has(outcome.out, "assay token cca show")) << outcome.out;
}

TEST_F(Verify, WithoutAKeyNothingIsTrusted) {
  const Outcome outcome = run({"@evcli/tests/psa-p2.cbor"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_TRUE(has(outcome.out, "No key was given")) << outcome.out;
}

TEST_F(Verify, ABrokenBindingSpoilsTheRealmOnly) {
  const Outcome outcome = run({"@ccatoken/rust/bug-33-repro.cbor", "--key", "@ccatoken/rust/cpak.json"});
  EXPECT_EQ(outcome.status, 4);
  const json::Value value = run_json({"@ccatoken/rust/bug-33-repro.cbor", "--key", "@ccatoken/rust/cpak.json"});
  const json::Value* realm = value.object()->find("submods")->object()->find("CCA_REALM");
  ASSERT_NE(realm, nullptr);
  EXPECT_EQ(text(*realm, "status"), "contraindicated");
}

TEST_F(Verify, TheNonceDecidesFreshness) {
  const std::vector<std::string> args{"@ratsd/ex-basic-arm-cca.json", "--key", "@iat-verifier/data/cca_platform.pem", "--nonce"};
  auto with = [&](const std::string& nonce) {
    std::vector<std::string> all = args;
    all.push_back(nonce);
    return run(all);
  };
  const Outcome fresh = with(kNonce);
  EXPECT_TRUE(has(fresh.out, "passed       freshness")) << fresh.out;
  EXPECT_TRUE(has(fresh.out, "Unwrapped from  TSM report (JSON), provider \"arm_cca_guest\"\n")) << fresh.out;
  const Outcome stale = with("0000000000000000");
  EXPECT_EQ(stale.status, 4);
  EXPECT_TRUE(has(stale.out, "FAILED       freshness")) << stale.out;
  EXPECT_TRUE(has(stale.out, "answers another challenge")) << stale.out;
  EXPECT_TRUE(has(stale.out, "not believed: its signature is good, but it answers another challenge")) << stale.out;
  EXPECT_FALSE(has(stale.out, "cryptographic validation failed")) << stale.out;
}

TEST_F(Verify, TheEarSaysWhatTheReportSays) {
  const Outcome outcome = run({"@evcli/tests/psa-p2.cbor", "--key", "@evcli/tests/psa-key.jwk", "--nonce", "AAECAwABAgMAAQIDAAECAwABAgMAAQIDAAECAwABAgM=", "--ear-key", "@evcli/misc/ec256.json", "--ear", "result.jwt"});
  EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
  const auto key = inputs::load_public_key(vector_path("evcli/misc/ec256-pub.json").string());
  ASSERT_TRUE(testing::ok(key));
  const auto result = ear::verify_jwt(testing::read_text("result.jwt"), *key, {.nonce = testing::hex("0001020300010203 0001020300010203 0001020300010203 0001020300010203")});
  ASSERT_TRUE(testing::ok(result));
  ASSERT_TRUE((*result)->submods.contains("PSA_IOT"));
  const json::Value value = run_json({"@evcli/tests/psa-p2.cbor", "--key", "@evcli/tests/psa-key.jwk"});
  EXPECT_EQ(text(value, "verdict"), ear::name((*result)->submods.at("PSA_IOT").status));
}

TEST_F(Verify, AnEarOnStandardOutputStandsThereAlone) {
  const Outcome outcome = run({"@evcli/tests/psa-p2.cbor", "--key", "@evcli/tests/psa-key.jwk", "--ear-key", "@evcli/misc/ec256.json", "--ear", "-"});
  EXPECT_TRUE(outcome.out.starts_with("eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.")) << outcome.out;
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 1);
  EXPECT_TRUE(has(outcome.err, "Verdict: ")) << outcome.err;
}

TEST_F(Verify, StandardInputIsRead) {
  const testing::StandardInput in{testing::vector_text("evcli/tests/psa-p2.cbor")};
  const Outcome outcome = run({"-", "--key", "@evcli/tests/psa-key.jwk"});
  EXPECT_TRUE(has(outcome.out, "Evidence        -, 448 bytes\n")) << outcome.out;
}

TEST_F(Verify, ColourIsForTerminals) {
  EXPECT_FALSE(has(run({"@evcli/tests/psa-p2.cbor"}).out, "\033["));
  EXPECT_TRUE(has(run({"@evcli/tests/psa-p2.cbor", "--color", "always"}).out, "\033[31;1mFAILED"));
}

TEST_F(Verify, StrictTakesAdviceForRules) {
  const std::vector<std::string> args{"@ccatoken/token/veraison-e2e-legacy-platform-2023-realm.cbor", "--key", "@evcli/misc/ec256.json"};
  EXPECT_TRUE(has(run(args).out, "warning      profiles of the two tokens")) << run(args).out;
  std::vector<std::string> strict = args;
  strict.emplace_back("--strict");
  EXPECT_TRUE(has(run(strict).out, "FAILED       profiles of the two tokens"));
  EXPECT_EQ(run(strict).status, 3);
}

struct Case {
  const char* why;
  std::vector<std::string> args;
  int status;
  std::string part;
};
const Case kCases[] = {
    {"no evidence", {}, 2, "EVIDENCE is required"},
    {"an unknown flag", {"@evcli/tests/psa-p2.cbor", "--frobnicate"}, 2, "--frobnicate"},
    {"an EAR without a key", {"@evcli/tests/psa-p2.cbor", "--ear", "x"}, 2, "--ear-key"},
    {"a key without an EAR", {"@evcli/tests/psa-p2.cbor", "--ear-key", "x"}, 2, "--ear"},
    {"a bad nonce", {"@evcli/tests/psa-p2.cbor", "--nonce", "00"}, 2, "nonce: 1 bytes; expected 8 to 64"},
    {"a bad colour", {"@evcli/tests/psa-p2.cbor", "--color", "pink"}, 2, "--color"},
    {"no such file", {"none.cbor"}, 5, "open none.cbor: no such file or directory"},
    {"no such key", {"@evcli/tests/psa-p2.cbor", "--key", "none.jwk"}, 5, "open none.jwk: no such file or directory"},
    {"no such anchors", {"@evcli/tests/psa-p2.cbor", "--trust-anchors", "none.json"}, 5, "open none.json: no such file or directory"},
    {"anchors with a point off its curve", {"@evcli/tests/psa-p2.cbor", "--trust-anchors", "@ccatoken/rust/ta-02-bad.json"}, 3, "ta-02-bad.json: /0/pkey"},
    {"no token", {"@evcli/misc/ec256.json"}, 3, "ec256.json"},
    {"a cut token", {"@evcli/tests/cca-token-invalid.bin", "--key", "@evcli/tests/cca-iak.jwk"}, 3, "unexpected EOF"},
    {"an entry where there is none", {"@ratsd/ex-basic-arm-cca.json", "--entry", "x"}, 2, "--entry is for a CMW collection; this is a token in no collection"},
    {"an entry of a bare token", {"@evcli/tests/psa-p2.cbor", "--entry", "x"}, 2, "--entry is for a CMW collection; this is a bare token"},
    {"a signed CMW", {"@cmw/signed/ok.cose", "--key", "@cmw/signed/key.jwk"}, 3, "ok.cose: a signed CMW (COSE_Sign1)"},
    {"a MAC key that is public", {"@evcli/tests/psa-p2.cbor", "--mac-key", "@evcli/misc/ec256-pub.json"}, 3, "the raw octets of a symmetric key"},
};
class VerifyEnds : public Verify, public ::testing::WithParamInterface<Case> {};
TEST_P(VerifyEnds, WithTheStatusOfTheFault) {
  const Outcome outcome = run(GetParam().args);
  EXPECT_EQ(outcome.status, GetParam().status) << GetParam().why << ": " << outcome.err;
  EXPECT_EQ(outcome.out, "") << GetParam().why;
  EXPECT_TRUE(has(outcome.err, GetParam().part)) << GetParam().why << ": " << outcome.err;
}
INSTANTIATE_TEST_SUITE_P(, VerifyEnds, ::testing::ValuesIn(kCases));

}  // namespace
}  // namespace assay
