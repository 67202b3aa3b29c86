#include "apps/evcli/evcli.h"

#include <algorithm>

#include "apps/app_testing.h"
#include "codec/json/json.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;
using testing::vector_bytes;
using testing::vector_path;
using testing::vector_text;

class Evcli : public testing::InOwnFolder {
 protected:
  static Outcome run(const std::vector<std::string>& args) { return call(run_evcli, args); }
  static std::string path(std::string_view vector) { return vector_path(vector).string(); }
  // Runs and expects one line on stderr and exit status 1.
  static void refused(const std::vector<std::string>& args, const std::string& text) {
    const Outcome outcome = run(args);
    EXPECT_EQ(outcome.err, "Error: " + text + "\n");
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.status, 1);
  }
  static void printed(const std::vector<std::string>& args, const std::string& expected_file) {
    const Outcome outcome = run(args);
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.out, vector_text(expected_file));
    EXPECT_EQ(outcome.status, 0);
  }
};

TEST_F(Evcli, L1_PsaCheckAndPrintAreByteForByte) {
  go_to("evcli/tests");
  for (const std::string token : {"psa-p1.cbor", "psa-p2.cbor"}) {
    printed({"psa", "check", "-t", token, "-k", "psa-key-pub.jwk"}, "evcli/expected-output/psa-check." + token + ".txt");
    printed({"psa", "check", "-t", token, "-k", "psa-key.jwk"}, "evcli/expected-output/psa-check." + token + ".txt");
    printed({"psa", "print", "--token=" + token}, "evcli/expected-output/psa-print." + token + ".txt");
  }
  go_to("evcli/misc/cbor");
  printed({"psa", "check", "-t", "psa-claims-profile-2-integ.cbor", "-k", "../ec256-pub.json"}, "evcli/expected-output/psa-check.psa-claims-profile-2-integ.cbor.txt");
  printed({"psa", "print", "-t", "psa-claims-profile-2-integ.cbor"}, "evcli/expected-output/psa-print.psa-claims-profile-2-integ.cbor.txt");
}

TEST_F(Evcli, L2_CcaCheckAndPrintAreByteForByte) {
  go_to("evcli/misc");
  printed({"cca", "check", "-t", "token.cbor", "-k", "ec256.json"}, "evcli/expected-output/cca-check.token.cbor.txt");
  printed({"cca", "print", "-t", "token.cbor"}, "evcli/expected-output/cca-print.token.cbor.txt");
  go_to("evcli/tests");
  printed({"cca", "check", "-t", "cca-token.cbor", "-k", "cca-iak-pub.jwk"}, "evcli/expected-output/cca-check.cca-token.cbor.txt");
  printed({"cca", "print", "-t", "cca-token.cbor"}, "evcli/expected-output/cca-print.cca-token.cbor.txt");
  go_to("ccatoken/token");
  for (const std::string token : {"good-907.cbor", "tf-rmm-399.cbor"}) printed({"cca", "print", "-t", token}, "ccatoken/expected-output/cca-print." + token + ".txt");
}

TEST_F(Evcli, L1_ClaimsGoToAFileWithoutALineEnd) {
  go_to("evcli/tests");
  const Outcome outcome = run({"psa", "check", "-t", "psa-p2.cbor", "-k", "psa-key.jwk", "-c", own("claims.json")});
  EXPECT_EQ(outcome.out, ">> \"psa-p2.cbor\" verified\n");
  const std::string all = vector_text("evcli/expected-output/psa-check.psa-p2.cbor.txt");
  const std::string claims = all.substr(all.find('{'));
  EXPECT_EQ(testing::read_text(own("claims.json")) + "\n", claims);
}

TEST_F(Evcli, L3_TheClaimsMustHaveTheRequestedProfile) {
  go_to("evcli/misc");
  refused({"psa", "create", "-c", "psa-claims-profile-1.json", "-k", "ec256.json"}, "profile mismatch: requested: http://arm.com/psa/2.0.0 loaded: PSA_IOT_PROFILE_1");
  refused({"psa", "create", "-c", "psa-claims-profile-2.json", "-k", "ec256.json", "-p", "PSA_IOT_PROFILE_1"}, "profile mismatch: requested: PSA_IOT_PROFILE_1 loaded: http://arm.com/psa/2.0.0");
  refused({"psa", "create", "-c", "psa-claims-profile-2.json", "-k", "ec256.json", "-p", "X"}, "wrong profile X: allowed profiles are http://arm.com/psa/2.0.0 and PSA_IOT_PROFILE_1");
}

TEST_F(Evcli, L4_CreatedPsaTokensVerify) {
  const std::string key = path("evcli/misc/ec256.json");
  for (const auto& [claims, profile] : {std::pair{"psa-claims-profile-1", "PSA_IOT_PROFILE_1"}, {"psa-claims-profile-2", "http://arm.com/psa/2.0.0"}}) {
    const std::string file = std::string{claims} + ".cbor";  // named after the claims, in the working directory
    const Outcome made = run({"psa", "create", "-c", path("evcli/misc/" + std::string{claims} + ".json"), "-k", key, "-p", profile});
    EXPECT_EQ(made.err, "");
    EXPECT_EQ(made.out, ">> \"" + file + "\" successfully created\n");
    EXPECT_EQ(made.status, 0);
    EXPECT_EQ(run({"psa", "check", "-t", own(file), "-k", path("evcli/misc/ec256-pub.json")}).status, 0);
  }
}

// The token's payload is what the original wrote; only its signature, which was random, differs.
TEST_F(Evcli, L4_PayloadsAreTheOriginals) {
  for (const std::string p : {"psa-p1", "psa-p2"}) {
    auto claims = json::parse(vector_text("evcli/tests/" + std::string{p == "psa-p1" ? "psa-p1-claims.json" : "psa-p2-claims.json"}));
    ASSERT_TRUE(testing::ok(claims));
    claims->object()->set("psa-nonce", "AAECAwABAgMAAQIDAAECAwABAgMAAQIDAAECAwABAgM=");
    write("claims.json", json::print(*claims));
    const Outcome made = run({"psa", "create", "-c", "claims.json", "-k", path("evcli/tests/psa-key.jwk"), "-t", "made.cbor", "-p", p == "psa-p1" ? "PSA_IOT_PROFILE_1" : "http://arm.com/psa/2.0.0"});
    ASSERT_EQ(made.status, 0) << made.err;
    const Bytes token = to_bytes(testing::read_text(own("made.cbor")));
    const Bytes original = vector_bytes("evcli/tests/" + p + ".cbor");
    ASSERT_EQ(token.size(), original.size());
    EXPECT_EQ(to_hex(ByteView{token}.first(token.size() - 64)), to_hex(ByteView{original}.first(original.size() - 64)));
  }
}

TEST_F(Evcli, L5_TheChallengeBecomesTheHashOfTheRak) {
  go_to("evcli/misc");
  const Outcome made = run({"cca", "create", "-c", "cca-claims.json", "-p", "ec256.json", "-r", "ec384.json", "-t", own("made.cbor")});
  EXPECT_EQ(made.err, "");
  EXPECT_EQ(made.out, ">> \"" + own("made.cbor") + "\" successfully created\n");
  const Outcome seen = run({"cca", "check", "-t", own("made.cbor"), "-k", "ec256-pub.json"});
  EXPECT_EQ(seen.err, "");
  EXPECT_NE(seen.out.find("\"cca-platform-challenge\": \"B+ZikIKrWgBwyZ8j2h/ga2rqAloOpPqTzHeAu+yI5AI=\""), std::string::npos) << seen.out;
}

TEST_F(Evcli, L4_CcaIsWrittenInTheFormThatIsAskedFor) {
  go_to("evcli/misc");
  for (const auto& [form, start] : {std::pair{"legacy", "d9018fa2"}, {"cmw", "d9038ba2"}}) {
    ASSERT_EQ(run({"cca", "create", "-c", "cca-claims.json", "-p", "ec256.json", "-r", "ec384.json", "--format", form, "-t", own("made.cbor")}).status, 0);
    EXPECT_TRUE(to_hex(to_bytes(testing::read_text(own("made.cbor")))).starts_with(start));
    EXPECT_EQ(run({"cca", "check", "-t", own("made.cbor"), "-k", "ec256.json"}).status, 0);
  }
  ASSERT_EQ(run({"cca", "create", "-c", "cca-claims.json", "-p", "ec256.json", "-r", "ec384.json", "-t", own("made.cbor")}).status, 0);
  EXPECT_TRUE(to_hex(to_bytes(testing::read_text(own("made.cbor")))).starts_with("d9018f")) << "the original writes tag 399";
  refused({"cca", "create", "-c", "cca-claims.json", "-p", "ec256.json", "-r", "ec384.json", "--format", "x"}, "wrong format \"x\": there is legacy (tag 399) and cmw (tag 907)");
}

TEST_F(Evcli, L8_PsaCreateErrors) {
  go_to("evcli/misc");
  const std::string claims = "psa-claims-profile-2.json";
  refused({"psa", "create", "-c", "none.json", "-k", "ec256.json"}, "open none.json: no such file or directory");
  refused({"psa", "create", "-c", ".", "-k", "ec256.json"}, "read .: is a directory");
  refused({"psa", "create", "-c", "psa-claims-bad-no-implid.json", "-k", "ec256.json"}, "validating implementation id: missing mandatory claim");
  refused({"psa", "create", "-c", claims, "-k", "none.jwk"}, "error loading signing key from none.jwk: open none.jwk: no such file or directory");
  refused({"psa", "create", "-c", claims, "-k", "ec256.json", "-t", "no/where.cbor"}, "error saving PSA attestation token to file no/where.cbor: open no/where.cbor: no such file or directory");
  refused({"psa", "create"}, "required flag(s) \"claims\", \"key\" not set");
  const Outcome outcome = run({"psa", "create", "-c", claims, "-k", claims});
  EXPECT_TRUE(outcome.err.starts_with("Error: error decoding signing key from " + claims + ": failed to parse key: ")) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(run({"psa", "create", "-c", "psa-claims-bad-no-implid.json", "-k", "ec256.json", "-t", own("bad.cbor"), "-I"}).status, 0);
  refused({"psa", "print", "-t", own("bad.cbor")}, "validating implementation id: missing mandatory claim");
}

TEST_F(Evcli, L8_PsaCheckErrors) {
  go_to("evcli/tests");
  refused({"psa", "check", "-t", "psa-p2.cbor", "-k", "none.jwk"}, "error loading verification key from none.jwk: open none.jwk: no such file or directory");
  refused({"psa", "check", "-t", "none.cbor", "-k", "psa-key.jwk"}, "open none.cbor: no such file or directory");
  refused({"psa", "check", "-t", "cca-token.cbor", "-k", "psa-key.jwk"}, "failed CBOR decoding for CWT: cbor: invalid COSE_Sign1_Tagged object");
  refused({"psa", "check", "-t", "psa-p2.cbor", "-k", "../../ccatoken/keys/alt-iak.jwk"}, "signature verification failed: verification error");
  const Outcome outcome = run({"psa", "check", "-t", "psa-p2.cbor", "-k", "psa-key.jwk", "-c", "/"});
  EXPECT_EQ(outcome.out, ">> \"psa-p2.cbor\" verified\n") << "as the original: the claims come after the verdict";
  EXPECT_EQ(outcome.err, "Error: error saving PSA attestation claims to file /: open /: is a directory\n");
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(Evcli, L8_AFlippedBitIsNoticed) {
  Bytes token = vector_bytes("evcli/tests/psa-p2.cbor");
  token.back() ^= 1;
  write("flipped.cbor", as_text(token));
  refused({"psa", "check", "-t", "flipped.cbor", "-k", path("evcli/tests/psa-key.jwk")}, "signature verification failed: verification error");
}

TEST_F(Evcli, L8_CcaCreateErrors) {
  go_to("evcli/misc");
  const std::string claims = "cca-claims.json";
  refused({"cca", "create", "-c", "none.json", "-p", "ec256.json", "-r", "ec384.json"}, "error loading CCA claims from none.json: open none.json: no such file or directory");
  refused({"cca", "create", "-c", "cca-claims-bad-norealm.json", "-p", "ec256.json", "-r", "ec384.json"}, "error loading CCA claims from cca-claims-bad-norealm.json: missing realm claims");
  refused({"cca", "create", "-c", claims, "-p", "none.jwk", "-r", "ec384.json"}, "error loading IAK signing key from none.jwk: open none.jwk: no such file or directory");
  refused({"cca", "create", "-c", claims, "-p", "ec256.json", "-r", "none.jwk"}, "error loading RAK signing key from none.jwk: open none.jwk: no such file or directory");
  refused({"cca", "create", "-c", claims, "-p", "ec256.json", "-r", "../../iat-verifier/data/cca_realm.pem"}, "error signing evidence: RAK does not match cca-realm-public-key");
  refused({"cca", "create", "-c", claims, "-p", "ec256.json", "-r", "ec384.json", "-t", "/"}, "error saving CCA attestation token to file /: open /: is a directory");
  refused({"cca", "create"}, "required flag(s) \"claims\", \"iak\", \"rak\" not set");
  write("empty.json", "{}");
  refused({"cca", "create", "-c", own("empty.json"), "-p", "ec256.json", "-r", "ec384.json"}, "error loading CCA claims from " + own("empty.json") + ": claims not set in evidence");
}

TEST_F(Evcli, L8_CcaCheckErrors) {
  go_to("evcli/tests");
  refused({"cca", "check", "-t", "none.cbor", "-k", "cca-iak.jwk"}, "loading CCA evidence from none.cbor: open none.cbor: no such file or directory");
  refused({"cca", "check", "-t", "cca-token-invalid.bin", "-k", "cca-iak.jwk"}, "loading CCA evidence from cca-token-invalid.bin: CBOR decoding of CCA evidence failed: unexpected EOF");
  refused({"cca", "check", "-t", "cca-token.cbor", "-k", "../../ccatoken/keys/alt-iak.jwk"}, "verifying CCA evidence from cca-token.cbor using key from ../../ccatoken/keys/alt-iak.jwk: unable to verify platform token: verification error");
  refused({"cca", "print", "-t", "none.cbor"}, "loading CCA evidence from none.cbor: open none.cbor: no such file or directory");
  go_to("ccatoken/rust");
  refused({"cca", "check", "-t", "bug-33-repro.cbor", "-k", "cpak.json"}, "verifying CCA evidence from bug-33-repro.cbor using key from cpak.json: binding verification failed: platform nonce does not match RAK hash");
}

TEST_F(Evcli, TheNonceOfCcaIsComparedWhereGiven) {
  go_to("evcli/tests");
  std::string nonce;
  for (int i = 0; i < 32; ++i) nonce += "4142";
  const Outcome good = run({"cca", "check", "-t", "cca-token.cbor", "-k", "cca-iak.jwk", "--nonce", nonce, "--verbose"});
  EXPECT_EQ(good.status, 0);
  EXPECT_EQ(good.err, ">> \"cca-token.cbor\" verified\n");
  nonce[0] = '5';
  const Outcome bad = run({"cca", "check", "-t", "cca-token.cbor", "-k", "cca-iak.jwk", "--nonce", nonce});
  EXPECT_EQ(bad.status, 1);
  EXPECT_EQ(bad.out, "");
  EXPECT_TRUE(bad.err.starts_with("Error: realm challenge does not match: expecting 51424142")) << bad.err;
}

TEST_F(Evcli, MacsProtectWithASymmetricKeyOnly) {
  write("mac.key", std::string(32, 'k'));
  write("other.key", std::string(32, 'l'));
  const std::string claims = path("evcli/misc/psa-claims-profile-2.json");
  const std::string key = path("evcli/misc/ec256.json");
  EXPECT_EQ(run({"psa", "create", "-c", claims, "--mac", "mac.key", "-t", "mac.cbor"}).out, ">> \"mac.cbor\" successfully created\n");
  EXPECT_EQ(run({"psa", "check", "-t", "mac.cbor", "--mac", "mac.key"}).status, 0);
  refused({"psa", "check", "-t", "mac.cbor", "--mac", "other.key"}, "signature verification failed: verification error");
  refused({"psa", "check", "-t", "mac.cbor", "-k", key}, "failed CBOR decoding for CWT: cbor: invalid COSE_Sign1_Tagged object");
  refused({"psa", "check", "-t", "mac.cbor", "-k", key, "--mac", "mac.key"}, "flags --key and --mac exclude each other");
  refused({"psa", "check", "-t", path("evcli/tests/psa-p2.cbor"), "--mac", "mac.key"}, "failed CBOR decoding for CWT: cbor: invalid COSE_Mac0_Tagged object");
  EXPECT_EQ(run({"psa", "check", "-t", "mac.cbor", "--mac", key}).status, 1) << "a public key must never be a MAC key";
}

TEST_F(Evcli, Rfc9783ClaimsAreWrittenAndRead) {
  auto claims = json::parse(vector_text("evcli/tests/psa-p2-claims.json"));
  ASSERT_TRUE(testing::ok(claims));
  claims->object()->set("eat-profile", "tag:psacertified.org,2023:psa#tfm");
  write("claims.json", json::print(*claims));
  const Outcome made = run({"psa", "create", "-c", "claims.json", "-k", path("evcli/misc/ec256.json"), "-t", "p3.cbor", "-p", "tag:psacertified.org,2023:psa#tfm"});
  EXPECT_EQ(made.status, 0) << made.err;
  const Outcome seen = run({"psa", "check", "-t", "p3.cbor", "-k", path("evcli/misc/ec256.json")});
  EXPECT_NE(seen.out.find("{\"eat-profile\":\"tag:psacertified.org,2023:psa#tfm\""), std::string::npos) << seen.out << seen.err;
}

TEST_F(Evcli, TheConfigurationFileIsNamedOnStderr) {
  write("config.yaml", "nonce_size: 32\n");
  const std::string token = path("evcli/tests/psa-p2.cbor");
  EXPECT_EQ(run({"psa", "print", "-t", token, "--config", "config.yaml"}).err, "Using config file: config.yaml\n");
  EXPECT_EQ(run({"--config=none.yaml", "psa", "print", "-t", token}).err, "");
  ::setenv("XDG_CONFIG_HOME", own("none").c_str(), 1);
  EXPECT_EQ(run({"psa", "print", "-t", token}).err, "Using config file: " + own("config.yaml") + "\n");
  ::unsetenv("XDG_CONFIG_HOME");
}

TEST_F(Evcli, HelpAndVersion) {
  EXPECT_EQ(run({"--version"}).out, "evcli version 0.0.2\n");
  EXPECT_NE(run({"psa", "create", "--help"}).out.find("  -p, --profile string   "), std::string::npos);
  EXPECT_NE(run({"cca"}).out.find("Available Commands:\n  check       "), std::string::npos);
  refused({"pas"}, "unknown command \"pas\" for \"evcli\"\n\nDid you mean this?\n\tpsa\n");
}

}  // namespace
}  // namespace assay
