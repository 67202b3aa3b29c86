// The server over real connections: our client, and sockets that do what no client should.
#include "net/server.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "net/http_client.h"
#include "net/server_testing.h"

namespace assay::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Server, AnswersAClient) {
  const Running at = running({});
  const auto client = HttpClient::make({});
  ASSERT_TRUE(testing::ok(client));
  const auto response = (*client)->send({.method = Request::Method::post, .url = at.url("/a/b?nonce=x%2By+z&nonce=2"), .headers = {{"X-Request-Id", "abc-1"}}, .body = to_bytes("evidence")});
  ASSERT_TRUE(testing::ok(response));
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(as_text(response->body), "POST x+y z evidence");
  EXPECT_EQ(response->header("x-path"), "/a/b");
  EXPECT_EQ(response->header("content-type"), "text/plain");
  EXPECT_EQ(response->header("x-request-id"), "abc-1");
  const auto other = (*client)->send({.url = at.url("/"), .headers = {{"X-Request-Id", "bad id\x7f"}}});
  ASSERT_TRUE(testing::ok(other));
  EXPECT_EQ(other->header("x-request-id").value_or("").size(), 16U);
}

TEST(Server, ConnectionsAreKeptAndRequestsMayFollowAtOnce) {
  const Running at = running({});
  Wire wire{at.port};
  wire.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string both = wire.receive();
  EXPECT_THAT(both, HasSubstr("X-Path: /1"));
  EXPECT_THAT(both, HasSubstr("X-Path: /2"));
  EXPECT_LT(both.find("X-Path: /1"), both.find("X-Path: /2"));
}

TEST(Server, RefusesWhatBreaksTheLimits) {
  ServerOptions options;
  options.head_bytes = 1024;
  options.body_bytes = [](std::string_view, std::string_view path) { return path == "/large" ? std::size_t{100} : std::size_t{10}; };
  const Running at = running(std::move(options));
  const auto answer = [&](std::string_view request) {
    Wire wire{at.port};
    wire.send(request);
    return wire.receive();
  };
  EXPECT_THAT(answer("GET /" + std::string(2000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answer("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2000, 'a') + "\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answer("POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\nConnection: close\r\n\r\n" + std::string(50, 'x')), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n"), StartsWith("HTTP/1.1 413 ")) << "before the body is sent";
  EXPECT_THAT(answer("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nxxxxxxxxxxx\r\n0\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551616\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  for (const std::string_view encoding : {"gzip", "identity", "xchunked", "chunked, gzip"}) EXPECT_THAT(answer(fmt::format("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: {}\r\n\r\nGET /second HTTP/1.1\r\nHost: h\r\n\r\n", encoding)), AllOf(StartsWith("HTTP/1.1 400 "), Not(HasSubstr("second")))) << encoding;
  EXPECT_THAT(answer("POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer("GET / HTTP/2.0\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer("GET / HTTP/1.1\r\nBad Header\r\n\r\n"), HasSubstr("application/problem+json"));
}

TEST(Server, WaitsForABodyItAskedFor) {
  const Running at = running({});
  Wire wire{at.port};
  wire.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(wire.receive("\r\n\r\n"), StartsWith("HTTP/1.1 100 "));
  wire.send("ok");
  EXPECT_THAT(wire.receive(), HasSubstr("POST - ok"));
}

TEST(Server, SlowOnesLoseTheirConnectionAndNobodyElseNotices) {
  ServerOptions options;
  options.head_deadline = std::chrono::milliseconds{150};
  options.body_deadline = std::chrono::milliseconds{150};
  const Running at = running(std::move(options));
  Wire half{at.port};
  half.send("GET / HTT");
  Wire body{at.port};
  body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  Wire silent{at.port};
  const auto client = HttpClient::make({});
  EXPECT_TRUE(testing::ok((*client)->send({.url = at.url("/")})));
  EXPECT_EQ(half.receive(), "");
  EXPECT_EQ(body.receive(), "");
  EXPECT_EQ(silent.receive(), "");
}

TEST(Server, AnExceptionIsOneRequestsAffair) {
  const Running at = running({}, [](const Incoming& request) -> Answer {
    if (request.path == "/throw") throw std::bad_alloc{};  // lint: what the standard library does
    return echo(request);
  });
  const auto client = HttpClient::make({});
  EXPECT_EQ((*client)->send({.url = at.url("/throw")})->status, 500);
  EXPECT_EQ((*client)->send({.url = at.url("/")})->status, 200);
}

TEST(Server, TooManyConnectionsAreClosed) {
  ServerOptions options;
  options.connections = 2;
  const Running at = running(std::move(options));
  Wire first{at.port};
  Wire second{at.port};
  first.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  second.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(first.receive("GET"), HasSubstr("200 OK"));
  EXPECT_THAT(second.receive("GET"), HasSubstr("200 OK"));
  Wire third{at.port};
  third.send("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(third.receive(), "");
}

TEST(Server, StopsWhenItsRequestsHaveEnded) {
  std::atomic<bool> begun{false};
  Running at = running({}, [&](const Incoming& request) {
    begun = true;
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    return echo(request);
  });
  Wire idle{at.port};
  Wire busy{at.port};
  busy.send("GET /busy HTTP/1.1\r\nHost: h\r\n\r\n");
  while (!begun) std::this_thread::yield();
  at.server->stop(std::chrono::seconds{10});
  EXPECT_THAT(busy.receive(), HasSubstr("X-Path: /busy"));
  EXPECT_EQ(idle.receive(), "");
  EXPECT_EQ(Wire{at.port}.open(), false);
}

TEST(Server, WhatIsQuickNeedNotWaitForWhatIsNot) {
  std::atomic<bool> begun{false}, released{false};
  ServerOptions options;
  options.workers = 1;
  options.is_quick = [](const Incoming& request) { return request.path == "/quick"; };
  const Running at = running(std::move(options), [&](const Incoming& request) {
    if (request.path == "/slow") {
      begun = true;
      while (!released) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return echo(request);
  });
  Wire slow{at.port};
  slow.send("GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  while (!begun) std::this_thread::yield();
  const auto client = HttpClient::make({});
  EXPECT_TRUE(testing::ok((*client)->send({.url = at.url("/quick")})));
  released = true;
  EXPECT_THAT(slow.receive(), HasSubstr("X-Path: /slow"));
}

TEST(Server, HeadersCannotSmuggleOthers) {
  const Running at = running({}, [](const Incoming&) { return Answer{200, {{"X-A", "a\r\nX-Evil: 1"}}, {}}; });
  Wire wire{at.port};
  wire.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(wire.receive(), HasSubstr("X-A: a  X-Evil: 1\r\n"));
}

TEST(Server, Speaks10AndHead) {
  const Running at = running({});
  const auto answer = [&](std::string_view request) {
    Wire wire{at.port};
    wire.send(request);
    return wire.receive();
  };
  EXPECT_THAT(answer("GET / HTTP/1.0\r\n\r\n"), AllOf(StartsWith("HTTP/1.0 200 OK\r\n"), HasSubstr("Connection: close\r\n")));
  Wire kept{at.port};
  kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(kept.receive("\r\n\r\n"), HasSubstr("Connection: keep-alive\r\n"));
  const std::string head = answer("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
}

TEST(Server, ALargeAnswerWaitsForASlowReader) {
  const Running at = running({}, [](const Incoming&) { return Answer{200, {}, Bytes(std::size_t{20} * 1024 * 1024, 'x')}; });
  Wire wire{at.port};
  wire.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  EXPECT_GT(wire.receive().size(), std::size_t{20} * 1024 * 1024);
}

TEST(Server, MistakesOfItsSettingsAreNamed) {
  EXPECT_TRUE(testing::fails(Server::start({.listeners = {{.address = "localhost"}}}, echo), Errc::config, "no address"));
  EXPECT_TRUE(testing::fails(Server::start({.listeners = {{.certificates = Bytes{}}}}, echo), Errc::config, "half"));
  EXPECT_TRUE(testing::fails(Server::start({.listeners = {{.certificates = to_bytes("x"), .key = to_bytes("y")}}}, echo), Errc::config, "the certificate"));
  const Running at = running({});
  EXPECT_TRUE(testing::fails(Server::start({.listeners = {{.port = at.port}}}, echo), Errc::unavailable, "cannot listen"));
}

}  // namespace
}  // namespace assay::net
