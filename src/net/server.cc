// The one file that knows Boost.Beast.
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
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <ctime>
#include <list>
#include <mutex>
#include <random>
#include <thread>

#include "base/text.h"

namespace assay::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Stream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using Parser = http::request_parser<http::vector_body<std::uint8_t>>;
using Clock = std::chrono::steady_clock;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kDefaultBody = 1024UL * 1024;

struct Open {
  tcp::acceptor acceptor;
  std::optional<asio::ssl::context> tls;
};

Result<tcp::acceptor> listen(asio::io_context& loop, const Listener& listener);
Result<std::optional<asio::ssl::context>> tls_context(const Listener& listener);
Incoming incoming_of(Parser& parser, std::size_t listener, std::string peer);
std::string request_id(std::string_view sent);
http::response<http::vector_body<std::uint8_t>> response_of(Answer answer, const Incoming& request, bool keep_alive, unsigned version);
std::string http_date();
int status_of(const error_code& failure);  // of a request that cannot be read; 0: nobody to tell

}  // namespace

struct Server::Impl {
  ServerOptions options;
  Handler handler;
  asio::io_context loop;
  asio::thread_pool pool;
  std::list<Open> open;
  std::atomic<std::size_t> connections{0};
  std::atomic<bool> stopping{false};
  std::mutex mutex;              // of `idle`
  std::list<tcp::socket*> idle;  // connections that wait for a request: closed at once by stop
  std::thread thread;

  Impl(ServerOptions given, Handler handle) : options{std::move(given)}, handler{std::move(handle)}, loop{1}, pool{options.workers != 0 ? options.workers : std::max(2U, std::thread::hardware_concurrency())} {}

  asio::awaitable<void> accept(Open& at, std::size_t index);
  asio::awaitable<void> serve_plain(tcp::socket socket, std::size_t index);
  asio::awaitable<void> serve_tls(tcp::socket socket, asio::ssl::context& tls, std::size_t index);
  template <class S>
  asio::awaitable<void> serve(S& stream, std::size_t index);
  template <class S>
  asio::awaitable<bool> serve_one(S& stream, beast::flat_buffer& buffer, std::size_t index, const std::string& peer);
  template <class S>
  asio::awaitable<error_code> read(S& stream, beast::flat_buffer& buffer, Parser& parser);
  template <class S>
  asio::awaitable<bool> write(S& stream, Answer answer, const Incoming& request, bool keep_alive, unsigned version);
  asio::awaitable<Answer> handle(const Incoming& request);
};

Server::Server(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Server::~Server() { stop(std::chrono::milliseconds{0}); }

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler));
  for (const Listener& listener : impl->options.listeners) {
    auto tls = TRY(tls_context(listener));
    auto acceptor = TRY(listen(impl->loop, listener));
    impl->open.push_back({std::move(acceptor), std::move(tls)});
  }
  std::size_t index = 0;
  for (Open& at : impl->open) asio::co_spawn(impl->loop, impl->accept(at, index++), asio::detached);
  impl->thread = std::thread{[&loop = impl->loop] { loop.run(); }};
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
  asio::post(impl_->loop, [this] {
    error_code ignored;
    for (Open& at : impl_->open) at.acceptor.close(ignored);
    for (tcp::socket* socket : impl_->idle) socket->close(ignored);
  });
  const auto end = Clock::now() + grace;
  while (impl_->connections != 0 && Clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds{5});
  impl_->pool.join();  // a handler that runs is waited for: it may hold what its caller owns
  impl_->loop.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

asio::awaitable<void> Server::Impl::accept(Open& at, std::size_t index) {
  while (!stopping) {
    auto [failure, socket] = co_await at.acceptor.async_accept(kNoThrow);
    if (failure == asio::error::operation_aborted || stopping) break;
    if (failure) {  // out of descriptors, for example: others may end
      asio::steady_timer wait{loop, std::chrono::milliseconds{50}};
      co_await wait.async_wait(kNoThrow);
      continue;
    }
    if (connections >= options.connections) continue;  // closed by its destructor
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    ++connections;
    auto session = at.tls ? serve_tls(std::move(socket), *at.tls, index) : serve_plain(std::move(socket), index);
    asio::co_spawn(loop, std::move(session), [this](const std::exception_ptr&) { --connections; });
  }
}

asio::awaitable<void> Server::Impl::serve_plain(tcp::socket socket, std::size_t index) {
  Stream stream{std::move(socket)};
  co_await serve(stream, index);
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> Server::Impl::serve_tls(tcp::socket socket, asio::ssl::context& tls, std::size_t index) {
  TlsStream stream{std::move(socket), tls};
  beast::get_lowest_layer(stream).expires_after(options.head_deadline);
  const auto [failure] = co_await stream.async_handshake(asio::ssl::stream_base::server, kNoThrow);
  if (failure) co_return;
  co_await serve(stream, index);
  beast::get_lowest_layer(stream).expires_after(std::chrono::seconds{2});
  co_await stream.async_shutdown(kNoThrow);
}

template <class S>
asio::awaitable<void> Server::Impl::serve(S& stream, std::size_t index) {
  error_code gone;
  const auto endpoint = beast::get_lowest_layer(stream).socket().remote_endpoint(gone);
  const std::string peer = gone ? std::string{} : endpoint.address().to_string();
  beast::flat_buffer buffer;
  while (!stopping && co_await serve_one(stream, buffer, index, peer)) {
  }
}

// Returns whether the connection goes on.
template <class S>
asio::awaitable<bool> Server::Impl::serve_one(S& stream, beast::flat_buffer& buffer, std::size_t index, const std::string& peer) {
  Parser parser;
  const error_code failure = co_await read(stream, buffer, parser);
  if (failure) {
    const int status = status_of(failure);
    if (status != 0) co_await write(stream, problem(status, failure.message()), incoming_of(parser, index, peer), false, 11);
    co_return false;
  }
  const bool keep_alive = parser.get().keep_alive();
  const unsigned version = parser.get().version();
  const Incoming request = incoming_of(parser, index, peer);
  const auto begin = Clock::now();
  Answer answer = co_await handle(request);
  const int status = answer.status;
  const bool written = co_await write(stream, std::move(answer), request, keep_alive && !stopping, version);
  if (options.done) options.done(request, status, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin));
  co_return written&& keep_alive;
}

// The head first: how large a body may be depends on what is asked. `Expect: 100-continue` is answered once the head is good.
template <class S>
asio::awaitable<error_code> Server::Impl::read(S& stream, beast::flat_buffer& buffer, Parser& parser) {
  parser.header_limit(static_cast<std::uint32_t>(options.head_bytes));
  parser.body_limit(boost::none);
  tcp::socket& socket = beast::get_lowest_layer(stream).socket();
  const auto place = idle.insert(idle.end(), &socket);
  beast::get_lowest_layer(stream).expires_after(options.head_deadline);
  const auto [head_failure, head_size] = co_await http::async_read_header(stream, buffer, parser, kNoThrow);
  idle.erase(place);
  if (head_failure) co_return head_failure;
  const std::string target{parser.get().target()};
  const std::size_t limit = options.body_bytes ? options.body_bytes(std::string_view{parser.get().method_string()}, target.substr(0, target.find('?'))) : kDefaultBody;
  if (parser.content_length().value_or(0) > limit) co_return http::make_error_code(http::error::body_limit);
  parser.body_limit(limit);
  beast::get_lowest_layer(stream).expires_after(options.body_deadline);
  if (!parser.is_done() && beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    http::response<http::empty_body> go_on{http::status::continue_, 11};
    const auto [failure, size] = co_await http::async_write(stream, go_on, kNoThrow);
    if (failure) co_return failure;
  }
  const auto [failure, size] = co_await http::async_read(stream, buffer, parser, kNoThrow);
  co_return failure;
}

template <class S>
asio::awaitable<bool> Server::Impl::write(S& stream, Answer answer, const Incoming& request, bool keep_alive, unsigned version) {
  auto response = response_of(std::move(answer), request, keep_alive, version);
  beast::get_lowest_layer(stream).expires_after(options.write_deadline);
  const auto [failure, size] = co_await http::async_write(stream, response, kNoThrow);
  co_return !failure;
}

// On a thread of the pool; the loop goes on meanwhile.
asio::awaitable<Answer> Server::Impl::handle(const Incoming& request) {
  const auto work = [this, &request]() -> asio::awaitable<Answer> {
    try {
      co_return handler(request);
    } catch (const std::exception&) {  // what a library threw through us: the request fails, the service goes on
      co_return problem(500, "");
    }
  };
  co_return co_await asio::co_spawn(pool, work, asio::use_awaitable);
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

Incoming incoming_of(Parser& parser, std::size_t listener, std::string peer) {
  auto& message = parser.get();
  Incoming request{.method = std::string{message.method_string()}, .peer = std::move(peer), .listener = listener};
  const std::string target{message.target()};
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  for (const auto& field : message) request.headers.push_back({std::string{field.name_string()}, std::string{field.value()}});
  request.id = request_id(request.header("X-Request-Id").value_or(""));
  request.body = std::move(message.body());
  return request;
}

// A word that can stand in a log, or a new one. Not a secret: it only has to be another each time.
std::string request_id(std::string_view sent) {
  constexpr std::size_t kLongest = 64;
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; };
  if (!sent.empty() && sent.size() <= kLongest && std::ranges::all_of(sent, plain)) return std::string{sent};
  thread_local std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

http::response<http::vector_body<std::uint8_t>> response_of(Answer answer, const Incoming& request, bool keep_alive, unsigned version) {
  http::response<http::vector_body<std::uint8_t>> response;
  response.version(version);
  response.result(static_cast<unsigned>(answer.status));
  response.reason(std::string{reason_phrase(answer.status)});
  for (const Header& header : answer.headers) response.insert(header.name, header.value);
  response.set(http::field::date, http_date());
  response.set("X-Request-Id", request.id);
  response.keep_alive(keep_alive);
  const bool bodiless = answer.status == 204 || answer.status == 304;
  if (!bodiless) response.content_length(answer.body.size());
  if (!bodiless && request.method != "HEAD") response.body() = std::move(answer.body);
  return response;
}

// RFC 9110 §5.6.7.
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

int status_of(const error_code& failure) {
  if (failure == http::error::header_limit || failure == http::error::buffer_overflow) return 431;
  if (failure == http::error::body_limit) return 413;
  if (failure == beast::error::timeout) return 0;  // the stream is closed by then
  if (failure == http::error::end_of_stream || failure == http::error::partial_message) return 0;
  return failure.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 0;
}

}  // namespace
}  // namespace assay::net
