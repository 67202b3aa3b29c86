// For tests of services: the program itself in other processes, on ports that the system chooses.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "apps/app_testing.h"
#include "testing/testing.h"

namespace assay::testing {

// `assay ARGS…`, which says on the first line of its standard output where it listens. Ended (SIGTERM) when it goes.
class ServiceProcess {
 public:
  // `log`: a file for its standard error.
  ServiceProcess(std::vector<std::string> args, const std::string& log) {
    args.insert(args.begin(), ASSAY_PROGRAM);
    std::vector<char*> raw;
    for (std::string& arg : args) raw.push_back(arg.data());
    raw.push_back(nullptr);
    int pipe[2];
    if (::pipe(pipe) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      const int err = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(pipe[1], 1);
      ::dup2(err, 2);
      for (const int fd : {pipe[0], pipe[1], err}) ::close(fd);
      ::execv(raw[0], raw.data());
      ::_exit(127);
    }
    ::close(pipe[1]);
    for (char c = 0; ::read(pipe[0], &c, 1) == 1 && c != '\n';) line_ += c;
    ::close(pipe[0]);
  }
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;
  ~ServiceProcess() { stop(); }

  // "http://127.0.0.1:PORT"; empty: it did not start.
  std::string url() const { return line_.substr(0, line_.find(' ')); }
  // Its exit status; 128 and the signal where one ended it.
  int stop(int signal = SIGTERM) {
    if (child_ <= 0) return -1;
    ::kill(child_, signal);
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t child_ = -1;
  std::string line_;
};

}  // namespace assay::testing
