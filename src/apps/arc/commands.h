// The commands of `arc` and what they share. Texts in errors are whole: nothing is added when they are printed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apps/goflags.h"
#include "crypto/crypto.h"

namespace assay::arc {

goflags::Command create_command();
goflags::Command verify_command();
goflags::Command print_command();

inline constexpr std::string_view kAlgorithms = "ES256, ES384, ES512, EdDSA, PS256, PS384, PS512, RS256";

using goflags::prefixed;
using goflags::with_prefix;

// The one positional argument, or `validating arguments: <otherwise>`.
Result<std::string> only_argument(const goflags::Context& context, std::string_view otherwise);

// An algorithm by name. Names that JOSE knows and we do not do are no error yet: it is told when they are used.
struct Algorithm {
  std::string name;
  std::optional<crypto::Sig> sig;
};
Result<Algorithm> parse_algorithm(const std::string& name);
// `unsupported signature algorithm "none"`
Result<crypto::Sig> supported(const Algorithm& algorithm);

// ASSAY_ARC_COMPAT=1: as the original, also where that is unwise.
bool compatible();

}  // namespace assay::arc
