// Inside the CoTS reader and writer: the EAT claims that have a name there.
#pragma once

#include "codec/cbor/cbor.h"
#include "model/corim/cots.h"
#include "model/corim/template_node.h"

namespace assay::corim {

Result<ClaimSet> read_claims(cbor::Reader& in);
void write_claims(cbor::Writer& out, const ClaimSet& set);
json::Value claims_to_json(const ClaimSet& set);
// In the order in which claims are written.
void sort_claims(ClaimSet& set);

}  // namespace assay::corim
