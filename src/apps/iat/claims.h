// The claims that check_iat, compile_token and decompile_token know: one table per token type, which drives checking, printing,
// compiling and decompiling. Names are printed in upper case and written in lower case in YAML.
//
// The rules are those of these tools, which differ from what a verifier asks (they check the format of a token for its maker):
// see README.md beside this file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "apps/iat/value.h"
#include "crypto/crypto.h"

namespace assay::iat {

struct Claim;
struct Token;
class Context;
struct TokenType;

enum class Necessity {
  optional,
  recommended,
  mandatory,
  mandatory_psa_draft,  // mandatory unless the token has the profile of RFC 9783
  mandatory_rmm2,       // mandatory in realm tokens of RMM 2.0, and in all with --strict-rmm2
};

enum class Shape {
  any,
  integer,
  text,
  bytes,
  lifecycle,   // an integer that has names
  components,  // a list of maps: `inner`
  token,       // a token of its own: `token`
};

// Checks one value against one claim's rule; `claims` is the map it stands in. Says what is wrong through `context`.
using Rule = Result<void> (*)(Context& context, const Claim& claim, const Value& value, const Value& claims);

struct ClaimSet {
  std::string_view name;  // "SW_COMPONENTS"
  std::span<const Claim> claims;

  const Claim* by_key(const Key& key) const;
  const Claim* by_name(std::string_view lower_case) const;
};

struct Claim {
  std::string_view name;
  std::int64_t key;
  Shape shape;
  Necessity necessity;
  Rule rule = nullptr;               // beyond the type; may be absent
  const ClaimSet* inner = nullptr;   // Shape::components
  const TokenType* token = nullptr;  // Shape::token
  std::string_view alias = {};       // what the messages of the original call it, where that differs
};

struct TokenType {
  std::string_view option;  // "CCA-token"; empty: only inside another
  std::string_view name;    // "CCA_TOKEN"
  ClaimSet claims;          // its name is "TOKEN_ROOT_CLAIMS"
  bool is_cca = false;
  bool is_collection = false;  // holds other tokens and has no signature of its own
  crypto::Sig default_sig = crypto::Sig::es256;
  Result<void> (*whole)(Context& context, const Token& token) = nullptr;  // rules between claims
};

extern const TokenType kPsaProfile1;
extern const TokenType kPsa2;
extern const TokenType kCcaPlatform;
extern const TokenType kCcaRealm;
extern const TokenType kCca;

// In the order of the tools' usage texts.
std::span<const std::string_view> token_type_options();
const TokenType& token_type(std::string_view option);

// Security lifecycle (RFC 9783 §4.3.1; CCA has the same ranges under other names).
std::optional<std::string> lifecycle_name(const TokenType& type, std::int64_t value);  // "sl_secured_3000"
// "sl_secured", "sl_secured_0x3003", "sl_secured_3003", "0x3003", "INVALID_7000" or an integer.
Result<std::int64_t> parse_lifecycle(const TokenType& type, const Value& value);

// Claims with names for keys, in their order, lifecycles as text; unknown keys stay as they are.
enum class Case { upper,
                  lower };
Value with_names(const TokenType& type, const Value& claims, Case letters);

inline constexpr std::string_view kPsaDraftProfile = "http://arm.com/psa/2.0.0";
inline constexpr std::string_view kPsaRfcProfile = "tag:psacertified.org,2023:psa#tfm";
inline constexpr std::string_view kPlatformProfileLegacy = "http://arm.com/CCA-SSD/1.0.0";
inline constexpr std::string_view kPlatformProfile2023 = "tag:arm.com,2023:cca_platform#1.0.0";
inline constexpr std::string_view kPlatformProfile2024 = "tag:arm.com,2024:cca_platform#2.0.0";
inline constexpr std::string_view kRealmProfile2023 = "tag:arm.com,2023:realm#1.0.0";
inline constexpr std::string_view kRealmProfile2024 = "tag:arm.com,2024:realm#2.0.0";

inline constexpr std::int64_t kProfileKey = 265;
inline constexpr std::int64_t kChallengeKey = 10;
inline constexpr std::int64_t kPlatformTokenKey = 44234;
inline constexpr std::int64_t kRealmTokenKey = 44241;
inline constexpr std::int64_t kRakKey = 44237;
inline constexpr std::int64_t kRakHashKey = 44240;

}  // namespace assay::iat
