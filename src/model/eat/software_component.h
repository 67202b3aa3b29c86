// Software component: one measured piece of firmware, as PSA tokens (RFC 9783 §4.4.1) and CCA platform tokens list them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/cbor/cbor.h"
#include "codec/json/json.h"
#include "model/eat/claims.h"

namespace assay::eat {

inline constexpr std::size_t kMaxComponents = 256;

// Absent members are absent in the token; `check_components` says which it must have.
struct SoftwareComponent {
  std::optional<std::string> measurement_type;  // 1: "BL", "PRoT", "RMM" …
  std::optional<Bytes> measurement_value;       // 2
  std::optional<std::string> version;           // 4
  std::optional<Bytes> signer_id;               // 5
  std::optional<std::string> description;       // 6: hash name, "sha-256"
  std::vector<RawClaim> unknown;                // also 7 and 8, which RMM 2.0 adds
  bool operator==(const SoftwareComponent&) const = default;
};

// The array of components at the cursor. Refuses wrong types and duplicate keys; sizes are left to `check_components`.
Result<std::vector<SoftwareComponent>> parse_components(cbor::Reader& in);
// Members in the order 1, 2, 4, 5, 6, then the unknown ones in theirs.
void encode_components(cbor::Writer& out, const std::vector<SoftwareComponent>& components);

// {"measurement-type", "measurement-value", "version", "signer-id", "measurement-description"} in this order.
json::Value components_to_json(const std::vector<SoftwareComponent>& components);
Result<std::vector<SoftwareComponent>> components_from_json(const json::Value& value, std::string where);

// Measurement value and signer id are there and 32, 48 or 64 bytes long. Stops at the first fault with the reference's text:
// "failed at index 1: signer ID: missing mandatory field".
Result<void> check_components(const std::vector<SoftwareComponent>& components);

}  // namespace assay::eat
