#include "schemes/cca/parsec.h"

#include <array>

#include "codec/cbor/cbor.h"
#include "schemes/cca/parsec_evidence.h"
#include "schemes/cca/scheme.h"

namespace assay::parsec_cca {

extern const appraise::Scheme kScheme;

namespace {

// {"kat": 601(…), "pat": a CCA token}.
bool recognises(ByteView evidence) {
  cbor::Reader in{evidence};
  auto map = cbor::MapReader::open(in);
  if (!map) return false;
  bool key = false;
  bool platform = false;
  while (true) {
    const auto name = map->next(in);
    if (!name) return false;
    if (!*name) break;
    const auto item = in.item();
    if (!item) return false;
    key = key || (*name)->is("kat");
    platform = platform || ((*name)->is("pat") && cca::is_collection(*item));
  }
  return key && platform && in.expect_end();
}

Result<appraise::Identity> peek(ByteView evidence) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(evidence));
  const cca::UnverifiedEvidence token = TRY(within("pat", cca::parse_evidence(parsed.token)));
  const cca::PlatformClaims& claims = token.platform;
  return appraise::Identity{claims.implementation_id.value_or(Bytes{}), claims.instance_id.value_or(Bytes{}), claims.profile.value_or("")};
}

Result<json::Value> claims_json(ByteView evidence) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(evidence));
  const cca::UnverifiedEvidence token = TRY(within("pat", cca::parse_evidence(parsed.token)));
  return to_json(parsed, token.platform, token.realm);
}

constexpr std::array<std::string_view, 1> kMediaTypes{"application/vnd.parallaxsecond.key-attestation.cca"};
constexpr std::array<std::string_view, 1> kSubmods{"PARSEC_CCA"};
constexpr std::array<std::string_view, 5> kProfiles{cca::kPlatformLegacy, cca::kPlatform2023, cca::kPlatform2024, cca::kRealm2023, cca::kRealm2024};
constexpr std::array<std::string_view, 7> kAlgorithms{"ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512"};
constexpr std::array<std::string_view, 1> kCorimProfiles{kCorim};

}  // namespace

const appraise::Scheme kScheme{
    .name = "parsec_cca",
    .title = "Parsec CCA",
    .attestation_scheme = "PARSEC_CCA",
    .media_types = kMediaTypes,
    .corim_profiles = kCorimProfiles,
    .kbs_tees = {},
    .submods = kSubmods,
    .token_profiles = kProfiles,
    .algorithms = kAlgorithms,
    .recognises = recognises,
    .peek = peek,
    .verify = verify_evidence,
    .appraise = appraise_evidence,
    .claims_json = claims_json,
    .take_comid = cca::take_comid,  // those of a CCA platform
};

}  // namespace assay::parsec_cca
