#include "model/corim/arm_dialect.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace assay::corim {
namespace {

struct Pair {
  std::string_view old_profile;
  std::string_view new_profile;
  std::string_view component_key;  // empty: realms
};
constexpr std::array<Pair, 3> kProfiles{{{"http://arm.com/psa/iot/1", "tag:arm.com,2025:psa#1.0.0", "psa.software-component"},
                                         {"http://arm.com/cca/ssd/1", "tag:arm.com,2025:cca_platform#1.0.0", "cca.software-component"},
                                         {"http://arm.com/cca/realm/1", "tag:arm.com,2025:cca_realm#1.0.0", ""}}};
constexpr std::string_view kConfigKey = "cca.platform-config";

const Pair* pair_of(const Profile& profile);
void turn(Environment& environment);
Result<void> turn_platform(ValueTriple& triple, std::string_view component_key);
Result<void> turn_component(Measurement& measurement, PsaRefvalId id, std::string_view key);
Result<std::vector<ValueTriple>> turn_realms(const ValueTriple& triple);
Result<ValueTriple> turn_realm(const Environment& environment, const Measurement& measurement);

}  // namespace

std::optional<std::string_view> profile_of_2025(const Profile& profile) {
  const Pair* pair = pair_of(profile);
  return pair == nullptr ? std::nullopt : std::optional{pair->new_profile};
}

Result<Comid> in_dialect_of_2025(Comid comid, const Profile& old_profile) {
  const Pair* pair = pair_of(old_profile);
  if (pair == nullptr) return fail_expecting(Errc::unsupported, "profile", quoted(to_text(old_profile)), fmt::format("{}, {} or {}", kProfiles[0].old_profile, kProfiles[1].old_profile, kProfiles[2].old_profile));
  std::vector<ValueTriple> references;
  for (std::size_t i = 0; i < comid.triples.reference_values.size(); ++i) {
    ValueTriple& triple = comid.triples.reference_values[i];
    const std::string where = fmt::format("reference-values {}", i);
    if (pair->component_key.empty()) {
      std::vector<ValueTriple> realms = TRY(within(where, turn_realms(triple)));
      std::ranges::move(realms, std::back_inserter(references));
    } else {
      TRY(within(where, turn_platform(triple, pair->component_key)));
      references.push_back(std::move(triple));
    }
  }
  comid.triples.reference_values = std::move(references);
  for (KeyTriple& triple : comid.triples.attest_keys) turn(triple.environment);
  return comid;
}

namespace {

const Pair* pair_of(const Profile& profile) {
  const auto* uri = std::get_if<std::string>(&profile);
  const auto found = uri == nullptr ? kProfiles.end() : std::ranges::find(kProfiles, std::string_view{*uri}, &Pair::old_profile);
  return found == kProfiles.end() ? nullptr : found;
}

void turn(Environment& environment) {
  if (!environment.klass || !environment.klass->id) return;
  if (const auto* old = std::get_if<ImplementationId>(&*environment.klass->id)) environment.klass->id = TaggedBytes{Bytes{old->value}};
}

Result<void> turn_platform(ValueTriple& triple, std::string_view component_key) {
  turn(triple.environment);
  std::size_t configs = 0;
  for (std::size_t i = 0; i < triple.measurements.size(); ++i) {
    Measurement& measurement = triple.measurements[i];
    if (!measurement.key) continue;
    if (std::holds_alternative<CcaConfigId>(*measurement.key)) {
      if (++configs > 1) return fail_expecting(Errc::unsupported, fmt::format("measurement {}", i), "a second platform configuration", "one for each environment");
      measurement.key = std::string{kConfigKey};
    } else if (const auto* id = std::get_if<PsaRefvalId>(&*measurement.key)) {
      TRY(within(fmt::format("measurement {}", i), turn_component(measurement, PsaRefvalId{*id}, component_key)));
    }
  }
  return {};
}

// What the id said is said by members of the value.
Result<void> turn_component(Measurement& measurement, PsaRefvalId id, std::string_view key) {
  Mval& value = measurement.value;
  if ((id.label && value.name) || (id.version && value.version) || value.cryptokeys) return fail_expecting(Errc::unsupported, "", "a name, a version or keys beside a psa.refval-id", "them in one place");
  measurement.key = std::string{key};
  if (id.label) value.name = std::move(id.label);
  if (id.version) value.version = Version{std::move(*id.version), {}};
  value.cryptokeys = std::vector<CryptoKey>{CryptoKey{CryptoKey::Kind::bytes, std::move(id.signer_id)}};
  return {};
}

// One realm for each measurement.
Result<std::vector<ValueTriple>> turn_realms(const ValueTriple& triple) {
  std::vector<ValueTriple> realms;
  for (std::size_t i = 0; i < triple.measurements.size(); ++i) realms.push_back(TRY(within(fmt::format("measurement {}", i), turn_realm(triple.environment, triple.measurements[i]))));
  return realms;
}

// The initial measurement is the class id there; what was the class id, a UUID, and the instance, that measurement by convention, are told
// by nothing.
Result<ValueTriple> turn_realm(const Environment& environment, const Measurement& measurement) {
  Mval rest = measurement.value;
  if (!rest.integrity_registers) return fail_expecting(Errc::unsupported, "", "no integrity registers", "rim, and rem0 to rem3 perhaps");
  ValueTriple realm;
  Class& klass = realm.environment.klass.emplace();
  if (environment.klass) {
    klass = *environment.klass;
    klass.id.reset();
  }
  const auto add = [&](std::string key) -> Mval& {
    realm.measurements.push_back({std::move(key), {}, measurement.authorized_by, {}});
    return realm.measurements.back().value;
  };
  for (const IntegrityRegister& one : *rest.integrity_registers) {
    const auto* text = std::get_if<std::string>(&one.index);
    const std::string name = text != nullptr ? to_lower_ascii(*text) : std::to_string(std::get<std::uint64_t>(one.index));
    const bool is_rem = name.size() == 4 && name.starts_with("rem") && name[3] >= '0' && name[3] <= '3';
    if (name != "rim" && !is_rem) return fail_expecting(Errc::unsupported, "integrity-registers", "register " + quoted(name), "rim, or rem0 to rem3");
    if (name == "rim" && one.digests.size() == 1) klass.id = TaggedBytes{Bytes{one.digests.front().value}};
    add("cca." + name).digests = one.digests;
  }
  if (!klass.id) return fail_expecting(Errc::unsupported, "integrity-registers", "no rim with one digest", "the realm initial measurement");
  if (rest.raw_value) add("cca.rpv").raw_value = std::move(rest.raw_value);
  rest.integrity_registers.reset();
  rest.raw_value.reset();
  if (rest != Mval{}) return fail_expecting(Errc::unsupported, "", "more than registers and a personalization value", "nothing else in a realm's measurement");
  return realm;
}

}  // namespace
}  // namespace assay::corim
