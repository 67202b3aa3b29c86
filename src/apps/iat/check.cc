#include "apps/iat/check.h"

#include <algorithm>
#include <ostream>

#include "apps/iat/rules.h"
#include "base/text.h"

namespace assay::iat {
namespace {

Result<void> check_envelope(Context& context, const Token& token);
Result<void> check_tag(Context& context, const Token& token);
Result<void> check_claims(Context& context, const Token& token, const ClaimSet& set, const Value& claims, std::optional<std::size_t> index);

}  // namespace

Result<void> Context::error(std::string message) {
  ++errors_;
  if (!options_.keep_going) return std::unexpected(Error{Errc::invalid, {}, std::move(message), {}, {}});
  *err_ << "ERROR:iat-verifiers:" << message << '\n';
  return {};
}

void Context::warning(std::string_view message) { *err_ << "WARNING:iat-verifiers:" << message << '\n'; }

Result<void> check_token(Context& context, const Token& token) {
  TRY(check_envelope(context, token));
  TRY(check_tag(context, token));
  TRY(check_claims(context, token, token.type->claims, token.claims, {}));
  return token.type->whole != nullptr ? token.type->whole(context, token) : Result<void>{};
}

namespace {

std::unexpected<Error> bad_cose(std::string_view why) { return fail(Errc::unauthenticated, "", "Verify (verify_signature=True): Bad COSE: {}", why); }

std::unexpected<Error> bad_signature(const Token& token) {
  return bad_cose(cose::is_short_circuit(*token.envelope) ? "Bad signature (a test build made it, without a key)" : "Bad signature");
}

std::string shown_alg(std::optional<std::int64_t> id) {
  if (!id) return "None";
  if (const auto sig = crypto::sig_by_cose_id(*id)) return std::string{crypto::jose_name(*sig)};
  return fmt::format("{}", *id);
}

// RFC 9053 §2.1 would let one curve serve other algorithms; these tools, as tokens do, let the key decide.
Result<void> check_signature(const Token& token, const crypto::PublicKey& key) {
  const crypto::Sig expected = crypto::default_sig(key.kind());
  const auto alg = token.envelope->protected_headers.alg;
  if (alg != crypto::cose_id(expected)) {
    return bad_cose(fmt::format("Invalid Protected header: Unexpected alg in protected header (expected {} instead of {})", crypto::jose_name(expected), shown_alg(alg)));
  }
  if (!cose::verify_sign1(*token.envelope, key)) return bad_signature(token);
  return {};
}

Result<void> check_mac(const Token& token, ByteView key) {
  const auto alg = token.envelope->protected_headers.alg;
  if (!alg || !crypto::mac_by_cose_id(*alg)) {
    return bad_cose(fmt::format("Invalid Protected header: Unexpected alg in protected header (expected HS256 instead of {})", shown_alg(alg)));
  }
  if (!cose::verify_mac0(*token.envelope, key)) return bad_signature(token);
  return {};
}

// The realm token's key is its own: rules::realm_signature.
Result<void> check_envelope(Context& context, const Token& token) {
  if (!token.envelope || token.type == &kCcaRealm) return {};
  if (const auto* key = std::get_if<crypto::PublicKey>(&context.options().key)) return check_signature(token, *key);
  if (const auto* key = std::get_if<std::shared_ptr<const SecretBytes>>(&context.options().key)) return check_mac(token, (*key)->expose());
  return {};
}

Result<void> check_tag(Context& context, const Token& token) {
  if (!token.type->is_collection) {
    if (!token.tag) return {};
    return context.error(fmt::format("Invalid token: Unexpected tag (0x{:x}) in token {}", *token.tag, token.type->name));
  }
  if (!token.tag) return context.error(fmt::format("Invalid token: token {} should be wrapped in tag 0x{:x}", token.type->name, kCollectionTag));
  if (*token.tag == kCollectionTag || (*token.tag == kCollectionTagLegacy && !context.options().strict_rmm2)) return {};
  return context.error(fmt::format("Invalid token: token {} is wrapped in tag 0x{:x} instead of 0x{:x}", token.type->name, *token.tag, kCollectionTag));
}

Result<void> check_known(Context& context, const ClaimSet& set, const Value::Map& claims) {
  for (const Member& member : claims) {
    if (set.by_key(member.key) != nullptr) continue;
    const std::string message = fmt::format("Unexpected {} claim: {}", set.name, shown(member.key));
    if (context.options().strict) {
      TRY(context.error(message));
    } else {
      context.warning(message + ", skipping.");
    }
  }
  return {};
}

bool is_mandatory(const Context& context, Necessity necessity, const Value& claims) {
  const std::string_view profile = rules::text_of(claims, kProfileKey);
  switch (necessity) {
    case Necessity::mandatory: return true;
    case Necessity::mandatory_psa_draft: return profile != kPsaRfcProfile;
    case Necessity::mandatory_rmm2: return context.options().strict_rmm2 || profile == kRealmProfile2024;
    case Necessity::recommended:
    case Necessity::optional: return false;
  }
  return false;
}

Result<void> check_presence(Context& context, const ClaimSet& set, const Value& claims, std::optional<std::size_t> index) {
  const std::string where = index ? fmt::format("{} at index {}", set.name, *index) : std::string{set.name};
  for (const Claim& claim : set.claims) {
    if (is_mandatory(context, claim.necessity, claims) && claims.find(claim.key) == nullptr) {
      TRY(context.error(fmt::format("Invalid IAT: missing MANDATORY claim \"{}\" from {}", claim.name, where)));
    }
  }
  for (const Claim& claim : set.claims) {
    if (claim.necessity == Necessity::recommended && claims.find(claim.key) == nullptr) {
      context.warning(fmt::format("Missing RECOMMENDED claim \"{}\" from {}", claim.name, where));
    }
  }
  return {};
}

Result<void> check_value(Context& context, const Token& token, const Claim& claim, const Value& value, const Value& claims) {
  const std::size_t before = context.errors();
  TRY(rules::check_type(context, claim, value));
  if (context.errors() != before) return {};
  if (claim.shape == Shape::token) {
    const Token* member = token.member(*claim.token);
    return member != nullptr ? check_token(context, *member) : Result<void>{};
  }
  if (claim.shape == Shape::components) {
    const Value::List& list = *value.list();
    for (std::size_t i = 0; i < list.size(); ++i) TRY(check_claims(context, token, *claim.inner, list[i], i));
  }
  return claim.rule != nullptr ? claim.rule(context, claim, value, claims) : Result<void>{};
}

Result<void> check_claims(Context& context, const Token& token, const ClaimSet& set, const Value& claims, std::optional<std::size_t> index) {
  if (claims.map() == nullptr) return context.error(fmt::format("The values in token {} must be a dict.", set.name));
  TRY(check_known(context, set, *claims.map()));
  TRY(check_presence(context, set, claims, index));
  for (const Member& member : *claims.map()) {
    if (const Claim* claim = set.by_key(member.key)) TRY(check_value(context, token, *claim, member.value, claims));
  }
  return {};
}

}  // namespace
}  // namespace assay::iat
