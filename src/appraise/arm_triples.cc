#include "appraise/arm_triples.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/key_formats.h"
#include "model/corim/text.h"

namespace assay::appraise {
namespace {

using corim::CryptoKey;
using corim::Measurement;

constexpr std::size_t kImplementationIdSize = 32;

Result<Measurement> component_of(const eat::SoftwareComponent& component, std::string_view algorithm, const ArmRules& rules, bool is_new);
Result<PlatformReference> take_old(const corim::ValueTriple& triple, const ArmRules& rules, const std::string& origin, Restrictions& restrictions);
Result<PlatformReference> take_new(const corim::ValueTriple& triple, const ArmRules& rules, const std::string& origin, Restrictions& restrictions);
Result<void> take_old_measurement(const Measurement& measurement, const ArmRules& rules, std::size_t index, PlatformReference& platform);
bool is_allowed(const Measurement& measurement, bool is_new, const ArmRules& rules, const std::string& origin, Restrictions& restrictions);
void move_into(PlatformReference& platform, PlatformReference one, const std::string& origin);
std::optional<Bytes> instance_of(const corim::Environment& environment);
Result<ReferenceComponent> old_component(const Measurement& measurement, const corim::PsaRefvalId& id, std::size_t index);
Result<void> take_new_measurement(const Measurement& measurement, const ArmRules& rules, PlatformReference& platform);
Result<void> take_new_component(const Measurement& measurement, const ArmRules& rules, PlatformReference& platform);
Result<TrustAnchor> old_anchor(const corim::KeyTriple& triple);
Result<TrustAnchor> new_anchor(const corim::KeyTriple& triple);
Result<Bytes> old_implementation(const corim::Environment& environment);
Result<Bytes> new_implementation(const corim::Environment& environment);
void warn_of_empty(const PlatformReference& platform, const corim::ValueTriple& triple, Endorsements& to);
bool is_digest_size(std::size_t size) { return size == 32 || size == 48 || size == 64; }

}  // namespace

Result<void> take_platform(const ComidInput& input, const ArmRules& rules, Endorsements& to) {
  const bool is_new = is_dialect_of_2025(input);
  const corim::Triples& triples = input.comid.triples;
  if (is_new && !triples.identity_keys.empty()) return fail_expecting(Errc::invalid, fmt::format("CoMID {}", input.index), "device identity keys", "attestation keys: the profile has no others");
  Restrictions restrictions{input, to};
  for (std::size_t i = 0; i < triples.reference_values.size(); ++i) {
    const std::string origin = origin_of(input, "reference value", i);
    const corim::Environment& environment = triples.reference_values[i].environment;
    auto platform = is_new ? take_new(triples.reference_values[i], rules, origin, restrictions) : take_old(triples.reference_values[i], rules, origin, restrictions);
    if (!platform) return std::unexpected(within(is_new ? fmt::format("CoMID {}: reference value {}", input.index, i) : bad_reference(input), std::move(platform).error()));
    warn_of_empty(*platform, triples.reference_values[i], to);
    auto instance = input.rule == Rule::assay ? instance_of(environment) : std::nullopt;
    if (!(instance ? restrictions.allows_environment(environment, {"class id", "instance"}, origin) : restrictions.allows_environment(environment, {"class id"}, origin))) continue;
    platform->instance_id = std::move(instance);
    to.references.platforms.push_back(std::move(*platform));
  }
  TRY(take_anchors(input, {is_new ? new_anchor : old_anchor, {"class id", "instance"}, is_new}, restrictions, to));
  restrictions.report();
  warn_of_other_triples(input, to);
  return {};
}

Result<corim::Comid> endorse_platform(const PlatformFacts& facts, const ArmRules& rules, const crypto::PublicKey* key, corim::Generation dialect) {
  const bool is_new = dialect == corim::Generation::d;
  corim::Environment environment;
  environment.klass.emplace();
  if (is_new) environment.klass->id = corim::TaggedBytes{to_bytes(facts.implementation_id)};
  else environment.klass->id = corim::ImplementationId{to_bytes(facts.implementation_id)};
  corim::ValueTriple values{environment, {}};
  for (std::size_t i = 0; i < facts.components.size(); ++i) values.measurements.push_back(TRY(within(fmt::format("software component {}", i), component_of(facts.components[i], facts.hash_algorithm, rules, is_new))));
  if (facts.config) {
    Measurement config;
    if (is_new) config.key = "cca.platform-config";
    else config.key = corim::CcaConfigId{"platform-config"};
    config.value.raw_value = corim::RawValue{to_bytes(*facts.config), {}};
    values.measurements.push_back(std::move(config));
  }
  corim::Comid comid;
  if (!values.measurements.empty()) comid.triples.reference_values.push_back(std::move(values));
  if (key != nullptr && facts.instance_id) {
    environment.instance = corim::Ueid{to_bytes(*facts.instance_id)};
    comid.triples.attest_keys.push_back({environment, {CryptoKey{CryptoKey::Kind::pkix_key, crypto::to_pem(*key)}}, {}});
  }
  return comid;
}

Result<corim::Digest> digest_of(ByteView value, std::string_view algorithm) {
  auto id = corim::algorithm_id(to_lower_ascii(algorithm));
  if (!id || corim::digest_size(*id) != value.size()) {
    static constexpr std::array<std::pair<std::size_t, std::int64_t>, 3> kBySize{{{32, 1}, {48, 7}, {64, 8}}};
    const auto found = std::ranges::find(kBySize, value.size(), &std::pair<std::size_t, std::int64_t>::first);
    if (found == kBySize.end()) return fail_expecting(Errc::unsupported, "", fmt::format("a measurement of {} bytes", value.size()), "32, 48 or 64 bytes");
    id = found->second;
  }
  return corim::Digest{*id, to_bytes(value)};
}

bool is_dialect_of_2025(const ComidInput& input) {
  if (input.profile.starts_with("tag:arm.com,2025:")) return true;
  return !input.profile.starts_with("http://arm.com/") && input.generation == corim::Generation::d;
}

namespace {

// The hash a component claims for itself goes before its token's.
Result<Measurement> component_of(const eat::SoftwareComponent& component, std::string_view algorithm, const ArmRules& rules, bool is_new) {
  if (!component.measurement_value || !component.signer_id) return fail_expecting(Errc::missing, "", "no measurement or no signer", "both");
  Measurement measurement;
  measurement.value.digests = corim::Digests{TRY(digest_of(*component.measurement_value, component.description.value_or(std::string{algorithm})))};
  if (!is_new) {
    measurement.key = corim::PsaRefvalId{component.measurement_type, component.version, *component.signer_id};
    return measurement;
  }
  measurement.key = std::string{rules.component_key};
  measurement.value.name = component.measurement_type;
  if (component.version) measurement.value.version = corim::Version{*component.version, {}};
  measurement.value.cryptokeys = std::vector<CryptoKey>{CryptoKey{CryptoKey::Kind::bytes, *component.signer_id}};
  return measurement;
}

// Nothing can be compared with a component that has a version or an svn alone.
void warn_of_empty(const PlatformReference& platform, const corim::ValueTriple& triple, Endorsements& to) {
  for (std::size_t i = 0; i < triple.measurements.size(); ++i) {
    const corim::Mval& value = triple.measurements[i].value;
    if (!value.digests && !value.raw_value && !value.cryptokeys) continue;
    if ((!value.digests || value.digests->empty()) && !value.raw_value) to.warnings.push_back(fmt::format("{}, measurement {}: no digest, so nothing is compared with it", platform.origin, i));
  }
}

Result<PlatformReference> take_old(const corim::ValueTriple& triple, const ArmRules& rules, const std::string& origin, Restrictions& restrictions) {
  PlatformReference platform;
  platform.origin = origin;
  platform.implementation_id = TRY(within("could not extract PSA class attributes", old_implementation(triple.environment)));
  for (std::size_t i = 0; i < triple.measurements.size(); ++i) {
    PlatformReference one;
    TRY(take_old_measurement(triple.measurements[i], rules, i, one));
    const std::string at = fmt::format("{}, measurement {}", origin, i);
    if (is_allowed(triple.measurements[i], false, rules, at, restrictions)) move_into(platform, std::move(one), at);
  }
  return platform;
}

Result<void> take_old_measurement(const Measurement& measurement, const ArmRules& rules, std::size_t index, PlatformReference& platform) {
  if (!measurement.key) return fail_expecting(Errc::missing, "", "measurement key is not present", "a psa.refval-id");
  if (const auto* id = std::get_if<corim::PsaRefvalId>(&*measurement.key)) {
    platform.components.push_back(TRY(old_component(measurement, *id, index)));
    return {};
  }
  if (rules.has_config && std::holds_alternative<corim::CcaConfigId>(*measurement.key)) {
    if (!measurement.value.raw_value) return fail_expecting(Errc::missing, "", fmt::format("unable to extract measurement at index {}, no raw value", index), "the configuration's bytes");
    platform.configs.push_back({measurement.value.raw_value->value, measurement.value.raw_value_mask});
    return {};
  }
  return fail_expecting(Errc::invalid, "", fmt::format("unable to extract measurement at index {}, its key is a {}", index, type_name(*measurement.key)), rules.has_config ? "a psa.refval-id or a cca.platform-config-id" : "a psa.refval-id");
}

// A digest says which firmware it is: what stands beside it describes the same firmware.
bool is_allowed(const Measurement& measurement, bool is_new, const ArmRules& rules, const std::string& origin, Restrictions& restrictions) {
  if (!is_new && std::holds_alternative<corim::PsaRefvalId>(*measurement.key)) return restrictions.allows_measurement(measurement, {"digests"}, origin);
  if (!is_new) return restrictions.allows_measurement(measurement, {"raw-value"}, origin);
  const std::string& key = std::get<std::string>(*measurement.key);
  if (key == rules.component_key) return restrictions.allows_measurement(measurement, {"digests", "name", "version", "cryptokeys"}, origin);
  if (key == "cca.platform-config") return restrictions.allows_measurement(measurement, {"raw-value"}, origin);
  restrictions.note(true, key);
  return true;
}

void move_into(PlatformReference& platform, PlatformReference one, const std::string& origin) {
  for (ReferenceComponent& component : one.components) component.origin = origin;
  std::ranges::move(one.components, std::back_inserter(platform.components));
  std::ranges::move(one.configs, std::back_inserter(platform.configs));
}

// As tokens name theirs.
std::optional<Bytes> instance_of(const corim::Environment& environment) {
  if (!environment.instance) return std::nullopt;
  if (const auto* ueid = std::get_if<corim::Ueid>(&*environment.instance)) return ueid->value;
  if (const auto* bytes = std::get_if<corim::TaggedBytes>(&*environment.instance)) return bytes->value;
  return std::nullopt;
}

Result<ReferenceComponent> old_component(const Measurement& measurement, const corim::PsaRefvalId& id, std::size_t index) {
  const auto& digests = measurement.value.digests;
  if (!digests || digests->size() != 1) return fail_expecting(Errc::invalid, "", fmt::format("unable to extract measurement at index {}, expecting exactly one digest", index), fmt::format("one, not {}", digests ? digests->size() : 0));
  return ReferenceComponent{id.label, id.version, id.signer_id, digests->front().value, {}};
}

Result<PlatformReference> take_new(const corim::ValueTriple& triple, const ArmRules& rules, const std::string& origin, Restrictions& restrictions) {
  PlatformReference platform;
  platform.origin = origin;
  platform.implementation_id = TRY(new_implementation(triple.environment));
  std::size_t configs = 0;
  for (std::size_t i = 0; i < triple.measurements.size(); ++i) {
    PlatformReference one;
    TRY(within(fmt::format("measurement {}", i), take_new_measurement(triple.measurements[i], rules, one)));
    configs += one.configs.size();
    const std::string at = fmt::format("{}, measurement {}", origin, i);
    if (is_allowed(triple.measurements[i], true, rules, at, restrictions)) move_into(platform, std::move(one), at);
  }
  if (rules.has_config && configs > 1) return fail_expecting(Errc::invalid, "", fmt::format("{} platform configurations", configs), "at most one");
  return platform;
}

Result<void> take_new_measurement(const Measurement& measurement, const ArmRules& rules, PlatformReference& platform) {
  if (!measurement.key) return fail_expecting(Errc::missing, "mkey", "mkey is mandatory but not set", fmt::format("\"{}\"", rules.component_key));
  const auto* key = std::get_if<std::string>(&*measurement.key);
  if (key == nullptr) return fail_expecting(Errc::invalid, "mkey", fmt::format("mkey must be of type 'string', got '{}'", type_name(*measurement.key)), fmt::format("\"{}\"", rules.component_key));
  if (*key == rules.component_key) return take_new_component(measurement, rules, platform);
  if (rules.has_config && *key == "cca.platform-config") {
    const auto& raw = measurement.value.raw_value;
    if (!raw) return fail_expecting(Errc::missing, "raw-value", "raw-value is mandatory for cca.platform-config", "the configuration's bytes");
    platform.configs.push_back({raw->value, raw->mask ? raw->mask : measurement.value.raw_value_mask});
    return {};
  }
  const bool is_known = rules.has_config && (*key == "cca.platform-manufacturing-config" || key->starts_with("cca.rotpk."));
  if (!is_known) return fail_expecting(Errc::invalid, "mkey", "invalid mkey " + quoted(*key), rules.has_config ? "\"cca.software-component\" or \"cca.platform-config\"" : fmt::format("\"{}\"", rules.component_key));
  return {};
}

// One component for each digest: they are the same firmware under several algorithms.
Result<void> take_new_component(const Measurement& measurement, const ArmRules& rules, PlatformReference& platform) {
  const corim::Mval& value = measurement.value;
  const bool has_digests = value.digests && !value.digests->empty();
  if (!has_digests && rules.needs_digests) return fail_expecting(Errc::missing, "digests", "digests field is mandatory but not set", "at least one digest");
  if (!value.cryptokeys || value.cryptokeys->size() != 1) return fail_expecting(Errc::invalid, "cryptokeys", fmt::format("{} keys", value.cryptokeys ? value.cryptokeys->size() : 0), "exactly one: the signer id");
  const CryptoKey& signer = value.cryptokeys->front();
  if (signer.kind != CryptoKey::Kind::bytes) return fail_expecting(Errc::invalid, "cryptokeys", fmt::format("a key of type '{}'", corim::key_type(signer.kind)), "type 'bytes'");
  const Bytes& signer_id = std::get<Bytes>(signer.value);
  if (!is_digest_size(signer_id.size())) return fail_expecting(Errc::invalid, "cryptokeys", fmt::format("a signer id of {} bytes", signer_id.size()), "32, 48 or 64 bytes");
  if (!has_digests) return {};
  for (const corim::Digest& digest : *value.digests) {
    if (!is_digest_size(digest.value.size())) return fail_expecting(Errc::invalid, "digests", fmt::format("a digest of {} bytes", digest.value.size()), "32, 48 or 64 bytes");
    platform.components.push_back({value.name, value.version ? std::optional{value.version->value} : std::nullopt, signer_id, digest.value, {}});
  }
  return {};
}

Result<TrustAnchor> old_anchor(const corim::KeyTriple& triple) {
  const auto& klass = triple.environment.klass;
  if (!klass || !klass->id || !std::holds_alternative<corim::ImplementationId>(*klass->id)) {
    const std::string found = klass && klass->id ? fmt::format(" (class-id is a {})", type_name(*klass->id)) : ": no class-id";
    return fail_expecting(Errc::invalid, "", "could not extract PSA class attributes" + found, "a psa.impl-id of 32 bytes");
  }
  const Bytes& implementation = std::get<corim::ImplementationId>(*klass->id).value;
  const auto& instance = triple.environment.instance;
  if (!instance) return fail_expecting(Errc::missing, "could not extract PSA instance-id", "expecting instance in environment", "a UEID");
  if (!std::holds_alternative<corim::Ueid>(*instance)) return fail_expecting(Errc::invalid, "could not extract PSA instance-id", fmt::format("the instance is a {}", type_name(*instance)), "a UEID");
  if (triple.keys.size() != 1) return fail_expecting(Errc::invalid, "", "expecting exactly one IAK public key", fmt::format("one, not {}", triple.keys.size()));
  crypto::PublicKey key = TRY(key_of(triple.keys.front()));
  return TrustAnchor{implementation, std::get<corim::Ueid>(*instance).value, std::move(key), {}};
}

Result<TrustAnchor> new_anchor(const corim::KeyTriple& triple) {
  const Bytes implementation = TRY(new_implementation(triple.environment));
  const auto& instance = triple.environment.instance;
  if (!instance) return fail_expecting(Errc::missing, "environment", "environment.instance (instance-id) is required", "a UEID of 33 bytes");
  const auto* ueid = std::get_if<corim::Ueid>(&*instance);
  if (ueid == nullptr) return fail_expecting(Errc::invalid, "environment", fmt::format("instance-id must be of type 'ueid', got '{}'", type_name(*instance)), "a UEID of 33 bytes");
  if (ueid->value.size() != 33 || ueid->value[0] != 1) return fail_expecting(Errc::invalid, "environment", fmt::format("an instance-id of {} bytes", ueid->value.size()), "33 bytes, the first 01");
  if (triple.keys.size() != 1) return fail_expecting(Errc::invalid, "verification-keys", fmt::format("verification-keys must contain exactly one entry, got {}", triple.keys.size()), "one key");
  crypto::PublicKey key = TRY(key_of(triple.keys.front()));
  return TrustAnchor{implementation, ueid->value, std::move(key), {}};
}

Result<Bytes> old_implementation(const corim::Environment& environment) {
  const auto& klass = environment.klass;
  if (!klass) return fail_expecting(Errc::missing, "", "expecting class in environment", "a class with a psa.impl-id");
  if (!klass->id) return fail_expecting(Errc::missing, "", "expecting class-id in class", "a psa.impl-id of 32 bytes");
  if (const auto* id = std::get_if<corim::ImplementationId>(&*klass->id)) return id->value;
  return fail_expecting(Errc::invalid, "", fmt::format("could not extract implementation-id from class-id (class-id is a {})", type_name(*klass->id)), "a psa.impl-id of 32 bytes");
}

Result<Bytes> new_implementation(const corim::Environment& environment) {
  const auto& klass = environment.klass;
  if (!klass) return fail_expecting(Errc::missing, "environment", "environment.class is required", "a class id of type bytes: the implementation id");
  if (!klass->id) return fail_expecting(Errc::missing, "environment", "environment.class.class-id (implementation-id) is required", "type bytes, 32 bytes");
  const auto* id = std::get_if<corim::TaggedBytes>(&*klass->id);
  if (id == nullptr) return fail_expecting(Errc::invalid, "environment", fmt::format("implementation-id must be of type 'bytes', got '{}'", type_name(*klass->id)), "type bytes, 32 bytes");
  if (id->value.size() != kImplementationIdSize) return fail_expecting(Errc::invalid, "environment", fmt::format("implementation-id must be exactly 32 bytes (got {})", id->value.size()), "32 bytes");
  return id->value;
}

}  // namespace
}  // namespace assay::appraise
