#include "model/corim/read.h"

namespace assay::corim {
Result<TagIdentity> read_tag_identity(cbor::Reader& in) {
  TagIdentity identity;
  bool has_id = false;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "tag-identity", identity.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: has_id = true; return set(identity.id, within("id", read_tag_id(in)));
      case 1: return set(identity.version, within("version", in.uint()));
      default: return false;
    }
  }));
  if (!has_id) return within("tag-identity", Result<TagIdentity>{missing_member(start, "id", 0)});
  return identity;
}

namespace {

Result<LinkedTag> read_linked_tag(cbor::Reader& in);
Result<Triples> read_triples(cbor::Reader& in);
using ValueTripleReader = Result<ValueTriple> (*)(cbor::Reader&);
using MeasurementReader = Result<Measurement> (*)(cbor::Reader&);

Result<ValueTriple> read_value_triple(cbor::Reader& in);
Result<ValueTriple> read_value_triple_with(cbor::Reader& in, MeasurementReader measurement);
Result<KeyTriple::Condition> read_condition(cbor::Reader& in);
Result<DomainTriple> read_domain_triple(cbor::Reader& in);
Result<CoswidTriple> read_coswid_triple(cbor::Reader& in);
Result<SeriesTriple> read_series_triple(cbor::Reader& in);
Result<SeriesTriple::Entry> read_series_entry(cbor::Reader& in);
Result<ConditionalTriple> read_conditional_triple(cbor::Reader& in);
Result<ConditionalTriple> read_conditional_triple_with(cbor::Reader& in, ValueTripleReader value);

}  // namespace

Result<Comid> read_comid(ByteView bytes, const ReadOptions& options) {
  const Source source = TRY(within("CoMID", Source::open(bytes, options)));
  cbor::Reader in = source.reader();
  if (in.next_is(cbor::Type::tag)) (void)TRY(in.tag());
  Comid comid;
  bool has_identity = false;
  bool has_triples = false;
  TRY(read_struct(in, "CoMID", comid.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: return set(comid.language, within("lang", read_text(in)));
      case 1: has_identity = true; return set(comid.identity, read_tag_identity(in));
      case 2: return set(comid.entities, read_list(in, "entities", read_entity));
      case 3: return set(comid.linked_tags, read_list(in, "linked-tags", read_linked_tag));
      case 4: has_triples = true; return set(comid.triples, read_triples(in));
      default: return false;
    }
  }));
  if (!has_identity) return within("CoMID", Result<Comid>{missing_member(0, "tag-identity", 1)});
  if (!has_triples) return within("CoMID", Result<Comid>{missing_member(0, "triples", 4)});
  return comid;
}

namespace {

Result<LinkedTag> read_linked_tag(cbor::Reader& in) {
  LinkedTag link;
  bool has_id = false;
  bool has_relation = false;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "linked tag", link.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: has_id = true; return set(link.id, within("target", read_tag_id(in)));
      case 1: has_relation = true; return set(link.relation, within("rel", in.integer()));
      default: return false;
    }
  }));
  if (!has_id) return missing_member(start, "target", 0);
  if (!has_relation) return missing_member(start, "rel", 1);
  return link;
}

Result<Triples> read_triples(cbor::Reader& in) {
  Triples triples;
  TRY(read_struct(in, "triples", triples.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: return set(triples.reference_values, read_list(in, "reference-values", read_value_triple));
      case 1: return set(triples.endorsed_values, read_list(in, "endorsed-values", read_value_triple));
      case 2: return set(triples.identity_keys, read_list(in, "dev-identity-keys", read_key_triple));
      case 3: return set(triples.attest_keys, read_list(in, "attester-verification-keys", read_key_triple));
      case 4: return set(triples.dependencies, read_list(in, "dependency-triples", read_domain_triple));
      case 5: return set(triples.memberships, read_list(in, "membership-triples", read_domain_triple));
      case 6: return set(triples.coswids, read_list(in, "coswid-triples", read_coswid_triple));
      case 8: return set(triples.series, read_list(in, "conditional-endorsement-series", read_series_triple));
      case 10: return set(triples.conditionals, read_list(in, "conditional-endorsements", read_conditional_triple));
      default: return false;
    }
  }));
  return triples;
}

constexpr std::string_view kValueTriple = "[environment, measurements]";
constexpr std::string_view kKeyTriple = "[environment, keys], and conditions perhaps";

Result<ValueTriple> read_value_triple(cbor::Reader& in) { return read_value_triple_with(in, read_measurement); }

Result<ValueTriple> read_value_triple_with(cbor::Reader& in, MeasurementReader measurement) {
  ValueTriple triple;
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kValueTriple));
  triple.environment = TRY(read_environment(in));
  TRY(expect_item(in, items, kValueTriple));
  triple.measurements = TRY(read_list(in, "measurement", measurement));
  TRY(expect_no_item(in, items, kValueTriple));
  return triple;
}

}  // namespace

Result<KeyTriple> read_key_triple(cbor::Reader& in) {
  KeyTriple triple;
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kKeyTriple));
  triple.environment = TRY(read_environment(in));
  TRY(expect_item(in, items, kKeyTriple));
  triple.keys = TRY(read_list(in, "key", read_key));
  if (TRY(items.next(in))) {
    triple.condition = TRY(read_condition(in));
    TRY(expect_no_item(in, items, kKeyTriple));
  }
  return triple;
}

namespace {

Result<KeyTriple::Condition> read_condition(cbor::Reader& in) {
  KeyTriple::Condition condition;
  TRY(read_struct(in, "conditions", condition.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: return set(condition.key, within("mkey", read_mkey(in)));
      case 1: return set(condition.authorized_by, read_list(in, "authorized-by", read_key));
      default: return false;
    }
  }));
  return condition;
}

Result<DomainTriple> read_domain_triple(cbor::Reader& in) {
  constexpr std::string_view kShape = "[domain environment, environments]";
  DomainTriple triple;
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kShape));
  triple.domain = TRY(read_environment(in));
  TRY(expect_item(in, items, kShape));
  triple.others = TRY(read_list(in, "environment", read_environment));
  TRY(expect_no_item(in, items, kShape));
  return triple;
}

Result<CoswidTriple> read_coswid_triple(cbor::Reader& in) {
  constexpr std::string_view kShape = "[environment, tag ids]";
  CoswidTriple triple;
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kShape));
  triple.environment = TRY(read_environment(in));
  TRY(expect_item(in, items, kShape));
  triple.tags = TRY(read_list(in, "tag id", read_tag_id));
  TRY(expect_no_item(in, items, kShape));
  return triple;
}

// [[environment, measurements, keys?], [[selection, addition]]]
Result<SeriesTriple> read_series_triple(cbor::Reader& in) {
  constexpr std::string_view kShape = "[condition, series]";
  SeriesTriple triple;
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kShape));
  cbor::Items condition = TRY(in.array());
  TRY(expect_item(in, condition, kValueTriple));
  triple.environment = TRY(read_environment(in));
  TRY(expect_item(in, condition, kValueTriple));
  triple.measurements = TRY(read_list(in, "measurement", read_measurement));
  if (TRY(condition.next(in))) {
    triple.authorized_by = TRY(read_list(in, "authorized-by", read_key));
    TRY(expect_no_item(in, condition, "[environment, measurements, keys]"));
  }
  TRY(expect_item(in, items, kShape));
  triple.series = TRY(read_list(in, "series", read_series_entry));
  TRY(expect_no_item(in, items, kShape));
  return triple;
}

Result<SeriesTriple::Entry> read_series_entry(cbor::Reader& in) {
  constexpr std::string_view kShape = "[selection, addition]";
  SeriesTriple::Entry entry;
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kShape));
  entry.selection = TRY(read_list(in, "selection", read_measurement));
  TRY(expect_item(in, items, kShape));
  entry.addition = TRY(read_list(in, "addition", read_measurement));
  TRY(expect_no_item(in, items, kShape));
  return entry;
}

Result<ConditionalTriple> read_conditional_triple(cbor::Reader& in) { return read_conditional_triple_with(in, read_value_triple); }

Result<ConditionalTriple> read_conditional_triple_with(cbor::Reader& in, ValueTripleReader value) {
  constexpr std::string_view kShape = "[conditions, endorsements]";
  ConditionalTriple triple;
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kShape));
  triple.conditions = TRY(read_list(in, "condition", value));
  TRY(expect_item(in, items, kShape));
  triple.endorsements = TRY(read_list(in, "endorsement", value));
  TRY(expect_no_item(in, items, kShape));
  return triple;
}

}  // namespace

Result<ValueTriple> read_loose_value_triple(cbor::Reader& in) { return read_value_triple_with(in, read_loose_measurement); }
Result<ConditionalTriple> read_loose_conditional_triple(cbor::Reader& in) { return read_conditional_triple_with(in, read_loose_value_triple); }

}  // namespace assay::corim
