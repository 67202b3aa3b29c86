// What a process gives up before it runs other people's policies: files, sockets, processes, and more memory than it was granted.
#pragma once

#include <cstddef>

#include "base/error.h"

namespace assay::policy {

inline constexpr std::size_t kStack = 512 * 1024 * 1024;  // deep recursion meets its time limit before the end of this
inline constexpr unsigned kCpuSeconds = 600;              // of a process in all; a worker retires long before

struct Confinement {
  std::size_t memory = 0;  // bytes of heap beyond what is in use now
};

// For this process, for ever: resource limits (memory, CPU time, no new descriptors, no file content, no core), no new privileges, and
// a list of system calls outside of which each fails with EPERM: reading, writing and waiting on what is open, memory (never
// executable), clocks, random numbers, leaving. Call it with one thread running. Fails with `unsupported` where the kernel or the architecture has no
// such filter (x86-64 and arm64 have); the process is not to run policies then. Under a sanitizer the memory is not limited.
Result<void> confine(const Confinement& confinement);

// The stack that a program started from now on gets; less where the system allows less.
void enlarge_stack();

}  // namespace assay::policy
