// For tests only: a server that echoes, and a raw connection to it.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/server.h"
#include "testing/testing.h"

namespace assay::net {

inline Answer echo(const Incoming& request) {
  return {200, {{"Content-Type", "text/plain"}, {"X-Path", request.path}}, to_bytes(fmt::format("{} {} {}", request.method, request.parameter("nonce").value_or("-"), as_text(request.body)))};
}

struct Running {
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
  std::string url(std::string_view path, std::string_view scheme = "http") const { return fmt::format("{}://127.0.0.1:{}{}", scheme, port, path); }
};
inline Running running(ServerOptions options, Handler handler = echo) {
  if (options.listeners.empty()) options.listeners.push_back({});
  auto server = Server::start(std::move(options), std::move(handler));
  EXPECT_TRUE(testing::ok(server));
  const std::uint16_t port = (*server)->ports().front();
  return {std::move(*server), port};
}

class Wire {
 public:
  explicit Wire(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const void* raw = &address;
    open_ = ::connect(socket_, static_cast<const sockaddr*>(raw), sizeof address) == 0;
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() { ::close(socket_); }
  void send(std::string_view text) { static_cast<void>(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL)); }
  // Until `end` was seen, or the other side closes.
  std::string receive(std::string_view end = "\x01nothing") {
    std::string all;
    char chunk[4096];
    while (all.find(end) == std::string::npos) {
      const ssize_t n = ::recv(socket_, chunk, sizeof chunk, 0);
      if (n <= 0) break;
      all.append(chunk, static_cast<std::size_t>(n));
    }
    return all;
  }
  bool open() const { return open_; }
  int socket() const { return socket_; }

 private:
  int socket_;
  bool open_ = false;
};

}  // namespace assay::net
