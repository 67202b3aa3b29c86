#include "services/discovery/discovery_client.h"

#include "testing/testing.h"

namespace assay::discovery {
namespace {

using testing::fails;
using testing::ok;

constexpr std::string_view kKey = R"({"alg":"ES256","crv":"P-256","kty":"EC","x":"usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8","y":"IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4"})";

Result<Document> parse(std::string_view text) { return parse_document(as_bytes(text)); }

class Fixed : public net::Http {
 public:
  Fixed(int status, std::string_view type, std::string_view body) : response_{.status = status, .headers = {{"Content-Type", std::string{type}}}, .body = to_bytes(body)} {}
  Result<net::Response> send(const net::Request& request) override {
    asked = request;
    return response_;
  }
  net::Request asked;

 private:
  net::Response response_;
};

TEST(DiscoveryClient, V30_ReadsAVeraisonDocument) {
  const auto document = parse(fmt::format(R"({{"ear-verification-key":{},"media-types":["a/b","c/d"],"version":"N/A","service-state":"READY","api-endpoints":{{"newChallengeResponseSession":"/challenge-response/v1/newSession"}},"more":1}})", kKey));
  ASSERT_TRUE(ok(document));
  EXPECT_TRUE(document->ear_key.has_value());
  EXPECT_EQ(document->ear_sig, crypto::Sig::es256);
  EXPECT_EQ(document->media_types, (std::vector<std::string>{"a/b", "c/d"}));
  EXPECT_EQ(document->state, "READY");
  EXPECT_EQ(document->endpoint("newChallengeResponseSession"), "/challenge-response/v1/newSession");
  EXPECT_EQ(document->endpoint("other"), "");
  const auto empty = parse("{}");
  ASSERT_TRUE(ok(empty));
  EXPECT_FALSE(empty->ear_key.has_value());
}

TEST(DiscoveryClient, RefusesWhatIsNoDocument) {
  EXPECT_TRUE(fails(parse(""), Errc::malformed));
  EXPECT_TRUE(fails(parse("[]"), Errc::malformed));
  EXPECT_TRUE(fails(parse(R"({"version":1})"), Errc::malformed, "/version"));
  EXPECT_TRUE(fails(parse(R"({"media-types":"a/b"})"), Errc::malformed, "/media-types"));
  EXPECT_TRUE(fails(parse(R"({"media-types":[1]})"), Errc::malformed, "/media-types"));
  EXPECT_TRUE(fails(parse(R"({"api-endpoints":[]})"), Errc::malformed, "/api-endpoints"));
  EXPECT_TRUE(fails(parse(R"({"api-endpoints":{"x":1}})"), Errc::malformed, "/api-endpoints/x"));
  EXPECT_TRUE(fails(parse(R"({"version":"1","version":"2"})"), Errc::duplicate));
  EXPECT_FALSE(parse(R"({"ear-verification-key":{}})").has_value());
  std::string other{kKey};
  other.replace(other.find("ES256"), 5, "ES384");
  EXPECT_TRUE(fails(parse(fmt::format(R"({{"ear-verification-key":{}}})", other)), Errc::mismatch, "/ear-verification-key"));
  other.replace(other.find("ES384"), 5, "HS256");
  EXPECT_TRUE(fails(parse(fmt::format(R"({{"ear-verification-key":{}}})", other)), Errc::mismatch, "\"HS256\" for a key of P-256"));
  std::string many = R"("a/b")";
  for (std::size_t i = 0; i < kMaxItems; ++i) many += R"(,"a/b")";
  EXPECT_TRUE(fails(parse(fmt::format(R"({{"media-types":[{}]}})", many)), Errc::limit, "1025 items"));
  EXPECT_TRUE(fails(parse(std::string(kMaxDocument + 1, ' ')), Errc::limit));
}

TEST(DiscoveryClient, LiesAtTheRootOfTheOrigin) {
  Fixed http{200, "application/json; charset=utf-8", R"({"service-state":"READY"})"};
  ASSERT_TRUE(ok(fetch("http://h:1/challenge-response/v1/newSession?x=1", Service::verification, http, "Basic x")));
  EXPECT_EQ(http.asked.url, "http://h:1/.well-known/veraison/verification");
  EXPECT_EQ(http.asked.headers[0].value, "application/vnd.veraison.discovery+json, application/json");
  EXPECT_EQ(http.asked.headers[1].value, "Basic x");
  const auto said = [](int status, std::string_view type, std::string_view body) {
    Fixed one{status, type, body};
    return fetch("http://h/", Service::management, one, {});
  };
  EXPECT_TRUE(fails(said(200, "text/html", "{}"), Errc::malformed, "content type \"text/html\""));
  EXPECT_TRUE(fails(said(401, "", ""), Errc::forbidden, "http://h/.well-known/veraison/management: 401 Unauthorized"));
  EXPECT_TRUE(fails(said(404, "text/plain", "404 page not found"), Errc::not_found, "404 Not Found: 404 page not found"));
  EXPECT_TRUE(fails(said(406, "", ""), Errc::invalid, "406 Not Acceptable"));
  EXPECT_TRUE(fails(said(503, "", ""), Errc::unavailable, "503 Service Unavailable"));
}

}  // namespace
}  // namespace assay::discovery
