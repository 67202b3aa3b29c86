// The interface between the stack and one TEE. A scheme is values in, values out: never a store, a socket or a clock.
// The list of schemes is src/schemes/SCHEMES.cmake; the registry is generated from it (no static constructors).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "appraise/endorsements.h"
#include "appraise/findings.h"
#include "appraise/reference.h"
#include "base/clock.h"
#include "codec/json/json.h"
#include "crypto/crypto.h"
#include "crypto/sigcache.h"
#include "crypto/x509.h"
#include "model/ear/ar4si.h"

namespace assay::appraise {

// A scheme's own claims, opaque to everybody else.
struct Claims {
  virtual ~Claims() = default;
};

// What unauthenticated evidence says of its maker: for look-up only.
struct Identity {
  Bytes implementation_id;
  Bytes instance_id;
  std::string profile;
  Bytes initial_measurement = {};  // of a realm
  // What `peek` has read, in the scheme's own form, so that `verify` need not read the same bytes again.
  std::shared_ptr<Claims> unverified = {};
};

struct VerifyInput {
  ByteView evidence;  // owned by the caller, outlives the result
  const TrustAnchors& anchors;
  std::optional<ByteView> nonce;                            // what the verifier issued; nothing: freshness is reported as not checked
  bool strict = false;                                      // warnings of the specification become failures (mixed profiles …)
  crypto::SigCache* cache = nullptr;                        // not owned
  std::span<const crypto::Certificate> roots = {};          // CAs whose certificates in a token are believed; none: such chains are not used
  UnixSeconds now = 0;                                      // for certificates
  std::span<const std::string_view> derived_profiles = {};  // profiles to accept besides the scheme's own, where it allows that
  Identity* identity = nullptr;                             // what `peek` said of the same bytes, not owned; `verify` may take `unverified` out of it
};

// Authenticated evidence. `claims` holds only parts whose signature is good; findings say what became of the others.
struct Evidence {
  std::shared_ptr<const Claims> claims;
  Findings findings;
};

struct Submod {
  std::string name;  // "CCA_REALM"
  ear::TrustVector vector;
  std::optional<json::Value> annotated_evidence = {};  // only of authenticated claims
  std::optional<json::Value> key_attestation = {};     // {"akpub": …}: a key the evidence vouches for
  ear::Tier at_least = ear::Tier::none;                // where a scheme's rule makes the status worse than the claims do

  ear::Tier status() const { return ear::worse(vector.status(), at_least); }
};

struct Verdict {
  std::vector<Submod> submods;
  Findings findings;  // those of the evidence, then those of the appraisal
};

struct Scheme {
  std::string_view name;                // "cca": folder, CLI word
  std::string_view title;               // "Arm CCA"
  std::string_view attestation_scheme;  // "ARM_CCA": Veraison's name, in policy ids
  std::span<const std::string_view> media_types;
  std::span<const std::string_view> corim_profiles;
  std::span<const std::string_view> kbs_tees;
  std::span<const std::string_view> submods;
  std::span<const std::string_view> token_profiles;  // eat_profile values that are read
  std::span<const std::string_view> algorithms;      // signature and MAC algorithms that are accepted

  bool (*recognises)(ByteView evidence);  // by structure, cheap, no verification
  // The evidence functions: all of them or none. A scheme without them reads endorsements only, and says so where it is met.
  Result<Identity> (*peek)(ByteView evidence) = nullptr;  // bounded parse of unauthenticated evidence
  // An Error is malformed evidence. A bad signature, an unknown key, a wrong nonce are findings.
  Result<Evidence> (*verify)(const VerifyInput& input) = nullptr;
  Verdict (*appraise)(const Evidence& evidence, const ReferenceValues& references) = nullptr;
  Result<json::Value> (*claims_json)(ByteView evidence) = nullptr;  // unauthenticated, for `show`
  // Adds what a CoMID of one of `corim_profiles` endorses. The CoMID is valid by itself; the rules of the profile are the scheme's.
  Result<void> (*take_comid)(const ComidInput& input, Endorsements& to);
  // The other way: reference values (and, given the key it verifies with, a trust anchor) that would make this evidence affirm, in the
  // dialect of A or of D. Whether the evidence is authentic is the caller's business. The tag ids are left empty. Null: not offered.
  Result<std::vector<EndorsementDraft>> (*endorse)(ByteView evidence, const crypto::PublicKey* key, corim::Generation dialect) = nullptr;

  bool reads_evidence() const { return verify != nullptr; }
};

// In the order of SCHEMES.cmake.
std::span<const Scheme* const> all_schemes();
const Scheme* scheme_by_name(std::string_view name);
// The one scheme that recognises the evidence and can verify it, or nothing.
const Scheme* scheme_of_evidence(ByteView evidence);
// One that knows what it is, and reads endorsements only.
const Scheme* scheme_without_evidence(ByteView evidence);

}  // namespace assay::appraise
