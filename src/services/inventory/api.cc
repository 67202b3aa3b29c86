#include "services/inventory/api.h"

#include <algorithm>

#include "appraise/records.h"
#include "base/text.h"
#include "services/provisioning/intake.h"
#include "services/rest/rest.h"

namespace assay::inventory {
namespace {

struct Listing {
  json::Array corims;
  json::Array anchors;
  json::Array references;
  bool truncated = false;
};

Answered show(const Service& service, std::string_view tenant);
Answered clear(const Service& service, std::string_view tenant);
Result<void> list(const Service& service, const appraise::StoredCorim& stored, Listing& listing);
json::Value to_json(const appraise::StoredCorim& stored);
json::Value to_json(const appraise::StoredPolicy& policy);
Answered failed(const Error& error);

}  // namespace

bool is_path(std::string_view method, std::string_view path) { return path == kPath && (method == "GET" || method == "DELETE"); }

Answered answer(const Service& service, const net::Incoming& request, std::string_view tenant) {
  if (request.method == "DELETE") return clear(service, tenant);
  return rest::accepts(request, rest::kJson) ? show(service, tenant) : Answered{rest::not_acceptable(rest::kJson)};
}

namespace {

Answered show(const Service& service, std::string_view tenant) {
  Listing listing;
  const auto listed = service.store.visit(tenant, [&](const appraise::StoredCorim& stored) { return list(service, stored, listing); });
  if (!listed) return failed(listed.error());
  const auto policies = service.store.policies(tenant, {});
  if (!policies) return failed(policies.error());
  json::Array shown;
  for (const appraise::StoredPolicy& policy : *policies) shown.push_back(to_json(policy));
  json::Object members;
  members.set("trust-anchors", std::move(listing.anchors));
  members.set("endorsements", std::move(listing.references));
  members.set("policies", std::move(shown));
  members.set("corims", std::move(listing.corims));
  members.set("truncated", listing.truncated);
  return {rest::json_answer(200, rest::kJson, members)};
}

Result<void> list(const Service& service, const appraise::StoredCorim& stored, Listing& listing) {
  const bool has_room = listing.anchors.size() + listing.references.size() < kMaxRecords && listing.corims.size() < kMaxListed;
  listing.truncated = listing.truncated || !has_room;
  if (listing.corims.size() < kMaxListed) listing.corims.push_back(to_json(stored));
  const auto scheme = std::ranges::find(service.schemes, stored.scheme, [](const appraise::Scheme* one) { return one->name; });
  if (!has_room || scheme == service.schemes.end()) return {};
  const appraise::Endorsements endorsements = TRY(within("CoRIM " + quoted(stored.id), provisioning::decode(stored, service.schemes, service.rule)));
  std::ranges::move(appraise::anchor_records((*scheme)->attestation_scheme, endorsements.anchors), std::back_inserter(listing.anchors));
  std::ranges::move(appraise::reference_records((*scheme)->attestation_scheme, endorsements.references), std::back_inserter(listing.references));
  return {};
}

Answered clear(const Service& service, std::string_view tenant) {
  if (const auto cleared = service.store.clear(tenant); !cleared) return failed(cleared.error());
  if (const auto cleared = service.store.clear_policies(tenant); !cleared) return failed(cleared.error());
  return {{204, {}, {}}, fmt::format("store of tenant {} cleared", quoted(tenant))};
}

json::Value to_json(const appraise::StoredCorim& stored) {
  json::Object members;
  members.set("id", stored.id);
  members.set("scheme", stored.scheme);
  members.set("profile", stored.profile);
  members.set("media-type", stored.media_type);
  if (!stored.signer.empty()) members.set("signer", stored.signer);
  members.set("added", to_rfc3339(stored.added));
  if (stored.validity && stored.validity->not_before) members.set("not-before", to_rfc3339(*stored.validity->not_before));
  if (stored.validity) members.set("not-after", to_rfc3339(stored.validity->not_after));
  members.set("bytes", stored.bytes.size());
  return members;
}

json::Value to_json(const appraise::StoredPolicy& policy) {
  json::Object members;
  members.set("scheme", policy.scheme);
  members.set("uuid", policy.uuid);
  members.set("ctime", to_rfc3339(policy.created));
  members.set("name", policy.name);
  members.set("type", "opa");
  members.set("rules", policy.rules);
  members.set("active", policy.active);
  return members;
}

Answered failed(const Error& error) {
  Answered later{net::problem(503, "the store cannot be used now"), "not served: " + error.text()};
  later.answer.headers.push_back({"Retry-After", "1"});
  return later;
}

}  // namespace
}  // namespace assay::inventory
