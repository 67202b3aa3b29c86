#include "schemes/tpm_enacttrust/scheme.h"

#include <array>

namespace assay::tpm_enacttrust {

extern const appraise::Scheme kScheme;

namespace {

// The UUID of a node, a length, and a TPMS_ATTEST (TPM 2.0 Part 2 §10.12.12), which begins with its magic.
bool recognises(ByteView evidence) {
  constexpr std::array<std::uint8_t, 4> kMagic{0xff, 0x54, 0x43, 0x47};
  constexpr std::size_t kAttest = 16 + 2;
  return evidence.size() > kAttest + kMagic.size() && equal(evidence.subspan(kAttest, kMagic.size()), kMagic);
}

constexpr std::array<std::string_view, 2> kCorimProfiles{kCorim, kCorimHttps};

}  // namespace

const appraise::Scheme kScheme{
    .name = "tpm_enacttrust",
    .title = "EnactTrust TPM",
    .attestation_scheme = "TPM_ENACTTRUST",
    .media_types = {},
    .corim_profiles = kCorimProfiles,
    .kbs_tees = {},
    .submods = {},
    .token_profiles = {},
    .algorithms = {},
    .recognises = recognises,
    .take_comid = take_comid,
};

}  // namespace assay::tpm_enacttrust
