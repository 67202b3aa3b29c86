// Claims of the PSA attestation token in its dialects:
//   p1  PSA_IOT_PROFILE_1: keys -75000 …, profile optional
//   p2  http://arm.com/psa/2.0.0: keys 2394 …, 10, 256; boot seed 2397
//   p3  RFC 9783, tag:psacertified.org,2023:psa#tfm: as p2 with boot seed 268 (2397 is read, too); derived profiles
//       tag:psacertified.org,2023:psa#<name> are read as p3 and accepted where the caller lists them
//
// Two levels: `parse` and `from_json` refuse broken structure (types, duplicate keys, indefinite lengths, an unknown profile) and
// accept any value; `validate` applies the rules of the profile. Unknown claims are kept and never an error.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "codec/json/json.h"
#include "model/eat/claims.h"
#include "model/eat/software_component.h"

namespace assay::psa {

inline constexpr std::string_view kProfile1 = "PSA_IOT_PROFILE_1";
inline constexpr std::string_view kProfile2 = "http://arm.com/psa/2.0.0";
inline constexpr std::string_view kProfile3 = "tag:psacertified.org,2023:psa#tfm";
inline constexpr std::string_view kDerivedPrefix = "tag:psacertified.org,2023:psa#";

enum class Dialect { p1,
                     p2,
                     p3 };
std::string_view name(Dialect dialect);                             // the profile's name
std::optional<Dialect> dialect_by_profile(std::string_view value);  // also derived names

struct Claims {
  Dialect dialect = Dialect::p2;
  std::optional<std::string> profile;  // as the token says it; in p1 it may be absent
  std::optional<std::int32_t> client_id;
  std::optional<std::uint16_t> lifecycle;
  std::optional<Bytes> implementation_id;
  std::optional<Bytes> boot_seed;
  std::optional<std::string> certification_reference;  // p1: hardware version
  std::vector<eat::SoftwareComponent> software_components;
  std::optional<std::uint64_t> no_software_measurements;  // p1
  std::optional<Bytes> nonce;
  std::size_t nonces_in_array = 0;  // not 0: claim 10 was an array of so many (its first is in `nonce`), which `validate` refuses
  std::optional<Bytes> instance_id;
  std::optional<std::string> service_indicator;
  std::vector<eat::RawClaim> unknown;
  bool operator==(const Claims&) const = default;
};

// The claims map that fills `payload` exactly. `base`: its offset in the outermost input. Fails with `unsupported`, text
// `unknown profile: "..."`, for a profile nobody here knows.
Result<Claims> parse_claims(ByteView payload, std::size_t base = 0);

// The dialect's order (p1 -75000 … -75010; p2 265, 2394 … 2399, 10, 256, 2400; p3 the same with 268 for 2397), unknown claims last.
Result<Bytes> encode_claims(const Claims& claims);

struct Rules {
  std::span<const std::string_view> derived_profiles = {};  // accepted besides the three
};
// In the order of the reference, stopping at the first fault: "validating nonce: missing mandatory claim".
Result<void> validate(const Claims& claims, const Rules& rules = {});

// The object that `evcli` reads and prints: byte strings in standard base64, members in the order of the reference.
json::Value to_json(const Claims& claims);
// The dialect is what `psa-profile` or `eat-profile` says: "could not match profile", "matched multiple profiles: ... and ...".
Result<Claims> from_json(const json::Value& value);
// Whatever the profile members say; `validate` then compares them.
Result<Claims> from_json_as(Dialect dialect, const json::Value& value);

}  // namespace assay::psa
