#include "model/corim/validate.h"

#include <algorithm>
#include <map>
#include <set>

#include "codec/json/json.h"
#include "model/corim/check.h"
#include "model/corim/text.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

using Severity = Problem::Severity;

class Checker {
 public:
  explicit Checker(const ValidateOptions& options) : options_{options} {}

  void comid(const Comid& comid);
  void entities(const std::vector<Entity>& entities, std::int64_t first_role, std::int64_t last_role);
  // Members of templates under numbers: not those of members with names, and each once. Nothing that was read from CBOR is like that.
  void numbered(const std::string& where, const Unknowns& unknown, std::initializer_list<std::int64_t> named);
  void error(const std::string& where, std::string what, std::string expected) { problems.push_back({Severity::error, Errc::invalid, where, std::move(what), std::move(expected)}); }
  void warning(const std::string& where, std::string what, std::string expected) { problems.push_back({Severity::warning, Errc::invalid, where, std::move(what), std::move(expected)}); }

  ProblemList problems;

 private:
  void triples(const Triples& triples);
  void value_triple(const std::string& where, const ValueTriple& triple, bool may_be_empty = false);
  void key_triple(const std::string& where, const KeyTriple& triple);
  void domain_triple(const std::string& where, const DomainTriple& triple);
  void series_triple(const std::string& where, const SeriesTriple& triple);
  void conditional_triple(const std::string& where, const ConditionalTriple& triple);
  // A warning in authorized-by of a measurement, which no reader looks at.
  void keys(const std::string& where, const std::vector<CryptoKey>& keys, Severity severity = Severity::error);
  void environment(const std::string& where, const Environment& environment);
  void measurements(const std::string& where, const std::vector<Measurement>& measurements, bool may_be_empty = false);
  void mval(const std::string& where, const Mval& value);
  void no_cycle(const std::string& where, const std::vector<DomainTriple>& triples);
  template <class T>
  void not_empty(const std::string& where, const std::vector<T>& list, std::string_view what) {
    if (list.empty()) error(where, fmt::format("no {}", what), "at least one");
  }

  const ValidateOptions& options_;
};

bool is_empty(const Triples& triples);
bool is_empty(const Mval& value);
std::string encoded(const Environment& environment);
std::string item(const std::string& where, std::size_t index) { return json::pointer(where, index); }

}  // namespace

Problems validate(const Comid& comid, const ValidateOptions& options) {
  Checker checker{options};
  checker.comid(comid);
  return std::move(checker.problems).take();
}

Problems validate(const Corim& corim) {
  const ValidateOptions options;
  Checker checker{options};
  if (const auto* id = std::get_if<std::string>(&corim.id); id != nullptr && id->empty()) checker.error("/corim-id", "an empty id", "a text or a UUID");
  checker.numbered("", corim.unknown, {0, 1, 2, 3, 4, 5});
  if (corim.tags.empty()) checker.error("/tags", "no tags", "at least one CoMID, CoSWID or CoTS");
  const auto rims = corim.dependent_rims.value_or(std::vector<Locator>{});
  for (std::size_t i = 0; i < rims.size(); ++i) {
    const bool empty = rims[i].hrefs.empty() || std::ranges::any_of(rims[i].hrefs, [](const std::string& href) { return href.empty(); });
    if (empty) checker.error(fmt::format("/dependent-rims/{}/href", i), "an empty href", "where the CoRIM is");
  }
  if (corim.validity && corim.validity->not_before && *corim.validity->not_before > corim.validity->not_after) {
    checker.error("/validity", fmt::format("not-before {} is later than not-after {}", to_rfc3339(*corim.validity->not_before), to_rfc3339(corim.validity->not_after)), "not-before at most not-after");
  }
  checker.entities(corim.entities, 1, 2);
  return std::move(checker.problems).take();
}

namespace {

void Checker::comid(const Comid& comid) {
  numbered("", comid.unknown, {0, 1, 2, 3, 4});
  if (const auto* id = std::get_if<std::string>(&comid.identity.id); id != nullptr && id->empty()) error("/tag-identity/id", "an empty tag id", "a text or a UUID");
  entities(comid.entities, 0, 2);
  const auto links = comid.linked_tags.value_or(std::vector<LinkedTag>{});
  for (std::size_t i = 0; i < links.size(); ++i) {
    const LinkedTag& link = links[i];
    const std::string where = fmt::format("/linked-tags/{}", i);
    if (const auto* id = std::get_if<std::string>(&link.id); id != nullptr && id->empty()) error(where + "/target", "an empty tag id", "a text or a UUID");
    if (link.relation != 0 && link.relation != 1) error(where + "/rel", fmt::format("relation {}", link.relation), "supplements (0) or replaces (1)");
  }
  triples(comid.triples);
}

void Checker::entities(const std::vector<Entity>& entities, std::int64_t first_role, std::int64_t last_role) {
  for (std::size_t i = 0; i < entities.size(); ++i) {
    const std::string where = fmt::format("/entities/{}", i);
    if (entities[i].name.empty()) error(where + "/name", "an empty name", "who it is");
    if (entities[i].reg_id && entities[i].reg_id->empty()) error(where + "/regid", "an empty registration id", "a URI, or no such member");
    not_empty(where + "/roles", entities[i].roles, "roles");
    for (const std::int64_t role : entities[i].roles) {
      if (role < first_role || role > last_role) warning(where + "/roles", fmt::format("role {}", role), fmt::format("{} to {}", first_role, last_role));
    }
  }
}

void Checker::triples(const Triples& triples) {
  numbered("/triples", triples.unknown, {0, 1, 2, 3, 4, 5, 6, 8, 10});
  if (is_empty(triples)) return error("/triples", "no triples", "at least one reference value, endorsed value or key");
  const auto each = [](std::string_view name, const auto& list, auto check) {
    const std::string where = json::pointer("/triples", name);
    for (std::size_t i = 0; i < list.size(); ++i) check(item(where, i), list[i]);
  };
  const auto values = [&](const std::string& where, const ValueTriple& triple) { value_triple(where, triple); };
  const auto keys_of = [&](const std::string& where, const KeyTriple& triple) { key_triple(where, triple); };
  const auto domains = [&](const std::string& where, const DomainTriple& triple) { domain_triple(where, triple); };
  each("reference-values", triples.reference_values, values);
  each("endorsed-values", triples.endorsed_values, values);
  each("dev-identity-keys", triples.identity_keys, keys_of);
  each("attester-verification-keys", triples.attest_keys, keys_of);
  each("dependency-triples", triples.dependencies, domains);
  no_cycle("/triples/dependency-triples", triples.dependencies);
  each("membership-triples", triples.memberships, domains);
  no_cycle("/triples/membership-triples", triples.memberships);
  each("coswid-triples", triples.coswids, [&](const std::string& where, const CoswidTriple& triple) {
    environment(where + "/environment", triple.environment);
    not_empty(where + "/tag-ids", triple.tags, "tag ids");
  });
  each("conditional-endorsement-series", triples.series, [&](const std::string& where, const SeriesTriple& triple) { series_triple(where, triple); });
  each("conditional-endorsements", triples.conditionals, [&](const std::string& where, const ConditionalTriple& triple) { conditional_triple(where, triple); });
}

void Checker::domain_triple(const std::string& where, const DomainTriple& triple) {
  environment(where + "/domain-id", triple.domain);
  not_empty(where, triple.others, "environments");
  for (std::size_t i = 0; i < triple.others.size(); ++i) environment(item(where, i), triple.others[i]);
}

void Checker::series_triple(const std::string& where, const SeriesTriple& triple) {
  environment(where + "/condition/environment", triple.environment);
  measurements(where + "/condition/measurements", triple.measurements, true);
  keys(where + "/condition/authorized-by", triple.authorized_by);
  not_empty(where + "/series", triple.series, "entries");
  for (std::size_t i = 0; i < triple.series.size(); ++i) {
    measurements(item(where + "/series", i) + "/selection", triple.series[i].selection);
    measurements(item(where + "/series", i) + "/addition", triple.series[i].addition);
  }
}

void Checker::conditional_triple(const std::string& where, const ConditionalTriple& triple) {
  not_empty(where + "/conditions", triple.conditions, "conditions");
  not_empty(where + "/endorsements", triple.endorsements, "endorsements");
  for (std::size_t i = 0; i < triple.conditions.size(); ++i) value_triple(item(where + "/conditions", i), triple.conditions[i], true);
  for (std::size_t i = 0; i < triple.endorsements.size(); ++i) value_triple(item(where + "/endorsements", i), triple.endorsements[i]);
}

void Checker::value_triple(const std::string& where, const ValueTriple& triple, bool may_be_empty) {
  environment(where + "/environment", triple.environment);
  measurements(where + "/measurements", triple.measurements, may_be_empty);
}

void Checker::key_triple(const std::string& where, const KeyTriple& triple) {
  environment(where + "/environment", triple.environment);
  not_empty(where + "/verification-keys", triple.keys, "keys");
  keys(where + "/verification-keys", triple.keys);
  if (triple.condition) keys(where + "/conditions/authorized-by", triple.condition->authorized_by);
}

void Checker::keys(const std::string& where, const std::vector<CryptoKey>& keys, Severity severity) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (const auto good = check_key(keys[i]); !good) problems.push_back({severity, Errc::invalid, item(where, i), good.error().what, good.error().expected});
  }
}

void Checker::environment(const std::string& where, const Environment& environment) {
  if (const auto good = check_environment(environment); !good) error(where + good.error().where, good.error().what, good.error().expected);
}

void Checker::measurements(const std::string& where, const std::vector<Measurement>& measurements, bool may_be_empty) {
  if (!may_be_empty) not_empty(where, measurements, "measurements");
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    mval(item(where, i) + "/value", measurements[i].value);
    keys(item(where, i) + "/authorized-by", measurements[i].authorized_by, Severity::warning);
  }
}

void Checker::numbered(const std::string& where, const Unknowns& unknown, std::initializer_list<std::int64_t> named) {
  std::set<std::int64_t> seen{named};
  for (const Unknown& one : unknown) {
    if (!seen.insert(one.key).second) error(where, fmt::format("a member \"{}\", which has a name, or is there twice", one.key), "each member once, by its name if it has one");
  }
}

void Checker::mval(const std::string& where, const Mval& value) {
  numbered(where, value.unknown, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15});
  bool has_extension = false;
  for (const Unknown& one : value.unknown) {
    const Extension* extension = find(options_.extensions, one.key);
    if (extension == nullptr) continue;
    has_extension = true;
    const auto good = extension->check(one.item);
    if (!good) problems.push_back({Severity::error, good.error().errc, json::pointer(where, extension->name), good.error().where.empty() ? good.error().what : fmt::format("{}: {}", good.error().where, good.error().what), good.error().expected});
  }
  if (is_empty(value) && !has_extension) error(where, "no measurement value set", "digests, svn, version, raw-value or another member");
  if (value.cryptokeys) not_empty(where + "/cryptokeys", *value.cryptokeys, "keys");
  if (value.cryptokeys) keys(where + "/cryptokeys", *value.cryptokeys);
  if (value.version && value.version->value.empty()) error(where + "/version", "an empty version", "the version's text");
}

// Depth first, with the path marked; iterative, because the input says how deep it is.
void Checker::no_cycle(const std::string& where, const std::vector<DomainTriple>& triples) {
  std::map<std::string, std::set<std::string>> edges;
  for (const DomainTriple& triple : triples) {
    auto& to = edges[encoded(triple.domain)];
    for (const Environment& other : triple.others) to.insert(encoded(other));
  }
  enum class Mark { open,
                    done };
  std::map<std::string, Mark> marks;
  for (const auto& [start, ignored] : edges) {
    std::vector<std::pair<std::string, bool>> stack{{start, false}};
    while (!stack.empty()) {
      const auto [at, leave] = stack.back();
      stack.pop_back();
      if (leave) {
        marks[at] = Mark::done;
        continue;
      }
      const auto seen = marks.find(at);
      if (seen != marks.end() && seen->second == Mark::done) continue;
      if (seen != marks.end()) return error(where, "a domain that is its own member or depends on itself", "no cycles");
      marks[at] = Mark::open;
      stack.emplace_back(at, true);
      const auto out = edges.find(at);
      if (out == edges.end()) continue;
      for (const std::string& next : out->second) {
        const auto mark = marks.find(next);
        if (mark != marks.end() && mark->second == Mark::open) return error(where, "a domain that is its own member or depends on itself", "no cycles");
        stack.emplace_back(next, false);
      }
    }
  }
}

bool is_empty(const Triples& triples) {
  return triples.reference_values.empty() && triples.endorsed_values.empty() && triples.identity_keys.empty() && triples.attest_keys.empty() && triples.dependencies.empty() && triples.memberships.empty() && triples.coswids.empty() && triples.series.empty() && triples.conditionals.empty();
}

bool is_empty(const Mval& value) {
  const bool has_flags = value.flags && std::ranges::any_of(*value.flags, [](const auto& flag) { return flag.has_value(); });
  return !value.version && !value.svn && !value.digests && !has_flags && !value.raw_value && !value.raw_value_mask && !value.mac_addr && !value.ip_addr && !value.serial_number && !value.ueid && !value.uuid && !value.name && !value.cryptokeys && !value.integrity_registers && !value.int_range;
}

std::string encoded(const Environment& environment) {
  cbor::Writer out;
  // Generation C has a form for every class id, and D for every instance; one of the two can write any environment.
  if (!write_environment(out, environment, Generation::c)) {
    out = {};
    (void)write_environment(out, environment, Generation::d);
  }
  return to_string(out.view());
}

}  // namespace
}  // namespace assay::corim
