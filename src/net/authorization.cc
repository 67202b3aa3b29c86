#include "net/authorization.h"

#include <array>

#include "base/text.h"
#include "codec/json/json.h"
#include "net/url.h"

namespace assay::net {
namespace {

std::string basic(std::string_view user, std::string_view password) { return "Basic " + to_base64(as_bytes(fmt::format("{}:{}", user, password))); }
Result<std::string> bearer(const Credentials& credentials, Http& http);

}  // namespace

Result<Credentials::Method> parse_method(std::string_view word) {
  if (word == "none" || word == "passthrough") return Credentials::Method::none;
  if (word == "basic") return Credentials::Method::basic;
  if (word == "oauth2") return Credentials::Method::oauth2;
  return fail(Errc::usage, "", "unexpected Method {}", quoted(word));
}

Result<void> check(const Credentials& credentials) {
  using Needed = std::pair<const std::string*, std::string_view>;
  const std::array<Needed, 5> needed{{
      {&credentials.client_id, "client_id"},
      {&credentials.client_secret, "client_secret"},
      {&credentials.token_url, "token_url"},
      {&credentials.username, "username"},
      {&credentials.password, "password"},
  }};
  if (credentials.method == Credentials::Method::none) return {};
  const std::size_t first = credentials.method == Credentials::Method::basic ? 3 : 0;
  for (std::size_t i = first; i < needed.size(); ++i) {
    if (needed[i].first->empty()) return fail(Errc::usage, "", "missing {}", needed[i].second);
  }
  return {};
}

Result<std::optional<std::string>> authorization(const Credentials& credentials, Http& http) {
  TRY(check(credentials));
  switch (credentials.method) {
    case Credentials::Method::none: break;
    case Credentials::Method::basic: return basic(credentials.username, credentials.password);
    case Credentials::Method::oauth2: return TRY(bearer(credentials, http));
  }
  return std::optional<std::string>{};
}

namespace {

Result<std::string> bearer(const Credentials& credentials, Http& http) {
  const std::string form = fmt::format("grant_type=password&password={}&scope=openid&username={}", form_escape(credentials.password), form_escape(credentials.username));
  const Request request{
      .method = Request::Method::post,
      .url = credentials.token_url,
      .headers = {{"Authorization", basic(credentials.client_id, credentials.client_secret)}, {"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
      .body = to_bytes(form),
  };
  const Response response = TRY(http.send(request));
  const std::string where = "token of " + shown_url(credentials.token_url);
  if (response.status != 200) {
    const std::string said = problem_text(response);
    return fail(response.status >= 500 ? Errc::unavailable : Errc::forbidden, where, "HTTP status {}{}{}", response.status, said.empty() ? "" : ": ", said);
  }
  const auto value = TRY(within(where, json::parse(as_text(response.body))));
  const json::Fields fields = TRY(within(where, json::Fields::of(value)));
  const std::string token = TRY(within(where, fields.text("access_token")));
  if (token.empty() || token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") != std::string::npos) return fail_expecting(Errc::malformed, where, "an access_token that is none", "letters, digits and -._~+/ (RFC 6750 §2.1)");
  return "Bearer " + token;
}

}  // namespace
}  // namespace assay::net
