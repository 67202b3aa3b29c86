// Policies run by worker processes: what a hostile policy can do is end or stall one of them, and the request that brought it gets an
// error. Workers are started when the first policy comes, kept, and replaced when they die, overrun, or have reached a limit.
//
//   policy::WorkerPool pool;                                  // cheap: no process yet
//   auto outcome = pool.evaluate(rules, input);               // ~0.2 ms once the worker knows the policy
//
// Thread-safe. A request takes at most the total time after a worker is free. Limits: engine.h, WorkerOptions.
#pragma once

#include <memory>
#include <vector>

#include "policy/engine.h"
#include "policy/worker_process.h"

namespace assay::policy {

struct PoolOptions {
  WorkerOptions worker = {};
  std::size_t workers = 0;                       // at most; 0: as many as processors, 4 at most
  std::chrono::milliseconds queue_time{10'000};  // how long a request waits for a free worker
};

class WorkerPool : public Engine {
 public:
  explicit WorkerPool(PoolOptions options = {});
  // Ends all workers. No request may be running.
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Besides the errors of Engine: `exhausted` where no worker became free in time.
  Result<void> check(std::string_view rules) override;
  Result<json::Value> evaluate(std::string_view rules, const json::Value& input) override;

  struct Status {
    std::vector<pid_t> idle;        // workers that wait
    std::size_t busy = 0;           // workers that answer
    std::size_t started = 0;        // since the beginning
    std::size_t requests = 0;       // taken
    std::size_t failed_starts = 0;  // workers that did not come up
  };
  Status status() const;

 private:
  struct State;
  Result<std::string> run(const Request& request);

  PoolOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace assay::policy
