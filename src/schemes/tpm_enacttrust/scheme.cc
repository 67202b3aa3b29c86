#include "schemes/tpm_enacttrust/scheme.h"

#include <array>

#include "schemes/tpm_enacttrust/evidence.h"

namespace assay::tpm_enacttrust {

extern const appraise::Scheme kScheme;

namespace {

// The UUID of a node, a length, and a TPMS_ATTEST (TPM 2.0 Part 2 §10.12.12), which begins with its magic.
bool recognises(ByteView evidence) {
  constexpr std::array<std::uint8_t, 4> kMagic{0xff, 0x54, 0x43, 0x47};
  constexpr std::size_t kAttest = 16 + 2;
  return evidence.size() > kAttest + kMagic.size() && equal(evidence.subspan(kAttest, kMagic.size()), kMagic);
}

Result<appraise::Identity> peek(ByteView evidence) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(evidence));
  return appraise::Identity{{}, Bytes{parsed.node.begin(), parsed.node.end()}, {}};
}

Result<json::Value> claims_json(ByteView evidence) { return to_json(TRY(parse_evidence(evidence))); }

constexpr std::array<std::string_view, 1> kMediaTypes{"application/vnd.enacttrust.tpm-evidence"};
constexpr std::array<std::string_view, 1> kSubmods{"TPM_ENACTTRUST"};
constexpr std::array<std::string_view, 3> kAlgorithms{"ES256", "ES384", "ES512"};
constexpr std::array<std::string_view, 2> kCorimProfiles{kCorim, kCorimHttps};

}  // namespace

const appraise::Scheme kScheme{
    .name = "tpm_enacttrust",
    .title = "EnactTrust TPM",
    .attestation_scheme = "TPM_ENACTTRUST",
    .media_types = kMediaTypes,
    .corim_profiles = kCorimProfiles,
    .kbs_tees = {},
    .submods = kSubmods,
    .token_profiles = {},
    .algorithms = kAlgorithms,
    .recognises = recognises,
    .peek = peek,
    .verify = verify_evidence,
    .appraise = appraise_evidence,
    .claims_json = claims_json,
    .take_comid = take_comid,
};

}  // namespace assay::tpm_enacttrust
