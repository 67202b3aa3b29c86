// What an appraisal compares with: trust anchors (keys) and reference values, and the small JSON they can be read from.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "codec/json/json.h"
#include "crypto/crypto.h"

namespace assay::appraise {

// One verification key and whose it is. Absent ids: any (a key given on the command line).
struct TrustAnchor {
  std::optional<Bytes> implementation_id;
  std::optional<Bytes> instance_id;
  std::variant<crypto::PublicKey, std::shared_ptr<const SecretBytes>> key;  // the second: a MAC key
  std::string origin;                                                       // "iak.jwk", "ta.json: [0]"
};
using TrustAnchors = std::vector<TrustAnchor>;

// The anchors for an instance: exact matches of both ids first, then those without ids.
std::vector<const TrustAnchor*> anchors_for(const TrustAnchors& anchors, ByteView implementation_id, ByteView instance_id);

struct ReferenceComponent {
  std::optional<std::string> type;
  std::optional<std::string> version;
  std::optional<Bytes> signer_id;
  Bytes value;
  std::string origin;
};

// PSA device or CCA platform.
struct PlatformReference {
  Bytes implementation_id;
  std::vector<ReferenceComponent> components;
  std::optional<Bytes> config;  // CCA
  std::string origin;
};

struct RealmReference {
  Bytes initial_measurement;
  std::vector<std::optional<Bytes>> extensible_measurements;  // by index; absent: not compared
  std::optional<Bytes> personalization_value;
  std::string origin;
};

struct ReferenceValues {
  std::vector<PlatformReference> platforms;
  std::vector<RealmReference> realms;
};

// {"platform": [{"implementation-id": hex, "sw-components": [{"measurement-value", "signer-id", "version", "component-type"}],
//   "platform-configuration": hex}], "realm": [{"initial-measurement", "extensible-measurements": [4], "personalization-value"}]}
// (the stores of rust-ccatoken; byte strings in hex or base64). At least one of the two. Errors carry a JSON pointer.
Result<ReferenceValues> reference_values_from_json(const json::Value& value, std::string_view origin);
// [{"pkey": JWK, "implementation-id": hex, "instance-id": hex}], a JWK, or a JWK set.
Result<TrustAnchors> trust_anchors_from_json(const json::Value& value, std::string_view origin);

}  // namespace assay::appraise
