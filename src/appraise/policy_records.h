// Reference values as the records that policies see: {"scheme", "type": "reference value", "subType", "attributes"}, the JSON that Veraison's
// stores hold, with the attribute names of its releases of 2025.
#pragma once

#include "appraise/reference.h"

namespace assay::appraise {

// An array, one record a component, configuration, realm and register. `attestation_scheme`: "PSA_IOT".
json::Value policy_records(std::string_view attestation_scheme, const ReferenceValues& references);

}  // namespace assay::appraise
