// A store in one SQLite file (WAL, mode 0600): CoRIMs as they were received, and policies. What is decoded from them is kept in memory,
// and decoded again when the file is opened. What was acknowledged survives a crash right after; what was not is there whole or not at
// all. Other processes may use the file at the same time: what they change is seen within a tenth of a second.
//
// Sessions are this process's own and in memory only: a restart ends them, so that no nonce is answered after it.
#pragma once

#include <atomic>
#include <mutex>

#include "store/memory/mirror.h"
#include "store/memory/session_table.h"
#include "store/sqlite/database.h"

namespace assay::store {

class SqliteStore : public appraise::Store {
 public:
  // Makes the file if it is not there. Fails with `io` (also where the file is damaged), `config` (no store of ours, or one of a newer
  // version), or as `decode` does for a CoRIM that this build cannot read; the file is then as it was.
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& path, Decoder decode, SessionLimits limits = {});
  // Reads everything there is, and says what is wrong with the first thing that is.
  static Result<void> check(const std::string& path);

  Result<Added> add(appraise::StoredCorim corim, appraise::Endorsements endorsements) override;
  Result<appraise::Endorsements> find(std::string_view tenant, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const override;
  Result<std::vector<appraise::StoredCorim>> list(std::string_view tenant) const override;
  // A few at a time, so that neither memory nor others depend on how many there are. What comes or goes meanwhile may be seen or not.
  Result<void> visit(std::string_view tenant, const std::function<Result<void>(const appraise::StoredCorim&)>& visit) const override;
  Result<void> clear(std::string_view tenant) override;

  Result<void> add(appraise::StoredPolicy policy) override;
  Result<std::vector<appraise::StoredPolicy>> policies(std::string_view tenant, std::string_view scheme) const override;
  Result<std::optional<appraise::StoredPolicy>> active_policy(std::string_view tenant, std::string_view scheme) const override;
  Result<void> activate(std::string_view tenant, std::string_view scheme, std::string_view uuid) override;
  Result<void> deactivate(std::string_view tenant, std::string_view scheme) override;
  Result<void> clear_policies(std::string_view tenant) override;

  Result<void> open(appraise::Session session, UnixSeconds now) override { return sessions_.open(std::move(session), now); }
  Result<appraise::Session> session(std::string_view tenant, std::string_view id, UnixSeconds now) const override { return sessions_.session(tenant, id, now); }
  Result<appraise::Session> claim(std::string_view tenant, std::string_view id, UnixSeconds now) override { return sessions_.claim(tenant, id, now); }
  Result<void> finish(appraise::Session session) override { return sessions_.finish(std::move(session)); }
  Result<void> erase_session(std::string_view tenant, std::string_view id) override { return sessions_.erase_session(tenant, id); }
  Result<std::size_t> open_sessions(UnixSeconds now) const override { return sessions_.open_sessions(now); }

  Result<void> ready() const override;
  // Not while there is something to read that another process wrote.
  bool answers_from_memory() const override;

 private:
  SqliteStore(sqlite::Database writer, sqlite::Database reader, Decoder decode, SessionLimits limits);
  Result<std::int64_t> look() const;  // the caller holds reading_, here and in the next
  Result<void> catch_up() const;
  Result<void> catch_up_in_time() const;
  Result<void> each(std::string_view tenant, const std::function<Result<void>(appraise::StoredCorim)>& take) const;
  Result<void> may_write() const;
  Result<Added> insert(const appraise::StoredCorim& corim, Position& at);
  Result<void> change_policies(const char* sql, std::initializer_list<std::string_view> parameters);

  std::mutex writing_;
  sqlite::Database writer_;
  mutable std::mutex reading_;
  sqlite::Database reader_;
  mutable std::int64_t seen_ = -1;                // SQLite's number for changes by others
  mutable std::atomic<std::int64_t> looked_ = 0;  // ms
  mutable std::atomic<bool> is_behind_ = false;   // as far as it has looked
  mutable Mirror mirror_;
  SessionTable sessions_;
};

}  // namespace assay::store
