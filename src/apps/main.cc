#include <cerrno>
#include <csignal>
#include <cstring>
#include <ostream>
#include <string>
#include <vector>

#include "apps/dispatch/dispatch.h"
#include "apps/fd_stream.h"
#include "base/error.h"
#include "policy/worker.h"
#include "policy/worker_process.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  assay::FdBuffer out_buffer{1};
  assay::FdBuffer err_buffer{2};
  std::ostream out{&out_buffer};
  std::ostream err{&err_buffer};
  err << std::unitbuf;

  const std::vector<std::string> words{argv, argv + argc};
  // Not a command: how policy::WorkerPool starts this program again.
  if (words.size() > 1 && words[1] == assay::policy::kWorkerWord) return assay::policy::run_worker(std::span{words}.subspan(2));
  assay::policy::set_worker_program("/proc/self/exe");
  const int status = assay::run_program(words, out, err);

  out.flush();
  // A reader that went away (`assay … | head -1`) had what it wanted. Anything else lost data.
  const int failure = out_buffer.error();
  if (failure != 0 && failure != EPIPE) {
    err << "error: standard output: " << std::strerror(failure) << '\n';
    return assay::exit_code(assay::Errc::io);
  }
  return status;
}
