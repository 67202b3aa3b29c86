// For fuzz targets of schemes: any bytes as a CoMID of a profile, in both dialects. What is taken has what look-ups need.
#pragma once

#include "appraise/endorsements.h"

namespace assay::appraise {

inline void fuzz_comid(ByteView bytes, std::string_view profile, Result<void> (*take_comid)(const ComidInput&, Endorsements&)) {
  const auto comid = corim::read_comid(bytes);
  if (!comid) return;
  for (const corim::Generation generation : {corim::Generation::a, corim::Generation::d}) {
    for (const Rule rule : {Rule::assay, Rule::veraison_2026}) {
      Endorsements all;
      if (!take_comid({*comid, 0, profile, "fuzz", generation, rule}, all)) continue;
      for (const TrustAnchor& anchor : all.anchors) ASSAY_CHECK(anchor.instance_id.has_value() != anchor.maker.has_value());
      for (const PcrReference& one : all.references.pcrs) ASSAY_CHECK(one.platform_id.size() == 16);
    }
  }
}

}  // namespace assay::appraise
