// Endorsements in memory, with an index by scheme, implementation and instance: a look-up costs what is found, not what is stored.
// What a stored reference value costs is told in docs/performance.md.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "appraise/ports.h"
#include "store/memory/packed_references.h"
#include "store/memory/part_table.h"

namespace assay::store {

class EndorsementIndex : public appraise::EndorsementStore {
 public:
  // Whether the bytes of the CoRIMs are kept, too. Where a database has them, they are not, and what `list` answers has none.
  enum class Keep { bytes,
                    nothing };
  explicit EndorsementIndex(Keep keep = Keep::bytes) : keep_{keep} {}

  Result<Added> add(appraise::StoredCorim corim, appraise::Endorsements endorsements) override;
  Result<appraise::Endorsements> find(std::string_view tenant, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const override;
  Result<std::vector<appraise::StoredCorim>> list(std::string_view tenant) const override;
  // As it is at first, whatever becomes of it meanwhile; nobody waits for that.
  Result<void> visit(std::string_view tenant, const std::function<Result<void>(const appraise::StoredCorim&)>& visit) const override;
  Result<void> clear(std::string_view tenant) override;

  // Whether a CoRIM of that id is there.
  bool has(std::string_view tenant, std::string_view id) const;
  std::size_t size(std::string_view tenant) const;

 private:
  struct Entry {
    appraise::StoredCorim corim;
    Bytes digest;
    appraise::TrustAnchors anchors;
    PackedReferences references;
  };
  struct Tenant {
    std::vector<std::shared_ptr<const Entry>> entries;
    std::unordered_map<std::string_view, const Entry*> by_id;
    PartTable parts;
  };
  struct Key;

  static void index(Tenant& tenant, std::uint32_t number);
  static Key key_of(const Tenant& tenant, PartTable::Part part);
  static void take(const Tenant& tenant, const Key& key, UnixSeconds now, appraise::Endorsements& to);

  Keep keep_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Tenant, std::less<>> tenants_;
};

}  // namespace assay::store
