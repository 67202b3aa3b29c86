#include "model/corim/merge.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "model/corim/cots.h"
#include "model/corim/text.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

struct Named {
  TagId id;
  std::int64_t version = 0;
  auto operator<=>(const Named&) const = default;
};

// What was put together so far. Each tag is looked up, not compared with all before it.
struct Merged {
  Corim corim;
  std::set<std::pair<TagKind, Bytes>> tags = {};
  std::map<std::pair<TagKind, Named>, std::size_t> by_name = {};  // the first of that name in `corim.tags`
};

Result<void> add_tags(const Corim& from, Merged& to);
Result<void> add_unknown_members(const Unknowns& from, Unknowns& to);
Result<std::optional<Named>> name_of(const Tag& tag);
bool say_the_same(const Tag& one, const Tag& other);
Result<void> narrow(const std::optional<Validity>& validity, Corim& to);
std::string id_text(const TagId& id);

template <class T>
std::string encoded(const T& one, void (*write)(cbor::Writer&, const T&)) {
  cbor::Writer out;
  write(out, one);
  return to_string(out.view());
}

// Those of `from` that `to` does not have.
template <class T>
void add_new(const std::vector<T>& from, std::vector<T>& to, void (*write)(cbor::Writer&, const T&)) {
  std::set<std::string> there;
  for (const T& one : to) there.insert(encoded(one, write));
  for (const T& one : from) {
    if (there.insert(encoded(one, write)).second) to.push_back(one);
  }
}

void write_locator_key(cbor::Writer& out, const Locator& locator) {
  for (const std::string& href : locator.hrefs) write_uri(out, href);
  write_digests(out, locator.thumbprints);
  for (const Unknown& one : locator.unknown) out.integer(one.key).raw(one.item);
}

}  // namespace

Result<Corim> merge(const std::vector<Corim>& corims, const std::optional<TagId>& id) {
  if (corims.empty()) return fail_expecting(Errc::usage, "merge", "nothing to merge", "at least one CoRIM");
  Merged merged{corims.front()};
  Corim& all = merged.corim;
  all.tags.clear();
  if (id) all.id = *id;
  for (std::size_t i = 0; i < corims.size(); ++i) {
    const Corim& one = corims[i];
    const std::string where = fmt::format("CoRIM {}", i);
    if (one.profile != all.profile) {
      const auto shown = [](const std::optional<Profile>& profile) { return profile ? quoted(to_text(*profile)) : std::string{"no profile"}; };
      return fail_expecting(Errc::mismatch, where, shown(one.profile), shown(all.profile) + ", as the first has");
    }
    TRY(within(where, add_tags(one, merged)));
    TRY(within(where, narrow(one.validity, all)));
    TRY(within(where, add_unknown_members(one.unknown, all.unknown)));
    if (i == 0) continue;
    add_new(one.entities, all.entities, write_entity);
    if (one.dependent_rims) {
      if (!all.dependent_rims) all.dependent_rims.emplace();
      add_new(*one.dependent_rims, *all.dependent_rims, write_locator_key);
    }
  }
  return std::move(merged.corim);
}

namespace {

// A tag id and a version name one content.
Result<void> add_tags(const Corim& from, Merged& to) {
  for (const Tag& tag : from.tags) {
    if (!to.tags.emplace(tag.kind, tag.content).second) continue;
    if (const auto name = TRY(name_of(tag))) {
      const auto [there, is_new] = to.by_name.try_emplace({tag.kind, *name}, to.corim.tags.size());
      if (!is_new && !say_the_same(tag, to.corim.tags[there->second])) {
        return fail_expecting(Errc::conflict, title(tag.kind), fmt::format("two that differ under tag id {}, version {}", quoted(id_text(name->id)), name->version), "another tag id or version");
      }
    }
    to.corim.tags.push_back(tag);
  }
  return {};
}

Result<void> add_unknown_members(const Unknowns& from, Unknowns& to) {
  std::map<std::int64_t, Bytes> there;
  for (const Unknown& one : to) there.emplace(one.key, one.item);
  for (const Unknown& one : from) {
    const auto [other, is_new] = there.emplace(one.key, one.item);
    if (!is_new && other->second != one.item) return fail_expecting(Errc::conflict, "", fmt::format("two members {} that differ", one.key), "one, as nobody here knows what it means");
    if (is_new) to.push_back(one);
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
