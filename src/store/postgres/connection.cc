#include "store/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"

namespace assay::store::postgres {
namespace {

using std::chrono::milliseconds;

constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr int kBinary = 1;
constexpr std::int64_t kRetryEvery = 250;  // ms
constexpr milliseconds kWaitForOther{3000};

// What a URL does not say. Those behind `dbname`, which takes the URL, would count more than the URL.
constexpr std::array<const char*, 9> kKeywords{"connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "fallback_application_name", "client_encoding", "dbname", nullptr};
constexpr std::array<const char*, 7> kValues{"3", "5", "2", "3", "5000", "assay", "UTF8"};
// What was acknowledged is on the disk, whatever the server's default.
constexpr const char* kSetUp =
    "SET statement_timeout = 5000; SET lock_timeout = 3000; SET idle_in_transaction_session_timeout = 10000;"
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';";

std::int64_t now_ms() { return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
Errc errc_of(std::string_view state);
// The parts of a URL, as it stands. Views.
struct Url {
  explicit Url(std::string_view url);
  bool is_url = false;    // it has a scheme
  bool is_clear = false;  // nothing of the password can be in another part than `user` and `parameters`
  bool has_user = false;
  std::string_view scheme, user, hosts, path;
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
};
bool has_numeric_ports(std::string_view hosts);
// Parameters whose values are shown.
constexpr std::array<std::string_view, 12> kPublic{"host", "hostaddr", "port", "user", "dbname", "sslmode", "sslrootcert", "application_name", "connect_timeout", "target_session_attrs", "passfile", "service"};
std::string one_line(std::string_view text);
Result<void> check_url(const std::string& url);

}  // namespace

Parameters& Parameters::add(ByteView bytes) {
  all_.push_back({bytes, {}});
  return *this;
}

Parameters& Parameters::add(std::optional<std::int64_t> number) {
  One one;
  if (number) {
    one.number.emplace();
    for (std::size_t i = 0; i < 8; ++i) (*one.number)[i] = static_cast<char>(static_cast<std::uint64_t>(*number) >> (56 - 8 * i));
  } else {
    one.number = std::nullopt;
  }
  all_.push_back(one);
  return *this;
}

Rows::Rows(pg_result* result) : result_{result, PQclear} {}
std::size_t Rows::size() const { return static_cast<std::size_t>(PQntuples(result_.get())); }
std::string Rows::command() const { return PQcmdStatus(result_.get()); }
std::size_t Rows::affected() const { return std::strtoull(PQcmdTuples(result_.get()), nullptr, 10); }

std::optional<std::int64_t> Rows::number(std::size_t row, int column) const {
  if (PQgetisnull(result_.get(), static_cast<int>(row), column) != 0) return std::nullopt;
  std::uint64_t value = 0;
  for (const std::uint8_t byte : view(row, column)) value = value << 8 | byte;
  return static_cast<std::int64_t>(value);
}

ByteView Rows::view(std::size_t row, int column) const {
  const char* value = PQgetvalue(result_.get(), static_cast<int>(row), column);
  return as_bytes({value, static_cast<std::size_t>(PQgetlength(result_.get(), static_cast<int>(row), column))});
}

Connection::Connection(pg_conn* handle, std::string shown) : handle_{handle, PQfinish}, shown_{std::move(shown)} {}

Result<Connection> Connection::open(const std::string& url) {
  TRY(check_url(url));
  std::array<const char*, 9> values{};
  std::ranges::copy(kValues, values.begin());
  values[7] = url.c_str();
  Connection connection{PQconnectdbParams(kKeywords.data(), values.data(), 1), shown(url)};
  PQsetNoticeProcessor(connection.handle_.get(), [](void*, const char*) {}, nullptr);
  if (PQstatus(connection.handle_.get()) != CONNECTION_OK) {
    const std::string text = one_line(PQerrorMessage(connection.handle_.get()));
    // The server has no other way to say it here than in words, and these are its own.
    const bool is_refused = std::ranges::any_of(std::array{"authentication failed", "does not exist", "no pg_hba.conf entry"}, [&](const char* part) { return text.find(part) != std::string::npos; });
    return fail(is_refused ? Errc::config : Errc::unavailable, connection.shown_, "{}", text);
  }
  TRY(connection.script(kSetUp));
  return connection;
}

Result<Rows> Connection::run(const char* sql, const Parameters& parameters) {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> sizes;
  const std::vector<int> formats(parameters.all_.size(), kBinary);
  for (const Parameters::One& one : parameters.all_) {
    types.push_back(one.bytes ? kBytea : kInt8);
    const std::string_view text = one.bytes ? as_text(*one.bytes) : one.number ? std::string_view{one.number->data(), 8}
                                                                               : std::string_view{};
    values.push_back(one.bytes || one.number ? (text.data() != nullptr ? text.data() : "") : nullptr);
    sizes.push_back(static_cast<int>(text.size()));
  }
  const int count = static_cast<int>(values.size());
  auto [name, is_new] = prepared_.try_emplace(sql, "s" + std::to_string(prepared_.size()));
  if (is_new) {
    const Rows made{PQprepare(handle_.get(), name->second.c_str(), sql, count, types.data())};
    if (const auto done = check(made); !done) {
      prepared_.erase(name);
      return std::unexpected(done.error());
    }
  }
  Rows rows{PQexecPrepared(handle_.get(), name->second.c_str(), count, values.data(), sizes.data(), formats.data(), kBinary)};
  TRY(check(rows));
  return rows;
}

Result<void> Connection::script(const char* sql) { return check(Rows{PQexec(handle_.get(), sql)}); }

Result<void> Connection::check(const Rows& rows) const {
  const ExecStatusType status = PQresultStatus(rows.result_.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
  const char* state = PQresultErrorField(rows.result_.get(), PG_DIAG_SQLSTATE);
  const char* text = PQresultErrorField(rows.result_.get(), PG_DIAG_MESSAGE_PRIMARY);
  const bool is_gone = PQstatus(handle_.get()) != CONNECTION_OK;
  return fail(is_gone ? Errc::unavailable : errc_of(state != nullptr ? state : ""), shown_, "{}", one_line(text != nullptr ? text : PQerrorMessage(handle_.get())));
}

// Who is not asked has nothing to say but farewell.
bool Connection::is_good() const {
  pollfd one{socket(), POLLIN, 0};
  return PQstatus(handle_.get()) == CONNECTION_OK && ::poll(&one, 1, 0) == 0;
}
bool Connection::is_idle() const { return PQtransactionStatus(handle_.get()) == PQTRANS_IDLE; }
int Connection::socket() const { return PQsocket(handle_.get()); }

Result<std::size_t> Connection::notifications() {
  if (PQconsumeInput(handle_.get()) != 1) return fail(Errc::unavailable, shown_, "{}", one_line(PQerrorMessage(handle_.get())));
  std::size_t count = 0;
  while (PGnotify* one = PQnotifies(handle_.get())) {
    PQfreemem(one);
    ++count;
  }
  return count;
}

Result<Transaction> Transaction::begin(Connection& connection) {
  TRY(connection.script("BEGIN"));
  return Transaction{connection};
}

Transaction::~Transaction() {
  if (connection_ != nullptr) static_cast<void>(connection_->script("ROLLBACK"));
}

// A transaction that has failed answers COMMIT with ROLLBACK.
Result<void> Transaction::commit() {
  const Rows done = TRY(std::exchange(connection_, nullptr)->run("COMMIT"));
  if (done.command() != "COMMIT") return fail(Errc::io, "database", "not committed");
  return {};
}

Pool::Lease::~Lease() {
  if (pool_ != nullptr) pool_->give_back(std::move(connection_));
}

Result<Pool::Lease> Pool::take() {
  std::unique_lock lock{mutex_};
  if (!given_back_.wait_for(lock, kWaitForOther, [&] { return free_ > 0; })) return fail(Errc::unavailable, shown(url_), "all connections are busy");
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    if (!connection->is_good()) continue;
    --free_;
    return Lease{*this, std::move(connection)};
  }
  if (failure_ && now_ms() < retry_at_) return std::unexpected(*failure_);
  retry_at_ = now_ms() + kRetryEvery;
  --free_;
  lock.unlock();
  auto connection = connect();
  if (connection) return Lease{*this, std::move(*connection)};
  give_back(nullptr);
  return std::unexpected(std::move(connection).error());
}

Result<std::unique_ptr<Connection>> Pool::connect() {
  auto connection = Connection::open(url_);
  const std::scoped_lock lock{mutex_};
  if (!connection) {
    failure_ = connection.error();
    retry_at_ = now_ms() + kRetryEvery;
    return std::unexpected(std::move(connection).error());
  }
  failure_.reset();
  return std::make_unique<Connection>(std::move(*connection));
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::scoped_lock lock{mutex_};
    ++free_;
    if (connection && connection->is_good() && connection->is_idle()) idle_.push_back(std::move(connection));
  }
  given_back_.notify_one();
}

std::string shown(std::string_view url) {
  const Url parts{url};
  if (!parts.is_url) {
    std::string text{url};
    if (const std::size_t at = text.find("password="); at != std::string::npos) text.replace(at + 9, std::string::npos, "***");
    return printable(text);
  }
  std::string text{parts.scheme};
  if (!parts.is_clear) return printable(text + "***");
  text += parts.user.substr(0, parts.user.find(':'));
  if (parts.user.find(':') != std::string_view::npos) text += ":***";
  if (parts.has_user) text += '@';
  text += parts.hosts;
  text += parts.path;
  char separator = '?';
  for (const auto& [name, value] : parts.parameters) {
    const bool is_public = std::ranges::find(kPublic, name) != kPublic.end();
    text += fmt::format("{}{}={}", std::exchange(separator, '&'), name, is_public ? value : "***");
  }
  return printable(text);
}

namespace {

Url::Url(std::string_view url) {
  const std::size_t end = url.find("://");
  if (end == std::string_view::npos) return;
  is_url = true;
  scheme = url.substr(0, end + 3);
  std::string_view rest = url.substr(end + 3);
  // As libpq reads it: who logs in ends at the first "@", if that comes before a "/".
  const std::size_t at = rest.substr(0, rest.find('/')).find('@');
  has_user = at != std::string_view::npos;
  if (has_user) {
    user = rest.substr(0, at);
    rest.remove_prefix(at + 1);
  }
  const std::size_t query = std::min(rest.find('?'), rest.size());
  const std::size_t slash = std::min(rest.find('/'), query);
  hosts = rest.substr(0, slash);
  path = rest.substr(slash, query - slash);
  is_clear = hosts.find('@') == std::string_view::npos && path.find('@') == std::string_view::npos && has_numeric_ports(hosts);
  for (rest.remove_prefix(query); !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view one = rest.substr(0, rest.find('&'));
    rest.remove_prefix(one.size());
    const std::size_t equals = std::min(one.find('='), one.size());
    is_clear = is_clear && equals < one.size();
    parameters.emplace_back(one.substr(0, equals), one.substr(std::min(equals + 1, one.size())));
  }
}

// "one:5432,[::1],three": what has another port is likely part of a password.
bool has_numeric_ports(std::string_view hosts) {
  while (!hosts.empty()) {
    const std::string_view one = hosts.substr(0, hosts.find(','));
    hosts.remove_prefix(std::min(one.size() + 1, hosts.size()));
    const std::string_view behind = one.starts_with('[') ? one.substr(std::min(one.find(']'), one.size())) : one;
    const std::size_t colon = std::min(behind.find(':'), behind.size());
    if (!std::ranges::all_of(behind.substr(std::min(colon + 1, behind.size())), [](char c) { return c >= '0' && c <= '9'; })) return false;
  }
  return true;
}

// What libpq quotes where it cannot read a URL may be its password.
std::string without_secrets(std::string text, std::string_view shown) {
  for (std::size_t begin = text.find('"'); begin != std::string::npos;) {
    const std::size_t end = std::min(text.find('"', begin + 1), text.size());
    const std::string part = text.substr(begin + 1, end - begin - 1);
    const bool is_shown = shown.find(part) != std::string_view::npos;
    if (!is_shown) text.replace(begin + 1, part.size(), "***");
    begin = text.find('"', begin + (is_shown ? part.size() : 3) + 2);
  }
  return text;
}

// Before libpq connects: it would take the rest of a password that is not escaped for a host, and say so to everybody.
Result<void> check_url(const std::string& url) {
  const Url parts{url};
  if (parts.is_url && !parts.is_clear) return fail_expecting(Errc::config, shown(url), "where its parts end cannot be told", "/, @, : and ? in a user name, a password or a database's name as %2F, %40, %3A and %3F");
  char* said = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{PQconninfoParse(url.c_str(), &said), PQconninfoFree};
  const std::unique_ptr<char, decltype(&PQfreemem)> text{said, PQfreemem};
  if (options == nullptr) return fail(Errc::config, shown(url), "{}", without_secrets(one_line(said != nullptr ? said : "out of memory"), shown(url)));
  return {};
}

// SQLSTATE by its class.
Errc errc_of(std::string_view state) {
  if (state == "23505") return Errc::conflict;
  if (state == "53100") return Errc::io;
  if (state == "42501" || state.starts_with("28") || state.starts_with("3D")) return Errc::config;
  for (const std::string_view part : {"08", "25006", "40", "53", "55P03", "57"}) {
    if (state.starts_with(part)) return Errc::unavailable;
  }
  return state.empty() ? Errc::unavailable : Errc::io;
}

std::string one_line(std::string_view text) {
  std::string line{trim_ascii(text)};
  std::ranges::replace(line, '\n', ' ');
  std::ranges::replace(line, '\t', ' ');
  return printable(line);
}

}  // namespace
}  // namespace assay::store::postgres
