// CoRIM triples of the CCA profiles to trust anchors and reference values.
#include <algorithm>

#include "appraise/arm_triples.h"
#include "appraise/restrictions.h"
#include "base/text.h"
#include "model/corim/text.h"
#include "schemes/cca/scheme.h"

namespace assay::cca {
namespace {

using appraise::ComidInput;
using appraise::Endorsements;
using appraise::RealmReference;

constexpr appraise::ArmRules kRules{.component_key = "cca.software-component", .has_config = true, .needs_digests = true};
constexpr std::size_t kRpvSize = 64;
constexpr std::size_t kRems = 4;

bool is_realm(std::string_view profile) { return profile == kCorimRealm || profile == kCorimRealm2025; }
Result<corim::Comid> endorse_realm(const RealmClaims& claims);
Result<corim::Comid> endorse_realm_2025(const RealmClaims& claims);
Result<void> take_realms(const ComidInput& input, Endorsements& to);
Result<void> take_old_realm(const corim::ValueTriple& triple, const std::string& origin, appraise::Restrictions& restrictions, Endorsements& to);
bool is_allowed(const corim::ValueTriple& triple, const std::string& origin, appraise::Restrictions& restrictions);
Result<RealmReference> take_registers(const corim::Mval& value, std::size_t index);
Result<RealmReference> take_new_realm(const corim::ValueTriple& triple);
Result<void> take_new_measurement(const corim::Measurement& measurement, RealmReference& realm, bool& has_rim);
Result<Bytes> only_digest(const corim::Mval& value, std::string_view name);
std::optional<std::size_t> rem_index(std::string_view name, std::string_view prefix);

}  // namespace

Result<void> take_comid(const ComidInput& input, Endorsements& to) {
  if (is_realm(input.profile)) return take_realms(input, to);
  return appraise::take_platform(input, kRules, to);
}

Result<std::vector<appraise::EndorsementDraft>> endorse(ByteView evidence, const crypto::PublicKey* key, corim::Generation dialect) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(evidence));
  TRY(validate(parsed));
  const bool is_new = dialect == corim::Generation::d;
  const PlatformClaims& platform = parsed.platform;
  const appraise::PlatformFacts facts{*platform.implementation_id, *platform.instance_id, platform.software_components, *platform.hash_algorithm, *platform.config};
  std::vector<appraise::EndorsementDraft> drafts;
  drafts.push_back({"platform", is_new ? kCorimPlatform2025 : kCorimPlatform, TRY(appraise::endorse_platform(facts, kRules, key, dialect))});
  drafts.push_back({"realm", is_new ? kCorimRealm2025 : kCorimRealm, TRY(is_new ? endorse_realm_2025(parsed.realm) : endorse_realm(parsed.realm))});
  return drafts;
}

namespace {

// One measurement with all registers; the instance is the initial measurement by convention.
Result<corim::Comid> endorse_realm(const RealmClaims& claims) {
  corim::Measurement measurement;
  std::vector<corim::IntegrityRegister> registers;
  const auto add = [&](std::string name, ByteView value) -> Result<void> {
    registers.push_back({std::move(name), {TRY(appraise::digest_of(value, *claims.hash_algorithm))}});
    return {};
  };
  TRY(add("rim", *claims.initial_measurement));
  for (std::size_t i = 0; i < kRems; ++i) TRY(add(fmt::format("rem{}", i), claims.extensible_measurements->at(i)));
  std::ranges::sort(registers, {}, &corim::IntegrityRegister::order);
  measurement.value.integrity_registers = std::move(registers);
  measurement.value.raw_value = corim::RawValue{*claims.personalization_value, {}};
  corim::Environment environment;
  environment.instance = corim::TaggedBytes{*claims.initial_measurement};
  corim::Comid comid;
  comid.triples.reference_values.push_back({environment, {std::move(measurement)}});
  return comid;
}

Result<corim::Comid> endorse_realm_2025(const RealmClaims& claims) {
  corim::ValueTriple triple;
  triple.environment.klass.emplace().id = corim::TaggedBytes{*claims.initial_measurement};
  const auto add = [&](std::string key, ByteView value) -> Result<void> {
    corim::Measurement measurement;
    measurement.key = std::move(key);
    measurement.value.digests = corim::Digests{TRY(appraise::digest_of(value, *claims.hash_algorithm))};
    triple.measurements.push_back(std::move(measurement));
    return {};
  };
  TRY(add("cca.rim", *claims.initial_measurement));
  for (std::size_t i = 0; i < kRems; ++i) TRY(add(fmt::format("cca.rem{}", i), claims.extensible_measurements->at(i)));
  corim::Measurement personalization;
  personalization.key = "cca.rpv";
  personalization.value.raw_value = corim::RawValue{*claims.personalization_value, {}};
  triple.measurements.push_back(std::move(personalization));
  corim::Comid comid;
  comid.triples.reference_values.push_back(std::move(triple));
  return comid;
}

Result<void> take_realms(const ComidInput& input, Endorsements& to) {
  const bool is_new = appraise::is_dialect_of_2025(input);
  const corim::Triples& triples = input.comid.triples;
  if (!triples.attest_keys.empty()) return fail_expecting(Errc::invalid, fmt::format("bad key in CoMID at index {}", input.index), fmt::format("a key in profile {}", input.profile), "reference values: a realm's key is vouched for by its platform");
  appraise::Restrictions restrictions{input, to};
  for (std::size_t i = 0; i < triples.reference_values.size(); ++i) {
    const std::string origin = appraise::origin_of(input, "reference value", i);
    if (is_new) {
      RealmReference realm = TRY(within(fmt::format("CoMID {}: reference value {}", input.index, i), take_new_realm(triples.reference_values[i])));
      realm.origin = origin;
      if (is_allowed(triples.reference_values[i], origin, restrictions)) to.references.realms.push_back(std::move(realm));
    } else {
      TRY(within(appraise::bad_reference(input), take_old_realm(triples.reference_values[i], origin, restrictions, to)));
    }
  }
  restrictions.report();
  appraise::warn_of_other_triples(input, to);
  return {};
}

// One realm for each measurement; nothing of one is left for the next.
Result<void> take_old_realm(const corim::ValueTriple& triple, const std::string& origin, appraise::Restrictions& restrictions, Endorsements& to) {
  const auto& klass = triple.environment.klass;
  if (klass && klass->id && !std::holds_alternative<corim::Uuid>(*klass->id)) {
    return fail_expecting(Errc::invalid, "could not extract Realm class attributes", fmt::format("could not extract uuid from class-id: (class-id is a {})", appraise::type_name(*klass->id)), "a UUID");
  }
  const auto& instance = triple.environment.instance;
  if (!instance) return fail_expecting(Errc::missing, "could not extract Realm instance attributes", "expecting instance in environment", "type bytes: the initial measurement");
  if (!std::holds_alternative<corim::TaggedBytes>(*instance)) return fail_expecting(Errc::invalid, "could not extract Realm instance attributes", "expecting instance as bytes for CCA Realm", fmt::format("type bytes, not {}", appraise::type_name(*instance)));
  const bool is_for_all = restrictions.allows_environment(triple.environment, {"instance"}, origin);
  for (std::size_t i = 0; i < triple.measurements.size(); ++i) {
    RealmReference realm = TRY(take_registers(triple.measurements[i].value, i));
    realm.origin = fmt::format("{}, measurement {}", origin, i);
    if (restrictions.allows_measurement(triple.measurements[i], {"integrity-registers", "raw-value"}, realm.origin) && is_for_all) to.references.realms.push_back(std::move(realm));
  }
  return {};
}

// All measurements are of one realm: without one of them the others would say more.
bool is_allowed(const corim::ValueTriple& triple, const std::string& origin, appraise::Restrictions& restrictions) {
  bool all = restrictions.allows_environment(triple.environment, {"class id"}, origin);
  for (const corim::Measurement& measurement : triple.measurements) {
    const bool is_personalization = std::get<std::string>(*measurement.key) == "cca.rpv";
    const bool one = is_personalization ? restrictions.allows_measurement(measurement, {"raw-value"}, origin) : restrictions.allows_measurement(measurement, {"digests"}, origin);
    all = all && one;
  }
  return all;
}

Result<RealmReference> take_registers(const corim::Mval& value, std::size_t index) {
  if (!value.integrity_registers) return fail_expecting(Errc::missing, "", fmt::format("no integrity registers in measurement {}", index), "rim, and rem0 to rem3 perhaps");
  RealmReference realm;
  realm.extensible_measurements.resize(kRems);
  bool has_rim = false;
  std::optional<corim::Algorithm> algorithm;
  for (const corim::IntegrityRegister& one : *value.integrity_registers) {
    const auto* text = std::get_if<std::string>(&one.index);
    const std::string name = text != nullptr ? to_lower_ascii(*text) : std::to_string(std::get<std::uint64_t>(one.index));
    const auto rem = rem_index(name, "rem");
    if (name != "rim" && !rem) return fail_expecting(Errc::invalid, "integrity-registers", "register " + quoted(name), "rim, rem0, rem1, rem2 or rem3");
    if (one.digests.size() != 1) return fail_expecting(Errc::invalid, "integrity-registers", fmt::format("{} digests in register {}", one.digests.size(), quoted(name)), "exactly one");
    if (algorithm && *algorithm != one.digests.front().algorithm) return fail_expecting(Errc::invalid, "integrity-registers", fmt::format("{} and {} in one realm", corim::to_text(*algorithm), corim::to_text(one.digests.front().algorithm)), "one algorithm");
    algorithm = one.digests.front().algorithm;
    if (rem) realm.extensible_measurements[*rem] = one.digests.front().value;
    else realm.initial_measurement = one.digests.front().value;
    has_rim = has_rim || !rem;
  }
  if (!has_rim) return fail_expecting(Errc::missing, "integrity-registers", fmt::format("no rim in measurement {}", index), "the realm initial measurement");
  if (!value.raw_value) return realm;
  if (value.raw_value->value.size() != kRpvSize) return fail_expecting(Errc::invalid, "raw-value", fmt::format("a personalization value of {} bytes", value.raw_value->value.size()), "64 bytes");
  realm.personalization_value = value.raw_value->value;
  return realm;
}

Result<RealmReference> take_new_realm(const corim::ValueTriple& triple) {
  const auto& klass = triple.environment.klass;
  if (!klass) return fail_expecting(Errc::missing, "environment", "environment.class is required for CCA Realm profile", "a class id of type bytes: the initial measurement");
  const auto* rim = klass->id ? std::get_if<corim::TaggedBytes>(&*klass->id) : nullptr;
  if (rim == nullptr) return fail_expecting(Errc::invalid, "environment", klass->id ? fmt::format("RIM must be of type 'bytes', got '{}'", appraise::type_name(*klass->id)) : "no class-id", "type bytes: the initial measurement");
  const std::size_t size = rim->value.size();
  if (size != 32 && size != 48 && size != 64) return fail_expecting(Errc::invalid, "environment", fmt::format("a RIM of {} bytes", size), "32, 48 or 64 bytes");
  RealmReference realm;
  realm.initial_measurement = rim->value;
  realm.extensible_measurements.resize(kRems);
  bool has_rim = false;
  for (std::size_t i = 0; i < triple.measurements.size(); ++i) TRY(within(fmt::format("measurement {}", i), take_new_measurement(triple.measurements[i], realm, has_rim)));
  if (!has_rim) return fail_expecting(Errc::missing, "", "RIM (cca.rim) measurement is mandatory but not found", "a measurement with key cca.rim");
  return realm;
}

Result<void> take_new_measurement(const corim::Measurement& measurement, RealmReference& realm, bool& has_rim) {
  const auto* key = measurement.key ? std::get_if<std::string>(&*measurement.key) : nullptr;
  if (key == nullptr) return fail_expecting(Errc::invalid, "mkey", measurement.key ? fmt::format("mkey must be of type 'string', got '{}'", appraise::type_name(*measurement.key)) : "mkey is mandatory but not set", "cca.rim, cca.rem0 … or cca.rpv");
  if (*key == "cca.rim") {
    const Bytes rim = TRY(only_digest(measurement.value, *key));
    if (rim != realm.initial_measurement) return fail_expecting(Errc::invalid, "cca.rim", to_hex(rim), "the class id: " + to_hex(realm.initial_measurement));
    has_rim = true;
    return {};
  }
  if (const auto rem = rem_index(*key, "cca.rem")) {
    realm.extensible_measurements[*rem] = TRY(only_digest(measurement.value, *key));
    return {};
  }
  if (*key != "cca.rpv") return fail_expecting(Errc::invalid, "mkey", "invalid mkey " + quoted(*key), "cca.rim, cca.rem0 … cca.rem3 or cca.rpv");
  const auto& raw = measurement.value.raw_value;
  if (!raw) return fail_expecting(Errc::missing, "raw-value", "raw-value is mandatory for cca.rpv", "64 bytes");
  realm.personalization_value = raw->value;  // of any length there: one that is not 64 bytes equals no realm's
  return {};
}

Result<Bytes> only_digest(const corim::Mval& value, std::string_view name) {
  if (!value.digests || value.digests->empty()) return fail_expecting(Errc::missing, name, "digests field is mandatory but not set", "one digest");
  if (value.digests->size() != 1) return fail_expecting(Errc::invalid, name, fmt::format("{} digests", value.digests->size()), "exactly one");
  return value.digests->front().value;
}

std::optional<std::size_t> rem_index(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || name.size() != prefix.size() + 1) return std::nullopt;
  const char digit = name.back();
  if (digit < '0' || digit > '3') return std::nullopt;
  return static_cast<std::size_t>(digit - '0');
}

}  // namespace
}  // namespace assay::cca
