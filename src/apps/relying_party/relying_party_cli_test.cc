// The relying party between real processes: attesters on one side, `assay serve` or a service that says what it should not on the other.
#include <gmock/gmock.h>

#include <filesystem>

#include "apps/attest/attest_cli.h"
#include "apps/cocli/cocli.h"
#include "apps/process_testing.h"
#include "apps/relying_party/relying_party_cli.h"
#include "apps/scripted_testing.h"
#include "net/http_client.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;
using testing::ServiceProcess;

constexpr const char* kMeasurement = "MbgFqjT4jfR+fK1O4YyQtZUYD0nhXh7GfhM0EmR6tgc=";  // of the published reference value
constexpr const char* kOther = "b4d1c1e4fa7361970c08db12d2534c69afc1c57170586ade2d9c1f194fd6cd4c";

class RelyingPartyProcess : public testing::WithScriptedService {
 protected:
  Outcome attest(const std::string& url, const std::string& measurement, std::vector<std::string> more = {}) const {
    std::vector<std::string> args{"--simulate", "optee", "--measurement", measurement, "--relying-party", url};
    args.insert(args.end(), more.begin(), more.end());
    return testing::call(run_attest, args);
  }
  // What it wrote to its log, once it has ended.
  std::string log() const { return testing::read_text(own("rp.log")); }
  // With a key of its own that nobody else may read.
  std::vector<std::string> verifier_args() const {
    std::filesystem::copy_file(testing::vector_path("ear/keys/veraison-skey.json"), own("skey.json"), std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(own("skey.json"), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return {"serve", "--store", "memory:", "--listen", "127.0.0.1:0", "--ear-key", own("skey.json")};
  }
  static std::string pkey() { return testing::vector_path("ear/keys/veraison-pkey.json"); }
  std::vector<std::string> party_args(const std::string& verifier, std::vector<std::string> more = {}) const {
    std::vector<std::string> args{"relying-party", "--listen", "127.0.0.1:0", "--verifier", verifier};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
};

net::Response ask(const std::string& url, net::Request::Method method, std::vector<net::Header> headers = {}, Bytes body = {}) {
  const auto client = net::HttpClient::make({.timeout = std::chrono::seconds{20}});
  auto response = (*client)->send({.method = method, .url = url, .headers = std::move(headers), .body = std::move(body)});
  EXPECT_TRUE(testing::ok(response));
  return response.value_or(net::Response{});
}
using enum net::Request::Method;

TEST_F(RelyingPartyProcess, L19_TheGuidesThreeOutcomes) {
  const ServiceProcess verifier{verifier_args(), own("verifier.log")};
  ServiceProcess party{party_args(verifier.url(), {"--key", pkey()}), own("rp.log")};
  ASSERT_NE(party.url(), "");
  const Outcome stranger = attest(party.url(), kMeasurement, {"--ear-key", pkey()});
  EXPECT_EQ(stranger.status, 1);
  EXPECT_THAT(stranger.err, HasSubstr("result: contraindicated"));
  const std::string templates = testing::vector_path("optee/iisec/");
  ASSERT_EQ(testing::call(run_cocli, {"comid", "create", "-t", templates + "comid-psa-ta.json", "-t", templates + "comid-psa-refval.json"}).status, 0);
  ASSERT_EQ(testing::call(run_cocli, {"corim", "create", "-t", templates + "corim-psa.json", "-m", "comid-psa-ta.cbor", "-m", "comid-psa-refval.cbor", "-o", "psa-endorsements.cbor"}).status, 0);
  const std::string type = "application/corim-unsigned+cbor; profile=http://arm.com/psa/iot/1";
  const Outcome submitted = testing::call(run_cocli, {"corim", "submit", "-f", "psa-endorsements.cbor", "-s", verifier.url() + "/endorsement-provisioning/v1/submit", "-m", type});
  ASSERT_EQ(submitted.status, 0) << submitted.err;
  const Outcome warned = attest(party.url(), kOther, {"--ear-key", pkey()});
  EXPECT_EQ(warned.status, 1);
  EXPECT_THAT(warned.err, HasSubstr("result: warning"));
  const Outcome good = attest(party.url(), kMeasurement, {"--ear-key", pkey(), "--ear", "ear.jwt"});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_EQ(party.stop(), 0);
  // The console of the host program.
  EXPECT_TRUE(good.out.starts_with("\nOpened new Veraison client session at " + party.url() + "/challenge-response/v1/session/")) << good.out;
  for (const char* part : {"\n\nNumber of media types accepted: ", "\n\tapplication/psa-attestation-token\n", "\n\nNonce size: 32 bytes\nNonce: [0x", "]\n\nCompleted opening the session.\n\n\nInvoke TA.\nInvoked TA successfully.\n\n\nReceived evidence of CBOR (COSE) format from PTA.\n\nCBOR(COSE) size: 306\nCBOR(COSE): d28443a10126a058e7a7", "\n\n\nSupplying the generated evidence to the server.\n\nReceived the attestation result from the server.\n\nRaw attestation result (JWT): "}) EXPECT_THAT(good.out, HasSubstr(part));
  EXPECT_TRUE(good.out.ends_with(testing::read_text(own("ear.jwt")) + "\n\nDisposing client session.\n\nCompleted sending the evidence and receiving the attestation result.\n"));
  // The log.
  const std::string said = log();
  EXPECT_THAT(said, ::testing::ContainsRegex("^[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} Relying party is starting\\.\\.\\.\n"));
  for (const char* part : {" Received request: POST /challenge-response/v1/newSession?nonceSize=32\n", " Received response: 201 Created\n", " Received response: 200 OK\n", " Received response: 204 No Content\n", ".jwt\" signature successfully verified using \"", "\n[claims-set]\n{\n    \"ear.verifier-id\"", "\nExecutables [warning]: Runtime memory includes executables", "\nExecutables [affirming]: Only a recognized genuine set of approved executables", "\nInstance Identity [contraindicated]: "}) EXPECT_THAT(said, HasSubstr(part));
}

TEST_F(RelyingPartyProcess, TheVerifierPublishesItsKey) {
  const ServiceProcess verifier{verifier_args(), own("verifier.log")};
  ServiceProcess party{party_args(verifier.url()), own("rp.log")};
  EXPECT_EQ(attest(party.url(), kMeasurement).status, 0);
  party.stop();
  EXPECT_THAT(log(), HasSubstr("signature successfully verified using \"" + verifier.url() + "/.well-known/veraison/verification\" key"));
}

TEST_F(RelyingPartyProcess, AVerifierThatIsAwayOrComesBack) {
  ServiceProcess verifier{verifier_args(), own("verifier.log")};
  const std::string url = verifier.url();
  verifier.stop(SIGKILL);
  ServiceProcess party{party_args(url), own("rp.log")};
  const net::Response away = ask(party.url() + "/challenge-response/v1/newSession", post);
  EXPECT_EQ(away.status, 502);
  EXPECT_EQ(net::problem_text(away), "Bad Gateway: the verifier cannot be reached");
  const Outcome outcome = attest(party.url(), kMeasurement);
  EXPECT_EQ(outcome.status, 5);
  EXPECT_EQ(outcome.out, "Failed to allocate Veraison client session.\nFailed to open session.\n");
  EXPECT_THAT(outcome.err, HasSubstr("502 Bad Gateway: the verifier cannot be reached"));
  std::vector<std::string> again = verifier_args();
  again[4] = url.substr(7);
  const ServiceProcess back{again, own("verifier.log")};
  EXPECT_EQ(attest(party.url(), kMeasurement).status, 0);
  party.stop();
  EXPECT_THAT(log(), HasSubstr("Warning: no key for results yet: "));
  EXPECT_THAT(log(), HasSubstr("Error forwarding request: POST " + url));
}

TEST_F(RelyingPartyProcess, SlowVerifiersAre504) {
  const std::string url = serve_at({R"({"status":201,"delay":5})"});
  const ServiceProcess party{party_args(url, {"--key", pkey(), "--timeout", "1"}), own("rp.log")};
  EXPECT_EQ(ask(party.url() + "/challenge-response/v1/newSession", post).status, 504);
}

TEST_F(RelyingPartyProcess, AVerifierBehindTlsMustBeWhoItIs) {
  make_certificate();
  const std::string url = serve_at({testing::scripted_answer(400, "{}", "application/problem+json")}, true);
  {
    const ServiceProcess party{party_args(url, {"--key", pkey()}), own("rp.log")};
    const net::Response stranger = ask(party.url() + "/challenge-response/v1/newSession", post);
    EXPECT_EQ(stranger.status, 502);
    EXPECT_EQ(net::problem_text(stranger), "Bad Gateway: the verifier is not who it should be");
    EXPECT_EQ(asked(), "");
  }
  const ServiceProcess party{party_args(url, {"--key", pkey(), "--ca-cert", own("cert.pem")}), own("rp.log")};
  EXPECT_EQ(ask(party.url() + "/challenge-response/v1/newSession", post).status, 400);
}

TEST_F(RelyingPartyProcess, NothingIsBelievedThatAnotherKeySigned) {
  const ServiceProcess verifier{verifier_args(), own("verifier.log")};
  ServiceProcess party{party_args(verifier.url(), {"--key", testing::vector_path("optee/iisec/ec256.json")}), own("rp.log")};
  const Outcome outcome = attest(party.url(), kMeasurement);
  EXPECT_EQ(outcome.status, 5);
  EXPECT_THAT(outcome.out, HasSubstr("Failed to supply evidence to server.\nError/log message: "));
  EXPECT_THAT(outcome.err, HasSubstr("502 Bad Gateway: the result is not the verifier's"));
  party.stop();
  EXPECT_THAT(log(), HasSubstr("Error executing command: exit status 1\n"));
  EXPECT_THAT(log(), Not(HasSubstr("Attestation result")));
}

TEST_F(RelyingPartyProcess, JunkReplaysAndOversizeGetTheVerifiersAnswer) {
  const ServiceProcess verifier{verifier_args(), own("verifier.log")};
  const ServiceProcess party{party_args(verifier.url()), own("rp.log")};
  const net::Response opened = ask(party.url() + "/challenge-response/v1/newSession?nonceSize=32", post);
  ASSERT_EQ(opened.status, 201);
  const std::string session = party.url() + "/challenge-response/v1/" + std::string{opened.header("Location").value_or("")};
  const std::vector<net::Header> psa{{"Content-Type", "application/psa-attestation-token"}};
  EXPECT_EQ(ask(session, post, psa).status, 400) << "no evidence";
  const net::Response other = ask(session, post, {{"Content-Type", "a/b"}}, to_bytes("junk"));
  EXPECT_EQ(other.status, 415);
  EXPECT_NE(other.header("Accept").value_or(""), "");
  EXPECT_EQ(ask(session, post, psa, Bytes(1024 * 1024 + 1)).status, 413);
  const net::Response junk = ask(session, post, psa, to_bytes("junk"));
  EXPECT_EQ(junk.status, 200) << "what is wrong with evidence is said in the result";
  EXPECT_EQ(ask(session, post, psa, to_bytes("junk")).status, 409) << "a session is answered once";
  EXPECT_EQ(ask(session, get).status, 200);
  EXPECT_EQ(ask(session, del).status, 204);
  EXPECT_EQ(ask(session, post, psa, to_bytes("junk")).status, 404);
  EXPECT_EQ(ask(party.url() + "/challenge-response/v1/newSession?nonce=AAAAAAAAAAAAAAAA", post).status, 400);
  EXPECT_EQ(ask(party.url() + "/endorsement-provisioning/v1/submit", post).status, 404);
}

TEST_F(RelyingPartyProcess, ManyAtATime) {
  const ServiceProcess verifier{verifier_args(), own("verifier.log")};
  ServiceProcess party{party_args(verifier.url()), own("rp.log")};
  std::vector<std::thread> all;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    all.emplace_back([&] {
      for (int k = 0; k < 5; ++k) good += attest(party.url(), kMeasurement).status == 0 ? 1 : 0;
    });
  }
  for (std::thread& one : all) one.join();
  EXPECT_EQ(good, 40);
  EXPECT_EQ(party.stop(), 0);
}

// A verifier, or who plays it, may say anything; the attester sees none of it.
TEST_F(RelyingPartyProcess, HostileAnswers) {
  const std::string type = "application/vnd.veraison.challenge-response-session+json";
  const std::string waiting = R"({"nonce":"YEi9JFXbigRuzAcgQCaH0GByDZVFV5KlNvSEUtXuXb4=","accept":["application/psa-attestation-token"],"status":"waiting"})";
  for (const std::string& answer : {testing::scripted_answer(201, waiting, type, R"(,"Location":"http://127.0.0.1:1/challenge-response/v1/session/7")"),
                                    testing::scripted_answer(307, "", type, R"(,"Location":"http://127.0.0.1:1/")"),
                                    testing::scripted_answer(201, "{\"nonce\":", type, R"(,"Location":"session/7")"),
                                    testing::scripted_answer(201, std::string(40000, '['), type, R"(,"Location":"session/7")"),
                                    testing::scripted_answer(201, waiting, type)}) {
    const std::string url = serve_at({answer});
    ServiceProcess party{party_args(url, {"--key", pkey()}), own("rp.log")};
    const net::Response refused = ask(party.url() + "/challenge-response/v1/newSession", post);
    EXPECT_EQ(refused.status, 502) << answer.substr(0, 200);
    EXPECT_FALSE(refused.header("Location"));
    EXPECT_EQ(asked(), "POST /challenge-response/v1/newSession\n") << "nobody was led elsewhere";
    EXPECT_EQ(party.stop(), 0);
  }
}

TEST_F(RelyingPartyProcess, RefusesToStart) {
  const auto says = [](std::vector<std::string> args, int status, std::string_view text) {
    const Outcome outcome = testing::call(run_relying_party, args);
    EXPECT_EQ(outcome.status, status) << text;
    EXPECT_THAT(outcome.err, HasSubstr(text));
    EXPECT_EQ(outcome.out, "");
  };
  says({"--listen", "0.0.0.0:0"}, 5, "without TLS");
  says({"--listen", "nonsense"}, 5, "ADDRESS:PORT");
  says({"--verifier", "verifier:8080"}, 2, "--verifier");
  says({"--verifier", "http://h/?q=1"}, 2, "query");
  says({"--verifier", "http://verifier.example:8080"}, 5, "--key FILE, https, or --insecure");
  says({"--verifier", "http://localhost.evil.example"}, 5, "--key FILE");
  says({"--key", "none.json"}, 5, "none.json");
  says({"--cert", "c.pem"}, 2, "one without the other");
  says({"--ca-cert", "none.pem"}, 5, "none.pem");
  says({"--timeout", "0"}, 2, "--timeout");
}

}  // namespace
}  // namespace assay
