// HTTP/1.1 as a server speaks it: connections, TLS, limits and deadlines. What a request means is the handler's business.
//
// Connections are coroutines on I/O loops, one a core; each request is handled by a thread of the pool, or at once by its loop where it is
// quick, one at a time for each connection. An idle connection takes about 6 kB (TLS: 60 kB). Every answer bears an X-Request-Id: the client's own where it is a short word, else a random one. Refused before the handler sees them, with a
// problem document (RFC 9457) or by closing: heads over `head_bytes` (431), bodies over what `body_bytes` says (413), what is no
// HTTP/1.0 or 1.1 (400), what does not arrive in time (408), connections beyond `connections` (closed). An exception of the handler is 500.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "net/http.h"

namespace assay::net {

struct Incoming {
  std::string method;  // "POST", in upper case
  std::string path;    // as sent, still escaped: "/challenge-response/v1/session/7"
  std::string query;   // as sent, without the question mark
  std::vector<Header> headers;
  Bytes body;
  std::string peer;          // address
  std::string id;            // of the request, for logs
  std::size_t listener = 0;  // which of ServerOptions::listeners it came by

  std::optional<std::string_view> header(std::string_view name) const;  // the first of that name
  // The first of that name, unescaped; nothing: there is none, or it is escaped wrongly.
  std::optional<std::string> parameter(std::string_view name) const;
};

struct Answer {
  int status = 200;
  std::vector<Header> headers = {};  // Content-Length, Connection, Date and X-Request-Id are the server's
  Bytes body = {};
};
// application/problem+json with the members type, title, status and detail (left out if empty).
Answer problem(int status, std::string_view detail);
std::string_view reason_phrase(int status);  // "Bad Request"

// Called by several threads at once.
using Handler = std::function<Answer(const Incoming&)>;

struct Listener {
  std::string address = "127.0.0.1";  // numeric
  std::uint16_t port = 0;             // 0: any
  // Both or none: TLS 1.2 or later with this chain and key, PEM.
  std::optional<Bytes> certificates = {};
  std::optional<Bytes> key = {};
};

struct ServerOptions {
  std::vector<Listener> listeners;
  std::size_t head_bytes = 16UL * 1024;
  std::function<std::size_t(std::string_view method, std::string_view path)> body_bytes = {};  // none: 1 MiB
  std::chrono::milliseconds head_deadline{10000};                                              // of a head that has begun, and how long a connection may be idle
  std::chrono::milliseconds body_deadline{30000};
  std::chrono::milliseconds write_deadline{30000};
  std::size_t connections = 1024;
  std::size_t workers = 0;  // 0: one a core, at least 2
  std::size_t loops = 0;    // 0: one a core
  // Can it be handled where it came in, while other connections of that loop wait? Such a handler computes and does not wait itself: for
  // a disk, another process, the network. None: no request is like that.
  std::function<bool(const Incoming&)> is_quick = {};
  // After each answer was sent, or could not be; from a thread of the pool or the loop.
  std::function<void(const Incoming&, int status, std::chrono::microseconds)> done = {};
};

class Server {
 public:
  // Listens when it returns. Fails with `config` (address, certificate, key) or `unavailable` (a port that is taken).
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler handler);
  // As stop, without grace.
  ~Server();
  std::vector<std::uint16_t> ports() const;  // of the listeners, in their order
  // Takes no more connections, lets requests that have begun end, for `grace` at most, then closes. Once.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::net
