// What the three tools share of their command lines.
#pragma once

#include <algorithm>
#include <array>

#include "apps/iat/claims.h"
#include "apps/iat/command_line.h"
#include "apps/iat/token.h"

namespace assay::iat {

inline constexpr std::string_view kMethods[] = {"sign", "mac", "raw"};

inline Method method_of(const Arguments& arguments) {
  const std::string name = arguments.get("--method").value_or("sign");
  return name == "mac" ? Method::mac : name == "raw" ? Method::raw
                                                     : Method::sign;
}

inline const TokenType& type_of(const Arguments& arguments) { return token_type(*arguments.get("--token-type")); }

// As the original says it, tab and all.
inline constexpr std::string_view kOnlySign1 = "Only sign1 method is supported by this token type.\n\t";

}  // namespace assay::iat
