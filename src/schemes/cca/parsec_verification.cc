// The CCA token is verified and appraised as any other; what is added is that its realm vouches for the attestation of the key, and
// that this answers the nonce.
#include "appraise/checked.h"
#include "base/text.h"
#include "schemes/cca/parsec.h"
#include "schemes/cca/parsec_evidence.h"
#include "schemes/cca/scheme.h"

namespace assay::parsec_cca {
namespace {

using appraise::Findings;

struct AuthenticClaims final : appraise::Claims {
  std::shared_ptr<const appraise::Claims> of_token;
  bool has_realm = false;
  json::Value shown;
  json::Value attested_key;
};

bool check_challenge(const cca::AuthenticClaims& token, ByteView kat, Findings& findings);
void check_freshness(ByteView nonce, bool is_vouched_for, const appraise::VerifyInput& input, Findings& findings);

}  // namespace

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(input.evidence));
  appraise::VerifyInput of_token = input;
  of_token.evidence = parsed.token;
  of_token.nonce.reset();  // the realm's challenge is no nonce here
  const appraise::Evidence token = TRY(within("pat", cca::verify_evidence(of_token)));
  appraise::Evidence evidence;
  for (const appraise::Finding& finding : token.findings.all()) {
    if (finding.id != "cca.freshness") evidence.findings.add(finding);
  }
  const auto* authentic = dynamic_cast<const cca::AuthenticClaims*>(token.claims.get());
  const bool is_vouched_for = authentic != nullptr && check_challenge(*authentic, parsed.kat, evidence.findings);
  check_freshness(parsed.nonce, is_vouched_for, input, evidence.findings);
  if (authentic == nullptr) return evidence;
  json::Object key;
  key.set("akpub", to_base64url(parsed.key.spki()));
  auto claims = std::make_shared<AuthenticClaims>();
  claims->of_token = token.claims;
  claims->has_realm = authentic->realm.has_value();
  if (is_vouched_for) {
    claims->attested_key = std::move(key);
    claims->shown = to_json(parsed, *authentic->platform, **authentic->realm);
  }
  evidence.claims = std::move(claims);
  return evidence;
}

appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references) {
  const auto* claims = dynamic_cast<const AuthenticClaims*>(evidence.claims.get());
  appraise::ReferenceValues used = references;
  // The released verifiers do not look into the realm.
  if (used.rule != appraise::Rule::assay) used.realms.clear();
  appraise::Verdict verdict = cca::appraise_evidence({claims == nullptr ? nullptr : claims->of_token, evidence.findings}, used);
  const std::vector<appraise::Submod> of_token = std::move(verdict.submods);
  verdict.submods.clear();
  appraise::Submod submod{"PARSEC_CCA", {}};
  submod.vector = of_token.front().vector;
  // The key is the realm's: what the realm is not worth, the platform does not make good.
  if (claims != nullptr && evidence.findings.has_failed("parsec_cca")) {
    submod.vector.set_all(ear::kCryptoFailed);
  } else if (claims != nullptr && (!claims->has_realm || !of_token.at(1).annotated_evidence)) {
    submod.vector = of_token.at(1).vector;
  } else if (claims != nullptr && of_token.front().annotated_evidence) {
    if (!used.realms.empty()) submod.at_least = of_token.at(1).status();
    submod.annotated_evidence = claims->shown;
    submod.key_attestation = claims->attested_key;
  }
  verdict.submods.push_back(std::move(submod));
  return verdict;
}

namespace {

bool check_challenge(const cca::AuthenticClaims& token, ByteView kat, Findings& findings) {
  constexpr std::string_view kId = "parsec_cca.challenge", kSubject = "realm's word for the attested key";
  if (!token.realm) {
    findings.failed(std::string{kId}, std::string{kSubject}, "the realm token is not trusted");
    return false;
  }
  const cca::RealmClaims& realm = **token.realm;
  const Bytes expected = crypto::digest(crypto::Hash::sha512, kat);
  const std::string actual = realm.challenge ? to_hex(*realm.challenge) : std::string{};
  const bool is_good = realm.challenge && realm.challenges_in_array == 0 && ct_equal(*realm.challenge, expected);
  if (is_good) findings.passed(std::string{kId}, std::string{kSubject}, actual, "SHA-512 of the key's attestation");
  else findings.failed(std::string{kId}, std::string{kSubject}, "the realm's challenge is not the hash of the key's attestation", actual, to_hex(expected));
  return is_good;
}

void check_freshness(ByteView nonce, bool is_vouched_for, const appraise::VerifyInput& input, Findings& findings) {
  if (!input.nonce) return appraise::report_no_nonce("parsec_cca.freshness", findings);
  const std::string actual = to_hex(nonce);
  const std::string expected = to_hex(*input.nonce);
  if (!is_vouched_for) findings.failed("parsec_cca.freshness", "freshness", "nobody vouches for the nonce of the key's attestation", {}, expected);
  else if (ct_equal(nonce, *input.nonce)) findings.passed("parsec_cca.freshness", "freshness", actual, "the nonce given");
  else findings.failed("parsec_cca.freshness", "freshness", "the key's attestation answers another nonce", actual, expected);
}

}  // namespace
}  // namespace assay::parsec_cca
