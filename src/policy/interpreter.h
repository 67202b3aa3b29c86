// Rego, interpreted in this process: for the workers of worker_pool.h, and for tests. A hostile policy can end or stall the process that
// runs it (a stack overflow, an allocation that fails, a function that takes for ever), so that policies of others belong into a worker.
//
// An evaluation ends like OPA's: a function that gives an error makes its expression undefined, and a rule with two values is an error.
// Errors say where: "policy.rego:2:15: var ok is unsafe" (line and column).
// A policy's compiled form is kept for the next evaluation, of the last few policies. Not thread-safe.
// Without the Rust library (-DASSAY_RUST=OFF) everything fails with `unsupported`.
#pragma once

#include <memory>
#include <string>

#include "policy/engine.h"

namespace assay::policy {

struct InterpreterOptions {
  std::chrono::milliseconds time = kEvaluationTime;
  std::size_t kept = 8;  // compiled policies
};

class Interpreter : public Engine {
 public:
  explicit Interpreter(InterpreterOptions options = {});
  ~Interpreter() override;
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  Result<void> check(std::string_view rules) override;
  Result<json::Value> evaluate(std::string_view rules, const json::Value& input) override;
  // The same in JSON.
  Result<std::string> evaluate_text(std::string_view rules, std::string_view input);

 private:
  class Compiled;
  Result<Compiled*> compiled(std::string_view rules);

  InterpreterOptions options_;
  std::vector<std::unique_ptr<Compiled>> kept_;  // the one used last at the end
};

}  // namespace assay::policy
