// The attestation token of OP-TEE, as its pseudo trusted application (PTA) for Veraison makes it in a test build: PSA claims of profile
// http://arm.com/psa/2.0.0 in a COSE_Sign1, signed with a key that is published with the PTA's source. It proves nothing: it is for trying
// out verifiers without a device.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/crypto.h"

namespace assay::attester {

inline constexpr std::size_t kOpteeNonce = 32;        // bytes: what the host program asks for
inline constexpr std::size_t kOpteeMeasurement = 32;  // SHA-256
inline constexpr std::size_t kOpteeId = 32;

// What the PTA knows of its device and of the trusted application (TA) that calls it.
struct OpteeDevice {
  Bytes measurement;
  Bytes implementation_id;  // of the TA; empty: that of the example
  Bytes instance_id;        // empty: that of the PTA, which is not the hash of its key
};

// The PTA's key: P-256, known to everybody.
crypto::PrivateKey optee_test_key();

// What the PTA measures of a TA: the regions of its memory that cannot be written, the smallest first, among those of one size the one
// whose bytes are less.
Bytes optee_measurement(std::vector<Bytes> regions);

// Fails with `invalid` for a measurement or implementation id that has not 32 bytes, an instance id that has not 33, or a nonce that the
// profile does not know (32, 48 or 64).
Result<Bytes> optee_token(const OpteeDevice& device, ByteView nonce, const crypto::PrivateKey& key);

}  // namespace assay::attester
