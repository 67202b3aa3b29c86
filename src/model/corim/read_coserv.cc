#include "base/text.h"
#include "model/corim/coserv.h"
#include "model/corim/read.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

constexpr std::uint64_t kDateTime = 0;

Result<Profile> read_untagged_profile(cbor::Reader& in);
Result<Query> read_query(cbor::Reader& in);
Result<Selector> read_selector(cbor::Reader& in);
Result<RimId> read_rim_id(cbor::Reader& in);
Result<Results> read_results(cbor::Reader& in);
Result<UnixSeconds> read_expiry(cbor::Reader& in);
Result<Cots> read_nested_cots(cbor::Reader& in);
Result<Bytes> read_rims(cbor::Reader& in);
Result<cmw::Record> read_artifact(cbor::Reader& in);
Result<std::vector<Measurement>> read_state(cbor::Reader& in) { return read_list(in, "measurement", read_loose_measurement); }

template <class T>
Result<std::vector<T>> not_empty(std::size_t start, std::string_view what, Result<std::vector<T>> list) {
  if (list && list->empty()) return fail_at(Errc::invalid, start, fmt::format("no {}", what), "at least one");
  return list;
}

// An unsigned integer that numbers one of three things.
template <class E>
Result<E> read_choice(cbor::Reader& in, std::string_view what, std::string_view expected) {
  const std::size_t start = in.offset();
  const std::uint64_t number = TRY(within(what, in.uint()));
  if (number > 2) return within(what, Result<E>{fail_at(Errc::unsupported, start, std::to_string(number), expected)});
  return static_cast<E>(number);
}

// [selector], or [selector, measurements].
template <class T, Result<T> (*kRead)(cbor::Reader&)>
Result<Stateful<T>> read_stateful(cbor::Reader& in) {
  constexpr std::string_view kShape = "[selector], and measurements perhaps";
  Stateful<T> one;
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kShape));
  one.selector = TRY(kRead(in));
  const std::size_t start = in.offset();
  if (TRY(items.next(in))) {
    one.measurements = TRY(not_empty(start, "measurements", read_state(in)));
    TRY(expect_no_item(in, items, kShape));
  }
  return one;
}

// {1: authorities, 2: statement}
template <class T, Result<T> (*kRead)(cbor::Reader&)>
Result<Quad<T>> read_quad(cbor::Reader& in) {
  Quad<T> quad;
  bool has_authorities = false, has_statement = false;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "quad", quad.unknown, [&](std::int64_t key) -> Result<bool> {
    const std::size_t value = in.offset();
    switch (key) {
      case 1: has_authorities = true; return set(quad.authorities, not_empty(value, "authorities", read_list(in, "authorities", read_key)));
      case 2: has_statement = true; return set(quad.statement, kRead(in));
      default: return false;
    }
  }));
  if (!has_authorities) return missing_member(start, "authorities", 1);
  if (!has_statement) return missing_member(start, "statement", 2);
  return quad;
}

}  // namespace

Result<Coserv> read_coserv(ByteView bytes, const ReadOptions& options) {
  const Source source = TRY(within("CoSERV", Source::open(bytes, options)));
  cbor::Reader in = source.reader();
  Coserv coserv;
  bool has_profile = false, has_query = false;
  TRY(read_struct(in, "CoSERV", coserv.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: has_profile = true; return set(coserv.profile, within("profile", read_untagged_profile(in)));
      case 1: has_query = true; return set(coserv.query, within("query", read_query(in)));
      case 2: return set(coserv.results, within("results", read_results(in)));
      default: return false;
    }
  }));
  if (!has_profile) return within("CoSERV", Result<Coserv>{missing_member(0, "profile", 0)});
  if (!has_query) return within("CoSERV", Result<Coserv>{missing_member(0, "query", 1)});
  return coserv;
}

Result<Coserv> read_coserv_text(std::string_view text) {
  const Bytes bytes = TRY(within("CoSERV text", from_base64(text, Base64::url, Padding::none)));
  return read_coserv(bytes);
}

namespace {

// As EAT has profiles, not as CoRIM has them.
Result<Profile> read_untagged_profile(cbor::Reader& in) {
  if (in.next_is(cbor::Type::bytes)) return Profile{TRY(read_oid(in))};
  const std::size_t start = in.offset();
  if (!in.next_is(cbor::Type::text)) return fail_at(Errc::malformed, start, "neither text nor byte string", "a URI as text or an OID as byte string, without tags");
  std::string uri = TRY(read_text(in));
  if (!is_absolute_uri(uri)) return fail_at(Errc::invalid, start, quoted(uri), "an absolute URI");
  return Profile{std::move(uri)};
}

Result<ResultType> read_result_type(cbor::Reader& in) { return read_choice<ResultType>(in, "result-type", "0 collected artifacts, 1 source artifacts or 2 both"); }

// Until the third draft a query had the time it was asked at under key 2, which counts for nothing, and the type of result under key 3.
Result<bool> read_timestamp(cbor::Reader& in) {
  TRY(within("timestamp", read_expiry(in)));
  return true;
}

Result<Query> read_query(cbor::Reader& in) {
  EnvironmentQuery query;
  std::optional<std::vector<RimId>> rims;
  bool has_artifact = false, has_selector = false, has_result = false;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "", query.unknown, [&](std::int64_t key) -> Result<bool> {
    const std::size_t value = in.offset();
    switch (key) {
      case 0: has_artifact = true; return set(query.artifact, read_choice<ArtifactType>(in, "artifact-type", "0 endorsed values, 1 trust anchors or 2 reference values"));
      case 1: has_selector = true; return set(query.selector, within("environment-selector", read_selector(in)));
      case 2:
        if (in.next_is(cbor::Type::tag)) return read_timestamp(in);
        has_result = true;
        return set(query.result, read_result_type(in));
      case 3:
        if (in.next_is(cbor::Type::uint)) {
          has_result = true;
          return set(query.result, read_result_type(in));
        }
        return set(rims, not_empty(value, "rims", read_list(in, "rims", read_rim_id)));
      default: return false;
    }
  }));
  if (rims && (has_artifact || has_selector || has_result)) return fail_at(Errc::malformed, start, "rims (key 3) beside members of an environment query", "one of the two forms");
  if (rims) return Query{RimQuery{std::move(*rims), std::move(query.unknown)}};
  if (!has_artifact) return missing_member(start, "artifact-type", 0);
  if (!has_selector) return missing_member(start, "environment-selector", 1);
  if (!has_result) return missing_member(start, "result-type", 2);
  return Query{std::move(query)};
}

Result<Selector> read_selector(cbor::Reader& in) {
  std::optional<Selector> selector;
  Unknowns unknown;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "", unknown, [&](std::int64_t key) -> Result<bool> {
    if (key < 0 || key > 2) return false;
    const std::size_t value = in.offset();
    if (selector) return fail_at(Errc::malformed, value, "several selectors", "one of classes (0), instances (1) and groups (2)");
    switch (key) {
      case 0: return set(selector, not_empty(value, "classes", read_list(in, "class", read_stateful<Class, read_class>)));
      case 1: return set(selector, not_empty(value, "instances", read_list(in, "instance", read_stateful<Instance, read_instance>)));
      default: return set(selector, not_empty(value, "groups", read_list(in, "group", read_stateful<Group, read_group_id>)));
    }
  }));
  if (!unknown.empty()) return fail_at(Errc::unsupported, start, fmt::format("a selector of kind {}", unknown.front().key), "0 classes, 1 instances or 2 groups");
  if (!selector) return fail_at(Errc::missing, start, "no selector", "one of classes (0), instances (1) and groups (2)");
  return std::move(*selector);
}

Result<RimId> read_rim_id(cbor::Reader& in) {
  constexpr std::string_view kShape = "[type, id]";
  RimId rim;
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kShape));
  rim.type = TRY(read_choice<RimId::Type>(in, "type", "0 CoMID, 1 CoSWID or 2 CoRIM"));
  TRY(expect_item(in, items, kShape));
  rim.id = TRY(within("id", read_tag_id(in)));
  TRY(expect_no_item(in, items, kShape));
  return rim;
}

Result<Results> read_results(cbor::Reader& in) {
  Results results;
  bool has_expiry = false;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "", results.unknown, [&](std::int64_t key) -> Result<bool> {
    const std::size_t value = in.offset();
    switch (key) {
      case 0: return set(results.reference_values, read_list(in, "rvq", read_quad<ValueTriple, read_loose_value_triple>));
      case 1: return set(results.endorsed_values, read_list(in, "evq", read_quad<ValueTriple, read_loose_value_triple>));
      case 2: return set(results.conditionals, read_list(in, "ceq", read_quad<ConditionalTriple, read_loose_conditional_triple>));
      case 3: return set(results.attest_keys, read_list(in, "akq", read_quad<KeyTriple, read_key_triple>));
      case 4: return set(results.trust_stores, read_list(in, "tas", read_quad<Cots, read_nested_cots>));
      case 5: return set(results.rims, within("rims", read_rims(in)));
      case 10: has_expiry = true; return set(results.expiry, within("expiry", read_expiry(in)));
      case 11: return set(results.source_artifacts, not_empty(value, "source artifacts", read_list(in, "source artifact", read_artifact)));
      default: return false;
    }
  }));
  if (!has_expiry) return missing_member(start, "expiry", 10);
  return results;
}

Result<UnixSeconds> read_expiry(cbor::Reader& in) {
  const std::size_t start = in.offset();
  if (const std::uint64_t tag = TRY(in.tag()); tag != kDateTime) return fail_at(Errc::unsupported, start, fmt::format("tag {}", tag), "tag 0 (date and time as text)");
  return from_rfc3339_any_zone(TRY(in.text()));
}

// What a reader of its own says about the next item, its offsets counted from where ours are.
template <class F>
auto nested(cbor::Reader& in, F&& read) -> std::invoke_result_t<F, ByteView> {
  const std::size_t start = in.offset();
  const ByteView item = TRY(in.item());
  auto result = read(item);
  if (!result && result.error().offset) *result.error().offset += start;
  return result;
}

Result<Cots> read_nested_cots(cbor::Reader& in) {
  return nested(in, [](ByteView item) { return read_cots(item); });
}

Result<Bytes> read_rims(cbor::Reader& in) {
  return nested(in, [](ByteView item) -> Result<Bytes> {
    if (TRY(cmw::parse_cbor(item)).collection() == nullptr) return fail_at(Errc::malformed, 0, "a CMW record", "a CMW collection of CoRIMs");
    return to_bytes(item);
  });
}

Result<cmw::Record> read_artifact(cbor::Reader& in) {
  return nested(in, [](ByteView item) -> Result<cmw::Record> {
    const cmw::Cmw whole = TRY(cmw::parse_cbor(item));
    const cmw::Record* record = whole.record();
    if (record == nullptr || record->tag) return fail_at(Errc::malformed, 0, record == nullptr ? "a CMW collection" : "a CMW in its tag form", "a CMW record: [media type, value]");
    return *record;
  });
}

}  // namespace
}  // namespace assay::corim
