// `assay token psa|cca create|show|check|verify`: tokens by themselves, without reference values.
//
//   create  claims in JSON and keys -> a token
//   show    what a token says; nothing is verified, and it says so
//   check   structure and the rules for claims; no signature
//   verify  signature, binding, claims and, with a nonce, freshness
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_token(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
