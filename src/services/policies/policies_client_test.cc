#include "services/policies/policies_client.h"

#include "testing/testing.h"

namespace assay::policies {
namespace {

using testing::fails;
using testing::ok;

constexpr std::string_view kId = "97609859-2567-11ee-a344-0242c0a82005";

std::string text_with(std::string_view from, std::string_view to) {
  std::string text = R"({"uuid":"97609859-2567-11ee-a344-0242c0a82005","ctime":"2023-07-18T12:35:34Z","name":"default","type":"opa","rules":"package policy\n","active":false})";
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  return text;
}
Result<Policy> parse(std::string_view from = "", std::string_view to = "") { return parse_policy(as_bytes(text_with(from, to))); }

class Fixed : public net::Http {
 public:
  explicit Fixed(net::Response response) : response_{std::move(response)} {}
  Result<net::Response> send(const net::Request& request) override {
    asked = request;
    return response_;
  }
  net::Request asked;

 private:
  net::Response response_;
};

TEST(PoliciesClient, AreReadWhole) {
  const auto policy = parse();
  ASSERT_TRUE(ok(policy));
  EXPECT_EQ(policy->uuid, kId);
  EXPECT_EQ(policy->rules, "package policy\n");
  EXPECT_FALSE(policy->active);
  EXPECT_EQ(json::print(json::Value{to_json(*policy)}), text_with("", ""));
}

TEST(PoliciesClient, OthersAreRefused) {
  EXPECT_TRUE(fails(parse("97609859-", "97609859"), Errc::malformed, "/uuid"));
  EXPECT_TRUE(fails(parse("\"uuid\"", "\"id\""), Errc::missing, "uuid"));
  EXPECT_TRUE(fails(parse("\"rules\"", "\"rule\""), Errc::missing, "rules"));
  EXPECT_TRUE(fails(parse("false", "\"no\""), Errc::malformed, "/active"));
  EXPECT_TRUE(fails(parse("\"opa\"", "1"), Errc::malformed, "/type"));
  EXPECT_TRUE(fails(parse_policy(as_bytes("[]")), Errc::malformed));
  EXPECT_TRUE(fails(parse_policies(as_bytes("{}")), Errc::malformed, "an array of policies"));
  EXPECT_TRUE(fails(parse_policies(as_bytes("[" + text_with("", "") + ",{}]")), Errc::missing, "/1/uuid"));
  std::string many = "[0";
  for (std::size_t i = 0; i < kMaxPolicies; ++i) many += ",0";
  EXPECT_TRUE(fails(parse_policies(as_bytes(many + "]")), Errc::limit, "10001 policies"));
}

TEST(PoliciesClient, WordsOfTheOwnerStayInTheirPlaceInTheUrl) {
  Fixed http{{.status = 200, .headers = {{"Content-Type", std::string{kPoliciesType}}}, .body = to_bytes("[]")}};
  Client client{"http://h/management/v1", "Bearer x", http};
  ASSERT_TRUE(ok(client.list("A/../B ?x", "n&m=1")));
  EXPECT_EQ(http.asked.url, "http://h/management/v1/policies/A%2F..%2FB%20%3Fx?name=n%26m%3D1");
  EXPECT_EQ(http.asked.headers[1].value, "Bearer x");
}

TEST(PoliciesClient, RefusalsSayWhy) {
  const auto said = [](int status, std::string_view type, std::string_view body) {
    Fixed http{{.status = status, .headers = {{"Content-Type", std::string{type}}}, .body = to_bytes(body)}};
    return Client{"http://h/management/v1", {}, http}.activate("PSA_IOT", kId);
  };
  EXPECT_TRUE(ok(said(200, "", "")));
  EXPECT_TRUE(fails(said(201, "", ""), Errc::invalid, "unexpected HTTP response code 201"));
  EXPECT_TRUE(fails(said(403, "", ""), Errc::forbidden, "unexpected HTTP response code 403"));
  EXPECT_TRUE(fails(said(404, "application/problem+json", R"({"title":"Not Found","detail":"no policy found"})"), Errc::not_found, "404 Not Found: no policy found"));
  EXPECT_TRUE(fails(said(500, "text/html", "<html>"), Errc::unavailable, "unexpected HTTP response code 500"));
}

}  // namespace
}  // namespace assay::policies
