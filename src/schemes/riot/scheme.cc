#include "schemes/riot/scheme.h"

#include <array>

namespace assay::riot {

extern const appraise::Scheme kScheme;

namespace {

// A PEM chain: no other evidence is one.
bool recognises(ByteView evidence) { return as_text(evidence).starts_with("-----BEGIN CERTIFICATE-----"); }

constexpr std::array<std::string_view, 1> kCorimProfiles{kCorim};

}  // namespace

const appraise::Scheme kScheme{
    .name = "riot",
    .title = "RIoT (DICE)",
    .attestation_scheme = "RIOT",
    .media_types = {},
    .corim_profiles = kCorimProfiles,
    .kbs_tees = {},
    .submods = {},
    .token_profiles = {},
    .algorithms = {},
    .recognises = recognises,
    .take_comid = take_comid,
};

}  // namespace assay::riot
