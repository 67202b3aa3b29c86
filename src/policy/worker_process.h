// The program's side of one policy worker: start it, ask it, end it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "policy/engine.h"
#include "policy/message.h"

namespace assay::policy {

// Which program answers to the word `policy-worker`, where the options do not say: main says so of itself. Without that no worker starts:
// a program that does not know the word (a test) would do whatever it does. To be called before there are threads.
void set_worker_program(std::string path);

struct WorkerOptions {
  std::string program = {};  // empty: as set_worker_program said
  std::chrono::milliseconds evaluation_time = kEvaluationTime;
  std::chrono::milliseconds total_time = kTotalTime;
  std::chrono::milliseconds start_time{10'000};
  std::size_t memory = kMemory;
  std::size_t kept = 8;  // compiled policies of a worker
};

// Not thread-safe. The process ends with its object.
class WorkerProcess {
 public:
  // Returns when the worker is ready. Call it from a thread that outlives the worker: the kernel ends the worker with it.
  // Fails with `unavailable` (it does not start, or not in time) or `unsupported` (no Rego, no sandbox).
  static Result<WorkerProcess> start(const WorkerOptions& options);

  WorkerProcess(WorkerProcess&& other) noexcept;
  WorkerProcess& operator=(WorkerProcess&& other) noexcept;
  ~WorkerProcess();

  // An encoded request; the text of the answer. Fails as Engine does, `policy` for an invalid policy. A worker that overruns or dies is
  // ended; whether this one can be asked again, `is_usable` says.
  Result<std::string> ask(ByteView request);
  // Still there, and silent: what an idle worker has to be.
  bool is_idle() const;
  bool is_usable() const { return usable_; }
  pid_t pid() const { return pid_; }

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  WorkerProcess(pid_t pid, int socket, const WorkerOptions& options) : pid_{pid}, socket_{socket}, options_{options} {}

  bool send(ByteView bytes, Deadline deadline);
  // Nothing: the socket ended, or the time; then `overrun_` says which.
  std::optional<Reply> receive(Deadline deadline);
  bool read_all(std::span<std::uint8_t> to, Deadline deadline);
  bool wait_for(short events, Deadline deadline);
  // Kills and reaps; how the process ended, as of waitpid.
  int end();
  std::unexpected<Error> explain_death();

  pid_t pid_ = -1;
  int socket_ = -1;
  WorkerOptions options_;
  bool usable_ = true;
  bool overrun_ = false;
};

}  // namespace assay::policy
