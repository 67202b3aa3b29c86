// CoRIM triples of EnactTrust's profile to trust anchors and register values.
#include "appraise/triples.h"
#include "schemes/tpm_enacttrust/scheme.h"

namespace assay::tpm_enacttrust {
namespace {

using appraise::PcrReference;
using appraise::TrustAnchor;

Result<Bytes> new_node(const corim::Environment& environment);
Result<PcrReference> old_reference(const corim::ValueTriple& triple);
Result<PcrReference> new_reference(const corim::ValueTriple& triple);
Result<TrustAnchor> old_anchor(const corim::KeyTriple& triple);
Result<TrustAnchor> new_anchor(const corim::KeyTriple& triple);

}  // namespace

Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to) {
  const bool is_new = input.generation == corim::Generation::d;
  const corim::Triples& triples = input.comid.triples;
  appraise::Restrictions restrictions{input, to};
  for (std::size_t i = 0; i < triples.reference_values.size(); ++i) {
    auto found = is_new ? new_reference(triples.reference_values[i]) : old_reference(triples.reference_values[i]);
    PcrReference reference = TRY(within(is_new ? fmt::format("CoMID {}: reference value {}", input.index, i) : appraise::bad_reference(input), std::move(found)));
    reference.origin = appraise::origin_of(input, "reference value", i);
    restrictions.note(triples.reference_values[i].measurements.front().key.has_value(), "mkey");
    if (restrictions.allows_values(triples.reference_values[i], {"instance"}, {"digests"}, reference.origin)) to.references.pcrs.push_back(std::move(reference));
  }
  TRY(appraise::take_anchors(input, {is_new ? new_anchor : old_anchor, {"instance"}, is_new}, restrictions, to));
  restrictions.report();
  appraise::warn_of_other_triples(input, to);
  return {};
}

namespace {

const corim::Uuid* uuid_of(const corim::Environment& environment) { return environment.instance ? std::get_if<corim::Uuid>(&*environment.instance) : nullptr; }
Bytes bytes_of(const corim::Uuid& uuid) { return {uuid.begin(), uuid.end()}; }

Result<PcrReference> old_reference(const corim::ValueTriple& triple) {
  constexpr std::string_view kWhere = "could not extract instance attributes";
  if (!triple.environment.instance) return fail_expecting(Errc::missing, kWhere, "expecting instance in environment", "the UUID of the node");
  const corim::Uuid* node = uuid_of(triple.environment);
  if (node == nullptr) return fail_expecting(Errc::invalid, kWhere, "could not extract node-id (UUID) from instance-id", fmt::format("a UUID, not a {}", appraise::type_name(*triple.environment.instance)));
  if (triple.measurements.size() != 1) return fail_expecting(Errc::invalid, "", "expecting one measurement only", fmt::format("one, not {}", triple.measurements.size()));
  const auto& digests = triple.measurements.front().value.digests;
  if (!digests || digests->empty()) return fail_expecting(Errc::missing, "extracting measurement", "measurement value has no digests", "one digest");
  if (digests->size() != 1) return fail_expecting(Errc::invalid, "extracting measurement", "expecting exactly one digest", fmt::format("one, not {}", digests->size()));
  return PcrReference{bytes_of(*node), {}, digests->front(), {}};
}

Result<PcrReference> new_reference(const corim::ValueTriple& triple) {
  Bytes node = TRY(new_node(triple.environment));
  if (triple.measurements.size() != 1) return fail(Errc::invalid, "", "expected exactly one measurement, found {}", triple.measurements.size());
  const auto& digests = triple.measurements.front().value.digests;
  if (!digests || digests->empty()) return fail_expecting(Errc::missing, "", "no digests in measurement", "one digest");
  if (digests->size() != 1) return fail(Errc::invalid, "", "expected exactly one digest in measurement, found {}", digests->size());
  return PcrReference{std::move(node), {}, digests->front(), {}};
}

Result<TrustAnchor> old_anchor(const corim::KeyTriple& triple) {
  const corim::Uuid* node = uuid_of(triple.environment);
  if (node == nullptr) return fail_expecting(Errc::invalid, "", "could not extract node id", "an instance that is a UUID");
  if (triple.keys.size() != 1) return fail_expecting(Errc::invalid, "", "expecting exactly one AK public key", fmt::format("one, not {}", triple.keys.size()));
  crypto::PublicKey key = TRY(appraise::key_of(triple.keys.front()));
  return TrustAnchor{{}, bytes_of(*node), std::move(key), {}};
}

Result<TrustAnchor> new_anchor(const corim::KeyTriple& triple) {
  Bytes node = TRY(new_node(triple.environment));
  if (triple.keys.size() != 1) return fail(Errc::invalid, "", "expected trust anchor to contain exactly one key; found {}", triple.keys.size());
  crypto::PublicKey key = TRY(appraise::key_of(triple.keys.front()));
  return TrustAnchor{{}, std::move(node), std::move(key), {}};
}

Result<Bytes> new_node(const corim::Environment& environment) {
  if (!environment.instance) return fail_expecting(Errc::missing, "", "instance not set in environment", "the UUID of the node");
  if (environment.klass) return fail_expecting(Errc::invalid, "", "class set in environment", "an instance only");
  const corim::Uuid* node = uuid_of(environment);
  if (node == nullptr) return fail(Errc::invalid, "", "instance: expected uuid, found {}", appraise::type_name(*environment.instance));
  return bytes_of(*node);
}

}  // namespace
}  // namespace assay::tpm_enacttrust
