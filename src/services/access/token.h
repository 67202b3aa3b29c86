// Bearer tokens (RFC 6750) that are JWTs (RFC 7519), as OpenID providers such as Keycloak give them. Every byte is a stranger's until the
// signature is checked.
//
// Refused before that: more than kMaxToken bytes, anything that is no compact JWS, a header type that is no JWT, every algorithm but
// ES256, RS256, PS256 and EdDSA, a kid that the issuer's set does not have. The key decides: one of another kind, or meant for another
// algorithm, is never used. Keys in the header (jwk, jku, x5c, x5u) are not looked at.
#pragma once

#include "services/access/jwks.h"

namespace assay::access {

inline constexpr std::size_t kMaxToken = std::size_t{12} * 1024;
inline constexpr std::string_view kDefaultTenant = "0";

struct TokenRules {
  std::vector<std::string> issuers = {};    // one of them, exactly; none: any
  std::vector<std::string> audiences = {};  // one of them; none: any
  // Names separated by dots, or a JSON pointer (RFC 6901). A list of texts, or a text with blanks between (RFC 6749 §3.3).
  std::string roles_claim = "realm_access.roles";
  std::string tenant_claim = {};  // empty: everybody is of kDefaultTenant; else a token without it is `forbidden`
  UnixSeconds leeway = 0;         // seconds, for exp and nbf
};

struct Bearer {
  std::string name;  // preferred_username or sub, made safe to print
  std::string tenant;
  std::vector<std::string> roles;
};

// `exp` is required. Fails with `forbidden` (no tenant where there must be one), `unavailable` (no keys to be had); any other error says
// that this token is not good. None has the token in it.
Result<Bearer> verify_token(std::string_view token, TokenKeys& keys, const TokenRules& rules, UnixSeconds now);

// 1 to 64 letters, digits and -._~: what may be part of a store's key.
bool is_tenant(std::string_view text);

}  // namespace assay::access
