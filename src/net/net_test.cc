#include "net/http.h"
#include "net/pace.h"
#include "net/url.h"
#include "testing/testing.h"

namespace assay::net {
namespace {

using testing::fails;
using testing::ok;

TEST(Url, AbsoluteOnesAreReadAndOthersRefused) {
  EXPECT_EQ(parse_url("HTTPS://verifier.example:8888/a/../b?q=1").value_or(""), "https://verifier.example:8888/b?q=1");
  for (const std::string_view bad : {"", "verifier.example/submit", "/submit", "ftp://h/x", "http://", "file:///etc/passwd", "http://h:99999/", "http://a b/"}) EXPECT_TRUE(fails(parse_url(bad), Errc::usage)) << bad;
  EXPECT_TRUE(fails(parse_url(std::string{"http://h/\0x", 11}), Errc::usage));
  EXPECT_TRUE(fails(parse_url("http://h/" + std::string(9000, 'x')), Errc::limit));
}

TEST(Url, ReferencesAreResolvedAsRfc3986Says) {
  constexpr std::string_view kBase = "http://h:8080/challenge-response/v1/newSession";
  EXPECT_EQ(resolve_url(kBase, "session/7").value_or(""), "http://h:8080/challenge-response/v1/session/7");
  EXPECT_EQ(resolve_url(kBase, "/x").value_or(""), "http://h:8080/x");
  EXPECT_EQ(resolve_url(kBase, "https://other/x").value_or(""), "https://other/x");
  EXPECT_FALSE(resolve_url(kBase, "file:///etc/passwd").has_value());
}

TEST(Url, WhatIsMeantForOneOriginIsForNoOther) {
  EXPECT_TRUE(same_origin("http://h/a", "HTTP://H:80/b"));
  for (const std::string_view other : {"https://h/a", "http://h:81/a", "http://h.evil/a", "http://user@g/a", "nonsense"}) EXPECT_FALSE(same_origin("http://h/a", other)) << other;
}

TEST(Url, MessagesShowNoSecrets) { EXPECT_EQ(shown_url("https://me:secret@h/p?token=1#f"), "https://h/p"); }

TEST(Url, FormsAreEscaped) { EXPECT_EQ(form_escape("a b&c=d/é~"), "a+b%26c%3Dd%2F%C3%A9~"); }

TEST(Problem, SaysWhatTheServerSays) {
  const auto said = [](std::string_view type, std::string_view body) { return problem_text({.status = 400, .headers = {{"content-type", std::string{type}}}, .body = to_bytes(body)}); };
  EXPECT_EQ(said("application/problem+json", R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"empty body"})"), "Bad Request: empty body");
  EXPECT_EQ(said("application/json; charset=utf-8", R"({"error":"invalid_grant","error_description":"no"})"), "invalid_grant: no");
  EXPECT_EQ(said("text/plain", "not\x1b[31m here\n"), "not\\x1b[31m here");
  EXPECT_EQ(said("text/html", "<html>"), "");
  EXPECT_EQ(said("application/problem+json", "{"), "{");
  EXPECT_EQ(said("text/plain", std::string(400, 'x')), std::string(300, 'x') + "...");
}

TEST(Problem, AStatusIsSaidWithItsPhraseAndTheDetail) {
  const auto said = [](int status, std::string_view type, std::string_view body) { return status_text({.status = status, .headers = {{"content-type", std::string{type}}}, .body = to_bytes(body)}); };
  EXPECT_EQ(said(400, "application/problem+json", R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"empty body"})"), "400 Bad Request: empty body");
  EXPECT_EQ(said(401, "", ""), "401 Unauthorized");
  EXPECT_EQ(said(404, "text/plain", "404 page not found"), "404 Not Found: 404 page not found");
  EXPECT_EQ(said(599, "text/plain", "odd"), "599 Unknown: odd");
}

TEST(Waits, GrowAndObeyTheAnswer) {
  Waits waits;
  const auto after = [&](std::string_view asked) { return waits.after({.status = 200, .headers = {{"Retry-After", std::string{asked}}}}).count(); };
  EXPECT_EQ(after(""), 200);
  EXPECT_EQ(after("0"), 300);
  EXPECT_EQ(after("2"), 2000);
  for (const std::string_view odd : {"-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "999999", "99999999999999999999"}) EXPECT_LT(after(odd), 5000) << odd;
  for (int i = 0; i < 20; ++i) static_cast<void>(after(""));
  EXPECT_EQ(after(""), 5000);
}

TEST(HttpDate, IsInGmtAndEnglish) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // the example of RFC 9110 §5.6.7
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace assay::net
