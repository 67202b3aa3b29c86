// Sessions in PostgreSQL: rows that any replica may answer, once.
#include <chrono>

#include "store/postgres/postgres_store.h"

namespace assay::store {
namespace {

using appraise::Session;
using postgres::Connection;
using postgres::Parameters;
using postgres::Rows;

constexpr std::int64_t kCountEvery = 50;  // ms, at most

std::int64_t now_ms() { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

// Removes what has expired, and counts the rest: in each new second, and where there seem to be too many.
Result<void> PostgresStore::make_room(Connection& connection, UnixSeconds now) {
  const bool is_full = sessions_ >= static_cast<std::int64_t>(options_.sessions.count);
  if (counted_for_.exchange(now) == now && !(is_full && now_ms() - counted_at_ >= kCountEvery)) return is_full ? too_many_sessions(options_.sessions.count) : Result<void>{};
  counted_at_ = now_ms();
  // Replicas that do the same pass over each other's rows.
  TRY(connection.run("DELETE FROM assay_sessions WHERE ctid = ANY (ARRAY (SELECT ctid FROM assay_sessions WHERE expiry <= $1 ORDER BY expiry LIMIT 10000 FOR UPDATE SKIP LOCKED))", Parameters{}.add(std::optional{now})));
  const auto limit = static_cast<std::int64_t>(options_.sessions.count);
  const Rows count = TRY(connection.run("SELECT count(*) FROM (SELECT 1 FROM assay_sessions LIMIT $1) AS counted", Parameters{}.add(std::optional{limit})));
  sessions_ = count.number(0, 0).value_or(0);
  return sessions_ >= limit ? too_many_sessions(options_.sessions.count) : Result<void>{};
}

Result<void> PostgresStore::open(Session session, UnixSeconds now) {
  TRY(check_names(session));
  const auto connection = TRY(pool_.take());
  TRY(make_room(*connection, now));
  Parameters values;
  values.add(session.tenant).add(session.id).add(session.nonce).add(std::optional{session.expiry}).add(static_cast<std::int64_t>(session.status)).add(session.evidence_type).add(session.evidence).add(session.result).add(std::optional{now});
  const Rows added = TRY(connection->run(
      "INSERT INTO assay_sessions AS old (tenant, id, nonce, expiry, status, evidence_type, evidence, result) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
      " ON CONFLICT (tenant, id) DO UPDATE SET nonce = excluded.nonce, expiry = excluded.expiry, status = excluded.status, evidence_type = excluded.evidence_type,"
      " evidence = excluded.evidence, result = excluded.result WHERE old.expiry <= $9",
      values));
  if (added.affected() == 0) return other_session(session.id);
  ++sessions_;
  return {};
}

Result<Session> PostgresStore::session(std::string_view tenant, std::string_view id, UnixSeconds now) const {
  const auto connection = TRY(pool_.take());
  const Rows found = TRY(connection->run("SELECT nonce, expiry, status, evidence_type, evidence, result FROM assay_sessions WHERE tenant = $1 AND id = $2 AND expiry > $3", Parameters{}.add(tenant).add(id).add(std::optional{now})));
  if (found.size() == 0) return no_session(tenant, id);
  return Session{.tenant = std::string{tenant}, .id = std::string{id}, .nonce = found.bytes(0, 0), .expiry = found.number(0, 1).value_or(0), .status = static_cast<Session::Status>(found.number(0, 2).value_or(3)), .evidence_type = found.text(0, 3), .evidence = found.bytes(0, 4), .result = found.text(0, 5)};
}

// With the session comes where the database stands: whatever was acknowledged before by any replica, the look-ups that follow will see.
Result<Session> PostgresStore::claim(std::string_view tenant, std::string_view id, UnixSeconds now) {
  const auto connection = TRY(pool_.take());
  const Rows won = TRY(connection->run(
      "UPDATE assay_sessions SET status = 1 WHERE tenant = $1 AND id = $2 AND expiry > $3 AND status = 0 RETURNING nonce, expiry,"
      " (SELECT generation FROM assay_position), (SELECT number FROM assay_position), (SELECT policies FROM assay_position)",
      Parameters{}.add(tenant).add(id).add(std::optional{now})));
  if (won.size() == 0) {
    const Rows found = TRY(connection->run("SELECT 1 FROM assay_sessions WHERE tenant = $1 AND id = $2 AND expiry > $3", Parameters{}.add(tenant).add(id).add(std::optional{now})));
    return found.size() == 0 ? no_session(tenant, id) : answered_before(id);
  }
  const Position told{won.number(0, 2).value_or(0), won.number(0, 3).value_or(0), won.number(0, 4).value_or(0)};
  {
    // Another claim may have been told later, and be here sooner.
    const std::scoped_lock lock{mutex_};
    if (is_behind(wanted_, told)) wanted_ = told;
  }
  return Session{.tenant = std::string{tenant}, .id = std::string{id}, .nonce = won.bytes(0, 0), .expiry = won.number(0, 1).value_or(0), .status = Session::Status::processing};
}

// As of a short time ago, and what this replica has added since. Whatever it comes to, a session that was claimed ends.
std::size_t PostgresStore::bytes_held(Connection& connection) {
  const std::int64_t now = now_ms();
  std::int64_t before = weighed_at_;
  if (now - before >= kWeighEvery && weighed_at_.compare_exchange_strong(before, now)) {
    if (const auto sum = connection.run("SELECT coalesce(sum(octet_length(evidence_type) + octet_length(evidence) + octet_length(result)), 0)::bigint FROM assay_sessions")) session_bytes_ = sum->number(0, 0).value_or(0);
  }
  return static_cast<std::size_t>(session_bytes_.load());
}

Result<void> PostgresStore::finish(Session session) {
  const auto connection = TRY(pool_.take());
  trim(session, bytes_held(*connection), options_.sessions.bytes);
  session_bytes_ += static_cast<std::int64_t>(size_of(session));
  Parameters values;
  values.add(session.tenant).add(session.id).add(static_cast<std::int64_t>(session.status)).add(session.evidence_type).add(session.evidence).add(session.result);
  TRY(connection->run("UPDATE assay_sessions SET status = $3, evidence_type = $4, evidence = $5, result = $6 WHERE tenant = $1 AND id = $2", values));
  return {};
}

Result<void> PostgresStore::erase_session(std::string_view tenant, std::string_view id) {
  const auto connection = TRY(pool_.take());
  const Rows gone = TRY(connection->run("DELETE FROM assay_sessions WHERE tenant = $1 AND id = $2", Parameters{}.add(tenant).add(id)));
  sessions_ -= static_cast<std::int64_t>(gone.affected());
  return {};
}

Result<std::size_t> PostgresStore::open_sessions(UnixSeconds now) const {
  const auto connection = TRY(pool_.take());
  const Rows count = TRY(connection->run("SELECT count(*) FROM assay_sessions WHERE expiry > $1", Parameters{}.add(std::optional{now})));
  return static_cast<std::size_t>(count.number(0, 0).value_or(0));
}

}  // namespace assay::store
