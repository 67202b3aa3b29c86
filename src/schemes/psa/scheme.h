// The PSA scheme inside: what its descriptor (scheme.cc) is made of.
#pragma once

#include "appraise/scheme.h"
#include "schemes/psa/token.h"

namespace assay::psa {

// What `peek` has read, for `verify_evidence`.
struct Unverified final : appraise::Claims {
  UnverifiedToken token;
};
// What `verify_evidence` hands to `appraise_evidence`.
struct AuthenticClaims final : appraise::Claims {
  explicit AuthenticClaims(Verified<psa::Claims> authentic) : claims{std::move(authentic)} {}
  Verified<psa::Claims> claims;
};

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input);
appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references);

}  // namespace assay::psa
