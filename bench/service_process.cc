#include "bench/service_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "bench/must.h"
#include "bench/service_client.h"

namespace assay::bench {

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "assay-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) give_up("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

ServiceProcess::ServiceProcess(const Folder& folder, const std::string& store, const std::string& ear_key) {
  const auto begin = std::chrono::steady_clock::now();
  std::array<int, 2> out{};
  if (::pipe(out.data()) != 0) give_up("no pipe");
  child_ = ::fork();
  if (child_ == 0) {
    const int log = ::open(folder.file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out[1], 1);
    ::dup2(log, 2);
    for (const int fd : {out[0], out[1], log}) ::close(fd);
    ::execl(ASSAY_PROGRAM, ASSAY_PROGRAM, "serve", "--listen", "127.0.0.1:0", "--store", store.c_str(), "--ear-key", ear_key.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(out[1]);
  std::string line;
  for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';) line += c;
  ::close(out[0]);
  const std::size_t colon = line.rfind(':');
  if (colon == std::string::npos) give_up("the service did not start");
  std::from_chars(line.data() + colon + 1, line.data() + line.size(), port_);
  if (ask(port_, "GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n").status != 200) give_up("the service is not well");
  started_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

ServiceProcess::~ServiceProcess() {
  ::kill(child_, SIGTERM);
  ::waitpid(child_, nullptr, 0);
}

double ServiceProcess::cpu_seconds() const {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(child_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) give_up("the service is gone");
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

double ServiceProcess::resident() const {
  std::ifstream in{fmt::format("/proc/{}/statm", child_)};
  double pages = 0;
  double resident = 0;
  in >> pages >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace assay::bench
