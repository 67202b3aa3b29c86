#include "policy/worker_pool.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/text.h"
#include "policy/policy_testing.h"
#include "testing/testing.h"

namespace assay::policy {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::fails;
using testing::ok;
using testing::read_text;
using testing::vector_path;

constexpr std::string_view kGood = "package policy\nexecutables = evidence.a";
// Busy for a second or so, in steps.
constexpr std::string_view kSlow = "package policy\nexecutables = 2 { some i, j, k; i = numbers.range(1, 2000)[_]; j = numbers.range(1, 2000)[_]; k = numbers.range(1, 2000)[_]; i + j + k < 0 }";

json::Value input(int a) { return json::parse(fmt::format(R"({{"evidence":{{"a":{}}}}})", a)).value(); }
std::int64_t executables(const json::Value& outcome) { return outcome.object()->find("trust-vector")->object()->find("executables")->integer().value_or(-1); }

Result<json::Value> as_value(const Result<void>& result) {
  if (!result) return std::unexpected(result.error());
  return json::Value{};
}

std::string file_of(pid_t pid, const char* name) { return read_text(fmt::format("/proc/{}/{}", pid, name)); }

TEST(PolicyWorkers, StartWithTheFirstPolicy) {
  WorkerPool pool{pool_options()};
  EXPECT_EQ(pool.status().started, 0u);
  ASSAY_NEEDS_REGO(pool);
  EXPECT_EQ(pool.status().started, 0u);
  const auto outcome = pool.evaluate(kGood, input(2));
  ASSERT_TRUE(ok(outcome));
  EXPECT_EQ(executables(*outcome), 2);
  EXPECT_EQ(pool.status().started, 1u);
  ASSERT_EQ(pool.status().idle.size(), 1u);
}

TEST(PolicyWorkers, HaveGivenUpEverything) {
  WorkerPool pool{pool_options()};
  ASSAY_NEEDS_REGO(pool);
  ASSERT_TRUE(ok(pool.evaluate(kGood, input(2))));
  const pid_t pid = pool.status().idle.at(0);
  const std::string status = file_of(pid, "status");
  EXPECT_TRUE(status.contains("Seccomp:\t2")) << status;
  EXPECT_TRUE(status.contains("NoNewPrivs:\t1"));
  EXPECT_TRUE(status.contains("Threads:\t1"));
  const std::string limits = file_of(pid, "limits");
  for (const char* name : {"Max open files            0 ", "Max core file size        0 ", "Max file size             0 ", "Max stack size            536870912 "}) EXPECT_TRUE(limits.contains(name)) << name << limits;
  EXPECT_FALSE(limits.contains("Max cpu time              unlimited"));
  if (::geteuid() != 0) return;  // others may not look
  for (const auto& entry : std::filesystem::directory_iterator{fmt::format("/proc/{}/fd", pid)}) {
    const std::string target = std::filesystem::read_symlink(entry).string();
    EXPECT_TRUE(target == "/dev/null" || target.starts_with("socket:")) << target;
  }
  EXPECT_FALSE(file_of(pid, "environ").contains("HOME="));
}

TEST(PolicyWorkers, SayWhatIsWrongWithAPolicy) {
  WorkerPool pool{pool_options()};
  ASSAY_NEEDS_REGO(pool);
  EXPECT_TRUE(ok(pool.check(kGood)));
  EXPECT_TRUE(fails(pool.check("package policy\nx { y > 1 }"), Errc::invalid, "policy.rego:2"));
  EXPECT_TRUE(fails(pool.check("package policy\nx = http.send({})"), Errc::invalid, "http.send is not offered"));
  EXPECT_TRUE(fails(pool.check(std::string(kMaxRules + 1, ' ')), Errc::limit, "at most 65536"));
  EXPECT_TRUE(fails(pool.evaluate("bad_rule:;;", input(2)), Errc::policy, "policy.rego:1"));
  EXPECT_TRUE(fails(pool.evaluate("package policy\nexecutables = x { x := [2, 3][_] }", input(2)), Errc::policy, "multiple outputs"));
  EXPECT_EQ(pool.status().started, 1u) << "an invalid policy costs no worker";
}

TEST(PolicyWorkers, OneThatDiesIdleIsReplacedBeforeItIsAsked) {
  WorkerPool pool{pool_options(1)};
  ASSAY_NEEDS_REGO(pool);
  ASSERT_TRUE(ok(pool.evaluate(kGood, input(2))));
  ::kill(pool.status().idle.at(0), SIGKILL);
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(ok(pool.evaluate(kGood, input(3))));
  EXPECT_EQ(pool.status().started, 2u);
}

TEST(PolicyWorkers, OneThatIsKilledFailsItsRequestOnly) {
  PoolOptions options = pool_options(1);
  options.worker.evaluation_time = 20s;
  options.worker.total_time = 20s;
  WorkerPool pool{options};
  ASSAY_NEEDS_REGO(pool);
  ASSERT_TRUE(ok(pool.evaluate(kGood, input(2))));
  const pid_t pid = pool.status().idle.at(0);
  std::jthread killer{[&] {
    while (pool.status().busy == 0) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(100ms);
    ::kill(pid, SIGKILL);
  }};
  EXPECT_TRUE(fails(pool.evaluate(kSlow, input(2)), Errc::unavailable, "ended from outside"));
  EXPECT_TRUE(ok(pool.evaluate(kGood, input(2))));
}

TEST(PolicyWorkers, OneThatOverrunsIsStopped) {
  PoolOptions options = pool_options(1);
  options.worker.evaluation_time = 20s;
  options.worker.total_time = 300ms;
  WorkerPool pool{options};
  ASSAY_NEEDS_REGO(pool);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(fails(pool.evaluate(kSlow, input(2)), Errc::limit, "took more than 0.3 s and was stopped"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  EXPECT_TRUE(ok(pool.evaluate(kGood, input(2))));
}

TEST(PolicyWorkers, AnswerManyThreads) {
  WorkerPool pool{pool_options(2)};
  ASSAY_NEEDS_REGO(pool);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 50; ++i) {
          const int value = 1 + (thread * 50 + i) % 100;
          const auto outcome = pool.evaluate(kGood, input(value));
          if (!outcome || executables(*outcome) != value) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(pool.status().started, 2u);
  EXPECT_EQ(pool.status().requests, 400u);
}

TEST(PolicyWorkers, AProgramThatIsNoneIsAnErrorNotAStall) {
  for (const char* program : {"/bin/true", "/no/such/program"}) {
    PoolOptions options = pool_options();
    options.worker.program = program;
    WorkerPool pool{options};
    EXPECT_TRUE(fails(pool.check(kGood), Errc::unavailable, "policy worker"));
    EXPECT_TRUE(fails(pool.check(kGood), Errc::unavailable, "policy worker")) << "and again";
  }
}

// What starts a test program again would run its tests.
TEST(PolicyWorkers, AreNotStartedFromAProgramThatDoesNotSaySo) {
  WorkerPool pool;
  EXPECT_TRUE(fails(pool.check(kGood), Errc::unavailable, "this program does not start any"));
}

TEST(PolicyWorkers, RefuseAnOutcomeThatIsTooLarge) {
  WorkerPool pool{pool_options()};
  ASSAY_NEEDS_REGO(pool);
  EXPECT_TRUE(fails(pool.evaluate("package policy\nadded_claims = {\"x\": numbers.range(1, 300000)}", input(1)), Errc::limit, "at most 1048576"));
  EXPECT_TRUE(fails(pool.evaluate("package policy\nadded_claims = [[[[[[[[[[[[[[[x]]]]]]]]]]]]]]] { x := [[[1]]] }", input(1)), Errc::limit));
}

// Texts that ended or stalled the process when they were run in it.
TEST(PolicyWorkers, SurviveHostilePolicies) {
  WorkerPool pool{pool_options(1)};
  ASSAY_NEEDS_REGO(pool);
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator{vector_path("policy-hostile")}) {
    if (entry.path().extension() != ".rego") continue;
    ++seen;
    const std::string rules = read_text(entry.path()) + "\nadded_claims = {\"x\": x}\n";
    for (const bool store : {true, false}) {
      const auto start = std::chrono::steady_clock::now();
      const auto outcome = store ? as_value(pool.check(rules)) : pool.evaluate(rules, input(2));
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
      RecordProperty(entry.path().stem().string() + (store ? "-check" : "-evaluate"), fmt::format("{} ms: {}", took.count(), outcome ? "done" : outcome.error().text()).substr(0, 200));
      Errc errc = outcome ? Errc::limit : outcome.error().errc;
      if (kSanitized && errc == Errc::unavailable) errc = Errc::limit;  // a sanitizer's own end of a stack or of memory
      EXPECT_TRUE(errc == Errc::limit || errc == (store ? Errc::invalid : Errc::policy)) << entry.path() << outcome.error();
      // The worker's start is not the policy's; a busy machine gets some more.
      EXPECT_LT(took, 4s) << entry.path();
      const auto good = pool.evaluate(kGood, input(33));
      ASSERT_TRUE(ok(good)) << "after " << entry.path();
      EXPECT_EQ(executables(*good), 33);
    }
  }
  EXPECT_EQ(seen, 29);
  if (kSanitized) return;
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);
  EXPECT_LT(children.ru_maxrss, 1024 * 1024) << "KiB: heap, stack and program of the largest";
}

}  // namespace
}  // namespace assay::policy
