// Command lines as Python's argparse reads them, as far as the iat tools use it: flags, options with one argument, choices, one
// file name; short options grouped or with their argument attached, long ones abbreviated or with `=`. Errors end with status 2.
#pragma once

#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::iat {

struct Option {
  std::string_view short_name;                     // "-k"; may be empty
  std::string_view long_name;                      // "--key"
  std::string_view metavar;                        // "KEY"; empty: a flag without argument
  std::span<const std::string_view> choices = {};  // empty: any
  bool required = false;
  std::string_view help;
};

struct CommandLine {
  std::string_view program;
  std::string_view usage;  // without "usage: ", lines folded as argparse folds them at 80 columns
  std::string_view description;
  std::string_view operand;  // the name of the one file name
  std::string_view operand_help;
  std::span<const Option> options;
};

class Arguments {
 public:
  bool has(std::string_view long_name) const { return get(long_name).has_value(); }
  // The last argument given; flags have an empty one.
  std::optional<std::string> get(std::string_view long_name) const;
  const std::string& operand() const { return operand_; }

 private:
  friend class ArgumentParser;
  std::vector<std::pair<std::string_view, std::string>> given_;
  std::string operand_;
};

// The arguments, or the exit status: 0 after --help (on `out`), 2 after an error (usage and message on `err`).
struct ParsedArguments {
  std::optional<Arguments> arguments;
  int status = 0;
};
ParsedArguments parse_arguments(const CommandLine& line, std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay::iat
