#include "services/policies/policies_client.h"

#include <algorithm>

#include "base/media_type.h"
#include "base/text.h"
#include "net/url.h"
#include "services/rest/rest.h"

namespace assay::policies {
namespace {

using Method = net::Request::Method;

Result<Policy> policy_of(const json::Value& value, const std::string& where);
Result<void> check_type(const net::Response& response, std::string_view what, std::string_view expected);
Error refusal(const net::Response& response);
std::string escaped(std::string_view segment);

}  // namespace

json::Object to_json(const Policy& policy) {
  json::Object object;
  object.set("uuid", policy.uuid);
  object.set("ctime", policy.ctime);
  object.set("name", policy.name);
  object.set("type", policy.type);
  object.set("rules", policy.rules);
  object.set("active", policy.active);
  return object;
}

Result<Policy> parse_policy(ByteView body) {
  const json::Value value = TRY(json::parse(as_text(body)));
  return policy_of(value, "");
}

Result<std::vector<Policy>> parse_policies(ByteView body) {
  const json::Value value = TRY(json::parse(as_text(body)));
  if (value.array() == nullptr) return fail_expecting(Errc::malformed, "", std::string{value.type_name()}, "an array of policies");
  if (value.array()->size() > kMaxPolicies) return fail(Errc::limit, "", "{} policies; at most {} are read", value.array()->size(), kMaxPolicies);
  std::vector<Policy> policies;
  for (const json::Value& item : *value.array()) policies.push_back(TRY(policy_of(item, json::pointer("", policies.size()))));
  return policies;
}

Result<std::string> parse_uuid(std::string_view text) {
  auto uuid = rest::parse_uuid(text);
  if (!uuid) return fail(Errc::usage, "", "{}", rest::bad_uuid(text));
  return std::move(*uuid);
}

Result<Policy> Client::create(std::string_view scheme, std::string_view rules, std::string_view name) {
  const std::string query = name.empty() ? "" : "?name=" + net::form_escape(name);
  const net::Response response = TRY(send(Method::post, fmt::format("/policy/{}{}", escaped(scheme), query), kPolicyType, 201, to_bytes(rules), kRulesType));
  TRY(check_type(response, "policy", kPolicyType));
  return within("failure decoding policy", parse_policy(response.body));
}

Result<void> Client::activate(std::string_view scheme, std::string_view uuid) {
  TRY(send(Method::post, fmt::format("/policy/{}/{}/activate", escaped(scheme), escaped(uuid)), kPolicyType, 200));
  return {};
}

Result<void> Client::deactivate(std::string_view scheme) {
  TRY(send(Method::post, fmt::format("/policies/{}/deactivate", escaped(scheme)), kPolicyType, 200));
  return {};
}

Result<Policy> Client::active(std::string_view scheme) {
  const net::Response response = TRY(send(Method::get, "/policy/" + escaped(scheme), kPolicyType, 200));
  TRY(check_type(response, "policy", kPolicyType));
  return within("failure decoding policy", parse_policy(response.body));
}

Result<Policy> Client::get(std::string_view scheme, std::string_view uuid) {
  const net::Response response = TRY(send(Method::get, fmt::format("/policy/{}/{}", escaped(scheme), escaped(uuid)), kPolicyType, 200));
  TRY(check_type(response, "policy", kPolicyType));
  Policy policy = TRY(within("failure decoding policy", parse_policy(response.body)));
  if (policy.uuid != uuid) return fail(Errc::mismatch, "", "asked for policy {}, got {}", printable(uuid), policy.uuid);
  return policy;
}

Result<std::vector<Policy>> Client::list(std::string_view scheme, std::string_view name) {
  const std::string query = name.empty() ? "" : "?name=" + net::form_escape(name);
  const net::Response response = TRY(send(Method::get, fmt::format("/policies/{}{}", escaped(scheme), query), kPoliciesType, 200));
  TRY(check_type(response, "policies", kPoliciesType));
  return within("failure decoding policies", parse_policies(response.body));
}

Result<net::Response> Client::send(Method method, std::string_view path, std::string_view accept, int expected, Bytes body, std::string_view body_type) {
  net::Request request{.method = method, .url = url_ + std::string{path}, .headers = {{"Accept", std::string{accept}}}, .body = std::move(body)};
  if (!body_type.empty()) request.headers.push_back({"Content-Type", std::string{body_type}});
  if (authorization_) request.headers.push_back({"Authorization", *authorization_});
  auto response = TRY(within(method == Method::get ? "get request failed" : "post request failed", http_.send(request)));
  if (response.status != expected) return std::unexpected(refusal(response));
  return response;
}

namespace {

Result<Policy> policy_of(const json::Value& value, const std::string& where) {
  const json::Fields fields = TRY(json::Fields::of(value, where));
  Policy policy;
  const std::string uuid = TRY(fields.text("uuid"));
  auto known = parse_uuid(uuid);
  if (!known) return fail_expecting(Errc::malformed, fields.at("uuid"), quoted(uuid), "a UUID");
  policy.uuid = std::move(*known);
  policy.ctime = TRY(fields.text("ctime"));
  policy.name = TRY(fields.text("name"));
  policy.type = TRY(fields.text("type"));
  policy.rules = TRY(fields.text("rules"));
  const json::Value* active = TRY(fields.need("active"));
  if (active->boolean() == nullptr) return fail_expecting(Errc::malformed, fields.at("active"), std::string{active->type_name()}, "true or false");
  policy.active = *active->boolean();
  return policy;
}

// With any parameters: `; charset=utf-8` changes nothing.
Result<void> check_type(const net::Response& response, std::string_view what, std::string_view expected) {
  const std::string_view sent = response.header("Content-Type").value_or("");
  if (response.body.empty()) return fail(Errc::malformed, "", "empty body");
  const auto type = parse_media_type(sent);
  if (!type || type->essence != expected) return fail(Errc::malformed, "", "{} response with unexpected content type: {}", what, quoted(sent));
  return {};
}

Error refusal(const net::Response& response) {
  Errc errc = response.status >= 500 ? Errc::unavailable : Errc::invalid;
  if (response.status == 401 || response.status == 403) errc = Errc::forbidden;
  if (response.status == 404) errc = Errc::not_found;
  const bool says_why = !net::problem_text(response).empty();
  return {errc, {}, says_why ? net::status_text(response) : fmt::format("unexpected HTTP response code {}", response.status), {}, {}};
}

// One segment of a path: a blank is %20 there.
std::string escaped(std::string_view segment) {
  std::string text = net::form_escape(segment);
  for (std::size_t at = text.find('+'); at != std::string::npos; at = text.find('+', at)) text.replace(at, 1, "%20");
  return text;
}

}  // namespace
}  // namespace assay::policies
