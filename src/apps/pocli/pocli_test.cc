// pocli and assay policy over real connections.
#include "apps/pocli/pocli.h"

#include <cstdlib>

#include "apps/policy/policy_cli.h"
#include "apps/scripted_testing.h"

namespace assay {
namespace {

using testing::Outcome;

constexpr std::string_view kPolicy = "application/vnd.veraison.policy+json";
constexpr std::string_view kPolicies = "application/vnd.veraison.policies+json";
constexpr std::string_view kId = "97609859-2567-11ee-a344-0242c0a82005";
constexpr std::string_view kCompact = R"({"uuid":"97609859-2567-11ee-a344-0242c0a82005","ctime":"2023-07-18T12:35:34.661333946Z","name":"default","type":"opa","rules":"package policy\n\nexecutables = APPROVED_RT\n","active":false})";
constexpr std::string_view kIndented =
    "{\n"
    "    \"uuid\": \"97609859-2567-11ee-a344-0242c0a82005\",\n"
    "    \"ctime\": \"2023-07-18T12:35:34.661333946Z\",\n"
    "    \"name\": \"default\",\n"
    "    \"type\": \"opa\",\n"
    "    \"rules\": \"package policy\\n\\nexecutables = APPROVED_RT\\n\",\n"
    "    \"active\": false\n"
    "}";

std::string policy(int status = 200) { return testing::scripted_answer(status, kCompact, kPolicy); }
std::string done() { return testing::scripted_answer(200, "", ""); }
std::string problem(int status, std::string_view title, std::string_view detail) { return testing::scripted_answer(status, fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"detail":"{}"}})", title, status, detail), "application/problem+json"); }

class Pocli : public testing::WithScriptedService {
 protected:
  Pocli() {
    ::setenv("XDG_CONFIG_HOME", own("xdg").c_str(), 1);
    write("rules.rego", "package policy\n");
  }
  ~Pocli() override { ::unsetenv("XDG_CONFIG_HOME"); }

  // With host and port of a service that gives these answers.
  Outcome pocli(std::vector<std::string> args, const std::vector<std::string>& answers) {
    const std::string url = serve_at(answers);
    host_ = url.substr(url.rfind('/') + 1);
    args.insert(args.end(), {"-H", "127.0.0.1", "-p", host_.substr(host_.find(':') + 1)});
    return testing::call(run_pocli, args);
  }
  static Outcome alone(const std::vector<std::string>& args) { return testing::call(run_pocli, args); }
  Outcome native(std::vector<std::string> args, const std::vector<std::string>& answers) {
    args.insert(args.end(), {"--server", serve_at(answers)});
    return testing::call(run_policy, args);
  }
  std::string host_;
};

TEST_F(Pocli, CreateActivatesUnlessTold) {
  const Outcome made = pocli({"create", "PSA_IOT", "rules.rego", "-n", "a name"}, {policy(201), done()});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(made.out, fmt::format("Policy created:\n{}\nPolicy activated.\n", kIndented));
  EXPECT_EQ(asked(), "POST /management/v1/policy/PSA_IOT?name=a+name\nPOST /management/v1/policy/PSA_IOT/97609859-2567-11ee-a344-0242c0a82005/activate\n");
  EXPECT_EQ(header(0, "content-type"), "application/vnd.veraison.policy.opa");
  EXPECT_EQ(header(0, "accept"), kPolicy);
  EXPECT_EQ(as_text(testing::hex(text(0, "body"))), "package policy\n");
  EXPECT_EQ(text(1, "body"), "");
  const Outcome only = pocli({"create", "PSA_IOT", "rules.rego", "-d"}, {policy(201)});
  EXPECT_EQ(only.out, fmt::format("Policy created:\n{}\n", kIndented));
  EXPECT_EQ(asked(), "POST /management/v1/policy/PSA_IOT\n");
}

TEST_F(Pocli, ActivateAndDeactivate) {
  const Outcome on = pocli({"activate", "PSA_IOT", "{97609859-2567-11EE-A344-0242C0A82005}"}, {done()});
  EXPECT_EQ(on.out, "Policy activated.\n") << on.err;
  EXPECT_EQ(asked(), fmt::format("POST /management/v1/policy/PSA_IOT/{}/activate\n", kId));
  const Outcome off = pocli({"deactivate", "PSA_IOT"}, {done()});
  EXPECT_EQ(off.out, "All policies for scheme PSA_IOT deactivated.\n");
  EXPECT_EQ(asked(), "POST /management/v1/policies/PSA_IOT/deactivate\n");
}

TEST_F(Pocli, GetPrintsOrWrites) {
  EXPECT_EQ(pocli({"get", "PSA_IOT"}, {policy()}).out, fmt::format("Active policy:\n{}\n", kIndented));
  EXPECT_EQ(asked(), "GET /management/v1/policy/PSA_IOT\n");
  EXPECT_EQ(pocli({"get", "PSA_IOT", std::string{kId}}, {policy()}).out, fmt::format("Policy \"{}\":\n{}\n", kId, kIndented));
  const Outcome written = pocli({"get", "PSA_IOT", "-o", "policy.json", "-w", "out.rego"}, {policy()});
  EXPECT_EQ(written.status, 0) << written.err;
  EXPECT_EQ(written.out, "");
  EXPECT_EQ(testing::read_text(own("policy.json")), kIndented);
  EXPECT_EQ(testing::read_text(own("out.rego")), "package policy\n\nexecutables = APPROVED_RT\n");
}

TEST_F(Pocli, ListSaysWhatItLists) {
  const std::string one = testing::scripted_answer(200, fmt::format("[{}]", kCompact), kPolicies);
  const Outcome all = pocli({"list", "PSA_IOT"}, {one});
  EXPECT_TRUE(all.out.starts_with("Policies for scheme PSA_IOT:\n[\n    {\n        \"uuid\": \"97609859")) << all.out << all.err;
  EXPECT_TRUE(all.out.ends_with("        \"active\": false\n    }\n]\n")) << all.out;
  EXPECT_EQ(header(0, "accept"), kPolicies);
  EXPECT_TRUE(pocli({"list", "PSA_IOT", "-n", "x&y"}, {one}).out.starts_with("Policies for scheme PSA_IOT with name x&y:\n["));
  EXPECT_EQ(asked(), "GET /management/v1/policies/PSA_IOT?name=x%26y\n");
  const std::string none = testing::scripted_answer(200, "[]", kPolicies);
  EXPECT_EQ(pocli({"list", "PSA_IOT"}, {none}).out, "No policies for scheme PSA_IOT.\n");
  EXPECT_EQ(pocli({"list", "PSA_IOT", "-n", "x"}, {none}).out, "No policies for scheme PSA_IOT with name x.\n");
  EXPECT_EQ(pocli({"list", "PSA_IOT", "-o", "all.json"}, {none}).out, "");
  EXPECT_EQ(testing::read_text(own("all.json")), "[]");
}

TEST_F(Pocli, SchemesAreTheServicesSorted) {
  const Outcome outcome = pocli({"schemes"}, {testing::scripted_answer(200, R"({"attestation-schemes":["PSA_IOT","ARM_CCA"],"version":"N/A","service-state":"READY"})", "application/vnd.veraison.discovery+json")});
  EXPECT_EQ(outcome.out, "Attestation schemes supported by " + host_ + ":\nARM_CCA\nPSA_IOT\n") << outcome.err;
  EXPECT_EQ(asked(), "GET /.well-known/veraison/management\n");
}

TEST_F(Pocli, AnErrorIsSaidTwiceAroundTheUsage) {
  const Outcome refused = pocli({"activate", "BAD", std::string{kId}}, {problem(400, "Bad Request", "unrecognised scheme \\\"BAD\\\"")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.out, "");
  const std::string line = "Error: 400 Bad Request: unrecognised scheme \"BAD\"\n";
  EXPECT_TRUE(refused.err.starts_with(line + "Usage:\n  pocli activate SCHEME UUID [flags]\n\nFlags:\n")) << refused.err;
  EXPECT_TRUE(refused.err.ends_with("\n\n" + line)) << refused.err;

  const auto first = [](const Outcome& outcome) { return outcome.err.substr(0, outcome.err.find('\n')); };
  EXPECT_EQ(first(alone({"activate", "X"})), "Error: accepts 2 arg(s), received 1");
  EXPECT_EQ(first(alone({"activate", "X", "abc"})), "Error: invalid policy ID: invalid UUID length: 3");
  EXPECT_EQ(first(alone({"get"})), "Error: requires at least 1 arg(s), only received 0");
  EXPECT_EQ(first(alone({"get", "a", "b", "c"})), "Error: accepts at most 2 arg(s), received 3");
  EXPECT_EQ(first(alone({"create", "X", "none.rego"})), "Error: could not stat rules file: stat none.rego: no such file or directory");
  EXPECT_EQ(first(alone({"schemes", "X"})), "Error: unknown command \"X\" for \"pocli schemes\"");
  EXPECT_EQ(first(alone({"list", "X", "--frob"})), "Error: unknown flag: --frob");
  EXPECT_EQ(alone({"frob"}).err, "Error: unknown command \"frob\" for \"pocli\"\nRun 'pocli --help' for usage.\nError: unknown command \"frob\" for \"pocli\"\n");
  EXPECT_EQ(alone({"schemes", "-a", "basic"}).err, "Error: missing username\n") << "settings are complained about once";
  EXPECT_EQ(alone({"--version"}).out, "version 0.0.1\n");
}

TEST_F(Pocli, AnswersThatAreNoneAreRefused) {
  const auto first = [](const Outcome& outcome) { return outcome.err.substr(0, outcome.err.find('\n')); };
  EXPECT_EQ(first(pocli({"get", "X"}, {testing::scripted_answer(200, kCompact, "application/json")})), "Error: policy response with unexpected content type: \"application/json\"");
  EXPECT_EQ(first(pocli({"get", "X"}, {testing::scripted_answer(200, "", kPolicy)})), "Error: empty body");
  EXPECT_EQ(first(pocli({"get", "X"}, {testing::scripted_answer(500, "<html>", "text/html")})), "Error: unexpected HTTP response code 500");
  EXPECT_EQ(first(pocli({"get", "X"}, {problem(404, "Not Found", "no active policy for key \\\"0:X:opa\\\"")})), "Error: 404 Not Found: no active policy for key \"0:X:opa\"");
  EXPECT_TRUE(first(pocli({"get", "X"}, {testing::scripted_answer(200, R"({"uuid":"x"})", kPolicy)})).starts_with("Error: failure decoding policy: /uuid"));
  EXPECT_EQ(first(pocli({"get", "X", "97609859-2567-11ee-a344-0242c0a82006"}, {policy()})), "Error: asked for policy 97609859-2567-11ee-a344-0242c0a82006, got 97609859-2567-11ee-a344-0242c0a82005");
  EXPECT_EQ(first(pocli({"schemes"}, {testing::scripted_answer(200, "{}", "text/html")})).find("Error: get request failed: "), 0U);
}

TEST_F(Pocli, FlagsThenEnvironmentThenFile) {
  const std::string url = serve_at({done()});
  const std::string port = url.substr(url.rfind(':') + 1);
  std::filesystem::create_directories(own("xdg/pocli"));
  write("xdg/pocli/config.yaml", "host: 127.0.0.1\nport: " + port + "\nauth: basic\nusername: file\npassword: pass\n");
  EXPECT_EQ(alone({"deactivate", "X"}).status, 0);
  EXPECT_EQ(header(0, "authorization"), "Basic " + to_base64(as_bytes("file:pass")));
  ::setenv("POCLI_USERNAME", "environment", 1);
  EXPECT_EQ(alone({"deactivate", "X"}).status, 0);
  EXPECT_EQ(header(1, "authorization"), "Basic " + to_base64(as_bytes("environment:pass")));
  write("secret", "other\n");
  EXPECT_EQ(alone({"deactivate", "X", "-U", "flag", "--password-file", "secret"}).status, 0);
  EXPECT_EQ(header(2, "authorization"), "Basic " + to_base64(as_bytes("flag:other")));
  ::unsetenv("POCLI_USERNAME");
  EXPECT_NE(alone({"deactivate", "X", "-c", "none.yaml"}).err.find("none.yaml"), std::string::npos);
}

TEST_F(Pocli, TlsAndWithoutChecks) {
  make_certificate();
  const std::string url = serve_at({done()}, true);
  const std::vector<std::string> at{"deactivate", "X", "-H", "127.0.0.1", "-p", url.substr(url.rfind(':') + 1)};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> args = at;
    args.insert(args.end(), more.begin(), more.end());
    return alone(args);
  };
  EXPECT_EQ(with({"-s"}).status, 1);
  EXPECT_EQ(requests().size(), 0U);
  EXPECT_EQ(with({"-s", "-E", "cert.pem"}).status, 0);
  EXPECT_EQ(with({"-i"}).status, 0);
}

TEST_F(Pocli, TheNativeCommandsDoTheSame) {
  const Outcome listed = native({"list", "psa"}, {testing::scripted_answer(200, fmt::format("[{}]", kCompact), kPolicies)});
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_EQ(listed.out, fmt::format("{}          2023-07-18T12:35:34.661333946Z  default\n", kId));
  EXPECT_EQ(asked(), "GET /management/v1/policies/PSA_IOT\n") << "our word for the scheme is Veraison's on the wire";
  EXPECT_EQ(native({"get", "psa"}, {policy()}).out, "package policy\n\nexecutables = APPROVED_RT\n");
  EXPECT_NE(native({"get", "psa", std::string{kId}, "--json"}, {policy()}).out.find("\"uuid\": \"97609859"), std::string::npos);
  const Outcome made = native({"create", "psa", "rules.rego", "--activate", "--name", "n"}, {policy(201), done()});
  EXPECT_EQ(made.out, fmt::format("{}  active  2023-07-18T12:35:34.661333946Z  default\n", kId)) << made.err;
  EXPECT_EQ(asked(), fmt::format("POST /management/v1/policy/PSA_IOT?name=n\nPOST /management/v1/policy/PSA_IOT/{}/activate\n", kId));
  EXPECT_EQ(native({"activate", "ARM_CCA", std::string{kId}}, {done()}).err, fmt::format("{} is the active policy of ARM_CCA\n", kId));
  EXPECT_EQ(native({"deactivate", "cca"}, {done()}).err, "no policy of ARM_CCA is active\n");
  EXPECT_EQ(native({"create", "psa", "rules.rego"}, {problem(400, "Bad Request", "invalid policy: line 1")}).status, 3);
  EXPECT_EQ(native({"deactivate", "psa"}, {testing::scripted_answer(401, "", "")}).status, 4);
  EXPECT_EQ(native({"get", "psa"}, {problem(404, "Not Found", "no policy found")}).status, 5);
  EXPECT_EQ(native({"get", "psa", "x"}, {policy()}).status, 2);
  EXPECT_EQ(testing::call(run_policy, {"list", "psa"}).status, 2);
}

}  // namespace
}  // namespace assay
