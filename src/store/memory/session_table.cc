#include "store/memory/session_table.h"

#include <algorithm>

#include "base/text.h"

namespace assay::store {
namespace {

using appraise::Session;

std::unexpected<Error> no_session(std::string_view tenant, std::string_view id) { return fail(Errc::not_found, "", "session not found for (id, tenant)=({}, {})", printable(id), printable(tenant)); }

}  // namespace

Result<void> SessionTable::open(Session session, UnixSeconds now) {
  const std::scoped_lock lock{mutex_};
  drop_expired(now);
  if (sessions_.size() >= kMaxSessions) return fail(Errc::exhausted, "sessions", "{} are open; try again later", sessions_.size());
  by_age_.emplace_back(session.expiry, session.id);
  std::string id = session.id;
  sessions_.emplace(std::move(id), std::move(session));
  return {};
}

Result<Session> SessionTable::session(std::string_view tenant, std::string_view id, UnixSeconds now) const {
  const std::scoped_lock lock{mutex_};
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second.tenant != tenant || found->second.expiry <= now) return no_session(tenant, id);
  return found->second;
}

Result<Session> SessionTable::claim(std::string_view tenant, std::string_view id, UnixSeconds now) {
  const std::scoped_lock lock{mutex_};
  Session* found = find(tenant, id);
  if (found == nullptr || found->expiry <= now) return no_session(tenant, id);
  if (found->status != Session::Status::waiting) return fail(Errc::conflict, "", "session {} was answered before: its nonce counts once", printable(id));
  found->status = Session::Status::processing;
  return *found;
}

Result<void> SessionTable::finish(Session session) {
  const std::scoped_lock lock{mutex_};
  if (Session* found = find(session.tenant, session.id); found != nullptr) *found = std::move(session);
  return {};
}

Result<void> SessionTable::erase_session(std::string_view tenant, std::string_view id) {
  const std::scoped_lock lock{mutex_};
  if (find(tenant, id) != nullptr) sessions_.erase(sessions_.find(id));
  return {};
}

Result<std::size_t> SessionTable::open_sessions(UnixSeconds now) const {
  const std::scoped_lock lock{mutex_};
  return static_cast<std::size_t>(std::ranges::count_if(sessions_, [&](const auto& entry) { return entry.second.expiry > now; }));
}

Session* SessionTable::find(std::string_view tenant, std::string_view id) {
  const auto found = sessions_.find(id);
  return found != sessions_.end() && found->second.tenant == tenant ? &found->second : nullptr;
}

void SessionTable::drop_expired(UnixSeconds now) {
  while (!by_age_.empty() && by_age_.front().first <= now) {
    sessions_.erase(by_age_.front().second);
    by_age_.pop_front();
  }
}

}  // namespace assay::store
