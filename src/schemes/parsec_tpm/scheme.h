// Parsec TPM: keys that a TPM vouches for, and a quote of its platform configuration registers (Parsec, veraison/parsec).
#pragma once

#include "appraise/scheme.h"

namespace assay::parsec_tpm {

// The same name in both dialects; they are told apart by the CoRIM's generation.
inline constexpr std::string_view kCorim = "tag:github.com/parallaxsecond,2023-03-03:tpm";

// Attestation keys by class (a UUID) and instance (the key's id); digests of registers by class, one reference for each.
Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to);

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input);
// Registers are those of the class of the trust anchor: all that have reference values must be quoted, and all that are quoted have
// one. Executables 2 then, else 33; the attested key stands in the result in both cases.
appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references);

}  // namespace assay::parsec_tpm
