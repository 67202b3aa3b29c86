// RIoT, the DICE profile of old: a certificate for a device and one for its firmware, in a PEM chain.
#pragma once

#include "appraise/scheme.h"

namespace assay::riot {

inline constexpr std::string_view kCorim = "tag:veraison-project.com,2026:riot";

// Certificates of one vendor and model; there are no reference values.
Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to);

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input);
// Instance identity only: there is nothing that the firmware could be compared with.
appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references);

}  // namespace assay::riot
