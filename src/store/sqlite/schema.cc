#include "store/sqlite/schema.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "crypto/crypto.h"

namespace assay::store::sqlite {
namespace {

constexpr std::int64_t kApplication = 0x61737361;  // "assa"

constexpr const char* kTables =
    "CREATE TABLE corims (number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, id TEXT NOT NULL, scheme TEXT NOT NULL, profile TEXT NOT NULL,"
    " media_type TEXT NOT NULL, signer TEXT NOT NULL, added INTEGER NOT NULL, not_before INTEGER, not_after INTEGER, bytes BLOB NOT NULL,"
    " seal BLOB NOT NULL, UNIQUE (tenant, id)) STRICT;"
    "CREATE TABLE policies (number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, scheme TEXT NOT NULL, uuid TEXT NOT NULL, name TEXT NOT NULL,"
    " rules TEXT NOT NULL, created INTEGER NOT NULL, active INTEGER NOT NULL CHECK (active IN (0, 1)), seal BLOB NOT NULL,"
    " UNIQUE (tenant, scheme, uuid)) STRICT;"
    "CREATE UNIQUE INDEX active_policies ON policies (tenant, scheme) WHERE active = 1;"
    // Where it stands: store/memory/mirror.h.
    "CREATE TABLE position (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL, number INTEGER NOT NULL, policies INTEGER NOT NULL) STRICT;"
    "INSERT INTO position VALUES (1, 0, 0, 0);";

Result<void> stamp(const Database& database) { return database.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplication, kVersion).c_str()); }
Result<void> from_version_1(const Database& database);
Result<void> copy_sealed(const Database& database);
Result<void> build(const std::string& path);
std::unexpected<Error> system_failure(const std::string& path, std::string_view doing) { return fail(Errc::io, printable(path), "{}: {}", doing, std::strerror(errno)); }
Bytes sealed(std::initializer_list<ByteView> parts);

}  // namespace

Result<bool> is_there(const std::string& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) return errno == ENOENT ? Result<bool>{false} : system_failure(path, "cannot be looked at");
  if (!S_ISREG(found.st_mode)) return fail_expecting(Errc::config, printable(path), "no regular file", "a store of assay, or nothing");
  if (found.st_size == 0) return fail_expecting(Errc::io, printable(path), "the file is empty", "a store of assay; remove the file if it should be a new one");
  return true;
}

// Under another name first: what is at `path` is complete.
Result<void> make_file(const std::string& path) {
  if (TRY(is_there(path))) return {};
  std::string beside = path + ".new-XXXXXX";
  const int made = ::mkstemp(beside.data());  // with mode 0600
  if (made < 0) return system_failure(path, "cannot be made");
  ::close(made);
  Result<void> done = build(beside);
  // Another process may have been faster; its file is as good.
  if (done && ::link(beside.c_str(), path.c_str()) != 0 && errno != EEXIST) done = system_failure(path, "cannot be made");
  ::unlink(beside.c_str());
  if (!done) return done;
  const std::string folder = std::filesystem::path{path}.parent_path().string();
  if (const int at = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); at >= 0) {
    ::fsync(at);
    ::close(at);
  }
  return {};
}

Result<void> migrate(const Database& database) {
  const std::int64_t application = TRY(database.number("PRAGMA application_id"));
  const std::int64_t version = TRY(database.number("PRAGMA user_version"));
  if (application == kApplication && version == kVersion) return {};
  const auto is_old = [&]() -> Result<bool> { return application == 0 && version == 1 && TRY(database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'corims'")) == 1; };
  if (application == kApplication && version > kVersion) return fail_expecting(Errc::config, printable(database.path()), fmt::format("a store of version {}", version), fmt::format("version {} or older: this build is too old for it", kVersion));
  if (!TRY(is_old())) return fail_expecting(Errc::config, printable(database.path()), "a database of something else", "a store of assay");
  Transaction all = TRY(Transaction::begin(database));
  // Another process may have done it while this one waited.
  if (TRY(database.number("PRAGMA user_version")) == 1) TRY(from_version_1(database));
  return all.commit();
}

Bytes seal(const appraise::StoredCorim& corim) {
  const std::string numbers = corim.validity ? fmt::format("{} {} {}", corim.added, corim.validity->not_after, corim.validity->not_before ? std::to_string(*corim.validity->not_before) : "-") : std::to_string(corim.added);
  return sealed({as_bytes("corim"), as_bytes(corim.tenant), as_bytes(corim.id), as_bytes(corim.scheme), as_bytes(corim.profile), as_bytes(corim.media_type), as_bytes(corim.signer), as_bytes(numbers), corim.bytes});
}

Bytes seal(const appraise::StoredPolicy& policy) {
  return sealed({as_bytes("policy"), as_bytes(policy.tenant), as_bytes(policy.scheme), as_bytes(policy.uuid), as_bytes(policy.name), as_bytes(policy.rules), as_bytes(std::to_string(policy.created))});
}

namespace {

Result<void> build(const std::string& path) {
  const Database database = TRY(Database::open(path));
  Transaction all = TRY(Transaction::begin(database));
  TRY(database.run(kTables));
  TRY(stamp(database));
  return all.commit();
}

// Which had CoRIMs only, without seals.
Result<void> from_version_1(const Database& database) {
  TRY(database.run("ALTER TABLE corims RENAME TO old"));
  TRY(database.run(kTables));
  TRY(copy_sealed(database));
  TRY(database.run("UPDATE position SET number = (SELECT coalesce(max(number), 0) FROM corims); DROP TABLE old;"));
  return stamp(database);
}

Result<void> copy_sealed(const Database& database) {
  Statement rows = TRY(database.prepare("SELECT number, tenant, id, scheme, profile, media_type, signer, added, not_before, not_after, bytes FROM old ORDER BY number"));
  while (TRY(rows.step())) {
    appraise::StoredCorim corim{.tenant = rows.text(1), .id = rows.text(2), .scheme = rows.text(3), .profile = rows.text(4), .media_type = rows.text(5), .signer = rows.text(6), .added = rows.number(7).value_or(0), .validity = {}, .bytes = rows.bytes(10)};
    if (const auto end = rows.number(9)) corim.validity = corim::Validity{rows.number(8), *end};
    const Bytes mark = seal(corim);
    Statement insert = TRY(database.prepare("INSERT INTO corims SELECT number, tenant, id, scheme, profile, media_type, signer, added, not_before, not_after, bytes, ? FROM old WHERE number = ?"));
    TRY(insert.bind(ByteView{mark}).bind(rows.number(0)).finish());
  }
  return {};
}

Bytes sealed(std::initializer_list<ByteView> parts) {
  std::string sizes;
  for (const ByteView part : parts) sizes += fmt::format("{},", part.size());
  Bytes digests = to_bytes(sizes);
  for (const ByteView part : parts) append(digests, crypto::digest(crypto::Hash::sha256, part));
  return crypto::digest(crypto::Hash::sha256, digests);
}

}  // namespace
}  // namespace assay::store::sqlite
