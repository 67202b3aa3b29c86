#include "services/management/api.h"

#include <algorithm>

#include "base/text.h"
#include "services/rest/rest.h"

namespace assay::management {
namespace {

using appraise::StoredPolicy;
using net::Incoming;
using net::problem;

constexpr std::string_view kPolicy = "/management/v1/policy/";
constexpr std::string_view kPolicies = "/management/v1/policies/";
constexpr std::string_view kPolicyType = "application/vnd.veraison.policy+json";
constexpr std::string_view kPoliciesType = "application/vnd.veraison.policies+json";
constexpr std::string_view kRulesType = "application/vnd.veraison.policy.opa";
constexpr std::size_t kMaxName = 256;

// What a path says.
struct Target {
  enum class What { none,
                    create,
                    get_active,
                    get,
                    activate,
                    list,
                    deactivate };
  What what = What::none;
  std::string scheme;
  std::string uuid;
};
Target target_of(std::string_view method, std::string_view path);
std::vector<std::string_view> segments_of(std::string_view text);

// A request whose scheme is known.
struct Call {
  const Service& service;
  const Incoming& request;
  std::string_view tenant;
  std::string scheme;
  std::string uuid = {};

  std::string key() const { return fmt::format("\"{}:{}:opa\"", tenant, scheme); }
};
Answered create(const Call& call, UnixSeconds now);
Answered get_active(const Call& call);
Answered get(const Call& call);
Answered activate(const Call& call);
Answered list(const Call& call);
Answered deactivate(const Call& call);
json::Value to_json(const StoredPolicy& policy);
Answered store_failed(const Error& error);
Answered unavailable(std::string_view detail, const Error& error);
// Veraison's name of a scheme; the name CCA had in 2023, too. Empty: none.
std::string_view known_scheme(const Service& service, std::string_view name);

}  // namespace

bool is_path(std::string_view method, std::string_view path) { return target_of(method, path).what != Target::What::none; }

Answered answer(const Service& service, const Incoming& request, std::string_view tenant, UnixSeconds now) {
  using enum Target::What;
  const Target target = target_of(request.method, request.path);
  const bool shows_one = target.what == create || target.what == get_active || target.what == get;
  if (shows_one && !rest::accepts(request, kPolicyType)) return {rest::not_acceptable(kPolicyType)};
  if (target.what == list && !rest::accepts(request, kPoliciesType)) return {rest::not_acceptable(kPoliciesType)};
  if (target.what == create && request.header("Content-Type") != kRulesType) return {problem(400, fmt::format("the only supported rules format is {}", kRulesType))};
  const std::string_view scheme = known_scheme(service, target.scheme);
  if (scheme.empty()) return {problem(400, fmt::format("unrecognised scheme {}", quoted(target.scheme)))};
  Call call{service, request, tenant, std::string{scheme}};
  if (target.what == get || target.what == activate) {
    const auto uuid = rest::parse_uuid(target.uuid);
    if (!uuid) return {problem(400, fmt::format("bad UUID {}", quoted(target.uuid)))};
    call.uuid = *uuid;
  }
  switch (target.what) {
    case create: return management::create(call, now);
    case get_active: return management::get_active(call);
    case get: return management::get(call);
    case activate: return management::activate(call);
    case list: return management::list(call);
    case deactivate: return management::deactivate(call);
    case none: break;
  }
  return {rest::not_found()};
}

json::Object endpoints() {
  json::Object members;
  members.set("createPolicy", "/management/v1/policy/:scheme");
  members.set("activatePolicy", "/management/v1/policy/:scheme/:uuid/activate");
  members.set("getActivePolicy", "/management/v1/policy/:scheme");
  members.set("getPolicy", "/management/v1/policy/:scheme/:uuid");
  members.set("deactivatePolicies", "/management/v1/policies/:scheme/deactivate");
  members.set("getPolicies", "/management/v1/policies/:scheme");
  return members;
}

std::vector<std::string_view> scheme_names(std::span<const appraise::Scheme* const> schemes) {
  std::vector<std::string_view> names;
  for (const appraise::Scheme* scheme : schemes) {
    const bool is_new = std::ranges::find(names, scheme->attestation_scheme) == names.end();
    if (scheme->reads_evidence() && is_new) names.push_back(scheme->attestation_scheme);
  }
  return names;
}

namespace {

Target target_of(std::string_view method, std::string_view path) {
  using enum Target::What;
  if (path.starts_with(kPolicy)) {
    const auto segments = segments_of(path.substr(kPolicy.size()));
    if (segments.size() == 1 && method == "POST") return {create, std::string{segments[0]}, {}};
    if (segments.size() == 1 && method == "GET") return {get_active, std::string{segments[0]}, {}};
    if (segments.size() == 2 && method == "GET") return {get, std::string{segments[0]}, std::string{segments[1]}};
    if (segments.size() == 3 && method == "POST" && segments[2] == "activate") return {activate, std::string{segments[0]}, std::string{segments[1]}};
  }
  if (path.starts_with(kPolicies)) {
    const auto segments = segments_of(path.substr(kPolicies.size()));
    if (segments.size() == 1 && method == "GET") return {list, std::string{segments[0]}, {}};
    if (segments.size() == 2 && method == "POST" && segments[1] == "deactivate") return {deactivate, std::string{segments[0]}, {}};
  }
  return {};
}

// Empty where one of them is: no path of ours has such.
std::vector<std::string_view> segments_of(std::string_view text) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string_view> segments;
  while (segments.size() < kMost) {
    const std::size_t slash = text.find('/');
    segments.push_back(text.substr(0, slash));
    if (segments.back().empty()) return {};
    if (slash == std::string_view::npos) return segments;
    text.remove_prefix(slash + 1);
  }
  return {};
}

Answered create(const Call& call, UnixSeconds now) {
  if (call.request.body.empty()) return {problem(400, "empty body")};
  const std::string name = call.request.parameter("name").value_or("");
  if (name.size() > kMaxName || invalid_utf8(name) != std::string_view::npos) return {problem(400, fmt::format("name: expected UTF-8 of at most {} bytes", kMaxName))};
  if (const auto good = call.service.check(as_text(call.request.body)); !good) {
    if (good.error().errc == Errc::unavailable || good.error().errc == Errc::exhausted) return unavailable("policies cannot be looked at now", good.error());
    if (good.error().errc == Errc::unsupported) return {problem(501, good.error().text())};
    return {problem(400, "invalid policy: " + good.error().text())};
  }
  StoredPolicy policy{.tenant = std::string{call.tenant}, .scheme = call.scheme, .uuid = rest::random_uuid(), .name = name.empty() ? "default" : name, .rules = to_string(call.request.body), .created = now};
  Answered created{rest::json_answer(201, kPolicyType, to_json(policy)), fmt::format("policy {} ({}) for {} created", policy.uuid, quoted(policy.name), call.scheme)};
  if (const auto kept = call.service.store.add(std::move(policy)); !kept) return store_failed(kept.error());
  return created;
}

Answered get_active(const Call& call) {
  const auto all = call.service.store.policies(call.tenant, call.scheme);
  if (!all) return store_failed(all.error());
  if (all->empty()) return {problem(404, "no policy found: " + call.key())};
  const auto active = std::ranges::find_if(*all, &StoredPolicy::active);
  return active != all->end() ? Answered{rest::json_answer(200, kPolicyType, to_json(*active))} : Answered{problem(404, "no active policy for key " + call.key())};
}

Answered get(const Call& call) {
  const auto all = call.service.store.policies(call.tenant, call.scheme);
  if (!all) return store_failed(all.error());
  const auto found = std::ranges::find(*all, call.uuid, &StoredPolicy::uuid);
  return found != all->end() ? Answered{rest::json_answer(200, kPolicyType, to_json(*found))} : Answered{problem(404, fmt::format("no policy found with UUID \"{}\" for key {}", call.uuid, call.key()))};
}

Answered activate(const Call& call) {
  const auto done = call.service.store.activate(call.tenant, call.scheme, call.uuid);
  if (!done && done.error().errc == Errc::not_found) return {problem(404, fmt::format("no policy found with UUID \"{}\" for key {}", call.uuid, call.key()))};
  if (!done) return store_failed(done.error());
  return {{200, {}, {}}, fmt::format("policy {} for {} activated", call.uuid, call.scheme)};
}

Answered list(const Call& call) {
  const auto all = call.service.store.policies(call.tenant, call.scheme);
  if (!all) return store_failed(all.error());
  if (all->empty()) return {problem(404, "no policy found: " + call.key())};
  const std::string name = call.request.parameter("name").value_or("");
  json::Array shown;
  for (const StoredPolicy& policy : *all) {
    if (name.empty() || policy.name == name) shown.push_back(to_json(policy));
  }
  return {rest::json_answer(200, kPoliciesType, shown)};
}

Answered deactivate(const Call& call) {
  const auto all = call.service.store.policies(call.tenant, call.scheme);
  if (!all) return store_failed(all.error());
  if (all->empty()) return {problem(404, "no policy found: " + call.key())};
  const auto done = call.service.store.deactivate(call.tenant, call.scheme);
  if (!done) return store_failed(done.error());
  return {{200, {}, {}}, fmt::format("policies for {} deactivated", call.scheme)};
}

json::Value to_json(const StoredPolicy& policy) {
  json::Object members;
  members.set("uuid", policy.uuid);
  members.set("ctime", to_rfc3339(policy.created));
  members.set("name", policy.name);
  members.set("type", "opa");
  members.set("rules", policy.rules);
  members.set("active", policy.active);
  return members;
}

Answered store_failed(const Error& error) { return unavailable(error.errc == Errc::exhausted ? error.text() : "the store cannot be used now", error); }

Answered unavailable(std::string_view detail, const Error& error) {
  Answered later{problem(503, detail), "not served: " + error.text()};
  later.answer.headers.push_back({"Retry-After", "1"});
  return later;
}

std::string_view known_scheme(const Service& service, std::string_view name) {
  if (name == "CCA_SSD_PLATFORM") name = "ARM_CCA";
  const auto names = scheme_names(service.schemes);
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? std::string_view{} : *found;
}

}  // namespace
}  // namespace assay::management
