#include "apps/attest/attest_cli.h"

#include <gmock/gmock.h>

#include "apps/scripted_testing.h"
#include "schemes/psa/token.h"
#include "testing/fake_tsm.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using testing::Outcome;
using testing::scripted_answer;

constexpr std::string_view kType = "application/vnd.veraison.challenge-response-session+json";
constexpr const char* kNonce = "6048bd2455db8a046ecc0720402687d060720d95455792a536f48452d5ee5dbe";
constexpr const char* kMeasurement = "31b805aa34f88df47e7cad4ee18c90b595180f49e15e1ec67e133412647ab607";

class Attest : public testing::WithScriptedService {
 protected:
  static Outcome attest(const std::vector<std::string>& args) { return testing::call(run_attest, args); }
  static Outcome optee(std::vector<std::string> more) {
    more.insert(more.begin(), {"--simulate", "optee"});
    return attest(more);
  }
  // A verifier that gives this nonce, takes these types and answers with this result.
  std::string verifier(const std::string& nonce, const std::string& accept, const std::string& jwt = "") {
    const std::string open = fmt::format(R"({{"nonce":"{}","accept":[{}],"status":"waiting"}})", nonce, accept);
    const std::string done = fmt::format(R"({{"nonce":"{}","status":"complete","result":"{}"}})", nonce, jwt);
    return serve_at({scripted_answer(201, open, kType, R"(,"Location":"session/7")"), scripted_answer(200, done, kType), R"({"status":204})"});
  }
  static std::string jwt() { return std::string{trim_ascii(testing::vector_text("ear/jwt/optee-iisec-affirming.jwt"))}; }
};
const std::string kPsa = R"("application/psa-attestation-token")";
const std::string kNonce64 = "YEi9JFXbigRuzAcgQCaH0GByDZVFV5KlNvSEUtXuXb4=";

TEST_F(Attest, T24_OpteesTokenWithoutAServer) {
  const Bytes theirs = testing::vector_bytes("optee/token-iisec.cbor");
  const Outcome outcome = optee({"--measurement", kMeasurement, "--nonce", kNonce});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out.substr(0, 242), to_string(ByteView{theirs}.first(242)));
  EXPECT_EQ(optee({"--measurement", "MbgFqjT4jfR+fK1O4YyQtZUYD0nhXh7GfhM0EmR6tgc=", "--nonce", kNonce, "--out", "token.cbor"}).status, 0);
  EXPECT_EQ(testing::read_text(own("token.cbor")), outcome.out) << "signatures are deterministic";
}

TEST_F(Attest, OpteeMeasuresFiles) {
  write("text", "text region");
  write("data", "data");
  const Outcome outcome = optee({"--ta", "text", "--ta", "data", "--nonce", kNonce, "--implementation-id", "acme-implementation-id-000000002"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Bytes token = to_bytes(outcome.out);
  const auto parsed = psa::parse_token(token);
  ASSERT_TRUE(testing::ok(parsed));
  EXPECT_EQ(parsed->claims.software_components[0].measurement_value, crypto::digest(crypto::Hash::sha256, as_bytes("datatext region")));
  EXPECT_EQ(to_string(*parsed->claims.implementation_id), "acme-implementation-id-000000002");
}

TEST_F(Attest, TheResultIsVerifiedWhereAKeyIsGiven) {
  const std::string key = testing::vector_path("ear/keys/veraison-pkey.json");
  const Outcome good = optee({"--measurement", kMeasurement, "--server", verifier(kNonce64, kPsa, jwt()), "--ear-key", key, "--ear", "ear.jwt"});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_EQ(good.err, "result: affirming, signed with the key in " + key + "\n");
  EXPECT_EQ(testing::read_text(own("ear.jwt")), jwt());
  EXPECT_EQ(asked(), "POST /challenge-response/v1/newSession?nonceSize=32\nPOST /challenge-response/v1/session/7\nDELETE /challenge-response/v1/session/7\n");
  EXPECT_EQ(header(1, "content-type"), "application/psa-attestation-token");
  const Outcome others = optee({"--measurement", kMeasurement, "--server", verifier(kNonce64, kPsa, jwt()), "--ear-key", testing::vector_path("optee/iisec/ec256.json")});
  EXPECT_EQ(others.status, 4);
  const std::string replayed{trim_ascii(testing::vector_text("ear/jwt/optee-pr124-warning.jwt"))};
  const Outcome old = optee({"--measurement", kMeasurement, "--server", verifier(kNonce64, kPsa, replayed), "--ear-key", key});
  EXPECT_EQ(old.status, 4) << "a result for another nonce";
  const Outcome unverified = optee({"--measurement", kMeasurement, "--server", verifier(kNonce64, kPsa, replayed)});
  EXPECT_EQ(unverified.status, 0);
  EXPECT_EQ(unverified.err, "note: the result was not verified here; --ear-key FILE does\n");
}

TEST_F(Attest, TheHostProgramSaysHowFarItCame) {
  const std::string server = "--server";
  const Outcome nobody = optee({"--measurement", kMeasurement, server, "http://127.0.0.1:1"});
  EXPECT_EQ(nobody.status, 5);
  EXPECT_EQ(nobody.out, "Failed to allocate Veraison client session.\nFailed to open session.\n");
  const Outcome no_psa = optee({"--measurement", kMeasurement, server, verifier(kNonce64, R"("a/b")")});
  EXPECT_EQ(no_psa.status, 3);
  EXPECT_THAT(no_psa.out, HasSubstr("\nNumber of media types accepted: 1\n\ta/b\n\nNonce size: 32 bytes\nNonce: [0x60, 0x48, 0xbd, 0x24, 0x55, 0xdb, 0x8a, 0x4, "));
  EXPECT_THAT(no_psa.out, HasSubstr("There is no PSA in the list of media types, hence not supplying evidence.\nError/log message: "));
  EXPECT_TRUE(no_psa.out.ends_with("\nDisposing client session.\nFailed to open session.\n")) << no_psa.out;
  const std::string open = fmt::format(R"({{"nonce":"{}","accept":[{}],"status":"waiting"}})", kNonce64, kPsa);
  const Outcome refused = optee({"--measurement", kMeasurement, server, serve_at({scripted_answer(201, open, kType, R"(,"Location":"session/7")"), scripted_answer(500, "{}", "application/problem+json")})});
  EXPECT_EQ(refused.status, 5);
  EXPECT_TRUE(refused.out.ends_with("Failed to supply evidence to server.\nError/log message: session response has unexpected status: 500 Internal Server Error\nDisposing client session.\n")) << refused.out;
  const Outcome short_nonce = optee({"--measurement", kMeasurement, server, verifier("AAAAAAAAAAAAAAAAAAAAAA==", kPsa)});
  EXPECT_EQ(short_nonce.status, 4) << "less than was asked for";
}

TEST_F(Attest, EvidenceOfThisMachine) {
  const Bytes token = testing::vector_bytes("ratsd/ex-basic-arm-cca.outblob.cbor");
  Bytes challenge;
  const testing::FakeTsm kernel{own("tsm"), "arm_cca_guest", [&](ByteView sent) { return challenge = to_bytes(sent), token; }};
  const Outcome outcome = attest({"--tsm-root", own("tsm"), "--nonce", kNonce});
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, to_string(token));
  EXPECT_EQ(to_hex(challenge), kNonce);
  const Outcome report = attest({"--tsm-root", own("tsm"), "--nonce", kNonce, "--tsm-report"});
  EXPECT_EQ(report.out, fmt::format(R"({{"outblob":"{}","provider":"arm_cca_guest"}})", to_base64url(token)));
}

TEST_F(Attest, EvidenceOfThisMachineGoesToAVerifier) {
  const Bytes token = testing::vector_bytes("ratsd/ex-basic-arm-cca.outblob.cbor");
  const std::string nonce = to_base64(Bytes(64, 7));
  {
    const testing::FakeTsm kernel{own("tsm"), "arm_cca_guest", [&](ByteView) { return token; }};
    const Outcome outcome = attest({"--tsm-root", own("tsm"), "--server", verifier(nonce, R"("application/eat-collection; profile=http://arm.com/CCA-SSD/1.0.0")", jwt())});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, jwt() + "\n");
    EXPECT_EQ(text(0, "path"), "/challenge-response/v1/newSession?nonceSize=64");
    EXPECT_EQ(header(1, "content-type"), "application/eat-collection; profile=http://arm.com/CCA-SSD/1.0.0");
    EXPECT_EQ(text(1, "body"), to_hex(token));
  }
  const testing::FakeTsm kernel{own("snp"), "sev_guest", [&](ByteView) { return to_bytes("report"); }};
  const Outcome report = attest({"--tsm-root", own("snp"), "--server", verifier(nonce, R"("application/vnd.veraison.tsm-report+json")", jwt())});
  EXPECT_EQ(report.status, 0) << report.err;
  EXPECT_EQ(text(1, "body"), to_hex(as_bytes(R"({"outblob":"cmVwb3J0","provider":"sev_guest"})")));
  const Outcome unknown = attest({"--tsm-root", own("snp"), "--server", verifier(nonce, kPsa, jwt())});
  EXPECT_EQ(unknown.status, 3);
  EXPECT_THAT(unknown.err, HasSubstr("expecting media type application/vnd.veraison.tsm-report+json, got application/psa-attestation-token"));
}

TEST_F(Attest, RefusesWhatMakesNoSense) {
  const auto says = [&](const std::vector<std::string>& args, int status, std::string_view error) {
    const Outcome outcome = attest(args);
    EXPECT_EQ(outcome.status, status) << error;
    EXPECT_THAT(outcome.err, HasSubstr(error));
    EXPECT_EQ(outcome.out, "");
  };
  says({}, 2, "nobody gives one");
  says({"--nonce", kNonce, "--server", "http://h"}, 2, "the server gives one");
  says({"--relying-party", "http://h", "--server", "http://h"}, 2, "one of them");
  says({"--server", "http://h", "--out", "x"}, 2, "--ear FILE");
  says({"--nonce", kNonce, "--ear-key", "k"}, 2, "--server or --relying-party");
  says({"--nonce", kNonce, "--measurement", kMeasurement}, 2, "--simulate optee");
  says({"--simulate", "optee", "--nonce", kNonce}, 2, "--measurement or --ta");
  says({"--simulate", "optee", "--nonce", kNonce, "--measurement", kMeasurement, "--ta", "x"}, 2, "--measurement or --ta");
  says({"--simulate", "optee", "--nonce", kNonce, "--measurement", kMeasurement, "--tsm-report"}, 2, "neither");
  says({"--simulate", "sgx"}, 2, "--simulate");
  says({"--simulate", "optee", "--nonce", "00", "--measurement", kMeasurement}, 2, "--nonce");
  says({"--simulate", "optee", "--nonce", kNonce, "--measurement", "31b8"}, 3, "measurement");
  says({"--simulate", "optee", "--nonce", kNonce, "--ta", "none"}, 5, "none");
  says({"--simulate", "optee", "--server", "nonsense", "--measurement", kMeasurement}, 2, "--server");
  says({"--nonce", kNonce, "--tsm-root", own("none")}, 5, "configfs");
}

}  // namespace
}  // namespace assay
