#include "schemes/riot/scheme.h"

#include <array>

#include "schemes/riot/evidence.h"

namespace assay::riot {

extern const appraise::Scheme kScheme;

namespace {

// A PEM chain: no other evidence is one.
bool recognises(ByteView evidence) { return as_text(evidence).starts_with("-----BEGIN CERTIFICATE-----"); }

Result<appraise::Identity> peek(ByteView evidence) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(evidence));
  const Bytes point = parsed.identity.device.point();
  return appraise::Identity{{}, point.empty() ? parsed.identity.device.spki() : point, {}};
}

Result<json::Value> claims_json(ByteView evidence) { return to_json(TRY(parse_evidence(evidence))); }

constexpr std::array<std::string_view, 1> kMediaTypes{"application/pem-certificate-chain"};
constexpr std::array<std::string_view, 1> kSubmods{"RIOT"};
constexpr std::array<std::string_view, 3> kAlgorithms{"ES256", "ES384", "ES512"};
constexpr std::array<std::string_view, 1> kCorimProfiles{kCorim};

}  // namespace

const appraise::Scheme kScheme{
    .name = "riot",
    .title = "RIoT (DICE)",
    .attestation_scheme = "RIOT",
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

}  // namespace assay::riot
