// CoRIM triples of the SEV-SNP profiles.
#include <algorithm>
#include <array>

#include "appraise/triples.h"
#include "schemes/snp/scheme.h"

namespace assay::snp {
namespace {

constexpr std::size_t kMeasurementSize = 48;
// What the profile has numbers for: fields of the report by their offset, and the processor's family, model and stepping.
constexpr std::array<std::uint64_t, 21> kFields{0, 1, 2, 3, 4, 5, 6, 7, 640, 641, 645, 646, 647, 648, 649, 650, 3328, 3329, 3330, 3936, 3968};

Result<void> check_keys(const corim::ValueTriple& triple);
void warn_of_incomparable(const corim::ValueTriple& triple, const std::string& origin, appraise::Endorsements& to);

}  // namespace

Result<void> take_comid(const appraise::ComidInput& input, appraise::Endorsements& to) {
  const corim::Triples& triples = input.comid.triples;
  appraise::Restrictions restrictions{input, to};
  for (std::size_t i = 0; i < triples.reference_values.size(); ++i) {
    TRY(within(fmt::format("CoMID {}: reference value {}", input.index, i), check_keys(triples.reference_values[i])));
    const std::string origin = appraise::origin_of(input, "reference value", i);
    if (!restrictions.allows_values(triples.reference_values[i], {"class id", "instance"}, {"version", "svn", "digests", "raw-value"}, origin)) continue;
    warn_of_incomparable(triples.reference_values[i], origin, to);
    to.references.keyed.push_back({triples.reference_values[i], origin});
  }
  TRY(appraise::take_anchors(input, {appraise::maker_anchor, {"vendor", "model"}}, restrictions, to));
  restrictions.report();
  appraise::warn_of_other_triples(input, to);
  return {};
}

namespace {

Result<void> check_keys(const corim::ValueTriple& triple) {
  for (std::size_t i = 0; i < triple.measurements.size(); ++i) {
    const auto& key = triple.measurements[i].key;
    const std::string where = fmt::format("measurement {}", i);
    if (!key) return fail_expecting(Errc::missing, where, "mkey not set", "the number of a field");
    if (!std::holds_alternative<std::uint64_t>(*key)) return fail(Errc::invalid, where, "mkey type: expected uint, got {}", appraise::type_name(*key));
  }
  return {};
}

// A report is looked up by its class and its launch measurement.
void warn_of_incomparable(const corim::ValueTriple& triple, const std::string& origin, appraise::Endorsements& to) {
  const auto& [klass, instance, group, unknown] = triple.environment;
  if (!klass || !klass->id || !std::holds_alternative<corim::Oid>(*klass->id)) to.warnings.push_back(origin + ": its class id is no OID, so no report has it");
  const auto* bytes = instance ? std::get_if<corim::TaggedBytes>(&*instance) : nullptr;
  if (bytes == nullptr || bytes->value.size() != kMeasurementSize) to.warnings.push_back(origin + ": its instance is no launch measurement of 48 bytes, so no report has it");
  for (const corim::Measurement& measurement : triple.measurements) {
    const std::uint64_t field = std::get<std::uint64_t>(*measurement.key);
    if (std::ranges::find(kFields, field) == kFields.end()) to.warnings.push_back(fmt::format("{}: no report has a field {}", origin, field));
  }
}

}  // namespace
}  // namespace assay::snp
