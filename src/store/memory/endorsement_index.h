// Endorsements in memory, with an index by scheme, implementation and instance: a look-up costs what is found, not what is stored.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "appraise/ports.h"

namespace assay::store {

inline constexpr std::size_t kMaxCorims = 1000000;  // of a tenant

class EndorsementIndex : public appraise::EndorsementStore {
 public:
  Result<Added> add(appraise::StoredCorim corim, appraise::Endorsements endorsements) override;
  Result<appraise::Endorsements> find(std::string_view tenant, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const override;
  Result<std::vector<appraise::StoredCorim>> list(std::string_view tenant) const override;
  Result<void> clear(std::string_view tenant) override;

  // What `add` would say, without adding.
  Result<Added> probe(const appraise::StoredCorim& corim) const;

 private:
  struct Entry {
    appraise::StoredCorim corim;
    appraise::Endorsements endorsements;
  };
  // A part of an entry: the number of an anchor, platform, realm, register or keyed value, by `kind`.
  enum class Kind : std::uint8_t { anchor,
                                   platform,
                                   realm,
                                   pcr,
                                   keyed };
  struct Part {
    std::shared_ptr<const Entry> entry;
    Kind kind = Kind::anchor;
    std::size_t index = 0;
  };
  struct Tenant {
    std::vector<std::shared_ptr<const Entry>> entries;
    std::unordered_map<std::string, std::shared_ptr<const Entry>> by_id;
    std::unordered_multimap<std::string, Part> parts;  // by scheme and id; by scheme alone what has no id
  };

  static void index(Tenant& tenant, const std::shared_ptr<const Entry>& entry);
  static Result<Added> compare(const Tenant& tenant, const appraise::StoredCorim& corim);

  mutable std::shared_mutex mutex_;
  std::map<std::string, Tenant, std::less<>> tenants_;
};

}  // namespace assay::store
