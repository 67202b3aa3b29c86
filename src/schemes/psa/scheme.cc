#include "schemes/psa/scheme.h"

#include <array>

#include "appraise/arm_triples.h"
#include "codec/cbor/cbor.h"

namespace assay::psa {

extern const appraise::Scheme kScheme;

namespace {

// By structure: a signed or MACed claims set of a PSA profile. The first dialect needs no profile, but it has keys of its own.
bool recognises(ByteView evidence) {
  const auto token = parse_token(evidence);
  if (!token) return false;
  const Claims& claims = token->claims;
  return claims.dialect != Dialect::p1 || claims.profile || claims.implementation_id || claims.instance_id;
}

Result<appraise::Identity> peek(ByteView evidence) {
  auto unverified = std::make_shared<Unverified>();
  unverified->token = TRY(parse_token(evidence));
  const Claims& claims = unverified->token.claims;
  appraise::Identity identity{claims.implementation_id.value_or(Bytes{}), claims.instance_id.value_or(Bytes{}), claims.profile.value_or(std::string{name(claims.dialect)})};
  identity.unverified = std::move(unverified);
  return identity;
}

Result<json::Value> claims_json(ByteView evidence) {
  const UnverifiedToken token = TRY(parse_token(evidence));
  json::Value value = to_json(token.claims);
  if (token.claims.unknown.empty()) return value;
  json::Object unknown;
  for (const eat::RawClaim& claim : token.claims.unknown) unknown.set(eat::shown(claim.key), cbor::to_diagnostic(claim.value));
  value.object()->set("unknown-claims", std::move(unknown));
  return value;
}

constexpr std::string_view kCorim = "http://arm.com/psa/iot/1";
constexpr std::string_view kCorim2025 = "tag:arm.com,2025:psa#1.0.0";
constexpr appraise::ArmRules kRules{.component_key = "psa.software-component"};

Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to) { return appraise::take_platform(input, kRules, to); }

Result<std::vector<appraise::EndorsementDraft>> endorse(ByteView evidence, const crypto::PublicKey* key, corim::Generation dialect) {
  const UnverifiedToken token = TRY(parse_token(evidence));
  TRY(validate(token.claims));
  const appraise::PlatformFacts facts{*token.claims.implementation_id, *token.claims.instance_id, token.claims.software_components, {}, {}};
  corim::Comid comid = TRY(appraise::endorse_platform(facts, kRules, key, dialect));
  std::vector<appraise::EndorsementDraft> drafts;
  drafts.push_back({"platform", dialect == corim::Generation::d ? kCorim2025 : kCorim, std::move(comid)});
  return drafts;
}

constexpr std::array<std::string_view, 4> kMediaTypes{
    "application/psa-attestation-token",
    "application/eat-cwt; profile=\"http://arm.com/psa/2.0.0\"",
    "application/eat+cwt; eat_profile=\"tag:psacertified.org,2023:psa#tfm\"",
    "application/eat+cwt; eat_profile=\"tag:psacertified.org,2019:psa#legacy\"",
};
constexpr std::array<std::string_view, 2> kCorimProfiles{kCorim, kCorim2025};
constexpr std::array<std::string_view, 1> kSubmods{"PSA_IOT"};
constexpr std::array<std::string_view, 3> kProfiles{kProfile1, kProfile2, kProfile3};
constexpr std::array<std::string_view, 10> kAlgorithms{"ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "HS256", "HS384", "HS512"};

}  // namespace

const appraise::Scheme kScheme{
    .name = "psa",
    .title = "Arm PSA",
    .attestation_scheme = "PSA_IOT",
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
    .take_comid = take_comid,
    .endorse = endorse,
};

}  // namespace assay::psa
