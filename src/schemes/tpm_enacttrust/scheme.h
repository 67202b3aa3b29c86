// EnactTrust: a node's TPM quotes its platform configuration registers (enacttrust.com).
#pragma once

#include "appraise/scheme.h"

namespace assay::tpm_enacttrust {

// Their own sample and their own media type do not agree on the scheme of the URI.
inline constexpr std::string_view kCorim = "http://enacttrust.com/veraison/1.0.0";
inline constexpr std::string_view kCorimHttps = "https://enacttrust.com/veraison/1.0.0";

// One attestation key and one digest over all registers for each node (a UUID). Dialects are told apart by the CoRIM's generation.
Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to);

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input);
// Executables 2 if an endorsed digest is the quote's, else 33, and contraindicated where the node has one at all.
appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references);

}  // namespace assay::tpm_enacttrust
