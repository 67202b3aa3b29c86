#include "store/memory/session_table.h"

#include <algorithm>

namespace assay::store {

using appraise::Session;

Result<void> SessionTable::open(Session session, UnixSeconds now) {
  TRY(check_names(session));
  const std::scoped_lock lock{mutex_};
  drop_expired(now);
  Key key{session.tenant, session.id};
  if (sessions_.contains(key)) return other_session(session.id);
  if (sessions_.size() >= limits_.count) return too_many_sessions(sessions_.size());
  bytes_ += size_of(session);
  by_age_.emplace(session.expiry, key);
  sessions_.emplace(std::move(key), std::move(session));
  return {};
}

Result<Session> SessionTable::session(std::string_view tenant, std::string_view id, UnixSeconds now) const {
  const std::scoped_lock lock{mutex_};
  const auto found = sessions_.find(Key{tenant, id});
  if (found == sessions_.end() || found->second.expiry <= now) return no_session(tenant, id);
  return found->second;
}

Result<Session> SessionTable::claim(std::string_view tenant, std::string_view id, UnixSeconds now) {
  const std::scoped_lock lock{mutex_};
  const auto found = sessions_.find(Key{tenant, id});
  if (found == sessions_.end() || found->second.expiry <= now) return no_session(tenant, id);
  if (found->second.status != Session::Status::waiting) return answered_before(id);
  found->second.status = Session::Status::processing;
  return found->second;
}

// Nonce and expiry stay what they were.
Result<void> SessionTable::finish(Session session) {
  const std::scoped_lock lock{mutex_};
  const auto found = sessions_.find(Key{session.tenant, session.id});
  if (found == sessions_.end()) return {};
  Session& mine = found->second;
  bytes_ -= size_of(mine);
  trim(session, bytes_, limits_.bytes);
  bytes_ += size_of(session);
  mine.status = session.status;
  mine.evidence_type = std::move(session.evidence_type);
  mine.evidence = std::move(session.evidence);
  mine.result = std::move(session.result);
  return {};
}

Result<void> SessionTable::erase_session(std::string_view tenant, std::string_view id) {
  const std::scoped_lock lock{mutex_};
  if (const auto found = sessions_.find(Key{tenant, id}); found != sessions_.end()) erase(found);
  return {};
}

Result<std::size_t> SessionTable::open_sessions(UnixSeconds now) const {
  const std::scoped_lock lock{mutex_};
  return static_cast<std::size_t>(std::ranges::count_if(sessions_, [&](const auto& entry) { return entry.second.expiry > now; }));
}

void SessionTable::erase(Sessions::iterator at) {
  bytes_ -= size_of(at->second);
  by_age_.erase({at->second.expiry, at->first});
  sessions_.erase(at);
}

void SessionTable::drop_expired(UnixSeconds now) {
  while (!by_age_.empty() && by_age_.begin()->first <= now) erase(sessions_.find(by_age_.begin()->second));
}

}  // namespace assay::store
