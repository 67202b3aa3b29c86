// The CCA scheme inside: what its descriptor (scheme.cc) is made of.
#pragma once

#include "appraise/scheme.h"
#include "schemes/cca/evidence.h"

namespace assay::cca {

// What `peek` has read, for `verify_evidence`.
struct Unverified final : appraise::Claims {
  UnverifiedEvidence evidence;
};
// What `verify_evidence` hands to `appraise_evidence`: the platform's claims, and the realm's where they are good as well.
struct AuthenticClaims final : appraise::Claims {
  explicit AuthenticClaims(Verified<PlatformClaims> authentic) : platform{std::move(authentic)} {}
  Verified<PlatformClaims> platform;
  std::optional<Verified<RealmClaims>> realm;
};

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input);
inline constexpr std::string_view kCorimPlatform = "http://arm.com/cca/ssd/1";
inline constexpr std::string_view kCorimRealm = "http://arm.com/cca/realm/1";
inline constexpr std::string_view kCorimPlatform2025 = "tag:arm.com,2025:cca_platform#1.0.0";
inline constexpr std::string_view kCorimRealm2025 = "tag:arm.com,2025:cca_realm#1.0.0";
Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to);
Result<std::vector<appraise::EndorsementDraft>> endorse(ByteView evidence, const crypto::PublicKey* key, corim::Generation dialect);

appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references);

}  // namespace assay::cca
