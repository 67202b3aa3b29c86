// Findings and reference values to a trust vector (RFC 9783 §8.1 and draft-ietf-rats-ar4si, as Veraison's PSA_IOT scheme fills it).
#include "appraise/components.h"
#include "base/text.h"
#include "model/eat/lifecycle.h"
#include "schemes/psa/scheme.h"

namespace assay::psa {
namespace {

using appraise::Findings;
using ear::TrustVector;

constexpr std::int8_t kRecognized = 2;
constexpr std::int8_t kContraindicated = 96;
constexpr std::int8_t kUnrecognizedInstance = 97;

bool has_no_verdict(const Findings& findings, TrustVector& vector);
void appraise_lifecycle(const Claims& claims, TrustVector& vector, Findings& findings);

}  // namespace

appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references) {
  appraise::Verdict verdict;
  verdict.findings = evidence.findings;
  appraise::Submod submod{"PSA_IOT", {}, {}};
  const auto* authentic = dynamic_cast<const AuthenticClaims*>(evidence.claims.get());
  if (has_no_verdict(evidence.findings, submod.vector) || authentic == nullptr) {
    verdict.submods.push_back(std::move(submod));
    return verdict;
  }
  const Claims& claims = *authentic->claims;
  if (appraise::is_bad_by_rule("psa.reference.component", claims.software_components, true, references.rule, verdict.findings)) {
    verdict.submods.push_back(std::move(submod));
    return verdict;
  }
  appraise_lifecycle(claims, submod.vector, verdict.findings);
  submod.vector[ear::Claim::hardware] = appraise::appraise_implementation("psa.hardware", *claims.implementation_id, references, verdict.findings);
  submod.vector[ear::Claim::executables] =
      appraise::appraise_components("psa.reference.component", claims.software_components, appraise::references_for(references, *claims.implementation_id, *claims.instance_id), references.rule, verdict.findings);
  submod.annotated_evidence = to_json(claims);
  verdict.submods.push_back(std::move(submod));
  return verdict;
}

namespace {

// What stands in the way of an appraisal, worst first.
bool has_no_verdict(const Findings& findings, TrustVector& vector) {
  if (findings.has_failed("psa.key")) {
    vector[ear::Claim::instance_identity] = kUnrecognizedInstance;
  } else if (findings.has_failed("psa.signature") || findings.has_failed("psa.mac") || findings.has_failed("psa.freshness")) {
    vector.set_all(ear::kCryptoFailed);
  } else if (findings.has_failed("psa")) {
    vector.set_all(ear::kUnexpectedEvidence);
  } else {
    return false;
  }
  return true;
}

void appraise_lifecycle(const Claims& claims, TrustVector& vector, Findings& findings) {
  const auto state = eat::lifecycle_of(*claims.lifecycle);
  const bool trustworthy = state && eat::is_trustworthy(*state);
  for (const ear::Claim claim : {ear::Claim::instance_identity, ear::Claim::runtime_opaque, ear::Claim::storage_opaque}) vector[claim] = trustworthy ? kRecognized : kContraindicated;
  const std::string shown{state ? eat::psa_name(*state) : "invalid"};
  if (trustworthy) findings.passed("psa.lifecycle.state", "lifecycle state", shown, "secured or non-psa-rot-debug");
  else findings.failed("psa.lifecycle.state", "lifecycle state", "in this state the attestation key is not protected", shown, "secured or non-psa-rot-debug");
}

}  // namespace
}  // namespace assay::psa
