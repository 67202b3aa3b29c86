// What a CoMID, a CoRIM and its signer's particulars must hold beyond their encoding (draft-ietf-rats-corim §5). Rules of profiles are
// their schemes'.
#pragma once

#include "model/corim/comid.h"
#include "model/corim/problem.h"

namespace assay::corim {

struct ValidateOptions {
  // Members that a profile adds to measurement values; their keys. Without them a value that has nothing else is empty.
  std::vector<std::int64_t> extensions;
};
Problems validate(const Comid& comid, const ValidateOptions& options = {});
Problems validate(const Corim& corim);  // of the envelope; not its tags

}  // namespace assay::corim
