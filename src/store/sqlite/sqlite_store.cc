#include "store/sqlite/sqlite_store.h"

#include <chrono>
#include <limits>

#include "base/text.h"
#include "store/memory/rules.h"
#include "store/sqlite/schema.h"

namespace assay::store {
namespace {

using appraise::StoredCorim;
using appraise::StoredPolicy;
using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

constexpr std::int64_t kLookEvery = 100;  // ms
constexpr std::size_t kBatchBytes = std::size_t{4} << 20;

std::int64_t now_ms() { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
std::unexpected<Error> damaged(const Database& database, std::string_view what) { return fail_expecting(Errc::io, printable(database.path()), fmt::format("the file is damaged: {} is not what was stored", what), "a backup in its place"); }

class Rows : public Mirror::Source {
 public:
  explicit Rows(const Database& database) : database_{database} {}
  Result<Position> position() override;
  Result<void> corims(std::int64_t after, std::int64_t last, const Take& take) override;
  Result<std::vector<StoredPolicy>> active_policies() override;

 private:
  const Database& database_;
};

constexpr const char* kCorims = "SELECT tenant, id, scheme, profile, media_type, signer, added, not_before, not_after, bytes, seal, number FROM corims ";
// With what it was sealed by; whether that is right is asked where nobody waits.
struct Sealed {
  StoredCorim corim;
  Bytes seal;
};
Sealed sealed_of(const Statement& row);
Result<void> check_seal(const Database& database, const Sealed& one);
Result<std::vector<Sealed>> sealed_after(const Database& database, std::string_view tenant, std::int64_t& after);
constexpr const char* kPolicies = "SELECT tenant, scheme, uuid, name, rules, created, active, seal FROM policies ";
Result<StoredCorim> corim_of(const Database& database, const Statement& row);
Result<StoredPolicy> policy_of(const Database& database, const Statement& row);
Result<std::vector<StoredPolicy>> policies_of(const Database& database, Statement& rows);

}  // namespace

SqliteStore::SqliteStore(Database writer, Database reader, Decoder decode, SessionLimits limits) : writer_{std::move(writer)}, reader_{std::move(reader)}, mirror_{std::move(decode)}, sessions_{limits} {}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path, Decoder decode, SessionLimits limits) {
  TRY(sqlite::make_file(path));
  Database writer = TRY(Database::open(path));
  TRY(sqlite::migrate(writer));
  // Only now, that it is known to be ours: it writes to the file.
  TRY(writer.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
  Database reader = TRY(Database::open(path));
  TRY(reader.run("PRAGMA query_only = ON;"));
  std::unique_ptr<SqliteStore> store{new SqliteStore{std::move(writer), std::move(reader), std::move(decode), limits}};
  const std::scoped_lock lock{store->reading_};
  TRY(store->catch_up());
  TRY(within(printable(path), store->mirror_.problem()));
  return store;
}

Result<void> SqliteStore::check(const std::string& path) {
  if (!TRY(sqlite::is_there(path))) return fail_expecting(Errc::not_found, printable(path), "no such file", "a store");
  const Database database = TRY(Database::open(path));
  TRY(sqlite::migrate(database));
  Statement report = TRY(database.prepare("PRAGMA integrity_check(1)"));
  if (!TRY(report.step()) || report.text(0) != "ok") return damaged(database, report.text(0));
  Statement corims = TRY(database.prepare((std::string{kCorims} + "ORDER BY number").c_str()));
  while (TRY(corims.step())) TRY(corim_of(database, corims));
  Statement policies = TRY(database.prepare((std::string{kPolicies} + "ORDER BY number").c_str()));
  while (TRY(policies.step())) TRY(policy_of(database, policies));
  return {};
}

Result<std::int64_t> SqliteStore::look() const {
  looked_ = now_ms();
  auto version = reader_.number("PRAGMA data_version");
  is_behind_ = version != seen_;
  return version;
}

Result<void> SqliteStore::catch_up() const {
  const std::int64_t version = TRY(look());
  if (version == seen_) return {};
  Rows rows{reader_};
  TRY(mirror_.sync(rows));
  seen_ = version;
  is_behind_ = false;
  return {};
}

// Whoever finds somebody else looking does not wait.
Result<void> SqliteStore::catch_up_in_time() const {
  if (!is_behind_ && now_ms() - looked_ < kLookEvery) return {};
  const std::unique_lock lock{reading_, std::try_to_lock};
  return lock ? catch_up() : Result<void>{};
}

// It looks twice as often as a look-up would, so that the look-up right after it finds nothing to do.
bool SqliteStore::answers_from_memory() const {
  if (!is_behind_ && now_ms() - looked_ >= kLookEvery / 2) {
    const std::unique_lock lock{reading_, std::try_to_lock};
    if (!lock || !look()) return false;
  }
  return !is_behind_;
}

// What is written to a file without a name is lost with this process.
Result<void> SqliteStore::may_write() const {
  if (writer_.has_moved()) return fail_expecting(Errc::io, printable(writer_.path()), "the file was removed or replaced while it was used", "the file it was, or a restart");
  return {};
}

Result<SqliteStore::Added> SqliteStore::add(StoredCorim corim, appraise::Endorsements endorsements) {
  TRY(check_names(corim));
  Position at;
  {
    const std::scoped_lock lock{writing_};
    TRY(may_write());
    if (const Added added = TRY(insert(corim, at)); added == Added::known) return added;
  }
  if (mirror_.take(at, std::move(corim), std::move(endorsements))) return Added::fresh;
  // It is stored; that it can be looked up, too, is a matter of reading.
  const std::scoped_lock lock{reading_};
  static_cast<void>(catch_up());
  return Added::fresh;
}

Result<SqliteStore::Added> SqliteStore::insert(const StoredCorim& corim, Position& at) {
  Transaction all = TRY(Transaction::begin(writer_));
  Statement same = TRY(writer_.prepare("SELECT bytes = ? FROM corims WHERE tenant = ? AND id = ?"));
  same.bind(ByteView{corim.bytes}).bind(corim.tenant).bind(corim.id);
  if (TRY(same.step())) return same.number(0) == 1 ? Result<Added>{Added::known} : other_corim(corim.id);
  if (mirror_.corims(corim.tenant) >= kMaxCorims) return too_many_corims();
  Rows rows{writer_};
  at = TRY(rows.position());
  ++at.number;
  Statement insert = TRY(writer_.prepare("INSERT INTO corims (number, tenant, id, scheme, profile, media_type, signer, added, not_before, not_after, bytes, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  const Bytes mark = sqlite::seal(corim);
  insert.bind(std::optional{at.number}).bind(corim.tenant).bind(corim.id).bind(corim.scheme).bind(corim.profile).bind(corim.media_type).bind(corim.signer).bind(std::optional{corim.added});
  insert.bind(corim.validity ? corim.validity->not_before : std::nullopt).bind(corim.validity ? std::optional{corim.validity->not_after} : std::nullopt);
  TRY(insert.bind(ByteView{corim.bytes}).bind(ByteView{mark}).finish());
  TRY(writer_.run("UPDATE position SET number = number + 1"));
  TRY(all.commit());
  return Added::fresh;
}

Result<appraise::Endorsements> SqliteStore::find(std::string_view tenant, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const {
  TRY(catch_up_in_time());
  return mirror_.find(tenant, scheme, identity, now);
}

Result<std::vector<StoredCorim>> SqliteStore::list(std::string_view tenant) const {
  std::vector<StoredCorim> all;
  TRY(each(tenant, [&](StoredCorim one) -> Result<void> {
    all.push_back(std::move(one));
    return {};
  }));
  return all;
}

// A few at a time, in the order of numbers and over the rows of all tenants: an order by tenant would have to be made anew for each batch.
Result<void> SqliteStore::each(std::string_view tenant, const std::function<Result<void>(StoredCorim)>& take) const {
  std::int64_t after = 0;
  const auto some_more = [&]() -> Result<std::vector<Sealed>> {
    const std::scoped_lock lock{reading_};
    return sealed_after(reader_, tenant, after);
  };
  std::int64_t last = 0;
  {
    const std::scoped_lock lock{reading_};
    Rows rows{reader_};
    const Position end = TRY(rows.position());
    last = end.number;
  }
  while (after < last) {
    std::vector<Sealed> some = TRY(some_more());
    for (Sealed& one : some) {
      TRY(check_seal(reader_, one));
      TRY(take(std::move(one.corim)));
    }
  }
  return {};
}

Result<void> SqliteStore::visit(std::string_view tenant, const std::function<Result<void>(const StoredCorim&)>& visit) const {
  return each(tenant, [&](const StoredCorim& one) { return visit(one); });
}

Result<void> SqliteStore::clear(std::string_view tenant) {
  {
    const std::scoped_lock lock{writing_};
    TRY(may_write());
    Transaction all = TRY(Transaction::begin(writer_));
    Statement remove = TRY(writer_.prepare("DELETE FROM corims WHERE tenant = ?"));
    TRY(remove.bind(tenant).finish());
    TRY(writer_.run("UPDATE position SET generation = generation + 1"));
    TRY(all.commit());
  }
  const std::scoped_lock lock{reading_};
  return catch_up();
}

Result<void> SqliteStore::add(StoredPolicy policy) {
  TRY(check_names(policy));
  const std::scoped_lock lock{writing_};
  TRY(may_write());
  Transaction all = TRY(Transaction::begin(writer_));
  Statement same = TRY(writer_.prepare("SELECT 1 FROM policies WHERE tenant = ? AND scheme = ? AND uuid = ?"));
  if (TRY(same.bind(policy.tenant).bind(policy.scheme).bind(policy.uuid).step())) return other_policy(policy.uuid);
  Statement count = TRY(writer_.prepare("SELECT count(*) FROM policies WHERE tenant = ?"));
  if (TRY(count.bind(policy.tenant).step()) && count.number(0) >= static_cast<std::int64_t>(kMaxPolicies)) return too_many_policies();
  Statement insert = TRY(writer_.prepare("INSERT INTO policies (tenant, scheme, uuid, name, rules, created, active, seal) VALUES (?, ?, ?, ?, ?, ?, 0, ?)"));
  const Bytes mark = sqlite::seal(policy);
  TRY(insert.bind(policy.tenant).bind(policy.scheme).bind(policy.uuid).bind(policy.name).bind(policy.rules).bind(std::optional{policy.created}).bind(ByteView{mark}).finish());
  return all.commit();
}

Result<std::vector<StoredPolicy>> SqliteStore::policies(std::string_view tenant, std::string_view scheme) const {
  const std::scoped_lock lock{reading_};
  Statement rows = TRY(reader_.prepare((std::string{kPolicies} + (scheme.empty() ? "WHERE tenant = ? ORDER BY number" : "WHERE tenant = ? AND scheme = ? ORDER BY number")).c_str()));
  rows.bind(tenant);
  if (!scheme.empty()) rows.bind(scheme);
  return policies_of(reader_, rows);
}

Result<std::optional<StoredPolicy>> SqliteStore::active_policy(std::string_view tenant, std::string_view scheme) const {
  TRY(catch_up_in_time());
  return mirror_.active_policy(tenant, scheme);
}

Result<void> SqliteStore::activate(std::string_view tenant, std::string_view scheme, std::string_view uuid) {
  {
    const std::scoped_lock lock{writing_};
    TRY(may_write());
    Transaction all = TRY(Transaction::begin(writer_));
    TRY(change_policies("UPDATE policies SET active = 0 WHERE tenant = ? AND scheme = ?", {tenant, scheme}));
    TRY(change_policies("UPDATE policies SET active = 1 WHERE tenant = ? AND scheme = ? AND uuid = ?", {tenant, scheme, uuid}));
    if (TRY(writer_.number("SELECT changes()")) == 0) return no_policy(uuid);
    TRY(writer_.run("UPDATE position SET policies = policies + 1"));
    TRY(all.commit());
  }
  const std::scoped_lock lock{reading_};
  return catch_up();
}

Result<void> SqliteStore::deactivate(std::string_view tenant, std::string_view scheme) {
  {
    const std::scoped_lock lock{writing_};
    TRY(may_write());
    Transaction all = TRY(Transaction::begin(writer_));
    TRY(change_policies("UPDATE policies SET active = 0 WHERE tenant = ? AND scheme = ?", {tenant, scheme}));
    TRY(writer_.run("UPDATE position SET policies = policies + 1"));
    TRY(all.commit());
  }
  const std::scoped_lock lock{reading_};
  return catch_up();
}

Result<void> SqliteStore::clear_policies(std::string_view tenant) {
  {
    const std::scoped_lock lock{writing_};
    TRY(may_write());
    Transaction all = TRY(Transaction::begin(writer_));
    TRY(change_policies("DELETE FROM policies WHERE tenant = ?", {tenant}));
    TRY(writer_.run("UPDATE position SET policies = policies + 1"));
    TRY(all.commit());
  }
  const std::scoped_lock lock{reading_};
  return catch_up();
}

Result<void> SqliteStore::change_policies(const char* sql, std::initializer_list<std::string_view> parameters) {
  Statement change = TRY(writer_.prepare(sql));
  for (const std::string_view parameter : parameters) change.bind(parameter);
  return change.finish();
}

Result<void> SqliteStore::ready() const {
  const std::scoped_lock lock{reading_};
  TRY(may_write());
  TRY(catch_up());
  return within(printable(reader_.path()), mirror_.problem());
}

namespace {

Result<Position> Rows::position() {
  Statement row = TRY(database_.prepare("SELECT generation, number, policies FROM position"));
  if (!TRY(row.step())) return damaged(database_, "its position");
  return Position{row.number(0).value_or(0), row.number(1).value_or(0), row.number(2).value_or(0)};
}

Result<void> Rows::corims(std::int64_t after, std::int64_t last, const Take& take) {
  Statement rows = TRY(database_.prepare((std::string{kCorims} + "WHERE number > ? AND number <= ? ORDER BY number").c_str()));
  rows.bind(std::optional{after}).bind(std::optional{last});
  while (TRY(rows.step())) {
    StoredCorim one = TRY(corim_of(database_, rows));
    TRY(take(rows.number(11).value_or(0), std::move(one)));
  }
  return {};
}

Result<std::vector<StoredPolicy>> Rows::active_policies() {
  Statement rows = TRY(database_.prepare((std::string{kPolicies} + "WHERE active = 1").c_str()));
  return policies_of(database_, rows);
}

Sealed sealed_of(const Statement& row) {
  StoredCorim corim{.tenant = row.text(0), .id = row.text(1), .scheme = row.text(2), .profile = row.text(3), .media_type = row.text(4), .signer = row.text(5), .added = row.number(6).value_or(0), .validity = {}, .bytes = row.bytes(9)};
  if (const auto end = row.number(8)) corim.validity = corim::Validity{row.number(7), *end};
  return {std::move(corim), row.bytes(10)};
}

Result<void> check_seal(const Database& database, const Sealed& one) {
  if (one.seal != sqlite::seal(one.corim)) return damaged(database, "CoRIM " + quoted(one.corim.id));
  return {};
}

Result<StoredCorim> corim_of(const Database& database, const Statement& row) {
  Sealed one = sealed_of(row);
  TRY(check_seal(database, one));
  return std::move(one.corim);
}

// Of the next thousand rows, whosever they are, until there are enough bytes. `after` is then the last number that was looked at; the
// unary plus keeps SQLite from an index that has another order.
Result<std::vector<Sealed>> sealed_after(const Database& database, std::string_view tenant, std::int64_t& after) {
  std::vector<Sealed> some;
  Statement next = TRY(database.prepare("SELECT max(number) FROM (SELECT number FROM corims WHERE number > ? ORDER BY number LIMIT 1000)"));
  TRY(next.bind(std::optional{after}).step());
  const std::int64_t last = next.number(0).value_or(std::numeric_limits<std::int64_t>::max());
  Statement rows = TRY(database.prepare((std::string{kCorims} + "WHERE +tenant = ? AND number > ? AND number <= ? ORDER BY number").c_str()));
  rows.bind(tenant).bind(std::optional{after}).bind(std::optional{last});
  for (std::size_t bytes = 0; bytes < kBatchBytes;) {
    if (!TRY(rows.step())) {
      after = last;
      return some;
    }
    some.push_back(sealed_of(rows));
    bytes += some.back().corim.bytes.size();
    after = rows.number(11).value_or(last);
  }
  return some;
}

Result<StoredPolicy> policy_of(const Database& database, const Statement& row) {
  StoredPolicy policy{.tenant = row.text(0), .scheme = row.text(1), .uuid = row.text(2), .name = row.text(3), .rules = row.text(4), .created = row.number(5).value_or(0), .active = row.number(6) == 1};
  if (row.bytes(7) != sqlite::seal(policy)) return damaged(database, "policy " + quoted(policy.uuid));
  return policy;
}

Result<std::vector<StoredPolicy>> policies_of(const Database& database, Statement& rows) {
  std::vector<StoredPolicy> all;
  while (TRY(rows.step())) {
    StoredPolicy one = TRY(policy_of(database, rows));
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace
}  // namespace assay::store
