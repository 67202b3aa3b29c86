// Commands and flags as Go programs built on cobra and pflag have them: the same syntax, texts and exit status, so that scripts
// written for such a tool cannot tell the difference. The personalities (`evcli`, `arc`) are made of it.
//
// Syntax: --flag value, --flag=value, -f value, -fvalue, -f=value, grouped booleans (-iI), `--` ends flags, flags and positionals
// may be mixed. Built in: --help/-h everywhere, --version/-v at the root, `help [command]` and `completion bash|zsh|fish`.
// A command without `run` prints its help. Errors are one line, `Error: <text>`, on stderr with exit status 1 (see usage_with_errors).
// Thread-safe: no state outside the arguments.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/nearest.h"

namespace assay::goflags {

// An error whose text is exactly `text`, and the same error with `prefix` in front of its text: nothing is added when it is printed.
std::unexpected<Error> fail_with(Errc errc, std::string text);
Error prefixed(std::string_view prefix, const Error& error);
template <class T>
Result<T> with_prefix(std::string_view prefix, Result<T> result) {
  if (!result) return std::unexpected(prefixed(prefix, result.error()));
  return result;
}

struct Flag {
  enum Kind { text,
              boolean,
              uint,
              list };  // list: may be given several times

  std::string long_name;
  char short_name = 0;  // 0: none
  Kind kind = text;
  std::string default_value = {};  // "" is also false, 0 and the empty list
  std::string help = {};           // a word in `back quotes` names the value in the help
  bool required = false;
  bool persistent = false;  // also valid in every command below
  std::string unless = {};  // required only where this other flag is not set
};

// What a command gets to see: its flags by long name (an unknown name is our bug and aborts), positionals, streams.
class Context {
 public:
  Context(std::ostream& out_stream, std::ostream& err_stream) : out{out_stream}, err{err_stream} {}

  const std::string& text(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::uint64_t uint(std::string_view name) const;
  const std::vector<std::string>& list(std::string_view name) const;
  bool was_set(std::string_view name) const;
  std::span<const std::string> positionals() const { return positionals_; }

  std::ostream& out;
  std::ostream& err;

 private:
  friend class Parser;
  struct Value {
    Flag::Kind kind = Flag::text;
    std::string text;
    bool flag = false;
    std::uint64_t number = 0;
    std::vector<std::string> items;
    bool set = false;
  };
  const Value& value(std::string_view name, Flag::Kind kind) const;

  std::map<std::string, Value, std::less<>> values_;
  std::vector<std::string> positionals_;
};

struct Command {
  std::string name;
  std::string short_help = {};
  std::string long_help = {};
  std::string usage = {};     // what follows the name in the usage line: "[flags] <jwt-file>"; default "[flags]"
  std::string examples = {};  // printed under "Examples:", indented by the caller
  std::vector<Flag> flags = {};
  std::vector<Command> children = {};
  std::function<Result<void>(Context&)> run = {};     // absent: print help
  std::function<Result<void>(Context&)> before = {};  // of the root: before required flags are checked (reads configuration)
  bool usage_with_errors = false;                     // of the root: cobra's habit where it is not silenced: error, usage, the error again
};

// Runs the command that `args` (without the program's name) selects below `root`. `version_line` is printed by --version.
// Returns the exit status: 0 or 1.
int run(const Command& root, std::span<const std::string> args, std::ostream& out, std::ostream& err, std::string_view version_line);

// How many positionals there are, in cobra's words: "accepts 2 arg(s), received 1".
Result<void> check_positionals(const Context& context, std::size_t least, std::size_t most);

// The help text of the command that `path` leads to, as --help prints it. `path` begins with the root's name.
std::string help_text(const Command& root, std::span<const Command* const> path);

using assay::edit_distance;
using assay::nearest;

}  // namespace assay::goflags
