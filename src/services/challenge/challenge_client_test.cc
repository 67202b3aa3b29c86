#include "services/challenge/challenge_client.h"

#include <deque>

#include "testing/testing.h"

namespace assay::challenge {
namespace {

using std::chrono::milliseconds;
using testing::fails;
using testing::hex;
using testing::ok;

constexpr std::string_view kUrl = "http://verifier.example:8080/challenge-response/v1/newSession";
constexpr std::string_view kSessionUrl = "http://verifier.example:8080/challenge-response/v1/session/7";
constexpr std::string_view kJws = "eyJhbGciOiJFUzI1NiJ9.e30.AAAA";
const Bytes kNonce = hex("0001020304050607");

// Answers in turn; notes what was asked.
class Scripted : public net::Http {
 public:
  explicit Scripted(const std::vector<net::Response>& script) : answers{script.begin(), script.end()} {}
  Result<net::Response> send(const net::Request& request) override {
    asked.push_back(request);
    if (answers.empty()) return fail(Errc::unavailable, "", "no more answers");
    net::Response response = answers.front();
    if (answers.size() > 1) answers.pop_front();
    response.url = request.url;
    return response;
  }
  std::deque<net::Response> answers;
  std::vector<net::Request> asked;
};

net::Response answer(int status, std::string_view body, std::vector<net::Header> more = {}, std::string_view type = kSessionType) {
  net::Response response{.status = status, .headers = std::move(more), .body = to_bytes(body)};
  response.headers.push_back({"Content-Type", std::string{type}});
  return response;
}
std::string session(std::string_view status, std::string_view more = "") {
  return fmt::format(R"({{"status":"{}","nonce":"AAECAwQFBgc=","expiry":"2030-10-12T07:20:50.52Z","accept":["application/psa-attestation-token","application/eat-cwt; profile=http://arm.com/psa/2.0.0"]{}}})", status, more);
}
std::string with_result(std::string_view status = "complete") { return session(status, fmt::format(R"(,"result":"{}")", kJws)); }
net::Response created() { return answer(201, session("waiting"), {{"Location", "session/7"}}); }
net::Response gone() { return answer(204, ""); }
net::Response problem(int status, std::string_view title, std::string_view detail) {
  return answer(status, fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"detail":"{}"}})", title, status, detail), {}, "application/problem+json");
}

class Challenge : public ::testing::Test {
 protected:
  Result<Outcome> talk(const std::vector<net::Response>& answers, bool keep = false) {
    http = Scripted{answers};
    exchange.keep_session = keep;
    return run(exchange, http, pace);
  }
  std::string header(std::size_t request, std::string_view name) const {
    for (const net::Header& one : http.asked.at(request).headers) {
      if (one.name == name) return one.value;
    }
    return "(none)";
  }
  std::string url(std::size_t request) const { return request < http.asked.size() ? http.asked[request].url : ""; }
  net::Request::Method method(std::size_t request) const { return http.asked.at(request).method; }

  milliseconds now{0};
  net::Pace pace{[this] { return now; }, [this](milliseconds time) { now += time; }};
  Scripted http{{}};
  Bytes seen_nonce;
  Exchange exchange{.url = std::string{kUrl}, .nonce = kNonce, .evidence = [this](ByteView nonce, const std::vector<std::string>& accept) -> Result<Evidence> {
                      seen_nonce = to_bytes(nonce);
                      std::string type = TRY(need_accepted(accept, "application/eat-cwt; profile=\"http://arm.com/psa/2.0.0\""));
                      return Evidence{std::move(type), to_bytes("evidence")};
                    }};
};

TEST_F(Challenge, L7_ARelyingPartySendsItsNonceAndDeletesTheSession) {
  exchange.nonce = hex("fbff0102030405060708");
  const auto outcome = talk({answer(201, R"({"status":"waiting","nonce":"+/8BAgMEBQYHCA==","accept":["application/eat-cwt; profile=http://arm.com/psa/2.0.0"]})", {{"location", "session/7"}}), answer(200, R"({"status":"complete","result":"eyJhbGciOiJFUzI1NiJ9.e30.AAAA"})"), gone()});
  ASSERT_TRUE(ok(outcome));
  EXPECT_EQ(outcome->result, kJws);
  EXPECT_EQ(outcome->session_url, kSessionUrl);
  EXPECT_TRUE(outcome->warnings.empty());
  ASSERT_EQ(http.asked.size(), 3U);
  EXPECT_EQ(url(0), std::string{kUrl} + "?nonce=-_8BAgMEBQYHCA%3D%3D");
  EXPECT_TRUE(http.asked[0].body.empty());
  EXPECT_EQ(header(0, "Accept"), kSessionType);
  EXPECT_EQ(method(1), net::Request::Method::post);
  EXPECT_EQ(url(1), kSessionUrl);
  EXPECT_EQ(header(1, "Content-Type"), "application/eat-cwt; profile=http://arm.com/psa/2.0.0") << "as the service spells it";
  EXPECT_EQ(header(1, "Accept"), kSessionType);
  EXPECT_EQ(as_text(http.asked[1].body), "evidence");
  EXPECT_EQ(method(2), net::Request::Method::del);
  EXPECT_EQ(url(2), kSessionUrl);
}

TEST_F(Challenge, L7_AnAttesterAnswersTheNonceOfTheService) {
  exchange.nonce = std::size_t{8};
  const auto outcome = talk({created(), answer(200, with_result()), gone()});
  ASSERT_TRUE(ok(outcome));
  EXPECT_EQ(url(0), std::string{kUrl} + "?nonceSize=8");
  EXPECT_EQ(seen_nonce, kNonce);
  EXPECT_EQ(outcome->nonce, kNonce);
  exchange.nonce = std::size_t{0};
  ASSERT_TRUE(ok(talk({created(), answer(200, with_result()), gone()})));
  EXPECT_EQ(url(0), kUrl);
  exchange.url += "?tenant=0";
  exchange.nonce = std::size_t{8};
  ASSERT_TRUE(ok(talk({created(), answer(200, with_result()), gone()})));
  EXPECT_EQ(url(0), std::string{kUrl} + "?tenant=0&nonceSize=8");
}

TEST_F(Challenge, AResultThatComesLaterIsWaitedFor) {
  const auto outcome = talk({created(), answer(202, session("processing")), answer(200, session("processing"), {{"Retry-After", "3"}}), answer(200, session("processing")), answer(200, with_result()), gone()});
  ASSERT_TRUE(ok(outcome));
  EXPECT_EQ(outcome->result, kJws);
  EXPECT_EQ(now, milliseconds{3300});
  for (std::size_t i = 2; i < 5; ++i) EXPECT_EQ(method(i), net::Request::Method::get);
  ASSERT_EQ(http.asked.size(), 6U);
}

TEST_F(Challenge, EndlessProcessingEnds) {
  exchange.patience = milliseconds{10000};
  EXPECT_TRUE(fails(talk({created(), answer(202, ""), answer(200, session("processing"))}), Errc::timeout, "polling attempts exhausted, session resource state still not complete"));
  EXPECT_LE(now, milliseconds{10000});
  EXPECT_LT(http.asked.size(), 20U);
  EXPECT_EQ(method(http.asked.size() - 1), net::Request::Method::del);
}

TEST_F(Challenge, ASessionIsKeptOnRequest) {
  ASSERT_TRUE(ok(talk({created(), answer(200, with_result())}, true)));
  EXPECT_EQ(http.asked.size(), 2U);
}

TEST_F(Challenge, ADeletionThatFailsLosesNothing) {
  for (const int status : {200, 202, 204}) EXPECT_TRUE(talk({created(), answer(200, with_result()), answer(status, "")})->warnings.empty());
  const auto outcome = talk({created(), answer(200, with_result()), problem(500, "Internal Server Error", "busy")});
  ASSERT_TRUE(ok(outcome));
  ASSERT_EQ(outcome->warnings.size(), 1U);
  EXPECT_EQ(outcome->warnings[0], "DELETE http://verifier.example:8080/challenge-response/v1/session/7 failed: 500 Internal Server Error: busy");
}

TEST_F(Challenge, ASessionIsDeletedAlsoWhenItLedNowhere) {
  EXPECT_FALSE(talk({created(), problem(500, "Internal Server Error", "error encountered while processing evidence"), gone()}).has_value());
  EXPECT_EQ(method(2), net::Request::Method::del);
  exchange.evidence = [](ByteView, const std::vector<std::string>&) -> Result<Evidence> { return fail(Errc::io, "", "no device"); };
  EXPECT_TRUE(fails(talk({created(), gone()}), Errc::io, "evidence generation failed: no device"));
  EXPECT_EQ(method(1), net::Request::Method::del);
}

TEST_F(Challenge, WhoWeAreIsForTheServiceAlone) {
  exchange.authorization = "Bearer x";
  ASSERT_TRUE(ok(talk({created(), answer(200, with_result()), gone()})));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(header(i, "Authorization"), "Bearer x");
  ASSERT_TRUE(ok(talk({answer(201, session("waiting"), {{"Location", "http://other.example/s"}}), answer(200, with_result()), gone()})));
  EXPECT_EQ(url(1), "http://other.example/s");
  EXPECT_EQ(header(1, "Authorization"), "(none)");
  EXPECT_EQ(header(2, "Authorization"), "(none)");
}

TEST_F(Challenge, TheEvidenceMustBeOfATypeThatIsTaken) {
  exchange.evidence = [](ByteView, const std::vector<std::string>& accept) -> Result<Evidence> {
    std::string type = TRY(need_accepted(accept, "a/b"));
    return Evidence{std::move(type), {}};
  };
  EXPECT_TRUE(fails(talk({created(), gone()}), Errc::unsupported, "evidence generation failed: expecting media type a/b, got application/psa-attestation-token, application/eat-cwt; profile=http://arm.com/psa/2.0.0"));
}

TEST_F(Challenge, AnotherNonceThanAskedForIsRefused) {
  exchange.nonce = hex("0001020304050608");
  EXPECT_TRUE(fails(talk({created(), gone()}), Errc::mismatch, "evidence generation failed: expecting nonce 0001020304050608, got 0001020304050607"));
  exchange.nonce = std::size_t{32};
  EXPECT_TRUE(fails(talk({created(), gone()}), Errc::mismatch, "asked for a nonce of 32 bytes, got one of 8"));
  exchange.nonce = std::size_t{8};
  EXPECT_TRUE(fails(talk({created(), answer(200, R"({"status":"complete","nonce":"AAAAAAAAAAA=","result":"eyJhbGciOiJFUzI1NiJ9.e30.AAAA"})"), gone()}), Errc::mismatch, "the nonce has become 0000000000000000"));
}

struct BadNew {
  const char* what;
  net::Response response;
  Errc errc;
  const char* text;
};
const BadNew kBadNew[] = {
    {"bad request", problem(400, "Bad Request", "failed handling nonce request: nonce must be valid base64"), Errc::invalid, "newSession response has unexpected status: 400 Bad Request: failed handling nonce request: nonce must be valid base64"},
    {"unauthorized", answer(401, ""), Errc::forbidden, "unexpected status: 401 Unauthorized"},
    {"not found", answer(404, "404 page not found", {}, "text/plain"), Errc::not_found, "404 Not Found: 404 page not found"},
    {"not acceptable", problem(406, "Not Acceptable", "no"), Errc::unsupported, "406 Not Acceptable: no"},
    {"fault", problem(500, "Internal Server Error", "could not get media types form verifier: down"), Errc::unavailable, "500 Internal Server Error: could not get media types form verifier: down"},
    {"success of another kind", answer(200, session("waiting"), {{"Location", "session/7"}}), Errc::invalid, "unexpected status: 200 OK"},
    {"no location", answer(201, session("waiting")), Errc::malformed, "cannot determine URI for the session resource: no Location header found in response"},
    {"location of another protocol", answer(201, session("waiting"), {{"Location", "file:///etc/passwd"}}), Errc::usage, "cannot determine URI"},
    {"wrong content type", answer(201, session("waiting"), {{"Location", "session/7"}}, "application/json"), Errc::malformed, "failure JSON decoding response body: unexpected content type \"application/json\""},
    {"no content type", answer(201, session("waiting"), {{"Location", "session/7"}}, ""), Errc::malformed, "unexpected content type \"\""},
    {"no JSON", answer(201, "<html>", {{"Location", "session/7"}}), Errc::malformed, "failure JSON decoding response body"},
    {"an array", answer(201, "[]", {{"Location", "session/7"}}), Errc::malformed, ""},
    {"a member twice", answer(201, R"({"status":"waiting","status":"complete"})", {{"Location", "session/7"}}), Errc::duplicate, ""},
    {"no nonce", answer(201, R"({"status":"waiting"})", {{"Location", "session/7"}}), Errc::malformed, "a session without nonce"},
    {"no status", answer(201, R"({"nonce":"AAECAwQFBgc="})", {{"Location", "session/7"}}), Errc::missing, "status"},
    {"nonce is no base64", answer(201, R"({"status":"waiting","nonce":"!!!!"})", {{"Location", "session/7"}}), Errc::malformed, "nonce"},
    {"nonce of 7 bytes", answer(201, R"({"status":"waiting","nonce":"AAECAwQFBg=="})", {{"Location", "session/7"}}), Errc::malformed, "nonce must be between 8 and 64 bytes long; got 7"},
    {"nonce of 65 bytes", answer(201, fmt::format(R"({{"status":"waiting","nonce":"{}"}})", to_base64(Bytes(65))), {{"Location", "session/7"}}), Errc::malformed, "got 65"},
    {"expiry is no time", answer(201, R"({"status":"waiting","nonce":"AAECAwQFBgc=","expiry":"soon"})", {{"Location", "session/7"}}), Errc::malformed, "expiry"},
    {"accept is no array", answer(201, R"({"status":"waiting","nonce":"AAECAwQFBgc=","accept":"a/b"})", {{"Location", "session/7"}}), Errc::malformed, "accept"},
    {"accept of numbers", answer(201, R"({"status":"waiting","nonce":"AAECAwQFBgc=","accept":[1]})", {{"Location", "session/7"}}), Errc::malformed, "accept"},
    {"huge", answer(201, std::string(kMaxSession + 1, ' '), {{"Location", "session/7"}}), Errc::limit, ""},
};
TEST_F(Challenge, L8_ASessionThatIsNoneEndsIt) {
  for (const BadNew& row : kBadNew) {
    const auto outcome = talk({row.response});
    EXPECT_TRUE(fails(outcome, row.errc, row.text)) << row.what;
    EXPECT_TRUE(fails(outcome, row.errc, "new challenge-response session creation failed: ")) << row.what;
    EXPECT_EQ(http.asked.size(), 1U) << row.what;
  }
}

TEST_F(Challenge, AThousandMediaTypesAreTooMany) {
  std::string types = R"("a/b")";
  for (int i = 0; i < 1000; ++i) types += R"(,"a/b")";
  EXPECT_TRUE(fails(talk({answer(201, fmt::format(R"({{"status":"waiting","nonce":"AAECAwQFBgc=","accept":[{}]}})", types), {{"Location", "s"}})}), Errc::limit, "1001 media types"));
}

TEST_F(Challenge, ALocationDoesNotLeadOutOfTls) {
  exchange.url = "https://verifier.example/newSession";
  EXPECT_TRUE(fails(talk({answer(201, session("waiting"), {{"Location", "http://verifier.example/session/7"}})}), Errc::malformed, "leads from https to http://verifier.example/session/7"));
  EXPECT_EQ(http.asked.size(), 1U);
}

struct BadEnd {
  const char* what;
  net::Response response;
  Errc errc;
  const char* text;
};
const BadEnd kBadEnd[] = {
    {"unknown type", problem(415, "Unsupported Media Type", "no active plugin found for a/b"), Errc::unsupported, "session response has unexpected status: 415 Unsupported Media Type: no active plugin found for a/b"},
    {"session gone", problem(404, "Not Found", "session not found for (id, tenant)=(7, 0)"), Errc::not_found, "404 Not Found: session not found for (id, tenant)=(7, 0)"},
    {"too large", answer(413, ""), Errc::limit, "413 Request Entity Too Large"},
    {"fault", problem(500, "Internal Server Error", "error encountered while processing evidence"), Errc::unavailable, "session response has unexpected status: 500 Internal Server Error: error encountered while processing evidence"},
    {"not complete", answer(200, session("waiting")), Errc::malformed, "unexpected session state: waiting"},
    {"failed", answer(200, session("failed")), Errc::malformed, "unexpected session state: failed"},
    {"a state nobody knows", answer(200, session("\\u001b[2J")), Errc::malformed, "unexpected session state: \\x1b[2J"},
    {"no result", answer(200, session("complete")), Errc::malformed, "complete, but without result"},
    {"result is an object", answer(200, session("complete", R"(,"result":{})")), Errc::malformed, "result"},
    {"result is no JWS", answer(200, session("complete", R"(,"result":"good")")), Errc::malformed, "result"},
    {"wrong type", answer(200, with_result(), {}, "text/html"), Errc::malformed, "failure decoding session resource body: unexpected content type \"text/html\""},
    {"cut", answer(200, with_result().substr(0, 50)), Errc::malformed, "failure decoding session resource body"},
};
TEST_F(Challenge, L8_AnEndThatIsNoneIsSaid) {
  for (const BadEnd& row : kBadEnd) EXPECT_TRUE(fails(talk({created(), row.response, gone()}), row.errc, row.text)) << row.what;
  const auto later = [&](net::Response response) { return talk({created(), answer(202, ""), std::move(response), gone()}); };
  EXPECT_TRUE(fails(later(answer(200, session("failed"))), Errc::invalid, "session resource in failed state"));
  EXPECT_TRUE(fails(later(answer(200, session("waiting"))), Errc::malformed, "session resource in unexpected state: waiting"));
  EXPECT_TRUE(fails(later(problem(404, "Not Found", "gone")), Errc::not_found, "session resource fetch returned an unexpected status: 404 Not Found: gone"));
  EXPECT_TRUE(fails(later(answer(200, "{")), Errc::malformed, "failure decoding session resource"));
  EXPECT_TRUE(fails(later(answer(200, session("complete"))), Errc::malformed, "without result"));
}

}  // namespace
}  // namespace assay::challenge
