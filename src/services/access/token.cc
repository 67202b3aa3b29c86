#include "services/access/token.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "envelope/jose/jws.h"

namespace assay::access {
namespace {

constexpr std::size_t kMaxRoles = 256;
constexpr std::size_t kMaxName = 128;
constexpr std::string_view kLettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

using Texts = std::vector<std::string>;

Result<crypto::Sig> check_header(const jose::UnverifiedJws& jws);
Result<void> check_times(const json::Fields& claims, const TokenRules& rules, UnixSeconds now);
Result<void> check_whom(const json::Fields& claims, const TokenRules& rules);
Result<std::optional<UnixSeconds>> time(const json::Fields& claims, std::string_view name);
const json::Value* at_path(const json::Object& claims, std::string_view path);
Result<Texts> roles_of(const json::Fields& claims, const std::string& path);
Result<std::string> tenant_of(const json::Fields& claims, const std::string& claim);
std::string name_of(const json::Fields& claims);
Texts split(std::string_view text, char separator);
bool is_one_of(std::string_view text, const Texts& texts) { return std::ranges::find(texts, text) != texts.end(); }

}  // namespace

Result<Bearer> verify_token(std::string_view token, TokenKeys& keys, const TokenRules& rules, UnixSeconds now) {
  if (token.size() > kMaxToken) return fail_expecting(Errc::limit, "token", fmt::format("{} bytes", token.size()), fmt::format("at most {}", kMaxToken));
  // parse_compact skips white space around; a header value has none to skip.
  if (const std::size_t odd = token.find_first_not_of(std::string{kLettersAndDigits} + "-_."); odd != std::string_view::npos) return fail_at(Errc::malformed, odd, "a token with another character", "letters, digits and -_.");
  const jose::UnverifiedJws jws = TRY(within("token", jose::parse_compact(token)));
  const crypto::Sig sig = TRY(within("token", check_header(jws)));
  const json::Fields header = TRY(json::Fields::of(jws.header, "token header"));
  const auto kid = TRY(header.optional_text("kid"));
  const crypto::PublicKey key = TRY(keys.find(kid, sig, now));
  const auto payload = TRY(within("token", jose::verify(jws, key, sig)));

  const json::Value value = TRY(within("token", json::parse(as_text(*payload))));
  const json::Fields claims = TRY(json::Fields::of(value, "token"));
  TRY(check_times(claims, rules, now));
  TRY(check_whom(claims, rules));
  Bearer bearer;
  bearer.roles = TRY(roles_of(claims, rules.roles_claim));
  bearer.tenant = TRY(tenant_of(claims, rules.tenant_claim));
  bearer.name = name_of(claims);
  return bearer;
}

bool is_tenant(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.find_first_not_of(std::string{kLettersAndDigits} + "-._~") == std::string_view::npos;
}

namespace {

//= RFC8725#3.11: the type keeps tokens that are for something else out, where they say what they are
Result<crypto::Sig> check_header(const jose::UnverifiedJws& jws) {
  const json::Fields header = TRY(json::Fields::of(jws.header, "header"));
  const auto typ = TRY(header.optional_text("typ"));
  if (typ && !iequals_ascii(*typ, "JWT") && !iequals_ascii(*typ, "at+jwt") && !iequals_ascii(*typ, "application/at+jwt")) return fail_expecting(Errc::unsupported, "header/typ", quoted(*typ), "JWT or at+jwt");
  const auto sig = crypto::sig_by_jose_name(jws.alg);
  if (!sig || !is_token_algorithm(*sig)) return fail_expecting(Errc::unsupported, "header/alg", quoted(jws.alg), "ES256, RS256, PS256 or EdDSA");
  return *sig;
}

Result<void> check_times(const json::Fields& claims, const TokenRules& rules, UnixSeconds now) {
  const auto exp = TRY(time(claims, "exp"));
  if (!exp) return fail(Errc::missing, claims.at("exp"), "no such claim");
  if (now - rules.leeway >= *exp) return fail(Errc::stale, "token", "it has expired");
  const auto nbf = TRY(time(claims, "nbf"));
  if (nbf && now + rules.leeway < *nbf) return fail(Errc::stale, "token", "it is not valid yet");
  return {};
}

Result<void> check_whom(const json::Fields& claims, const TokenRules& rules) {
  // Keycloak writes Bearer, ID, Refresh, DPoP: the others are not for showing at an API's door.
  const auto typ = TRY(claims.optional_text("typ"));
  if (typ && !iequals_ascii(*typ, "Bearer")) return fail_expecting(Errc::unsupported, claims.at("typ"), quoted(*typ), "Bearer");
  if (!rules.issuers.empty()) {
    const std::string iss = TRY(claims.text("iss"));
    if (!is_one_of(iss, rules.issuers)) return fail_expecting(Errc::untrusted, claims.at("iss"), quoted(iss), rules.issuers.front());
  }
  if (rules.audiences.empty()) return {};
  const json::Value* aud = TRY(claims.need("aud"));
  const auto is_meant = [&](const json::Value& one) { return one.text() != nullptr && is_one_of(*one.text(), rules.audiences); };
  const bool meant = aud->array() != nullptr ? std::ranges::any_of(*aud->array(), is_meant) : is_meant(*aud);
  if (!meant) return fail_expecting(Errc::untrusted, claims.at("aud"), "the token is for somebody else", rules.audiences.front());
  return {};
}

//= RFC7519#2: NumericDate is a number and may have a fraction, which is cut off
Result<std::optional<UnixSeconds>> time(const json::Fields& claims, std::string_view name) {
  constexpr double kMost = 1e12;  // far beyond any date, far from overflow
  const json::Value* value = claims.find(name);
  if (value == nullptr) return std::nullopt;
  const auto number = value->number();
  if (!number || !(std::fabs(*number) < kMost)) return fail_expecting(Errc::malformed, claims.at(name), fmt::format("a JSON {}", value->type_name()), "seconds since 1970");
  return static_cast<UnixSeconds>(*number);
}

const json::Value* at_path(const json::Object& claims, std::string_view path) {
  Texts names = path.starts_with('/') ? split(path.substr(1), '/') : split(path, '.');
  const json::Object* object = &claims;
  const json::Value* value = nullptr;
  for (std::string& name : names) {
    if (object == nullptr) return nullptr;
    if (path.starts_with('/')) {
      for (std::size_t at = 0; (at = name.find("~1", at)) != std::string::npos; ++at) name.replace(at, 2, "/");
      for (std::size_t at = 0; (at = name.find("~0", at)) != std::string::npos; ++at) name.replace(at, 2, "~");
    }
    value = object->find(name);
    object = value == nullptr ? nullptr : value->object();
  }
  return value;
}

Result<Texts> roles_of(const json::Fields& claims, const std::string& path) {
  const json::Value* value = at_path(claims.object(), path);
  if (value == nullptr) return Texts{};
  if (value->text() != nullptr) return split(*value->text(), ' ');
  if (value->array() == nullptr || value->array()->size() > kMaxRoles) return fail_expecting(Errc::malformed, "token", fmt::format("{} is a JSON {}", quoted(path), value->type_name()), fmt::format("an array of at most {} roles", kMaxRoles));
  Texts roles;
  for (const json::Value& role : *value->array()) {
    if (role.text() == nullptr) return fail_expecting(Errc::malformed, "token", fmt::format("a role that is a JSON {}", role.type_name()), "text");
    roles.push_back(*role.text());
  }
  return roles;
}

Result<std::string> tenant_of(const json::Fields& claims, const std::string& claim) {
  if (claim.empty()) return std::string{kDefaultTenant};
  const json::Value* value = at_path(claims.object(), claim);
  if (value == nullptr) return fail(Errc::forbidden, "token", "no claim {}: the token is nobody's tenant's", quoted(claim));
  if (value->text() == nullptr || !is_tenant(*value->text())) return fail_expecting(Errc::malformed, "token", fmt::format("{} names no tenant", quoted(claim)), "1 to 64 letters, digits and -._~");
  return *value->text();
}

std::string name_of(const json::Fields& claims) {
  for (const std::string_view claim : {"preferred_username", "sub"}) {
    const json::Value* value = claims.find(claim);
    if (value != nullptr && value->text() != nullptr && !value->text()->empty()) return printable(std::string_view{*value->text()}.substr(0, kMaxName));
  }
  return "?";
}

Texts split(std::string_view text, char separator) {
  Texts parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace
}  // namespace assay::access
