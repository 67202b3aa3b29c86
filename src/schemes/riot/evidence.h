// RIoT's evidence: certificates in PEM, that of the alias first, which the device signed over what it booted, then the device's, then
// those above it. At least two, at most 16.
#pragma once

#include "codec/json/json.h"
#include "crypto/x509.h"
#include "schemes/riot/certificate.h"

namespace assay::riot {

// Nobody verified it.
struct UnverifiedEvidence {
  std::vector<crypto::Certificate> chain;
  crypto::PublicKey alias_key;
  DeviceIdentity identity;
};
Result<UnverifiedEvidence> parse_evidence(ByteView evidence);

// {"FWID": hex, "DeviceID": the device's point in hex}.
json::Value to_json(const UnverifiedEvidence& evidence);

}  // namespace assay::riot
