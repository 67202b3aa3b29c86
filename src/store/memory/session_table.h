// Sessions in memory, bounded: for one process, whose restart ends all of them. No nonce can be answered after it.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "store/memory/rules.h"

namespace assay::store {

class SessionTable : public appraise::SessionStore {
 public:
  explicit SessionTable(SessionLimits limits = {}) : limits_{limits} {}

  Result<void> open(appraise::Session session, UnixSeconds now) override;
  Result<appraise::Session> session(std::string_view tenant, std::string_view id, UnixSeconds now) const override;
  Result<appraise::Session> claim(std::string_view tenant, std::string_view id, UnixSeconds now) override;
  Result<void> finish(appraise::Session session) override;
  Result<void> erase_session(std::string_view tenant, std::string_view id) override;
  Result<std::size_t> open_sessions(UnixSeconds now) const override;

 private:
  using Key = std::pair<std::string, std::string>;  // tenant, id
  using Sessions = std::map<Key, appraise::Session>;
  void erase(Sessions::iterator at);
  void drop_expired(UnixSeconds now);

  SessionLimits limits_;
  mutable std::mutex mutex_;
  Sessions sessions_;
  std::set<std::pair<UnixSeconds, Key>> by_age_;  // oldest first
  std::size_t bytes_ = 0;                         // of evidence and results
};

}  // namespace assay::store
