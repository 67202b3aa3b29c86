#include "base/text.h"
#include "model/corim/coserv.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

// CoSERV came when CoRIM had this form.
constexpr Generation kGeneration = Generation::d;

void write_untagged_profile(cbor::Writer& out, const Profile& profile);
Result<void> write_query(cbor::Writer& out, const Query& query);
Result<void> write_selector(cbor::Writer& out, const Selector& selector);
Result<void> write_results(cbor::Writer& out, const Results& results);
Result<void> write_expiry(cbor::Writer& out, UnixSeconds expiry);
Result<void> write_artifact(cbor::Writer& out, const cmw::Record& record);

Result<void> write_item(cbor::Writer& out, const Class& klass) { return write_class(out, klass, kGeneration); }
Result<void> write_item(cbor::Writer& out, const Instance& instance) { return write_instance(out, instance, kGeneration); }
Result<void> write_item(cbor::Writer& out, const Group& group) {
  write_group_id(out, group);
  return {};
}
Result<void> write_item(cbor::Writer& out, const ValueTriple& triple) { return write_value_triple(out, triple, kGeneration); }
Result<void> write_item(cbor::Writer& out, const ConditionalTriple& triple) { return write_conditional_triple(out, triple, kGeneration); }
Result<void> write_item(cbor::Writer& out, const KeyTriple& triple) { return write_key_triple(out, triple, kGeneration); }
Result<void> write_item(cbor::Writer& out, const Cots& cots) {
  out.raw(TRY(write_cots(cots, kGeneration)));
  return {};
}

template <class T>
Result<void> write_quads(StructWriter& map, std::int64_t key, std::string_view name, const std::optional<Quads<T>>& quads) {
  if (!quads) return {};
  return write_list(map.member(key), name, *quads, [](cbor::Writer& out, const Quad<T>& quad) -> Result<void> {
    StructWriter one;
    write_key_list(one.member(1), quad.authorities);
    TRY(write_item(one.member(2), quad.statement));
    one.add(quad.unknown);
    std::move(one).write_to(out);
    return {};
  });
}

}  // namespace

Result<Bytes> write_coserv(const Coserv& coserv) {
  StructWriter map;
  write_untagged_profile(map.member(0), coserv.profile);
  TRY(within("query", write_query(map.member(1), coserv.query)));
  if (coserv.results) TRY(within("results", write_results(map.member(2), *coserv.results)));
  map.add(coserv.unknown);
  cbor::Writer out;
  std::move(map).write_to(out);
  return std::move(out).take();
}

Result<std::string> write_coserv_text(const Coserv& coserv) { return to_base64url(TRY(write_coserv(coserv))); }

namespace {

void write_untagged_profile(cbor::Writer& out, const Profile& profile) {
  if (const auto* uri = std::get_if<std::string>(&profile)) out.text(*uri);
  else out.bytes(std::get<Oid>(profile).content);
}

Result<void> write_query(cbor::Writer& out, const Query& query) {
  StructWriter map;
  if (const auto* rims = std::get_if<RimQuery>(&query)) {
    cbor::Writer& list = map.member(3).array(rims->rims.size());
    for (const RimId& rim : rims->rims) write_tag_id(list.array(2).uint(static_cast<std::uint64_t>(rim.type)), rim.id);
    map.add(rims->unknown);
  } else {
    const auto& environments = std::get<EnvironmentQuery>(query);
    map.member(0).uint(static_cast<std::uint64_t>(environments.artifact));
    TRY(within("environment-selector", write_selector(map.member(1), environments.selector)));
    map.member(2).uint(static_cast<std::uint64_t>(environments.result));
    map.add(environments.unknown);
  }
  std::move(map).write_to(out);
  return {};
}

Result<void> write_selector(cbor::Writer& out, const Selector& selector) {
  // The kinds' numbers are their places in the variant.
  out.map(1).uint(selector.index());
  return std::visit([&](const auto& list) {
    return write_list(out, "selector", list, [](cbor::Writer& to, const auto& one) -> Result<void> {
      to.array(one.measurements ? 2 : 1);
      TRY(write_item(to, one.selector));
      if (one.measurements) TRY(write_measurements(to, *one.measurements, kGeneration));
      return {};
    });
  },
                    selector);
}

Result<void> write_results(cbor::Writer& out, const Results& results) {
  StructWriter map;
  TRY(write_quads(map, 0, "rvq", results.reference_values));
  TRY(write_quads(map, 1, "evq", results.endorsed_values));
  TRY(write_quads(map, 2, "ceq", results.conditionals));
  TRY(write_quads(map, 3, "akq", results.attest_keys));
  TRY(write_quads(map, 4, "tas", results.trust_stores));
  if (results.rims) map.member(5).raw(*results.rims);
  TRY(within("expiry", write_expiry(map.member(10), results.expiry)));
  if (results.source_artifacts) TRY(write_list(map.member(11), "source artifact", *results.source_artifacts, write_artifact));
  map.add(results.unknown);
  std::move(map).write_to(out);
  return {};
}

Result<void> write_expiry(cbor::Writer& out, UnixSeconds expiry) {
  const std::string text = to_rfc3339(expiry);
  // Beyond the calendar it is a number.
  if (!from_rfc3339(text)) return fail_expecting(Errc::invalid, "", text, "a time in the years 0001 to 9999");
  out.tag(0).text(text);
  return {};
}

Result<void> write_artifact(cbor::Writer& out, const cmw::Record& record) {
  out.raw(TRY(cmw::encode_cbor(cmw::Cmw{record})));
  return {};
}

}  // namespace
}  // namespace assay::corim
