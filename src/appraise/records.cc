#include "appraise/records.h"

#include "appraise/policy_records.h"
#include "base/text.h"
#include "crypto/key_formats.h"

namespace assay::appraise {
namespace {

void set_key(const TrustAnchor& anchor, json::Object& attributes) {
  if (const auto* key = std::get_if<crypto::PublicKey>(&anchor.key)) {
    attributes.set("iak-pub", crypto::to_pem(*key));
    return;
  }
  if (const auto* chain = std::get_if<std::vector<crypto::Certificate>>(&anchor.key)) {
    json::Array certificates;
    for (const crypto::Certificate& one : *chain) certificates.emplace_back(to_base64(one.der()));
    attributes.set("certificates", std::move(certificates));
  }
}

}  // namespace

json::Array anchor_records(std::string_view attestation_scheme, const TrustAnchors& anchors) {
  json::Array records;
  for (const TrustAnchor& anchor : anchors) {
    json::Object attributes;
    if (anchor.implementation_id) attributes.set("impl-id", to_base64(*anchor.implementation_id));
    if (anchor.instance_id) attributes.set("inst-id", to_base64(*anchor.instance_id));
    set_key(anchor, attributes);
    if (anchor.maker) {
      attributes.set("hw-vendor", anchor.maker->vendor);
      attributes.set("hw-model", anchor.maker->model);
    }
    json::Object record;
    record.set("scheme", attestation_scheme);
    record.set("type", "trust anchor");
    record.set("attributes", std::move(attributes));
    records.emplace_back(std::move(record));
  }
  return records;
}

json::Array reference_records(std::string_view attestation_scheme, const ReferenceValues& references) {
  json::Value records = policy_records(attestation_scheme, references);
  return records.array() != nullptr ? std::move(*records.array()) : json::Array{};
}

}  // namespace assay::appraise
