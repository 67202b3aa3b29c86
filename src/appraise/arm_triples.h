// Triples of the Arm profiles that PSA devices and CCA platforms share: the device's key, and the components of its firmware
// (draft-fdb-rats-psa-endorsements, draft-ydb-rats-cca-endorsements). Both of their dialects: profiles of http://arm.com/… with tags
// 600 to 602, and of tag:arm.com,2025:… with bytes, texts and cryptokeys.
#pragma once

#include "appraise/triples.h"
#include "model/eat/software_component.h"

namespace assay::appraise {

struct ArmRules {
  std::string_view component_key;  // "psa.software-component": the measurement key in the dialect of 2025
  bool has_config = false;         // CCA: platform configurations beside the components
  bool needs_digests = false;      // a component without one is refused, not just passed over
};
// Trust anchors from attest-key triples, platform references from reference triples; warnings of the other triples.
Result<void> take_platform(const ComidInput& input, const ArmRules& rules, Endorsements& to);

// The other way: the triples that take_platform makes these of. `key`: may be null.
struct PlatformFacts {
  ByteView implementation_id;
  std::optional<ByteView> instance_id;
  std::span<const eat::SoftwareComponent> components;
  std::string_view hash_algorithm;  // of the measurements
  std::optional<ByteView> config;   // CCA
};
Result<corim::Comid> endorse_platform(const PlatformFacts& facts, const ArmRules& rules, const crypto::PublicKey* key, corim::Generation dialect);
// The digest of a measurement, under the algorithm of that name or, where none has it and this size, SHA-2 of its size.
Result<corim::Digest> digest_of(ByteView value, std::string_view algorithm);

// Of the profiles of 2025. Profiles whose name did not change with their dialect: of the newest wire generation.
bool is_dialect_of_2025(const ComidInput& input);

}  // namespace assay::appraise
