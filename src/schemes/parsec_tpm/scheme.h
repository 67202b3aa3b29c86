// Parsec TPM: keys that a TPM vouches for, and a quote of its platform configuration registers (Parsec, veraison/parsec).
#pragma once

#include "appraise/scheme.h"

namespace assay::parsec_tpm {

// The same name in both dialects; they are told apart by the CoRIM's generation.
inline constexpr std::string_view kCorim = "tag:github.com/parallaxsecond,2023-03-03:tpm";

// Attestation keys by class (a UUID) and instance (the key's id); digests of registers by class, one reference for each.
Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to);

}  // namespace assay::parsec_tpm
