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
  const Outcome named = run({"merge", full, full, "--id", "all-of-them", "--out", "named.cbor"});
  EXPECT_TRUE(has(named.err, "id \"all-of-them\"; valid ")) << named.err;
  EXPECT_EQ(std::get<std::string>(corim::read_corim(as_bytes(slurp("named.cbor")))->id), "all-of-them");
  refused(run({"merge", full, vector("cocli/gen-a/golden/corim-cca-platform.cbor"), "--out", "none.cbor"}), 3, "as the first has");
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

TEST_F(CorimTools, EvidenceOfWhichNothingIsDraftedIsNamed) {
  const Outcome outcome = run({"from-evidence", testing::vector_path("veraison/v0.0.2608/riot/evidence.pem").string(), "--unverified"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_NE(outcome.err.find("RIoT (DICE) evidence, of which no endorsements are drafted; expected evidence of Arm PSA, "), std::string::npos) << outcome.err;
}

TEST_F(CorimTools, OutputsThatBelongTogetherAreAllOrNothing) {
  const std::string token = vector("iat-verifier/generations/F.cbor");
  const std::string key = vector("iat-verifier/data/cca_platform.pem");
  std::filesystem::create_directories("blocked/cca-realm.cbor");
  refused(run({"from-evidence", token, "--verified-with", key, "--out-dir", "blocked"}), 5, "cca-realm.cbor");
  EXPECT_FALSE(std::filesystem::exists("blocked/cca-platform.cbor"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{"blocked"}, {}), 1) << "and nothing is left behind";
  EXPECT_EQ(run({"from-evidence", token, "--verified-with", key, "--out-dir", "new/folder"}).status, 0);
  EXPECT_TRUE(std::filesystem::exists("new/folder/cca-realm.cbor"));
  const std::string full = vector("cocli/gen-a/golden/corim-psa-full.cbor");
  std::filesystem::create_directories("tags/000001-comid.cbor");
  refused(run({"extract", full, "--out-dir", "tags"}), 5, "000001-comid.cbor");
  EXPECT_FALSE(std::filesystem::exists("tags/000000-comid.cbor"));
  EXPECT_EQ(run({"extract", full, "--out-dir", "made"}).status, 0);
  EXPECT_TRUE(std::filesystem::exists("made/000000-comid.cbor"));
}

// "passed cca.platform.signature" …, without where their expectations came from.
std::vector<std::string> findings(const std::string& report) {
  std::vector<std::string> all;
  const auto json = json::parse(report);
  if (!json || json->object() == nullptr || json->object()->find("findings") == nullptr) return all;
  for (const json::Value& finding : *json->object()->find("findings")->array()) {
    const json::Object& members = *finding.object();
    all.push_back(json::print(*members.find("severity")) + " " + json::print(*members.find("id")));
  }
  return all;
}

// The same verdict, finding by finding, by endorsements of either dialect.
TEST_F(CorimTools, ConvertedEndorsementsSayTheSame) {
  struct Row {
    std::string evidence;
    std::vector<std::string> endorsements;
    int status;
  };
  const std::string folder = "veraison/v0.0.2502/";
  for (const Row& row : {Row{"psa-evidence.cbor", {"psa-endorsements.cbor"}, 0}, Row{"cca-evidence.cbor", {"cca-endorsements.cbor", "cca-realm-endorsements.cbor"}, 0}}) {
    std::vector<std::string> before{vector(folder + row.evidence), "--json", "--at", "2025-06-01T00:00:00Z"};
    std::vector<std::string> after = before;
    for (const std::string& file : row.endorsements) {
      const Outcome converted = run({"convert", vector(folder + file), "--to", "D", "--out", file});
      ASSERT_EQ(converted.status, 0) << converted.err;
      const auto corim = corim::read_corim(as_bytes(slurp(file)));
      ASSERT_TRUE(testing::ok(corim));
      EXPECT_TRUE(std::get<std::string>(*corim->profile).starts_with("tag:arm.com,2025:"));
      EXPECT_EQ(run({"lint", file}).status, 0) << run({"lint", file}).out;
      before.insert(before.end(), {"--endorsements", vector(folder + file)});
      after.insert(after.end(), {"--endorsements", file});
    }
    const Outcome old_verdict = call(run_verify, before);
    const Outcome new_verdict = call(run_verify, after);
    EXPECT_EQ(old_verdict.status, row.status) << old_verdict.out << old_verdict.err;
    EXPECT_EQ(new_verdict.status, old_verdict.status) << new_verdict.out << new_verdict.err;
    EXPECT_EQ(findings(new_verdict.out), findings(old_verdict.out));
    EXPECT_FALSE(findings(old_verdict.out).empty());
  }
  // A CoMID does not say its profile.
  const std::string refval = vector("cocli/gen-a/comid-templates/comid-psa-refval.json");
  refused(call(run_comid, {"create", refval, "--format", "D", "--out", "d.cbor"}), 3, "--profile http://arm.com/psa/iot/1");
  EXPECT_EQ(call(run_comid, {"create", refval, "--format", "D", "--profile", "http://arm.com/psa/iot/1", "--out", "d.cbor"}).status, 0);
  EXPECT_EQ(call(run_comid, {"validate", "d.cbor", "--profile", "tag:arm.com,2025:psa#1.0.0"}).status, 0);
}

TEST_F(CorimTools, ExamplesCompile) {
  for (const std::string which : {"psa", "cca-platform", "cca-realm"}) {
    write("comid.json", call(run_comid, {"example", which}).out);
    write("corim.json", run({"example", which}).out);
    write("meta.json", run({"example", "meta"}).out);
    const Outcome comid = call(run_comid, {"create", "comid.json", "--out", "comid.cbor"});
    EXPECT_EQ(comid.status, 0) << comid.err;
    const Outcome corim = run({"create", "corim.json", "--comid", "comid.cbor", "--out", "rim.cbor"});
    EXPECT_EQ(corim.status, 0) << corim.err;
    for (const std::string file : {"comid.json", "corim.json", "meta.json", "rim.cbor"}) EXPECT_EQ(run({"lint", file, "--strict"}).status, 0) << which << run({"lint", file}).out;
    const Outcome sign = run({"sign", "rim.cbor", "--key", vector("cocli/keys/ec-p256.jwk"), "--meta", "meta.json", "--out", "signed.cose"});
    EXPECT_EQ(sign.status, 0) << sign.err;
  }
  EXPECT_EQ(run({"example", "tdx"}).status, 2);
  write("comid.json", call(run_comid, {"example", "psa"}).out);
  (void)call(run_comid, {"create", "comid.json", "--out", "comid.cbor"});
  const Outcome shown = call(run_comid, {"show", "comid.cbor"});
  EXPECT_TRUE(has(shown.out, "-----BEGIN PUBLIC KEY-----\n")) << shown.out;
  EXPECT_FALSE(has(shown.out, "\\x0a")) << shown.out;
}

TEST_F(CorimTools, DiffOfComids) {
  write("a.json", call(run_comid, {"example", "psa"}).out);
  std::string other = slurp("a.json");
  other.replace(other.find("sha-256;h0KP"), 12, "sha-256;h1KP");
  other.replace(other.find("en-GB"), 5, "fr-FR");
  write("b.json", other);
  const Outcome differ = call(run_comid, {"diff", "a.json", "b.json"});
  EXPECT_EQ(differ.status, 1) << differ.err;
  EXPECT_TRUE(has(differ.out, "changed  CoMID lang\n  - \"en-GB\"\n  + \"fr-FR\"\n")) << differ.out;
  EXPECT_TRUE(has(differ.out, "psa.impl-id")) << differ.out;
  EXPECT_TRUE(has(differ.out, "\"sha-256:87428fc5")) << differ.out;
  EXPECT_EQ(call(run_comid, {"diff", "a.json", "a.json"}).status, 0);
}

}  // namespace
}  // namespace assay
