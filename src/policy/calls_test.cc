#include "policy/calls.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "policy/prelude.h"

namespace assay::policy {
namespace {

std::string names(std::string_view rules, std::string_view before = {}) {
  std::string all;
  for (const Call& call : foreign_calls(rules, before)) all += fmt::format("{}{}:{}", all.empty() ? "" : " ", call.name, call.line);
  return all;
}

struct Row {
  const char* rules;
  const char* calls;
};

TEST(PolicyCalls, AreThoseOfNamesThatTheTextDoesNotDefine) {
  for (const Row& row : {
           Row{"", ""},
           Row{"package policy\nx = count(y)\nz = count(x)", "count:2"},
           Row{"x = time.now_ns()", "time.now_ns:1"},
           Row{"# http.send()\nx = \"http.send(\\\"\" # y(\nz = `net.a(\n`\nv = f(1)", "f:5"},
           Row{"f(x) = y { y := g(x) }\nz = f(1)", "g:1"},
           Row{"z = f(1)\n  default f(x) = 1\n", ""},
           Row{"import data.lib.f\nimport data.other as g\nx = f(1) { g.h(2) }", ""},
           Row{"x = data.policy.f(1) { input.f(2) }", ""},
           Row{"x { not(y); some(z); f\n(1) }", ""},
           Row{"x = \"not closed\ny = f(1)", "f:2"},
           Row{"x = 1e5(2)\ny = a.b.c(1)[d(2)]", "a.b.c:2 d:2"},
           Row{"x { h(1)\nh(2) }", "h:1"},
           Row{"x = \"\\", ""},
           Row{"x = `", ""},
       }) {
    EXPECT_EQ(names(row.rules), row.calls) << row.rules;
  }
}

TEST(PolicyCalls, OfThePreludeAreThePolicysOwn) {
  EXPECT_EQ(names("x = semver_cmp(\"1\", \"2\") + cmp(1, 2) + count(simple_semver_split(\"1\"))", prelude()), "count:1");
}

TEST(PolicyCalls, AreBounded) {
  std::string rules;
  for (int i = 0; i < 1000; ++i) rules += fmt::format("x = f{}(1)\n", i);
  EXPECT_EQ(foreign_calls(rules).size(), kMaxCalls);
}

TEST(PolicyCalls, SomeAreNotOffered) {
  for (const char* name : {"http.send", "net.lookup_ip_addr", "rand.intn", "opa.runtime", "time.now_ns", "uuid.rfc4122"}) EXPECT_NE(why_not_offered(name), "") << name;
  for (const char* name : {"count", "random", "netmask", "base64.decode", "time.parse_duration_ns"}) EXPECT_EQ(why_not_offered(name), "") << name;
}

}  // namespace
}  // namespace assay::policy
