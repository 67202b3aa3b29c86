#include "policy/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>

#include "policy/policy_testing.h"

namespace assay::policy {
namespace {

// What `body` answers in a confined process of its own; 200: not confined; more: 256 + the signal that ended it.
int confined(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(confine({64 * 1024 * 1024}) ? body() : 200);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(PolicySandbox, LeavesArithmeticAndOpenDescriptors) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  EXPECT_EQ(confined([&] { return ::write(ends[1], "x", 1) == 1 ? 7 : 1; }), 7);
  char c = 0;
  EXPECT_EQ(::read(ends[0], &c, 1), 1);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(PolicySandbox, DeniesFilesSocketsAndProcesses) {
  const auto denied = [](const std::function<long()>& call) {
    return confined([&] { return call() >= 0 ? 1 : errno == EPERM ? 0
                                                                  : 2; });
  };
  EXPECT_EQ(denied([] { return ::open("/dev/null", O_RDONLY); }), 0);
  EXPECT_EQ(denied([] { return ::open("/tmp/assay-policy-sandbox", O_WRONLY | O_CREAT, 0600); }), 0);
  EXPECT_EQ(denied([] { return ::socket(AF_INET, SOCK_STREAM, 0); }), 0);
  EXPECT_EQ(denied([] { return ::socket(AF_UNIX, SOCK_STREAM, 0); }), 0);
  EXPECT_EQ(denied([] { return ::unlink("/tmp/assay-policy-sandbox"); }), 0);
  EXPECT_EQ(denied([] { return ::fork(); }), 0);
  EXPECT_EQ(denied([] { return ::execl("/bin/true", "true", nullptr); }), 0);
  EXPECT_EQ(denied([] { return ::kill(::getppid(), 0); }), 0);
  EXPECT_EQ(denied([] { return ::dup(0); }), 0);
  EXPECT_EQ(denied([] { return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0; }), 0);
  EXPECT_EQ(denied([] { return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0; }), 1) << "memory itself is not denied";
}

TEST(PolicySandbox, AnAbortIsSeenAsOne) {
  EXPECT_EQ(confined([] { return std::raise(SIGTERM), 3; }), 3);
  EXPECT_EQ(confined([]() -> int { std::abort(); }), 256 + SIGABRT);
}

TEST(PolicySandbox, BoundsMemory) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer needs all addresses there are";
  const auto takes = [](std::size_t megabytes) {
    return confined([&] { return ::mmap(nullptr, megabytes * 1024 * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? 1 : 0; });
  };
  EXPECT_EQ(takes(32), 0);
  EXPECT_EQ(takes(80), 1);
}

}  // namespace
}  // namespace assay::policy
