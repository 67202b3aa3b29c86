// From evidence to what may be believed of it: both signatures under one anchor, the name of the certified key, its attributes, the
// nonce. Then the registers against their reference values.
#include <algorithm>
#include <map>

#include "appraise/checked.h"
#include "base/text.h"
#include "model/corim/text.h"
#include "schemes/parsec_tpm/evidence.h"
#include "schemes/parsec_tpm/scheme.h"

namespace assay::parsec_tpm {
namespace {

using appraise::Findings;
using appraise::PcrReference;
using appraise::Rule;

constexpr std::int8_t kRecognized = 2;
constexpr std::int8_t kUnrecognized = 33;
constexpr std::int8_t kContraindicated = 96;
constexpr std::int8_t kUnrecognizedInstance = 97;
constexpr std::size_t kMaxCombinations = 4096;
constexpr std::string_view kRegisters = "digest of the platform configuration registers";
constexpr std::string_view kPcrsId = "parsec_tpm.reference.pcrs";

struct AuthenticClaims final : appraise::Claims {
  std::optional<Bytes> platform_class;  // of the trust anchor: a UUID
  std::vector<tpm::PcrSelection> banks;
  crypto::Hash signed_with = crypto::Hash::sha256;
  Bytes digest;
  Bytes attested_key;  // SubjectPublicKeyInfo
  json::Value shown;
};

// What one register may hold.
struct Register {
  std::uint16_t bank = 0;
  std::uint64_t number = 0;
  std::vector<const PcrReference*> known;
};

const appraise::TrustAnchor* authenticate(const UnverifiedEvidence& evidence, const appraise::VerifyInput& input, Findings& findings);
void check_key(const UnverifiedEvidence& evidence, Findings& findings);
void check_freshness(ByteView extra_data, const appraise::VerifyInput& input, Findings& findings);
void compare(const AuthenticClaims& claims, const appraise::ReferenceValues& references, appraise::Submod& submod, Findings& findings);
Result<std::string> find_match(const AuthenticClaims& claims, const std::vector<const PcrReference*>& known, Rule rule);
std::vector<Register> registers_of(const AuthenticClaims& claims, const std::vector<const PcrReference*>& known, Rule rule);
Result<void> check_all_quoted(const AuthenticClaims& claims, const std::vector<const PcrReference*>& known);

}  // namespace

Result<appraise::Evidence> verify_evidence(const appraise::VerifyInput& input) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(input.evidence));
  appraise::Evidence evidence;
  const appraise::TrustAnchor* anchor = authenticate(parsed, input, evidence.findings);
  if (anchor == nullptr) {
    evidence.findings.not_checked("parsec_tpm.freshness", "freshness", "nobody vouches for the quote");
    return evidence;
  }
  check_key(parsed, evidence.findings);
  check_freshness(parsed.pat.attest.extra_data, input, evidence.findings);
  auto claims = std::make_shared<AuthenticClaims>();
  claims->platform_class = anchor->implementation_id;
  claims->banks = parsed.pat.attest.quote->selections;
  claims->signed_with = *tpm::hash_of(parsed.pat.signature.hash);  // the signature is good
  claims->digest = to_bytes(parsed.pat.attest.quote->digest);
  claims->attested_key = parsed.kat.key.key.spki();
  claims->shown = to_json(parsed);
  evidence.claims = std::move(claims);
  return evidence;
}

appraise::Verdict appraise_evidence(const appraise::Evidence& evidence, const appraise::ReferenceValues& references) {
  appraise::Verdict verdict;
  verdict.findings = evidence.findings;
  appraise::Submod submod{"PARSEC_TPM", {}};
  const auto* claims = dynamic_cast<const AuthenticClaims*>(evidence.claims.get());
  if (evidence.findings.has_failed("parsec_tpm.key")) {
    submod.vector[ear::Claim::instance_identity] = kUnrecognizedInstance;
  } else if (evidence.findings.has_failed("parsec_tpm.attested-key.attributes")) {
    submod.vector[ear::Claim::instance_identity] = kContraindicated;
  } else if (evidence.findings.has_failed("parsec_tpm") || claims == nullptr) {
    submod.vector.set_all(ear::kCryptoFailed);
  } else {
    compare(*claims, references, submod, verdict.findings);
  }
  verdict.submods.push_back(std::move(submod));
  return verdict;
}

namespace {

const appraise::TrustAnchor* authenticate(const UnverifiedEvidence& evidence, const appraise::VerifyInput& input, Findings& findings) {
  const std::string key_id = "key id " + to_hex(evidence.key_id);
  const auto anchors = appraise::keys_for_instance(input.anchors, evidence.key_id);
  if (anchors.empty()) {
    findings.failed("parsec_tpm.key", "attestation key", "no trust anchor for this key id", key_id, appraise::nearest_anchor(input.anchors, {}, evidence.key_id));
    return nullptr;
  }
  const auto search = appraise::first_verifying(anchors, [&](const crypto::PublicKey& key) -> Result<void> {
    TRY(within("quote", tpm::verify(key, evidence.pat.signature, evidence.pat.attest.signed_bytes)));
    return within("key's certification", tpm::verify(key, evidence.kat.signature, evidence.kat.attest.signed_bytes));
  });
  if (search.found == nullptr) {
    findings.failed("parsec_tpm.signature", "signatures of the quote and of the key's certification", search.why, {}, search.tried);
    return nullptr;
  }
  findings.passed("parsec_tpm.key", "attestation key", key_id, search.found->origin);
  findings.passed("parsec_tpm.signature", "signatures of the quote and of the key's certification", {}, search.found->origin);
  return search.found;
}

// The certification names the key by its hash; without that anybody's public area could stand beside it.
void check_key(const UnverifiedEvidence& evidence, Findings& findings) {
  constexpr std::string_view kName = "parsec_tpm.attested-key.name", kAttributes = "parsec_tpm.attested-key.attributes";
  const tpm::Public& key = evidence.kat.key;
  const std::string certified = to_hex(evidence.kat.attest.certification->name);
  const Result<Bytes> name = key.name();
  if (!name) findings.failed(std::string{kName}, "name of the attested key", name.error().text(), {}, certified);
  else if (equal(*name, evidence.kat.attest.certification->name)) findings.passed(std::string{kName}, "name of the attested key", certified, "that of its public area");
  else findings.failed(std::string{kName}, "name of the attested key", "the TPM certified another key", certified, to_hex(*name));
  const std::string bits = fmt::format("{:08x}", key.attributes);
  if (key.is_fixed() && key.is_made_by_tpm()) findings.passed(std::string{kAttributes}, "attributes of the attested key", bits, "fixedTPM, sensitiveDataOrigin");
  else findings.failed(std::string{kAttributes}, "attributes of the attested key", "it may exist outside the TPM", bits, "fixedTPM, sensitiveDataOrigin");
}

// The TPM's word for a nonce is qualifying data. A key is certified once and quoted with often: only the quote can answer.
void check_freshness(ByteView extra_data, const appraise::VerifyInput& input, Findings& findings) {
  if (!input.nonce) return appraise::report_no_nonce("parsec_tpm.freshness", findings);
  const std::string actual = to_hex(extra_data);
  if (ct_equal(extra_data, *input.nonce)) return findings.passed("parsec_tpm.freshness", "freshness", actual, "the nonce given");
  findings.failed("parsec_tpm.freshness", "freshness", "the quote answers another nonce, or none", actual, to_hex(*input.nonce));
}

void compare(const AuthenticClaims& claims, const appraise::ReferenceValues& references, appraise::Submod& submod, Findings& findings) {
  std::vector<const PcrReference*> known;
  for (const PcrReference& one : references.pcrs) {
    if (one.pcr && claims.platform_class && equal(one.platform_id, *claims.platform_class)) known.push_back(&one);
  }
  const std::string actual = to_hex(claims.digest);
  Result<std::string> match = find_match(claims, known, references.rule);
  // The released verifiers make no claim at all then.
  const bool none = !match && references.rule != Rule::assay;
  if (match) findings.passed(std::string{kPcrsId}, std::string{kRegisters}, actual, *match);
  else if (known.empty() && !none) findings.not_checked(std::string{kPcrsId}, std::string{kRegisters}, claims.platform_class ? "no reference value is for this class of platforms" : "the trust anchor does not say of which class the platform is");
  else findings.failed(std::string{kPcrsId}, std::string{kRegisters}, match.error().text(), actual);
  if (none) return;
  submod.vector[ear::Claim::instance_identity] = kRecognized;
  submod.vector[ear::Claim::hardware] = kRecognized;
  submod.vector[ear::Claim::executables] = match ? kRecognized : kUnrecognized;
  submod.annotated_evidence = claims.shown;
  json::Object key;
  key.set("akpub", to_base64url(claims.attested_key));
  submod.key_attestation = std::move(key);
}

// Where the values that make the quoted digest come from.
Result<std::string> find_match(const AuthenticClaims& claims, const std::vector<const PcrReference*>& known, Rule rule) {
  const std::vector<Register> registers = registers_of(claims, known, rule);
  std::size_t combinations = 1;
  for (const Register& one : registers) {
    if (one.known.empty()) return fail(Errc::missing, "", "register {} has no reference value{}", one.number, rule == Rule::veraison_2025 ? "" : " of its bank's algorithm");
    combinations *= one.known.size();
    if (combinations > kMaxCombinations) return fail(Errc::limit, "", "more than {} combinations of reference values", kMaxCombinations);
  }
  if (rule == Rule::assay) TRY(check_all_quoted(claims, known));
  // The digest is the signature's (TPM 2.0 Part 2 §10.12.1); the released verifiers take the bank's.
  const auto hash = rule == Rule::assay ? std::optional{claims.signed_with} : tpm::hash_of(claims.banks.front().hash);
  if (!hash) return fail(Errc::unsupported, "", "hash algorithm {:04x}", claims.banks.front().hash);
  for (std::size_t i = 0; i < combinations; ++i) {
    Bytes values;
    std::size_t rest = i;
    for (const Register& one : registers) {
      append(values, one.known[rest % one.known.size()]->digest.value);
      rest /= one.known.size();
    }
    if (equal(crypto::digest(*hash, values), claims.digest)) return registers.front().known[i % registers.front().known.size()]->origin;
  }
  return fail(Errc::mismatch, "", "the reference values of {} registers make another digest", registers.size());
}

std::vector<Register> registers_of(const AuthenticClaims& claims, const std::vector<const PcrReference*>& known, Rule rule) {
  std::vector<Register> registers;
  for (const tpm::PcrSelection& bank : claims.banks) {
    for (const std::uint8_t number : bank.pcrs) {
      Register& one = registers.emplace_back(bank.hash, number, std::vector<const PcrReference*>{});
      for (const PcrReference* reference : known) {
        if (*reference->pcr != number) continue;
        if (rule == Rule::veraison_2025) one.known.assign(1, reference);  // of several digests it keeps the last
        else if (const auto hash = crypto::hash_by_name(corim::to_text(reference->digest.algorithm)); hash && hash == tpm::hash_of(bank.hash)) one.known.push_back(reference);
      }
    }
  }
  return registers;
}

// Who asks for the quote chooses its registers, and on a platform that was broken into it may be the intruder who asks.
Result<void> check_all_quoted(const AuthenticClaims& claims, const std::vector<const PcrReference*>& known) {
  for (const PcrReference* reference : known) {
    const bool quoted = std::ranges::any_of(claims.banks, [&](const tpm::PcrSelection& bank) { return std::ranges::any_of(bank.pcrs, [&](std::uint8_t pcr) { return pcr == *reference->pcr; }); });
    if (!quoted) return fail(Errc::missing, "", "register {} has a reference value and is not quoted", *reference->pcr);
  }
  return {};
}

}  // namespace
}  // namespace assay::parsec_tpm
