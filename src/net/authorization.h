// Who a client says it is: nobody, a user with a password (RFC 7617), or the bearer of a token that an authorisation server gives for
// these (RFC 6749 §4.3, the password grant, which is what Veraison's deployments use).
#pragma once

#include "net/http.h"

namespace assay::net {

struct Credentials {
  enum class Method { none,
                      basic,
                      oauth2 };
  Method method = Method::none;
  std::string username;
  std::string password;
  // oauth2
  std::string client_id;
  std::string client_secret;
  std::string token_url;
};

// "none", "passthrough" (the same), "basic", "oauth2". Fails with `usage`: unexpected Method "x".
Result<Credentials::Method> parse_method(std::string_view word);

// What the method needs is there; else `usage`, naming the first that is not: "missing username".
Result<void> check(const Credentials& credentials);

// The value of the Authorization header, if any. For oauth2 asks the authorisation server, once.
Result<std::optional<std::string>> authorization(const Credentials& credentials, Http& http);

}  // namespace assay::net
