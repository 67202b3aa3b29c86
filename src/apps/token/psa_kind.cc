#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/token/kinds.h"
#include "apps/token/unread.h"
#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "schemes/psa/rules.h"
#include "schemes/psa/token.h"

namespace assay::token {
namespace {

// Members of evcli's example files that evcli ignores. In the first dialect there is a claim (psa-hwver) that they could stand for.
constexpr std::string_view kIgnored[] = {"psa-hardware-version", "hardware-version"};

std::string protection_of(const cose::Unverified& message);
Result<psa::Claims> load_claims(const CreateOptions& options);

}  // namespace

Result<Look> look_at_psa(ByteView token) {
  const psa::UnverifiedToken parsed = TRY(psa::parse_token(token));
  Look look;
  look.envelope.push_back(protection_of(parsed.message));
  look.claims = psa::to_json(parsed.claims);
  for (const eat::RawClaim& claim : parsed.claims.unknown) look.unknown.emplace_back(eat::shown(claim.key), cbor::to_diagnostic(claim.value));
  for (std::size_t i = 0; i < parsed.claims.software_components.size(); ++i) {
    for (const eat::RawClaim& claim : parsed.claims.software_components[i].unknown) {
      look.unknown.emplace_back(fmt::format("software component {}: {}", i, eat::shown(claim.key)), cbor::to_diagnostic(claim.value));
    }
  }
  appraise::report(psa::check_rules(parsed.claims, {}), look.rules);
  return look;
}

Result<Bytes> create_psa(const CreateOptions& options) {
  const psa::Claims claims = TRY(load_claims(options));
  if (!options.mac_key.empty()) {
    const auto key = TRY(inputs::load_mac_key(options.mac_key));
    return psa::mac_token(claims, key->expose());
  }
  const crypto::PrivateKey key = TRY(inputs::load_private_key(options.key));
  return within(options.key, psa::sign_token(claims, key));
}

namespace {

Result<psa::Claims> load_claims(const CreateOptions& options) {
  // A name that no claims can have is not the fault of these.
  if (!options.profile.empty() && !psa::dialect_by_profile(options.profile)) {
    return fail_expecting(Errc::usage, "--profile", "unknown profile " + assay::quoted(options.profile), fmt::format("{}, {}, {} or another {}…", psa::kProfile1, psa::kProfile2, psa::kProfile3, psa::kDerivedPrefix));
  }
  const std::string text = TRY(files::read_text(options.claims));
  const json::Value value = TRY(within(options.claims, json::parse(text)));
  psa::Claims claims = TRY(within(options.claims, psa::from_json(value)));
  if (!options.profile.empty() && claims.profile != options.profile) {
    return fail_expecting(Errc::usage, options.claims, "profile " + assay::quoted(claims.profile.value_or("(none)")), assay::quoted(options.profile) + ", as --profile says");
  }
  std::span<const std::string_view> ignored;
  if (claims.dialect != psa::Dialect::p1) ignored = kIgnored;
  TRY(within(options.claims, all_read(value, psa::to_json(claims), ignored)));
  if (!options.allow_invalid) TRY(within(options.claims, psa::validate(claims)));
  return claims;
}

std::string protection_of(const cose::Unverified& message) {
  const bool mac = message.kind == cose::Unverified::Kind::mac0;
  const auto alg = message.protected_headers.alg;
  std::string name = alg ? fmt::format("algorithm {}", *alg) : "no algorithm";
  if (const auto sig = alg ? crypto::sig_by_cose_id(*alg) : std::nullopt; sig && !mac) name = crypto::jose_name(*sig);
  if (const auto mac_alg = alg ? crypto::mac_by_cose_id(*alg) : std::nullopt; mac_alg && mac) name = fmt::format("HMAC with {}", crypto::name(crypto::hash_of(*mac_alg)));
  return fmt::format("{}, {}", mac ? "COSE_Mac0" : "COSE_Sign1", name);
}

}  // namespace
}  // namespace assay::token
