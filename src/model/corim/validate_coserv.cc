#include "model/corim/check.h"
#include "model/corim/coserv.h"
#include "model/corim/validate.h"

namespace assay::corim {
namespace {

class CoservChecker {
 public:
  void query(const EnvironmentQuery& query);
  void query(const RimQuery& query);
  void results(const Results& results, const EnvironmentQuery& query);
  void results(const Results& results, const RimQuery& query);

  ProblemList problems;

 private:
  void error(const std::string& where, std::string what, std::string expected) { problems.push_back({Problem::Severity::error, Errc::invalid, where, std::move(what), std::move(expected)}); }
  void triples(const std::string& where, std::string_view prefix, Triples triples);
  void digests(const std::string& where, const std::vector<Measurement>& measurements);
  void digests(const std::string& where, const ValueTriple& triple) { digests(where + "/measurements", triple.measurements); }
  void digests(const std::string& where, const ConditionalTriple& triple);
  void digests(const std::string& where, const Digests& digests);
  void statements(const Results& results);
  template <class T>
  std::vector<T> checked(const std::string& where, const std::optional<Quads<T>>& quads);
  template <class T>
  void authorities(const std::string& where, const std::optional<Quads<T>>& quads);
  template <class T>
  void only_if(bool asked, const std::string& where, const std::optional<Quads<T>>& quads) {
    if (!asked && quads && !quads->empty()) error(where, "results that were not asked for", "none of this kind");
  }
};

Environment environment_of(const Class& klass) { return {.klass = klass}; }
Environment environment_of(const Instance& instance) { return {.instance = instance}; }
Environment environment_of(const Group& group) { return {.group = group}; }

}  // namespace

Problems validate(const Coserv& coserv) {
  CoservChecker checker;
  std::visit([&](const auto& query) {
    checker.query(query);
    if (coserv.results) checker.results(*coserv.results, query);
  },
             coserv.query);
  return std::move(checker.problems).take();
}

namespace {

void CoservChecker::query(const EnvironmentQuery& query) {
  const std::string where = "/query/environment-selector";
  std::visit([&](const auto& list) {
    if (list.empty()) error(where, "no selector", "at least one");
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string at = fmt::format("{}/{}", where, i);
      const Environment environment = environment_of(list[i].selector);
      if (const auto good = check_environment(environment); !good) error(at + good.error().where, good.error().what, good.error().expected);
      if (!list[i].measurements) continue;
      if (query.artifact == ArtifactType::trust_anchors) error(at + "/measurements", "measurements of what has trust anchors", "none: keys do not depend on the state");
      // An environment that is certainly good, for its problems were told.
      triples(at, "/triples/reference-values/0", {.reference_values = {{Environment{.group = Group{Uuid{}}}, *list[i].measurements}}});
      digests(at + "/measurements", *list[i].measurements);
    }
  },
             query.selector);
}

void CoservChecker::query(const RimQuery& query) {
  if (query.rims.empty()) error("/query/rims", "no rims", "at least one");
  for (std::size_t i = 0; i < query.rims.size(); ++i) {
    const auto* text = std::get_if<std::string>(&query.rims[i].id);
    if (text != nullptr && text->empty()) error(fmt::format("/query/rims/{}", i), "an empty id", "a text or a UUID");
  }
}

void CoservChecker::results(const Results& results, const EnvironmentQuery& query) {
  const bool collected = query.result != ResultType::source;
  const bool values = collected && query.artifact == ArtifactType::reference_values;
  const bool endorsements = collected && query.artifact == ArtifactType::endorsed_values;
  const bool anchors = collected && query.artifact == ArtifactType::trust_anchors;
  only_if(values, "/results/rvq", results.reference_values);
  only_if(endorsements, "/results/evq", results.endorsed_values);
  only_if(endorsements, "/results/ceq", results.conditionals);
  only_if(anchors, "/results/akq", results.attest_keys);
  only_if(anchors, "/results/tas", results.trust_stores);
  if (results.rims) error("/results/rims", "manifests that were not asked for", "them only where the query names them");
  if (results.source_artifacts && query.result == ResultType::collected) error("/results/source-artifacts", "source artifacts that were not asked for", "none where the result type is 0");
  statements(results);
}

void CoservChecker::results(const Results& results, const RimQuery&) {
  only_if(false, "/results/rvq", results.reference_values);
  only_if(false, "/results/evq", results.endorsed_values);
  only_if(false, "/results/ceq", results.conditionals);
  only_if(false, "/results/akq", results.attest_keys);
  only_if(false, "/results/tas", results.trust_stores);
  statements(results);
}

void CoservChecker::statements(const Results& results) {
  // The rules of triples are those of a CoMID that holds them.
  triples("/results/rvq", "/triples/reference-values", {.reference_values = checked("/results/rvq", results.reference_values)});
  triples("/results/evq", "/triples/endorsed-values", {.endorsed_values = checked("/results/evq", results.endorsed_values)});
  triples("/results/ceq", "/triples/conditional-endorsements", {.conditionals = checked("/results/ceq", results.conditionals)});
  Triples keys;
  for (const auto& quad : results.attest_keys.value_or(Quads<KeyTriple>{})) keys.attest_keys.push_back(quad.statement);
  triples("/results/akq", "/triples/attester-verification-keys", std::move(keys));
  authorities("/results/akq", results.attest_keys);
  authorities("/results/tas", results.trust_stores);
  const auto stores = results.trust_stores.value_or(Quads<Cots>{});
  for (std::size_t i = 0; i < stores.size(); ++i) {
    for (Problem& problem : validate(stores[i].statement)) {
      problem.where = fmt::format("/results/tas/{}{}", i, problem.where);
      problems.push_back(std::move(problem));
    }
  }
}

template <class T>
std::vector<T> CoservChecker::checked(const std::string& where, const std::optional<Quads<T>>& quads) {
  std::vector<T> statements;
  authorities(where, quads);
  for (std::size_t i = 0; quads && i < quads->size(); ++i) {
    digests(fmt::format("{}/{}", where, i), (*quads)[i].statement);
    statements.push_back((*quads)[i].statement);
  }
  return statements;
}

template <class T>
void CoservChecker::authorities(const std::string& where, const std::optional<Quads<T>>& quads) {
  for (std::size_t i = 0; quads && i < quads->size(); ++i) {
    const std::string at = fmt::format("{}/{}/authorities", where, i);
    const auto& keys = (*quads)[i].authorities;
    if (keys.empty()) error(at, "no authorities", "at least one");
    for (std::size_t j = 0; j < keys.size(); ++j) {
      if (const auto good = check_key(keys[j]); !good) error(fmt::format("{}/{}", at, j), good.error().what, good.error().expected);
    }
  }
}

// Of a CoMID that holds them; `prefix` is where they are there.
void CoservChecker::triples(const std::string& where, std::string_view prefix, Triples triples) {
  Comid comid;
  comid.identity.id = "results";
  comid.triples = std::move(triples);
  if (comid.triples == Triples{}) return;
  for (Problem& problem : validate(comid)) {
    problem.where = where + (problem.where.starts_with(prefix) ? problem.where.substr(prefix.size()) : problem.where);
    problems.push_back(std::move(problem));
  }
}

void CoservChecker::digests(const std::string& where, const ConditionalTriple& triple) {
  for (std::size_t i = 0; i < triple.conditions.size(); ++i) digests(fmt::format("{}/conditions/{}", where, i), triple.conditions[i]);
  for (std::size_t i = 0; i < triple.endorsements.size(); ++i) digests(fmt::format("{}/endorsements/{}", where, i), triple.endorsements[i]);
}

void CoservChecker::digests(const std::string& where, const std::vector<Measurement>& measurements) {
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    const Mval& value = measurements[i].value;
    const std::string at = fmt::format("{}/{}/value", where, i);
    digests(at + "/digests", value.digests.value_or(Digests{}));
    for (const IntegrityRegister& one : value.integrity_registers.value_or(std::vector<IntegrityRegister>{})) digests(at + "/integrity-registers", one.digests);
  }
}

void CoservChecker::digests(const std::string& where, const Digests& digests) {
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (const auto good = check_digest(digests[i]); !good) error(fmt::format("{}/{}", where, i), good.error().what, good.error().expected);
  }
}

}  // namespace
}  // namespace assay::corim
