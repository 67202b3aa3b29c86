#include "services/relying_party/relying_party.h"

#include <gmock/gmock.h>

#include <deque>

#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "services/challenge/challenge_client.h"
#include "services/relying_party/forward.h"
#include "testing/testing.h"

namespace assay::relying_party {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kNonce = "YEi9JFXbigRuzAcgQCaH0GByDZVFV5KlNvSEUtXuXb4=";  // of the vector optee-iisec-affirming.jwt
constexpr UnixSeconds kThen = 1708579160;                                   // a second after it was made
constexpr UnixSeconds kLater = 1800000000;                                  // after all vectors were

net::Response response(int status, std::string_view body, std::vector<net::Header> headers = {}) {
  headers.push_back({"Content-Type", std::string{challenge::kSessionType}});
  return {.status = status, .url = "http://verifier/", .headers = std::move(headers), .body = to_bytes(body)};
}
net::Response opened(const std::string& nonce = kNonce, const std::string& location = "session/7") {
  return response(201, fmt::format(R"({{"nonce":"{}","accept":["application/psa-attestation-token"],"status":"waiting"}})", nonce), {{"Location", location}});
}
std::string jwt() { return std::string{trim_ascii(testing::vector_text("ear/jwt/optee-iisec-affirming.jwt"))}; }
net::Response complete(const std::string& result) { return response(200, fmt::format(R"({{"nonce":"{}","status":"complete","result":"{}"}})", kNonce, result)); }

ResultKey key_of(std::string_view path) { return {*crypto::public_key_from_any(testing::vector_bytes(path))}; }

// A verifier that answers what it is told, and keeps what it was asked.
struct Verifier {
  std::deque<Result<net::Response>> answers;
  std::vector<net::Request> asked;
  std::vector<std::string> log;
  std::vector<ResultKey> keys{key_of("ear/keys/veraison-pkey.json")};
  int keys_asked = 0;
  UnixSeconds now = kThen;

  struct Wire : net::Http {
    explicit Wire(Verifier& verifier) : verifier_{verifier} {}
    Result<net::Response> send(const net::Request& request) override {
      verifier_.asked.push_back(request);
      auto answer = std::move(verifier_.answers.front());
      verifier_.answers.pop_front();
      return answer;
    }
    Verifier& verifier_;
  };

  RelyingParty party(std::string base = "http://verifier") {
    return RelyingParty{{.verifier = std::move(base),
                         .connect = [this]() -> Result<std::unique_ptr<net::Http>> { return std::make_unique<Wire>(*this); },
                         .keys = [this](net::Http&) -> Result<std::vector<ResultKey>> { return ++keys_asked, keys; },
                         .log = [this](std::string_view message) { log.emplace_back(message); },
                         .clock = [this] { return now; }}};
  }
};

net::Answer ask(RelyingParty& party, std::string method, std::string path, std::string query = "", std::vector<net::Header> headers = {}) {
  return party.answer({.method = std::move(method), .path = std::move(path), .query = std::move(query), .headers = std::move(headers), .body = to_bytes("evidence"), .id = "r1"});
}
constexpr const char* kNew = "/challenge-response/v1/newSession";
constexpr const char* kSeven = "/challenge-response/v1/session/7";

std::string detail(const net::Answer& answer) {
  const auto body = json::parse(as_text(answer.body));
  const json::Value* text = body && body->object() != nullptr ? body->object()->find("detail") : nullptr;
  return text != nullptr ? *text->text() : "";
}
std::string header(const net::Answer& answer, std::string_view name) {
  for (const net::Header& one : answer.headers) {
    if (iequals_ascii(one.name, name)) return one.value;
  }
  return "(none)";
}

TEST(RelyingParty, L19_HandsOnAndReports) {
  Verifier verifier{.answers = {opened(), complete(jwt()), net::Response{.status = 204}}};
  RelyingParty party = verifier.party();
  const net::Answer created = ask(party, "POST", kNew, "nonceSize=32", {{"Accept", std::string{challenge::kSessionType}}});
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(header(created, "Location"), "session/7");
  EXPECT_EQ(to_string(created.body), to_string(opened().body));
  const net::Answer judged = ask(party, "POST", kSeven, "", {{"Content-Type", "application/psa-attestation-token"}});
  EXPECT_EQ(judged.status, 200);
  EXPECT_EQ(to_string(judged.body), to_string(complete(jwt()).body));
  EXPECT_EQ(ask(party, "DELETE", kSeven).status, 204);
  ASSERT_EQ(verifier.asked.size(), 3U);
  EXPECT_EQ(verifier.asked[0].url, "http://verifier/challenge-response/v1/newSession?nonceSize=32");
  EXPECT_EQ(verifier.asked[1].url, "http://verifier/challenge-response/v1/session/7");
  EXPECT_EQ(to_string(verifier.asked[1].body), "evidence");
  ASSERT_EQ(verifier.log.size(), 7U);
  EXPECT_EQ(verifier.log[0], "Received request: POST /challenge-response/v1/newSession?nonceSize=32");
  EXPECT_EQ(verifier.log[1], "Received response: 201 Created");
  EXPECT_EQ(verifier.log[3], "Received response: 200 OK");
  std::string report = testing::vector_text("ear/expected-output/optee-iisec-affirming.verbose.txt");
  report.replace(0, report.find('\n'), ">> \"7.jwt\" signature successfully verified using \"pkey.json\" key");
  EXPECT_EQ(verifier.log[4], "Attestation result: " + report);
  EXPECT_EQ(verifier.log[6], "Received response: 204 No Content");
}

TEST(RelyingParty, L20_RefusalsAndDelaysAreHandedOn) {
  for (const int status : {202, 400, 404, 409, 415, 500, 503}) {
    const std::string body = fmt::format(R"({{"status":"{}"}})", status);
    Verifier verifier{.answers = {opened(), response(status, body, {{"Retry-After", "3"}, {"Accept", "a/b, c/d"}})}};
    RelyingParty party = verifier.party();
    ask(party, "POST", kNew);
    const net::Answer answer = ask(party, "POST", kSeven);
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(to_string(answer.body), body);
    EXPECT_EQ(header(answer, "Retry-After"), "3");
    EXPECT_EQ(header(answer, "Accept"), "a/b, c/d");
    EXPECT_EQ(verifier.keys_asked, 0);
  }
  Verifier refusing{.answers = {response(400, "no")}};
  RelyingParty party = refusing.party();
  EXPECT_EQ(ask(party, "POST", kNew, "nonceSize=7").status, 400);
}

TEST(RelyingParty, AVerifierThatIsAwayIs502And504) {
  struct Row {
    Errc errc;
    int status;
    std::string_view text;
  };
  for (const Row& row : {Row{Errc::unavailable, 502, "cannot be reached"}, Row{Errc::timeout, 504, "in time"}, Row{Errc::limit, 502, "too large"}, Row{Errc::untrusted, 502, "not who it should be"}}) {
    Verifier verifier{.answers = {fail(row.errc, "POST http://verifier/secret", "why")}};
    RelyingParty party = verifier.party();
    const net::Answer answer = ask(party, "POST", kNew);
    EXPECT_EQ(answer.status, row.status);
    EXPECT_EQ(header(answer, "Content-Type"), "application/problem+json");
    EXPECT_THAT(detail(answer), HasSubstr(row.text));
    EXPECT_THAT(detail(answer), ::testing::Not(HasSubstr("secret")));
    EXPECT_EQ(verifier.log.back(), "Error forwarding request: POST http://verifier/secret: why");
  }
}

// Nothing of what a verifier, or somebody in its place, says here reaches the attester.
TEST(RelyingPartyRefuses, AnswersToNewSession) {
  struct Row {
    net::Response answer;
    std::string_view why;
  };
  const std::string body = to_string(opened().body);
  for (Row& row : std::vector<Row>{
           {opened(kNonce, ""), "a session of this verifier"},
           {opened(kNonce, "http://elsewhere/challenge-response/v1/session/7"), "a session of this verifier"},
           {opened(kNonce, "//elsewhere/challenge-response/v1/session/7"), "a session of this verifier"},
           {opened(kNonce, "https://verifier/challenge-response/v1/session/7"), "a session of this verifier"},
           {opened(kNonce, "session/../newSession"), "a session of this verifier"},
           {opened(kNonce, "session/7?x"), "a session of this verifier"},
           {opened(kNonce, "session/a/b"), "a session of this verifier"},
           {opened(kNonce, "session/" + std::string(129, 'a')), "a session of this verifier"},
           {response(201, "{", {{"Location", "session/7"}}), "Error parsing JSON"},
           {response(201, R"({"status":"waiting"})", {{"Location", "session/7"}}), "without nonce"},
           {opened("AAAA"), "nonce must be between 8 and 64"},
           {response(200, body, {{"Location", "session/7"}}), "answers newSession with 200 OK"},
           {response(307, "", {{"Location", "http://elsewhere/"}}), "leads elsewhere"},
           {response(100, ""), "leads elsewhere"},
       }) {
    Verifier verifier{.answers = {row.answer}};
    RelyingParty party = verifier.party();
    const net::Answer answer = ask(party, "POST", kNew);
    EXPECT_EQ(answer.status, 502) << row.why;
    EXPECT_THAT(detail(answer), HasSubstr(row.why));
    EXPECT_EQ(header(answer, "Location"), "(none)");
  }
}

TEST(RelyingPartyRefuses, ResultsThatAreNotTheVerifiers) {
  std::string flipped = jwt();
  flipped[flipped.size() - 10] = flipped[flipped.size() - 10] == 'A' ? 'B' : 'A';
  const std::string other = std::string{trim_ascii(testing::vector_text("ear/jwt/optee-pr124-warning.jwt"))};
  struct Row {
    net::Response answer;
    std::string_view why;
  };
  for (const Row& row : std::vector<Row>{
           {complete(flipped), "signature"},
           {complete(other), "eat_nonce"},  // well signed, for somebody else's session
           {complete(std::string{trim_ascii(testing::vector_text("ear/jwt/fail-alg-none.jwt"))}), "the result"},
           {complete("a.b"), "Error parsing JSON"},
           {response(200, "[]"), "Error parsing JSON"},
           {response(200, R"({"status":"complete","result":7})"), "Error parsing JSON"},
           {response(303, "", {{"Location", "/"}}), "leads elsewhere"},
       }) {
    Verifier verifier{.answers = {opened(), row.answer}, .now = kLater};
    RelyingParty party = verifier.party();
    ask(party, "POST", kNew);
    const net::Answer answer = ask(party, "POST", kSeven);
    EXPECT_EQ(answer.status, 502) << row.why;
    EXPECT_THAT(detail(answer), HasSubstr(row.why));
    for (const std::string& line : verifier.log) EXPECT_THAT(line, ::testing::Not(HasSubstr("Attestation result")));
  }
}

TEST(RelyingPartyRefuses, WhatAttestersMayNotAsk) {
  Verifier verifier;
  RelyingParty party = verifier.party();
  for (const char* query : {"nonce=YEi9JFXbigRuzAcgQCaH0GByDZVFV5KlNvSEUtXuXb4", "nonceSize=32&nonce=AAAAAAAAAAA", "nonce=&nonce=AAAAAAAAAAA", "nonceSize=32;nonce=AAAAAAAAAAA", "x"}) {
    EXPECT_EQ(ask(party, "POST", kNew, query).status, 400) << query;
  }
  EXPECT_EQ(ask(party, "POST", kSeven).status, 404);
  for (const char* path : {"/", "/challenge-response/v1/session/", "/challenge-response/v1/session/a/b", "/challenge-response/v1/session/..", "/challenge-response/v1/session/%2e%2e", "/endorsement-provisioning/v1/submit", "/management/v1/policies/PSA_IOT"}) {
    EXPECT_EQ(ask(party, "POST", path).status, 404) << path;
  }
  EXPECT_EQ(ask(party, "GET", kNew).status, 404);
  EXPECT_EQ(ask(party, "PUT", kSeven).status, 404);
  EXPECT_TRUE(verifier.asked.empty());
}

TEST(RelyingParty, ANewKeyIsAskedForOnceInAWhile) {
  Verifier verifier{.answers = {opened(), complete(jwt()), complete(jwt()), complete(jwt())}};
  const std::vector<ResultKey> right = verifier.keys;
  verifier.keys = {key_of("optee/iisec/ec256.json")};
  RelyingParty party = verifier.party();
  ask(party, "POST", kNew);
  EXPECT_EQ(ask(party, "POST", kSeven).status, 502);
  EXPECT_EQ(verifier.keys_asked, 1) << "the key had just been asked for";
  verifier.keys = right;
  EXPECT_EQ(ask(party, "GET", kSeven).status, 502);
  EXPECT_EQ(verifier.keys_asked, 1);
  verifier.now += 10;
  EXPECT_EQ(ask(party, "GET", kSeven).status, 200);
  EXPECT_EQ(verifier.keys_asked, 2);
}

TEST(RelyingParty, TimesAreJudgedWithTheVerifiersClockAMinuteAhead) {
  for (const auto& [now, status] : {std::pair{kThen - 30, 200}, {kThen - 120, 502}}) {
    Verifier verifier{.answers = {opened(), complete(jwt())}, .now = now};
    RelyingParty party = verifier.party();
    ask(party, "POST", kNew);
    EXPECT_EQ(ask(party, "POST", kSeven).status, status);
  }
}

TEST(RelyingParty, SessionsEnd) {
  Verifier verifier{.answers = {opened(), complete(jwt())}};
  RelyingParty party = verifier.party();
  ask(party, "POST", kNew);
  verifier.now += kSessionLife;
  EXPECT_EQ(ask(party, "POST", kSeven).status, 404);
  Sessions sessions;
  for (std::size_t i = 0; i < kMaxSessions; ++i) ASSERT_TRUE(sessions.remember(std::to_string(i), Bytes(32), 100));
  EXPECT_FALSE(sessions.remember("more", Bytes(32), 100));
  EXPECT_TRUE(sessions.remember("7", Bytes(8), 100)) << "it is there already";
  EXPECT_TRUE(sessions.remember("more", Bytes(32), 100 + kSessionLife));
  EXPECT_FALSE(sessions.nonce("0", 100));
}

TEST(RelyingParty, LogsAreSafeForTerminals) {
  Verifier verifier;
  RelyingParty party = verifier.party();
  ask(party, "GET", "/\x1b[31m");
  EXPECT_EQ(verifier.log[0], "Received request: GET /\\x1b[31m");
}

TEST(RelyingPartyForward, WhatIsOfTheConnectionStays) {
  const std::vector<net::Header> sent{{"Host", "rp:8087"}, {"Connection", "close, X-Hop"}, {"X-Hop", "1"}, {"TE", "trailers"}, {"Accept-Encoding", "gzip"}, {"Content-Length", "8"}, {"User-Agent", "host"}, {"Content-Type", "a/b"}, {"X-Odd", "a\x01"}};
  const auto request = forwarded(net::Incoming{.method = "POST", .path = "/p", .query = "q", .headers = sent, .id = "r1"}, "http://v/base", true);
  ASSERT_TRUE(testing::ok(request));
  EXPECT_EQ(request->url, "http://v/base/p?q");
  std::string names;
  for (const net::Header& header : request->headers) names += header.name + ": " + header.value + "\n";
  EXPECT_EQ(names, "User-Agent: host\nContent-Type: a/b\nX-Request-Id: r1\n");
  EXPECT_TRUE(testing::fails(forwarded(net::Incoming{.method = "PATCH"}, "http://v", false), Errc::unsupported, "PATCH"));
  const net::Answer answer = forwarded(response(400, "x", {{"Location", "/"}, {"Alt-Svc", "h2"}, {"Transfer-Encoding", "chunked"}, {"Retry-After", "1"}}));
  EXPECT_EQ(answer.headers.size(), 2U);
}

TEST(RelyingPartyForward, SessionsOfAVerifierBelowAPath) {
  const auto id = session_id_of("http://verifier/below", "session/0a-F_9");
  ASSERT_TRUE(testing::ok(id));
  EXPECT_EQ(*id, "0a-F_9");
  EXPECT_TRUE(testing::ok(session_id_of("http://verifier", "http://verifier/challenge-response/v1/session/7")));
  EXPECT_TRUE(testing::fails(session_id_of("http://verifier/below", "/challenge-response/v1/session/7"), Errc::malformed));
}

}  // namespace
}  // namespace assay::relying_party
