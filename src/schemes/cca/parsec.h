// Parsec CCA: a CCA token whose realm challenge is the hash of a key's attestation (Parsec, veraison/parsec).
#pragma once

#include "appraise/scheme.h"

namespace assay::parsec_cca {

inline constexpr std::string_view kCorim = "tag:github.com/parallaxsecond,2023-03-03:cca";

}  // namespace assay::parsec_cca
