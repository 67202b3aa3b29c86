#include "policy/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "policy/worker.h"

namespace assay::policy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kWhere = "policy worker";

Result<pid_t> spawn(const WorkerOptions& options, int socket);
std::unexpected<Error> as_error(const Reply& reply);
std::string& worker_program() {
  static std::string path;
  return path;
}
std::string seconds(std::chrono::milliseconds time) { return fmt::format("{:g} s", static_cast<double>(time.count()) / 1000); }

}  // namespace

void set_worker_program(std::string path) { worker_program() = std::move(path); }

Result<WorkerProcess> WorkerProcess::start(const WorkerOptions& options) {
  if (options.program.empty() && worker_program().empty()) return fail(Errc::unavailable, kWhere, "this program does not start any");
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return fail(Errc::unavailable, kWhere, "no socket: {}", std::strerror(errno));
  const auto pid = spawn(options, ends[1]);
  ::close(ends[1]);
  if (!pid) {
    ::close(ends[0]);
    return std::unexpected(pid.error());
  }
  WorkerProcess worker{*pid, ends[0], options};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  const auto ready = worker.receive(Clock::now() + options.start_time);
  if (!ready) {
    const int status = worker.end();
    if (worker.overrun_) return fail(Errc::unavailable, kWhere, "does not start within {}", seconds(options.start_time));
    return fail(Errc::unavailable, kWhere, "ends at its start ({} {})", WIFSIGNALED(status) ? "signal" : "exit status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  }
  if (ready->outcome != Reply::Outcome::done) return as_error(*ready);
  return worker;
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)}, socket_{std::exchange(other.socket_, -1)}, options_{std::move(other.options_)}, usable_{other.usable_}, overrun_{other.overrun_} {}

WorkerProcess& WorkerProcess::operator=(WorkerProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(socket_, other.socket_);
  std::swap(options_, other.options_);
  std::swap(usable_, other.usable_);
  std::swap(overrun_, other.overrun_);
  return *this;
}

WorkerProcess::~WorkerProcess() { end(); }

Result<std::string> WorkerProcess::ask(ByteView request) {
  const Deadline deadline = Clock::now() + options_.total_time;
  std::optional<Reply> reply;
  if (send(request, deadline)) reply = receive(deadline);
  if (!reply) return explain_death();
  if (reply->retiring) end();
  if (reply->outcome != Reply::Outcome::done) return as_error(*reply);
  return std::move(reply->text);
}

bool WorkerProcess::is_idle() const {
  pollfd one{socket_, POLLIN, 0};
  return usable_ && ::poll(&one, 1, 0) == 0;
}

bool WorkerProcess::send(ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
    else if (errno != EINTR && errno != EAGAIN) return false;
    else if (!wait_for(POLLOUT, deadline)) return false;
  }
  return true;
}

std::optional<Reply> WorkerProcess::receive(Deadline deadline) {
  std::array<std::uint8_t, kFrameHeader> header{};
  if (!read_all(header, deadline)) return std::nullopt;
  const auto size = body_size(header, kMaxReply);
  if (!size) return std::nullopt;
  Bytes body(*size);
  if (!read_all(body, deadline)) return std::nullopt;
  auto reply = parse_reply(body);
  if (!reply) return std::nullopt;
  return std::move(*reply);
}

bool WorkerProcess::read_all(std::span<std::uint8_t> to, Deadline deadline) {
  while (!to.empty()) {
    const ssize_t got = ::recv(socket_, to.data(), to.size(), 0);
    if (got > 0) to = to.subspan(static_cast<std::size_t>(got));
    else if (got == 0 || (errno != EINTR && errno != EAGAIN)) return false;
    else if (!wait_for(POLLIN, deadline)) return false;
  }
  return true;
}

bool WorkerProcess::wait_for(short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd one{socket_, events, 0};
    const int ready = left > 0 ? ::poll(&one, 1, static_cast<int>(left)) : 0;
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    overrun_ = ready == 0;
    return false;
  }
}

int WorkerProcess::end() {
  usable_ = false;
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  if (pid_ <= 0) return 0;
  // Somebody who does not wait for children has none to wait for: then nothing is known of the end, and nothing is left to do.
  ::kill(pid_, SIGKILL);
  int status = 0;
  pid_t got = -1;
  do got = ::waitpid(pid_, &status, 0);
  while (got < 0 && errno == EINTR);
  pid_ = -1;
  return got < 0 ? 0 : status;
}

// A process that has died of itself is not killed again: what waitpid says is why.
std::unexpected<Error> WorkerProcess::explain_death() {
  if (overrun_) {
    end();
    return fail(Errc::limit, "", "took more than {} and was stopped", seconds(options_.total_time));
  }
  // The socket closes a moment before the process is gone.
  siginfo_t info{};
  for (int tries = 0; tries < 200 && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == 0; ++tries) ::usleep(1000);
  const int status = end();
  if (!WIFSIGNALED(status)) return fail(Errc::unavailable, kWhere, "ended in the middle of a request (exit status {})", WEXITSTATUS(status));
  switch (WTERMSIG(status)) {
    case SIGSEGV:
    case SIGBUS: return fail(Errc::limit, "", "recurses deeper than the stack allows");
    case SIGABRT:
    case SIGILL:
    case SIGTRAP: return fail(Errc::limit, "", "needs more memory than {} MiB", options_.memory / 1024 / 1024);
    case SIGXCPU: return fail(Errc::limit, "", "needs more processor time than a worker has");
    default: return fail(Errc::unavailable, kWhere, "was ended from outside in the middle of a request (signal {})", WTERMSIG(status));
  }
}

namespace {

// posix_spawn's own resources, given back whatever happens.
class Plan {
 public:
  Plan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  ~Plan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

// The worker gets the socket as its only open descriptor besides /dev/null, no environment of ours, and a process group of its own, so that
// what ends the program from a terminal does not end its workers before the last request is answered.
Result<pid_t> spawn(const WorkerOptions& options, int socket) {
  Plan plan;
  sigset_t blocked;
  ::sigemptyset(&blocked);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaddset(&blocked, signal);
  ::posix_spawnattr_setsigmask(&plan.attributes, &blocked);
  ::posix_spawnattr_setpgroup(&plan.attributes, 0);
  ::posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  bool planned = ::posix_spawn_file_actions_adddup2(&plan.actions, socket, 0) == 0;
  for (const int fd : {1, 2}) planned = planned && ::posix_spawn_file_actions_addopen(&plan.actions, fd, "/dev/null", O_WRONLY, 0) == 0;
  planned = planned && ::posix_spawn_file_actions_addclosefrom_np(&plan.actions, 3) == 0;
  if (!planned) return fail(Errc::exhausted, kWhere, "cannot be planned");

  std::vector<std::string> words{"assay", std::string{kWorkerWord}, std::to_string(options.memory), std::to_string(options.evaluation_time.count()), std::to_string(options.kept)};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  // The allocator of the interpreter asks for a gigabyte of addresses at once otherwise, beyond the limit.
  std::string reserve = "MIMALLOC_ARENA_RESERVE=16384";
  std::string language = "LC_ALL=C";
  std::array<char*, 3> environment{reserve.data(), language.data(), nullptr};
  pid_t pid = -1;
  const std::string& program = options.program.empty() ? worker_program() : options.program;
  const int error = ::posix_spawn(&pid, program.c_str(), &plan.actions, &plan.attributes, arguments.data(), environment.data());
  if (error != 0) return fail(Errc::unavailable, kWhere, "cannot start {}: {}", program, std::strerror(error));
  return pid;
}

// A panic of the interpreter is what a policy made it do.
std::unexpected<Error> as_error(const Reply& reply) {
  Errc errc = Errc::policy;
  if (reply.outcome == Reply::Outcome::limit) errc = Errc::limit;
  if (reply.outcome == Reply::Outcome::unsupported) errc = Errc::unsupported;
  return std::unexpected(Error{errc, {}, reply.text, {}, {}});
}

}  // namespace
}  // namespace assay::policy
