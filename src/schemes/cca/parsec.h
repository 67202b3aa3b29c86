// Parsec CCA: a CCA token whose realm challenge is the hash of a key's attestation (Parsec, veraison/parsec).
#pragma once

#include "appraise/scheme.h"

namespace assay::parsec_cca {

inline constexpr std::string_view kCorim = "tag:github.com/parallaxsecond,2023-03-03:cca";

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input);
// One sub-module: the platform's claims where the realm and its word for the key are authentic too. Reference values for realms, where
// there are any, may make it worse.
appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references);

}  // namespace assay::parsec_cca
