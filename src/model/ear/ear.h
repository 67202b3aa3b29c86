// EAR, the EAT Attestation Result (draft-ietf-rats-ear): claims-set in JSON and CBOR, signed as JWT (RFC 7519) and CWT (RFC 8392).
//
// Three dialects, told apart by `eat_profile`: Veraison's and Trustee's with dotted member names ("ear.status"), the IETF draft's
// with underscores ("ear_status"). CBOR keys are the same in all. Member names are exact; unknown members of the whole and of
// submods are ignored, in verifier id, trust vector and TEE info they are errors.
//
// Refused besides: a status or claim value that is none, base64 that is not strict, a nonce of the wrong size, CBOR deeper than
// kMaxDepth or with chunked strings. Limit: kMaxResult bytes. Values own what they hold; functions are pure and thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "codec/json/json.h"
#include "crypto/crypto.h"
#include "crypto/signer.h"
#include "envelope/verified.h"
#include "model/ear/ar4si.h"

namespace assay::ear {

enum class Dialect { veraison,
                     trustee,
                     ietf };
std::string_view profile_of(Dialect dialect);  // the eat_profile value
std::optional<Dialect> dialect_by_profile(std::string_view profile);

struct VerifierId {
  std::string developer;
  std::string build;
};

struct TeeInfo {
  std::string tee_name;
  std::string evidence_id;
  std::optional<Bytes> evidence;
};

// One sub-module's appraisal.
struct Appraisal {
  Tier status = Tier::none;
  std::optional<TrustVector> vector;
  std::vector<std::string> policy_ids;            // dotted dialects carry at most one
  std::optional<json::Value> annotated_evidence;  // an object
  std::optional<json::Value> policy_claims;       // an object
  std::optional<json::Value> key_attestation;     // an object as received: {"akpub": base64url}
  std::optional<json::Value> teep_claims;         // IETF dialect only, and so are the next two
  std::optional<std::string> profile;
  std::optional<std::string> nonce;

  // DER SubjectPublicKeyInfo of the attested key; fails if absent or not a key.
  Result<crypto::PublicKey> attested_key() const;
  // status = max(status, worst tier of the vector): never lowers.
  void update_status();
};

struct Ear {
  std::string profile;
  UnixSeconds iat = 0;
  std::optional<UnixSeconds> exp;
  std::optional<UnixSeconds> nbf;
  VerifierId verifier_id;
  std::map<std::string, Appraisal> submods;
  std::optional<std::string> nonce;  // as the text it is in JSON
  std::optional<Bytes> raw_evidence;
  std::optional<TeeInfo> tee_info;
  std::optional<Tier> overall_status;  // IETF dialect

  // The worst status of all submods, in the order of AR4SI: `none` counts as better than affirming, so that a caller who needs an
  // affirming result asks is_affirming.
  Tier status() const;
  // There is a submod; every status, also the overall one if given, is affirming and no vector says worse.
  bool is_affirming() const;
};

// Reading rules differ between those who print what they got (the `arc` personality) and those who rely on it.
enum class Strictness {
  reference,  // mandatory members and their types only, as the Go library on verify
  strict,     // also profile, nonce length, submods, status not better than the vector (the default everywhere else)
};

// The joined text of all problems, as the Go library words it: "missing mandatory 'x', 'y'; invalid value(s) for 'z' (reason)".
Result<Ear> from_json(const json::Value& claims, Strictness strictness = Strictness::strict);
json::Value to_json(const Ear& ear);              // members sorted, all eight vector members where a vector exists
json::Value to_json(const Appraisal& appraisal);  // the same for one sub-module, in the dotted dialects' names
// What the Go library checks before it writes: profile, nonce length, at least one submod; and that the dialect has a place for
// every member that is set. Worded as above.
Result<void> validate(const Ear& ear);

// Indefinite-length maps are read, definite ones written, in the order of RFC 8949 §4.2.1. A nonce is text in JSON and bytes in
// CBOR, so its base64 is changed to the URL alphabet without padding; TEE info has no CBOR form (`unsupported`).
Result<Ear> from_cbor(ByteView claims, Strictness strictness = Strictness::strict);
Result<Bytes> to_cbor(const Ear& ear);

struct VerifyOptions {
  crypto::Sig sig = crypto::Sig::es256;
  std::optional<UnixSeconds> now;  // absent: the system clock; judges exp, nbf, iat with no leeway
  std::optional<Bytes> nonce;      // must equal eat_nonce after decoding either base64 alphabet
  Strictness strictness = Strictness::strict;
};
// Signature, then times (`stale`), then claims, then nonce (`mismatch`).
Result<Verified<Ear>> verify_jwt(std::string_view jwt, const crypto::PublicKey& key, const VerifyOptions& options = {});
Result<Verified<Ear>> verify_cwt(ByteView cwt, const crypto::PublicKey& key, const VerifyOptions& options = {});
// The first two steps alone, for callers who tell the claims' faults from the signature's; `strictness` and `nonce` are not used.
Result<Verified<json::Value>> verify_jwt_claims(std::string_view jwt, const crypto::PublicKey& key, const VerifyOptions& options = {});
// What does not pass `validate` is not signed.
Result<std::string> sign_jwt(const Ear& ear, const crypto::PrivateKey& key, std::optional<crypto::Sig> sig = {});
// The header is {"alg":…,"typ":"JWT"}, with "kid" between the two where one is given: some readers compare it whole.
Result<std::string> sign_jwt(const Ear& ear, const crypto::Signer& signer, const std::optional<std::string>& kid = {});
Result<Bytes> sign_cwt(const Ear& ear, const crypto::PrivateKey& key, std::optional<crypto::Sig> sig = {});

// "submod(NAME):" and the eight lines, as arc prints them, for all submods sorted by name. Names are made safe for terminals.
struct ReportStyle {
  bool verbose = false;
  bool color = false;
  std::string_view escape = "\x1b";  // what stands for ESC in colours
};
std::string report(const Ear& ear, ReportStyle style = {});
// What `arc verify` prints of a result that is good: the line with the two names (in quotes, as they are given), the claims, the report.
std::string verified_report(const Ear& ear, std::string_view quoted_name, std::string_view quoted_key, ReportStyle style = {});

}  // namespace assay::ear
