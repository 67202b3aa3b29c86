// What a CoMID, a CoRIM and its signer's particulars must hold beyond their encoding (draft-ietf-rats-corim §5). Rules of profiles are
// their schemes'.
#pragma once

#include "model/corim/comid.h"
#include "model/corim/problem.h"
#include "model/corim/profile.h"

namespace assay::corim {

struct ValidateOptions {
  // Members that the profile adds to measurement values. Without them a value that has nothing else is empty.
  Extensions extensions = {};
};
Problems validate(const Comid& comid, const ValidateOptions& options = {});
Problems validate(const Corim& corim);  // of the envelope; not its tags

}  // namespace assay::corim
