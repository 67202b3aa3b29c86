// Arm CCA evidence: the collection of platform token and realm token, under tag 907 (CMW records) or tag 399 (before 2026).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/crypto.h"
#include "crypto/sigcache.h"
#include "envelope/cose/cose.h"
#include "envelope/verified.h"
#include "schemes/cca/claims.h"

namespace assay::cca {

enum class Outer : std::uint16_t { legacy = 399,  // members are byte strings
                                   cmw = 907 };   // members are [263, byte string]

// Two sets of claims, of which a file may lack one.
struct EvidenceClaims {
  std::optional<PlatformClaims> platform;
  std::optional<RealmClaims> realm;
};

// Evidence that nobody verified. Views point into its bytes, which must outlive it.
struct UnverifiedEvidence {
  Outer outer = Outer::cmw;
  cose::Unverified platform_token;
  cose::Unverified realm_token;
  PlatformClaims platform;
  RealmClaims realm;
  std::vector<std::string> warnings;  // unknown members, another indicator than 263
};

// By structure: a collection with a platform or a realm token in it.
bool is_collection(ByteView evidence);

// Texts: "CBOR decoding of CCA evidence failed: ...", "CCA platform token not set", "decoding of CCA evidence failed: ...".
Result<UnverifiedEvidence> parse_evidence(ByteView evidence);

// One bare platform token (COSE_Sign1), or [263, bstr] around it.
struct UnverifiedPlatform {
  cose::Unverified token;
  PlatformClaims claims;
};
Result<UnverifiedPlatform> parse_platform_token(ByteView token, bool with_indicator = false);

// "claims not set in evidence", "missing realm claims", "validation of cca-platform-claims failed: ...".
Result<void> validate(const EvidenceClaims& claims);
Result<void> validate(const UnverifiedEvidence& evidence);

struct VerifiedEvidence {
  Verified<PlatformClaims> platform;
  Verified<RealmClaims> realm;
};
// Platform signature, realm signature, binding, in this order: "unable to verify platform token: verification error",
// "binding verification failed: platform nonce does not match RAK hash". Neither values nor freshness are looked at.
Result<VerifiedEvidence> verify(const UnverifiedEvidence& evidence, const crypto::PublicKey& platform_key, crypto::SigCache* cache = nullptr);

// The steps of `verify`, for those who report each.
Result<Verified<PlatformClaims>> verify_platform(const UnverifiedEvidence& evidence, const crypto::PublicKey& key, crypto::SigCache* cache = nullptr);
Result<Verified<RealmClaims>> verify_realm(const UnverifiedEvidence& evidence, const crypto::PublicKey& rak, crypto::SigCache* cache = nullptr);
Result<Verified<ByteView>> verify_payload(const cose::Unverified& token, const crypto::PublicKey& key, crypto::SigCache* cache = nullptr);
Result<void> check_binding(const PlatformClaims& platform, const RealmClaims& realm);

// What a realm puts into claim 10 when it is given a shorter challenge: zeros behind, 64 bytes.
Result<Bytes> pad_challenge(ByteView challenge);

struct SignOptions {
  Outer outer = Outer::cmw;
  bool bind = true;       // the platform challenge becomes the RAK hash
  bool check_rak = true;  // the realm key must belong to claim 44237: "RAK does not match cca-realm-public-key"
};
// The claims are encoded as they are (but for the challenge): validate first.
Result<Bytes> sign_evidence(const EvidenceClaims& claims, const crypto::PrivateKey& platform_key, const crypto::PrivateKey& realm_key, const SignOptions& options = {});
// The two tokens, signed already, in their collection.
Bytes wrap_tokens(ByteView platform_token, ByteView realm_token, Outer outer);
// The platform challenge becomes the RAK hash.
Result<void> bind(EvidenceClaims& claims);

// {"cca-platform-token": {...}, "cca-realm-delegated-token": {...}}.
json::Value to_json(const PlatformClaims& platform, const RealmClaims& realm);
// Structure only; binds where both are there, as the reference does. "unmarshaling platform claims: ...".
Result<EvidenceClaims> evidence_from_json(const json::Value& value);

}  // namespace assay::cca
