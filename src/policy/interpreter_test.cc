#include "policy/interpreter.h"

#include "policy/policy_testing.h"
#include "testing/testing.h"

namespace assay::policy {
namespace {

using testing::fails;
using testing::ok;
using testing::vector_text;

std::string outcome(Interpreter& interpreter, std::string_view rules, std::string_view input = "{}") {
  const auto text = interpreter.evaluate_text(rules, input);
  return text ? json::print(json::parse(*text).value(), {.sorted = true}) : text.error().text();
}
std::string executables(Interpreter& interpreter, std::string_view rules, std::string_view input = "{}") {
  const auto value = interpreter.evaluate(rules, json::parse(input).value());
  return value ? json::print(*value->object()->find("trust-vector")->object()->find("executables")) : value.error().text();
}

TEST(PolicyInterpreter, AnEmptyPolicyLeavesEverythingAsItIs) {
  Interpreter interpreter;
  ASSAY_NEEDS_REGO(interpreter);
  EXPECT_EQ(outcome(interpreter, "package policy"),
            R"({"added-claims":{},"status":0,"trust-vector":{"configuration":0,"executables":0,"file-system":0,"hardware":0,"instance-identity":0,"runtime-opaque":0,"sourced-data":0,"storage-opaque":0}})");
  EXPECT_EQ(outcome(interpreter, "package policy\nstatus = AFFIRMING\nhardware = 97\nadded_claims = {\"a\": scheme}\n", R"({"scheme":"X"})"),
            R"({"added-claims":{"a":"X"},"status":2,"trust-vector":{"configuration":0,"executables":0,"file-system":0,"hardware":97,"instance-identity":0,"runtime-opaque":0,"sourced-data":0,"storage-opaque":0}})");
}

// The constants of the contract, name by name.
TEST(PolicyInterpreter, KnowsEveryConstant) {
  Interpreter interpreter;
  ASSAY_NEEDS_REGO(interpreter);
  struct Row {
    int value;
    const char* names;
  };
  for (const Row& row : {Row{0, "NO_CLAIM"}, Row{1, "UNEXECTED_EVIDENCE, UNEXPECTED_EVIDENCE"},
                         Row{2, "AFFIRMING, RECOGNIZED_INSTANCE, APPROVED_CONFIG, APPROVED_RT, APPROVED_FS, GENUINE_HW, ENCRYPTED_RT, HW_ENCRYPTED_SECRETS, TRUSTED_SOURCES"},
                         Row{3, "SAFE_CONFIG, APPROVED_BOOT"},
                         Row{32, "WARNING, UNSAFE_CONFIG, UNSAFE_RT, UNRECOGNIZED_FS, UNSAFE_HW, ISOLATED_RT, SW_ENCRYPTED_SECRETS, UNTRUSTED_SOURCES"},
                         Row{33, "UNRECOGNIZED_RT"},
                         Row{96, "CONTRAINDICATED, UNTRUSTWORTHY_INSTANCE, UNSUPPORTABLE_CONFIG, CONTRAINDICATED_RT, CONTRAINDICATED_FS, CONTRAINDICATED_HW, VISIBLE_RT, UNENCRYPTED_SECRETES, UNENCRYPTED_SECRETS, CONTRAINDICATED_SOURCES"},
                         Row{97, "UNRECOGNIZED_INSTANCE, UNRECOGNIZED_HW"}}) {
    EXPECT_EQ(executables(interpreter, fmt::format("package policy\nexecutables = {{x | x := [{}][_]}}", row.names)), fmt::format("[{}]", row.value)) << row.names;
  }
}

TEST(PolicyInterpreter, ComparesVersionsNumberByNumber) {
  Interpreter interpreter;
  ASSAY_NEEDS_REGO(interpreter);
  struct Row {
    const char *a, *b, *order;
  };
  for (const Row& row : {Row{"3.4.2", "3.5", "-1"}, Row{"3.5", "3.4.2", "1"}, Row{"3.10", "3.9", "1"}, Row{"1.2.3", "1.2.3", "0"}, Row{"3.5", "3.5.0", "-1"}, Row{"3.5-rc1", "3.5", "-1"}, Row{"", "0", "-1"}}) {
    EXPECT_EQ(executables(interpreter, fmt::format("package policy\nexecutables = semver_cmp(\"{}\", \"{}\")", row.a, row.b)), row.order) << row.a << " and " << row.b;
  }
  EXPECT_EQ(executables(interpreter, "package policy\nexecutables = [cmp(1, 2), cmp(2, 1), cmp(\"a\", \"a\"), simple_semver_split(\"1.20\")]"), "[-1,1,0,[1,20]]");
}

TEST(PolicyInterpreter, ReadsBothDialects) {
  Interpreter interpreter;
  ASSAY_NEEDS_REGO(interpreter);
  for (const char* rules : {
           "package policy\nexecutables = 2 { evidence.a == 1 } else = 32",
           "package policy\nexecutables := 2 if evidence.a == 1\nelse := 32",
           "package policy\nimport rego.v1\nexecutables := 2 if evidence.a == 1\nelse := 32",
           "package policy\nimport future.keywords.if\nexecutables := 2 if { evidence.a == 1 } else := 32",
       }) {
    EXPECT_TRUE(ok(interpreter.check(rules))) << rules;
    EXPECT_EQ(executables(interpreter, rules, R"({"evidence":{"a":1}})"), "2") << rules;
    EXPECT_EQ(executables(interpreter, rules, R"({"evidence":{"a":2}})"), "32") << rules;
  }
}

// As `opa eval` has it without --strict-builtin-errors.
TEST(PolicyInterpreter, AnErrorOfAFunctionIsUndefined) {
  Interpreter interpreter;
  ASSAY_NEEDS_REGO(interpreter);
  EXPECT_EQ(executables(interpreter, "package policy\nexecutables = 2 { to_number(evidence.a) > 0 } else = 32", R"({"evidence":{"a":"x"}})"), "32");
  EXPECT_EQ(executables(interpreter, "package policy\nexecutables = 2 { base64.decode(evidence.a) == \"b\" } else = 96", R"({"evidence":{"a":"%"}})"), "96");
  // A conflict is none of those.
  EXPECT_TRUE(fails(interpreter.evaluate("package policy\nexecutables = x { x := [2, 3][_] }", json::Object{}), Errc::policy, "multiple outputs"));
  EXPECT_TRUE(fails(interpreter.evaluate("package policy\nf(a) = 2 { a > 0 }\nf(a) = 3 { a > 1 }\nexecutables = f(2)", json::Object{}), Errc::policy, "multiple outputs"));
}

TEST(PolicyInterpreter, RefusesWhatNoVerdictMayDependOn) {
  Interpreter interpreter;
  ASSAY_NEEDS_REGO(interpreter);
  struct Row {
    const char *call, *text;
  };
  for (const Row& row : {Row{"http.send({})", "line 2: http.send is not offered: a policy does not reach the network"}, Row{"net.cidr_expand(\"\")", "not reach the network"}, Row{"opa.runtime()", "opa.runtime is not offered"},
                         Row{"rand.intn(\"a\", 5)", "not left to chance"}, Row{"time.now_ns()", "not of the hour"}, Row{"uuid.rfc4122(\"\")", "chance"}, Row{"io.jwt.decode(\"\")", "line 2: there is no function io.jwt.decode here"},
                         Row{"no_such_function(1)", "line 2: there is no function no_such_function here"}}) {
    EXPECT_TRUE(fails(interpreter.check(fmt::format("package policy\nexecutables = 2 {{ {} }}", row.call)), Errc::invalid, row.text)) << row.call;
  }
  // Where nobody checked before: still no answer that is not one of evidence alone.
  EXPECT_TRUE(fails(interpreter.evaluate("package policy\nexecutables = rand.intn(\"a\", 5)", json::Object{}), Errc::policy, "not available"));
  EXPECT_TRUE(fails(interpreter.evaluate("package policy\nexecutables = time.now_ns()", json::Object{}), Errc::policy, "could not find function"));
}

TEST(PolicyInterpreter, OffersWhatPoliciesUse) {
  Interpreter interpreter;
  ASSAY_NEEDS_REGO(interpreter);
  for (const char* call : {"count([1])", "split(\"a\", \"b\")", "to_number(\"1\")", "base64.decode(\"YQ==\")", "base64url.decode(\"YQ==\")", "hex.decode(\"61\")", "startswith(\"ab\", \"a\")", "contains(\"ab\", \"a\")", "lower(\"A\")",
                           "regex.match(\"a\", \"a\")", "glob.match(\"a\", [], \"a\")", "semver.compare(\"1.0.0\", \"1.0.1\")", "json.unmarshal(\"{}\")", "object.get({}, \"a\", 1)", "sprintf(\"%d\", [1])", "print(1)"}) {
    const std::string rules = fmt::format("package policy\nadded_claims = {{\"x\": 1}} {{ _ = {} }}", call);
    EXPECT_TRUE(ok(interpreter.check(rules))) << call;
  }
}

TEST(PolicyInterpreter, RefusesWhatIsNoPolicy) {
  Interpreter interpreter;
  ASSAY_NEEDS_REGO(interpreter);
  struct Row {
    std::string rules;
    Errc errc;
    const char* text;
  };
  for (const Row& row : {Row{"", Errc::invalid, "an empty policy"}, Row{" \n", Errc::invalid, "an empty policy"}, Row{"bad_rule:;;", Errc::invalid, "policy.rego:1"}, Row{"package other\nx = 1", Errc::invalid, "package other; expected package policy"},
                         Row{"package policy.sub\nx = 1", Errc::invalid, "package policy.sub"}, Row{"package policy\nx { y > 1 }", Errc::invalid, "y"}, Row{"package policy\nexecutables = ok", Errc::invalid, "policy.rego:2:15: var ok is unsafe"}, Row{"package policy\nexecutables = executables", Errc::invalid, "recurs"},
                         Row{"package policy\nx = 1 }", Errc::invalid, "closing bracket"}, Row{"package policy\n#" + std::string(kMaxRules, 'x'), Errc::limit, "at most 65536"}, Row{std::string("package policy\nx = \"\0\"", 21), Errc::invalid, "NUL"},
                         Row{"package policy\nx = \"\xff\"", Errc::invalid, "UTF-8"}}) {
    const auto checked = interpreter.check(row.rules);
    EXPECT_TRUE(fails(checked, row.errc, row.text)) << row.rules.substr(0, 60);
  }
}

TEST(PolicyInterpreter, StopsWhatTakesTooLong) {
  Interpreter interpreter{{.time = std::chrono::milliseconds{50}}};
  ASSAY_NEEDS_REGO(interpreter);
  const std::string body = "some i, j; numbers.range(1, 3000)[i]; numbers.range(1, 3000)[j]; i + j < 0";
  EXPECT_TRUE(fails(interpreter.check("package policy\nexecutables = 2 { " + body + " }"), Errc::limit, "time limit"));
  // A limit is no error of a function that a policy could take for "no".
  EXPECT_TRUE(fails(interpreter.evaluate("package policy\nf(a) = 1 { " + body + " }\nexecutables = 2 { not f(1) }", json::Object{}), Errc::limit));
  EXPECT_TRUE(fails(interpreter.evaluate("package policy\nf(a) = 1 { " + body + " }\nexecutables = 2 { not to_number(\"x\"); not f(1) }", json::Object{}), Errc::limit));
}

TEST(PolicyInterpreter, KeepsTheLastPolicies) {
  Interpreter interpreter{{.kept = 2}};
  ASSAY_NEEDS_REGO(interpreter);
  for (int round = 0; round < 3; ++round) {
    for (int i = 1; i < 6; ++i) EXPECT_EQ(executables(interpreter, fmt::format("package policy\nexecutables = {}", i)), std::to_string(i));
  }
}

// The validation vectors of both releases; the texts of errors are another implementation's.
TEST(PolicyInterpreter, AgreesWithVeraisonsValidationVectors) {
  Interpreter interpreter;
  ASSAY_NEEDS_REGO(interpreter);
  int seen = 0;
  for (const std::string version : {"v0.0.2502", "v0.0.2608"}) {
    const auto vectors = json::parse(vector_text("veraison/" + version + "/policy/validate-vectors.json")).value();
    for (const json::Value& vector : *vectors.array()) {
      const json::Object& one = *vector.object();
      const std::string file = one.find("policy")->text()->substr(std::string_view{"test/"}.size());
      const auto checked = interpreter.check(vector_text("veraison/" + version + "/policy/" + file));
      EXPECT_EQ(checked.has_value(), one.find("error")->is_null()) << version << " " << file << (checked ? "" : " " + checked.error().text());
      ++seen;
    }
  }
  EXPECT_EQ(seen, 14);
}

}  // namespace
}  // namespace assay::policy
