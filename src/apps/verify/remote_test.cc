// assay verify --server: against answers that were made up, and against our own service.
#include "apps/corim/corim_cli.h"
#include "apps/evcli/evcli.h"
#include "apps/pocli/pocli.h"
#include "apps/scripted_testing.h"
#include "apps/veraison/veraison.h"
#include "apps/verify/verify_cli.h"
#include "crypto/key_formats.h"
#include "net/server.h"
#include "services/front/front.h"
#include "store/memory/memory_store.h"

namespace assay {
namespace {

using testing::Outcome;
using testing::vector_path;
using testing::vector_text;

constexpr std::string_view kSession = "application/vnd.veraison.challenge-response-session+json";
constexpr std::string_view kNonce = "6048bd2455db8a046ecc0720402687d060720d95455792a536f48452d5ee5dbe";
constexpr std::string_view kNonceBase64 = "YEi9JFXbigRuzAcgQCaH0GByDZVFV5KlNvSEUtXuXb4=";

std::string path(std::string_view vector) { return vector_path(vector).string(); }
std::string jwt() { return std::string{trim_ascii(vector_text("ear/jwt/optee-iisec-affirming.jwt"))}; }

std::string discovery(std::string_view key_file) {
  return testing::scripted_answer(200, fmt::format(R"({{"ear-verification-key":{},"service-state":"READY","api-endpoints":{{"newChallengeResponseSession":"/cr/new"}}}})", vector_text(key_file)), "application/vnd.veraison.discovery+json");
}
std::string created(std::string_view nonce = kNonceBase64) {
  return testing::scripted_answer(201, fmt::format(R"({{"nonce":"{}","accept":["application/psa-attestation-token","application/eat-cwt; profile=http://arm.com/psa/2.0.0"],"status":"waiting"}})", nonce), kSession, R"(,"Location":"session/7")");
}
std::string complete(std::string_view result) { return testing::scripted_answer(200, fmt::format(R"({{"nonce":"{}","status":"complete","result":"{}"}})", kNonceBase64, result), kSession); }
std::string gone() { return testing::scripted_answer(204, "", ""); }

class VerifyRemote : public testing::WithScriptedService {
 protected:
  Outcome verify(const std::vector<std::string>& answers, const std::vector<std::string>& more = {}, std::string_view suffix = "") {
    std::vector<std::string> args{path("optee/token-iisec.cbor"), "--server", serve_at(answers) + std::string{suffix}};
    args.insert(args.end(), more.begin(), more.end());
    return testing::call(run_verify, args);
  }
  static inline const std::string kKey = "ear/keys/veraison-pkey.json";
};

TEST_F(VerifyRemote, TheServicesResultIsCheckedAndReported) {
  const Outcome good = verify({discovery(kKey), created(), complete(jwt()), gone()}, {"--nonce", std::string{kNonce}, "--ear", "result.jwt"});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_NE(good.out.find("Result          signature good (ES256), by the key that the service publishes\n"), std::string::npos) << good.out;
  EXPECT_NE(good.out.find("  PSA_IOT  affirming\n"), std::string::npos) << good.out;
  EXPECT_NE(good.out.find("Verdict: affirming\n"), std::string::npos) << good.out;
  EXPECT_NE(good.out.find("without TLS"), std::string::npos) << "who is in between could have made key and result";
  EXPECT_EQ(testing::read_text(own("result.jwt")), jwt());
  EXPECT_EQ(asked(), "GET /.well-known/veraison/verification\nPOST /cr/new?nonce=YEi9JFXbigRuzAcgQCaH0GByDZVFV5KlNvSEUtXuXb4%3D\nPOST /cr/session/7\nDELETE /cr/session/7\n");
  EXPECT_EQ(header(2, "content-type"), "application/eat-cwt; profile=http://arm.com/psa/2.0.0") << "the type that names the token's profile, as the service spells it";
  EXPECT_EQ(text(2, "body"), to_hex(testing::vector_bytes("optee/token-iisec.cbor")));
}

TEST_F(VerifyRemote, AGivenKeyNeedsNoDiscovery) {
  const Outcome good = verify({created(), complete(jwt()), gone()}, {"--server-key", path(kKey), "--nonce", std::string{kNonce}, "--json"}, "/a/newSession");
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_EQ(asked().find("GET "), std::string::npos);
  const json::Value said = json::parse(good.out).value_or(json::Value{});
  ASSERT_NE(said.object(), nullptr);
  EXPECT_EQ(*said.object()->find("verdict")->text(), "affirming");
  EXPECT_FALSE(*said.object()->find("key-from-service")->boolean());
}

TEST_F(VerifyRemote, TheNonceOfTheEvidenceShowsNoFreshness) {
  const Outcome outcome = verify({discovery(kKey), created(), complete(jwt()), gone()});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("(the evidence's own)"), std::string::npos);
  EXPECT_NE(outcome.out.find("Freshness was not checked"), std::string::npos);
}

TEST_F(VerifyRemote, SessionsAreKeptAndNamesGivenOnRequest) {
  const Outcome kept = verify({discovery(kKey), created(), complete(jwt())}, {"--keep-session", "--media-type", "application/psa-attestation-token"});
  EXPECT_EQ(kept.status, 0) << kept.err;
  EXPECT_EQ(asked().find("DELETE"), std::string::npos);
  EXPECT_NE(kept.out.find("the session is kept: http://127.0.0.1:"), std::string::npos) << kept.out;
  EXPECT_EQ(header(2, "content-type"), "application/psa-attestation-token");
}

struct Refused {
  const char* what;
  std::vector<std::string> answers;
  std::vector<std::string> args;
  int status;
  const char* text;
};
TEST_F(VerifyRemote, ResultsThatCannotBeBelieved) {
  const std::vector<std::string> usual{"--nonce", std::string{kNonce}};
  const std::string other_nonce = to_base64(Bytes(32, 1));
  const std::string warning{trim_ascii(vector_text("ear/jwt/optee-pr124-warning.jwt"))};
  const Refused rows[] = {
      {"another key", {discovery("evcli/misc/ec256-pub.json"), created(), complete(jwt()), gone()}, usual, 4, "the service's result: "},
      {"a key of ours that is another", {discovery(kKey), created(), complete(jwt()), gone()}, {"--server-key", path("evcli/misc/ec256-pub.json")}, 4, "the service's result: "},
      {"an answer to another nonce", {discovery(kKey), created(other_nonce), complete(jwt()), gone()}, {"--nonce", to_hex(Bytes(32, 1))}, 4, "nonce"},
      {"another session's nonce", {discovery(kKey), created(other_nonce), gone()}, usual, 4, "expecting nonce"},
      {"unsigned", {discovery(kKey), created(), complete("eyJhbGciOiJub25lIn0.e30.AAAA"), gone()}, usual, 4, "the service's result: "},
      {"no key published", {testing::scripted_answer(200, "{}", "application/json")}, usual, 3, "--server-key FILE"},
      {"no discovery", {testing::scripted_answer(404, "404 page not found", "text/plain")}, usual, 5, "404 page not found; expected --server: scheme, host and port of this interface"},
      {"nobody it knows", {discovery(kKey), testing::scripted_answer(401, "", "")}, usual, 4, "401 Unauthorized; expected --auth basic or oauth2, with --user and --password-file"},
      {"somebody else's task", {discovery(kKey), testing::scripted_answer(403, "", "")}, usual, 4, "403 Forbidden; expected somebody with the role"},
      {"the type is refused", {discovery(kKey), created(), testing::scripted_answer(415, R"({"title":"Unsupported Media Type","detail":"no active plugin found"})", "application/problem+json"), gone()}, usual, 3, "no active plugin found; expected --media-type with one that"},
      {"the session is gone", {discovery(kKey), created(), testing::scripted_answer(404, R"({"title":"Not Found","detail":"session not found"})", "application/problem+json"), gone()}, usual, 5, "404 Not Found: session not found\n"},
      {"the type is not taken", {discovery(kKey), created(), gone()}, {"--media-type", "a/b"}, 3, "expecting media type a/b, got application/psa-attestation-token, application/eat-cwt"},
      {"the service fails", {discovery(kKey), created(), testing::scripted_answer(500, R"({"title":"Internal Server Error","detail":"error encountered while processing evidence"})", "application/problem+json"), gone()}, usual, 5, "error encountered while processing evidence"},
      {"endless", {discovery(kKey), created(), testing::scripted_answer(202, "", ""), testing::scripted_answer(200, R"({"status":"processing"})", kSession)}, {"--timeout", "1"}, 5, "polling attempts exhausted"},
      {"no JSON", {discovery(kKey), created(), testing::scripted_answer(200, "<html>", kSession), gone()}, usual, 3, "failure decoding session resource body"},
  };
  for (const Refused& row : rows) {
    const Outcome outcome = verify(row.answers, row.args);
    EXPECT_EQ(outcome.status, row.status) << row.what << ": " << outcome.err;
    EXPECT_NE(outcome.err.find(row.text), std::string::npos) << row.what << ": " << outcome.err;
    EXPECT_EQ(outcome.out, "") << row.what;
  }
}

TEST_F(VerifyRemote, WhatDoesNotGoTogether) {
  const auto status = [](std::vector<std::string> args) {
    args.insert(args.begin(), path("optee/token-iisec.cbor"));
    return testing::call(run_verify, args).status;
  };
  EXPECT_EQ(status({"--server", "http://h", "--key", "x"}), 2);
  EXPECT_EQ(status({"--server", "http://h", "--endorsements", "x"}), 2);
  EXPECT_EQ(status({"--server", "http://h", "--ear-key", "x", "--ear", "y"}), 2);
  EXPECT_EQ(status({"--server", "nowhere"}), 2);
  EXPECT_EQ(status({"--server-key", "x"}), 2);
  EXPECT_EQ(status({"--media-type", "a/b"}), 2);
  EXPECT_EQ(status({"--server", "http://127.0.0.1:1"}), 5);
  EXPECT_EQ(testing::call(run_verify, {path("veraison/v0.0.2502/generated/evidence/enacttrust.good.cbor"), "--server", "http://127.0.0.1:1"}).status, 3) << "no nonce is found in it";
}

// Our own service, over HTTP.
class OwnService : public testing::InOwnFolder {
 protected:
  OwnService() {
    net::ServerOptions options{.listeners = {net::Listener{}}};
    auto server = net::Server::start(std::move(options), [this](const net::Incoming& request) { return front::answer(front_, request); });
    EXPECT_TRUE(testing::ok(server));
    server_ = std::move(*server);
    port_ = std::to_string(server_->ports().front());
    url_ = "http://127.0.0.1:" + port_;
    ::setenv("XDG_CONFIG_HOME", own("xdg").c_str(), 1);
    ::setenv("VERAISON_SERVER", url_.c_str(), 1);
  }
  ~OwnService() override {
    ::unsetenv("XDG_CONFIG_HOME");
    ::unsetenv("VERAISON_SERVER");
  }
  static std::string file(std::string_view name) { return path("veraison/v0.0.2502/" + std::string{name}); }
  static int veraison(std::span<const std::string> args, std::ostream& out, std::ostream& err) { return run_veraison(args, {}, out, err); }

  std::shared_ptr<const crypto::Signer> key_ = crypto::soft_signer(crypto::private_key_from_any(testing::vector_bytes("veraison/v0.0.2502/integration/keys/skey.jwk")).value()).value();
  store::MemoryStore store_;
  front::Front front_{.verifier = {.store = store_, .schemes = appraise::all_schemes(), .key = [this] { return crypto::ActiveKey{.signer = key_, .kid = {}, .header_kid = {}}; }, .build = "test", .clock = [] { return UnixSeconds{1735689600}; }}, .intake = {.store = store_, .schemes = appraise::all_schemes()}, .management = {.store = store_, .schemes = appraise::all_schemes(), .check = [](std::string_view) { return Result<void>{}; }}, .coserv = {.store = store_, .schemes = appraise::all_schemes(), .key = [this] { return crypto::ActiveKey{.signer = key_, .kid = {}, .header_kid = {}}; }, .version = "test"}};
  std::unique_ptr<net::Server> server_;
  std::string port_;
  std::string url_;
};

TEST_F(OwnService, V33_ClientsFindWhatTheyExpect) {
  const std::string good = file("generated/evidence/psa.good.cbor");
  const auto verify = [&](const std::string& evidence) { return testing::call(run_verify, {evidence, "--server", url_}); };
  const Outcome stranger = verify(good);
  EXPECT_EQ(stranger.status, 4) << stranger.out << stranger.err;
  EXPECT_NE(stranger.out.find("the service says: PSA_IOT: no trust anchor for evidence"), std::string::npos) << stranger.out;

  const Outcome submitted = testing::call(run_corim, {"submit", file("generated/endorsements/corim-psa-full.cbor"), "--server", url_});
  EXPECT_EQ(submitted.status, 0) << submitted.err;
  const Outcome known = verify(good);
  EXPECT_EQ(known.status, 0) << known.out << known.err;
  EXPECT_NE(known.out.find("Verdict: affirming\n"), std::string::npos);
  EXPECT_EQ(verify(file("generated/evidence/psa.badswcomp.cbor")).status, 1);
  EXPECT_EQ(verify(file("generated/evidence/psa.good-badkey.cbor")).status, 4);

  const std::string session = url_ + "/challenge-response/v1/newSession";
  const Outcome relying = testing::call(run_evcli, {"psa", "verify-as", "relying-party", "-t", good, "-s", session, "--raw"});
  EXPECT_EQ(relying.status, 0) << relying.err;
  EXPECT_EQ(relying.err, "");
  const Outcome attester = testing::call(run_evcli, {"psa", "verify-as", "attester", "-c", file("integration/claims/psa.good.json"), "-k", file("integration/keys/ec.p256.jwk"), "-n", "32", "-s", session, "--raw"});
  EXPECT_EQ(attester.status, 0) << attester.err;
  for (const Outcome& outcome : {relying, attester}) {
    const auto ear = ear::verify_jwt(trim_ascii(outcome.out), key_->public_key());
    ASSERT_TRUE(testing::ok(ear));
    EXPECT_TRUE((**ear).is_affirming());
  }
}

TEST_F(OwnService, V33_PoliciesAndStatus) {
  write("rules.rego", "package policy\n");
  const auto pocli = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"-H", "127.0.0.1", "-p", port_});
    return testing::call(run_pocli, args);
  };
  const Outcome made = pocli({"create", "PSA_IOT", "rules.rego"});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_TRUE(made.out.ends_with("Policy activated.\n")) << made.out;
  EXPECT_TRUE(pocli({"get", "PSA_IOT"}).out.starts_with("Active policy:\n{\n    \"uuid\": \"")) << pocli({"get", "PSA_IOT"}).err;
  EXPECT_TRUE(pocli({"list", "PSA_IOT"}).out.starts_with("Policies for scheme PSA_IOT:\n[\n"));
  EXPECT_EQ(pocli({"deactivate", "PSA_IOT"}).out, "All policies for scheme PSA_IOT deactivated.\n");
  EXPECT_NE(pocli({"get", "PSA_IOT"}).err.find("Error: 404 Not Found: no active policy for key \"0:PSA_IOT:opa\"\n"), std::string::npos);
  EXPECT_NE(pocli({"schemes"}).out.find("\nPSA_IOT\n"), std::string::npos);
  EXPECT_EQ(testing::call(veraison, {"status"}).out, "         vts: running\nprovisioning: running\nverification: running\n  management: running\n      coserv: running\n");
  EXPECT_EQ(testing::call(veraison, {"short-status"}).out, "running\n");
  server_.reset();
  EXPECT_EQ(testing::call(veraison, {"short-status"}).out, "stopped\n");
}

}  // namespace
}  // namespace assay
