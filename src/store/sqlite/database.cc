#include "store/sqlite/database.h"

#include <sqlite3.h>

#include "base/text.h"

namespace assay::store::sqlite {

Result<Database> Database::open(const std::string& path) {
  Database database{path};
  if (sqlite3_open_v2(path.c_str(), &database.handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE, nullptr) != SQLITE_OK) return database.failure("cannot be opened");
  sqlite3_busy_timeout(database.handle_, 3000);
  TRY(database.run("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;"));
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

Result<void> Database::run(const char* sql) const {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure("database");
  return {};
}

Result<Statement> Database::prepare(const char* sql) const {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr) != SQLITE_OK) return failure("database");
  return Statement{*this, statement};
}

Result<std::int64_t> Database::number(const char* sql) const {
  Statement statement = TRY(prepare(sql));
  if (!TRY(statement.step())) return fail(Errc::io, printable(path_), "{}: no answer", sql);
  return statement.number(0).value_or(0);
}

std::unexpected<Error> Database::failure(std::string_view doing) const {
  const int code = handle_ != nullptr ? sqlite3_errcode(handle_) & 0xff : SQLITE_NOMEM;
  const char* text = handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory";
  switch (code) {
    case SQLITE_NOTADB: return fail_expecting(Errc::config, printable(path_), text, "a store of assay");
    case SQLITE_CORRUPT: return fail_expecting(Errc::io, printable(path_), fmt::format("the file is damaged: {}", text), "a backup in its place; `assay store export` reads what can still be read");
    case SQLITE_BUSY: return fail(Errc::unavailable, printable(path_), "{}: another process holds it", doing);
    default: return fail(Errc::io, printable(path_), "{}: {}", doing, text);
  }
}

bool Database::has_moved() const {
  int moved = 0;
  return sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text64(statement_, ++bound_, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(ByteView bytes) {
  if (bytes.empty()) sqlite3_bind_zeroblob(statement_, ++bound_, 0);
  else sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind(std::optional<std::int64_t> number) {
  ++bound_;
  if (number) sqlite3_bind_int64(statement_, bound_, *number);
  return *this;
}

Result<bool> Statement::step() {
  const int state = sqlite3_step(statement_);
  if (state == SQLITE_ROW) return true;
  if (state == SQLITE_DONE) return false;
  return database_.failure("database");
}

Result<void> Statement::finish() {
  while (TRY(step())) {
  }
  return {};
}

std::string Statement::text(int at) const { return to_string(bytes(at)); }

Bytes Statement::bytes(int at) const {
  const auto* first = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, at));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, at));
  return first != nullptr ? Bytes{first, first + size} : Bytes{};
}

std::optional<std::int64_t> Statement::number(int at) const {
  return sqlite3_column_type(statement_, at) == SQLITE_NULL ? std::nullopt : std::optional<std::int64_t>{sqlite3_column_int64(statement_, at)};
}

Result<Transaction> Transaction::begin(const Database& database) {
  TRY(database.run("BEGIN IMMEDIATE"));
  return Transaction{database};
}

Transaction::~Transaction() {
  if (database_ != nullptr) static_cast<void>(database_->run("ROLLBACK"));
}

Result<void> Transaction::commit() {
  TRY(database_->run("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace assay::store::sqlite
