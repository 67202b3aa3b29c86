#include "policy/prelude.h"

namespace assay::policy {

std::string_view prelude() {
  return R"rego(package policy

import future.keywords

# What is judged. `submod` is the name of the sub-module that `result` speaks of.
scheme := input.scheme
session := input.session
result := input.result
evidence := input.evidence
endorsements := input.endorsements
submod := input.submod

# What a policy decides. 0 leaves a claim as it is.
default status = 0
default instance_identity = 0
default configuration = 0
default executables = 0
default file_system = 0
default hardware = 0
default runtime_opaque = 0
default storage_opaque = 0
default sourced_data = 0
default added_claims = {}

outcome := {
  "status": status,
  "added-claims": added_claims,
  "trust-vector": {
    "instance-identity": instance_identity,
    "configuration": configuration,
    "executables": executables,
    "file-system": file_system,
    "hardware": hardware,
    "runtime-opaque": runtime_opaque,
    "storage-opaque": storage_opaque,
    "sourced-data": sourced_data,
  },
}

# Tiers.
AFFIRMING := 2
WARNING := 32
CONTRAINDICATED := 96

# Values of claims.
NO_CLAIM := 0
UNEXECTED_EVIDENCE := 1
UNEXPECTED_EVIDENCE := 1
RECOGNIZED_INSTANCE := 2
UNTRUSTWORTHY_INSTANCE := 96
UNRECOGNIZED_INSTANCE := 97
APPROVED_CONFIG := 2
SAFE_CONFIG := 3
UNSAFE_CONFIG := 32
UNSUPPORTABLE_CONFIG := 96
APPROVED_RT := 2
APPROVED_BOOT := 3
UNSAFE_RT := 32
UNRECOGNIZED_RT := 33
CONTRAINDICATED_RT := 96
APPROVED_FS := 2
UNRECOGNIZED_FS := 32
CONTRAINDICATED_FS := 96
GENUINE_HW := 2
UNSAFE_HW := 32
CONTRAINDICATED_HW := 96
UNRECOGNIZED_HW := 97
ENCRYPTED_RT := 2
ISOLATED_RT := 32
VISIBLE_RT := 96
HW_ENCRYPTED_SECRETS := 2
SW_ENCRYPTED_SECRETS := 32
UNENCRYPTED_SECRETES := 96
UNENCRYPTED_SECRETS := 96
TRUSTED_SOURCES := 2
UNTRUSTED_SOURCES := 32
CONTRAINDICATED_SOURCES := 96

# -1, 0 or 1: how a stands to b.
cmp(a, b) = -1 {
  a < b
} else = 1 {
  a > b
} else = 0

# The numbers between the dots; what is no number is left out.
simple_semver_split(version) = numbers {
  numbers := [number | number := to_number(split(version, ".")[_])]
}

# Number by number; of two that begin alike the shorter is less.
semver_cmp(a, b) = order {
  order := cmp(simple_semver_split(a), simple_semver_split(b))
}
)rego";
}

}  // namespace assay::policy
