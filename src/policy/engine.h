// Policies: texts in Rego that may change what an appraisal says. The port that the rest of the program sees, and its limits.
//
// A policy is a module of package `policy`. What it can use besides its input (constants, functions, defaults) is the prelude
// (prelude.h), the contract that policies written for Veraison's services rely on. Rego is read as OPA reads it by default before 1.0
// ("v0"); a text that is none is tried as v1.
#pragma once

#include <chrono>
#include <string_view>

#include "base/error.h"
#include "codec/json/json.h"

namespace assay::policy {

inline constexpr std::size_t kMaxRules = 64 * 1024;                // bytes of a policy
inline constexpr std::size_t kMaxInput = 8 * 1024 * 1024;          // bytes of the input document
inline constexpr std::size_t kMaxOutcome = 1024 * 1024;            // bytes of what a policy answers
inline constexpr std::size_t kMemory = 256 * 1024 * 1024;          // bytes that an evaluation may take
inline constexpr std::chrono::milliseconds kEvaluationTime{1000};  // of the interpreter alone
inline constexpr std::chrono::milliseconds kTotalTime{2000};       // of a check or an evaluation as a whole

class Engine {
 public:
  virtual ~Engine() = default;

  // Is this a policy that can be used? Fails with `invalid` (not Rego, another package, a variable that is never bound, a function that
  // does not exist or is not offered: clock, chance, network), with `limit` where reading it or evaluating it on an empty input takes more
  // than a policy may, with `unavailable` or `unsupported` where this machine or build cannot tell.
  virtual Result<void> check(std::string_view rules) = 0;

  // What the policy says of `input`: the value of its rule `outcome`. Fails with `policy` (it does not load, or its evaluation ends in an
  // error), else as above.
  virtual Result<json::Value> evaluate(std::string_view rules, const json::Value& input) = 0;
};

}  // namespace assay::policy
