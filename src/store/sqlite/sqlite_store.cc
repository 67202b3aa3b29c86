#include "store/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <mutex>

#include "base/text.h"

namespace assay::store {

struct SqliteStore::Database {
  std::string path;
  sqlite3* handle = nullptr;

  explicit Database(std::string file) : path{std::move(file)} {}
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close(handle); }

  std::unexpected<Error> failure(std::string_view doing) const { return fail(Errc::io, printable(path), "{}: {}", doing, handle != nullptr ? sqlite3_errmsg(handle) : "out of memory"); }
  Result<void> run(const char* sql) const {
    if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure("database");
    return {};
  }
};

namespace {

constexpr int kVersion = 1;
constexpr const char* kSchema =
    "CREATE TABLE corims (number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, id TEXT NOT NULL, scheme TEXT NOT NULL, profile TEXT NOT NULL,"
    " media_type TEXT NOT NULL, signer TEXT NOT NULL, added INTEGER NOT NULL, not_before INTEGER, not_after INTEGER, bytes BLOB NOT NULL,"
    " UNIQUE (tenant, id)) STRICT;"
    "PRAGMA user_version = 1;";

// A prepared statement; columns and parameters are counted from 0.
class Statement {
 public:
  Statement(sqlite3* handle, const char* sql) { sqlite3_prepare_v2(handle, sql, -1, &statement_, nullptr); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  bool is_good() const { return statement_ != nullptr; }
  void bind(int at, std::string_view text) { sqlite3_bind_text64(statement_, at + 1, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8); }
  void bind(int at, ByteView bytes) { sqlite3_bind_blob64(statement_, at + 1, bytes.data(), bytes.size(), SQLITE_STATIC); }
  void bind(int at, std::optional<std::int64_t> number) {
    if (number) sqlite3_bind_int64(statement_, at + 1, *number);
  }
  int step() { return sqlite3_step(statement_); }

  std::string text(int at) const { return to_string(bytes(at)); }
  Bytes bytes(int at) const {
    const void* data = sqlite3_column_blob(statement_, at);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, at));
    const auto* first = static_cast<const std::uint8_t*>(data);
    return first != nullptr ? Bytes{first, first + size} : Bytes{};
  }
  std::optional<std::int64_t> number(int at) const {
    return sqlite3_column_type(statement_, at) == SQLITE_NULL ? std::nullopt : std::optional<std::int64_t>{sqlite3_column_int64(statement_, at)};
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace

SqliteStore::SqliteStore(std::unique_ptr<Database> database) : database_{std::move(database)} {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path, const Decoder& decode) {
  // SQLite would make it with the umask's mode.
  if (const int made = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600); made >= 0) ::close(made);
  auto database = std::make_unique<Database>(path);
  if (sqlite3_open_v2(path.c_str(), &database->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr) != SQLITE_OK) return database->failure("cannot open");
  sqlite3_busy_timeout(database->handle, 5000);
  TRY(database->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"));
  Statement version{database->handle, "PRAGMA user_version"};
  if (!version.is_good() || version.step() != SQLITE_ROW) return database->failure("no version");
  const std::int64_t found = version.number(0).value_or(0);
  if (found > kVersion) return fail_expecting(Errc::config, printable(path), fmt::format("a store of version {}", found), fmt::format("version {} or older: this build is too old for it", kVersion));
  if (found == 0) TRY(database->run((std::string{"BEGIN;"} + kSchema + "COMMIT;").c_str()));
  std::unique_ptr<SqliteStore> store{new SqliteStore{std::move(database)}};
  TRY(within(printable(path), store->load(decode)));
  return store;
}

Result<void> SqliteStore::load(const Decoder& decode) {
  Statement rows{database_->handle, "SELECT tenant, id, scheme, profile, media_type, signer, added, not_before, not_after, bytes FROM corims ORDER BY number"};
  if (!rows.is_good()) return database_->failure("not a store of endorsements");
  int state = SQLITE_OK;
  while ((state = rows.step()) == SQLITE_ROW) {
    appraise::StoredCorim corim{.tenant = rows.text(0), .id = rows.text(1), .scheme = rows.text(2), .profile = rows.text(3), .media_type = rows.text(4), .signer = rows.text(5), .added = rows.number(6).value_or(0), .validity = {}, .bytes = rows.bytes(9)};
    if (const auto end = rows.number(8)) corim.validity = corim::Validity{rows.number(7), *end};
    appraise::Endorsements endorsements = TRY(within("CoRIM " + quoted(corim.id), decode(corim)));
    TRY(index_.add(std::move(corim), std::move(endorsements)));
  }
  return state == SQLITE_DONE ? Result<void>{} : database_->failure("reading");
}

Result<SqliteStore::Added> SqliteStore::add(appraise::StoredCorim corim, appraise::Endorsements endorsements) {
  const std::unique_lock lock{writing_};
  if (const Added added = TRY(index_.probe(corim)); added == Added::known) return added;
  Statement insert{database_->handle, "INSERT INTO corims (tenant, id, scheme, profile, media_type, signer, added, not_before, not_after, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  if (!insert.is_good()) return database_->failure("writing");
  insert.bind(0, corim.tenant);
  insert.bind(1, corim.id);
  insert.bind(2, corim.scheme);
  insert.bind(3, corim.profile);
  insert.bind(4, corim.media_type);
  insert.bind(5, corim.signer);
  insert.bind(6, std::optional{corim.added});
  if (corim.validity) {
    insert.bind(7, corim.validity->not_before);
    insert.bind(8, std::optional{corim.validity->not_after});
  }
  insert.bind(9, ByteView{corim.bytes});
  if (insert.step() != SQLITE_DONE) return database_->failure("writing");
  return index_.add(std::move(corim), std::move(endorsements));
}

Result<void> SqliteStore::clear(std::string_view tenant) {
  const std::unique_lock lock{writing_};
  Statement remove{database_->handle, "DELETE FROM corims WHERE tenant = ?"};
  if (!remove.is_good()) return database_->failure("clearing");
  remove.bind(0, tenant);
  if (remove.step() != SQLITE_DONE) return database_->failure("clearing");
  return index_.clear(tenant);
}

}  // namespace assay::store
