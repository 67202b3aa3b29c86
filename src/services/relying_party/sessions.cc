#include <algorithm>

#include "base/text.h"
#include "net/url.h"
#include "services/challenge/challenge_client.h"
#include "services/relying_party/relying_party.h"

namespace assay::relying_party {
namespace {

constexpr std::string_view kSessions = "/challenge-response/v1/session/";
constexpr std::size_t kLongestId = 128;

bool is_id(std::string_view text) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= kLongestId && std::ranges::all_of(text, is_plain);
}

}  // namespace

bool Sessions::remember(const std::string& id, Bytes nonce, UnixSeconds now) {
  const std::scoped_lock lock{mutex_};
  if (all_.size() >= kMaxSessions) std::erase_if(all_, [&](const auto& one) { return one.second.until <= now; });
  if (all_.size() >= kMaxSessions && !all_.contains(id)) return false;
  all_.insert_or_assign(id, Entry{std::move(nonce), now + kSessionLife});
  return true;
}

std::optional<Bytes> Sessions::nonce(const std::string& id, UnixSeconds now) {
  const std::scoped_lock lock{mutex_};
  const auto found = all_.find(id);
  if (found == all_.end() || found->second.until <= now) return {};
  return found->second.nonce;
}

void Sessions::forget(const std::string& id) {
  const std::scoped_lock lock{mutex_};
  all_.erase(id);
}

std::optional<std::string> session_id(std::string_view path) {
  if (!path.starts_with(kSessions) || !is_id(path.substr(kSessions.size()))) return {};
  return std::string{path.substr(kSessions.size())};
}

Result<std::string> session_id_of(std::string_view verifier, std::string_view location) {
  const std::string base = fmt::format("{}{}", verifier, challenge::kNewSessionPath);
  const std::string url = TRY(net::resolve_url(base, location));
  const std::string expected = fmt::format("{}{}", verifier, kSessions);
  if (!url.starts_with(expected) || !is_id(std::string_view{url}.substr(expected.size()))) return fail_expecting(Errc::malformed, "Location", quoted(location), "a session of this verifier");
  return url.substr(expected.size());
}

}  // namespace assay::relying_party
