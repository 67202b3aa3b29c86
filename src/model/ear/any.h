// Values of any shape that claims carry along (annotated evidence, policy claims, TEEP claims), between CBOR and JSON.
// From CBOR: byte strings become base64url text (RFC 8949 §6.1), keys are text. Refused with `unsupported`: other keys, tags,
// `undefined`, integers and floats that JSON does not have. Maps are written in the order of RFC 8949 §4.2.1.
#pragma once

#include "codec/cbor/cbor.h"
#include "codec/json/json.h"

namespace assay::ear {

// The next item, which cbor::check has accepted as a part of the whole: depth and duplicate keys were judged there.
Result<json::Value> read_any(cbor::Reader& in);
Bytes encode_any(const json::Value& value);

// A map whose integer keys have names in JSON and whose byte strings are known: TEEP's claims in an EAR (RFC 9711 §4).
Result<json::Value> read_teep_claims(cbor::Reader& in);
Result<Bytes> encode_teep_claims(const json::Value& claims);

}  // namespace assay::ear
