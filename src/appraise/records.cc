#include "appraise/records.h"

#include <algorithm>

#include "appraise/policy_records.h"
#include "base/text.h"
#include "crypto/key_formats.h"
#include "model/corim/text.h"

namespace assay::appraise {
namespace {

// What the ids and the key of an anchor are called.
struct Names {
  std::string_view implementation = "impl-id";
  std::string_view instance = "inst-id";
  std::string_view key = "iak-pub";
};

Names names_of(std::string_view attestation_scheme) {
  if (attestation_scheme == "PARSEC_TPM") return {"parsec-tpm.class-id", "parsec-tpm.instance-id", "parsec-tpm.ak-pub"};
  if (attestation_scheme == "TPM_ENACTTRUST") return {"enacttrust-tpm.class-id", "enacttrust-tpm.node-id", "enacttrust.ak-pub"};
  return {};
}

// A UUID as text, as it is written in CoRIMs; other ids in base64.
std::string id_text(ByteView id) {
  corim::Uuid uuid{};
  if (id.size() != uuid.size()) return to_base64(id);
  std::ranges::copy(id, uuid.begin());
  return corim::to_text(uuid);
}

void set_key(const TrustAnchor& anchor, const Names& names, json::Object& attributes) {
  if (const auto* key = std::get_if<crypto::PublicKey>(&anchor.key)) {
    attributes.set(std::string{names.key}, crypto::to_pem(*key));
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
  const Names names = names_of(attestation_scheme);
  json::Array records;
  for (const TrustAnchor& anchor : anchors) {
    json::Object attributes;
    if (anchor.implementation_id) attributes.set(std::string{names.implementation}, id_text(*anchor.implementation_id));
    if (anchor.instance_id) attributes.set(std::string{names.instance}, id_text(*anchor.instance_id));
    set_key(anchor, names, attributes);
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
