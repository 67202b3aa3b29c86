#include "bench/service_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <optional>

#include "base/text.h"
#include "bench/must.h"

namespace assay::bench {
namespace {

using Clock = std::chrono::steady_clock;

class Connection {
 public:
  explicit Connection(std::uint16_t port);
  ~Connection() { ::close(socket_); }
  Connection(Connection&& other) noexcept : socket_{std::exchange(other.socket_, -1)} {}
  Connection& operator=(Connection&&) = delete;

  int socket() const { return socket_; }
  void send(std::string_view request);
  // Reads what is there; an answer once it is whole.
  std::optional<Reply> receive();

 private:
  int socket_;
  std::string in_;
};

// Where a connection stands in a flow.
struct Runner {
  Connection connection;
  const Flow* flow = nullptr;  // none: it waits
  int step = 0;
  std::string session = {};
  Clock::time_point begin = {};

  void start(const Flow& which, Clock::time_point when);
  // What follows an answer. True: the flow has ended.
  bool go_on(const Reply& reply, Times& times);
};

std::string request(std::string_view method, std::string_view path, std::string_view more = {}, std::string_view body = {});

}  // namespace

Reply ask(std::uint16_t port, std::string_view text) {
  Connection connection{port};
  connection.send(text);
  for (;;) {
    pollfd one{connection.socket(), POLLIN, 0};
    if (::poll(&one, 1, 60000) != 1) give_up("no answer");
    if (auto reply = connection.receive()) return std::move(*reply);
  }
}

std::string post(std::string_view path, std::string_view media_type, ByteView body) { return request("POST", path, fmt::format("Content-Type: {}\r\n", media_type), as_text(body)); }

Times run_flows(std::uint16_t port, std::span<const Flow> flows, const Load& load) {
  std::vector<Runner> runners;
  std::vector<pollfd> polled;
  for (std::size_t i = 0; i < load.connections; ++i) {
    runners.push_back({.connection = Connection{port}});
    polled.push_back({runners.back().connection.socket(), POLLIN, 0});
  }
  Times times;
  const auto begin = Clock::now();
  const bool is_paced = load.flows_per_second != 0;
  const auto due = [&](std::size_t i) { return is_paced ? begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(static_cast<double>(i) / load.flows_per_second)) : begin; };
  std::size_t next = 0;
  while (times.flows.size() < flows.size()) {
    for (Runner& runner : runners) {
      const auto now = Clock::now();
      if (runner.flow != nullptr || next >= flows.size() || due(next) > now) continue;
      runner.start(flows[next], is_paced ? due(next) : now);
      ++next;
    }
    const auto wait = next < flows.size() && is_paced ? std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::nanoseconds>(due(next) - Clock::now()).count()) : 1'000'000'000;
    const timespec limit{static_cast<time_t>(wait / 1'000'000'000), static_cast<long>(wait % 1'000'000'000)};
    if (::ppoll(polled.data(), polled.size(), &limit, nullptr) < 0) give_up("poll");
    for (std::size_t i = 0; i < runners.size(); ++i) {
      if (polled[i].revents == 0) continue;
      if (const auto reply = runners[i].connection.receive(); reply && runners[i].go_on(*reply, times)) runners[i].flow = nullptr;
    }
  }
  times.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return times;
}

namespace {

Connection::Connection(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const void* raw = &address;
  if (::connect(socket_, static_cast<const sockaddr*>(raw), sizeof address) != 0) give_up("no connection");
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void Connection::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) give_up("the connection was closed");
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::optional<Reply> Connection::receive() {
  std::array<char, 16384> chunk{};
  const ssize_t n = ::recv(socket_, chunk.data(), chunk.size(), 0);
  if (n <= 0) give_up("the connection was closed");
  in_.append(chunk.data(), static_cast<std::size_t>(n));
  const std::size_t end = in_.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t length_at = in_.find(kLength);
  std::size_t length = 0;
  if (length_at < end) std::from_chars(in_.data() + length_at + kLength.size(), in_.data() + end, length);
  if (in_.size() < end + 4 + length) return std::nullopt;
  Reply reply{.text = std::move(in_)};
  in_.clear();
  std::from_chars(reply.text.data() + 9, reply.text.data() + 12, reply.status);
  return reply;
}

void Runner::start(const Flow& which, Clock::time_point when) {
  flow = &which;
  begin = when;
  step = 0;
  connection.send(request("POST", "/challenge-response/v1/newSession?nonce=" + to_base64url(which.nonce)));
}

bool Runner::go_on(const Reply& reply, Times& times) {
  constexpr std::array<int, 3> kWanted{201, 200, 204};
  const bool is_good = reply.status == kWanted.at(static_cast<std::size_t>(step)) && (step != 1 || reply.text.find("\"status\":\"complete\"") != std::string::npos);
  if (!is_good) give_up(fmt::format("a wrong answer to step {}: {}", step, reply.text));
  if (step == 0) {
    const std::size_t at = reply.text.find("Location: ") + 10;
    session = "/challenge-response/v1/" + reply.text.substr(at, reply.text.find("\r\n", at) - at);
    connection.send(post(session, flow->media_type, flow->evidence));
  } else if (step == 1) {
    times.last_result = reply.text;
    connection.send(request("DELETE", session));
  } else {
    times.flows.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return step++ == 2;
}

// As the reference's client library sends them.
std::string request(std::string_view method, std::string_view path, std::string_view more, std::string_view body) {
  const std::string_view accept = path.starts_with("/endorsement") ? "application/vnd.veraison.provisioning-session+json" : "application/vnd.veraison.challenge-response-session+json";
  return fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: {}\r\nAccept: {}\r\n{}Accept-Encoding: gzip\r\n\r\n{}", method, path, body.size(), accept, more, body);
}

}  // namespace
}  // namespace assay::bench
