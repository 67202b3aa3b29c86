// SQLite, as little of it as a store needs: a connection, statements, transactions. Columns and parameters are counted from 0.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace assay::store::sqlite {

class Statement;

// One connection to one file. Not thread-safe.
class Database {
 public:
  // Fails with `io`. The file must be there.
  static Result<Database> open(const std::string& path);
  Database(Database&& other) noexcept : path_{std::move(other.path_)}, handle_{std::exchange(other.handle_, nullptr)} {}
  Database& operator=(Database&&) = delete;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  Result<void> run(const char* sql) const;  // several statements, without parameters
  Result<Statement> prepare(const char* sql) const;
  Result<std::int64_t> number(const char* sql) const;  // of a statement with one
  // What went wrong last: `io`, `unavailable` where others hold the file for too long, `config` where it is no database.
  std::unexpected<Error> failure(std::string_view doing) const;
  // Whether somebody removed the file, or put another one in its place.
  bool has_moved() const;
  const std::string& path() const { return path_; }

 private:
  explicit Database(std::string path) : path_{std::move(path)} {}
  std::string path_;
  sqlite3* handle_ = nullptr;
};

// Parameters are not copied: they outlive the statement.
class Statement {
 public:
  Statement(const Database& database, sqlite3_stmt* statement) : database_{database}, statement_{statement} {}
  Statement(Statement&& other) noexcept : database_{other.database_}, statement_{std::exchange(other.statement_, nullptr)} {}
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  Statement& bind(std::string_view text);  // the next parameter
  Statement& bind(ByteView bytes);
  Statement& bind(std::optional<std::int64_t> number);
  Result<bool> step();    // whether there is a row
  Result<void> finish();  // to the end

  std::string text(int at) const;
  Bytes bytes(int at) const;
  std::optional<std::int64_t> number(int at) const;

 private:
  const Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

// Undone at the end of its life, unless committed.
class Transaction {
 public:
  // Others may read meanwhile, but not write.
  static Result<Transaction> begin(const Database& database);
  Transaction(Transaction&& other) noexcept : database_{std::exchange(other.database_, nullptr)} {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  Result<void> commit();  // on the disk once it returns

 private:
  explicit Transaction(const Database& database) : database_{&database} {}
  const Database* database_;
};

}  // namespace assay::store::sqlite
