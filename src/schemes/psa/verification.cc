// From a token to what may be believed of it, with a finding for every step.
#include <algorithm>

#include "appraise/chain.h"
#include "base/text.h"
#include "schemes/psa/rules.h"
#include "schemes/psa/scheme.h"

namespace assay::psa {
namespace {

using appraise::Findings;

Result<UnverifiedToken> parsed_before(const appraise::VerifyInput& input);
std::optional<Verified<Claims>> authenticate(const UnverifiedToken& token, const appraise::VerifyInput& input, Findings& findings);
std::string no_anchor(bool is_mac, bool others);
Result<Verified<Claims>> try_anchor(const UnverifiedToken& token, const appraise::TrustAnchor& anchor, crypto::SigCache* cache);
void report_failure(const UnverifiedToken& token, const Error& error, const std::string& keys, Findings& findings);
void check_claims(const Claims& claims, const appraise::VerifyInput& input, Findings& findings);
void check_freshness(const Claims& claims, const appraise::VerifyInput& input, Findings& findings);
std::string unknown_keys(const Claims& claims);

}  // namespace

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input) {
  const UnverifiedToken token = TRY(parsed_before(input));
  appraise::Evidence evidence;
  auto claims = authenticate(token, input, evidence.findings);
  if (!claims) {
    evidence.findings.not_checked("psa.claims", "claims", "nobody vouches for them");
    evidence.findings.not_checked("psa.freshness", "freshness", "nobody vouches for the nonce in the token");
    return evidence;
  }
  check_claims(**claims, input, evidence.findings);
  check_freshness(**claims, input, evidence.findings);
  evidence.claims = std::make_shared<const AuthenticClaims>(std::move(*claims));
  return evidence;
}

namespace {

// By `peek`, or now.
Result<UnverifiedToken> parsed_before(const appraise::VerifyInput& input) {
  if (input.identity == nullptr) return parse_token(input.evidence);
  const auto taken = std::exchange(input.identity->unverified, nullptr);
  auto* const unverified = dynamic_cast<Unverified*>(taken.get());
  return unverified != nullptr ? Result<UnverifiedToken>{std::move(unverified->token)} : parse_token(input.evidence);
}

std::optional<Verified<Claims>> authenticate(const UnverifiedToken& token, const appraise::VerifyInput& input, Findings& findings) {
  const ByteView implementation = token.claims.implementation_id ? ByteView{*token.claims.implementation_id} : ByteView{};
  const ByteView instance = token.claims.instance_id ? ByteView{*token.claims.instance_id} : ByteView{};
  auto anchors = appraise::anchors_for(input.anchors, implementation, instance);
  const bool any = !anchors.empty();
  std::erase_if(anchors, [&](const appraise::TrustAnchor* anchor) { return std::holds_alternative<crypto::PublicKey>(anchor->key) == token.is_mac(); });
  std::vector<appraise::TrustAnchor> of_chain;
  if (!token.is_mac()) appraise::add_chain("psa", token.message.x5chain(), input, of_chain, anchors, findings);
  const std::string instance_shown = "instance " + to_hex(instance);
  if (anchors.empty()) {
    findings.failed("psa.key", "verification key", no_anchor(token.is_mac(), any), "implementation " + to_hex(implementation) + ", " + instance_shown, appraise::nearest_anchor(input.anchors, implementation, instance));
    return std::nullopt;
  }
  std::string tried;
  std::optional<Error> last;
  for (const appraise::TrustAnchor* anchor : anchors) {
    auto claims = try_anchor(token, *anchor, input.cache);
    if (claims) {
      findings.passed("psa.key", "verification key", instance_shown, anchor->origin);
      findings.passed(token.is_mac() ? "psa.mac" : "psa.signature", token.is_mac() ? "token MAC" : "token signature", {}, anchor->origin);
      return std::move(*claims);
    }
    tried += (tried.empty() ? "" : ", ") + anchor->origin;
    last = std::move(claims).error();
  }
  report_failure(token, *last, tried, findings);
  return std::nullopt;
}

std::string no_anchor(bool is_mac, bool others) {
  if (!others) return is_mac ? "no MAC key for this instance" : "no trust anchor for this instance";
  return is_mac ? "the token has a MAC, and only public keys were given" : "the token has a signature, and only MAC keys were given";
}

Result<Verified<Claims>> try_anchor(const UnverifiedToken& token, const appraise::TrustAnchor& anchor, crypto::SigCache* cache) {
  if (const auto* key = std::get_if<crypto::PublicKey>(&anchor.key)) return verify_sign1(token, *key, cache);
  return verify_mac0(token, std::get<std::shared_ptr<const SecretBytes>>(anchor.key)->expose());
}

void report_failure(const UnverifiedToken& token, const Error& error, const std::string& keys, Findings& findings) {
  const std::string why = cose::is_short_circuit(token.message) ? "made without a key, as test builds do (short-circuit): worth nothing" : error.text();
  findings.failed(token.is_mac() ? "psa.mac" : "psa.signature", token.is_mac() ? "token MAC" : "token signature", why, {}, keys);
}

void check_claims(const Claims& claims, const appraise::VerifyInput& input, Findings& findings) {
  appraise::report(check_rules(claims, {input.derived_profiles}), findings);
  if (claims.client_id == 0) {
    const auto report = input.strict ? &Findings::failed : &Findings::warning;
    (findings.*report)("psa.client-id", "client id", "0 is no caller (RFC 9783 §4.1.3)", "0", "a positive or negative number");
  }
  if (!claims.unknown.empty()) findings.not_checked("psa.unknown-claims", "claims " + unknown_keys(claims), "this verifier does not know them");
  const bool more = std::ranges::any_of(claims.software_components, [](const auto& component) { return !component.unknown.empty(); });
  if (more) findings.not_checked("psa.unknown-claims", "members of software components", "this verifier does not know them");
}

void check_freshness(const Claims& claims, const appraise::VerifyInput& input, Findings& findings) {
  if (!input.nonce) return appraise::report_no_nonce("psa.freshness", findings);
  const ByteView nonce = *input.nonce;
  const std::string actual = claims.nonce ? to_hex(*claims.nonce) : std::string{};
  const std::string expected = to_hex(nonce);
  if (claims.nonce && claims.nonces_in_array == 0 && ct_equal(*claims.nonce, nonce)) {
    findings.passed("psa.freshness", "freshness", actual, "the nonce given");
  } else {
    findings.failed("psa.freshness", "freshness", fmt::format("psa-nonce ({}) does not match session nonce ({})", actual, expected), actual, expected);
  }
}

std::string unknown_keys(const Claims& claims) {
  std::string keys;
  for (std::size_t i = 0; i < claims.unknown.size() && i < 16; ++i) keys += (i == 0 ? "" : ", ") + eat::shown(claims.unknown[i].key);
  return claims.unknown.size() > 16 ? keys + " …" : keys;
}

}  // namespace
}  // namespace assay::psa
