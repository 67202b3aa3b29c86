#include "model/corim/write.h"

namespace assay::corim {
namespace {

Result<void> write_triples(cbor::Writer& out, const Triples& triples, Generation generation);
Result<void> write_new_triples(StructWriter& map, const Triples& triples, Generation generation);
bool has_new_triples(const Triples& triples);
Result<void> write_domain_triple(cbor::Writer& out, const DomainTriple& triple, Generation generation);
Result<void> write_coswid_triple(cbor::Writer& out, const CoswidTriple& triple, Generation generation);
Result<void> write_series_triple(cbor::Writer& out, const SeriesTriple& triple, Generation generation);

// A list of triples under one key, unless it is empty.
template <class T>
Result<void> write_some(StructWriter& map, std::int64_t key, std::string_view name, const std::vector<T>& triples, Generation generation, Result<void> (*write)(cbor::Writer&, const T&, Generation)) {
  if (triples.empty()) return {};
  return write_list(map.member(key), name, triples, [&](cbor::Writer& out, const T& triple) { return write(out, triple, generation); });
}

}  // namespace

void write_tag_identity(cbor::Writer& out, const TagIdentity& identity) {
  StructWriter map;
  write_tag_id(map.member(0), identity.id);
  if (identity.version != 0) map.member(1).uint(identity.version);
  map.add(identity.unknown);
  std::move(map).write_to(out);
}

Result<Bytes> write_comid(const Comid& comid, Generation generation) {
  StructWriter map;
  if (comid.language) map.member(0).text(*comid.language);
  write_tag_identity(map.member(1), comid.identity);
  if (!comid.entities.empty()) {
    cbor::Writer& entities = map.member(2).array(comid.entities.size());
    for (const Entity& entity : comid.entities) write_entity(entities, entity);
  }
  if (comid.linked_tags) {
    cbor::Writer& links = map.member(3).array(comid.linked_tags->size());
    for (const LinkedTag& link : *comid.linked_tags) {
      StructWriter one;
      write_tag_id(one.member(0), link.id);
      one.member(1).integer(link.relation);
      one.add(link.unknown);
      std::move(one).write_to(links);
    }
  }
  TRY(within("triples", write_triples(map.member(4), comid.triples, generation)));
  map.add(comid.unknown);
  cbor::Writer out;
  std::move(map).write_to(out);
  return std::move(out).take();
}

namespace {

Result<void> write_triples(cbor::Writer& out, const Triples& triples, Generation generation) {
  StructWriter map;
  TRY(write_some(map, 0, "reference-values", triples.reference_values, generation, write_value_triple));
  TRY(write_some(map, 1, "endorsed-values", triples.endorsed_values, generation, write_value_triple));
  TRY(write_some(map, 2, "dev-identity-keys", triples.identity_keys, generation, write_key_triple));
  TRY(write_some(map, 3, "attester-verification-keys", triples.attest_keys, generation, write_key_triple));
  TRY(write_new_triples(map, triples, generation));
  map.add(triples.unknown);
  std::move(map).write_to(out);
  return {};
}

Result<void> write_new_triples(StructWriter& map, const Triples& triples, Generation generation) {
  if (!has_new_triples(triples)) return {};
  if (generation != Generation::d) return not_in(generation, "dependency, membership, CoSWID and conditional triples", "generation D");
  TRY(write_some(map, 4, "dependency-triples", triples.dependencies, generation, write_domain_triple));
  TRY(write_some(map, 5, "membership-triples", triples.memberships, generation, write_domain_triple));
  TRY(write_some(map, 6, "coswid-triples", triples.coswids, generation, write_coswid_triple));
  TRY(write_some(map, 8, "conditional-endorsement-series", triples.series, generation, write_series_triple));
  return write_some(map, 10, "conditional-endorsements", triples.conditionals, generation, write_conditional_triple);
}

bool has_new_triples(const Triples& triples) {
  return !triples.dependencies.empty() || !triples.memberships.empty() || !triples.coswids.empty() || !triples.series.empty() || !triples.conditionals.empty();
}

}  // namespace

Result<void> write_value_triple(cbor::Writer& out, const ValueTriple& triple, Generation generation) {
  out.array(2);
  TRY(within("environment", write_environment(out, triple.environment, generation)));
  return write_measurements(out, triple.measurements, generation);
}

Result<void> write_key_triple(cbor::Writer& out, const KeyTriple& triple, Generation generation) {
  if (triple.condition && generation != Generation::d) return not_in(generation, "conditions of a key triple", "generation D");
  for (const CryptoKey& key : triple.keys) {
    const bool is_new = key.kind == CryptoKey::Kind::bytes || key.kind == CryptoKey::Kind::der_cert;
    if (is_new && generation < Generation::c) return not_in(generation, key.kind == CryptoKey::Kind::bytes ? "a key of type bytes" : "a key of type pkix-asn1der-cert", "generation D");
  }
  out.array(triple.condition ? 3 : 2);
  TRY(within("environment", write_environment(out, triple.environment, generation)));
  write_key_list(out, triple.keys);
  if (!triple.condition) return {};
  StructWriter condition;
  if (triple.condition->key) TRY(within("conditions", write_mkey(condition.member(0), *triple.condition->key, generation)));
  if (!triple.condition->authorized_by.empty()) write_key_list(condition.member(1), triple.condition->authorized_by);
  condition.add(triple.condition->unknown);
  std::move(condition).write_to(out);
  return {};
}

namespace {

Result<void> write_domain_triple(cbor::Writer& out, const DomainTriple& triple, Generation generation) {
  out.array(2);
  TRY(within("domain-id", write_environment(out, triple.domain, generation)));
  return write_list(out, "environment", triple.others, [&](cbor::Writer& to, const Environment& one) { return write_environment(to, one, generation); });
}

Result<void> write_coswid_triple(cbor::Writer& out, const CoswidTriple& triple, Generation generation) {
  out.array(2);
  TRY(within("environment", write_environment(out, triple.environment, generation)));
  out.array(triple.tags.size());
  for (const TagId& id : triple.tags) write_tag_id(out, id);
  return {};
}

Result<void> write_series_triple(cbor::Writer& out, const SeriesTriple& triple, Generation generation) {
  out.array(2).array(triple.authorized_by.empty() ? 2 : 3);
  TRY(within("condition", write_environment(out, triple.environment, generation)));
  TRY(within("condition", write_measurements(out, triple.measurements, generation)));
  if (!triple.authorized_by.empty()) write_key_list(out, triple.authorized_by);
  return write_list(out, "series", triple.series, [&](cbor::Writer& to, const SeriesTriple::Entry& entry) -> Result<void> {
    to.array(2);
    TRY(within("selection", write_measurements(to, entry.selection, generation)));
    return within("addition", write_measurements(to, entry.addition, generation));
  });
}

}  // namespace

Result<void> write_conditional_triple(cbor::Writer& out, const ConditionalTriple& triple, Generation generation) {
  const auto write = [&](cbor::Writer& to, const ValueTriple& one) { return write_value_triple(to, one, generation); };
  out.array(2);
  TRY(write_list(out, "condition", triple.conditions, write));
  return write_list(out, "endorsement", triple.endorsements, write);
}

Result<void> write_measurements(cbor::Writer& out, const std::vector<Measurement>& measurements, Generation generation) {
  return write_list(out, "measurement", measurements, [&](cbor::Writer& to, const Measurement& one) { return write_measurement(to, one, generation); });
}

void write_key_list(cbor::Writer& out, const std::vector<CryptoKey>& keys) {
  out.array(keys.size());
  for (const CryptoKey& key : keys) write_key(out, key);
}

}  // namespace assay::corim
