// Any bytes as a CoMID of the profile, in both dialects: what is taken has what look-ups need.
#include "schemes/snp/scheme.h"
#include "testing/fuzz.h"

namespace appraise = assay::appraise;
namespace corim = assay::corim;

void fuzz(assay::ByteView bytes) {
  const auto comid = corim::read_comid(bytes);
  if (!comid) return;
  for (const corim::Generation generation : {corim::Generation::a, corim::Generation::d}) {
    appraise::Endorsements all;
    if (!assay::snp::take_comid({*comid, 0, assay::snp::kCorim, "fuzz", generation}, all)) continue;
    for (const auto& anchor : all.anchors) ASSAY_CHECK(anchor.instance_id.has_value() != anchor.maker.has_value());
    for (const auto& one : all.references.pcrs) ASSAY_CHECK(one.platform_id.size() == 16);
  }
}
