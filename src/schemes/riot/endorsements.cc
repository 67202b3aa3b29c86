// CoRIM triples of the RIoT profile to the maker's certificates.
#include "appraise/triples.h"
#include "base/text.h"
#include "schemes/riot/scheme.h"

namespace assay::riot {
namespace {

constexpr std::string_view kVendor = "Veraison Project";
constexpr std::string_view kModel = "RIOT";

Result<appraise::TrustAnchor> anchor_of(const corim::KeyTriple& triple) {
  appraise::TrustAnchor anchor = TRY(appraise::maker_anchor(triple));
  if (anchor.maker->vendor != kVendor) return fail_expecting(Errc::invalid, "", fmt::format("vendor must be \"{}\"", kVendor), "that, not " + quoted(anchor.maker->vendor));
  if (anchor.maker->model != kModel) return fail_expecting(Errc::invalid, "", fmt::format("model must be \"{}\"", kModel), "that, not " + quoted(anchor.maker->model));
  return anchor;
}

}  // namespace

Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to) {
  const corim::Triples& triples = input.comid.triples;
  if (!triples.reference_values.empty()) return fail_expecting(Errc::invalid, fmt::format("CoMID {}", input.index), "found reference values (disallowed by scheme)", "certificates only");
  appraise::Restrictions restrictions{input, to};
  TRY(appraise::take_anchors(input, {anchor_of, {"vendor", "model"}}, restrictions, to));
  restrictions.report();
  appraise::warn_of_other_triples(input, to);
  return {};
}

}  // namespace assay::riot
