#include "store/postgres/postgres_store.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"
#include "crypto/crypto.h"
#include "store/postgres/rows.h"
#include "store/postgres/schema.h"

namespace assay::store {
namespace {

using appraise::Endorsements;
using appraise::StoredCorim;
using appraise::StoredPolicy;
using postgres::Connection;
using postgres::Parameters;
using postgres::Rows;
using postgres::Transaction;

constexpr int kAskEvery = 5000;  // ms, where nobody notifies
constexpr const char* kNotify = "SELECT pg_notify('assay', '')";

}  // namespace

PostgresStore::PostgresStore(std::string url, Decoder decode, Options options) : url_{std::move(url)}, options_{options}, pool_{url_, options.connections}, mirror_{std::move(decode)}, stop_{::eventfd(0, EFD_CLOEXEC)} {}

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(const std::string& url, Decoder decode, Options options) {
  std::unique_ptr<PostgresStore> store{new PostgresStore{url, std::move(decode), options}};
  const auto connection = TRY(store->pool_.take());
  TRY(within(postgres::shown(url), postgres::migrate(*connection)));
  TRY(store->sync(*connection));
  TRY(within(postgres::shown(url), store->mirror_.problem()));
  store->listener_ = std::jthread{[raw = store.get()](const std::stop_token& stop) { raw->listen(stop); }};
  return store;
}

Result<bool> PostgresStore::is_there(const std::string& url) {
  Connection connection = TRY(Connection::open(url));
  return postgres::is_there(connection);
}

PostgresStore::~PostgresStore() {
  listener_.request_stop();
  const std::uint64_t one = 1;
  if (::write(stop_, &one, sizeof one) == sizeof one && listener_.joinable()) listener_.join();
  ::close(stop_);
}

Result<void> PostgresStore::sync(Connection& connection) const {
  postgres::Source source{connection};
  return mirror_.sync(source);
}

// Before a look-up. A service that answers from an old memory would say "affirming" of what was withdrawn.
Result<void> PostgresStore::be_current() const {
  const auto wanted = [&] {
    const std::scoped_lock lock{mutex_};
    return wanted_;
  }();
  if (is_listening_ && !is_behind(mirror_.position(), wanted)) return {};
  const auto connection = TRY(pool_.take());
  TRY(sync(*connection));
  // A database that was put back to an earlier state does not know what a session told of before.
  const std::scoped_lock lock{mutex_};
  if (wanted_ == wanted && is_behind(mirror_.position(), wanted)) wanted_ = mirror_.position();
  return {};
}

Result<PostgresStore::Added> PostgresStore::add(StoredCorim corim, Endorsements endorsements) {
  TRY(check_names(corim));
  Position at;
  {
    const auto connection = TRY(pool_.take());
    const Added added = TRY(postgres::insert(*connection, corim, mirror_.corims(corim.tenant) >= kMaxCorims, at));
    if (added == Added::known) return added;
  }
  if (mirror_.take(at, std::move(corim), std::move(endorsements))) return Added::fresh;
  // It is stored; that it can be looked up, too, is a matter of reading.
  if (const auto connection = pool_.take()) static_cast<void>(sync(**connection));
  return Added::fresh;
}

Result<Endorsements> PostgresStore::find(std::string_view tenant, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const {
  TRY(be_current());
  return mirror_.find(tenant, scheme, identity, now);
}

Result<std::vector<StoredCorim>> PostgresStore::list(std::string_view tenant) const {
  std::vector<StoredCorim> all;
  TRY(each(tenant, [&](StoredCorim one) -> Result<void> {
    all.push_back(std::move(one));
    return {};
  }));
  return all;
}

// What is done with them needs no connection. Those that come meanwhile are left out, so that it ends.
Result<void> PostgresStore::each(std::string_view tenant, const std::function<Result<void>(StoredCorim)>& take) const {
  const Position end = TRY([&]() -> Result<Position> {
    const auto connection = TRY(pool_.take());
    return postgres::Source{*connection}.position();
  }());
  for (std::int64_t after = 0;;) {
    std::vector<StoredCorim> some = TRY([&]() -> Result<std::vector<StoredCorim>> {
      const auto connection = TRY(pool_.take());
      return postgres::corims_after(*connection, tenant, after, end.number);
    }());
    if (some.empty()) return {};
    for (StoredCorim& one : some) TRY(take(std::move(one)));
  }
}

Result<void> PostgresStore::visit(std::string_view tenant, const std::function<Result<void>(const StoredCorim&)>& visit) const {
  return each(tenant, [&](const StoredCorim& one) { return visit(one); });
}

Result<void> PostgresStore::clear(std::string_view tenant) {
  const auto connection = TRY(pool_.take());
  Transaction all = TRY(Transaction::begin(*connection));
  TRY(connection->script("SET LOCAL statement_timeout = 60000"));
  TRY(connection->run("UPDATE assay_position SET generation = generation + 1"));
  TRY(connection->run("DELETE FROM assay_corims WHERE tenant = $1", Parameters{}.add(tenant)));
  TRY(connection->run(kNotify));
  TRY(all.commit());
  return sync(*connection);
}

Result<void> PostgresStore::add(StoredPolicy policy) {
  TRY(check_names(policy));
  const auto connection = TRY(pool_.take());
  const Rows count = TRY(connection->run("SELECT count(*) FROM assay_policies WHERE tenant = $1", Parameters{}.add(policy.tenant)));
  if (count.number(0, 0) >= static_cast<std::int64_t>(kMaxPolicies)) return too_many_policies();
  Parameters values;
  values.add(policy.tenant).add(policy.scheme).add(policy.uuid).add(policy.name).add(policy.rules).add(std::optional{policy.created});
  const Rows added = TRY(connection->run("INSERT INTO assay_policies (tenant, scheme, uuid, name, rules, created, active) VALUES ($1, $2, $3, $4, $5, $6, false) ON CONFLICT DO NOTHING", values));
  return added.affected() == 1 ? Result<void>{} : other_policy(policy.uuid);
}

Result<std::vector<StoredPolicy>> PostgresStore::policies(std::string_view tenant, std::string_view scheme) const {
  const auto connection = TRY(pool_.take());
  return postgres::policies_of(*connection, tenant, scheme);
}

Result<std::optional<StoredPolicy>> PostgresStore::active_policy(std::string_view tenant, std::string_view scheme) const {
  TRY(be_current());
  return mirror_.active_policy(tenant, scheme);
}

Result<void> PostgresStore::activate(std::string_view tenant, std::string_view scheme, std::string_view uuid) {
  const auto connection = TRY(pool_.take());
  Transaction all = TRY(Transaction::begin(*connection));
  TRY(connection->run("UPDATE assay_position SET policies = policies + 1"));
  TRY(connection->run("UPDATE assay_policies SET active = false WHERE tenant = $1 AND scheme = $2 AND active", Parameters{}.add(tenant).add(scheme)));
  const Rows found = TRY(connection->run("UPDATE assay_policies SET active = true WHERE tenant = $1 AND scheme = $2 AND uuid = $3", Parameters{}.add(tenant).add(scheme).add(uuid)));
  if (found.affected() == 0) return no_policy(uuid);
  TRY(connection->run(kNotify));
  TRY(all.commit());
  return sync(*connection);
}

Result<void> PostgresStore::deactivate(std::string_view tenant, std::string_view scheme) {
  const auto connection = TRY(pool_.take());
  Transaction all = TRY(Transaction::begin(*connection));
  TRY(connection->run("UPDATE assay_position SET policies = policies + 1"));
  TRY(connection->run("UPDATE assay_policies SET active = false WHERE tenant = $1 AND scheme = $2 AND active", Parameters{}.add(tenant).add(scheme)));
  TRY(connection->run(kNotify));
  TRY(all.commit());
  return sync(*connection);
}

Result<void> PostgresStore::clear_policies(std::string_view tenant) {
  const auto connection = TRY(pool_.take());
  Transaction all = TRY(Transaction::begin(*connection));
  TRY(connection->run("UPDATE assay_position SET policies = policies + 1"));
  TRY(connection->run("DELETE FROM assay_policies WHERE tenant = $1", Parameters{}.add(tenant)));
  TRY(connection->run(kNotify));
  TRY(all.commit());
  return sync(*connection);
}

Result<void> PostgresStore::ready() const {
  const auto connection = TRY(pool_.take());
  TRY(sync(*connection));
  return within(postgres::shown(url_), mirror_.problem());
}

// For the life of the store: connected, or trying to be.
void PostgresStore::listen(const std::stop_token& stop) {
  for (int pause = 50; !stop.stop_requested(); pause = std::min(pause * 2, 1000)) {
    if (is_listening_.exchange(false)) pause = 50;
    static_cast<void>(listen_while_connected(stop));
    if (is_listening_.exchange(false)) pause = 50;
    if (!stop.stop_requested()) wait(pause);
  }
}

Result<void> PostgresStore::listen_while_connected(const std::stop_token& stop) {
  Connection connection = TRY(Connection::open(url_));
  TRY(connection.script("LISTEN assay"));
  TRY(sync(connection));
  is_listening_ = true;
  while (!stop.stop_requested()) {
    // One that came while it was reading, and was too late for what it read, waits in the connection: the socket says nothing of it.
    if (TRY(connection.notifications()) == 0) wait(kAskEvery, connection.socket());
    TRY(connection.notifications());
    TRY(sync(connection));
  }
  return {};
}

void PostgresStore::wait(int milliseconds, int socket) const {
  std::array<pollfd, 2> both{pollfd{stop_, POLLIN, 0}, pollfd{socket, POLLIN, 0}};
  ::poll(both.data(), both.size(), milliseconds);
}

}  // namespace assay::store
