#include "apps/token/token_cli.h"

#include "apps/app_testing.h"
#include "codec/cbor/cbor.h"
#include "codec/json/json.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;
using testing::vector_path;

class Token : public testing::InOwnFolder {
 protected:
  static Outcome run(const std::vector<std::string>& args) { return call(run_token, args); }
  static std::string path(std::string_view vector) { return vector_path(vector).string(); }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
};

TEST_F(Token, CreatesShowsChecksAndVerifiesPsa) {
  const Outcome made = run({"psa", "create", "--claims", path("evcli/misc/psa-claims-profile-2.json"), "--key", path("evcli/misc/ec256.json"), "--out", "t.cbor"});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(made.out, "");
  EXPECT_TRUE(has(made.err, "t.cbor: ")) << made.err;
  const Outcome shown = run({"psa", "show", "t.cbor"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_TRUE(shown.err.starts_with("NOT VERIFIED")) << shown.err;
  EXPECT_TRUE(has(shown.out, "COSE_Sign1, ES256\n")) << shown.out;
  EXPECT_TRUE(has(shown.out, "psa-implementation-id               "));
  const Outcome checked = run({"psa", "check", "t.cbor"});
  EXPECT_EQ(checked.status, 0) << checked.out;
  EXPECT_TRUE(has(checked.out, "not checked  signature")) << checked.out;
  EXPECT_TRUE(has(checked.out, "not checked  freshness"));
  const Outcome verified = run({"psa", "verify", "t.cbor", "--key", path("evcli/misc/ec256-pub.json")});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  EXPECT_TRUE(verified.out.ends_with("\nVerified.\n")) << verified.out;
}

TEST_F(Token, CreatesAndVerifiesCcaInBothForms) {
  for (const auto& [form, start] : {std::pair{"cmw", "d9038b"}, {"legacy", "d9018f"}}) {
    const Outcome made = run({"cca", "create", "--claims", path("evcli/misc/cca-claims.json"), "--iak", path("evcli/misc/ec256.json"), "--rak", path("evcli/misc/ec384.json"), "--format", form, "--out", "t.cbor"});
    ASSERT_EQ(made.status, 0) << made.err;
    EXPECT_TRUE(to_hex(to_bytes(testing::read_text("t.cbor"))).starts_with(start));
    EXPECT_EQ(run({"cca", "verify", "t.cbor", "--key", path("evcli/misc/ec256.json")}).status, 0);
  }
  ASSERT_EQ(run({"cca", "create", "--claims", path("evcli/misc/cca-claims.json"), "--iak", path("evcli/misc/ec256.json"), "--rak", path("evcli/misc/ec384.json"), "--out", "t.cbor"}).status, 0);
  EXPECT_TRUE(to_hex(to_bytes(testing::read_text("t.cbor"))).starts_with("d9038b")) << "native commands write tag 907";
}

TEST_F(Token, WritesToStandardOutputWhereNothingElseIsSaid) {
  const Outcome made = run({"psa", "create", "--claims", path("evcli/misc/psa-claims-profile-2.json"), "--key", path("evcli/misc/ec256.json")});
  EXPECT_EQ(made.status, 0);
  EXPECT_EQ(made.err, "");
  EXPECT_TRUE(to_hex(to_bytes(made.out)).starts_with("d284"));
  const testing::StandardInput in{made.out};
  EXPECT_EQ(run({"psa", "verify", "-", "--key", path("evcli/misc/ec256.json")}).status, 0);
}

TEST_F(Token, MacsAreMadeAndVerifiedWithMacKeysOnly) {
  write("mac", std::string(32, 'k'));
  ASSERT_EQ(run({"psa", "create", "--claims", path("evcli/misc/psa-claims-profile-2.json"), "--mac-key", "mac", "--out", "t.cbor"}).status, 0);
  EXPECT_EQ(run({"psa", "verify", "t.cbor", "--mac-key", "mac"}).status, 0);
  write("other", std::string(32, 'l'));
  EXPECT_EQ(run({"psa", "verify", "t.cbor", "--mac-key", "other"}).status, 4);
  EXPECT_EQ(run({"psa", "verify", "t.cbor", "--key", path("evcli/misc/ec256-pub.json")}).status, 4);
  EXPECT_TRUE(has(run({"psa", "show", "t.cbor"}).out, "COSE_Mac0, HMAC with sha-256\n"));
}

TEST_F(Token, JsonIsWhatEvcliPrintsAndMore) {
  const Outcome shown = run({"cca", "show", path("ccatoken/token/good-907.cbor"), "--json"});
  EXPECT_EQ(shown.out, testing::vector_text("ccatoken/expected-output/cca-print.good-907.cbor.txt"));
  const auto verified = json::parse(run({"psa", "verify", path("evcli/tests/psa-p2.cbor"), "--key", path("evcli/tests/psa-key.jwk"), "--json"}).out);
  ASSERT_TRUE(testing::ok(verified));
  EXPECT_TRUE(*verified->object()->find("verified")->boolean());
  EXPECT_NE(verified->object()->find("claims"), nullptr);
  const auto refused = json::parse(run({"psa", "verify", path("evcli/tests/psa-p2.cbor"), "--key", path("ccatoken/keys/alt-iak.jwk"), "--json"}).out);
  ASSERT_TRUE(testing::ok(refused));
  EXPECT_FALSE(*refused->object()->find("verified")->boolean());
  EXPECT_EQ(refused->object()->find("claims"), nullptr) << "claims that nobody vouches for";
}

TEST_F(Token, UnknownClaimsAreShownInDiagnosticNotation) {
  const Outcome shown = run({"cca", "show", path("iat-verifier/generations/D.cbor")});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_TRUE(has(shown.out, "claims nobody here knows (CBOR diagnostic notation)\n  realm: 44241  \"private\"\n")) << shown.out;
}

TEST_F(Token, AMacIsNotMadeOfAPublicKey) {
  const Outcome outcome = run({"psa", "create", "--claims", path("evcli/misc/psa-claims-profile-2.json"), "--mac-key", path("evcli/misc/ec256-pub.json"), "--out", "t.cbor"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_FALSE(std::filesystem::exists("t.cbor"));
}

TEST_F(Token, TheNonceIsCompared) {
  const std::string token = path("evcli/tests/psa-p2.cbor");
  const std::string key = path("evcli/tests/psa-key.jwk");
  EXPECT_EQ(run({"psa", "verify", token, "--key", key, "--nonce", "AAECAwABAgMAAQIDAAECAwABAgMAAQIDAAECAwABAgM="}).status, 0);
  const Outcome stale = run({"psa", "verify", token, "--key", key, "--nonce", "ffffffffffffffff"});
  EXPECT_EQ(stale.status, 4);
  EXPECT_TRUE(has(stale.out, "FAILED       freshness")) << stale.out;
  EXPECT_TRUE(stale.out.ends_with("NOT verified.\n"));
}

TEST_F(Token, TheRightKeyAmongSeveralIsFound) {
  const std::string token = path("evcli/tests/psa-p2.cbor");
  EXPECT_EQ(run({"psa", "verify", token, "--key", path("ccatoken/keys/alt-iak.jwk"), "--key", path("evcli/tests/psa-key.jwk")}).status, 0);
  EXPECT_EQ(run({"psa", "verify", "--key", path("ccatoken/keys/alt-iak.jwk"), "--key", path("evcli/misc/ec384.json"), token}).status, 4);
}

struct Case {
  const char* why;
  std::vector<std::string> args;  // words that begin with @ are vectors
  int status;
  std::string part;  // of stderr
};
const Case kCases[] = {
    {"no sub-command", {}, 2, "Try: assay token --help"},
    {"no verb", {"psa"}, 2, "Try: assay token psa --help"},
    {"an unknown kind", {"pas", "show"}, 2, "no command \"pas\"; did you mean: assay token psa\nTry: assay token --help"},
    {"an unknown verb", {"psa", "frobnicate"}, 2, "no command \"frobnicate\"\nTry: assay token psa --help"},
    {"an unknown flag", {"psa", "show", "x", "--frob"}, 2, "no option \"--frob\"\nTry: assay token psa show --help"},
    {"a misspelt flag", {"psa", "verify", "--kye", "a", "b"}, 2, "no option \"--kye\"; did you mean: --key\n"},
    {"an empty nonce", {"psa", "verify", "@evcli/tests/psa-p2.cbor", "--key", "@evcli/tests/psa-key.jwk", "--nonce", ""}, 2, "error: --nonce: empty; expected what the device was asked to sign"},
    {"an empty file name", {"psa", "show", ""}, 2, "TOKEN: empty"},
    {"no token", {"psa", "show"}, 2, "TOKEN"},
    {"no key", {"psa", "verify", "@evcli/tests/psa-p2.cbor"}, 2, "no key to verify with; expected --key, --mac-key, --trust-anchors or --ca"},
    {"two kinds of keys for one token", {"psa", "create", "--claims", "x", "--key", "a", "--mac-key", "b"}, 2, "[--key,--mac-key]"},
    {"an unknown form", {"cca", "create", "--claims", "x", "--iak", "a", "--rak", "b", "--format", "x"}, 2, "--format"},
    {"a nonce that is none", {"psa", "verify", "@evcli/tests/psa-p2.cbor", "--key", "@evcli/tests/psa-key.jwk", "--nonce", "?"}, 2, "nonce: \"?\"; expected hex or base64"},
    {"a missing file", {"psa", "show", "none.cbor"}, 5, "none.cbor: no such file or directory"},
    {"a missing key", {"psa", "verify", "@evcli/tests/psa-p2.cbor", "--key", "none.jwk"}, 5, "open none.jwk: no such file or directory"},
    {"another kind of token", {"psa", "show", "@ccatoken/token/good-907.cbor"}, 3, "a token of Arm CCA, not of psa; expected assay token cca"},
    {"a cut token", {"cca", "check", "@evcli/tests/cca-token-invalid.bin"}, 3, "CBOR decoding of CCA evidence failed: unexpected EOF"},
    {"claims that break a rule", {"psa", "create", "--claims", "@evcli/misc/psa-claims-bad-no-implid.json", "--key", "@evcli/misc/ec256.json"}, 3, "validating implementation id: missing mandatory claim"},
    {"claims of another profile", {"psa", "create", "--claims", "@evcli/misc/psa-claims-profile-1.json", "--key", "@evcli/misc/ec256.json", "--profile", "http://arm.com/psa/2.0.0"}, 2, "expected \"http://arm.com/psa/2.0.0\", as --profile says"},
    {"a profile that does not exist", {"psa", "create", "--claims", "@evcli/misc/psa-claims-profile-1.json", "--key", "@evcli/misc/ec256.json", "--profile", "http://arm.com/psa/2.0"}, 2, "--profile: unknown profile \"http://arm.com/psa/2.0\"; expected PSA_IOT_PROFILE_1, http://arm.com/psa/2.0.0, "},
    {"a realm key that is not the claims'", {"cca", "create", "--claims", "@evcli/misc/cca-claims.json", "--iak", "@evcli/misc/ec256.json", "--rak", "@iat-verifier/data/cca_realm.pem", "--out", "t"}, 2, "cca_realm.pem: this key is not the cca-realm-public-key of "},
};
class TokenEnds : public Token, public ::testing::WithParamInterface<Case> {};
TEST_P(TokenEnds, WithTheStatusOfTheFault) {
  std::vector<std::string> args = GetParam().args;
  for (std::string& word : args) {
    if (word.starts_with('@')) word = path(word.substr(1));
  }
  const Outcome outcome = run(args);
  EXPECT_EQ(outcome.status, GetParam().status) << GetParam().why << ": " << outcome.err;
  EXPECT_EQ(outcome.out, "") << GetParam().why;
  EXPECT_TRUE(has(outcome.err, GetParam().part)) << GetParam().why << ": " << outcome.err;
  EXPECT_TRUE(outcome.err.starts_with("error: ")) << outcome.err;
}
INSTANTIATE_TEST_SUITE_P(, TokenEnds, ::testing::ValuesIn(kCases));

TEST_F(Token, NoMemberOfTheClaimsIsLostInSilence) {
  const auto psa = [this](std::string_view from, const char* name) {
    json::Value claims = json::parse(testing::vector_text(from)).value();
    claims.object()->set(name, 1);
    write("claims.json", json::print(claims));
    return run({"psa", "create", "--claims", "claims.json", "--key", path("evcli/misc/ec256.json"), "--allow-invalid", "--out", "t.cbor"});
  };
  const Outcome typo = psa("evcli/misc/psa-claims-profile-2.json", "psa-hardware-typo");
  EXPECT_EQ(typo.status, 3);
  EXPECT_TRUE(typo.err.starts_with("error: claims.json: /psa-hardware-typo: nothing in a token of this profile has this name")) << typo.err;
  EXPECT_EQ(psa("evcli/misc/psa-claims-profile-2.json", "psa-hwver").status, 3) << "a claim of the other profile";
  EXPECT_EQ(psa("evcli/misc/psa-claims-profile-1.json", "psa-hardware-version").status, 3) << "psa-hwver is meant";
  EXPECT_FALSE(std::filesystem::exists("t.cbor"));

  json::Value cca = json::parse(testing::vector_text("evcli/misc/cca-claims.json")).value();
  json::Value platform = *cca.object()->find("cca-platform-token");
  json::Array components = *platform.object()->find("cca-platform-sw-components")->array();
  components.at(0).object()->set("signer_id", "AA==");
  platform.object()->set("cca-platform-sw-components", components);
  cca.object()->set("cca-platform-token", platform);
  write("claims.json", json::print(cca));
  const Outcome inner = run({"cca", "create", "--claims", "claims.json", "--iak", path("evcli/misc/ec256.json"), "--rak", path("evcli/misc/ec384.json"), "--out", "t.cbor"});
  EXPECT_EQ(inner.status, 3);
  EXPECT_TRUE(has(inner.err, "claims.json: /cca-platform-token/cca-platform-sw-components/0/signer_id: ")) << inner.err;
}

TEST_F(Token, WhatSaysNothingOrStandsInTheExamplesOfEvcliMayBeLost) {
  json::Value claims = json::parse(testing::vector_text("evcli/misc/psa-claims-profile-2.json")).value();
  claims.object()->set("psa-certification-reference", nullptr);
  write("claims.json", json::print(claims));
  EXPECT_EQ(run({"psa", "create", "--claims", "claims.json", "--key", path("evcli/misc/ec256.json"), "--out", "t.cbor"}).status, 0);
}

TEST_F(Token, CheckNamesTheRulesThatAreBroken) {
  ASSERT_EQ(run({"psa", "create", "--claims", path("evcli/misc/psa-claims-bad-no-implid.json"), "--key", path("evcli/misc/ec256.json"), "--allow-invalid", "--out", "t.cbor"}).status, 0);
  const Outcome checked = run({"psa", "check", "t.cbor"});
  EXPECT_EQ(checked.status, 3);
  EXPECT_TRUE(has(checked.out, "FAILED       implementation id")) << checked.out;
  EXPECT_TRUE(has(checked.out, "missing mandatory claim"));
  EXPECT_EQ(run({"psa", "verify", "t.cbor", "--key", path("evcli/misc/ec256.json")}).status, 3);
}

TEST_F(Token, ABrokenBindingIsNotTrusted) {
  const Outcome outcome = run({"cca", "verify", path("ccatoken/rust/bug-33-repro.cbor"), "--key", path("ccatoken/rust/cpak.json")});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_TRUE(has(outcome.out, "FAILED       binding of realm to platform")) << outcome.out;
}

TEST_F(Token, WrappersAreTakenOff) {
  const Outcome verified = run({"cca", "verify", path("ratsd/ex-basic-arm-cca.json"), "--key", path("iat-verifier/data/cca_platform.pem")});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  EXPECT_TRUE(has(run({"cca", "show", path("ratsd/ex-basic-arm-cca.json")}).out, "unwrapped from TSM report (JSON), provider \"arm_cca_guest\"\n"));
}

}  // namespace
}  // namespace assay
