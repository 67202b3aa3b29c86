#include "schemes/snp/scheme.h"

#include <array>

namespace assay::snp {

extern const appraise::Scheme kScheme;

namespace {

constexpr std::size_t kReportSize = 1184;
constexpr std::size_t kSignatureAlgorithm = 0x34;
constexpr std::uint8_t kEcdsaP384 = 1;
constexpr std::uint8_t kOldest = 2, kNewest = 5;

constexpr std::array<std::string_view, 2> kCorimProfiles{kCorim, kCorimArk};

}  // namespace

bool is_report(ByteView evidence) {
  const auto is_small = [&](std::size_t at, std::uint8_t least, std::uint8_t most) { return evidence[at] >= least && evidence[at] <= most && evidence[at + 1] == 0 && evidence[at + 2] == 0 && evidence[at + 3] == 0; };
  return evidence.size() == kReportSize && is_small(0, kOldest, kNewest) && is_small(kSignatureAlgorithm, kEcdsaP384, kEcdsaP384);
}

const appraise::Scheme kScheme{
    .name = "snp",
    .title = "AMD SEV-SNP",
    .attestation_scheme = "SEVSNP",
    .media_types = {},
    .corim_profiles = kCorimProfiles,
    .kbs_tees = {},
    .submods = {},
    .token_profiles = {},
    .algorithms = {},
    .recognises = is_report,
    .take_comid = take_comid,
};

}  // namespace assay::snp
