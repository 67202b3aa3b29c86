#include "store/memory/rules.h"

#include "base/text.h"

namespace assay::store {
namespace {

Result<void> check(std::string_view what, std::string_view name) {
  if (name.size() > kMaxName) return fail_expecting(Errc::limit, what, fmt::format("{} bytes", name.size()), fmt::format("at most {}", kMaxName));
  return {};
}

}  // namespace

Result<void> check_names(const appraise::StoredCorim& corim) {
  TRY(check("tenant", corim.tenant));
  return check("scheme", corim.scheme);
}

Result<void> check_names(const appraise::StoredPolicy& policy) {
  TRY(check("tenant", policy.tenant));
  TRY(check("scheme", policy.scheme));
  return check("UUID of a policy", policy.uuid);
}

Result<void> check_names(const appraise::Session& session) {
  TRY(check("tenant", session.tenant));
  return check("id of a session", session.id);
}

std::size_t size_of(const appraise::Session& session) { return session.evidence_type.size() + session.evidence.size() + session.result.size(); }

void trim(appraise::Session& ended, std::size_t held, std::size_t bytes) {
  if (ended.result.size() > bytes || held > bytes - ended.result.size()) std::string{}.swap(ended.result);
  const std::size_t all = held + size_of(ended);
  if (ended.status != appraise::Session::Status::failed && all <= bytes / 2) return;
  // Both: evidence of a type and without content would be a statement about somebody.
  std::string{}.swap(ended.evidence_type);
  Bytes{}.swap(ended.evidence);
}

std::unexpected<Error> other_corim(std::string_view id) { return fail(Errc::conflict, "", "different token with manifest ID {} already in store", quoted(id)); }
std::unexpected<Error> too_many_corims() { return fail_expecting(Errc::exhausted, "store", "full", fmt::format("at most {} CoRIMs", kMaxCorims)); }
std::unexpected<Error> no_policy(std::string_view uuid) { return fail(Errc::not_found, "", "no policy found with UUID {}", quoted(uuid)); }
std::unexpected<Error> other_policy(std::string_view uuid) { return fail(Errc::conflict, "", "there is a policy with UUID {} already", quoted(uuid)); }
std::unexpected<Error> too_many_policies() { return fail_expecting(Errc::exhausted, "policies", "full", fmt::format("at most {}", kMaxPolicies)); }
std::unexpected<Error> no_session(std::string_view tenant, std::string_view id) { return fail(Errc::not_found, "", "session not found for (id, tenant)=({}, {})", printable(id), printable(tenant)); }
std::unexpected<Error> other_session(std::string_view id) { return fail(Errc::conflict, "", "there is a session {} already", printable(id)); }
std::unexpected<Error> answered_before(std::string_view id) { return fail(Errc::conflict, "", "session {} was answered before: its nonce counts once", printable(id)); }
std::unexpected<Error> too_many_sessions(std::size_t count) { return fail(Errc::exhausted, "sessions", "{} are open; try again later", count); }

}  // namespace assay::store
