// The server over TLS: who it is, which versions it speaks, and clients that do not speak it.
#include <curl/curl.h>

#include "net/http_client.h"
#include "net/server_testing.h"
#include "net/tls_testing.h"

namespace assay::net {
namespace {

Listener secured() { return {.certificates = to_bytes(fmt::format("{}{}", testing::kServer, testing::kMiddle)), .key = to_bytes(testing::kServerKey)}; }
Running secured_server(Listener listener = secured(), std::chrono::milliseconds head_deadline = std::chrono::seconds{10}) {
  ServerOptions options{.listeners = {std::move(listener)}};
  options.head_deadline = head_deadline;
  return running(std::move(options));
}

ClientOptions knowing(std::string_view root) { return {.certificates = {to_bytes(root)}}; }
Result<Response> get(const Running& at, ClientOptions options) {
  const auto client = HttpClient::make(std::move(options));
  EXPECT_TRUE(testing::ok(client));
  return (*client)->send({.url = at.url("/a", "https")});
}

// Whether a handshake in this version alone succeeds: one of CURL_SSLVERSION_….
bool speaks(const Running& at, long version, long newest) {
  CURL* const curl = curl_easy_init();
  const std::string url = at.url("/", "https");
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, version | newest);
  curl_easy_setopt(curl, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0");  // or the client itself refused the old ones
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  const bool done = curl_easy_perform(curl) == CURLE_OK;
  curl_easy_cleanup(curl);
  return done;
}

TEST(ServerTls, ShowsItsChainToThoseWhoKnowTheRoot) {
  const Running at = secured_server();
  const auto answer = get(at, knowing(testing::kRoot));
  ASSERT_TRUE(testing::ok(answer));
  EXPECT_EQ(as_text(answer->body), "GET - ");
  EXPECT_TRUE(testing::fails(get(at, {}), Errc::untrusted)) << "the system does not know it";
  EXPECT_TRUE(testing::fails(get(at, knowing(testing::kOther)), Errc::untrusted));
  EXPECT_FALSE(get(at, knowing(testing::kSame))) << "another of that name";
  EXPECT_TRUE(testing::ok(get(at, {.insecure = true})));

  Listener alone = secured();
  alone.certificates = to_bytes(testing::kServer);
  EXPECT_TRUE(testing::fails(get(secured_server(alone), knowing(testing::kRoot)), Errc::untrusted)) << "the one between is missing";
}

TEST(ServerTls, IsAsGoodAsPlainHttp) {
  const Running at = secured_server();
  const auto client = HttpClient::make(knowing(testing::kRoot));
  ASSERT_TRUE(testing::ok(client));
  for (const std::size_t size : {0UL, 1UL, 20000UL, 1000000UL}) {
    const auto answer = (*client)->send({.method = Request::Method::post, .url = at.url("/", "https"), .body = Bytes(size, 'x')});
    ASSERT_TRUE(testing::ok(answer));
    EXPECT_EQ(answer->body.size(), size + 7) << size;
  }
}

TEST(ServerTls, SpeaksNothingBefore12) {
  const Running at = secured_server();
  EXPECT_TRUE(speaks(at, CURL_SSLVERSION_TLSv1_3, CURL_SSLVERSION_MAX_TLSv1_3));
  EXPECT_TRUE(speaks(at, CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_MAX_TLSv1_2));
  EXPECT_FALSE(speaks(at, CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_MAX_TLSv1_1));
  EXPECT_FALSE(speaks(at, CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_MAX_TLSv1_0));
}

TEST(ServerTls, PlainHttpGetsNoAnswer) {
  const Running at = secured_server();
  Wire plain{at.port};
  plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(plain.receive().find("HTTP/"), std::string::npos);
  Wire noise{at.port};
  noise.send(std::string(5000, '\xff'));
  EXPECT_EQ(noise.receive().find("HTTP/"), std::string::npos);
  EXPECT_TRUE(testing::ok(get(at, knowing(testing::kRoot))));
  EXPECT_FALSE(get(running({}), {.insecure = true})) << "and TLS to a plain port";
}

TEST(ServerTls, AHandshakeThatStallsEnds) {
  const Running at = secured_server(secured(), std::chrono::milliseconds{200});
  Wire silent{at.port};
  Wire half{at.port};
  half.send(std::string_view{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11});
  EXPECT_TRUE(testing::ok(get(at, knowing(testing::kRoot)))) << "others do not wait for them";
  EXPECT_EQ(silent.receive(), "");
  EXPECT_EQ(half.receive(), "");
}

TEST(ServerTls, AKeyOfAnotherIsNamed) {
  Listener listener = secured();
  listener.key = to_bytes(testing::kOthersKey);
  EXPECT_TRUE(testing::fails(Server::start({.listeners = {listener}}, echo), Errc::config, "the key: "));
  listener.key = to_bytes("-----BEGIN PRIVATE KEY-----\n");
  EXPECT_TRUE(testing::fails(Server::start({.listeners = {listener}}, echo), Errc::config, "the key: "));
}

}  // namespace
}  // namespace assay::net
