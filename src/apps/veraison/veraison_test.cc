#include "apps/veraison/veraison.h"

#include <cstdlib>

#include "apps/scripted_testing.h"
#include "apps/veraison/query.h"

namespace assay {
namespace {

using testing::Outcome;

constexpr std::string_view kStore = R"({"trust-anchors":[{"scheme":"PSA_IOT","type":"trust anchor","subType":"","attributes":{"PSA_IOT.hw-vendor":"ACME <x>","keys":[1,2]}}],)"
                                    R"("endorsements":[{"scheme":"PSA_IOT","attributes":{"PSA_IOT.hw-vendor":"B"}},{"scheme":"ARM_CCA","attributes":{}}],"policies":[],"corims":[]})";

std::string discovery(std::string_view state) { return testing::scripted_answer(200, fmt::format(R"({{"version":"1","service-state":"{}"}})", state), "application/vnd.veraison.discovery+json"); }
std::string coserv(int status) { return testing::scripted_answer(status, "", ""); }

int echo(std::span<const std::string> args, std::ostream& out, std::ostream&) {
  for (const std::string& arg : args) out << arg << '\n';
  return 7;
}

class Veraison : public testing::WithScriptedService {
 protected:
  Veraison() { ::setenv("XDG_CONFIG_HOME", own("xdg").c_str(), 1); }
  ~Veraison() override {
    ::unsetenv("XDG_CONFIG_HOME");
    ::unsetenv("VERAISON_SERVER");
  }
  static int front(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
    const PassedOn tools[] = {{"cocli", echo}};
    return run_veraison(args, tools, out, err);
  }
  static Outcome veraison(const std::vector<std::string>& args) { return testing::call(front, args); }
  void serve(const std::vector<std::string>& answers) { ::setenv("VERAISON_SERVER", serve_at(answers).c_str(), 1); }
};

TEST_F(Veraison, StatusIsALineAService) {
  // In the order asked: verification, provisioning, management, coserv.
  serve({discovery("READY"), discovery("READY"), discovery("READY"), coserv(404)});
  const Outcome all = veraison({"status"});
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_EQ(all.out, "         vts: running\nprovisioning: running\nverification: running\n  management: running\n");
  EXPECT_EQ(asked(), "GET /.well-known/veraison/verification\nGET /.well-known/veraison/provisioning\nGET /.well-known/veraison/management\nGET /.well-known/coserv-configuration\n");
  serve({discovery("READY"), testing::scripted_answer(401, "", ""), testing::scripted_answer(503, "", ""), coserv(200)});
  EXPECT_EQ(veraison({"-C", "status"}).out, "         vts: running\nprovisioning: running\nverification: running\n  management: stopped\n      coserv: running\n");
  serve({discovery("INITIALIZING"), discovery("READY"), discovery("READY"), coserv(404)});
  EXPECT_EQ(veraison({"status"}).out, "         vts: stopped\nprovisioning: running\nverification: stopped\n  management: running\n");
}

TEST_F(Veraison, ShortStatusIsOneWord) {
  serve({discovery("READY"), discovery("READY"), discovery("READY"), coserv(404)});
  EXPECT_EQ(veraison({"short-status"}).out, "running\n");
  serve({discovery("READY"), discovery("READY"), testing::scripted_answer(404, "", ""), coserv(404)});
  EXPECT_EQ(veraison({"-q", "status"}).out, "partial\n");
  ::setenv("VERAISON_SERVER", "http://127.0.0.1:1", 1);
  EXPECT_EQ(veraison({"-qC", "status"}).out, "stopped\n");
  EXPECT_EQ(veraison({"status"}).out, "         vts: stopped\nprovisioning: stopped\nverification: stopped\n  management: stopped\n");
}

TEST_F(Veraison, StoresArePrintedUnderTheirHeadings) {
  serve({testing::scripted_answer(200, kStore, "application/json")});
  const Outcome all = veraison({"stores"});
  EXPECT_EQ(all.out,
            "TRUST ANCHORS:\n--------------\n"
            "{\n  \"scheme\": \"PSA_IOT\",\n  \"type\": \"trust anchor\",\n  \"subType\": \"\",\n  \"attributes\": {\n    \"PSA_IOT.hw-vendor\": \"ACME <x>\",\n    \"keys\": [\n      1,\n      2\n    ]\n  }\n}\n"
            "\nENDORSEMENTS:\n-------------\n"
            "{\n  \"scheme\": \"PSA_IOT\",\n  \"attributes\": {\n    \"PSA_IOT.hw-vendor\": \"B\"\n  }\n}\n{\n  \"scheme\": \"ARM_CCA\",\n  \"attributes\": {}\n}\n"
            "\nPOLICIES:\n---------\n\n")
      << all.err;
  EXPECT_EQ(asked(), "GET /assay/v1/store\n");
  EXPECT_EQ(veraison({"check-stores", ".attributes.\"PSA_IOT.hw-vendor\""}).out, "TRUST ANCHORS:\n--------------\n\"ACME <x>\"\n\nENDORSEMENTS:\n-------------\n\"B\"\nnull\n\nPOLICIES:\n---------\n\n");
  const Outcome odd = veraison({"stores", ".scheme.x"});
  EXPECT_EQ(odd.status, 5);
  EXPECT_EQ(odd.err, "ERROR: Cannot index string with \"x\"\n");
  const Outcome jq = veraison({"stores", ".[] | length"});
  EXPECT_EQ(jq.status, 1);
  EXPECT_NE(jq.err.find("pipe the output into jq"), std::string::npos) << jq.err;
}

TEST_F(Veraison, AStoreThatIsNoneIsSaid) {
  struct Row {
    std::string answer;
    std::string_view text;
  };
  const Row rows[] = {
      {testing::scripted_answer(404, "404 page not found", "text/plain"), "404 Not Found: 404 page not found; only assay's own service shows its store"},
      {testing::scripted_answer(403, "", ""), "403 Forbidden"},
      {testing::scripted_answer(200, kStore, "text/html"), "content type \"text/html\""},
      {testing::scripted_answer(200, "{", "application/json"), "/assay/v1/store: "},
      {testing::scripted_answer(200, R"({"trust-anchors":{}})", "application/json"), "/trust-anchors"},
      {testing::scripted_answer(200, R"({"trust-anchors":[]})", "application/json"), "/endorsements"},
  };
  for (const Row& row : rows) {
    serve({row.answer});
    const Outcome outcome = veraison({"stores"});
    EXPECT_EQ(outcome.status, 1) << row.text;
    EXPECT_NE(outcome.err.find(row.text), std::string::npos) << outcome.err;
  }
}

TEST_F(Veraison, StoresAreClearedByWhoMay) {
  serve({testing::scripted_answer(204, "", "")});
  std::filesystem::create_directories(own("xdg/veraison"));
  write("xdg/veraison/config.yaml", "auth: basic\nusername: veraison-manager\npassword: veraison\n");
  EXPECT_EQ(veraison({"clear-stores"}).status, 0);
  EXPECT_EQ(asked(), "DELETE /assay/v1/store\n");
  EXPECT_EQ(header(0, "authorization"), "Basic " + to_base64(as_bytes("veraison-manager:veraison")));
}

TEST_F(Veraison, ToolsArePassedOnTo) {
  const Outcome outcome = veraison({"-q", "cocli", "-q", "corim"});
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.out, "-q\ncorim\n");
}

TEST_F(Veraison, WhatIsNotHereSaysWhatToUseInstead) {
  for (const char* command : {"start", "stop", "follow", "logs", "tmux", "start-vts", "stop-verification", "kill-tmux", "start-tmux", "shell", "debug", "corim-store", "manager", "clear-logs"}) {
    const Outcome outcome = veraison({command, "vts"});
    EXPECT_EQ(outcome.status, 1) << command;
    EXPECT_EQ(outcome.out, "") << command;
    EXPECT_TRUE(outcome.err.starts_with(std::string{"ERROR: "} + command + ": ")) << outcome.err;
  }
  EXPECT_NE(veraison({"start"}).err.find("assay serve"), std::string::npos);
  EXPECT_EQ(veraison({"frob"}).err, "ERROR: unexpected command: \"frob\" (use -h for help)\n");
  EXPECT_EQ(veraison({"-x"}).err, "ERROR: unknown option \"-x\" (use -h for help)\n");
  EXPECT_TRUE(veraison({"-h"}).out.starts_with("Usage: veraison [-q] [-h] [-C] COMMAND [ARG...]\n"));
  EXPECT_EQ(veraison({"help"}).out, veraison({"-h"}).out);
  EXPECT_EQ(veraison({}).status, 1);
}

TEST(VeraisonQuery, PathsOnly) {
  const json::Value value = json::parse(R"({"a":{"b c":[10,{"d":null}]},"e_1":"x"})").value();
  const auto found = [&](std::string_view query) -> std::string {
    const auto steps = veraison::parse_query(query);
    if (!steps) return steps.error().text();
    const auto result = veraison::look_up(value, *steps);
    return result ? json::print(*result) : "jq: " + result.error().text();
  };
  EXPECT_EQ(found("."), json::print(value));
  EXPECT_EQ(found(" .e_1 "), "\"x\"");
  EXPECT_EQ(found(".a.\"b c\"[0]"), "10");
  EXPECT_EQ(found(".[\"a\"][\"b c\"][-1].d.x"), "null");
  EXPECT_EQ(found(".a.[\"b c\"].[0]"), "10");
  EXPECT_EQ(found(".nothing"), "null");
  EXPECT_EQ(found(".a.\"b c\"[2]"), "null");
  EXPECT_EQ(found(".a.\"b c\"[-3]"), "null");
  EXPECT_EQ(found(".a[0]"), "jq: Cannot index object with number");
  EXPECT_EQ(found(".e_1.x"), "jq: Cannot index string with \"x\"");
  for (const std::string_view bad : {"", "a", "..", ".a.", ".a b", ".[", ".[]", ".[0", ".[\"a\"", ".\"a", ".\"\\x\"", ".1", ".a|.b", "[0]", ".[99999999999999999999]", "\"a\""}) EXPECT_NE(found(bad).find("query: "), std::string::npos) << bad;
}

}  // namespace
}  // namespace assay
