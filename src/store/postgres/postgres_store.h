// A store in PostgreSQL, for any number of replicas of a service: what one of them is told, all know. What was acknowledged is committed.
// Endorsements and active policies are looked up in memory; a notification tells when to read what is new, and while none can come (and
// whenever a session says that others were faster) the database is asked first. A database that is gone makes every call fail with
// `unavailable`, at once; when it is back, so is this.
#pragma once

#include <atomic>
#include <thread>

#include "store/memory/mirror.h"
#include "store/memory/rules.h"
#include "store/postgres/connection.h"

namespace assay::store {

class PostgresStore : public appraise::Store {
 public:
  struct Options {
    std::size_t connections = 8;
    SessionLimits sessions = {.bytes = std::size_t{1} << 30};  // of all replicas together, about
  };
  // Makes the tables if they are not there. Fails with `unavailable`, `config` (the server refuses; a newer version), or as `decode` does
  // for a CoRIM that this build cannot read.
  static Result<std::unique_ptr<PostgresStore>> open(const std::string& url, Decoder decode, Options options);
  static Result<std::unique_ptr<PostgresStore>> open(const std::string& url, Decoder decode) { return open(url, std::move(decode), Options{}); }
  // Whether there are tables of a store.
  static Result<bool> is_there(const std::string& url);
  ~PostgresStore() override;

  Result<Added> add(appraise::StoredCorim corim, appraise::Endorsements endorsements) override;
  Result<appraise::Endorsements> find(std::string_view tenant, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const override;
  Result<std::vector<appraise::StoredCorim>> list(std::string_view tenant) const override;
  // A few at a time, so that neither memory nor connections depend on how many there are. What comes or goes meanwhile may be seen or not.
  Result<void> visit(std::string_view tenant, const std::function<Result<void>(const appraise::StoredCorim&)>& visit) const override;
  Result<void> clear(std::string_view tenant) override;

  Result<void> add(appraise::StoredPolicy policy) override;
  Result<std::vector<appraise::StoredPolicy>> policies(std::string_view tenant, std::string_view scheme) const override;
  Result<std::optional<appraise::StoredPolicy>> active_policy(std::string_view tenant, std::string_view scheme) const override;
  Result<void> activate(std::string_view tenant, std::string_view scheme, std::string_view uuid) override;
  Result<void> deactivate(std::string_view tenant, std::string_view scheme) override;
  Result<void> clear_policies(std::string_view tenant) override;

  Result<void> open(appraise::Session session, UnixSeconds now) override;
  Result<appraise::Session> session(std::string_view tenant, std::string_view id, UnixSeconds now) const override;
  Result<appraise::Session> claim(std::string_view tenant, std::string_view id, UnixSeconds now) override;
  Result<void> finish(appraise::Session session) override;
  Result<void> erase_session(std::string_view tenant, std::string_view id) override;
  Result<std::size_t> open_sessions(UnixSeconds now) const override;

  Result<void> ready() const override;

 private:
  static constexpr std::int64_t kWeighEvery = 2000;  // ms
  PostgresStore(std::string url, Decoder decode, Options options);
  Result<void> sync(postgres::Connection& connection) const;
  Result<void> be_current() const;
  Result<void> make_room(postgres::Connection& connection, UnixSeconds now);
  std::size_t bytes_held(postgres::Connection& connection);
  Result<void> each(std::string_view tenant, const std::function<Result<void>(appraise::StoredCorim)>& take) const;
  void listen(const std::stop_token& stop);
  Result<void> listen_while_connected(const std::stop_token& stop);
  void wait(int milliseconds, int socket = -1) const;

  std::string url_;
  Options options_;
  mutable postgres::Pool pool_;
  mutable Mirror mirror_;
  std::atomic<std::int64_t> sessions_ = 0;               // about how many there are
  std::atomic<std::int64_t> counted_for_ = 0;            // the second of that
  std::atomic<std::int64_t> counted_at_ = 0;             // ms
  std::atomic<std::int64_t> session_bytes_ = 0;          // about how many they hold
  std::atomic<std::int64_t> weighed_at_ = -kWeighEvery;  // ms
  mutable std::mutex mutex_;
  mutable Position wanted_;  // the newest that a session told of
  std::atomic<bool> is_listening_ = false;
  int stop_ = -1;  // an eventfd
  std::jthread listener_;
};

}  // namespace assay::store
