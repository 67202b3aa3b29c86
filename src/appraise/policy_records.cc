#include "appraise/policy_records.h"

#include "base/text.h"
#include "model/corim/template.h"
#include "model/corim/text.h"

namespace assay::appraise {
namespace {

class Records {
 public:
  explicit Records(std::string_view scheme) : scheme_{scheme} {}
  void add(std::string_view subtype, json::Object attributes);
  json::Array take() { return std::move(records_); }
  json::Array& records() { return records_; }

 private:
  std::string scheme_;
  json::Array records_;
};

void add_platform(const PlatformReference& platform, Records& to);
void add_realm(const RealmReference& realm, Records& to);
void add_register(std::string_view scheme, const PcrReference& pcr, Records& to);
json::Value triple_of(const corim::ValueTriple& triple);
std::string uuid_text(ByteView bytes);
std::string hash_name(std::size_t size);

}  // namespace

json::Value policy_records(std::string_view attestation_scheme, const ReferenceValues& references) {
  Records records{attestation_scheme};
  for (const PlatformReference& platform : references.platforms) add_platform(platform, records);
  for (const RealmReference& realm : references.realms) add_realm(realm, records);
  for (const PcrReference& pcr : references.pcrs) add_register(attestation_scheme, pcr, records);
  for (const KeyedReference& keyed : references.keyed) records.records().push_back(triple_of(keyed.triple));
  return records.take();
}

namespace {

void Records::add(std::string_view subtype, json::Object attributes) {
  json::Object record;
  record.append("scheme", scheme_);
  record.append("type", "reference value");
  if (!subtype.empty()) record.append("subType", subtype);
  record.append("attributes", std::move(attributes));
  records_.emplace_back(std::move(record));
}

void add_platform(const PlatformReference& platform, Records& to) {
  for (const ReferenceComponent& component : platform.components) {
    json::Object attributes;
    attributes.append("impl-id", to_base64(platform.implementation_id));
    attributes.append("measurement-desc", hash_name(component.value.size()));
    if (component.type) attributes.append("measurement-type", *component.type);
    attributes.append("measurement-value", to_base64(component.value));
    if (component.signer_id) attributes.append("signer-id", to_base64(*component.signer_id));
    if (component.version) attributes.append("version", *component.version);
    to.add("platform.sw-component", std::move(attributes));
  }
  for (const ReferenceConfig& config : platform.configs) {
    json::Object attributes;
    attributes.append("impl-id", to_base64(platform.implementation_id));
    attributes.append("platform-config-id", to_base64(config.value));
    to.add("platform.config", std::move(attributes));
  }
}

void add_realm(const RealmReference& realm, Records& to) {
  json::Object attributes;
  attributes.append("hash-alg-id", hash_name(realm.initial_measurement.size()));
  attributes.append("realm-initial-measurement", to_base64(realm.initial_measurement));
  if (realm.personalization_value) attributes.append("realm-personalization-value", to_base64(*realm.personalization_value));
  for (std::size_t i = 0; i < realm.extensible_measurements.size(); ++i) {
    if (realm.extensible_measurements[i]) attributes.append(fmt::format("rem{}", i), to_base64(*realm.extensible_measurements[i]));
  }
  to.add("realm.reference-value", std::move(attributes));
}

void add_register(std::string_view scheme, const PcrReference& pcr, Records& to) {
  const bool is_parsec = scheme == "PARSEC_TPM";
  const std::string prefix = is_parsec ? "parsec-tpm." : "enacttrust-tpm.";
  json::Object attributes;
  attributes.append(prefix + (is_parsec ? "class-id" : "node-id"), uuid_text(pcr.platform_id));
  if (pcr.pcr) attributes.append(prefix + "pcr", *pcr.pcr);
  attributes.append(prefix + "digest", to_base64(pcr.digest.value));
  if (const auto* id = std::get_if<std::int64_t>(&pcr.digest.algorithm)) attributes.append(prefix + "alg-id", *id);
  else attributes.append(prefix + "alg-id", corim::to_text(pcr.digest.algorithm));
  to.add(is_parsec ? "" : "enacttrust-tpm.sw-component", std::move(attributes));
}

// As it stands in a CoMID's template.
json::Value triple_of(const corim::ValueTriple& triple) {
  corim::Comid comid;
  comid.triples.reference_values.push_back(triple);
  const json::Value whole = corim::to_json(comid, corim::Generation::d);
  const json::Value* triples = whole.object() != nullptr ? whole.object()->find("triples") : nullptr;
  const json::Value* values = triples != nullptr && triples->object() != nullptr ? triples->object()->find("reference-values") : nullptr;
  return values != nullptr && values->array() != nullptr && !values->array()->empty() ? values->array()->front() : json::Value{json::Object{}};
}

std::string uuid_text(ByteView bytes) {
  corim::Uuid uuid{};
  if (bytes.size() != uuid.size()) return to_hex(bytes);
  std::ranges::copy(bytes, uuid.begin());
  return corim::to_text(uuid);
}

// Reference values keep the digest, not its algorithm.
std::string hash_name(std::size_t size) {
  return fmt::format("sha-{}", size * 8);
}

}  // namespace
}  // namespace assay::appraise
