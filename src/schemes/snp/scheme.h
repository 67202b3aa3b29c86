// AMD SEV-SNP: what its endorsements say. Its evidence, the attestation report, is recognised and not verified yet.
#pragma once

#include "appraise/scheme.h"

namespace assay::snp {

inline constexpr std::string_view kCorim = "tag:amd.com,2024:snp-corim-profile";
inline constexpr std::string_view kCorimArk = "https://amd.com/ark";  // of CoRIMs that hold AMD's root keys

// Reference triples as they stand, every measurement under a number; AMD's certificates by vendor and model. Warns of what no report
// can ever be compared with.
Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to);

// An attestation report (SEV-SNP ABI §7.3): by its size, version and signature algorithm.
bool is_report(ByteView evidence);

}  // namespace assay::snp
