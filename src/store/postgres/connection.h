// PostgreSQL, as little of it as a store needs: connections that fail soon, statements with parameters, a pool. All text is bytea in the
// database, as it may hold any byte. Columns are counted from 0.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

struct pg_conn;
struct pg_result;

namespace assay::store::postgres {

// What a statement is given, in its order. Views: they outlive the call.
class Parameters {
 public:
  Parameters& add(ByteView bytes);
  Parameters& add(std::string_view text) { return add(as_bytes(text)); }
  Parameters& add(std::optional<std::int64_t> number);

 private:
  friend class Connection;
  struct One {
    std::optional<ByteView> bytes;
    std::optional<std::array<char, 8>> number;
  };
  std::vector<One> all_;
};

class Rows {
 public:
  friend class Connection;
  explicit Rows(pg_result* result);
  std::size_t size() const;
  std::string text(std::size_t row, int column) const { return to_string(view(row, column)); }
  Bytes bytes(std::size_t row, int column) const { return to_bytes(view(row, column)); }
  std::optional<std::int64_t> number(std::size_t row, int column) const;
  std::string command() const;  // "COMMIT"
  std::size_t affected() const;

 private:
  ByteView view(std::size_t row, int column) const;
  std::shared_ptr<pg_result> result_;
};

// Not thread-safe.
class Connection {
 public:
  // `url`: "postgresql://…" or what else libpq takes. Fails with `unavailable`, or `config` where the server is there and refuses.
  static Result<Connection> open(const std::string& url);

  // Fails with `unavailable` where the server is gone, going, or too slow; `conflict` where something exists that may exist once; else `io`.
  // `sql` is a literal: it is prepared once for each connection.
  Result<Rows> run(const char* sql, const Parameters& parameters = {});
  Result<void> script(const char* sql);  // several statements, without parameters
  // Whether the server has not hung up meanwhile, as far as is known without asking it.
  bool is_good() const;
  bool is_idle() const;  // no transaction is open
  int socket() const;
  // How many notifications have come since.
  Result<std::size_t> notifications();

 private:
  explicit Connection(pg_conn* handle, std::string shown);
  Result<void> check(const Rows& rows) const;
  std::shared_ptr<pg_conn> handle_;
  std::string shown_;
  std::map<const char*, std::string> prepared_;
};

// Undone at the end of its life, unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept : connection_{std::exchange(other.connection_, nullptr)} {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_{&connection} {}
  Connection* connection_;
};

// A few connections for many threads. While the server cannot be reached, one thread in a quarter of a second tries; the others fail at once.
class Pool {
 public:
  Pool(std::string url, std::size_t size) : url_{std::move(url)}, free_{size} {}

  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_{&pool}, connection_{std::move(connection)} {}
    Lease(Lease&& other) noexcept : pool_{std::exchange(other.pool_, nullptr)}, connection_{std::move(other.connection_)} {}
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };
  Result<Lease> take();

 private:
  Result<std::unique_ptr<Connection>> connect();
  void give_back(std::unique_ptr<Connection> connection);

  std::string url_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::size_t free_;  // how many more may be out
  std::vector<std::unique_ptr<Connection>> idle_;
  std::int64_t retry_at_ = 0;  // ms
  std::optional<Error> failure_;
};

// For messages: without the password that a URL may hold.
std::string shown(std::string_view url);

}  // namespace assay::store::postgres
