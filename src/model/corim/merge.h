// Several CoRIMs as one.
#pragma once

#include "model/corim/comid.h"

namespace assay::corim {

// The tags of all, each once, in their order; entities, dependent RIMs and unknown members of all; the part of time in which all are valid;
// the id of the first, or `id`. Fails with `mismatch` (profiles differ), `conflict` (two tags of one kind, tag id and version, or two
// unknown members of one key, that differ), `invalid` (no common time).
Result<Corim> merge(const std::vector<Corim>& corims, const std::optional<TagId>& id = {});

}  // namespace assay::corim
