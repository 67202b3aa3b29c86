#include "apps/policy/policy_cli.h"

#include <algorithm>

#include "apps/app_testing.h"
#include "codec/json/json.h"
#include "policy/policy_testing.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;
using testing::vector_path;

constexpr const char* kFolder = "veraison/v0.0.2502/";

class PolicyCli : public testing::InOwnFolder {
 protected:
  PolicyCli() { policy::set_worker_program(ASSAY_PROGRAM); }

  static Outcome run(std::vector<std::string> args) {
    for (std::string& word : args) {
      if (word.starts_with('@')) word = vector_path(kFolder + word.substr(1)).string();
    }
    return call(run_policy, args);
  }
  // On evidence with its endorsements, at a time when these were valid.
  static Outcome try_on(const std::string& what, std::string policy, std::vector<std::string> more = {}) {
    std::vector<std::string> args{"test", std::move(policy), "--evidence", "@" + what + "-evidence.cbor", "--endorsements", "@" + what + "-endorsements.cbor", "--at", "2025-01-01"};
    args.insert(args.end(), more.begin(), more.end());
    return run(args);
  }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
};

#define NEEDS_REGO() \
  if (!policy::has_rego()) GTEST_SKIP() << "this build has no Rego"

TEST_F(PolicyCli, ChecksAPolicy) {
  NEEDS_REGO();
  const Outcome good = run({"check", "@policy/integration/psa.rego"});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_TRUE(has(good.out, "psa.rego: a policy, 217 bytes\n")) << good.out;
  const Outcome machine = run({"check", "@policy/integration/psa.rego", "--json"});
  EXPECT_TRUE(has(machine.out, R"("bytes":217,"valid":true})")) << machine.out;

  const Outcome bad = run({"check", "@policy/policies/undefined.rego"});
  EXPECT_EQ(bad.status, 3);
  EXPECT_EQ(bad.out, "");
  EXPECT_TRUE(has(bad.err, "undefined.rego:3:15: var ok is unsafe\n  executables = ok\n                ^\n")) << bad.err;
  EXPECT_TRUE(has(run({"check", "@policy/policies/null.rego"}).err, "null.rego: an empty policy"));
  EXPECT_EQ(run({"check", own("none.rego")}).status, 5);
  write("clock.rego", "package policy\nexecutables = 2 { time.now_ns() > 1 }\n");
  EXPECT_TRUE(has(run({"check", own("clock.rego")}).err, "clock.rego: line 2: time.now_ns is not offered"));
  write("long.rego", "package policy\n#" + std::string(policy::kMaxRules, 'x'));
  EXPECT_EQ(run({"check", own("long.rego")}).status, 3);
}

TEST_F(PolicyCli, ShowsWhatAPolicyWouldChange) {
  NEEDS_REGO();
  const Outcome worse = try_on("psa", "@policy/integration/psa.rego");
  EXPECT_EQ(worse.status, 1) << worse.err;
  EXPECT_TRUE(has(worse.out, "PSA_IOT  affirming -> warning\n  executables        2 -> 32    recognized but known bugs or vulnerabilities\n")) << worse.out;
  EXPECT_TRUE(has(worse.err, "no --nonce")) << worse.err;
  const Outcome same = try_on("psa", "@policy/integration/psa-short.rego");
  EXPECT_EQ(same.status, 0);
  EXPECT_TRUE(has(same.out, "PSA_IOT  affirming\n  the policy changes nothing\n")) << same.out;
  write("add.rego", "package policy\nadded_claims = {\"realm\": submod} { submod == \"CCA_REALM\" }\nstatus = WARNING { submod != \"CCA_REALM\" }\n");
  const std::vector<std::string> realm{"--endorsements", "@cca-realm-endorsements.cbor"};
  const Outcome added = try_on("cca", own("add.rego"), realm);
  EXPECT_EQ(added.status, 1);
  EXPECT_TRUE(has(added.out, "CCA_SSD_PLATFORM  affirming -> warning\n")) << added.out;
  EXPECT_TRUE(has(added.out, "CCA_REALM  affirming\n  added claims       {\"realm\":\"CCA_REALM\"}\n")) << added.out;
  const Outcome one = try_on("cca", own("add.rego"), {"--endorsements", "@cca-realm-endorsements.cbor", "--submod", "CCA_REALM"});
  EXPECT_EQ(one.status, 0);
  EXPECT_FALSE(has(one.out, "CCA_SSD_PLATFORM")) << one.out;
}

TEST_F(PolicyCli, ShowsItToMachines) {
  NEEDS_REGO();
  const auto value = json::parse(try_on("psa", "@policy/integration/psa.rego", {"--json"}).out);
  ASSERT_TRUE(testing::ok(value));
  const json::Object& submod = *value->object()->find("submods")->object()->find("PSA_IOT")->object();
  EXPECT_EQ(json::print(*submod.find("changed")), R"(["executables"])");
  EXPECT_EQ(json::print(*submod.find("before")->object()->find("status")), "\"affirming\"");
  EXPECT_EQ(json::print(*submod.find("after")->object()->find("status")), "\"warning\"");
  EXPECT_EQ(json::print(*submod.find("added-claims")), "{}");
}

TEST_F(PolicyCli, ShowsWhatAPolicyIsAskedAbout) {
  NEEDS_REGO();
  const auto value = json::parse(try_on("psa", "@policy/integration/psa.rego", {"--show-input"}).out);
  ASSERT_TRUE(testing::ok(value));
  std::string members;
  for (const auto& [name, member] : *value->object()) members += name + " ";
  EXPECT_EQ(members, "scheme session submod result evidence endorsements ");
  EXPECT_EQ(*value->object()->find("scheme")->text(), "PSA_IOT");
  EXPECT_NE(value->object()->find("evidence")->object()->find("psa-software-components"), nullptr);
  EXPECT_FALSE(value->object()->find("endorsements")->array()->empty());
}

TEST_F(PolicyCli, SaysWhyAPolicyCannotBeTried) {
  NEEDS_REGO();
  const Outcome untrusted = run({"test", "@policy/integration/psa.rego", "--evidence", "@psa-evidence.cbor"});
  EXPECT_EQ(untrusted.status, 4);
  EXPECT_EQ(untrusted.out, "");
  EXPECT_TRUE(has(untrusted.err, "the evidence is not trusted, so that no policy is asked")) << untrusted.err;
  EXPECT_TRUE(has(try_on("psa", "@policy/integration/psa.rego", {"--scheme", "cca"}).err, "PSA_IOT evidence; expected evidence of \"cca\""));
  EXPECT_EQ(try_on("psa", "@policy/integration/psa.rego", {"--scheme", "psa"}).status, 1);
  EXPECT_TRUE(has(try_on("psa", "@policy/integration/psa.rego", {"--submod", "CCA_REALM"}).err, "no sub-module \"CCA_REALM\"; expected PSA_IOT"));
  const Outcome answer = try_on("psa", "@policy/policies/incorrect-rule-value.rego");
  EXPECT_EQ(answer.status, 5);
  EXPECT_TRUE(has(answer.err, "PSA_IOT: policy returned bad update: bad value \"SURE\" for \"executables\"")) << answer.err;
  EXPECT_EQ(try_on("psa", "@policy/policies/malformed.rego").status, 3);
  EXPECT_EQ(run({"test", "-", "--evidence", "-"}).status, 2);
  EXPECT_EQ(run({"tset", "x"}).status, 2);
}

TEST_F(PolicyCli, HelpTeachesByExample) {
  const Outcome help = run({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_TRUE(has(help.out, "assay policy test policy.rego --evidence token.cbor"));
}

}  // namespace
}  // namespace assay
