// CoRIM triples of Parsec's TPM profile to trust anchors and register values.
#include <algorithm>

#include "appraise/triples.h"
#include "schemes/parsec_tpm/scheme.h"

namespace assay::parsec_tpm {
namespace {

using appraise::PcrReference;
using appraise::TrustAnchor;

Result<Bytes> class_of(const corim::Environment& environment, bool is_new);
Result<Bytes> instance_of(const corim::Environment& environment, bool is_new);
Result<TrustAnchor> anchor_of(const corim::KeyTriple& triple, bool is_new);
Result<TrustAnchor> old_anchor(const corim::KeyTriple& triple) { return anchor_of(triple, false); }
Result<TrustAnchor> new_anchor(const corim::KeyTriple& triple) { return anchor_of(triple, true); }
Result<void> take_registers(const corim::ValueTriple& triple, bool is_new, const std::string& origin, std::vector<PcrReference>& to);
Result<std::uint64_t> pcr_of(const corim::Measurement& measurement, std::size_t index, bool is_new);

}  // namespace

Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to) {
  const bool is_new = input.generation == corim::Generation::d;
  const corim::Triples& triples = input.comid.triples;
  appraise::Restrictions restrictions{input, to};
  for (std::size_t i = 0; i < triples.reference_values.size(); ++i) {
    const std::string origin = appraise::origin_of(input, "reference value", i);
    std::vector<PcrReference> registers;
    TRY(within(is_new ? fmt::format("CoMID {}: reference value {}", input.index, i) : appraise::bad_reference(input), take_registers(triples.reference_values[i], is_new, origin, registers)));
    if (restrictions.allows_values(triples.reference_values[i], {"class id"}, {"digests"}, origin)) std::ranges::move(registers, std::back_inserter(to.references.pcrs));
  }
  TRY(appraise::take_anchors(input, {is_new ? new_anchor : old_anchor, {"class id", "instance"}, is_new}, restrictions, to));
  restrictions.report();
  appraise::warn_of_other_triples(input, to);
  return {};
}

namespace {

Result<Bytes> class_of(const corim::Environment& environment, bool is_new) {
  const auto& klass = environment.klass;
  if (!klass) return fail_expecting(Errc::missing, "", is_new ? "class not set" : "class not found in environment", "a class with a UUID");
  if (!klass->id) return fail_expecting(Errc::missing, "", is_new ? "class ID not set" : "class-id not found in class", "a UUID");
  const auto* uuid = std::get_if<corim::Uuid>(&*klass->id);
  if (uuid != nullptr) return Bytes{uuid->begin(), uuid->end()};
  if (is_new) return fail(Errc::invalid, "", "class ID: expected uuid, found {}", appraise::type_name(*klass->id));
  return fail_expecting(Errc::invalid, "", "class-id not in UUID format", fmt::format("a UUID, not a {}", appraise::type_name(*klass->id)));
}

Result<Bytes> instance_of(const corim::Environment& environment, bool is_new) {
  const auto& instance = environment.instance;
  if (!instance) return fail_expecting(Errc::missing, "", is_new ? "instance not set in trust anchor environment" : "instance not found in ID", "the id of the key");
  if (is_new) {
    const auto* bytes = std::get_if<corim::TaggedBytes>(&*instance);
    if (bytes == nullptr) return fail(Errc::invalid, "", "instance: expected bytes, found {}", appraise::type_name(*instance));
    return bytes->value;
  }
  const auto* ueid = std::get_if<corim::Ueid>(&*instance);
  if (ueid == nullptr) return fail_expecting(Errc::invalid, "", "could not extract instance-id (UEID) from instance", fmt::format("a UEID, not a {}", appraise::type_name(*instance)));
  return ueid->value;
}

Result<TrustAnchor> anchor_of(const corim::KeyTriple& triple, bool is_new) {
  Bytes klass = TRY(class_of(triple.environment, is_new));
  Bytes instance = TRY(instance_of(triple.environment, is_new));
  if (triple.keys.size() != 1) {
    return fail_expecting(Errc::invalid, "", is_new ? fmt::format("expected exactly one key but got {}", triple.keys.size()) : "expecting exactly one AK public key", fmt::format("one, not {}", triple.keys.size()));
  }
  crypto::PublicKey key = TRY(appraise::key_of(triple.keys.front()));
  return TrustAnchor{std::move(klass), std::move(instance), std::move(key), {}};
}

// One reference for each digest: a register has one value under each algorithm.
Result<void> take_registers(const corim::ValueTriple& triple, bool is_new, const std::string& origin, std::vector<PcrReference>& to) {
  const Bytes klass = TRY(class_of(triple.environment, is_new));
  for (std::size_t i = 0; i < triple.measurements.size(); ++i) {
    const std::uint64_t pcr = TRY(pcr_of(triple.measurements[i], i, is_new));
    const auto& digests = triple.measurements[i].value.digests;
    if (!digests || digests->empty()) return fail_expecting(Errc::missing, "", is_new ? fmt::format("measurement {} does not contain digests", i) : fmt::format("measurement[{}]: measurement value does not contain digests", i), "at least one digest");
    for (const corim::Digest& digest : *digests) to.push_back({klass, pcr, digest, fmt::format("{}, measurement {}", origin, i)});
  }
  return {};
}

Result<std::uint64_t> pcr_of(const corim::Measurement& measurement, std::size_t index, bool is_new) {
  if (!measurement.key) return fail_expecting(Errc::missing, "", is_new ? fmt::format("measurement {} has no key", index) : fmt::format("measurement[{}]: could not extract PCR: measurement key is not present", index), "the number of a register");
  if (const auto* pcr = std::get_if<std::uint64_t>(&*measurement.key)) return *pcr;
  if (is_new) return fail(Errc::invalid, "", "measurement {} key: expected uint, found {}", index, appraise::type_name(*measurement.key));
  return fail_expecting(Errc::invalid, "", fmt::format("measurement[{}]: could not extract PCR: measurement key is not uint", index), fmt::format("the number of a register, not a {}", appraise::type_name(*measurement.key)));
}

}  // namespace
}  // namespace assay::parsec_tpm
