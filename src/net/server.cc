#include "net/server.h"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <list>
#include <thread>

#include "base/text.h"
#include "net/server_answer.h"
#include "net/server_request.h"

namespace assay::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;
using Clock = std::chrono::steady_clock;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kDefaultBody = 1024UL * 1024;
constexpr std::size_t kLittle = 4096;                 // of a connection that waits
constexpr std::size_t kMuch = 64UL * 1024;            // read at once of a large body
constexpr std::chrono::milliseconds kCheckEvery{50};  // deadlines

struct Open {
  tcp::acceptor acceptor;
  std::optional<asio::ssl::context> tls;
};

// A connection, in the frame of its coroutine. What it has received and not yet taken is `buffer[begin, end)`.
struct Connection {
  tcp::socket& socket;
  std::size_t listener;
  std::string peer = {};
  Clock::time_point deadline = Clock::time_point::max();
  bool is_idle = false;  // nothing of a request is there
  Bytes buffer = Bytes(kLittle);
  std::size_t begin = 0;
  std::size_t end = 0;
};

// A thread and its connections, which nobody else touches.
struct Loop {
  std::list<Connection*> connections;
  std::atomic<std::size_t> load{0};  // of connections, for whoever assigns the next
  bool is_watched = false;           // somebody looks at deadlines
  asio::io_context context{1};       // behind the list: frames that end with it leave that
  std::thread thread;
};

// A connection stands in the list for as long as its coroutine's frame, however that ends.
struct Listed {
  std::list<Connection*>& all;
  std::list<Connection*>::iterator place;
  Listed(std::list<Connection*>& list, std::list<Connection*>::iterator at) : all{list}, place{at} {}
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;
  ~Listed() { all.erase(place); }
};

Result<tcp::acceptor> listen(asio::io_context& loop, const Listener& listener);
Result<std::optional<asio::ssl::context>> tls_context(const Listener& listener);
asio::awaitable<void> watch(Loop& loop);
asio::mutable_buffer room(Connection& connection, std::size_t wanted);
asio::awaitable<error_code> send(tcp::socket& socket, std::string_view head, ByteView body);
asio::awaitable<error_code> send(TlsStream& stream, std::string_view head, ByteView body);
int status_of(const error_code& failure);  // of a request that cannot be read; 0: nobody to tell

}  // namespace

struct Server::Impl {
  ServerOptions options;
  Handler handler;
  std::list<Loop> loops;
  asio::thread_pool pool;
  std::list<Open> open;
  std::atomic<std::size_t> connections{0};
  std::atomic<bool> stopping{false};

  Impl(ServerOptions given, Handler handle) : options{std::move(given)}, handler{std::move(handle)}, loops(options.loops != 0 ? options.loops : std::max(1U, std::thread::hardware_concurrency())), pool{options.workers != 0 ? options.workers : std::max(2U, std::thread::hardware_concurrency())} {}

  Loop& least_loaded() {
    return *std::ranges::min_element(loops, {}, [](const Loop& loop) { return loop.load.load(); });
  }
  asio::awaitable<void> accept(Open& at, std::size_t index);
  asio::awaitable<void> serve_plain(Loop& loop, tcp::socket socket, std::size_t index);
  asio::awaitable<void> serve_tls(Loop& loop, tcp::socket socket, asio::ssl::context& tls, std::size_t index);
  template <class S>
  asio::awaitable<void> serve(Loop& loop, S& stream, Connection& connection);
  template <class S>
  asio::awaitable<bool> serve_one(Loop& loop, S& stream, Connection& connection);
  template <class S>
  asio::awaitable<error_code> read(S& stream, Connection& connection, RequestParser& parser);
  template <class S>
  asio::awaitable<error_code> read_until(bool (RequestParser::*reached)() const, S& stream, Connection& connection, RequestParser& parser);
  template <class S>
  asio::awaitable<bool> write(S& stream, Connection& connection, const Answer& answer, const Incoming& request, bool keep_alive, unsigned minor_version);
  asio::awaitable<Answer> handle(Loop& loop, const Incoming& request);
  Answer handled(const Incoming& request) const;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Server::~Server() { stop(std::chrono::milliseconds{0}); }

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler));
  asio::io_context& first = impl->loops.front().context;
  for (const Listener& listener : impl->options.listeners) {
    auto tls = TRY(tls_context(listener));
    auto acceptor = TRY(listen(first, listener));
    impl->open.push_back({std::move(acceptor), std::move(tls)});
  }
  std::size_t index = 0;
  for (Open& at : impl->open) asio::co_spawn(first, impl->accept(at, index++), asio::detached);
  for (Loop& loop : impl->loops) {
    loop.thread = std::thread{[&loop] {
      const auto work = asio::make_work_guard(loop.context);
      loop.context.run();
    }};
  }
  return std::unique_ptr<Server>{new Server{std::move(impl)}};
}

std::vector<std::uint16_t> Server::ports() const {
  std::vector<std::uint16_t> ports;
  for (const Open& at : impl_->open) {
    error_code gone;
    ports.push_back(at.acceptor.local_endpoint(gone).port());
  }
  return ports;
}

void Server::stop(std::chrono::milliseconds grace) {
  if (impl_->stopping.exchange(true)) return;
  asio::post(impl_->loops.front().context, [this] {
    error_code ignored;
    for (Open& at : impl_->open) at.acceptor.close(ignored);
  });
  for (Loop& loop : impl_->loops) {
    asio::post(loop.context, [&loop] {
      error_code ignored;
      for (Connection* connection : loop.connections) {
        if (connection->is_idle) connection->socket.close(ignored);
      }
    });
  }
  const auto end = Clock::now() + grace;
  while (impl_->connections != 0 && Clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds{5});
  impl_->pool.join();  // a handler that runs is waited for: it may hold what its caller owns
  for (Loop& loop : impl_->loops) {
    loop.context.stop();
    if (loop.thread.joinable()) loop.thread.join();
  }
}

asio::awaitable<void> Server::Impl::accept(Open& at, std::size_t index) {
  while (!stopping) {
    Loop& loop = least_loaded();
    auto [failure, socket] = co_await at.acceptor.async_accept(loop.context, kNoThrow);
    if (failure == asio::error::operation_aborted || stopping) break;
    if (failure) {  // out of descriptors, for example: others may end
      asio::steady_timer wait{at.acceptor.get_executor(), std::chrono::milliseconds{50}};
      co_await wait.async_wait(kNoThrow);
      continue;
    }
    if (connections >= options.connections) continue;  // closed by its destructor
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    socket.non_blocking(true, ignored);
    ++connections;
    ++loop.load;
    auto session = at.tls ? serve_tls(loop, std::move(socket), *at.tls, index) : serve_plain(loop, std::move(socket), index);
    asio::co_spawn(loop.context, std::move(session), [this, &loop](const std::exception_ptr&) {
      --connections;
      --loop.load;
    });
  }
}

asio::awaitable<void> Server::Impl::serve_plain(Loop& loop, tcp::socket socket, std::size_t index) {
  Connection connection{.socket = socket, .listener = index};
  co_await serve(loop, socket, connection);
  error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> Server::Impl::serve_tls(Loop& loop, tcp::socket socket, asio::ssl::context& tls, std::size_t index) {
  TlsStream stream{std::move(socket), tls};
  Connection connection{.socket = stream.next_layer(), .listener = index};
  co_await serve(loop, stream, connection);
}

template <class S>
asio::awaitable<void> Server::Impl::serve(Loop& loop, S& stream, Connection& connection) {
  error_code gone;
  const auto endpoint = connection.socket.remote_endpoint(gone);
  if (!gone) connection.peer = endpoint.address().to_string();
  const Listed listed{loop.connections, loop.connections.insert(loop.connections.end(), &connection)};
  if (!std::exchange(loop.is_watched, true)) asio::co_spawn(loop.context, watch(loop), asio::detached);
  bool goes_on = true;
  if constexpr (std::is_same_v<S, TlsStream>) {
    connection.deadline = Clock::now() + options.head_deadline;
    const auto [failure] = co_await stream.async_handshake(asio::ssl::stream_base::server, kNoThrow);
    goes_on = !failure;
  }
  const bool was_open = goes_on;
  while (goes_on && !stopping) goes_on = co_await serve_one(loop, stream, connection);
  if constexpr (std::is_same_v<S, TlsStream>) {
    connection.deadline = Clock::now() + std::chrono::seconds{2};
    if (was_open) co_await stream.async_shutdown(kNoThrow);
  }
}

// Returns whether the connection goes on.
template <class S>
asio::awaitable<bool> Server::Impl::serve_one(Loop& loop, S& stream, Connection& connection) {
  RequestParser parser;
  Incoming& request = parser.request;
  request.listener = connection.listener;
  request.peer = connection.peer;
  const error_code failure = co_await read(stream, connection, parser);
  request.id = request_id(request.header("X-Request-Id").value_or(""));
  if (failure) {
    const int status = status_of(failure);
    if (status != 0) co_await write(stream, connection, problem(status, failure.message()), request, false, 1);
    co_return false;
  }
  const bool keep_alive = parser.keep_alive();
  const auto begin = Clock::now();
  connection.deadline = Clock::time_point::max();
  Answer answer;
  if (options.is_quick && options.is_quick(request)) answer = handled(request);
  else answer = co_await handle(loop, request);
  const bool goes_on = keep_alive && !stopping;
  const bool written = co_await write(stream, connection, answer, request, goes_on, parser.minor_version());
  if (options.done) options.done(request, answer.status, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin));
  co_return written&& goes_on;
}

// The head first: how large a body may be depends on what is asked. `Expect: 100-continue` is answered once the head is good.
template <class S>
asio::awaitable<error_code> Server::Impl::read(S& stream, Connection& connection, RequestParser& parser) {
  parser.header_limit(static_cast<std::uint32_t>(options.head_bytes));
  parser.body_limit(boost::none);
  if (const error_code failure = co_await read_until(&RequestParser::is_header_done, stream, connection, parser)) co_return failure;
  const Incoming& request = parser.request;
  const std::size_t limit = options.body_bytes ? options.body_bytes(request.method, request.path) : kDefaultBody;
  if (parser.content_length().value_or(0) > limit) co_return http::make_error_code(http::error::body_limit);
  if (parser.is_done()) co_return error_code{};
  parser.body_limit(limit);
  parser.eager(true);
  connection.deadline = Clock::now() + options.body_deadline;
  if (parser.waits_for_go_on()) {
    if (const error_code failure = co_await send(stream, "HTTP/1.1 100 Continue\r\n\r\n", {})) co_return failure;
  }
  co_return co_await read_until(&RequestParser::is_done, stream, connection, parser);
}

template <class S>
asio::awaitable<error_code> Server::Impl::read_until(bool (RequestParser::*reached)() const, S& stream, Connection& connection, RequestParser& parser) {
  bool needs_more = connection.begin == connection.end;
  if (needs_more && !parser.got_some()) {
    connection.is_idle = true;
    connection.deadline = Clock::now() + options.head_deadline;
  }
  while (!(parser.*reached)()) {
    if (needs_more) {
      const std::size_t held = connection.end - connection.begin;
      if (held > options.head_bytes + kMuch) co_return http::make_error_code(http::error::header_limit);
      const auto [failure, size] = co_await stream.async_read_some(room(connection, parser.is_header_done() ? kMuch : kLittle), kNoThrow);
      if (failure) co_return failure;
      connection.end += size;
      if (std::exchange(connection.is_idle, false)) connection.deadline = Clock::now() + options.head_deadline;
    }
    error_code failure;
    connection.begin += parser.put(asio::buffer(connection.buffer.data() + connection.begin, connection.end - connection.begin), failure);
    needs_more = failure == http::error::need_more || connection.begin == connection.end;
    if (failure && failure != http::error::need_more) co_return failure;
  }
  co_return error_code{};
}

template <class S>
asio::awaitable<bool> Server::Impl::write(S& stream, Connection& connection, const Answer& answer, const Incoming& request, bool keep_alive, unsigned minor_version) {
  connection.deadline = Clock::now() + options.write_deadline;
  const std::string head = head_of(answer, request, keep_alive, minor_version);
  const error_code failure = co_await send(stream, head, has_body(answer, request) ? ByteView{answer.body} : ByteView{});
  co_return !failure;
}

// On a thread of the pool; the loop goes on meanwhile.
asio::awaitable<Answer> Server::Impl::handle(Loop& loop, const Incoming& request) {
  Answer answer;
  const auto begin = [&](auto resume) {
    asio::post(pool, [this, &loop, &request, &answer, resume = std::move(resume)]() mutable {
      answer = handled(request);
      asio::post(loop.context, std::move(resume));
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(begin, asio::use_awaitable);
  co_return answer;
}

Answer Server::Impl::handled(const Incoming& request) const {
  try {
    return handler(request);
  } catch (const std::exception&) {  // what a library threw through us: the request fails, the service goes on
    return problem(500, "");
  }
}

namespace {

Result<tcp::acceptor> listen(asio::io_context& loop, const Listener& listener) {
  const std::string where = fmt::format("{}:{}", listener.address, listener.port);
  error_code failure;
  const auto address = asio::ip::make_address(listener.address, failure);
  if (failure) return fail_expecting(Errc::config, where, "no address", "a numeric one: 127.0.0.1, ::1, 0.0.0.0");
  tcp::acceptor acceptor{loop};
  const tcp::endpoint endpoint{address, listener.port};
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(asio::socket_base::reuse_address{true}, failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return fail(Errc::unavailable, where, "cannot listen: {}", failure.message());
  return acceptor;
}

Result<std::optional<asio::ssl::context>> tls_context(const Listener& listener) {
  if (!listener.certificates && !listener.key) return std::optional<asio::ssl::context>{};
  const std::string where = fmt::format("{}:{}", listener.address, listener.port);
  if (!listener.certificates || !listener.key) return fail_expecting(Errc::config, where, "TLS with half of what it needs", "a certificate and its key");
  asio::ssl::context context{asio::ssl::context::tls_server};
  error_code failure;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, failure);
  context.use_certificate_chain(asio::buffer(*listener.certificates), failure);
  if (failure) return fail_expecting(Errc::config, where, "the certificate: " + failure.message(), "PEM, the server's own first");
  context.use_private_key(asio::buffer(*listener.key), asio::ssl::context::pem, failure);
  if (failure) return fail_expecting(Errc::config, where, "the key: " + failure.message(), "the certificate's private key in PEM");
  return std::optional<asio::ssl::context>{std::move(context)};
}

// One timer for all: a timer for each read and write would cost more than they do.
asio::awaitable<void> watch(Loop& loop) {
  asio::steady_timer wait{loop.context};
  while (!loop.connections.empty()) {
    wait.expires_after(kCheckEvery);
    co_await wait.async_wait(kNoThrow);
    const auto now = Clock::now();
    error_code ignored;
    for (Connection* connection : loop.connections) {
      if (connection->deadline <= now) connection->socket.close(ignored);
    }
  }
  loop.is_watched = false;
}

// Free space behind what is there. Nothing is kept that a connection at rest does not need.
asio::mutable_buffer room(Connection& connection, std::size_t wanted) {
  Bytes& buffer = connection.buffer;
  const std::size_t held = connection.end - connection.begin;
  if (connection.begin != 0) std::copy_n(buffer.begin() + static_cast<std::ptrdiff_t>(connection.begin), held, buffer.begin());
  connection.begin = 0;
  connection.end = held;
  if (held == 0 && connection.is_idle && buffer.size() != kLittle) Bytes(kLittle).swap(buffer);
  if (held == buffer.size() || (wanted > buffer.size() && !connection.is_idle)) buffer.resize(held + wanted);
  return asio::buffer(buffer.data() + held, buffer.size() - held);
}

// Nearly always the system takes it at once.
asio::awaitable<error_code> send(tcp::socket& socket, std::string_view head, ByteView body) {
  std::array<asio::const_buffer, 2> parts{asio::buffer(head.data(), head.size()), asio::buffer(body.data(), body.size())};
  error_code failure;
  std::size_t sent = socket.write_some(parts, failure);
  if (failure && failure != asio::error::would_block) co_return failure;
  if (!failure && sent == head.size() + body.size()) co_return failure;
  for (asio::const_buffer& part : parts) {
    const std::size_t of_part = std::min(sent, part.size());
    part += of_part;
    sent -= of_part;
  }
  const auto [later, size] = co_await asio::async_write(socket, parts, kNoThrow);
  co_return later;
}

// In one record where it fits.
asio::awaitable<error_code> send(TlsStream& stream, std::string_view head, ByteView body) {
  Bytes whole = to_bytes(head);
  append(whole, body);
  const auto [failure, size] = co_await asio::async_write(stream, asio::buffer(whole), kNoThrow);
  co_return failure;
}

int status_of(const error_code& failure) {
  if (failure == http::error::header_limit || failure == http::error::buffer_overflow) return 431;
  if (failure == http::error::body_limit) return 413;
  if (failure == http::error::end_of_stream || failure == http::error::partial_message) return 0;
  return failure.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 0;
}

}  // namespace
}  // namespace assay::net
