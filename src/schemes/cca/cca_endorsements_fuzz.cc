// Any bytes as a CoRIM of any profile of this build: either nothing is taken from it, or what is taken can be appraised with.
#include "appraise/scheme.h"
#include "model/corim/corim.h"
#include "schemes/cca/scheme.h"
#include "testing/fuzz.h"

namespace appraise = assay::appraise;
namespace cca = assay::cca;
namespace corim = assay::corim;

void fuzz(assay::ByteView bytes) {
  const auto comid = corim::read_comid(bytes);
  if (!comid) return;
  for (const std::string_view profile : {cca::kCorimPlatform, cca::kCorimRealm, cca::kCorimPlatform2025, cca::kCorimRealm2025}) {
    appraise::Endorsements all;
    if (!cca::take_comid({*comid, 0, profile, "fuzz"}, all)) continue;
    for (const auto& realm : all.references.realms) ASSAY_CHECK(!realm.initial_measurement.empty());
    for (const auto& anchor : all.anchors) ASSAY_CHECK(anchor.implementation_id && anchor.instance_id);
  }
}
