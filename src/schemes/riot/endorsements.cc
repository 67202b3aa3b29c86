// CoRIM triples of the RIoT profile to the maker's certificates.
#include "appraise/restrictions.h"
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
  for (std::size_t i = 0; i < triples.attest_keys.size(); ++i) {
    appraise::TrustAnchor anchor = TRY(within(fmt::format("CoMID {}: attestation key {}", input.index, i), anchor_of(triples.attest_keys[i])));
    anchor.origin = appraise::origin_of(input, "attestation key", i);
    if (restrictions.allows_key(triples.attest_keys[i], anchor.origin)) to.anchors.push_back(std::move(anchor));
  }
  restrictions.report();
  appraise::warn_of_other_triples(input, to);
  return {};
}

}  // namespace assay::riot
