#include "schemes/cca/scheme.h"

#include <array>

#include "codec/cbor/cbor.h"

namespace assay::cca {

extern const appraise::Scheme kScheme;

namespace {

Result<appraise::Identity> peek(ByteView evidence) {
  auto unverified = std::make_shared<Unverified>();
  unverified->evidence = TRY(parse_evidence(evidence));
  const PlatformClaims& claims = unverified->evidence.platform;
  appraise::Identity identity{claims.implementation_id.value_or(Bytes{}), claims.instance_id.value_or(Bytes{}), claims.profile.value_or(""), unverified->evidence.realm.initial_measurement.value_or(Bytes{})};
  identity.unverified = std::move(unverified);
  return identity;
}

void add_unknown(json::Value& out, std::string_view member, const std::vector<eat::RawClaim>& unknown) {
  if (unknown.empty()) return;
  json::Object claims;
  for (const eat::RawClaim& claim : unknown) claims.set(eat::shown(claim.key), cbor::to_diagnostic(claim.value));
  out.object()->set(std::string{member}, std::move(claims));
}

Result<json::Value> claims_json(ByteView evidence) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(evidence));
  json::Value platform = to_json(parsed.platform);
  json::Value realm = to_json(parsed.realm);
  add_unknown(platform, "unknown-claims", parsed.platform.unknown);
  add_unknown(realm, "unknown-claims", parsed.realm.unknown);
  json::Object out;
  out.set("cca-platform-token", std::move(platform));
  out.set("cca-realm-delegated-token", std::move(realm));
  return out;
}

constexpr std::array<std::string_view, 1> kMediaTypes{"application/eat-collection; profile=\"http://arm.com/CCA-SSD/1.0.0\""};
constexpr std::array<std::string_view, 4> kCorimProfiles{kCorimPlatform, kCorimRealm, kCorimPlatform2025, kCorimRealm2025};
constexpr std::array<std::string_view, 1> kTees{"cca"};
constexpr std::array<std::string_view, 2> kSubmods{"CCA_SSD_PLATFORM", "CCA_REALM"};
constexpr std::array<std::string_view, 5> kProfiles{kPlatformLegacy, kPlatform2023, kPlatform2024, kRealm2023, kRealm2024};
constexpr std::array<std::string_view, 7> kAlgorithms{"ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512"};

}  // namespace

const appraise::Scheme kScheme{
    .name = "cca",
    .title = "Arm CCA",
    .attestation_scheme = "ARM_CCA",
    .media_types = kMediaTypes,
    .corim_profiles = kCorimProfiles,
    .kbs_tees = kTees,
    .submods = kSubmods,
    .token_profiles = kProfiles,
    .algorithms = kAlgorithms,
    .recognises = is_collection,
    .peek = peek,
    .verify = verify_evidence,
    .appraise = appraise_evidence,
    .claims_json = claims_json,
    .take_comid = take_comid,
    .endorse = endorse,
};

}  // namespace assay::cca
