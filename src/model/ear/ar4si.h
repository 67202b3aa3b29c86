// AR4SI (draft-ietf-rats-ar4si): the trustworthiness vector, its claims, values, tiers and the sentences that explain them.
// The sentences are interface text, the same as the `arc` tool prints. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace assay::ear {

enum class Tier : std::uint8_t { none = 0,
                                 affirming = 2,
                                 warning = 32,
                                 contraindicated = 96 };
std::string_view name(Tier tier);  // "affirming"
std::optional<Tier> tier_by_name(std::string_view name);
std::optional<Tier> tier_by_number(std::int64_t number);  // 0, 2, 32, 96
Tier tier_of(std::int8_t value);                          // the tier a claim value lies in
Tier worse(Tier a, Tier b);

enum class Claim : std::uint8_t { instance_identity,
                                  configuration,
                                  executables,
                                  file_system,
                                  hardware,
                                  runtime_opaque,
                                  storage_opaque,
                                  sourced_data };
inline constexpr std::size_t kClaims = 8;
inline constexpr std::array<Claim, kClaims> kAllClaims{Claim::instance_identity, Claim::configuration, Claim::executables, Claim::file_system, Claim::hardware, Claim::runtime_opaque, Claim::storage_opaque, Claim::sourced_data};
std::string_view name(Claim claim);   // "instance-identity"
std::string_view title(Claim claim);  // "Instance Identity"
std::optional<Claim> claim_by_name(std::string_view name);

// Values every claim knows.
inline constexpr std::int8_t kVerifierMalfunction = -1;
inline constexpr std::int8_t kNoClaim = 0;
inline constexpr std::int8_t kUnexpectedEvidence = 1;
inline constexpr std::int8_t kCryptoFailed = 99;

struct Meaning {
  std::string_view tag;       // "approved_rt"
  std::string_view brief;     // "recognized and approved boot- and run-time"
  std::string_view sentence;  // the long text
};
std::optional<Meaning> meaning(Claim claim, std::int8_t value);
// The texts of a report; "unknown code-point N" without an entry.
std::string text(Claim claim, std::int8_t value, bool verbose);

// A claim value written as text: a decimal number or a tag ("approved_rt", also "Approved-RT"). Refused with `invalid`: a number
// beyond -128 … 127, blanks around it, an unknown tag, and a tag of another claim unless `any_claim` (the `arc` tool takes those).
Result<std::int8_t> value_from_text(Claim claim, std::string_view text, bool any_claim = false);

class TrustVector {
 public:
  std::int8_t operator[](Claim claim) const { return values_[static_cast<std::size_t>(claim)]; }
  std::int8_t& operator[](Claim claim) { return values_[static_cast<std::size_t>(claim)]; }
  void set_all(std::int8_t value) { values_.fill(value); }
  // The worst tier of the eight claims.
  Tier status() const;
  bool operator==(const TrustVector&) const = default;

 private:
  std::array<std::int8_t, kClaims> values_{};
};

}  // namespace assay::ear
