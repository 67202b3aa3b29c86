#include "appraise/endorsements.h"

#include <algorithm>

#include "appraise/scheme.h"
#include "base/text.h"
#include "model/corim/text.h"
#include "model/corim/validate.h"

namespace assay::appraise {
namespace {

const Scheme* scheme_of_profile(std::string_view profile, std::span<const Scheme* const> schemes);
Result<void> check_validity(const corim::Corim& corim, UnixSeconds now);
void warn_of_the_rest(const corim::Corim& corim, Endorsements& to, std::string_view origin);

}  // namespace

Result<void> add_corim(const corim::Corim& corim, std::string_view origin, std::span<const Scheme* const> schemes, UnixSeconds now, Endorsements& to) {
  if (!corim.profile) return fail_expecting(Errc::missing, origin, "no profile information set in CoRIM", "one of a scheme (assay describe)");
  const std::string profile = corim::to_text(*corim.profile);
  const Scheme* scheme = scheme_of_profile(profile, schemes);
  if (scheme == nullptr) return fail_expecting(Errc::unsupported, origin, "profile " + quoted(profile), "one of a scheme of this build (assay describe)");
  TRY(within(origin, check_validity(corim, now)));
  TRY(within(origin, corim::first_error(corim::validate(corim))));
  Endorsements all = to;
  warn_of_the_rest(corim, all, origin);
  for (std::size_t i = 0; i < corim.tags.size(); ++i) {
    if (corim.tags[i].kind != corim::TagKind::comid) {
      all.warnings.push_back(fmt::format("{}: tag {} is a {}, which no scheme uses", origin, i, corim.tags[i].kind == corim::TagKind::coswid ? "CoSWID" : "store of trust anchors"));
      continue;
    }
    const std::string where = fmt::format("{}: CoMID {}", origin, i);
    const corim::Comid comid = TRY(within(where, corim::read_comid(corim.tags[i].content)));
    TRY(within(where, corim::first_error(corim::validate(comid))));
    TRY(within(origin, scheme->take_comid({comid, i, profile, std::string{origin}, corim.generation}, all)));
  }
  to = std::move(all);
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

Result<void> check_validity(const corim::Corim& corim, UnixSeconds now) {
  if (!corim.validity) return {};
  const auto& [begin, end] = *corim.validity;
  if (begin && now < *begin) return fail_expecting(Errc::stale, "validity", "not valid before " + to_rfc3339(*begin), fmt::format("a time like {}", to_rfc3339(now)));
  if (now > end) return fail_expecting(Errc::stale, "validity", "not valid after " + to_rfc3339(end), fmt::format("a time like {}", to_rfc3339(now)));
  return {};
}

void warn_of_the_rest(const corim::Corim& corim, Endorsements& to, std::string_view origin) {
  if (corim.dependent_rims && !corim.dependent_rims->empty()) to.warnings.push_back(fmt::format("{}: it depends on other CoRIMs, which were not looked for", origin));
}

}  // namespace
}  // namespace assay::appraise
