#include "model/corim/merge.h"

#include <algorithm>

#include "base/text.h"
#include "model/corim/cots.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

Result<void> add_tags(const Corim& from, Corim& to);
struct Named {
  TagId id;
  std::int64_t version;
};
Result<std::optional<Named>> name_of(const Tag& tag);
Result<void> check_conflict(const Tag& tag, const Corim& to);
bool say_the_same(const Tag& one, const Tag& other);
std::string_view title(TagKind kind) { return kind == TagKind::comid ? "CoMID" : kind == TagKind::cots ? "CoTS"
                                                                                                       : "CoSWID"; }
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
    TRY(check_conflict(tag, to));
    to.tags.push_back(tag);
  }
  return {};
}

// A tag id and a version name one content.
Result<void> check_conflict(const Tag& tag, const Corim& to) {
  const auto name = TRY(name_of(tag));
  if (!name) return {};
  for (const Tag& there : to.tags) {
    if (there.kind != tag.kind) continue;
    const auto other = TRY(name_of(there));
    if (!other || other->id != name->id || other->version != name->version || say_the_same(tag, there)) continue;
    return fail_expecting(Errc::conflict, title(tag.kind), fmt::format("two that differ under tag id {}, version {}", quoted(id_text(name->id)), name->version), "another tag id or version");
  }
  return {};
}

// A CoTS needs none; what a trust list has is not looked into.
Result<std::optional<Named>> name_of(const Tag& tag) {
  std::optional<Named> name;
  const auto take = [&](const TagIdentity& identity) { name = Named{identity.id, static_cast<std::int64_t>(identity.version)}; };
  if (tag.kind == TagKind::comid) take(TRY(read_comid(tag.content)).identity);
  if (tag.kind == TagKind::cots) {
    const Cots cots = TRY(read_cots(tag.content));
    if (cots.identity) take(*cots.identity);
  }
  if (tag.kind != TagKind::coswid) return name;
  const Coswid coswid = TRY(read_coswid(tag.content));
  Named found{{}, 0};
  for (const SwidMember& member : coswid.tag.members) {  // RFC 9393: 0 tag-id, 12 tag-version
    if (const auto* uuid = std::get_if<Uuid>(&member.value); uuid != nullptr && member.key == 0) found.id = *uuid;
    if (const auto* text = std::get_if<std::string>(&member.value); text != nullptr && member.key == 0) found.id = *text;
    if (const auto* number = std::get_if<std::int64_t>(&member.value); number != nullptr && member.key == 12) found.version = *number;
  }
  return found;
}

// Of one kind, and readable.
bool say_the_same(const Tag& one, const Tag& other) {
  switch (one.kind) {
    case TagKind::comid: return *read_comid(one.content) == *read_comid(other.content);
    case TagKind::cots: return *read_cots(one.content) == *read_cots(other.content);
    case TagKind::coswid: return *read_coswid(one.content) == *read_coswid(other.content);
    case TagKind::trust_list: break;
  }
  return one == other;
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
