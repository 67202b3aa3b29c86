#include "model/eat/lifecycle.h"

namespace assay::eat {

std::optional<Lifecycle> lifecycle_of(std::uint16_t value) {
  const int state = value >> 12;
  const bool in_range = (value & 0x0f00) == 0 && state <= static_cast<int>(Lifecycle::decommissioned);
  if (!in_range) return std::nullopt;
  return static_cast<Lifecycle>(state);
}

std::uint16_t lowest_value(Lifecycle state) { return static_cast<std::uint16_t>(static_cast<unsigned>(state) << 12); }

std::string_view psa_name(Lifecycle state) {
  switch (state) {
    case Lifecycle::rot_provisioning: return "psa-rot-provisioning";
    case Lifecycle::non_rot_debug: return "non-psa-rot-debug";
    case Lifecycle::recoverable_rot_debug: return "recoverable-psa-rot-debug";
    default: return cca_name(state);
  }
}

std::string_view cca_name(Lifecycle state) {
  switch (state) {
    case Lifecycle::unknown: return "unknown";
    case Lifecycle::assembly_and_test: return "assembly-and-test";
    case Lifecycle::rot_provisioning: return "cca-platform-rot-provisioning";
    case Lifecycle::secured: return "secured";
    case Lifecycle::non_rot_debug: return "non-cca-platform-rot-debug";
    case Lifecycle::recoverable_rot_debug: return "recoverable-cca-platform-rot-debug";
    case Lifecycle::decommissioned: return "decommissioned";
  }
  return "invalid";
}

bool is_trustworthy(Lifecycle state) { return state == Lifecycle::secured || state == Lifecycle::non_rot_debug; }

}  // namespace assay::eat
