#include "base/text.h"
#include "model/corim/template_node.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

constexpr std::array<std::string_view, 5> kComidNames{"lang", "tag-identity", "entities", "linked-tags", "triples"};
constexpr std::array<std::string_view, 9> kTriplesNames{"reference-values", "endorsed-values", "dev-identity-keys", "attester-verification-keys", "dependency-triples", "membership-triples", "coswid-triples", "conditional-endorsement-series", "conditional-endorsements"};

std::optional<TagIdentity> read_identity(Sink& sink, const Node& at);
std::optional<Entity> read_comid_entity(Sink& sink, const Node& at) { return read_entity(sink, at, kComidRoles, 0); }
std::optional<LinkedTag> read_linked_tag(Sink& sink, const Node& at);
std::optional<Triples> read_triples(Sink& sink, const Node& at);
void take_new_triples(Sink& sink, Members& members, Triples& triples);
std::optional<ValueTriple> read_value_triple(Sink& sink, const Node& at);
std::optional<KeyTriple> read_key_triple(Sink& sink, const Node& at);
std::optional<KeyTriple::Condition> read_condition(Sink& sink, const Node& at);
std::optional<DomainTriple> read_dependency(Sink& sink, const Node& at);
std::optional<DomainTriple> read_membership(Sink& sink, const Node& at);
std::optional<CoswidTriple> read_coswid_triple(Sink& sink, const Node& at);
std::optional<SeriesTriple> read_series_triple(Sink& sink, const Node& at);
std::optional<SeriesTriple::Entry> read_series_entry(Sink& sink, const Node& at);
std::optional<ConditionalTriple> read_conditional_triple(Sink& sink, const Node& at);
bool has_new_triples(const Triples& triples);

// member = the list, if it is there.
template <class T>
void take_list(Sink& sink, Members& members, std::string_view name, std::vector<T>& member, std::optional<T> (*read)(Sink&, const Node&)) {
  if (const auto node = members.take(name)) member = read_list(sink, *node, read).value_or(std::vector<T>{});
}

template <class T>
void need_one(Sink& sink, Members& members, std::string_view name, T& member, std::optional<T> (*read)(Sink&, const Node&)) {
  if (const auto node = members.take(name)) {
    if (auto value = read(sink, *node)) member = std::move(*value);
  }
}

}  // namespace

Parsed<Comid> comid_from_template(const json::Value& value, const TemplateOptions& options) {
  Sink sink{options};
  Parsed<Comid> parsed;
  const Node root{value};
  Members members{sink, root};
  Comid& comid = parsed.value;
  if (const auto node = members.take("lang")) comid.language = read_text(sink, *node);
  if (const auto node = members.need("tag-identity")) comid.identity = read_identity(sink, *node).value_or(TagIdentity{});
  take_list(sink, members, "entities", comid.entities, read_comid_entity);
  if (const auto node = members.take("linked-tags")) comid.linked_tags = read_list(sink, *node, read_linked_tag);
  if (const auto node = members.need("triples")) comid.triples = read_triples(sink, *node).value_or(Triples{});
  if (members.ok()) members.finish(sink.only_a ? nullptr : &comid.unknown, kComidNames);
  parsed.problems = std::move(sink.problems).take();
  parsed.needs_d = sink.needs_d || has_new_triples(comid.triples);
  return parsed;
}

template <>
Generation default_generation(const Parsed<Comid>& parsed) {
  if (parsed.needs_d) return Generation::d;
  const auto written = write_comid(parsed.value, Generation::a);
  return !written && written.error().errc == Errc::unsupported ? Generation::d : Generation::a;
}

namespace {

std::optional<TagIdentity> read_identity(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  TagIdentity identity;
  if (const auto node = members.need("id")) identity.id = read_tag_id(sink, *node).value_or(TagId{});
  if (const auto node = members.take("version")) identity.version = read_uint(sink, *node).value_or(0);
  members.finish(nullptr, std::array<std::string_view, 2>{"id", "version"});
  return identity;
}

std::optional<LinkedTag> read_linked_tag(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  LinkedTag link;
  need_one(sink, members, "target", link.id, read_tag_id);
  if (const auto node = members.take("rel")) {
    const std::string relation = read_text(sink, *node).value_or("");
    if (relation == "replaces") link.relation = 1;
    else if (relation != "supplements") sink.error(*node, "relation " + quoted(relation), "supplements or replaces");
  }
  members.finish(nullptr, std::array<std::string_view, 2>{"target", "rel"});
  return link;
}

std::optional<Triples> read_triples(Sink& sink, const Node& at) {
  Members members{sink, at};
  if (!members.ok()) return std::nullopt;
  Triples triples;
  take_list(sink, members, "reference-values", triples.reference_values, read_value_triple);
  take_list(sink, members, "endorsed-values", triples.endorsed_values, read_value_triple);
  take_list(sink, members, "dev-identity-keys", triples.identity_keys, read_key_triple);
  take_list(sink, members, "attester-verification-keys", triples.attest_keys, read_key_triple);
  if (!sink.only_a) take_new_triples(sink, members, triples);
  members.finish(sink.only_a ? nullptr : &triples.unknown, kTriplesNames);
  return triples;
}

void take_new_triples(Sink& sink, Members& members, Triples& triples) {
  take_list(sink, members, "dependency-triples", triples.dependencies, read_dependency);
  take_list(sink, members, "membership-triples", triples.memberships, read_membership);
  take_list(sink, members, "coswid-triples", triples.coswids, read_coswid_triple);
  take_list(sink, members, "conditional-endorsement-series", triples.series, read_series_triple);
  take_list(sink, members, "conditional-endorsements", triples.conditionals, read_conditional_triple);
}

std::optional<ValueTriple> read_value_triple(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  ValueTriple triple;
  need_one(sink, members, "environment", triple.environment, read_environment);
  take_list(sink, members, "measurements", triple.measurements, read_measurement);
  members.finish(nullptr, std::array<std::string_view, 2>{"environment", "measurements"});
  return triple;
}

std::optional<KeyTriple> read_key_triple(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  KeyTriple triple;
  need_one(sink, members, "environment", triple.environment, read_environment);
  take_list(sink, members, "verification-keys", triple.keys, read_key);
  if (const auto node = sink.only_a ? std::nullopt : members.take("conditions")) {
    triple.condition = read_condition(sink, *node);
    sink.needs_d = true;
  }
  members.finish(nullptr, std::array<std::string_view, 3>{"environment", "verification-keys", "conditions"});
  return triple;
}

std::optional<KeyTriple::Condition> read_condition(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  KeyTriple::Condition condition;
  if (const auto node = members.take("mkey")) condition.key = read_mkey(sink, *node);
  if (const auto node = members.take("authorized-by")) condition.authorized_by = read_authorized_by(sink, *node).value_or(std::vector<CryptoKey>{});
  members.finish(nullptr, std::array<std::string_view, 2>{"mkey", "authorized-by"});
  return condition;
}

std::optional<DomainTriple> read_domain(Sink& sink, const Node& at, std::string_view others) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  DomainTriple triple;
  need_one(sink, members, "domain-id", triple.domain, read_environment);
  take_list(sink, members, others, triple.others, read_environment);
  members.finish(nullptr, std::array<std::string_view, 2>{"domain-id", others});
  return triple;
}
std::optional<DomainTriple> read_dependency(Sink& sink, const Node& at) { return read_domain(sink, at, "trustees"); }
std::optional<DomainTriple> read_membership(Sink& sink, const Node& at) { return read_domain(sink, at, "members"); }

std::optional<CoswidTriple> read_coswid_triple(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  CoswidTriple triple;
  need_one(sink, members, "environment", triple.environment, read_environment);
  take_list(sink, members, "tag-ids", triple.tags, read_tag_id);
  members.finish(nullptr, std::array<std::string_view, 2>{"environment", "tag-ids"});
  return triple;
}

std::optional<SeriesTriple> read_series_triple(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  SeriesTriple triple;
  if (const auto node = members.need("condition")) {
    Members condition{sink, *node, Names::any_case};
    need_one(sink, condition, "environment", triple.environment, read_environment);
    take_list(sink, condition, "measurements", triple.measurements, read_measurement);
    if (const auto keys = condition.take("authorized-by")) triple.authorized_by = read_authorized_by(sink, *keys).value_or(std::vector<CryptoKey>{});
    if (condition.ok()) condition.finish(nullptr, std::array<std::string_view, 3>{"environment", "measurements", "authorized-by"});
  }
  take_list(sink, members, "series", triple.series, read_series_entry);
  members.finish(nullptr, std::array<std::string_view, 2>{"condition", "series"});
  return triple;
}

std::optional<SeriesTriple::Entry> read_series_entry(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  SeriesTriple::Entry entry;
  take_list(sink, members, "selection", entry.selection, read_measurement);
  take_list(sink, members, "addition", entry.addition, read_measurement);
  members.finish(nullptr, std::array<std::string_view, 2>{"selection", "addition"});
  return entry;
}

std::optional<ConditionalTriple> read_conditional_triple(Sink& sink, const Node& at) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return std::nullopt;
  ConditionalTriple triple;
  take_list(sink, members, "conditions", triple.conditions, read_value_triple);
  take_list(sink, members, "endorsements", triple.endorsements, read_value_triple);
  members.finish(nullptr, std::array<std::string_view, 2>{"conditions", "endorsements"});
  return triple;
}

bool has_new_triples(const Triples& triples) {
  return !triples.dependencies.empty() || !triples.memberships.empty() || !triples.coswids.empty() || !triples.series.empty() || !triples.conditionals.empty();
}

}  // namespace
}  // namespace assay::corim
