// The rules for PSA claims one by one, in the order of the reference: `validate` stops at the first that fails, the scheme
// reports them all.
#pragma once

#include <vector>

#include "appraise/checked.h"
#include "schemes/psa/claims.h"

namespace assay::psa {

std::vector<appraise::Checked> check_rules(const Claims& claims, const Rules& rules);

}  // namespace assay::psa
