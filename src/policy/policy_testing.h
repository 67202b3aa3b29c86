// For tests of policies: is there Rego in this build, and the pool that runs the program that was built.
#pragma once

#include <gtest/gtest.h>

#include "policy/interpreter.h"
#include "policy/worker_pool.h"

namespace assay::policy {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

inline bool has_rego() {
  const auto checked = Interpreter{}.check("package policy");
  return checked || checked.error().errc != Errc::unsupported;
}

inline PoolOptions pool_options(std::size_t workers = 2) {
  PoolOptions options;
  options.worker.program = ASSAY_PROGRAM;
  options.workers = workers;
  return options;
}

// Leaves a test of a build without Rego, after asking whether it says so.
#define ASSAY_NEEDS_REGO(engine)                                                                                   \
  if (!::assay::policy::has_rego()) {                                                                              \
    EXPECT_TRUE(::assay::testing::fails((engine).check("package policy"), ::assay::Errc::unsupported, "no Rego")); \
    return;                                                                                                        \
  }                                                                                                                \
  static_assert(true)

}  // namespace assay::policy
