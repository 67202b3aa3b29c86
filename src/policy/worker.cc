#include "policy/worker.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>

#include "policy/interpreter.h"
#include "policy/message.h"
#include "policy/sandbox.h"

namespace assay::policy {
namespace {

constexpr int kSocket = 0;
constexpr std::string_view kConfined = "confined";  // the second start
constexpr time_t kRetireAfterCpuSeconds = 60;

struct Settings {
  std::size_t memory = 0;
  InterpreterOptions interpreter;
};

int start_again(std::span<const std::string> args);
std::optional<Settings> settings_of(std::span<const std::string> args);
int serve(const Settings& settings);
Reply answer(Interpreter& interpreter, const Request& request);
Reply fault(const Error& error);
bool is_worn(const Reply& reply);
bool read_all(std::span<std::uint8_t> to);
bool write_all(ByteView bytes);

}  // namespace

int run_worker(std::span<const std::string> args) {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(kSocket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX) return exit_code(Errc::usage);
  // The thread that started this process lives as long as its pool.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (args.empty() || args[0] != kConfined) return start_again(args);
  const auto settings = settings_of(args.subspan(1));
  return settings ? serve(*settings) : exit_code(Errc::usage);
}

namespace {

// A larger stack is only for a program that starts.
int start_again(std::span<const std::string> args) {
  enlarge_stack();
  std::vector<std::string> words{"assay", std::string{kWorkerWord}, std::string{kConfined}};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv("/proc/self/exe", pointers.data());
  return exit_code(Errc::io);
}

std::optional<Settings> settings_of(std::span<const std::string> args) {
  if (args.size() != 3) return std::nullopt;
  std::array<std::size_t, 3> numbers{};
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto [end, error] = std::from_chars(args[i].data(), args[i].data() + args[i].size(), numbers[i]);
    if (error != std::errc{} || end != args[i].data() + args[i].size()) return std::nullopt;
  }
  return Settings{numbers[0], {std::chrono::milliseconds{numbers[1]}, numbers[2]}};
}

int serve(const Settings& settings) {
  Interpreter interpreter{settings.interpreter};
  // Whatever the libraries set up at their first use, with files or without, is set up before the doors close.
  const auto warmed = interpreter.evaluate_text("package policy\nexecutables = 2 { semver_cmp(\"1.2\", \"1.1\") > 0; regex.match(\"a\", \"a\"); not to_number(\"x\") }", "{}");
  Result<void> ready = warmed ? confine({settings.memory}) : std::unexpected(warmed.error());
  if (!write_all(encode_reply(ready ? Reply{} : fault(ready.error()))) || !ready) return exit_code(Errc::unavailable);

  Bytes body;
  for (;;) {
    std::array<std::uint8_t, kFrameHeader> header{};
    if (!read_all(header)) return 0;
    const auto size = body_size(header, kMaxRequest);
    if (!size) return exit_code(size.error().errc);
    body.resize(*size);
    if (!read_all(body)) return 0;
    const auto request = parse_request(body);
    Reply reply = request ? answer(interpreter, *request) : fault(request.error());
    reply.retiring = is_worn(reply);
    if (!write_all(encode_reply(reply))) return 0;
    if (reply.retiring) return 0;
  }
}

Reply answer(Interpreter& interpreter, const Request& request) {
  if (request.kind == Request::Kind::check) {
    const auto checked = interpreter.check(request.rules);
    return checked ? Reply{} : fault(checked.error());
  }
  auto outcome = interpreter.evaluate_text(request.rules, request.input);
  return outcome ? Reply{Reply::Outcome::done, false, std::move(*outcome)} : fault(outcome.error());
}

Reply fault(const Error& error) {
  using enum Reply::Outcome;
  const auto outcome = error.errc == Errc::limit ? limit : error.errc == Errc::internal  ? internal
                                                       : error.errc == Errc::unsupported ? unsupported
                                                                                         : invalid;
  std::string text = error.where.empty() ? error.what : error.where + ": " + error.what;
  if (!error.expected.empty()) text += "; expected " + error.expected;
  return {outcome, false, std::move(text)};
}

// After a limit the memory may be full of what was left; after a panic who knows. A new process is cheap.
bool is_worn(const Reply& reply) {
  if (reply.outcome == Reply::Outcome::limit || reply.outcome == Reply::Outcome::internal) return true;
  timespec used{};
  return ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 && used.tv_sec >= kRetireAfterCpuSeconds;
}

bool read_all(std::span<std::uint8_t> to) {
  while (!to.empty()) {
    const ssize_t got = ::read(kSocket, to.data(), to.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

bool write_all(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(kSocket, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace
}  // namespace assay::policy
