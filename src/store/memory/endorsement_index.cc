#include "store/memory/endorsement_index.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "base/text.h"

namespace assay::store {
namespace {

using appraise::Endorsements;
using appraise::StoredCorim;

// Ids of different kinds may have the same bytes.
std::string key_of(std::string_view scheme, char kind, ByteView id) { return fmt::format("{} {}", scheme, kind) + to_string(id); }
std::string key_without_id(std::string_view scheme) { return std::string{scheme}; }
bool is_valid(const StoredCorim& corim, UnixSeconds now) { return appraise::check_validity(corim.validity, now).has_value(); }

}  // namespace

Result<EndorsementIndex::Added> EndorsementIndex::add(StoredCorim corim, Endorsements endorsements) {
  const std::unique_lock lock{mutex_};
  Tenant& tenant = tenants_[corim.tenant];
  if (const Added added = TRY(compare(tenant, corim)); added == Added::known) return added;
  if (tenant.entries.size() >= kMaxCorims) return fail_expecting(Errc::exhausted, "store", "full", fmt::format("at most {} CoRIMs", kMaxCorims));
  const auto entry = std::make_shared<const Entry>(Entry{std::move(corim), std::move(endorsements)});
  tenant.entries.push_back(entry);
  tenant.by_id.emplace(entry->corim.id, entry);
  index(tenant, entry);
  return Added::fresh;
}

Result<EndorsementIndex::Added> EndorsementIndex::probe(const StoredCorim& corim) const {
  const std::shared_lock lock{mutex_};
  const auto tenant = tenants_.find(corim.tenant);
  return tenant == tenants_.end() ? Result<Added>{Added::fresh} : compare(tenant->second, corim);
}

Result<EndorsementIndex::Added> EndorsementIndex::compare(const Tenant& tenant, const StoredCorim& corim) {
  const auto found = tenant.by_id.find(corim.id);
  if (found == tenant.by_id.end()) return Added::fresh;
  if (found->second->corim.bytes == corim.bytes) return Added::known;
  return fail(Errc::conflict, "", "different token with manifest ID {} already in store", quoted(corim.id));
}

void EndorsementIndex::index(Tenant& tenant, const std::shared_ptr<const Entry>& entry) {
  const Endorsements& all = entry->endorsements;
  const std::string_view scheme = entry->corim.scheme;
  const auto put = [&](std::string key, Kind kind, std::size_t i) { tenant.parts.emplace(std::move(key), Part{entry, kind, i}); };
  for (std::size_t i = 0; i < all.anchors.size(); ++i) put(all.anchors[i].instance_id ? key_of(scheme, 'i', *all.anchors[i].instance_id) : key_without_id(scheme), Kind::anchor, i);
  for (std::size_t i = 0; i < all.references.platforms.size(); ++i) put(key_of(scheme, 'p', all.references.platforms[i].implementation_id), Kind::platform, i);
  for (std::size_t i = 0; i < all.references.realms.size(); ++i) put(key_of(scheme, 'r', all.references.realms[i].initial_measurement), Kind::realm, i);
  for (std::size_t i = 0; i < all.references.pcrs.size(); ++i) put(key_of(scheme, 't', all.references.pcrs[i].platform_id), Kind::pcr, i);
  for (std::size_t i = 0; i < all.references.keyed.size(); ++i) put(key_without_id(scheme), Kind::keyed, i);
}

Result<Endorsements> EndorsementIndex::find(std::string_view tenant_id, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const {
  const std::shared_lock lock{mutex_};
  Endorsements found;
  const auto tenant = tenants_.find(tenant_id);
  if (tenant == tenants_.end()) return found;
  const auto take = [&](const std::string& key) {
    const auto [begin, end] = tenant->second.parts.equal_range(key);
    for (auto at = begin; at != end; ++at) {
      const Part& part = at->second;
      if (!is_valid(part.entry->corim, now)) continue;
      const Endorsements& all = part.entry->endorsements;
      switch (part.kind) {
        case Kind::anchor: found.anchors.push_back(all.anchors[part.index]); break;
        case Kind::platform: found.references.platforms.push_back(all.references.platforms[part.index]); break;
        case Kind::realm: found.references.realms.push_back(all.references.realms[part.index]); break;
        case Kind::pcr: found.references.pcrs.push_back(all.references.pcrs[part.index]); break;
        case Kind::keyed: found.references.keyed.push_back(all.references.keyed[part.index]); break;
      }
    }
  };
  take(key_of(scheme.name, 'i', identity.instance_id));
  take(key_without_id(scheme.name));
  take(key_of(scheme.name, 'p', identity.implementation_id));
  take(key_of(scheme.name, 'r', identity.initial_measurement));
  // TPMs: by the ids of the anchors found, or the evidence's own.
  std::set<Bytes> platforms{identity.instance_id};
  for (const appraise::TrustAnchor& anchor : found.anchors) {
    if (anchor.implementation_id) platforms.insert(*anchor.implementation_id);
  }
  for (const Bytes& id : platforms) take(key_of(scheme.name, 't', id));
  return found;
}

Result<std::vector<StoredCorim>> EndorsementIndex::list(std::string_view tenant_id) const {
  const std::shared_lock lock{mutex_};
  std::vector<StoredCorim> all;
  const auto tenant = tenants_.find(tenant_id);
  if (tenant == tenants_.end()) return all;
  for (const auto& entry : tenant->second.entries) all.push_back(entry->corim);
  return all;
}

Result<void> EndorsementIndex::clear(std::string_view tenant_id) {
  const std::unique_lock lock{mutex_};
  if (const auto tenant = tenants_.find(tenant_id); tenant != tenants_.end()) tenants_.erase(tenant);
  return {};
}

}  // namespace assay::store
