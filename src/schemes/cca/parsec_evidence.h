// Parsec's CCA evidence (veraison/parsec, cca): {"kat": 601({10: nonce, 8: {1: COSE_Key}}), "pat": a CCA token}. The realm's challenge
// is the SHA-512 of the tagged item as it is encoded, so that the realm vouches for the key and for the nonce.
//
// Other members are passed over: those of the kat are under the hash. Refused: members missing or twice, another tag, a nonce that is
// not of 8 to 64 bytes (RFC 9711 §4.1), a confirmation (RFC 8747 §3.1) without a public key, anything behind the map. The CCA token is
// read by others.
#pragma once

#include "crypto/crypto.h"
#include "schemes/cca/claims.h"

namespace assay::parsec_cca {

// Nobody verified it. Views point into the bytes.
struct UnverifiedEvidence {
  ByteView kat;  // with its tag
  ByteView nonce;
  crypto::PublicKey key;
  ByteView token;
};
Result<UnverifiedEvidence> parse_evidence(ByteView evidence);
// As services show it: {"kat": …, "platform": …, "realm": …}.
json::Value to_json(const UnverifiedEvidence& evidence, const cca::PlatformClaims& platform, const cca::RealmClaims& realm);

}  // namespace assay::parsec_cca
