// PSA attestation token: COSE_Sign1 (tag 18) or COSE_Mac0 (tag 17) over the claims of claims.h (RFC 9783 §5.2).
#pragma once

#include "crypto/crypto.h"
#include "crypto/sigcache.h"
#include "envelope/cose/cose.h"
#include "envelope/verified.h"
#include "schemes/psa/claims.h"

namespace assay::psa {

// A token that nobody verified. `message` points into the token's bytes, which must outlive it.
struct UnverifiedToken {
  cose::Unverified message;
  Claims claims;
  bool is_mac() const { return message.kind == cose::Unverified::Kind::mac0; }
};

// Envelope and claims. Texts: "failed CBOR decoding for CWT: ...", "failed CBOR decoding of PSA claims: ...".
Result<UnverifiedToken> parse_token(ByteView token);

// Claims whose signature or MAC is good; their values are not validated. "signature verification failed: verification error".
Result<Verified<Claims>> verify_sign1(const UnverifiedToken& token, const crypto::PublicKey& key, crypto::SigCache* cache = nullptr);
Result<Verified<Claims>> verify_mac0(const UnverifiedToken& token, ByteView key);

// The claims are encoded as they are: validate first. Protected header {1: alg} and nothing else.
Result<Bytes> sign_token(const Claims& claims, const crypto::PrivateKey& key);
Result<Bytes> mac_token(const Claims& claims, ByteView key, crypto::Mac mac = crypto::Mac::hs256);

// TF-M's convention for the instance id; other makers choose freely, so it is never a reason to refuse a token.
Bytes instance_id_of(const crypto::PublicKey& key);  // 01 || SHA-256(04 || X || Y)
Bytes instance_id_of_mac_key(ByteView key);          // 01 || SHA-256(SHA-256(key))

}  // namespace assay::psa
