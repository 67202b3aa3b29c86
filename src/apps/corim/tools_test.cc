#include <filesystem>

#include "apps/app_testing.h"
#include "apps/corim/corim_cli.h"
#include "apps/verify/verify_cli.h"
#include "base/text.h"
#include "codec/json/json.h"
#include "model/corim/comid.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;

class CorimTools : public testing::InOwnFolder {
 protected:
  static std::string vector(std::string_view name) { return testing::vector_path(name).string(); }
  static Outcome run(const std::vector<std::string>& args) { return call(run_corim, args); }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
  static std::string slurp(const std::string& file) { return testing::read_text(file); }
  static void refused(const Outcome& outcome, int status, std::string_view part) {
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_TRUE(has(outcome.err, part)) << outcome.err;
  }
};

constexpr const char* kMisspelt =
    "{\"tag-identity\": {\"id\": \"x\"},\n"
    " \"triples\": {\"reference-values\": [{\"environment\": {\"class\": {\"vendor\": \"v\"}},\n"
    "   \"measurements\": [{\"value\": {\"serial-numbr\": \"7\"}}]}]}}";

TEST_F(CorimTools, LintNamesTheLineAndTheExitStatusIsThatOfTheWorst) {
  write("bad.json", kMisspelt);
  const Outcome outcome = run({"lint", "bad.json", vector("cocli/gen-a/golden/comid-psa-refval.cbor")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_TRUE(has(outcome.out, "bad.json:3:32: warning: /triples/reference-values/0/measurements/0/value: unknown member \"serial-numbr\", which is not written; expected perhaps \"serial-number\"\n")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "bad.json:3:31: error: /triples/reference-values/0/measurements/0/value: no measurement value set")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "bad.json: 2 problems, of which --fix mends 2\n")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "comid-psa-refval.cbor: CoMID: nothing to say\n")) << outcome.out;
  const auto json = json::parse(run({"lint", "bad.json", "--json"}).out);
  ASSERT_TRUE(testing::ok(json));
  EXPECT_EQ(json->array()->at(0).object()->find("findings")->array()->at(0).object()->find("line")->integer(), 3);
}

TEST_F(CorimTools, LintKnowsTheRulesOfProfiles) {
  const std::string folder = "corim/gen-d/services-6b88102/";
  const Outcome outcome = run({"lint", vector(folder + "psa-iot/corim-psa-bad-instance.cbor")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_TRUE(has(outcome.out, "error: CoMID 0: attestation key 0: environment: instance-id must be of type 'ueid', got 'uuid'; expected a UEID of 33 bytes\n")) << outcome.out;
  EXPECT_EQ(run({"lint", vector(folder + "arm-cca/corim-cca-platform-valid.cbor")}).status, 0);
  const Outcome foreign = run({"lint", vector("corim/gen-d/corim-53b3014/corim/unsigned-example-corim.cbor")});
  EXPECT_EQ(foreign.status, 0) << foreign.out;
  EXPECT_TRUE(has(foreign.out, "warning: profile \"http://example.com/example-profile\"")) << foreign.out;
}

TEST_F(CorimTools, LintMendsTheFileOrAnother) {
  write("bad.json", kMisspelt);
  EXPECT_EQ(run({"lint", "bad.json", "--fix", "--out", "good.json"}).status, 0);
  EXPECT_EQ(slurp("bad.json"), kMisspelt);
  EXPECT_EQ(run({"lint", "good.json", "--strict"}).status, 0);
  EXPECT_EQ(run({"lint", "bad.json", "--fix"}).status, 0);
  EXPECT_EQ(slurp("bad.json"), slurp("good.json"));
  write("worse.json", "{\"tag-identity\": {\"id\": \"\"},\n \"tripels\": {}}");
  const Outcome worse = run({"lint", "worse.json", "--fix"});
  EXPECT_EQ(worse.status, 3);
  EXPECT_TRUE(has(worse.out, "worse.json:2:2: mended: unknown member \"tripels\"")) << worse.out;
  EXPECT_TRUE(has(worse.out, "worse.json:1:25: error: /tag-identity/id: an empty id")) << worse.out;
  EXPECT_TRUE(has(worse.out, "worse.json: 2 mended, 1 remains\n")) << worse.out;
  EXPECT_EQ(slurp("worse.json"), "{\"tag-identity\": {\"id\": \"\"},\n \"triples\": {}}");
  EXPECT_TRUE(has(run({"lint", "worse.json", "--fix"}).out, "worse.json: nothing that can be mended; 1 remains\n"));
  refused(run({"lint", "absent.json"}), 5, "no such file");
  write("no.json", "{\n x");
  const Outcome no = run({"lint", "no.json"});
  EXPECT_EQ(no.status, 3);
  EXPECT_TRUE(has(no.out, "no.json:2:2: error: a syntax error")) << no.out;
}

TEST_F(CorimTools, LintKeepsItsOutputsApart) {
  write("bad.json", kMisspelt);
  refused(run({"lint", "bad.json", "bad.json", "--fix", "--out", "good.json"}), 2, "one file for 2 mended ones");
  refused(run({"lint", "bad.json", "--fix", "--out", "-", "--json"}), 2, "on standard output");
  const Outcome piped = run({"lint", "bad.json", "--fix", "--out", "-"});
  EXPECT_TRUE(json::parse(piped.out)) << piped.out;
  EXPECT_TRUE(has(piped.err, "bad.json: 2 mended, 0 remain\n")) << piped.err;
  EXPECT_TRUE(has(run({"lint", "bad.json", "--type", "corim"}).out, "no member \"corim-id\""));
  EXPECT_EQ(run({"lint", "bad.json", "--type", "x"}).status, 2);
}

TEST_F(CorimTools, DiffSaysWhatChanged) {
  const std::string full = vector("cocli/gen-a/golden/corim-psa-full.cbor");
  EXPECT_EQ(run({"diff", full, vector("cocli/gen-a/golden/signed-corim-psa-full-es256.cbor")}).out, "they say the same\n");
  const Outcome later = run({"diff", full, vector("cocli/gen-d/golden/corim-psa-full.cbor")});
  EXPECT_EQ(later.status, 1);
  EXPECT_TRUE(later.out.starts_with("changed  CoRIM profile\n  - {\"type\":\"uri\",\"value\":\"http://arm.com/psa/iot/1\"}\n  + {\"type\":\"uri\",\"value\":\"tag:arm.com,2025:psa#1.0.0\"}\n")) << later.out;
  const auto json = json::parse(run({"diff", full, vector("cocli/gen-d/golden/corim-psa-full.cbor"), "--json"}).out);
  ASSERT_TRUE(testing::ok(json));
  EXPECT_EQ(*json->array()->at(0).object()->find("change")->text(), "changed");
  EXPECT_EQ(run({"diff", full}).status, 2);
  refused(run({"diff", full, vector("corim/gen-0-stale/corim-psa-p2-refvalue.cbor")}), 3, "generation 0");
}

TEST_F(CorimTools, MergePutsThemTogetherOrSaysWhyNot) {
  const std::string full = vector("cocli/gen-a/golden/corim-psa-full.cbor");
  EXPECT_EQ(run({"merge", full, full, "--out", "all.cbor"}).status, 0);
  EXPECT_EQ(run({"diff", full, "all.cbor"}).status, 0);
  refused(run({"merge", full, vector("cocli/gen-a/golden/corim-cca-platform.cbor"), "--out", "none.cbor"}), 4, "as the first has");
  EXPECT_FALSE(std::filesystem::exists("none.cbor"));
}

// The OP-TEE guide edits these files by hand.
TEST_F(CorimTools, WhatIsDraftedFromEvidenceMakesItAffirm) {
  struct Row {
    std::string token, key;
    std::vector<std::string> files;
  };
  for (const Row& row : {Row{"optee/token-iisec.cbor", "optee/iisec/ec256.json", {"psa-platform.cbor"}}, Row{"iat-verifier/generations/F.cbor", "iat-verifier/data/cca_platform.pem", {"cca-platform.cbor", "cca-realm.cbor"}}}) {
    for (const std::string generation : {"A", "C", "D"}) {
      std::filesystem::remove_all("drafts");
      std::filesystem::create_directory("drafts");
      const Outcome drafted = run({"from-evidence", vector(row.token), "--verified-with", vector(row.key), "--out-dir", "drafts", "--format", generation});
      EXPECT_EQ(drafted.status, 0) << drafted.err;
      for (const std::string& file : row.files) EXPECT_TRUE(has(drafted.err, "drafts/" + file + ": ")) << drafted.err;
      const Outcome verdict = call(run_verify, {vector(row.token), "--endorsements", "drafts"});
      EXPECT_EQ(verdict.status, 0) << generation << verdict.out << verdict.err;
      EXPECT_TRUE(has(verdict.out, "\nVerdict: affirming\n")) << verdict.out;
    }
  }
}

TEST_F(CorimTools, NobodyIsBelievedUnasked) {
  const std::string token = vector("optee/token-iisec.cbor");
  refused(run({"from-evidence", token}), 2, "--unverified to believe it");
  refused(run({"from-evidence", token, "--unverified", "--verified-with", vector("optee/iisec/ec256.json")}), 2, "--verified-with and --unverified");
  refused(run({"from-evidence", token, "--verified-with", vector("psatoken/rfc9783/tfm-es-iak.pem")}), 4, "signature");
  EXPECT_FALSE(std::filesystem::exists("psa-platform.cbor"));
  const Outcome believed = run({"from-evidence", token, "--unverified"});
  EXPECT_EQ(believed.status, 0);
  EXPECT_TRUE(has(believed.err, "NOT VERIFIED")) << believed.err;
  const auto read = corim::read_corim(as_bytes(slurp("psa-platform.cbor")));
  ASSERT_TRUE(testing::ok(read));
  EXPECT_TRUE(corim::read_comid(read->tags[0].content)->triples.attest_keys.empty());
  refused(run({"from-evidence", vector("optee/iisec/ec256.json"), "--unverified"}), 3, "ec256.json");
}

}  // namespace
}  // namespace assay
