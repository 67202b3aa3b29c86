// Security lifecycle of a PSA root of trust (RFC 9783 §4.3.1) and of a CCA platform: sixteen bits, of which the upper eight say the
// state and the lower eight belong to the implementation.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace assay::eat {

enum class Lifecycle : std::uint8_t { unknown,
                                      assembly_and_test,
                                      rot_provisioning,
                                      secured,
                                      non_rot_debug,
                                      recoverable_rot_debug,
                                      decommissioned };

// Nothing for a value outside the ranges 0x0000-0x00ff, 0x1000-0x10ff … 0x6000-0x60ff.
std::optional<Lifecycle> lifecycle_of(std::uint16_t value);
std::uint16_t lowest_value(Lifecycle state);  // 0x3000 for `secured`

std::string_view psa_name(Lifecycle state);  // "psa-rot-provisioning"
std::string_view cca_name(Lifecycle state);  // "cca-platform-rot-provisioning"

// Attestation keys are protected: secured, and debug that cannot reach the root of trust.
bool is_trustworthy(Lifecycle state);

}  // namespace assay::eat
