// EAR, the EAT Attestation Result: claims-set in JSON and CBOR, dialects E1 (Veraison), E1t (Trustee), E2 (IETF draft). tokens.md §8.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "codec/json/json.h"
#include "crypto/crypto.h"
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
  std::vector<std::string> policy_ids;            // E1 carries at most one
  std::optional<json::Value> annotated_evidence;  // an object
  std::optional<json::Value> policy_claims;       // an object
  std::optional<json::Value> key_attestation;     // an object as received: {"akpub": base64url}
  std::optional<json::Value> teep_claims;         // E2
  std::optional<std::string> profile;             // E2
  std::optional<std::string> nonce;               // E2

  // DER SubjectPublicKeyInfo of the attested key; fails if absent or not a key.
  Result<crypto::PublicKey> attested_key() const;
  // status = max(status, worst tier of the vector): never lowers (tokens.md §7.1).
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
  std::optional<Tier> overall_status;  // E2

  // The worst status of all submods: `none` is worse than affirming for a caller that needs an affirming result, see is_affirming.
  Tier status() const;
  // Every submod is affirming.
  bool is_affirming() const;
};

// Reading rules differ between those who print what they got (the `arc` personality) and those who rely on it.
enum class Strictness {
  reference,  // mandatory members and their types only, as the Go library on verify
  strict,     // also profile, nonce length, submods, status not better than the vector (the default everywhere else)
};

// The joined text of all problems, as the Go library words it: "missing mandatory 'x', 'y'; invalid value(s) for 'z' (reason)".
Result<Ear> from_json(const json::Value& claims, Strictness strictness = Strictness::strict);
json::Value to_json(const Ear& ear);  // members sorted, all eight vector members where a vector exists
Result<Ear> from_cbor(ByteView claims, Strictness strictness = Strictness::strict);
Result<Bytes> to_cbor(const Ear& ear);  // definite lengths

struct VerifyOptions {
  crypto::Sig sig = crypto::Sig::es256;
  std::optional<UnixSeconds> now;  // absent: the system clock; judges exp, nbf, iat with no leeway
  std::optional<Bytes> nonce;      // must equal eat_nonce after decoding either base64 alphabet
  Strictness strictness = Strictness::strict;
};
Result<Verified<Ear>> verify_jwt(std::string_view jwt, const crypto::PublicKey& key, const VerifyOptions& options = {});
Result<Verified<Ear>> verify_cwt(ByteView cwt, const crypto::PublicKey& key, const VerifyOptions& options = {});
Result<std::string> sign_jwt(const Ear& ear, const crypto::PrivateKey& key, std::optional<crypto::Sig> sig = {});
Result<Bytes> sign_cwt(const Ear& ear, const crypto::PrivateKey& key, std::optional<crypto::Sig> sig = {});

// "submod(NAME):" and the eight lines, as arc prints them, for all submods sorted by name.
struct ReportStyle {
  bool verbose = false;
  bool color = false;
};
std::string report(const Ear& ear, ReportStyle style = {});

}  // namespace assay::ear
