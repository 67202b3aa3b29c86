// Policies of a verifier: the client's side of Veraison's management API. A policy belongs to an attestation scheme; of several at most
// one is active.
//
// Answers are as hostile as anything from outside: refused with `malformed` are other content types than the API's, members that are
// missing or of another type, an id that is no UUID; with `limit` more than kMaxPolicies.
#pragma once

#include "codec/json/json.h"
#include "net/http.h"

namespace assay::policies {

inline constexpr std::string_view kPath = "/management/v1";
inline constexpr std::string_view kPolicyType = "application/vnd.veraison.policy+json";
inline constexpr std::string_view kPoliciesType = "application/vnd.veraison.policies+json";
inline constexpr std::string_view kRulesType = "application/vnd.veraison.policy.opa";
inline constexpr std::size_t kMaxPolicies = 10000;

struct Policy {
  std::string uuid;  // lower case
  std::string ctime;
  std::string name;
  std::string type;  // "opa"
  std::string rules;
  bool active = false;
};
json::Object to_json(const Policy& policy);
Result<Policy> parse_policy(ByteView body);
Result<std::vector<Policy>> parse_policies(ByteView body);

// In normal form. Fails with `usage`, in the words of Go's library: "invalid UUID length: 3".
Result<std::string> parse_uuid(std::string_view text);

// Fails with `forbidden` (401, 403), `not_found` (404), `unavailable` (5xx), `invalid` (other refusals, "400 Bad Request: detail"), or as
// Http::send.
class Client {
 public:
  // `url`: of the API, as http://HOST:PORT/management/v1. `http` outlives this.
  Client(std::string url, std::optional<std::string> authorization, net::Http& http) : url_{std::move(url)}, authorization_{std::move(authorization)}, http_{http} {}

  // Not active yet. An empty name is the service's default.
  Result<Policy> create(std::string_view scheme, std::string_view rules, std::string_view name);
  Result<void> activate(std::string_view scheme, std::string_view uuid);
  Result<void> deactivate(std::string_view scheme);
  Result<Policy> active(std::string_view scheme);
  Result<Policy> get(std::string_view scheme, std::string_view uuid);
  // All, or those of that name.
  Result<std::vector<Policy>> list(std::string_view scheme, std::string_view name);

 private:
  Result<net::Response> send(net::Request::Method method, std::string_view path, std::string_view accept, int expected, Bytes body = {}, std::string_view body_type = {});
  std::string url_;
  std::optional<std::string> authorization_;
  net::Http& http_;
};

}  // namespace assay::policies
