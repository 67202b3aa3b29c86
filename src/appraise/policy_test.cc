#include "appraise/policy.h"

#include <rapidcheck.h>

#include "policy/policy_testing.h"
#include "testing/testing.h"

namespace assay::appraise {
namespace {

using testing::fails;
using testing::ok;
using testing::vector_text;

const StoredPolicy kStored{.scheme = "PSA_IOT", .uuid = "3e1e7ad8-0000-11f0-8000-0242ac120002"};

StoredPolicy stored(std::string rules) {
  StoredPolicy policy = kStored;
  policy.rules = std::move(rules);
  return policy;
}
ear::Appraisal good() {
  ear::Appraisal appraisal;
  appraisal.vector.emplace()[ear::Claim::hardware] = 2;
  appraisal.vector->operator[](ear::Claim::executables) = 33;
  appraisal.policy_ids = {"policy:PSA_IOT"};
  appraisal.update_status();
  return appraisal;
}
PolicyInput input(const char* evidence = "{}") { return {"PSA_IOT", testing::hex("0011223344556677"), json::parse(evidence).value(), json::Array{}}; }

// The verdict on `good()` under a policy, or why not.
std::string judged(policy::Engine& engine, const std::string& rules, const char* evidence = "{}") {
  ear::Appraisal appraisal = good();
  const auto applied = apply_policy(engine, stored("package policy\n" + rules), input(evidence), "PSA_IOT", appraisal);
  if (!applied) {
    EXPECT_EQ(json::print(ear::to_json(appraisal)), json::print(ear::to_json(good()))) << "after an error nothing has changed";
    return applied.error().text();
  }
  std::string text{ear::name(appraisal.status)};
  for (const ear::Claim claim : ear::kAllClaims) {
    if (const int value = (*appraisal.vector)[claim]; value != 0) text += fmt::format(" {} {}", ear::name(claim), value);
  }
  if (appraisal.policy_claims) text += " " + json::print(*appraisal.policy_claims);
  return text;
}

TEST(Policies, ChangeStatusClaimsAndPolicyClaims) {
  policy::Interpreter engine;
  ASSAY_NEEDS_REGO(engine);
  struct Row {
    const char *rules, *verdict;
  };
  for (const Row& row : {
           Row{"", "warning executables 33 hardware 2"},
           Row{"executables = APPROVED_RT", "affirming executables 2 hardware 2"},
           Row{"executables = CONTRAINDICATED_RT", "contraindicated executables 96 hardware 2"},
           Row{"executables = 0", "warning executables 33 hardware 2"},
           Row{"executables = -1", "affirming executables -1 hardware 2"},
           Row{"executables = 64 / 2", "warning executables 32 hardware 2"},
           Row{"status = AFFIRMING", "warning executables 33 hardware 2"},
           Row{"status = \"contraindicated\"", "contraindicated executables 33 hardware 2"},
           Row{"status = CONTRAINDICATED\nexecutables = APPROVED_RT", "contraindicated executables 2 hardware 2"},
           Row{"hardware = \"Unrecognized-HW\"\nexecutables = \"approved rt\"\nfile_system = \"crypto_failed\"", "contraindicated executables 2 file-system 99 hardware 97"},
           Row{"added_claims = {\"b\": [1], \"a\": result[\"ear.status\"]}", "warning executables 33 hardware 2 {\"a\":\"warning\",\"b\":[1]}"},
           Row{"added_claims = {\"n\": session.nonce, \"s\": scheme, \"m\": submod}", "warning executables 33 hardware 2 {\"m\":\"PSA_IOT\",\"n\":\"ABEiM0RVZnc=\",\"s\":\"PSA_IOT\"}"},
       }) {
    EXPECT_EQ(judged(engine, row.rules), row.verdict) << row.rules;
  }
}

TEST(Policies, SayWhatIsWrong) {
  policy::Interpreter engine;
  ASSAY_NEEDS_REGO(engine);
  struct Row {
    const char *rules, *text;
  };
  for (const Row& row : {
           Row{"executables = \"SURE\"", "policy returned bad update: bad value \"SURE\" for \"executables\""},
           Row{"executables = 128", "policy returned bad update: bad value 128 for \"executables\""},
           Row{"executables = 2.5", "bad value 2.5 for \"executables\""},
           Row{"executables = true", "bad value true for \"executables\""},
           Row{"executables = [2]", "bad value [2] for \"executables\""},
           Row{"status = 3", "policy returned bad update: bad value 3 for \"status\""},
           Row{"status = \"fine\"", "bad value \"fine\" for \"status\""},
           Row{"added_claims = [1]", "bad value [1] for \"added-claims\""},
           Row{"bad_rule:;;", "could not evaluate policy: could not Eval policy: "},
           Row{"executables = x { x := [2, 3][_] }", "could not evaluate policy: could not Eval policy: "},
           Row{"executables = ok", "is unsafe"},
       }) {
    const std::string text = judged(engine, row.rules);
    EXPECT_NE(text.find(row.text), std::string::npos) << row.rules << ": " << text;
  }
  EXPECT_TRUE(fails(parse_outcome(json::parse("[]").value()), Errc::policy, "a JSON array; expected an object"));
  EXPECT_TRUE(fails(parse_outcome(json::parse(R"({"trust-vector":{"x":1}})").value()), Errc::policy, "no claim \"x\""));
  EXPECT_TRUE(fails(parse_outcome(json::parse(R"({"other":{}})").value()), Errc::policy, "an unexpected member \"other\""));
  EXPECT_TRUE(fails(parse_outcome(json::parse(R"({"trust-vector":[]})").value()), Errc::policy, "bad value [] for \"trust-vector\""));
}

TEST(Policies, WhatTheSchemeMadeWorseStaysUnlessThePolicySaysOtherwise) {
  ear::Appraisal appraisal;
  appraisal.vector.emplace()[ear::Claim::executables] = 33;
  appraisal.status = ear::Tier::contraindicated;
  Outcome outcome;
  outcome.vector[ear::Claim::executables] = 2;
  ear::Appraisal silent = appraisal;
  apply_outcome(outcome, silent);
  EXPECT_EQ(silent.status, ear::Tier::contraindicated);
  outcome.status = ear::Tier::affirming;
  apply_outcome(outcome, appraisal);
  EXPECT_EQ(appraisal.status, ear::Tier::affirming);
}

TEST(Policies, NeverMakeTheStatusBetterThanTheClaims) {
  rc::check([] {
    const auto any_vector = [] {
      ear::TrustVector vector;
      for (const ear::Claim claim : ear::kAllClaims) vector[claim] = *rc::gen::arbitrary<std::int8_t>();
      return vector;
    };
    const auto tier = rc::gen::element(ear::Tier::none, ear::Tier::affirming, ear::Tier::warning, ear::Tier::contraindicated);
    ear::Appraisal appraisal;
    appraisal.vector = any_vector();
    appraisal.status = *tier;
    appraisal.update_status();
    const Outcome outcome{*tier, any_vector(), {}};
    apply_outcome(outcome, appraisal);
    appraisal.update_status();
    RC_ASSERT(ear::worse(appraisal.status, appraisal.vector->status()) == appraisal.status);
    RC_ASSERT(ear::worse(appraisal.status, outcome.status) == appraisal.status);
  });
}

TEST(Policies, ArePutIntoThePolicyIdOfEverySubmod) {
  policy::Interpreter engine;
  ASSAY_NEEDS_REGO(engine);
  ear::Ear result;
  result.submods = {{"CCA_REALM", good()}, {"CCA_SSD_PLATFORM", good()}};
  ASSERT_TRUE(ok(apply_policy(engine, stored("package policy\nexecutables = 2 { submod == \"CCA_REALM\" }"), input(), result)));
  for (const auto& [name, appraisal] : result.submods) EXPECT_EQ(appraisal.policy_ids, std::vector<std::string>{"policy:PSA_IOT/" + kStored.uuid});
  EXPECT_EQ(result.submods.at("CCA_REALM").status, ear::Tier::affirming);
  EXPECT_EQ(result.submods.at("CCA_SSD_PLATFORM").status, ear::Tier::warning);
  // All or nothing.
  ear::Ear before = result;
  EXPECT_FALSE(ok(apply_policy(engine, stored("package policy\nexecutables = 2 { submod == \"CCA_REALM\" } else = \"SURE\""), input(), before)));
  EXPECT_EQ(json::print(ear::to_json(before)), json::print(ear::to_json(result)));
}

// Of both releases: what the policies answer, before it is applied.
TEST(Policies, AgreeWithVeraisonsEvaluationVectors) {
  policy::Interpreter engine;
  ASSAY_NEEDS_REGO(engine);
  int seen = 0;
  for (const std::string version : {"v0.0.2502", "v0.0.2608"}) {
    const auto load = [&](const json::Object& vector, const char* member) { return vector_text("veraison/" + version + "/policy/" + vector.find(member)->text()->substr(5)); };
    const json::Value vectors = json::parse(vector_text("veraison/" + version + "/policy/evaluate-vectors.json")).value();
    for (const json::Value& one : *vectors.array()) {
      const json::Object& vector = *one.object();
      const std::string title = version + " " + *vector.find("title")->text();
      auto result = ear::from_json(json::parse(load(vector, "result")).value(), ear::Strictness::reference);
      ASSERT_TRUE(ok(result)) << title;
      auto& [name, appraisal] = *result->submods.begin();
      const PolicyInput document{*vector.find("scheme")->text(), {}, *json::parse(load(vector, "evidence")).value().object()->find("evidence"), json::parse(load(vector, "endorsements")).value()};
      const auto value = engine.evaluate(load(vector, "policy"), policy_document(document, name, appraisal));
      const auto outcome = value ? parse_outcome(*value) : std::unexpected(value.error());
      const json::Object& expected = *vector.find("expected")->object();
      EXPECT_EQ(outcome.has_value(), expected.find("error")->is_null()) << title;
      ++seen;
      if (!outcome) continue;
      const json::Object& submod = *expected.find("outcome")->object()->find("submods")->object()->find("test")->object();
      EXPECT_EQ(static_cast<std::int64_t>(outcome->status), submod.find("ear.status")->integer()) << title;
      for (const auto& [claim, number] : *submod.find("ear.trustworthiness-vector")->object()) EXPECT_EQ(outcome->vector[ear::claim_by_name(claim).value()], number.integer()) << title << " " << claim;
      EXPECT_EQ(json::print(outcome->added_claims), json::print(*submod.find("ear.veraison.policy-claims"))) << title;
    }
  }
  EXPECT_EQ(seen, 20);
}

TEST(Policies, OfVeraisonsIntegrationTests) {
  policy::Interpreter engine;
  ASSAY_NEEDS_REGO(engine);
  for (const std::string version : {"v0.0.2502", "v0.0.2608"}) {
    const auto rules = [&](const std::string& name) { return vector_text("veraison/" + version + "/policy/integration/" + name).substr(std::string_view{"package policy\n"}.size()); };
    EXPECT_EQ(judged(engine, rules("psa-short.rego")), "affirming executables 2 hardware 2");
    const std::string psa = rules("psa.rego");
    EXPECT_EQ(judged(engine, psa, R"({"psa-software-components":[{"measurement-type":"PRoT","version":"1.0"},{"measurement-type":"BL","version":"3.5.1"}]})"), "affirming executables 2 hardware 2");
    EXPECT_EQ(judged(engine, psa, R"({"psa-software-components":[{"measurement-type":"BL","version":"3.4.2"}]})"), "warning executables 32 hardware 2");
    EXPECT_EQ(judged(engine, psa, "{}"), "warning executables 32 hardware 2");
    const std::string challenge = rules("cca-verify-challenge.rego");
    EXPECT_EQ(judged(engine, challenge, R"({"realm":{"cca-realm-challenge":"ABEiM0RVZnc="}})"), "warning executables 33 hardware 2");
    EXPECT_EQ(judged(engine, challenge, R"({"realm":{"cca-realm-challenge":"ABEiM0RVZng="}})"), "contraindicated executables 33 hardware 2");
    EXPECT_EQ(judged(engine, challenge, R"({"realm":{"cca-realm-challenge":"%"}})"), "contraindicated executables 33 hardware 2");
  }
}

TEST(Policies, SeeEvidenceAndReferenceValues) {
  constexpr std::array<std::string_view, 2> kTwo{"CCA_SSD_PLATFORM", "CCA_REALM"};
  constexpr std::array<std::string_view, 1> kOne{"PARSEC_CCA"};
  Scheme scheme{};
  scheme.attestation_scheme = "ARM_CCA";
  scheme.submods = kTwo;
  Endorsements all;
  all.references.platforms.push_back({.implementation_id = {1}, .components = {{"BL", "1.2", Bytes{2}, Bytes(32, 3), "x"}, {{}, {}, {}, Bytes(48, 4), "x"}}, .configs = {{.value = {5}}}, .origin = "x"});
  all.references.realms.push_back({Bytes(64, 6), {Bytes(1, 7), std::nullopt}, Bytes{8}, "x"});
  const std::vector<Submod> submods{{.name = "CCA_SSD_PLATFORM", .vector = {}, .annotated_evidence = json::parse(R"({"a":1})").value()}, {.name = "CCA_REALM", .vector = {}}};
  const PolicyInput seen = policy_input(scheme, {}, submods, all);
  EXPECT_EQ(seen.scheme, "ARM_CCA");
  EXPECT_EQ(json::print(seen.evidence), R"({"platform":{"a":1}})") << "what is not authentic is not there";
  const std::string b32 = to_base64(Bytes(32, 3)), b48 = to_base64(Bytes(48, 4)), b64 = to_base64(Bytes(64, 6));
  EXPECT_EQ(json::print(seen.endorsements),
            R"([{"scheme":"ARM_CCA","type":"reference value","subType":"platform.sw-component","attributes":{"impl-id":"AQ==","measurement-desc":"sha-256","measurement-type":"BL","measurement-value":")" + b32 +
                R"(","signer-id":"Ag==","version":"1.2"}},{"scheme":"ARM_CCA","type":"reference value","subType":"platform.sw-component","attributes":{"impl-id":"AQ==","measurement-desc":"sha-384","measurement-value":")" + b48 +
                R"("}},{"scheme":"ARM_CCA","type":"reference value","subType":"platform.config","attributes":{"impl-id":"AQ==","platform-config-id":"BQ=="}},{"scheme":"ARM_CCA","type":"reference value","subType":"realm.reference-value","attributes":{"hash-alg-id":"sha-512","realm-initial-measurement":")" +
                b64 + R"(","realm-personalization-value":"CA==","rem0":"Bw=="}}])");

  scheme.attestation_scheme = "PARSEC_CCA";
  scheme.submods = kOne;
  const std::vector<Submod> parsec{{.name = "PARSEC_CCA", .vector = {}, .annotated_evidence = json::parse(R"({"kat":1,"platform":2,"realm":3})").value()}};
  EXPECT_EQ(json::print(policy_input(scheme, {}, parsec, {}).evidence), R"({"kat":1,"platform":2,"realm":3,"cca.platform":2,"cca.realm":3})");

  Endorsements tpm;
  const Bytes uuid = testing::hex("cd1f0e5526f9460db9d8f7fde171787c");
  tpm.references.pcrs.push_back({uuid, 0, {std::int64_t{1}, {9}}, "x"});
  scheme.attestation_scheme = "PARSEC_TPM";
  EXPECT_EQ(json::print(policy_input(scheme, {}, {}, tpm).endorsements), R"([{"scheme":"PARSEC_TPM","type":"reference value","attributes":{"parsec-tpm.class-id":"cd1f0e55-26f9-460d-b9d8-f7fde171787c","parsec-tpm.pcr":0,"parsec-tpm.digest":"CQ==","parsec-tpm.alg-id":1}}])");
  tpm.references.pcrs.front().pcr.reset();
  scheme.attestation_scheme = "TPM_ENACTTRUST";
  EXPECT_EQ(json::print(policy_input(scheme, {}, {}, tpm).endorsements), R"([{"scheme":"TPM_ENACTTRUST","type":"reference value","subType":"enacttrust-tpm.sw-component","attributes":{"enacttrust-tpm.node-id":"cd1f0e55-26f9-460d-b9d8-f7fde171787c","enacttrust-tpm.digest":"CQ==","enacttrust-tpm.alg-id":1}}])");
}

}  // namespace
}  // namespace assay::appraise
