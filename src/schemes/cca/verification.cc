// From evidence to what may be believed of it, with a finding for every step: platform signature, realm signature, the binding of
// the two, freshness, profiles, and every claim of what is authentic.
#include <algorithm>

#include "appraise/chain.h"
#include "base/text.h"
#include "model/eat/check.h"
#include "schemes/cca/rules.h"
#include "schemes/cca/scheme.h"

namespace assay::cca {
namespace {

using appraise::Findings;

Result<UnverifiedEvidence> parsed_before(const appraise::VerifyInput& input);
std::optional<Verified<PlatformClaims>> authenticate_platform(UnverifiedEvidence& evidence, const appraise::VerifyInput& input, Findings& findings);
std::optional<Verified<RealmClaims>> authenticate_realm(UnverifiedEvidence& evidence, const PlatformClaims& platform, const appraise::VerifyInput& input, Findings& findings);
std::string why_bad(const cose::Unverified& token, const Error& error);
bool check_realm_key(const RealmClaims& claims, const Result<Rak>& rak, bool strict, Findings& findings);
bool check_binding(const PlatformClaims& platform, const RealmClaims& realm, Findings& findings);
void check_platform(const PlatformClaims& claims, bool strict, Findings& findings);
void check_realm(const RealmClaims& claims, const Result<Rak>& rak, bool strict, Findings& findings);
void check_measurement_sizes(const RealmClaims& claims, Findings& findings);
void check_freshness(const RealmClaims& claims, const appraise::VerifyInput& input, Findings& findings);
void no_freshness(const appraise::VerifyInput& input, Findings& findings);
void check_profiles(const PlatformClaims& platform, const RealmClaims& realm, bool strict, Findings& findings);
void report_unknown(std::string_view id, std::string_view whose, const std::vector<eat::RawClaim>& unknown, Findings& findings);

}  // namespace

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input) {
  UnverifiedEvidence parsed = TRY(parsed_before(input));
  appraise::Evidence evidence;
  Findings& findings = evidence.findings;
  for (const std::string& warning : parsed.warnings) findings.warning("cca.collection", "collection", warning);

  auto platform = authenticate_platform(parsed, input, findings);
  if (!platform) {
    findings.not_checked("cca.platform.claims", "platform claims", "nobody vouches for them");
    findings.not_checked("cca.realm", "realm token", "its key is vouched for by the platform token, which is not trusted");
    no_freshness(input, findings);
    return evidence;
  }
  check_platform(**platform, input.strict, findings);
  auto authentic = std::make_shared<AuthenticClaims>(std::move(*platform));
  authentic->realm = authenticate_realm(parsed, *authentic->platform, input, findings);
  if (authentic->realm) {
    check_freshness(**authentic->realm, input, findings);
    check_profiles(*authentic->platform, **authentic->realm, input.strict, findings);
  } else {
    no_freshness(input, findings);
  }
  evidence.claims = std::move(authentic);
  return evidence;
}

namespace {

// By `peek`, or now.
Result<UnverifiedEvidence> parsed_before(const appraise::VerifyInput& input) {
  if (input.identity == nullptr) return parse_evidence(input.evidence);
  const auto taken = std::exchange(input.identity->unverified, nullptr);
  auto* const unverified = dynamic_cast<Unverified*>(taken.get());
  return unverified != nullptr ? Result<UnverifiedEvidence>{std::move(unverified->evidence)} : parse_evidence(input.evidence);
}

std::optional<Verified<PlatformClaims>> authenticate_platform(UnverifiedEvidence& evidence, const appraise::VerifyInput& input, Findings& findings) {
  const PlatformClaims& claims = evidence.platform;
  const ByteView implementation = claims.implementation_id ? ByteView{*claims.implementation_id} : ByteView{};
  const ByteView instance = claims.instance_id ? ByteView{*claims.instance_id} : ByteView{};
  auto anchors = appraise::anchors_for(input.anchors, implementation, instance);
  std::erase_if(anchors, [](const appraise::TrustAnchor* anchor) { return !std::holds_alternative<crypto::PublicKey>(anchor->key); });
  std::vector<appraise::TrustAnchor> of_chain;
  appraise::add_chain("cca.platform", evidence.platform_token.x5chain(), input, of_chain, anchors, findings);
  const std::string instance_shown = "instance " + to_hex(instance);
  if (anchors.empty()) {
    findings.failed("cca.platform.key", "platform attestation key", "no trust anchor for this instance", "implementation " + to_hex(implementation) + ", " + instance_shown, appraise::nearest_anchor(input.anchors, implementation, instance));
    return std::nullopt;
  }
  std::string tried;
  std::optional<Error> last;
  for (const appraise::TrustAnchor* anchor : anchors) {
    auto verified = verify_platform(evidence, std::get<crypto::PublicKey>(anchor->key), input.cache);
    if (verified) {
      findings.passed("cca.platform.key", "platform attestation key", instance_shown, anchor->origin);
      findings.passed("cca.platform.signature", "platform signature", {}, anchor->origin);
      return std::move(*verified);
    }
    tried += (tried.empty() ? "" : ", ") + anchor->origin;
    last = std::move(verified).error();
  }
  findings.failed("cca.platform.signature", "platform signature", why_bad(evidence.platform_token, *last), {}, tried);
  return std::nullopt;
}

std::optional<Verified<RealmClaims>> authenticate_realm(UnverifiedEvidence& evidence, const PlatformClaims& platform, const appraise::VerifyInput& input, Findings& findings) {
  const Result<Rak> rak = decode_rak(evidence.realm);
  if (!check_realm_key(evidence.realm, rak, input.strict, findings)) {
    findings.not_checked("cca.realm.claims", "realm claims", "without a key nobody vouches for them");
    return std::nullopt;
  }
  auto claims = verify_realm(evidence, rak->key, input.cache);
  if (!claims) {
    findings.failed("cca.realm.signature", "realm signature", why_bad(evidence.realm_token, claims.error()), {}, "the realm's own key (claim 44237)");
    findings.not_checked("cca.realm.claims", "realm claims", "nobody vouches for them");
    return std::nullopt;
  }
  findings.passed("cca.realm.signature", "realm signature", {}, "the realm's own key (claim 44237)");
  // A good signature by a key that the platform does not name proves nothing.
  if (!check_binding(platform, **claims, findings)) {
    findings.not_checked("cca.realm.claims", "realm claims", "the platform does not vouch for the key that signed them");
    return std::nullopt;
  }
  check_realm(**claims, rak, input.strict, findings);
  return std::move(*claims);
}

std::string why_bad(const cose::Unverified& token, const Error& error) {
  if (cose::is_short_circuit(token)) return "made without a key, as test builds do (short-circuit): worth nothing";
  return error.text();
}

bool check_realm_key(const RealmClaims& claims, const Result<Rak>& rak, bool strict, Findings& findings) {
  const bool known_profile = !claims.profile || *claims.profile == kRealm2023 || *claims.profile == kRealm2024;
  if (!known_profile) {
    findings.failed("cca.realm.profile", "realm profile", "an unknown profile does not say what form the realm's key has", quoted(*claims.profile),
                    fmt::format("none, {} or {}", kRealm2023, kRealm2024));
    return false;
  }
  if (!rak) {
    findings.failed("cca.realm.public-key", "realm attestation key", rak.error().text());
    return false;
  }
  if (rak->warning.empty()) return true;
  if (strict) findings.failed("cca.realm.public-key", "realm attestation key", rak->warning);
  else findings.warning("cca.realm.key-form", "realm attestation key", rak->warning);
  return !strict;
}

bool check_binding(const PlatformClaims& platform, const RealmClaims& realm, Findings& findings) {
  const std::string actual = platform.challenge ? to_hex(*platform.challenge) : std::string{};
  const Result<void> binding = cca::check_binding(platform, realm);
  const std::string expected = fmt::format("{} of the realm's key", printable(realm.public_key_hash_algorithm.value_or("digest")));
  if (binding) findings.passed("cca.binding", "binding of realm to platform", actual, expected);
  else findings.failed("cca.binding", "binding of realm to platform", binding.error().text(), actual, expected);
  return binding.has_value();
}

void check_platform(const PlatformClaims& claims, bool strict, Findings& findings) {
  appraise::report(check_rules(claims), findings);
  if (claims.hash_algorithm && eat::check_hash_name(*claims.hash_algorithm) && !eat::is_strong_hash_name(*claims.hash_algorithm)) {
    const auto report = strict ? &Findings::failed : &Findings::warning;
    (findings.*report)("cca.platform.hash-algorithm", "platform hash algorithm", "too weak to rely on", quoted(*claims.hash_algorithm), "sha-256, sha-384 or sha-512");
  }
  report_unknown("cca.platform.unknown-claims", "platform claims", claims.unknown, findings);
  const bool more = std::ranges::any_of(claims.software_components, [](const auto& component) { return !component.unknown.empty(); });
  if (more) findings.not_checked("cca.platform.unknown-claims", "members of software components", "this verifier does not know them");
}

void check_realm(const RealmClaims& claims, const Result<Rak>& rak, bool strict, Findings& findings) {
  appraise::report(check_rules(claims, rak), findings);
  check_measurement_sizes(claims, findings);
  if (claims.devices_token_hash) {
    const auto report = strict ? &Findings::failed : &Findings::warning;
    (findings.*report)("cca.realm.devices", "devices token", "devices are assigned to the realm, and this verifier does not read their token: they may be anything", to_hex(*claims.devices_token_hash), "no assigned devices");
  }
  report_unknown("cca.realm.unknown-claims", "realm claims", claims.unknown, findings);
}

// evcli's own example says sha-256 and carries 64 bytes, so this is no reason to refuse.
void check_measurement_sizes(const RealmClaims& claims, Findings& findings) {
  const auto hash = claims.hash_algorithm ? crypto::hash_by_name(*claims.hash_algorithm) : std::nullopt;
  if (!hash) return;
  bool same = !claims.initial_measurement || claims.initial_measurement->size() == crypto::size(*hash);
  if (claims.extensible_measurements) {
    for (const Bytes& measurement : *claims.extensible_measurements) same = same && measurement.size() == crypto::size(*hash);
  }
  if (!same) findings.warning("cca.realm.measurement-size", "realm measurements", "their size is not that of the hash algorithm they claim", {}, quoted(*claims.hash_algorithm));
}

// The nonce is in the realm token. Without an authentic one nothing answers it, the platform token least: that may be old.
void no_freshness(const appraise::VerifyInput& input, Findings& findings) {
  if (!input.nonce) return appraise::report_no_nonce("cca.freshness", findings);
  findings.failed("cca.freshness", "freshness", "no authentic realm token carries the nonce", {}, to_hex(*input.nonce));
}

void check_freshness(const RealmClaims& claims, const appraise::VerifyInput& input, Findings& findings) {
  if (!input.nonce) return appraise::report_no_nonce("cca.freshness", findings);
  const ByteView nonce = *input.nonce;
  const std::string actual = claims.challenge ? to_hex(*claims.challenge) : std::string{};
  const std::string expected = to_hex(nonce);
  const Result<Bytes> padded = pad_challenge(nonce);
  if (padded && claims.challenge && claims.challenges_in_array == 0 && ct_equal(*claims.challenge, *padded)) {
    findings.passed("cca.freshness", "freshness", actual, nonce.size() < kRealmChallengeSize ? "the nonce given, zeros behind" : "the nonce given");
  } else {
    findings.failed("cca.freshness", "freshness", fmt::format("realm challenge ({}) does not match session nonce ({})", actual, expected), actual, expected);
  }
}

void check_profiles(const PlatformClaims& platform, const RealmClaims& realm, bool strict, Findings& findings) {
  const bool legacy = platform.profile == kPlatformLegacy && !realm.profile;
  const bool of_2023 = platform.profile == kPlatform2023 && (realm.profile == kRealm2023 || realm.profile == kRealm2024);
  const bool of_2024 = platform.profile == kPlatform2024 && realm.profile == kRealm2024;
  const std::string pair = fmt::format("platform {}, realm {}", quoted(platform.profile.value_or("")), realm.profile ? quoted(*realm.profile) : "none");
  if (legacy || of_2023 || of_2024) {
    findings.passed("cca.profiles", "profiles of the two tokens", pair);
  } else if (strict) {
    findings.failed("cca.profiles", "profiles of the two tokens", "unsupported profile combination", pair);
  } else {
    findings.warning("cca.profiles", "profiles of the two tokens", "they belong to different generations", pair);
  }
}

void report_unknown(std::string_view id, std::string_view whose, const std::vector<eat::RawClaim>& unknown, Findings& findings) {
  if (unknown.empty()) return;
  std::string keys;
  for (std::size_t i = 0; i < unknown.size() && i < 16; ++i) keys += (i == 0 ? "" : ", ") + eat::shown(unknown[i].key);
  findings.not_checked(std::string{id}, fmt::format("{} {}{}", whose, keys, unknown.size() > 16 ? " …" : ""), "this verifier does not know them");
}

}  // namespace
}  // namespace assay::cca
