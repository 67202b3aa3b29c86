#include "net/http.h"
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

}  // namespace
}  // namespace assay::net
