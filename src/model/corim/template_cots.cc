#include "base/text.h"
#include "model/corim/check.h"
#include "model/corim/claims.h"
#include "model/corim/coswid_shapes.h"
#include "model/corim/display.h"

namespace assay::corim {
namespace {

std::optional<EnvironmentGroup> read_group(Sink& sink, const Node& at);
json::Value group_to_json(const EnvironmentGroup& group);
json::Value claim_sets_to_json(const std::vector<ClaimSet>& sets);
json::Value keys_to_json(const TrustKeys& keys);

void check_group(ProblemList& problems, const std::string& where, const EnvironmentGroup& group);
void check_claims(ProblemList& problems, const std::string& where, const std::vector<ClaimSet>& sets);
void check_keys(ProblemList& problems, const TrustKeys& keys);
void error(ProblemList& problems, std::string where, std::string what, std::string expected) { problems.push_back({Problem::Severity::error, Errc::invalid, std::move(where), std::move(what), std::move(expected)}); }

}  // namespace

Parsed<std::vector<EnvironmentGroup>> environments_from_template(const json::Value& value, const TemplateOptions& options) {
  Sink sink{options};
  Parsed<std::vector<EnvironmentGroup>> parsed;
  parsed.value = read_list(sink, Node{value}, read_group).value_or(std::vector<EnvironmentGroup>{});
  parsed.problems = std::move(sink.problems).take();
  parsed.needs_d = sink.needs_d;
  return parsed;
}

json::Value to_json(const Cots& cots) {
  json::Object object;
  if (cots.language) object.set("language", *cots.language);
  if (cots.identity) object.set("tag-identity", identity_to_json(*cots.identity));
  json::Array environments;
  for (const EnvironmentGroup& group : cots.environments) environments.push_back(group_to_json(group));
  object.set("environments", std::move(environments));
  if (!cots.purposes.empty()) object.set("purposes", json::Array{cots.purposes.begin(), cots.purposes.end()});
  if (!cots.permitted.empty()) object.set("permclaims", claim_sets_to_json(cots.permitted));
  if (!cots.excluded.empty()) object.set("exclclaims", claim_sets_to_json(cots.excluded));
  object.set("keys", keys_to_json(cots.keys));
  add_unknown(object, cots.unknown);
  return object;
}

Problems validate(const Cots& cots) {
  ProblemList problems;
  const auto* id = cots.identity ? std::get_if<std::string>(&cots.identity->id) : nullptr;
  if (id != nullptr && id->empty()) error(problems, "/tag-identity/id", "an empty tag id", "a text or a UUID");
  if (cots.environments.empty()) problems.push_back({Problem::Severity::warning, Errc::invalid, "/environments", "no environments: the trust anchors count for any", "at least one"});
  for (std::size_t i = 0; i < cots.environments.size(); ++i) check_group(problems, fmt::format("/environments/{}", i), cots.environments[i]);
  for (std::size_t i = 0; i < cots.purposes.size(); ++i) {
    if (cots.purposes[i].empty()) error(problems, fmt::format("/purposes/{}", i), "an empty purpose", "a text");
  }
  check_claims(problems, "/permclaims", cots.permitted);
  check_claims(problems, "/exclclaims", cots.excluded);
  check_keys(problems, cots.keys);
  return std::move(problems).take();
}

namespace {

std::optional<EnvironmentGroup> read_group(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  EnvironmentGroup group;
  if (const auto node = members.take("environment")) group.environment = read_environment(sink, *node);
  if (const auto node = members.take("swidtag")) group.swid = read_swid(sink, *node, SwidShape::abbreviated);
  if (const auto node = members.take("namedtastore")) group.named_store = read_text(sink, *node);
  members.finish(nullptr, std::array<std::string_view, 3>{"environment", "swidtag", "namedtastore"});
  return group;
}

json::Value group_to_json(const EnvironmentGroup& group) {
  json::Object object;
  if (group.environment) object.set("environment", environment_to_json(*group.environment));
  if (group.swid) object.set("swidtag", swid_to_json(*group.swid, SwidShape::abbreviated));
  if (group.named_store) object.set("namedtastore", *group.named_store);
  add_unknown(object, group.unknown);
  return object;
}

json::Value claim_sets_to_json(const std::vector<ClaimSet>& sets) {
  json::Array array;
  for (const ClaimSet& set : sets) array.push_back(claims_to_json(set));
  return array;
}

json::Value keys_to_json(const TrustKeys& keys) {
  json::Array anchors;
  for (const TrustAnchor& anchor : keys.anchors) {
    json::Object one;
    one.set("format", static_cast<int>(anchor.format));
    one.set("data", to_base64(anchor.data));
    anchors.push_back(std::move(one));
  }
  json::Object object;
  object.set("tas", std::move(anchors));
  json::Array authorities;
  for (const Bytes& certificate : keys.authorities) authorities.push_back(to_base64(certificate));
  if (!authorities.empty()) object.set("cas", std::move(authorities));
  add_unknown(object, keys.unknown);
  return object;
}

void check_group(ProblemList& problems, const std::string& where, const EnvironmentGroup& group) {
  if (!group.environment && !group.swid && !group.named_store) error(problems, where, "an empty group", "an environment, a swidtag or a namedtastore");
  if (group.named_store && group.named_store->empty()) error(problems, where + "/namedtastore", "an empty name", "the store's name");
  if (!group.environment) return;
  if (const auto good = check_environment(*group.environment); !good) error(problems, where + "/environment" + good.error().where, good.error().what, good.error().expected);
}

void check_claims(ProblemList& problems, const std::string& where, const std::vector<ClaimSet>& sets) {
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (sets[i].claims.empty()) error(problems, json::pointer(where, i), "no claims", "at least one");
  }
}

void check_keys(ProblemList& problems, const TrustKeys& keys) {
  if (keys.anchors.empty()) error(problems, "/keys/tas", "no trust anchors", "at least one");
  for (std::size_t i = 0; i < keys.anchors.size(); ++i) {
    if (keys.anchors[i].data.empty()) error(problems, fmt::format("/keys/tas/{}/data", i), "no bytes", "DER");
  }
  for (std::size_t i = 0; i < keys.authorities.size(); ++i) {
    if (keys.authorities[i].empty()) error(problems, fmt::format("/keys/cas/{}", i), "no bytes", "a certificate in DER");
  }
}

}  // namespace
}  // namespace assay::corim
