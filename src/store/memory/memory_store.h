// All of a store in memory: for tests, and for a service whose restart may forget everything.
#pragma once

#include "store/memory/endorsement_index.h"
#include "store/memory/policy_table.h"
#include "store/memory/session_table.h"

namespace assay::store {

class MemoryStore : public appraise::Store {
 public:
  explicit MemoryStore(SessionLimits limits = {}) : sessions_{limits} {}

  Result<Added> add(appraise::StoredCorim corim, appraise::Endorsements endorsements) override { return endorsements_.add(std::move(corim), std::move(endorsements)); }
  Result<appraise::Endorsements> find(std::string_view tenant, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const override { return endorsements_.find(tenant, scheme, identity, now); }
  Result<std::vector<appraise::StoredCorim>> list(std::string_view tenant) const override { return endorsements_.list(tenant); }
  Result<void> visit(std::string_view tenant, const std::function<Result<void>(const appraise::StoredCorim&)>& visit) const override { return endorsements_.visit(tenant, visit); }
  Result<void> clear(std::string_view tenant) override { return endorsements_.clear(tenant); }

  Result<void> add(appraise::StoredPolicy policy) override { return policies_.add(std::move(policy)); }
  Result<std::vector<appraise::StoredPolicy>> policies(std::string_view tenant, std::string_view scheme) const override { return policies_.policies(tenant, scheme); }
  Result<std::optional<appraise::StoredPolicy>> active_policy(std::string_view tenant, std::string_view scheme) const override { return policies_.active_policy(tenant, scheme); }
  Result<void> activate(std::string_view tenant, std::string_view scheme, std::string_view uuid) override { return policies_.activate(tenant, scheme, uuid); }
  Result<void> deactivate(std::string_view tenant, std::string_view scheme) override { return policies_.deactivate(tenant, scheme); }
  Result<void> clear_policies(std::string_view tenant) override { return policies_.clear_policies(tenant); }

  Result<void> open(appraise::Session session, UnixSeconds now) override { return sessions_.open(std::move(session), now); }
  Result<appraise::Session> session(std::string_view tenant, std::string_view id, UnixSeconds now) const override { return sessions_.session(tenant, id, now); }
  Result<appraise::Session> claim(std::string_view tenant, std::string_view id, UnixSeconds now) override { return sessions_.claim(tenant, id, now); }
  Result<void> finish(appraise::Session session) override { return sessions_.finish(std::move(session)); }
  Result<void> erase_session(std::string_view tenant, std::string_view id) override { return sessions_.erase_session(tenant, id); }
  Result<std::size_t> open_sessions(UnixSeconds now) const override { return sessions_.open_sessions(now); }

  Result<void> ready() const override { return {}; }
  bool answers_from_memory() const override { return true; }

 private:
  EndorsementIndex endorsements_;
  PolicyTable policies_;
  SessionTable sessions_;
};

}  // namespace assay::store
