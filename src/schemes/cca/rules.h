// The rules for CCA claims one by one, in the order of the reference: `validate` stops at the first that fails, the scheme reports
// them all.
#pragma once

#include <vector>

#include "appraise/checked.h"
#include "schemes/cca/claims.h"

namespace assay::cca {

std::vector<appraise::Checked> check_rules(const PlatformClaims& claims);
// `rak`: what `decode_rak` answered.
std::vector<appraise::Checked> check_rules(const RealmClaims& claims, const Result<Rak>& rak);

}  // namespace assay::cca
