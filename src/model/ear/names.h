// What both encodings share: the claims' names in JSON (dotted in Veraison's and Trustee's profile, with underscores in the IETF
// draft) and the rules of Strictness::strict.
#pragma once

#include <string_view>

#include "model/ear/ear.h"

namespace assay::ear {

struct Names {
  std::string_view verifier_id;
  std::string_view raw_evidence;
  std::string_view tee_info;
  std::string_view status;  // of a submod; in the IETF dialect also of the whole
  std::string_view vector;
  std::string_view policy;
  std::string_view annotated_evidence;
  std::string_view policy_claims;
  std::string_view key_attestation;
};
inline constexpr Names kDottedNames{
    "ear.verifier-id",
    "ear.raw-evidence",
    "ear.veraison.tee-info",
    "ear.status",
    "ear.trustworthiness-vector",
    "ear.appraisal-policy-id",
    "ear.veraison.annotated-evidence",
    "ear.veraison.policy-claims",
    "ear.veraison.key-attestation",
};
inline constexpr Names kUnderscoreNames{
    "ear_verifier_id",
    "ear_raw_evidence",
    "ear_veraison_tee_info",
    "ear_status",
    "ear_trustworthiness_vector",
    "ear_appraisal_policy_ids",
    "ear_veraison_annotated_evidence",
    "ear_veraison_policy_claims",
    "ear_veraison_key_attestation",
};
inline constexpr std::string_view kTeepClaims = "ear_teep_claims";

// `validate`, and no status that is better than its vector.
Result<void> check_strict(const Ear& ear);

}  // namespace assay::ear
