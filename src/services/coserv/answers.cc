#include "services/coserv/answers.h"

#include <algorithm>

#include "base/text.h"
#include "model/corim/signed.h"
#include "model/corim/text.h"

namespace assay::coserv {
namespace {

using corim::EnvironmentQuery;
using corim::Results;

// What is collected while the CoRIMs pass by.
class Collector {
 public:
  Collector(const Library& library, const corim::Coserv& query, UnixSeconds now) : library_{library}, query_{query}, now_{now} { results_.expiry = now + kMaxExpiry; }
  Result<void> take(const appraise::StoredCorim& stored);
  Result<Results> finish();

 private:
  Result<bool> take_statements(const EnvironmentQuery& query, const corim::Corim& corim);
  Result<bool> take_manifest(const corim::RimQuery& query, const appraise::StoredCorim& stored, const corim::Corim& corim);
  template <class T>
  Result<void> add(corim::Quads<T>& quads, const T& statement);
  Result<void> add_source(const appraise::StoredCorim& stored);

  const Library& library_;
  const corim::Coserv& query_;
  UnixSeconds now_;
  std::vector<Bytes> needles_;
  Results results_;
  std::vector<std::pair<std::string, cmw::Record>> manifests_;
  std::size_t statements_ = 0;
  std::size_t source_bytes_ = 0;
};

Result<void> check(const corim::Query& query);
Result<void> check_class(const corim::Class& klass);
Result<void> check_state(const corim::Query& query);
// What the bytes of a CoRIM must hold somewhere, if it is to match at all: reading every one for every question would cost too much.
bool may_match(const corim::Query& query, ByteView corim);
std::optional<Bytes> needle_of(const corim::Class& klass);
std::optional<Bytes> needle_of(const corim::Instance& instance);
std::optional<Bytes> needle_of(const corim::Group& group);
bool matches(const corim::Selector& selector, const corim::Environment& environment);
bool matches(const corim::Class& asked, const corim::Class& own);
Result<corim::Corim> read(const appraise::StoredCorim& stored);

}  // namespace

Result<corim::Coserv> answer(const Library& library, corim::Coserv query, UnixSeconds now) {
  query.results.reset();
  TRY(check(query.query));
  Collector collector{library, query, now};
  TRY(library.store.visit(library.tenant, [&](const appraise::StoredCorim& stored) { return collector.take(stored); }));
  query.results = TRY(collector.finish());
  return query;
}

namespace {

Result<void> Collector::take(const appraise::StoredCorim& stored) {
  if (stored.profile != corim::to_text(query_.profile) || !appraise::check_validity(stored.validity, now_) || !may_match(query_.query, stored.bytes)) return {};
  TRY(check_state(query_.query));
  const corim::Corim corim = TRY(within("CoRIM " + quoted(stored.id), read(stored)));
  const auto* environment = std::get_if<EnvironmentQuery>(&query_.query);
  const bool used = environment != nullptr ? TRY(take_statements(*environment, corim)) : TRY(take_manifest(std::get<corim::RimQuery>(query_.query), stored, corim));
  if (!used) return {};
  if (stored.validity) results_.expiry = std::min(results_.expiry, stored.validity->not_after);
  if (environment != nullptr && environment->result != corim::ResultType::collected) TRY(add_source(stored));
  return {};
}

Result<bool> Collector::take_statements(const EnvironmentQuery& query, const corim::Corim& corim) {
  bool used = false;
  for (const corim::Tag& tag : corim.tags) {
    if (tag.kind != corim::TagKind::comid) continue;
    const corim::Comid comid = TRY(corim::read_comid(tag.content));
    const auto take_all = [&]<class T>(const std::vector<T>& triples, std::optional<corim::Quads<T>>& quads) -> Result<void> {
      for (const T& triple : triples) {
        if (!matches(query.selector, triple.environment)) continue;
        used = true;
        if (query.result == corim::ResultType::source) continue;
        if (!quads) quads.emplace();
        TRY(add(*quads, triple));
      }
      return {};
    };
    switch (query.artifact) {
      case corim::ArtifactType::reference_values: TRY(take_all(comid.triples.reference_values, results_.reference_values)); break;
      case corim::ArtifactType::endorsed_values: TRY(take_all(comid.triples.endorsed_values, results_.endorsed_values)); break;
      case corim::ArtifactType::trust_anchors: TRY(take_all(comid.triples.attest_keys, results_.attest_keys)); break;
    }
  }
  return used;
}

Result<bool> Collector::take_manifest(const corim::RimQuery& query, const appraise::StoredCorim& stored, const corim::Corim& corim) {
  const auto is_asked = [&](corim::RimId::Type type, const corim::TagId& id) { return std::ranges::any_of(query.rims, [&](const corim::RimId& rim) { return rim.type == type && rim.id == id; }); };
  bool found = is_asked(corim::RimId::Type::corim, corim.id);
  for (const corim::Tag& tag : corim.tags) {
    if (found || tag.kind != corim::TagKind::comid) continue;
    const corim::Comid comid = TRY(corim::read_comid(tag.content));
    found = is_asked(corim::RimId::Type::comid, comid.identity.id);
  }
  if (found) TRY(add_source(stored));
  return found;
}

template <class T>
Result<void> Collector::add(corim::Quads<T>& quads, const T& statement) {
  if (++statements_ > kMaxStatements) return fail_expecting(Errc::limit, "results", "more than an answer has room for", fmt::format("a query that matches at most {} statements", kMaxStatements));
  quads.push_back({{library_.authority}, statement, {}});
  return {};
}

Result<void> Collector::add_source(const appraise::StoredCorim& stored) {
  source_bytes_ += stored.bytes.size();
  if (source_bytes_ > kMaxSourceBytes) return fail_expecting(Errc::limit, "results", "manifests of more bytes than an answer has room for", fmt::format("a query that matches at most {} bytes", kMaxSourceBytes));
  const bool is_signed = corim::looks_signed(stored.bytes);
  manifests_.emplace_back(stored.id, cmw::Record{.type = fmt::format("application/rim+{}; profile=\"{}\"", is_signed ? "cose" : "cbor", stored.profile), .value = stored.bytes, .ind = {}, .tag = {}});
  return {};
}

// That nothing was found is said by an empty list of what was asked for.
Result<Results> Collector::finish() {
  if (const auto* query = std::get_if<EnvironmentQuery>(&query_.query)) {
    const bool collected = query->result != corim::ResultType::source;
    if (collected && query->artifact == corim::ArtifactType::reference_values && !results_.reference_values) results_.reference_values.emplace();
    if (collected && query->artifact == corim::ArtifactType::endorsed_values && !results_.endorsed_values) results_.endorsed_values.emplace();
    if (collected && query->artifact == corim::ArtifactType::trust_anchors && !results_.attest_keys) results_.attest_keys.emplace();
    if (!manifests_.empty()) results_.source_artifacts.emplace();
    for (auto& [id, record] : manifests_) results_.source_artifacts->push_back(std::move(record));
    return std::move(results_);
  }
  if (manifests_.empty()) return std::move(results_);
  auto collection = std::make_shared<cmw::Collection>();
  for (auto& [id, record] : manifests_) collection->entries.emplace_back(id, cmw::Cmw{std::move(record)});
  results_.rims = TRY(cmw::encode_cbor(cmw::Cmw{std::move(collection)}));
  return std::move(results_);
}

Result<void> check(const corim::Query& query) {
  if (const auto* rims = std::get_if<corim::RimQuery>(&query)) {
    const bool has_coswid = std::ranges::any_of(rims->rims, [](const corim::RimId& rim) { return rim.type == corim::RimId::Type::coswid; });
    return has_coswid ? Result<void>{fail_expecting(Errc::unsupported, "query", "a manifest by the id of a CoSWID", "ids of CoRIMs and CoMIDs")} : Result<void>{};
  }
  const auto& selector = std::get<EnvironmentQuery>(query).selector;
  const auto check_all = [](const auto& alternatives) -> Result<void> {
    for (const auto& one : alternatives) {
      if constexpr (std::is_same_v<std::decay_t<decltype(one.selector)>, corim::Class>) TRY(check_class(one.selector));
    }
    return {};
  };
  return std::visit(check_all, selector);
}

// What is endorsed of a state of the environment is nothing that CoMIDs of our profiles say.
Result<void> check_state(const corim::Query& query) {
  const auto* of_environment = std::get_if<EnvironmentQuery>(&query);
  const bool has_state = of_environment != nullptr && std::visit([](const auto& alternatives) { return std::ranges::any_of(alternatives, [](const auto& one) { return one.measurements.has_value(); }); }, of_environment->selector);
  if (has_state) return fail_expecting(Errc::unsupported, "query", "a selector with measurements", "class, instance or group alone");
  return {};
}

Result<void> check_class(const corim::Class& klass) {
  if (klass.id || klass.vendor || klass.model) return {};
  return fail_expecting(Errc::invalid, "query", "a class of which nothing is said", "class-id, vendor or model");
}

bool may_match(const corim::Query& query, ByteView corim) {
  const auto holds = [&](const std::optional<Bytes>& needle) { return !needle || !std::ranges::search(corim, *needle).empty(); };
  if (const auto* rims = std::get_if<corim::RimQuery>(&query)) {
    return std::ranges::any_of(rims->rims, [&](const corim::RimId& rim) {
      const auto* text = std::get_if<std::string>(&rim.id);
      return holds(text != nullptr ? to_bytes(*text) : Bytes{std::get<corim::Uuid>(rim.id).begin(), std::get<corim::Uuid>(rim.id).end()});
    });
  }
  return std::visit([&](const auto& alternatives) { return std::ranges::any_of(alternatives, [&](const auto& one) { return holds(needle_of(one.selector)); }); }, std::get<EnvironmentQuery>(query).selector);
}

std::optional<Bytes> needle_of(const corim::Class& klass) {
  if (klass.id) {
    if (const auto* oid = std::get_if<corim::Oid>(&*klass.id)) return oid->content;
    if (const auto* uuid = std::get_if<corim::Uuid>(&*klass.id)) return Bytes{uuid->begin(), uuid->end()};
    if (const auto* bytes = std::get_if<corim::TaggedBytes>(&*klass.id)) return bytes->value;
    if (const auto* id = std::get_if<corim::ImplementationId>(&*klass.id)) return id->value;
    return std::nullopt;
  }
  return to_bytes(klass.vendor ? *klass.vendor : *klass.model);
}

std::optional<Bytes> needle_of(const corim::Instance& instance) {
  if (const auto* ueid = std::get_if<corim::Ueid>(&instance)) return ueid->value;
  if (const auto* uuid = std::get_if<corim::Uuid>(&instance)) return Bytes{uuid->begin(), uuid->end()};
  if (const auto* bytes = std::get_if<corim::TaggedBytes>(&instance)) return bytes->value;
  return std::nullopt;
}

std::optional<Bytes> needle_of(const corim::Group& group) {
  if (const auto* uuid = std::get_if<corim::Uuid>(&group)) return Bytes{uuid->begin(), uuid->end()};
  return std::get<corim::TaggedBytes>(group).value;
}

bool matches(const corim::Selector& selector, const corim::Environment& environment) {
  if (const auto* classes = std::get_if<std::vector<corim::Stateful<corim::Class>>>(&selector)) {
    return environment.klass && std::ranges::any_of(*classes, [&](const auto& one) { return matches(one.selector, *environment.klass); });
  }
  if (const auto* instances = std::get_if<std::vector<corim::Stateful<corim::Instance>>>(&selector)) {
    return environment.instance && std::ranges::any_of(*instances, [&](const auto& one) { return one.selector == *environment.instance; });
  }
  const auto& groups = std::get<std::vector<corim::Stateful<corim::Group>>>(selector);
  return environment.group && std::ranges::any_of(groups, [&](const auto& one) { return one.selector == *environment.group; });
}

bool matches(const corim::Class& asked, const corim::Class& own) {
  return (!asked.id || asked.id == own.id) && (!asked.vendor || asked.vendor == own.vendor) && (!asked.model || asked.model == own.model) && (!asked.layer || asked.layer == own.layer) && (!asked.index || asked.index == own.index);
}

Result<corim::Corim> read(const appraise::StoredCorim& stored) {
  if (!corim::looks_signed(stored.bytes)) return corim::read_corim(stored.bytes, {.allow_trailing = true, .allow_profile_list = true});
  return TRY(corim::read_signed(stored.bytes)).corim;
}

}  // namespace
}  // namespace assay::coserv
