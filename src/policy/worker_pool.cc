#include "policy/worker_pool.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace assay::policy {

// The keeper is the thread that starts workers. They end with it, by the kernel's hand if nobody else's.
struct WorkerPool::State {
  mutable std::mutex mutex;
  std::condition_variable worker_is_free;
  std::condition_variable keeper_has_work;
  std::vector<WorkerProcess> idle;
  std::size_t busy = 0;
  std::size_t starting = 0;
  std::size_t wanted = 0;   // processes
  std::size_t waiting = 0;  // requests
  std::size_t started = 0;
  std::size_t requests = 0;
  std::size_t failed_starts = 0;
  std::optional<Error> start_error;
  bool stop = false;
  std::thread keeper;

  std::size_t alive() const { return idle.size() + busy + starting; }
  Result<void> start_keeper(const PoolOptions& options);
  void keep(const PoolOptions& options);
  Result<WorkerProcess> take(const PoolOptions& options);
  void give_back(WorkerProcess worker);
};

WorkerPool::WorkerPool(PoolOptions options) : options_{std::move(options)}, state_{std::make_unique<State>()} {
  if (options_.workers == 0) options_.workers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock{state_->mutex};
    state_->stop = true;
  }
  state_->keeper_has_work.notify_all();
  if (state_->keeper.joinable()) state_->keeper.join();
}

Result<void> WorkerPool::check(std::string_view rules) {
  auto answer = run({Request::Kind::check, rules, {}});
  if (answer) return {};
  if (answer.error().errc == Errc::policy) answer.error().errc = Errc::invalid;
  return std::unexpected(answer.error());
}

Result<json::Value> WorkerPool::evaluate(std::string_view rules, const json::Value& input) {
  const std::string text = json::print(input, {.html_safe = false});
  const std::string outcome = TRY(run({Request::Kind::evaluate, rules, text}));
  return within("outcome", json::parse(outcome));
}

WorkerPool::Status WorkerPool::status() const {
  const std::lock_guard lock{state_->mutex};
  Status status{{}, state_->busy, state_->started, state_->requests, state_->failed_starts};
  for (const WorkerProcess& worker : state_->idle) status.idle.push_back(worker.pid());
  return status;
}

Result<std::string> WorkerPool::run(const Request& request) {
  const Bytes frame = TRY(encode_request(request));
  WorkerProcess worker = TRY(state_->take(options_));
  auto answer = worker.ask(frame);
  state_->give_back(std::move(worker));
  return answer;
}

Result<void> WorkerPool::State::start_keeper(const PoolOptions& options) {
  if (keeper.joinable()) return {};
  try {
    keeper = std::thread{[this, &options] { keep(options); }};
  } catch (const std::system_error& error) {
    return fail(Errc::exhausted, "policy workers", "no thread for them: {}", error.what());
  }
  return {};
}

void WorkerPool::State::keep(const PoolOptions& options) {
  std::unique_lock lock{mutex};
  for (;;) {
    keeper_has_work.wait(lock, [&] { return stop || alive() < wanted; });
    if (stop) return;
    ++starting;
    lock.unlock();
    auto worker = WorkerProcess::start(options.worker);
    lock.lock();
    --starting;
    if (worker) {
      ++started;
      idle.push_back(std::move(*worker));
      worker_is_free.notify_one();
    } else {
      // Tried again when the next request comes.
      ++failed_starts;
      start_error = worker.error();
      wanted = alive();
      worker_is_free.notify_all();
    }
  }
}

Result<WorkerProcess> WorkerPool::State::take(const PoolOptions& options) {
  std::unique_lock lock{mutex};
  TRY(start_keeper(options));
  ++requests;
  const auto deadline = std::chrono::steady_clock::now() + options.queue_time;
  const std::size_t failed_before = failed_starts;
  for (;;) {
    // One that died while it had nothing to do costs nobody a request.
    while (!idle.empty()) {
      WorkerProcess worker = std::move(idle.back());
      idle.pop_back();
      if (!worker.is_idle()) continue;
      ++busy;
      return worker;
    }
    if (failed_starts != failed_before && alive() == 0) return std::unexpected(*start_error);
    ++waiting;
    wanted = std::clamp(alive() - starting + waiting, std::max<std::size_t>(wanted, 1), options.workers);
    keeper_has_work.notify_one();
    const auto woken = worker_is_free.wait_until(lock, deadline);
    --waiting;
    if (woken == std::cv_status::timeout && idle.empty()) return fail(Errc::exhausted, "policy workers", "none became free within {} ms", options.queue_time.count());
  }
}

void WorkerPool::State::give_back(WorkerProcess worker) {
  const std::lock_guard lock{mutex};
  --busy;
  if (worker.is_usable()) {
    idle.push_back(std::move(worker));
    worker_is_free.notify_one();
  } else {
    keeper_has_work.notify_one();
  }
}

}  // namespace assay::policy
