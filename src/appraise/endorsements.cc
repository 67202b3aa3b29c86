#include "appraise/endorsements.h"

#include <algorithm>

#include "appraise/scheme.h"
#include "base/text.h"
#include "model/corim/text.h"
#include "model/corim/validate.h"

namespace assay::appraise {
namespace {

const Scheme* scheme_of_profile(std::string_view profile, std::span<const Scheme* const> schemes);
void note_tag(const corim::Comid& comid, ByteView bytes, const std::string& origin, const Endorsements& before, Endorsements& to);
void append(Endorsements from, Endorsements& to);
void warn_of_the_rest(const corim::Corim& corim, Endorsements& to, std::string_view origin);

}  // namespace

Result<void> add_corim(const corim::Corim& corim, std::string_view origin, std::span<const Scheme* const> schemes, UnixSeconds now, Endorsements& to, Rule rule) {
  if (!corim.profile) return fail_expecting(Errc::missing, origin, "no profile information set in CoRIM", "one of a scheme (assay describe)");
  const std::string profile = corim::to_text(*corim.profile);
  const Scheme* scheme = scheme_of_profile(profile, schemes);
  if (scheme == nullptr) return fail_expecting(Errc::unsupported, origin, "profile " + quoted(profile), "one of a scheme of this build (assay describe)");
  TRY(within(origin, within("validity", check_validity(corim.validity, now))));
  TRY(within(origin, corim::first_error(corim::validate(corim))));
  Endorsements mine;
  warn_of_the_rest(corim, mine, origin);
  for (std::size_t i = 0; i < corim.tags.size(); ++i) {
    if (corim.tags[i].kind != corim::TagKind::comid) {
      mine.warnings.push_back(fmt::format("{}: tag {} is a {}, which no scheme uses", origin, i, corim.tags[i].kind == corim::TagKind::coswid ? "CoSWID" : "store of trust anchors"));
      continue;
    }
    const std::string where = fmt::format("{}: CoMID {}", origin, i);
    const corim::Comid comid = TRY(within(where, corim::read_comid(corim.tags[i].content)));
    TRY(within(where, corim::first_error(corim::validate(comid))));
    note_tag(comid, corim.tags[i].content, where, to, mine);
    TRY(within(origin, scheme->take_comid({comid, i, profile, std::string{origin}, corim.generation, rule}, mine)));
  }
  for (TrustAnchor& anchor : mine.anchors) anchor.scheme = scheme->name;
  for (PlatformReference& platform : mine.references.platforms) platform.scheme = scheme->name;
  for (RealmReference& realm : mine.references.realms) realm.scheme = scheme->name;
  for (PcrReference& pcr : mine.references.pcrs) pcr.scheme = scheme->name;
  for (KeyedReference& keyed : mine.references.keyed) keyed.scheme = scheme->name;
  append(std::move(mine), to);
  return {};
}

Result<void> check_validity(const std::optional<corim::Validity>& validity, UnixSeconds now) {
  if (!validity) return {};
  const auto& [begin, end] = *validity;
  if (begin && now < *begin) return fail(Errc::stale, "", "not valid before {}, and it is {}", to_rfc3339(*begin), to_rfc3339(now));
  if (now > end) return fail(Errc::stale, "", "not valid after {}, and it is {}", to_rfc3339(end), to_rfc3339(now));
  return {};
}

std::string store_key(std::string_view attestation_scheme, ByteView first, const std::optional<Bytes>& second) {
  std::string key = fmt::format("{}://0/{}", attestation_scheme, to_base64(first));
  if (second) key += "/" + to_base64(*second);
  return key;
}

std::string store_key(std::string_view attestation_scheme, const corim::Uuid& id) { return fmt::format("{}://0/{}", attestation_scheme, corim::to_text(id)); }

namespace {

const Scheme* scheme_of_profile(std::string_view profile, std::span<const Scheme* const> schemes) {
  for (const Scheme* scheme : schemes) {
    if (std::ranges::find(scheme->corim_profiles, profile) != scheme->corim_profiles.end()) return scheme;
  }
  return nullptr;
}

// Compared is what they say, not in which wire generation.
void note_tag(const corim::Comid& comid, ByteView bytes, const std::string& origin, const Endorsements& before, Endorsements& to) {
  auto canonical = corim::write_comid(comid, corim::Generation::a);
  if (!canonical) canonical = corim::write_comid(comid, corim::Generation::d);
  Bytes digest = crypto::digest(crypto::Hash::sha256, canonical ? ByteView{*canonical} : bytes);
  const auto* text = std::get_if<std::string>(&comid.identity.id);
  const std::string id = text != nullptr ? quoted(*text) : corim::to_text(std::get<corim::Uuid>(comid.identity.id));
  const std::string key = fmt::format("{} {}", comid.identity.version, text != nullptr ? '"' + *text : id);
  const Endorsements::Tag* other = nullptr;
  if (const auto found = before.tags.find(key); found != before.tags.end()) other = &found->second;
  else if (const auto own = to.tags.find(key); own != to.tags.end()) other = &own->second;
  if (other == nullptr) to.tags.emplace(key, Endorsements::Tag{std::move(digest), origin});
  else if (other->digest != digest) to.warnings.push_back(fmt::format("{}: it has the id {} and the version {} of {}, but says something else; both are used", origin, id, comid.identity.version, other->origin));
}

void append(Endorsements from, Endorsements& to) {
  std::ranges::move(from.anchors, std::back_inserter(to.anchors));
  append(std::move(from.references), to.references);
  std::ranges::move(from.warnings, std::back_inserter(to.warnings));
  std::ranges::move(from.notes, std::back_inserter(to.notes));
  to.tags.merge(from.tags);
}

void warn_of_the_rest(const corim::Corim& corim, Endorsements& to, std::string_view origin) {
  if (corim.dependent_rims && !corim.dependent_rims->empty()) to.warnings.push_back(fmt::format("{}: it depends on other CoRIMs, which were not looked for", origin));
}

}  // namespace
}  // namespace assay::appraise
