#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/token/kinds.h"
#include "apps/token/unread.h"
#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "schemes/cca/evidence.h"
#include "schemes/cca/rules.h"

namespace assay::token {
namespace {

std::string algorithm_of(const cose::Unverified& message);
void add_unknown(Look& look, std::string_view part, const std::vector<eat::RawClaim>& claims);
Result<cca::EvidenceClaims> load_claims(const CreateOptions& options);
Result<void> check_rak(const CreateOptions& options, const cca::EvidenceClaims& claims, const crypto::PrivateKey& realm_key);

}  // namespace

Result<Look> look_at_cca(ByteView evidence) {
  const cca::UnverifiedEvidence parsed = TRY(cca::parse_evidence(evidence));
  Look look;
  look.envelope.push_back(fmt::format("tag {} ({})", static_cast<int>(parsed.outer), parsed.outer == cca::Outer::cmw ? "CMW collection" : "collection of early implementations"));
  look.envelope.push_back("platform token: COSE_Sign1, " + algorithm_of(parsed.platform_token));
  look.envelope.push_back("realm token: COSE_Sign1, " + algorithm_of(parsed.realm_token));
  look.claims = cca::to_json(parsed.platform, parsed.realm);
  add_unknown(look, "platform", parsed.platform.unknown);
  for (std::size_t i = 0; i < parsed.platform.software_components.size(); ++i) {
    add_unknown(look, fmt::format("platform software component {}", i), parsed.platform.software_components[i].unknown);
  }
  add_unknown(look, "realm", parsed.realm.unknown);
  appraise::report(cca::check_rules(parsed.platform), look.rules);
  appraise::report(cca::check_rules(parsed.realm, cca::decode_rak(parsed.realm)), look.rules);
  for (const std::string& warning : parsed.warnings) look.rules.warning("cca.envelope", "envelope", warning);
  return look;
}

Result<Bytes> create_cca(const CreateOptions& options) {
  const cca::EvidenceClaims claims = TRY(load_claims(options));
  const crypto::PrivateKey platform_key = TRY(inputs::load_private_key(options.key));
  const crypto::PrivateKey realm_key = TRY(inputs::load_private_key(options.rak));
  if (!options.allow_invalid) TRY(check_rak(options, claims, realm_key));
  const cca::Outer outer = options.format == "legacy" ? cca::Outer::legacy : cca::Outer::cmw;
  return cca::sign_evidence(claims, platform_key, realm_key, {.outer = outer, .check_rak = !options.allow_invalid});
}

namespace {

std::string algorithm_of(const cose::Unverified& message) {
  const auto alg = message.protected_headers.alg;
  if (!alg) return "no algorithm";
  const auto sig = crypto::sig_by_cose_id(*alg);
  return sig ? std::string{crypto::jose_name(*sig)} : fmt::format("algorithm {}", *alg);
}

void add_unknown(Look& look, std::string_view part, const std::vector<eat::RawClaim>& claims) {
  for (const eat::RawClaim& claim : claims) look.unknown.emplace_back(fmt::format("{}: {}", part, eat::shown(claim.key)), cbor::to_diagnostic(claim.value));
}

Result<cca::EvidenceClaims> load_claims(const CreateOptions& options) {
  const std::string text = TRY(files::read_text(options.claims));
  const json::Value value = TRY(within(options.claims, json::parse(text)));
  cca::EvidenceClaims claims = TRY(within(options.claims, cca::evidence_from_json(value)));
  if (claims.platform && claims.realm) TRY(within(options.claims, all_read(value, cca::to_json(*claims.platform, *claims.realm))));
  if (!options.allow_invalid) TRY(within(options.claims, cca::validate(claims)));
  return claims;
}

// Two files that do not belong together: no verifier would accept the token.
Result<void> check_rak(const CreateOptions& options, const cca::EvidenceClaims& claims, const crypto::PrivateKey& realm_key) {
  if (!claims.realm) return {};  // signing says what is missing
  const cca::Rak rak = TRY(within(options.claims, cca::decode_rak(*claims.realm)));
  if (rak.key == realm_key.public_key()) return {};
  return fail_expecting(Errc::usage, options.rak, fmt::format("this key is not the cca-realm-public-key of {}", options.claims), "as --rak the private key that belongs to it");
}

}  // namespace
}  // namespace assay::token
