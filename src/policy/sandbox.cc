#include "policy/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <vector>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ASSAY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ASSAY_SANITIZED 1
#endif
#endif

namespace assay::policy {
namespace {

constexpr std::string_view kWhere = "policy worker";

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

// What an interpreter and an allocator need.
constexpr std::array kAllowed{
    SYS_read, SYS_write, SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_clock_gettime, SYS_clock_getres,
    SYS_gettimeofday, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_sigaltstack, SYS_getrandom, SYS_sched_yield, SYS_getpid,
    SYS_gettid, SYS_restart_syscall, SYS_exit, SYS_exit_group};

Result<void> limit_resources(const Confinement& confinement);
Result<void> set_limit(int resource, rlim_t value);
Result<void> install_filter();
std::vector<sock_filter> filter();

}  // namespace

Result<void> confine(const Confinement& confinement) {
  TRY(limit_resources(confinement));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(Errc::unsupported, kWhere, "cannot give up privileges: {}", std::strerror(errno));
  return install_filter();
}

void enlarge_stack() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > kStack ? rlim_t{kStack} : limit.rlim_max;
  ::setrlimit(RLIMIT_STACK, &limit);
}

namespace {

Result<void> limit_resources(const Confinement& confinement) {
#ifndef ASSAY_SANITIZED
  // Pages: all, resident, shared, text, library, data and stack.
  std::ifstream in{"/proc/self/statm"};
  std::array<std::size_t, 6> pages{};
  for (std::size_t& count : pages) in >> count;
  if (!in) return fail(Errc::unsupported, kWhere, "cannot read /proc/self/statm");
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  // The stack counts for the address space, not for the data.
  TRY(set_limit(RLIMIT_DATA, pages[5] * page + confinement.memory));
  TRY(set_limit(RLIMIT_AS, pages[0] * page + confinement.memory + kStack));
#else
  static_cast<void>(confinement);
#endif
  TRY(set_limit(RLIMIT_CPU, kCpuSeconds));
  TRY(set_limit(RLIMIT_CORE, 0));
  TRY(set_limit(RLIMIT_FSIZE, 0));
  return set_limit(RLIMIT_NOFILE, 0);
}

Result<void> set_limit(int resource, rlim_t value) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) == 0 && limit.rlim_max != RLIM_INFINITY && limit.rlim_max < value) value = limit.rlim_max;
  limit = {value, value};
  if (::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) return fail(Errc::unsupported, kWhere, "cannot limit resource {}: {}", resource, std::strerror(errno));
  return {};
}

Result<void> install_filter() {
  if (kArchitecture == 0) return fail(Errc::unsupported, kWhere, "no list of system calls for this architecture");
  std::vector<sock_filter> program = filter();
  const sock_fprog code{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code, 0, 0) != 0) return fail(Errc::unsupported, kWhere, "the kernel takes no filter for system calls: {}", std::strerror(errno));
  return {};
}

// Classic BPF over seccomp_data: load, compare, jump. Jumps count the instructions that are passed over.
constexpr std::uint32_t kCall = offsetof(seccomp_data, nr);
constexpr std::uint32_t kArch = offsetof(seccomp_data, arch);
constexpr std::uint32_t argument(std::size_t index) { return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * 8); }  // its low half
constexpr sock_filter load(std::uint32_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }
constexpr sock_filter answer(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
constexpr sock_filter pass_over_unless(std::uint32_t value, std::uint8_t count) { return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count); }
constexpr std::uint32_t kDeny = SECCOMP_RET_ERRNO | EPERM;

std::vector<sock_filter> filter() {
  // Any other architecture ends the process; so do the calls of x32, which share their numbers' low bits.
  std::vector<sock_filter> code{load(kArch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0), answer(SECCOMP_RET_KILL_PROCESS), load(kCall)};
#if defined(__x86_64__)
  code.insert(code.end(), {BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), answer(SECCOMP_RET_KILL_PROCESS)});
#endif
  for (const auto call : kAllowed) code.insert(code.end(), {pass_over_unless(static_cast<std::uint32_t>(call), 1), answer(SECCOMP_RET_ALLOW)});
  // Memory, but never code.
  for (const auto call : {SYS_mmap, SYS_mprotect}) {
    code.insert(code.end(), {pass_over_unless(static_cast<std::uint32_t>(call), 4), load(argument(2)), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1), answer(kDeny), answer(SECCOMP_RET_ALLOW)});
  }
  // abort() of this process, so that it is seen as one.
  code.insert(code.end(), {pass_over_unless(SYS_tgkill, 6), load(argument(0)), pass_over_unless(static_cast<std::uint32_t>(::getpid()), 3), load(argument(2)), pass_over_unless(SIGABRT, 1), answer(SECCOMP_RET_ALLOW), answer(kDeny)});
  code.push_back(answer(kDeny));
  return code;
}

}  // namespace
}  // namespace assay::policy
