// evcli verify-as over real connections.
#include <cstdlib>

#include "apps/evcli/evcli.h"
#include "apps/scripted_testing.h"
#include "schemes/cca/evidence.h"

namespace assay {
namespace {

using testing::Outcome;
using testing::vector_bytes;
using testing::vector_path;
using testing::vector_text;

constexpr std::string_view kSession = "application/vnd.veraison.challenge-response-session+json";
constexpr std::string_view kPsaNonce = "AAECAwABAgMAAQIDAAECAwABAgMAAQIDAAECAwABAgM=";

std::string answer(int status, std::string_view body, std::string_view more = "", std::string_view type = kSession) { return testing::scripted_answer(status, body, type, more); }
std::string problem(int status, std::string_view title, std::string_view detail) { return answer(status, fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"detail":"{}"}})", title, status, detail), "", "application/problem+json"); }
std::string session(std::string_view status, std::string_view nonce, std::string_view more = "") {
  return fmt::format(R"({{"nonce":"{}","expiry":"2030-10-12T07:20:50.52Z","accept":["application/vnd.enacttrust.tpm-evidence","application/psa-attestation-token","application/eat-collection; profile=\"http://arm.com/CCA-SSD/1.0.0\""],"status":"{}"{}}})", nonce, status, more);
}
std::string jwt() { return std::string{trim_ascii(vector_text("ear/jwt/optee-iisec-affirming.jwt"))}; }
std::string created(std::string_view nonce, std::string_view location = "session/7") { return answer(201, session("waiting", nonce), fmt::format(R"(,"Location":"{}")", location)); }
std::string complete(std::string_view nonce) { return answer(200, session("complete", nonce, fmt::format(R"(,"result":"{}")", jwt()))); }
std::string gone() { return answer(204, ""); }

class VerifyAs : public testing::WithScriptedService {
 protected:
  VerifyAs() {
    for (const char* variable : {"API_SERVER", "INSECURE", "CA_CERT", "NONCE_SIZE"}) ::unsetenv(variable);
    ::setenv("XDG_CONFIG_HOME", own("xdg").c_str(), 1);
  }
  ~VerifyAs() override { ::unsetenv("XDG_CONFIG_HOME"); }

  static Outcome evcli(const std::vector<std::string>& args) { return testing::call(run_evcli, args); }
  static std::string path(std::string_view vector) { return vector_path(vector).string(); }
  std::string serve(const std::vector<std::string>& answers, bool tls = false) { return serve_at(answers, tls) + "/challenge-response/v1/newSession"; }

  static std::vector<std::string> with(std::vector<std::string> args, const std::vector<std::string>& more) {
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  const std::vector<std::string> psa_relying_party{"psa", "verify-as", "relying-party", "-t", path("evcli/tests/psa-p2.cbor")};
  const std::vector<std::string> psa_attester{"psa", "verify-as", "attester", "-c", path("evcli/tests/psa-p2-claims-no-nonce.json"), "-k", path("evcli/tests/psa-key.jwk")};
  const std::vector<std::string> cca_relying_party{"cca", "verify-as", "relying-party", "-t", path("evcli/tests/cca-token.cbor")};
  const std::vector<std::string> cca_attester{"cca", "verify-as", "attester", "-c", path("evcli/misc/cca-claims.json"), "-p", path("evcli/misc/ec256.json"), "-r", path("evcli/misc/ec384.json")};
};

TEST_F(VerifyAs, L7_PsaRelyingParty) {
  const Outcome good = evcli(with(psa_relying_party, {"--api-server", serve({created(kPsaNonce), complete(kPsaNonce), gone()})}));
  EXPECT_EQ(good.status, 0);
  EXPECT_EQ(good.err, "");
  EXPECT_EQ(good.out, '"' + jwt() + "\"\n") << "with the quotes of the JSON string it was";
  EXPECT_EQ(asked(), "POST /challenge-response/v1/newSession?nonce=AAECAwABAgMAAQIDAAECAwABAgMAAQIDAAECAwABAgM%3D\nPOST /challenge-response/v1/session/7\nDELETE /challenge-response/v1/session/7\n");
  EXPECT_EQ(text(0, "body"), "");
  EXPECT_EQ(header(0, "accept"), kSession);
  EXPECT_EQ(header(1, "accept"), kSession);
  EXPECT_EQ(header(1, "content-type"), "application/psa-attestation-token");
  EXPECT_EQ(text(1, "body"), to_hex(vector_bytes("evcli/tests/psa-p2.cbor")));
  EXPECT_EQ(evcli(with(psa_relying_party, {"--raw", "-s", serve({created(kPsaNonce), complete(kPsaNonce), gone()})})).out, jwt() + "\n");
}

TEST_F(VerifyAs, L7_PsaAttester) {
  const Outcome good = evcli(with(psa_attester, {"-n", "32", "-s", serve({created(kPsaNonce), complete(kPsaNonce), gone()})}));
  EXPECT_EQ(good.err, "");
  EXPECT_EQ(good.out, '"' + jwt() + "\"\n");
  EXPECT_EQ(text(0, "path"), "/challenge-response/v1/newSession?nonceSize=32");
  // As the original makes it but for the signature, which is different every time.
  const Bytes token = testing::hex(text(1, "body"));
  const Bytes expected = vector_bytes("evcli/tests/psa-p2.cbor");
  ASSERT_EQ(token.size(), expected.size());
  EXPECT_EQ(to_hex(ByteView{token}.first(token.size() - 64)), to_hex(ByteView{expected}.first(expected.size() - 64)));
  write("token.cbor", as_text(token));
  EXPECT_EQ(evcli({"psa", "check", "-t", "token.cbor", "-k", path("evcli/tests/psa-key-pub.jwk")}).status, 0);
}

TEST_F(VerifyAs, L7_CcaInBothRoles) {
  const Bytes token = vector_bytes("evcli/tests/cca-token.cbor");
  const auto evidence = cca::parse_evidence(token);
  ASSERT_TRUE(testing::ok(evidence));
  const std::string challenge = to_base64(*evidence->realm.challenge);
  const Outcome relying = evcli(with(cca_relying_party, {"-s", serve({created(challenge), complete(challenge), gone()})}));
  EXPECT_EQ(relying.err, "");
  EXPECT_EQ(relying.out, '"' + jwt() + "\"\n");
  EXPECT_EQ(header(1, "content-type"), "application/eat-collection; profile=\"http://arm.com/CCA-SSD/1.0.0\"");
  EXPECT_EQ(text(1, "body"), to_hex(token));

  const std::string nonce = to_base64(Bytes(64, 0x5a));
  const Outcome attester = evcli(with(cca_attester, {"-s", serve({created(nonce), complete(nonce), gone()})}));
  EXPECT_EQ(attester.err, "");
  EXPECT_EQ(attester.out, '"' + jwt() + "\"\n");
  EXPECT_EQ(text(0, "path"), "/challenge-response/v1/newSession?nonceSize=64");
  write("made.cbor", as_text(testing::hex(text(1, "body"))));
  EXPECT_EQ(evcli({"cca", "check", "-t", "made.cbor", "-k", path("evcli/misc/ec256-pub.json"), "--nonce", to_hex(Bytes(64, 0x5a))}).status, 0);
}

TEST_F(VerifyAs, AResultThatComesLaterIsWaitedFor) {
  const std::string busy = answer(202, session("processing", kPsaNonce));
  const std::string later = answer(200, session("processing", kPsaNonce));
  const Outcome good = evcli(with(psa_relying_party, {"-s", serve({created(kPsaNonce), busy, later, complete(kPsaNonce), gone()})}));
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_EQ(good.out, '"' + jwt() + "\"\n");
  const Outcome never = evcli(with(psa_relying_party, {"--timeout", "1", "-s", serve({created(kPsaNonce), busy, later})}));
  EXPECT_EQ(never.status, 1);
  EXPECT_EQ(never.err, "Error: polling attempts exhausted, session resource state still not complete\n");
}

TEST_F(VerifyAs, ADeletionThatFailsIsALineOfTheLog) {
  const std::string url = serve({created(kPsaNonce), complete(kPsaNonce), problem(500, "Internal Server Error", "busy")});
  const Outcome outcome = evcli(with(psa_relying_party, {"-s", url}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, '"' + jwt() + "\"\n");
  EXPECT_EQ(outcome.err, "DELETE " + url.substr(0, url.size() - 10) + "session/7 failed: 500 Internal Server Error: busy\n");
}

TEST_F(VerifyAs, OldVerifiersSpellMediaTypesWithoutQuotes) {
  const std::string nonce = to_base64(Bytes(64, 1));
  const std::string waiting = fmt::format(R"({{"nonce":"{}","accept":["application/eat-collection; profile=http://arm.com/CCA-SSD/1.0.0"],"status":"waiting"}})", nonce);
  EXPECT_EQ(evcli(with(cca_attester, {"-s", serve({answer(201, waiting, R"(,"Location":"session/7")"), complete(nonce), gone()})})).status, 0);
  EXPECT_EQ(header(1, "content-type"), "application/eat-collection; profile=http://arm.com/CCA-SSD/1.0.0");
}

TEST_F(VerifyAs, L8_ErrorsAreOneLineAndExitStatusOne) {
  const std::string other = to_base64(Bytes(32, 9));
  const std::string others = R"(,"Location":"session/7")";
  const std::string no_psa = fmt::format(R"({{"nonce":"{}","accept":["a/b","c/d"],"status":"waiting"}})", kPsaNonce);
  struct Row {
    std::vector<std::string> answers;
    std::string error;
  };
  const Row rows[] = {
      {{problem(400, "Bad Request", "failed handling nonce request: nonce must be valid base64")}, "new challenge-response session creation failed: newSession response has unexpected status: 400 Bad Request: failed handling nonce request: nonce must be valid base64"},
      {{answer(201, session("waiting", kPsaNonce))}, "new challenge-response session creation failed: cannot determine URI for the session resource: no Location header found in response"},
      {{answer(201, no_psa, others), gone()}, "evidence generation failed: expecting media type application/psa-attestation-token, got a/b, c/d"},
      {{created(other), gone()}, "evidence generation failed: expecting nonce " + to_hex(*from_base64(kPsaNonce)) + ", got " + to_hex(Bytes(32, 9))},
      {{created(kPsaNonce), problem(500, "Internal Server Error", "error encountered while processing evidence"), gone()}, "session response has unexpected status: 500 Internal Server Error: error encountered while processing evidence"},
      {{created(kPsaNonce), problem(415, "Unsupported Media Type", "no active plugin found for a/b"), gone()}, "session response has unexpected status: 415 Unsupported Media Type: no active plugin found for a/b"},
      {{created(kPsaNonce), answer(200, session("waiting", kPsaNonce)), gone()}, "unexpected session state: waiting"},
      {{created(kPsaNonce), answer(202, ""), answer(200, session("failed", kPsaNonce)), gone()}, "session resource in failed state"},
  };
  for (const Row& row : rows) {
    const Outcome outcome = evcli(with(psa_relying_party, {"-s", serve(row.answers)}));
    EXPECT_EQ(outcome.status, 1) << row.error;
    EXPECT_EQ(outcome.out, "") << row.error;
    EXPECT_EQ(outcome.err, "Error: " + row.error + "\n");
  }
  const std::string refusal = problem(400, "Bad Request", "no");
  EXPECT_EQ(evcli(with(cca_relying_party, {"-s", serve({refusal})})).err, "Error: Veraison API client failed: new challenge-response session creation failed: newSession response has unexpected status: 400 Bad Request: no\n");
  const std::string challenge = to_base64(Bytes(64, 1));
  EXPECT_EQ(evcli({"cca", "verify-as", "attester", "-c", path("evcli/tests/cca-claims-no-challenge.json"), "-p", path("evcli/tests/cca-iak.jwk"), "-r", path("evcli/tests/cca-rak.jwk"), "-s", serve({created(challenge), gone()})}).err,
            "Error: error in attesterVeraisonClient Run evidence generation failed: signature failed: RAK does not match cca-realm-public-key\n")
      << "the original signs what no verifier will accept";
  EXPECT_EQ(evcli(with(cca_attester, {"-s", serve({refusal})})).err, "Error: error in attesterVeraisonClient Run new challenge-response session creation failed: newSession response has unexpected status: 400 Bad Request: no\n");
}

TEST_F(VerifyAs, L8_WhatIsWrongBeforeAnybodyIsAsked) {
  const auto says = [&](const std::vector<std::string>& args, const std::string& error) {
    const Outcome outcome = evcli(args);
    EXPECT_EQ(outcome.err, "Error: " + error + "\n");
    EXPECT_EQ(outcome.status, 1);
  };
  const std::vector<std::string> bad_port{"-s", "http://vera:son"};
  const std::string malformed = "malformed session URI: parse \"http://vera:son\": invalid port \":son\" after host";
  for (const auto& command : {psa_relying_party, psa_attester, cca_relying_party, cca_attester}) says(command, "API server URL is not configured");
  says(with(psa_relying_party, bad_port), malformed);
  says(with(psa_attester, bad_port), malformed);
  says(with(cca_attester, bad_port), malformed);
  says(with(cca_relying_party, bad_port), "cannot configure URL in Veraison API client: " + malformed);
  says(with(psa_attester, {"-s", "veraison.example"}), "the supplied session URI is not in absolute form");
  says(with(psa_attester, {"-s", "http://h/", "-n", "2"}), "wrong nonce length 2: allowed values are 32, 48 and 64");
  says(with(psa_attester, {"-s", "http://h/", "-n", "0"}), "nonce size not specified");
  says({"psa", "verify-as", "attester"}, "required flag(s) \"claims\", \"key\" not set");
  says({"cca", "verify-as", "attester"}, "required flag(s) \"claims\", \"iak\", \"rak\" not set");
  says({"psa", "verify-as", "relying-party", "-s", "http://h/", "-t", "none.cbor"}, "open none.cbor: no such file or directory");
  write("bad.cbor", "\xa0");
  says({"psa", "verify-as", "relying-party", "-s", "http://h/", "-t", "bad.cbor"}, "failed CBOR decoding for CWT: cbor: invalid COSE_Sign1_Tagged object");
  says({"cca", "verify-as", "relying-party", "-s", "http://h/", "-t", path("evcli/tests/cca-token-invalid.bin")}, "ingesting " + path("evcli/tests/cca-token-invalid.bin") + ": CBOR decoding of CCA evidence failed: unexpected EOF");
  const std::string claims = path("evcli/tests/cca-claims-no-challenge.json");
  const std::string iak = path("evcli/tests/cca-iak.jwk");
  says({"cca", "verify-as", "attester", "-s", "http://h/", "-c", "none.json", "-p", iak, "-r", iak}, "open none.json: no such file or directory");
  says({"cca", "verify-as", "attester", "-s", "http://h/", "-c", claims, "-p", "none.jwk", "-r", iak}, "error loading Platform signing key from none.jwk: open none.jwk: no such file or directory");
  says({"cca", "verify-as", "attester", "-s", "http://h/", "-c", claims, "-p", iak, "-r", "none.jwk"}, "error loading Realm signing key from none.jwk: open none.jwk: no such file or directory");
  says({"cca", "verify-as", "attester", "-s", "http://h/", "-c", path("evcli/misc/cca-claims-bad-norealm.json"), "-p", iak, "-r", iak}, "unmarshaling realm claims: unexpected end of JSON input");
  EXPECT_EQ(evcli({"psa", "verify-as"}).out, evcli({"psa", "verify-as", "--help"}).out);
}

// In the original only `psa verify-as relying-party` looks at its flags.
TEST_F(VerifyAs, L6_FlagsThenEnvironmentThenFileForAllFour) {
  std::filesystem::create_directories(own("xdg/evcli"));
  const auto reached = [&](const std::vector<std::string>& args) {
    const std::string err = evcli(args).err;
    const std::size_t at = err.find("POST http://127.0.0.1:1/");
    return at == std::string::npos ? err : err.substr(at + 24, 4);
  };
  for (const auto& command : {psa_relying_party, psa_attester, cca_relying_party, cca_attester}) {
    write("xdg/evcli/config.yaml", "api_server: http://127.0.0.1:1/file\n");
    EXPECT_EQ(reached(command), "file");
    ::setenv("API_SERVER", "http://127.0.0.1:1/envi", 1);
    EXPECT_EQ(reached(command), "envi");
    EXPECT_EQ(reached(with(command, {"-s", "http://127.0.0.1:1/flag"})), "flag");
    ::unsetenv("API_SERVER");
  }
  const std::string url = serve({problem(400, "Bad Request", "no")});
  write("xdg/evcli/config.yaml", "nonce_size: 64\napi_server: " + url + "\n");
  EXPECT_TRUE(evcli(psa_attester).err.starts_with("Using config file: " + own("xdg/evcli/config.yaml") + "\nError: ")) << evcli(psa_attester).err;
  EXPECT_EQ(text(0, "path"), "/challenge-response/v1/newSession?nonceSize=64");
  ::setenv("NONCE_SIZE", "32", 1);
  static_cast<void>(evcli(with(psa_attester, {"-s", serve({problem(400, "Bad Request", "no")})})));
  EXPECT_EQ(text(0, "path"), "/challenge-response/v1/newSession?nonceSize=32");
  static_cast<void>(evcli(with(psa_attester, {"-n", "48", "-s", serve({problem(400, "Bad Request", "no")})})));
  EXPECT_EQ(text(0, "path"), "/challenge-response/v1/newSession?nonceSize=48");
  ::setenv("NONCE_SIZE", "many", 1);
  EXPECT_NE(evcli(psa_attester).err.find("nonce_size: \"many\"; expected a number"), std::string::npos);
  ::unsetenv("NONCE_SIZE");
}

TEST_F(VerifyAs, L6_TlsSettings) {
  make_certificate();
  const std::vector<std::string> script{created(kPsaNonce), complete(kPsaNonce), gone()};
  const std::string url = serve(script, true);
  const Outcome stranger = evcli(with(psa_relying_party, {"-s", url}));
  EXPECT_EQ(stranger.status, 1);
  EXPECT_TRUE(stranger.err.starts_with("Error: new challenge-response session creation failed: newSession request failed: POST https://")) << stranger.err;
  EXPECT_EQ(requests().size(), 0U);
  EXPECT_EQ(evcli(with(psa_relying_party, {"-s", url, "-E", "cert.pem"})).status, 0);
  EXPECT_EQ(evcli(with(psa_relying_party, {"-s", serve(script, true), "-i"})).status, 0);
  ::setenv("CA_CERT", (own("cert.pem") + " " + own("cert.pem")).c_str(), 1);
  EXPECT_EQ(evcli(with(psa_relying_party, {"-s", serve(script, true)})).status, 0);
  ::unsetenv("CA_CERT");
  ::setenv("INSECURE", "true", 1);
  EXPECT_EQ(evcli(with(psa_relying_party, {"-s", serve(script, true)})).status, 0);
  ::unsetenv("INSECURE");
  EXPECT_EQ(evcli(with(psa_relying_party, {"-s", url, "-E", "none.pem"})).err, "Error: could not read cert: open none.pem: no such file or directory\n");
}

TEST_F(VerifyAs, AHugeAnswerEndsIt) {
  const Outcome outcome = evcli(with(psa_relying_party, {"-s", serve({answer(201, std::string(60000, ' '), R"(,"Location":"session/7","X-Long":")" + std::string(66000, 'y') + '"')})}));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("the answer is too large"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace assay
