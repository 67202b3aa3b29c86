#include "model/corim/merge.h"

#include <algorithm>

#include "base/text.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

Result<void> add_tags(const Corim& from, Corim& to);
Result<void> check_conflict(const Comid& comid, const Corim& to);
Result<void> narrow(const std::optional<Validity>& validity, Corim& to);
std::string id_text(const TagId& id);

template <class T>
void add_new(const std::vector<T>& from, std::vector<T>& to) {
  for (const T& one : from) {
    if (std::ranges::find(to, one) == to.end()) to.push_back(one);
  }
}

}  // namespace

Result<Corim> merge(const std::vector<Corim>& corims) {
  if (corims.empty()) return fail_expecting(Errc::usage, "merge", "nothing to merge", "at least one CoRIM");
  Corim all = corims.front();
  all.tags.clear();
  for (std::size_t i = 0; i < corims.size(); ++i) {
    const Corim& one = corims[i];
    const std::string where = fmt::format("CoRIM {}", i);
    if (one.profile != all.profile) {
      const auto shown = [](const std::optional<Profile>& profile) { return profile ? quoted(to_text(*profile)) : std::string{"no profile"}; };
      return fail_expecting(Errc::mismatch, where, shown(one.profile), shown(all.profile) + ", as the first has");
    }
    TRY(within(where, add_tags(one, all)));
    TRY(within(where, narrow(one.validity, all)));
    add_new(one.entities, all.entities);
    if (one.dependent_rims) {
      if (!all.dependent_rims) all.dependent_rims.emplace();
      add_new(*one.dependent_rims, *all.dependent_rims);
    }
  }
  return all;
}

namespace {

Result<void> add_tags(const Corim& from, Corim& to) {
  for (const Tag& tag : from.tags) {
    if (std::ranges::find(to.tags, tag) != to.tags.end()) continue;
    if (tag.kind == TagKind::comid) TRY(check_conflict(TRY(read_comid(tag.content)), to));
    to.tags.push_back(tag);
  }
  return {};
}

// A tag id and a version name one content.
Result<void> check_conflict(const Comid& comid, const Corim& to) {
  for (const Tag& tag : to.tags) {
    if (tag.kind != TagKind::comid) continue;
    const Comid other = TRY(read_comid(tag.content));
    if (other.identity.id != comid.identity.id || other.identity.version != comid.identity.version || other == comid) continue;
    return fail_expecting(Errc::conflict, "CoMID", fmt::format("two that differ under tag id {}, version {}", quoted(id_text(comid.identity.id)), comid.identity.version), "another tag id or version");
  }
  return {};
}

Result<void> narrow(const std::optional<Validity>& validity, Corim& to) {
  if (!validity) return {};
  if (!to.validity) {
    to.validity = validity;
    return {};
  }
  if (validity->not_before) to.validity->not_before = std::max(to.validity->not_before.value_or(*validity->not_before), *validity->not_before);
  to.validity->not_after = std::min(to.validity->not_after, validity->not_after);
  if (to.validity->not_before && *to.validity->not_before > to.validity->not_after) return fail_expecting(Errc::invalid, "validity", "there is no time at which all are valid", "validities that overlap");
  return {};
}

std::string id_text(const TagId& id) {
  if (const auto* uuid = std::get_if<Uuid>(&id)) return to_text(*uuid);
  return std::get<std::string>(id);
}

}  // namespace
}  // namespace assay::corim
