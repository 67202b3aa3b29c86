#include "store/memory/endorsement_index.h"

#include <mutex>
#include <set>

#include "crypto/crypto.h"
#include "store/memory/rules.h"

namespace assay::store {

using appraise::Endorsements;
using appraise::StoredCorim;
using appraise::TrustAnchor;
using Kind = PartTable::Kind;
using Part = PartTable::Part;

// Ids of different kinds may have the same bytes; what has no id is found by its scheme alone.
struct EndorsementIndex::Key {
  enum class Of : std::uint8_t { nothing,
                                 instance,
                                 implementation,
                                 realm,
                                 registers };
  std::string_view scheme;
  Of of = Of::nothing;
  ByteView id = {};

  bool operator==(const Key& other) const { return of == other.of && scheme == other.scheme && equal(id, other.id); }
  std::uint32_t hash() const {
    const std::size_t all = std::hash<std::string_view>{}(as_text(id)) + 0x9e3779b97f4a7c15U * (std::hash<std::string_view>{}(scheme) + static_cast<std::size_t>(of));
    return static_cast<std::uint32_t>(all ^ (all >> 32));
  }
};

Result<EndorsementIndex::Added> EndorsementIndex::add(StoredCorim corim, Endorsements endorsements) {
  TRY(check_names(corim));
  // The work is done before anybody has to wait.
  auto entry = std::make_shared<Entry>(Entry{std::move(corim), {}, std::move(endorsements.anchors), PackedReferences{std::move(endorsements.references)}});
  entry->digest = crypto::digest(crypto::Hash::sha256, entry->corim.bytes);
  if (keep_ == Keep::nothing) Bytes{}.swap(entry->corim.bytes);
  entry->anchors.shrink_to_fit();
  const std::unique_lock lock{mutex_};
  Tenant& tenant = tenants_[entry->corim.tenant];
  if (const auto found = tenant.by_id.find(entry->corim.id); found != tenant.by_id.end()) return found->second->digest == entry->digest ? Result<Added>{Added::known} : other_corim(entry->corim.id);
  if (tenant.entries.size() >= kMaxCorims) return too_many_corims();
  tenant.by_id.emplace(entry->corim.id, entry.get());
  tenant.entries.push_back(std::move(entry));
  index(tenant, static_cast<std::uint32_t>(tenant.entries.size() - 1));
  return Added::fresh;
}

void EndorsementIndex::index(Tenant& tenant, std::uint32_t number) {
  const Entry& entry = *tenant.entries[number];
  const auto put = [&](Kind kind, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const Part part{number, static_cast<std::uint32_t>(kind) & 0xfU, static_cast<std::uint32_t>(i) & 0xfffffffU};
      const Key key = key_of(tenant, part);
      tenant.parts.put(key.hash(), part, [&](Part other) { return key_of(tenant, other) == key; });
    }
  };
  put(Kind::anchor, entry.anchors.size());
  put(Kind::platform, entry.references.platforms());
  put(Kind::realm, entry.references.realms());
  put(Kind::pcr, entry.references.pcrs());
  put(Kind::keyed, entry.references.keyed());
}

EndorsementIndex::Key EndorsementIndex::key_of(const Tenant& tenant, Part part) {
  const Entry& entry = *tenant.entries[part.entry];
  const std::string_view scheme = entry.corim.scheme;
  switch (static_cast<Kind>(part.kind)) {
    case Kind::anchor: {
      const auto& id = entry.anchors[part.index].instance_id;
      return id ? Key{scheme, Key::Of::instance, *id} : Key{scheme};
    }
    case Kind::platform: return {scheme, Key::Of::implementation, entry.references.platform_id(part.index)};
    case Kind::realm: return {scheme, Key::Of::realm, entry.references.realm_id(part.index)};
    case Kind::pcr: return {scheme, Key::Of::registers, entry.references.pcr_id(part.index)};
    case Kind::keyed: break;
  }
  return {scheme};
}

void EndorsementIndex::take(const Tenant& tenant, const Key& key, UnixSeconds now, Endorsements& to) {
  const auto is_same = [&](Part part) { return key_of(tenant, part) == key; };
  tenant.parts.each(key.hash(), is_same, [&](Part part) {
    const Entry& entry = *tenant.entries[part.entry];
    if (!appraise::check_validity(entry.corim.validity, now)) return;
    switch (static_cast<Kind>(part.kind)) {
      case Kind::anchor: to.anchors.push_back(entry.anchors[part.index]); break;
      case Kind::platform: to.references.platforms.push_back(entry.references.platform(part.index)); break;
      case Kind::realm: to.references.realms.push_back(entry.references.realm(part.index)); break;
      case Kind::pcr: to.references.pcrs.push_back(entry.references.pcr(part.index)); break;
      case Kind::keyed: to.references.keyed.push_back(entry.references.keyed(part.index)); break;
    }
  });
}

Result<Endorsements> EndorsementIndex::find(std::string_view tenant_id, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const {
  const std::shared_lock lock{mutex_};
  Endorsements found;
  const auto at = tenants_.find(tenant_id);
  if (at == tenants_.end()) return found;
  const Tenant& tenant = at->second;
  const std::string_view name = scheme.name;
  take(tenant, {name, Key::Of::instance, identity.instance_id}, now, found);
  take(tenant, {name}, now, found);
  take(tenant, {name, Key::Of::implementation, identity.implementation_id}, now, found);
  take(tenant, {name, Key::Of::realm, identity.initial_measurement}, now, found);
  // TPMs: by the ids of the anchors found, or the evidence's own.
  std::set<Bytes> platforms{identity.instance_id};
  for (const TrustAnchor& anchor : found.anchors) {
    if (anchor.implementation_id) platforms.insert(*anchor.implementation_id);
  }
  for (const Bytes& id : platforms) take(tenant, {name, Key::Of::registers, id}, now, found);
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

Result<void> EndorsementIndex::visit(std::string_view tenant_id, const std::function<Result<void>(const StoredCorim&)>& visit) const {
  const auto entries = [&]() -> std::vector<std::shared_ptr<const Entry>> {
    const std::shared_lock lock{mutex_};
    const auto tenant = tenants_.find(tenant_id);
    return tenant != tenants_.end() ? tenant->second.entries : std::vector<std::shared_ptr<const Entry>>{};
  }();
  for (const auto& entry : entries) TRY(visit(entry->corim));
  return {};
}

Result<void> EndorsementIndex::clear(std::string_view tenant_id) {
  const std::unique_lock lock{mutex_};
  if (const auto tenant = tenants_.find(tenant_id); tenant != tenants_.end()) tenants_.erase(tenant);
  return {};
}

bool EndorsementIndex::has(std::string_view tenant_id, std::string_view id) const {
  const std::shared_lock lock{mutex_};
  const auto tenant = tenants_.find(tenant_id);
  return tenant != tenants_.end() && tenant->second.by_id.contains(id);
}

std::size_t EndorsementIndex::size(std::string_view tenant_id) const {
  const std::shared_lock lock{mutex_};
  const auto tenant = tenants_.find(tenant_id);
  return tenant != tenants_.end() ? tenant->second.entries.size() : 0;
}

}  // namespace assay::store
