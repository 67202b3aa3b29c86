// Claims of the two tokens that make up Arm CCA evidence: the platform token, signed by the machine's attestation key (CPAK), and
// the realm token, signed by the realm attestation key (RAK) whose hash is the platform token's challenge.
//
// All shipped generations are read (RMM 1.0 to 2.0-bet2; draft-ffm-rats-cca-token). Two levels, as for PSA: `parse_…` and
// `…_from_json` refuse broken structure, `validate` applies the rules with the texts of the reference library. Unknown claims are
// kept and never an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "codec/json/json.h"
#include "crypto/crypto.h"
#include "model/eat/claims.h"
#include "model/eat/software_component.h"

namespace assay::cca {

inline constexpr std::string_view kPlatformLegacy = "http://arm.com/CCA-SSD/1.0.0";
inline constexpr std::string_view kPlatform2023 = "tag:arm.com,2023:cca_platform#1.0.0";
inline constexpr std::string_view kPlatform2024 = "tag:arm.com,2024:cca_platform#2.0.0";
inline constexpr std::string_view kRealm2023 = "tag:arm.com,2023:realm#1.0.0";
inline constexpr std::string_view kRealm2024 = "tag:arm.com,2024:realm#2.0.0";
inline constexpr std::size_t kRealmChallengeSize = 64;

struct PlatformClaims {
  std::optional<std::string> profile;                       // 265
  std::optional<Bytes> challenge;                           // 10
  std::size_t challenges_in_array = 0;                      // not 0: claim 10 was an array of so many, which `validate` refuses
  std::optional<Bytes> implementation_id;                   // 2396
  std::optional<Bytes> instance_id;                         // 256
  std::optional<Bytes> config;                              // 2401
  std::optional<std::uint16_t> lifecycle;                   // 2395
  std::vector<eat::SoftwareComponent> software_components;  // 2399
  std::optional<std::string> service_indicator;             // 2400
  std::optional<std::string> hash_algorithm;                // 2402
  std::optional<std::int64_t> client_id;                    // 2394, RMM 2.0
  std::optional<Bytes> manufacturing_config;                // 2403, RMM 2.0
  std::vector<eat::RawClaim> unknown;                       // also 2404
  bool operator==(const PlatformClaims&) const = default;
};

struct RealmClaims {
  std::optional<std::string> profile;                                  // 265; absent in early generations
  std::optional<Bytes> challenge;                                      // 10
  std::size_t challenges_in_array = 0;                                 // as above
  std::optional<Bytes> instance_id;                                    // 256, RMM 2.0
  std::optional<Bytes> personalization_value;                          // 44235
  std::optional<Bytes> initial_measurement;                            // 44238
  std::optional<std::vector<Bytes>> extensible_measurements;           // 44239
  std::optional<std::string> hash_algorithm;                           // 44236
  std::optional<Bytes> public_key;                                     // 44237: the RAK exactly as received; its hash is the binding
  std::optional<std::string> public_key_hash_algorithm;                // 44240
  std::optional<std::variant<std::uint64_t, std::string>> mec_policy;  // 44243: 0 shared, 1 private; "shared", "private" before
  std::optional<std::uint64_t> lfa_policy;                             // 44244, RMM 2.0
  std::optional<Bytes> devices_token_hash;                             // 44257, RMM 2.0
  std::vector<eat::RawClaim> unknown;                                  // also 44241, once the MEC policy
  bool operator==(const RealmClaims&) const = default;
};

// The claims map that fills `payload` exactly; `base`: its offset in the outermost input.
Result<PlatformClaims> parse_platform_claims(ByteView payload, std::size_t base = 0);
Result<RealmClaims> parse_realm_claims(ByteView payload, std::size_t base = 0);

// Platform 265, 10, 2396, 256, 2401, 2395, 2399, 2400, 2402; realm 265, 10, 44235, 44238, 44239, 44236, 44237, 44240; then what
// RMM 2.0 adds, then the unknown claims.
Result<Bytes> encode_claims(const PlatformClaims& claims);
Result<Bytes> encode_claims(const RealmClaims& claims);

// In the order of the reference, stopping at the first fault: "validating platform config: missing mandatory claim".
Result<void> validate(const PlatformClaims& claims);
Result<void> validate(const RealmClaims& claims);

// The RAK: a 97-byte point where there is no realm profile, a COSE_Key where there is one. RMM 1.0 also allowed a COSE_Key without
// a profile: taken, and said in `warning`. Refused: a private scalar, any other form, a point off its curve.
struct Rak {
  crypto::PublicKey key;
  std::string warning;
};
Result<Rak> decode_rak(const RealmClaims& claims);

// The digest, by the claimed algorithm, of the RAK's bytes as received: what the platform challenge must be.
Result<Bytes> rak_hash(const RealmClaims& claims);

// The members that `evcli` reads and prints, in its order, byte strings in standard base64.
json::Value to_json(const PlatformClaims& claims);
json::Value to_json(const RealmClaims& claims);
// Without a profile member the realm has no profile, unless its public key is a COSE_Key: then it is the 2023 one.
Result<PlatformClaims> platform_from_json(const json::Value& value, std::string where = "");
Result<RealmClaims> realm_from_json(const json::Value& value, std::string where = "");

}  // namespace assay::cca
