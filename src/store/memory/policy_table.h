// Policies in memory.
#pragma once

#include <mutex>

#include "appraise/ports.h"

namespace assay::store {

class PolicyTable : public appraise::PolicyStore {
 public:
  Result<void> add(appraise::StoredPolicy policy) override;
  Result<std::vector<appraise::StoredPolicy>> policies(std::string_view tenant, std::string_view scheme) const override;
  Result<std::optional<appraise::StoredPolicy>> active_policy(std::string_view tenant, std::string_view scheme) const override;
  Result<void> activate(std::string_view tenant, std::string_view scheme, std::string_view uuid) override;
  Result<void> deactivate(std::string_view tenant, std::string_view scheme) override;
  Result<void> clear_policies(std::string_view tenant) override;

 private:
  mutable std::mutex mutex_;
  std::vector<appraise::StoredPolicy> all_;  // oldest first
};

}  // namespace assay::store
