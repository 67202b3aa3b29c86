// Sessions in memory, bounded: for one process, whose restart ends all of them. No nonce can be answered after it.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "appraise/ports.h"

namespace assay::store {

inline constexpr std::size_t kMaxSessions = 100000;

class SessionTable : public appraise::SessionStore {
 public:
  Result<void> open(appraise::Session session, UnixSeconds now) override;
  Result<appraise::Session> session(std::string_view tenant, std::string_view id, UnixSeconds now) const override;
  Result<appraise::Session> claim(std::string_view tenant, std::string_view id, UnixSeconds now) override;
  Result<void> finish(appraise::Session session) override;
  Result<void> erase_session(std::string_view tenant, std::string_view id) override;
  Result<std::size_t> open_sessions(UnixSeconds now) const override;

 private:
  void drop_expired(UnixSeconds now);
  appraise::Session* find(std::string_view tenant, std::string_view id);

  mutable std::mutex mutex_;
  std::map<std::string, appraise::Session, std::less<>> sessions_;  // by id: those of all tenants differ
  std::deque<std::pair<UnixSeconds, std::string>> by_age_;          // expiry and id, oldest first
};

}  // namespace assay::store
