// Rules for single claims: the functions that the tables of claims.cc name. Each assumes that the value has the claim's type.
#pragma once

#include "apps/iat/claims.h"

namespace assay::iat::rules {

Result<void> check_type(Context& context, const Claim& claim, const Value& value);

// Byte strings.
Result<void> hash_sized(Context& context, const Claim& claim, const Value& value, const Value& claims);  // 32, 48 or 64
Result<void> exactly_32(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> exactly_64(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> at_least_32(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> psa_challenge(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> psa_boot_seed(Context& context, const Claim& claim, const Value& value, const Value& claims);  // RFC 9783 §4.3.2
Result<void> psa_instance_id(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> cca_instance_id(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> initial_measurement(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> extensible_measurements(Context& context, const Claim& claim, const Value& value, const Value& claims);

// Text.
Result<void> hardware_version(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> certification_reference(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> psa_profile(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> platform_profile(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> realm_profile(Context& context, const Claim& claim, const Value& value, const Value& claims);

// Integers and what has been one or the other.
Result<void> lifecycle(Context& context, const Claim& claim, const Value& value, const Value& claims);
Result<void> mec_policy(Context& context, const Claim& claim, const Value& value, const Value& claims);

// Between claims of one token.
Result<void> psa_measurements(Context& context, const Token& token);
Result<void> realm_signature(Context& context, const Token& token);
Result<void> cca_binding(Context& context, const Token& token);

// The text of the claim, or nothing where it is absent or no text.
std::string_view text_of(const Value& claims, std::int64_t key);

}  // namespace assay::iat::rules
