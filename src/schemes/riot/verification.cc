// A chain of certificates to what may be believed of it. The alias certificate is checked here, since OpenSSL cannot read it; from the
// device's certificate upwards it is a chain as any other, to the maker's certificates and to nothing that the evidence brings along.
#include <algorithm>

#include "appraise/checked.h"
#include "base/text.h"
#include "schemes/riot/evidence.h"
#include "schemes/riot/scheme.h"

namespace assay::riot {
namespace {

using appraise::Findings;

constexpr std::int8_t kRecognized = 2;
constexpr std::int8_t kUnrecognizedInstance = 97;

struct AuthenticClaims final : appraise::Claims {
  json::Value shown;
  Bytes alias_key;  // SubjectPublicKeyInfo
  std::string firmware;
};

struct Root {
  crypto::Certificate certificate;
  std::string origin;
};
std::vector<Root> roots_of(const appraise::VerifyInput& input, const UnverifiedEvidence& evidence);
std::size_t authorities_below(const crypto::Certificate& anchor, const UnverifiedEvidence& evidence);
bool check_chain(const UnverifiedEvidence& evidence, const appraise::VerifyInput& input, Findings& findings);
Result<void> check_order(const UnverifiedEvidence& evidence);
Result<void> check_alias(const UnverifiedEvidence& evidence, UnixSeconds now);
void check_freshness(const appraise::VerifyInput& input, Findings& findings);

}  // namespace

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(input.evidence));
  appraise::Evidence evidence;
  Findings& findings = evidence.findings;
  const bool is_good = check_chain(parsed, input, findings);
  check_freshness(input, findings);
  if (!is_good) return evidence;
  auto claims = std::make_shared<AuthenticClaims>();
  claims->shown = to_json(parsed);
  claims->alias_key = parsed.alias_key.spki();
  claims->firmware = to_hex(parsed.identity.firmware);
  evidence.claims = std::move(claims);
  return evidence;
}

appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues&) {
  appraise::Verdict verdict;
  verdict.findings = evidence.findings;
  appraise::Submod submod{"RIOT", {}};
  const auto* claims = dynamic_cast<const AuthenticClaims*>(evidence.claims.get());
  if (evidence.findings.has_failed("riot.key")) {
    submod.vector[ear::Claim::instance_identity] = kUnrecognizedInstance;
  } else if (evidence.findings.has_failed("riot") || claims == nullptr) {
    submod.vector.set_all(ear::kCryptoFailed);
  } else {
    submod.vector[ear::Claim::instance_identity] = kRecognized;
    submod.annotated_evidence = claims->shown;
    json::Object key;
    key.set("akpub", to_base64url(claims->alias_key));
    submod.key_attestation = std::move(key);
    verdict.findings.not_checked("riot.firmware", "firmware id " + claims->firmware, "this profile has no reference values: compare it with those of the firmware you trust");
  }
  verdict.submods.push_back(std::move(submod));
  return verdict;
}

namespace {

bool check_chain(const UnverifiedEvidence& evidence, const appraise::VerifyInput& input, Findings& findings) {
  const std::vector<Root> roots = roots_of(input, evidence);
  if (roots.empty()) {
    findings.failed("riot.key", "maker's certificates", "no CA certificate is trusted for this evidence");
    return false;
  }
  Result<void> result = check_order(evidence);
  const std::vector<crypto::Certificate> from_device{evidence.chain.begin() + 1, evidence.chain.end()};
  std::string origin;
  if (result) {
    for (const Root& root : roots) {
      result = crypto::verify_chain(from_device, {root.certificate}, input.now);
      if (!result) continue;
      origin = root.origin;
      break;
    }
  }
  if (!result) {
    findings.failed("riot.chain", "chain of the device's certificate", result.error().text(), printable(evidence.chain[1].subject()), "the maker's certificates");
    return false;
  }
  findings.passed("riot.chain", "chain of the device's certificate", printable(evidence.chain[1].subject()), origin);
  findings.not_checked("riot.revocation", "revocation of these certificates", "no revocation list was asked");
  const Result<void> alias = check_alias(evidence, input.now);
  const std::string subject = printable(evidence.chain[0].subject());
  if (alias) findings.passed("riot.signature", "alias certificate", subject, "signed by the device");
  else findings.failed("riot.signature", "alias certificate", alias.error().text(), subject, "signed by the device");
  return alias.has_value();
}

// Only what the caller trusts: the evidence's own certificates are never among them, self-signed or not. And only what may have so many
// authorities below it.
std::vector<Root> roots_of(const appraise::VerifyInput& input, const UnverifiedEvidence& evidence) {
  std::vector<Root> roots;
  const auto add = [&](const crypto::Certificate& certificate, const std::string& origin) {
    const auto shape = read_shape(certificate.der());
    if (shape && shape->path_length && *shape->path_length < authorities_below(certificate, evidence)) return;
    roots.push_back({certificate, origin});
  };
  for (const appraise::TrustAnchor& anchor : input.anchors) {
    if (const auto* certificates = std::get_if<std::vector<crypto::Certificate>>(&anchor.key)) {
      for (const crypto::Certificate& certificate : *certificates) add(certificate, anchor.origin);
    }
  }
  for (const crypto::Certificate& certificate : input.roots) add(certificate, "the CA certificates given");
  return roots;
}

// All between the alias and the anchor, which may itself be in the evidence.
std::size_t authorities_below(const crypto::Certificate& anchor, const UnverifiedEvidence& evidence) {
  const Bytes der = anchor.der();
  const auto at = std::ranges::find_if(evidence.chain, [&](const crypto::Certificate& one) { return equal(one.der(), der); });
  const auto index = static_cast<std::size_t>(at - evidence.chain.begin());
  return index == 0 ? 0 : index - 1;
}

// Every certificate above the alias is an authority that may sign certificates and have so many below it, and
// was issued by the next. (To OpenSSL the device's is the end of the chain, which may be anything.)
Result<void> check_order(const UnverifiedEvidence& evidence) {
  Bytes issuer;  // of the certificate before
  for (std::size_t i = 1; i < evidence.chain.size(); ++i) {
    const std::string where = fmt::format("certificate {}", i);
    const Bytes der = evidence.chain[i].der();
    const Shape shape = TRY(within(where, read_shape(der)));
    if (!shape.is_authority) return fail_expecting(Errc::untrusted, where, "no authority", "basic constraints: CA");
    if (shape.key_usage && (*shape.key_usage & kCertificateSign) == 0) return fail_expecting(Errc::untrusted, where, "a key that is not for certificates", "key usage keyCertSign");
    if (shape.path_length && *shape.path_length < i - 1) return fail_expecting(Errc::untrusted, where, fmt::format("path length {}", *shape.path_length), fmt::format("{} or more", i - 1));
    if (i > 1 && !equal(issuer, shape.subject)) return fail_expecting(Errc::untrusted, where, "another subject than the issuer of the one before", "the chain in its order");
    issuer = to_bytes(shape.issuer);
  }
  return {};
}

Result<void> check_alias(const UnverifiedEvidence& evidence, UnixSeconds now) {
  const Bytes alias_der = evidence.chain[0].der();
  const Bytes device_der = evidence.chain[1].der();
  const Shape alias = TRY(read_shape(alias_der));
  const Shape device = TRY(read_shape(device_der));
  const crypto::PublicKey device_key = TRY(evidence.chain[1].public_key());
  if (!equal(alias.issuer, device.subject)) return fail_expecting(Errc::untrusted, "", "its issuer is another", "the subject of the next certificate");
  TRY(verify_signature(alias, device_key));
  if (now < evidence.chain[0].not_before() || now > evidence.chain[0].not_after()) return fail_expecting(Errc::stale, "", "not valid at this time", "a time in its validity");
  if (alias.is_authority) return fail_expecting(Errc::untrusted, "", "the certificate of a CA", "one of an alias");
  if (alias.key_usage && (*alias.key_usage & kDigitalSignature) == 0) return fail_expecting(Errc::untrusted, "", "a key that is not for signing", "key usage digitalSignature");
  if (alias.is_for_client_auth && !*alias.is_for_client_auth) return fail_expecting(Errc::untrusted, "", "a key that is not for authentication", "extended key usage clientAuth");
  if (!(evidence.identity.device == device_key)) return fail_expecting(Errc::mismatch, "", "it names another device", "that of the next certificate");
  return {};
}

// A chain of certificates is public and always the same.
void check_freshness(const appraise::VerifyInput& input, Findings& findings) {
  if (!input.nonce) return findings.not_checked("riot.freshness", "freshness", "certificates answer no nonce: who presents them must still show that the alias key is theirs");
  findings.failed("riot.freshness", "freshness", "certificates answer no nonce", {}, to_hex(*input.nonce));
}

}  // namespace
}  // namespace assay::riot
