// What every home of a store refuses, and in which words: one place, so that they cannot differ.
#pragma once

#include "appraise/ports.h"

namespace assay::store {

inline constexpr std::size_t kMaxName = 255;        // bytes of a tenant, a scheme, a UUID
inline constexpr std::size_t kMaxCorims = 1000000;  // of a tenant
inline constexpr std::size_t kMaxPolicies = 10000;  // of a tenant
inline constexpr std::size_t kMaxSessions = 100000;

struct SessionLimits {
  std::size_t count = kMaxSessions;                    // that are open
  std::size_t bytes = std::size_t{256} * 1024 * 1024;  // of all their evidence and results
};
// What is kept of a session that ends, where others hold `held` bytes: its status always. Evidence has no more than half of the room, so
// that nobody's evidence takes the place of results; that of a failed session, which anybody may send, has none.
void trim(appraise::Session& ended, std::size_t held, std::size_t bytes);
std::size_t size_of(const appraise::Session& session);

// Fail with `limit` where a name is too long to be part of a key.
Result<void> check_names(const appraise::StoredCorim& corim);
Result<void> check_names(const appraise::StoredPolicy& policy);
Result<void> check_names(const appraise::Session& session);

std::unexpected<Error> other_corim(std::string_view id);
std::unexpected<Error> too_many_corims();
std::unexpected<Error> no_policy(std::string_view uuid);
std::unexpected<Error> other_policy(std::string_view uuid);
std::unexpected<Error> too_many_policies();
std::unexpected<Error> no_session(std::string_view tenant, std::string_view id);
std::unexpected<Error> other_session(std::string_view id);
std::unexpected<Error> answered_before(std::string_view id);
std::unexpected<Error> too_many_sessions(std::size_t count);

}  // namespace assay::store
