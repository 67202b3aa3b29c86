// Submission over real connections.
#include <cstdlib>

#include "apps/cocli/cocli.h"
#include "apps/corim/corim_cli.h"
#include "apps/scripted_testing.h"

namespace assay {
namespace {

using testing::Outcome;

constexpr const char* kSession = "application/vnd.veraison.provisioning-session+json";
constexpr const char* kMediaType = "application/corim-unsigned+cbor; profile=\"http://arm.com/psa/iot/1\"";

std::string answer(int status, std::string_view body, std::string_view more = "", std::string_view type = kSession) { return testing::scripted_answer(status, body, type, more); }
std::string session(std::string_view status) { return fmt::format(R"({{"status":"{}","expiry":"2030-10-12T07:20:50.52Z","failure-reason":"bad software component"}})", status); }

class Submit : public testing::WithScriptedService {
 protected:
  // The URL of a service with these answers, a JSON array.
  std::string serve(const std::string& script, bool tls = false) { return serve_at({script.substr(1, script.size() - 2)}, tls) + "/submit"; }

  Outcome submit(const std::string& url, std::vector<std::string> more = {}) {
    write("rim.cbor", testing::vector_text("cocli/gen-a/golden/corim-psa-full.cbor"));
    std::vector<std::string> args{"corim", "submit", "-f", "rim.cbor", "-m", kMediaType, "-s", url};
    args.insert(args.end(), more.begin(), more.end());
    return testing::call(run_cocli, args);
  }
  static Outcome cocli(const std::vector<std::string>& args) { return testing::call(run_cocli, args); }
};

TEST_F(Submit, C18_ArgumentsAreMissedInTheOriginalsOrder) {
  EXPECT_EQ(cocli({"corim", "submit"}).err, "Error: no CoRIM input file supplied\n");
  EXPECT_EQ(cocli({"corim", "submit", "-f", "x"}).err, "Error: no API server supplied\n");
  EXPECT_EQ(cocli({"corim", "submit", "-f", "x", "-s", "host/path"}).err, "Error: malformed API server URL\n");
  EXPECT_EQ(cocli({"corim", "submit", "-f", "x", "-s", "http://h/p"}).err, "Error: no media type supplied\n");
  EXPECT_EQ(cocli({"corim", "submit", "-f", "x", "-s", "http://h/p", "-m", "t/t"}).err, "Error: read CoRIM payload failed: open x: no such file or directory\n");
  EXPECT_EQ(cocli({"corim", "submit", "-a", "foo"}).err, "Error: invalid argument \"foo\" for \"-a, --auth\" flag: unexpected Method \"foo\"\n");
  EXPECT_EQ(cocli({"corim", "submit", "-a", "basic"}).err, "Error: missing username\n");
  EXPECT_EQ(cocli({"corim", "submit", "-a", "basic", "-U", "u"}).err, "Error: missing password\n");
  EXPECT_EQ(cocli({"corim", "submit", "-a", "oauth2"}).err, "Error: missing client_id\n");
  EXPECT_EQ(cocli({"corim", "submit", "-a", "oauth2", "-C", "c"}).err, "Error: missing client_secret\n");
  EXPECT_EQ(cocli({"corim", "submit", "-a", "oauth2", "-C", "c", "-S", "s"}).err, "Error: missing token_url\n");
  EXPECT_EQ(cocli({"corim", "submit", "-a", "oauth2", "-C", "c", "-S", "s", "-T", "t"}).err, "Error: missing username\n");
}

TEST_F(Submit, C19_TheAnswerAtOnceCounts) {
  const Outcome good = submit(serve("[" + answer(200, session("success")) + "]"));
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_EQ(good.out, "");
  EXPECT_EQ(good.err, ">> \"rim.cbor\" submit ok\n");
  ASSERT_EQ(requests().size(), 1U);
  EXPECT_EQ(text(0, "method"), "POST");
  EXPECT_EQ(text(0, "path"), "/submit");
  EXPECT_EQ(header(0, "content-type"), kMediaType);
  EXPECT_EQ(header(0, "accept"), kSession);
  EXPECT_EQ(header(0, "authorization"), "(none)");
  EXPECT_EQ(text(0, "body"), to_hex(testing::vector_bytes("cocli/gen-a/golden/corim-psa-full.cbor")));

  const std::string failed = "Error: submit CoRIM payload failed reason: run failed: ";
  const Outcome bad = submit(serve("[" + answer(200, session("failed")) + "]"));
  EXPECT_EQ(bad.status, 1);
  EXPECT_EQ(bad.err, failed + "submission failed: bad software component\n");
  EXPECT_EQ(submit(serve("[" + answer(200, session("processing")) + "]")).err, failed + "unexpected session state \"processing\" in 200 response\n");
  EXPECT_EQ(submit(serve("[" + answer(400, R"({"title":"Bad Request","detail":"empty body"})", "", "application/problem+json") + "]")).err, failed + "unexpected HTTP response code 400: Bad Request: empty body\n");
  EXPECT_EQ(submit(serve("[" + answer(200, "<html>", "", "text/html") + "]")).err, failed + "session resource with unexpected content type: \"text/html\"\n");
  EXPECT_EQ(submit(serve("[" + answer(200, session("success"), "", "application/vnd.veraison.provisioning-session+json; charset=utf-8") + "]")).status, 0);
  EXPECT_EQ(submit(serve("[" + answer(201, session("processing")) + "]")).err, failed + "cannot determine URI for the session resource: no Location header found in response\n");
}

TEST_F(Submit, C19_ASessionIsFollowedToItsEnd) {
  const std::string created = answer(201, session("processing"), R"(,"Location":"sessions/7")");
  const std::string busy = answer(200, session("processing"));
  const std::string url = serve("[" + created + "," + busy + "," + busy + "," + answer(200, session("success")) + "," + answer(204, "") + "]");
  const Outcome good = submit(url, {"-a", "basic", "-U", "u", "-P", "p"});
  EXPECT_EQ(good.status, 0) << good.err;
  ASSERT_EQ(requests().size(), 5U);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(text(i, "method"), "GET");
    EXPECT_EQ(text(i, "path"), "/sessions/7");
    EXPECT_EQ(header(i, "authorization"), "Basic dTpw");
  }
  EXPECT_EQ(text(4, "method"), "DELETE");
  EXPECT_EQ(header(4, "authorization"), "Basic dTpw");

  const Outcome failed = submit(serve("[" + created + "," + busy + "," + answer(200, session("failed")) + "," + answer(204, "") + "]"));
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(failed.err, "Error: submit CoRIM payload failed reason: run failed: submission failed: bad software component\n");
  EXPECT_EQ(text(3, "method"), "DELETE");

  const Outcome undeleted = submit(serve("[" + created + "," + answer(200, session("success")) + "," + answer(500, "") + "]"));
  EXPECT_EQ(undeleted.status, 0);
  EXPECT_EQ(undeleted.err, "warning: the session was not deleted: HTTP status 500\n>> \"rim.cbor\" submit ok\n");

  const Outcome slow = submit(serve("[" + created + "," + busy + "]"), {"--timeout", "1"});
  EXPECT_EQ(slow.status, 1);
  EXPECT_NE(slow.err.find("still processing after"), std::string::npos) << slow.err;
  EXPECT_NE(slow.err.find("/sessions/7: still"), std::string::npos) << "who wants to know can ask there: " << slow.err;
  EXPECT_NE(slow.err.find("an end of the session; --timeout allows more"), std::string::npos) << slow.err;
  EXPECT_TRUE(asked().starts_with("POST /submit\nGET /sessions/7\n")) << asked();
  EXPECT_EQ(asked().find("DELETE"), std::string::npos) << "deleted while the verifier works on it: " << asked();
  // Nor is it known to have ended where the answer is none.
  for (const std::string& lost : {answer(500, ""), answer(200, "<html>", "", "text/html")}) {
    EXPECT_EQ(submit(serve("[" + created + "," + lost + "]")).status, 1);
    EXPECT_EQ(asked(), "POST /submit\nGET /sessions/7\n");
  }
}

TEST_F(Submit, C21_HeadersSayWhoAsks) {
  ASSERT_EQ(submit(serve("[" + answer(200, session("success")) + "]"), {"--auth=basic", "-U", "u", "-P", "p"}).status, 0);
  EXPECT_EQ(header(0, "authorization"), "Basic dTpw");
  write("secret", "p\n");
  ASSERT_EQ(submit(serve("[" + answer(200, session("success")) + "]"), {"--auth=basic", "-U", "u", "--password-file", "secret"}).status, 0);
  EXPECT_EQ(header(0, "authorization"), "Basic dTpw");

  const std::string token = answer(200, R"({"access_token":"abc.def","expires_in":1800,"token_type":"Bearer"})", "", "application/json");
  const std::string url = serve("[" + token + "," + answer(200, session("success")) + "]");
  const std::vector<std::string> oauth{"-a", "oauth2", "-C", "veraison-client", "-S", "s3", "-U", "me", "-P", "a b&c", "-T", url.substr(0, url.size() - 6) + "token"};
  const Outcome outcome = submit(url, oauth);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(text(0, "path"), "/token");
  EXPECT_EQ(header(0, "authorization"), "Basic " + to_base64(as_bytes("veraison-client:s3")));
  EXPECT_EQ(header(0, "content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(as_text(testing::hex(text(0, "body"))), "grant_type=password&password=a+b%26c&scope=openid&username=me");
  EXPECT_EQ(header(1, "authorization"), "Bearer abc.def");

  const std::string gone = url.substr(0, url.size() - 6) + "token";
  const Outcome refused = submit(serve("[" + answer(401, R"({"error":"invalid_grant","error_description":"Invalid user credentials"})", "", "application/json") + "]"), {"-a", "oauth2", "-C", "c", "-S", "s", "-U", "u", "-P", "p", "-T", gone});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(requests().size(), 0U) << "sent without the token that was asked for";
}

TEST_F(Submit, C22_FlagsThenEnvironmentThenFile) {
  const std::string url = serve("[" + answer(200, session("success")) + "]");
  write("rim.cbor", testing::vector_text("cocli/gen-a/golden/corim-psa-full.cbor"));
  std::filesystem::create_directories(own("xdg/cocli"));
  ::setenv("XDG_CONFIG_HOME", own("xdg").c_str(), 1);
  write("config.yaml", "api_server: http://127.0.0.1:1/here\n");
  const std::vector<std::string> args{"corim", "submit", "-f", "rim.cbor", "-m", kMediaType};
  EXPECT_NE(cocli(args).err.find("Post \"http://127.0.0.1:1/here\""), std::string::npos) << cocli(args).err;
  write("xdg/cocli/config.yaml", "api_server: " + url + "\nauth: basic\nusername: file\npassword: pass\n");
  EXPECT_EQ(cocli(args).status, 0);
  EXPECT_EQ(header(0, "authorization"), "Basic " + to_base64(as_bytes("file:pass")));
  ::setenv("COCLI_USERNAME", "environment", 1);
  EXPECT_EQ(cocli(args).status, 0);
  EXPECT_EQ(header(1, "authorization"), "Basic " + to_base64(as_bytes("environment:pass")));
  std::vector<std::string> flagged = args;
  flagged.insert(flagged.end(), {"-U", "flag"});
  EXPECT_EQ(cocli(flagged).status, 0);
  EXPECT_EQ(header(2, "authorization"), "Basic " + to_base64(as_bytes("flag:pass")));
  flagged.insert(flagged.end(), {"--config", own("config.yaml")});
  EXPECT_EQ(cocli(flagged).status, 1);
  ::unsetenv("COCLI_USERNAME");
  write("bad.yaml", "auth: foo\n");
  EXPECT_EQ(cocli({"corim", "submit", "--config", "bad.yaml"}).err, "Error: unexpected Method \"foo\"\n");
  EXPECT_EQ(cocli({"corim", "submit", "--config", ASSAY_SOURCE_DIR "/tests/vectors/cocli/gen-a/example-config.yaml"}).err, "Error: no CoRIM input file supplied\n");
  EXPECT_EQ(cocli({"comid", "validate", "--config", "bad.yaml"}).err, "Error: no files supplied\n") << "an offline command does not care";
  ::unsetenv("XDG_CONFIG_HOME");
}

TEST_F(Submit, OnlyWhoIsTrustedGetsIt) {
  make_certificate();
  const std::string url = serve("[" + answer(200, session("success")) + "]", true);
  const Outcome stranger = submit(url, {"-a", "basic", "-U", "u", "-P", "p"});
  EXPECT_EQ(stranger.status, 1);
  EXPECT_NE(stranger.err.find("submit request failed: Post"), std::string::npos) << stranger.err;
  EXPECT_NE(stranger.err.find("a certificate of somebody who is trusted, or --ca-cert FILE"), std::string::npos) << stranger.err;
  EXPECT_EQ(requests().size(), 0U);
  EXPECT_EQ(submit(url, {"-E", "cert.pem"}).status, 0);
  EXPECT_EQ(submit(url, {"-i"}).status, 0);
  EXPECT_EQ(submit(url, {"-E", "none.pem"}).err, "Error: submit CoRIM payload failed reason: run failed: could not read cert: open none.pem: no such file or directory\n");
  EXPECT_NE(submit(url, {"-E", "rim.cbor"}).err.find("no certificate in PEM"), std::string::npos);
}

TEST_F(Submit, RedirectionsAreFollowedButCredentialsStayHome) {
  // 307 repeats the POST; `localhost` is another origin, though the same service answers.
  const std::vector<std::string> user{"-a", "basic", "-U", "u", "-P", "p"};
  ASSERT_EQ(submit(serve("[" + answer(307, "", R"(,"Location":"/moved")") + "," + answer(200, session("success")) + "]"), user).status, 0);
  EXPECT_EQ(text(1, "method"), "POST");
  EXPECT_EQ(text(1, "path"), "/moved");
  EXPECT_EQ(header(1, "authorization"), "Basic dTpw");
  ASSERT_EQ(submit(serve("[" + answer(307, "", R"(,"Location":"http://localhost:{port}/moved")") + "," + answer(200, session("success")) + "]"), user).status, 0);
  EXPECT_EQ(text(1, "path"), "/moved");
  EXPECT_EQ(header(1, "authorization"), "(none)");
  // The same holds for where a session is.
  const std::string created = answer(201, session("processing"), R"(,"Location":"http://localhost:{port}/7")");
  ASSERT_EQ(submit(serve("[" + created + "," + answer(200, session("success")) + "," + answer(204, "") + "]"), user).status, 0);
  EXPECT_EQ(header(1, "authorization"), "(none)");
  EXPECT_EQ(header(2, "authorization"), "(none)");
  const std::string loop = submit(serve("[" + answer(307, "", R"(,"Location":"/moved")") + "]")).err;
  EXPECT_NE(loop.find("submit request failed"), std::string::npos) << loop;
  EXPECT_EQ(requests().size(), 11U);
  EXPECT_EQ(submit(serve("[" + answer(302, "", R"(,"Location":"file:///etc/passwd")") + "]")).status, 1);
}

TEST_F(Submit, AHugeAnswerEndsIt) {
  const Outcome outcome = submit(serve("[" + answer(200, session("success"), R"(,"X-Long":")" + std::string(60000, 'y') + R"(","X-More":")" + std::string(9000, 'y') + "\"") + "]"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("the answer is too large"), std::string::npos) << outcome.err;
}

TEST_F(Submit, TheNativeCommandKnowsWhatItSends) {
  write("rim.cbor", testing::vector_text("cocli/gen-a/golden/corim-psa-full.cbor"));
  const std::string url = serve("[" + answer(200, session("success")) + "]");
  const std::string base = url.substr(0, url.size() - 7);
  const auto native = [&](std::vector<std::string> args) {
    args.insert(args.begin(), "submit");
    return testing::call(run_corim, args);
  };
  const Outcome good = native({"rim.cbor", "--server", base, "--json"});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_EQ(text(0, "path"), "/endorsement-provisioning/v1/submit");
  EXPECT_TRUE(header(0, "content-type").starts_with("application/corim-unsigned+cbor; profile=\"")) << header(0, "content-type");
  EXPECT_NE(good.out.find("\"submitted\":\"rim.cbor\""), std::string::npos) << good.out;
  EXPECT_EQ(native({ASSAY_SOURCE_DIR "/tests/vectors/cocli/gen-a/golden/signed-corim-psa-full-ed25519.cbor", "--server", url}).status, 0);
  EXPECT_TRUE(header(1, "content-type").starts_with("application/rim+cose; profile=\"")) << header(1, "content-type");
  EXPECT_EQ(text(1, "path"), "/submit");
  write("bad.cbor", "\xa1");
  EXPECT_EQ(native({"bad.cbor", "--server", url}).status, 3);
  EXPECT_EQ(native({"rim.cbor", "--server", "nowhere"}).status, 2);
  const Outcome nobody = native({"rim.cbor", "--server", "http://127.0.0.1:1"});
  EXPECT_EQ(nobody.status, 5);
  EXPECT_TRUE(nobody.err.starts_with("error: rim.cbor: POST http://127.0.0.1:1/endorsement-provisioning/v1/submit: ")) << nobody.err;
  EXPECT_EQ(native({"rim.cbor", "--server", url, "--auth", "basic"}).status, 2);
  EXPECT_EQ(requests().size(), 2U);
  EXPECT_EQ(native({"rim.cbor", "--server", serve("[" + answer(200, session("failed")) + "]")}).status, 3);
  EXPECT_EQ(native({"rim.cbor", "--server", serve("[" + answer(401, "") + "]")}).status, 4);
}

TEST_F(Submit, TheNativeCommandIsNeverNobodyWhereItWasSaidWhoItIs) {
  write("rim.cbor", testing::vector_text("cocli/gen-a/golden/corim-psa-full.cbor"));
  write("secret", "p\n");
  const std::string url = serve("[" + answer(200, session("success")) + "]");
  const std::vector<std::pair<std::vector<std::string>, const char*>> rows{
      {{"--user", "u"}, "error: --user: --auth none does not use it; expected --auth basic or oauth2\n"},
      {{"--password-file", "secret"}, "error: --password-file: --auth none does not use it; expected --auth basic or oauth2\n"},
      {{"--auth", "passthrough", "--user", "u"}, "error: --user: --auth passthrough does not use it; expected --auth basic or oauth2\n"},
      {{"--client-id", "c"}, "error: --client-id: --auth none does not use it; expected --auth oauth2\n"},
      {{"--auth", "basic", "--user", "u", "--password-file", "secret", "--client-secret-file", "secret"}, "error: --client-secret-file: --auth basic does not use it; expected --auth oauth2\n"},
      {{"--auth", "basic", "--user", "u", "--password-file", "secret", "--token-url", "http://h"}, "error: --token-url: --auth basic does not use it; expected --auth oauth2\n"},
  };
  for (const auto& [more, error] : rows) {
    std::vector<std::string> args{"submit", "rim.cbor", "--server", url};
    args.insert(args.end(), more.begin(), more.end());
    const Outcome outcome = testing::call(run_corim, args);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_TRUE(outcome.err.starts_with(error)) << outcome.err;
  }
  EXPECT_EQ(requests().size(), 0U);
  EXPECT_EQ(testing::call(run_corim, std::vector<std::string>{"submit", "rim.cbor", "--server", url, "--auth", "basic", "--user", "u", "--password-file", "secret"}).status, 0);
  EXPECT_EQ(header(0, "authorization"), "Basic dTpw");
}

}  // namespace
}  // namespace assay
