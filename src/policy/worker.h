// The process that runs policies: this program, started again with the word `policy-worker` and a socket as descriptor 0. It starts
// itself once more with a larger stack, builds an interpreter, gives up everything else (sandbox.h), says that it is ready, and answers
// requests (message.h) one by one until the socket closes.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace assay::policy {

inline constexpr std::string_view kWorkerWord = "policy-worker";

// What follows the word: memory in bytes, time of an evaluation in milliseconds, number of compiled policies to keep.
// Never returns to a caller who expects to go on: the result is the exit status of the process.
int run_worker(std::span<const std::string> args);

}  // namespace assay::policy
