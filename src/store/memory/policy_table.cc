#include "store/memory/policy_table.h"

#include <algorithm>

#include "store/memory/rules.h"

namespace assay::store {

using appraise::StoredPolicy;

Result<void> PolicyTable::add(StoredPolicy policy) {
  TRY(check_names(policy));
  const std::scoped_lock lock{mutex_};
  const auto is_same = [&](const StoredPolicy& one) { return one.tenant == policy.tenant && one.scheme == policy.scheme && one.uuid == policy.uuid; };
  if (std::ranges::any_of(all_, is_same)) return other_policy(policy.uuid);
  if (static_cast<std::size_t>(std::ranges::count(all_, policy.tenant, &StoredPolicy::tenant)) >= kMaxPolicies) return too_many_policies();
  policy.active = false;
  all_.push_back(std::move(policy));
  return {};
}

Result<std::vector<StoredPolicy>> PolicyTable::policies(std::string_view tenant, std::string_view scheme) const {
  const std::scoped_lock lock{mutex_};
  std::vector<StoredPolicy> found;
  std::ranges::copy_if(all_, std::back_inserter(found), [&](const StoredPolicy& one) { return one.tenant == tenant && (scheme.empty() || one.scheme == scheme); });
  return found;
}

Result<std::optional<StoredPolicy>> PolicyTable::active_policy(std::string_view tenant, std::string_view scheme) const {
  const std::scoped_lock lock{mutex_};
  const auto found = std::ranges::find_if(all_, [&](const StoredPolicy& one) { return one.active && one.tenant == tenant && one.scheme == scheme; });
  return found == all_.end() ? std::optional<StoredPolicy>{} : *found;
}

Result<void> PolicyTable::activate(std::string_view tenant, std::string_view scheme, std::string_view uuid) {
  const std::scoped_lock lock{mutex_};
  const auto is_of = [&](const StoredPolicy& one) { return one.tenant == tenant && one.scheme == scheme; };
  const bool is_there = std::ranges::any_of(all_, [&](const StoredPolicy& one) { return is_of(one) && one.uuid == uuid; });
  if (!is_there) return no_policy(uuid);
  for (StoredPolicy& one : all_) {
    if (is_of(one)) one.active = one.uuid == uuid;
  }
  return {};
}

Result<void> PolicyTable::deactivate(std::string_view tenant, std::string_view scheme) {
  const std::scoped_lock lock{mutex_};
  for (StoredPolicy& one : all_) {
    if (one.tenant == tenant && one.scheme == scheme) one.active = false;
  }
  return {};
}

Result<void> PolicyTable::clear_policies(std::string_view tenant) {
  const std::scoped_lock lock{mutex_};
  std::erase_if(all_, [&](const StoredPolicy& one) { return one.tenant == tenant; });
  return {};
}

}  // namespace assay::store
