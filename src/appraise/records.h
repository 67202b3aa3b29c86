// Endorsements as the records that Veraison's stores of 2025 hold, for people and tools that read those.
#pragma once

#include "appraise/endorsements.h"

namespace assay::appraise {

// {"scheme", "type": "trust anchor", "attributes": {"impl-id", "inst-id", "iak-pub", …}}, one a key. Those of TPMs have other
// names ("parsec-tpm.class-id", …).
json::Array anchor_records(std::string_view attestation_scheme, const TrustAnchors& anchors);
// As policies see them (policy_records.h).
json::Array reference_records(std::string_view attestation_scheme, const ReferenceValues& references);

}  // namespace assay::appraise
