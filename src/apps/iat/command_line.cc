#include "apps/iat/command_line.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>

#include "base/text.h"

namespace assay::iat {
namespace {

constexpr Option kHelp{"-h", "--help", "", {}, false, "show this help message and exit"};

std::string display_name(const Option& option) {
  return option.short_name.empty() ? std::string{option.long_name} : fmt::format("{}/{}", option.short_name, option.long_name);
}
void print_help(const CommandLine& line, std::ostream& out);

}  // namespace

class ArgumentParser {
 public:
  ArgumentParser(const CommandLine& line, std::span<const std::string> args) : line_{line}, args_{args} {}

  // Empty: all is well, or help is wanted.
  std::string run() {
    for (; at_ < args_.size() && error_.empty() && !help_; ++at_) take(args_[at_]);
    if (error_.empty() && !help_) finish();
    return error_;
  }
  bool help() const { return help_; }
  Arguments take_result() && { return std::move(result_); }

 private:
  bool is_option(std::string_view text) const { return !only_operands_ && text.size() > 1 && text[0] == '-'; }

  void take(const std::string& text) {
    if (!only_operands_ && text == "--") {
      only_operands_ = true;
    } else if (!is_option(text)) {
      take_operand(text);
    } else if (text.starts_with("--")) {
      take_long(text);
    } else {
      take_short(text);
    }
  }

  void take_operand(const std::string& text) {
    if (have_operand_) {
      unrecognized_.push_back(text);
    } else {
      result_.operand_ = text;
      have_operand_ = true;
    }
  }

  void take_long(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const auto candidates = options_starting_with(name);
    if (candidates.empty()) {
      unrecognized_.push_back(text);
    } else if (candidates.size() > 1) {
      std::vector<std::string_view> names(candidates.size());
      std::ranges::transform(candidates, names.begin(), &Option::long_name);
      error_ = fmt::format("ambiguous option: {} could match {}", printable(text), fmt::join(names, ", "));
    } else if (equals == std::string::npos) {
      give(*candidates[0], {});
    } else {
      give(*candidates[0], text.substr(equals + 1));
    }
  }

  // -k, -kKEY, -k=KEY, -Kp.
  void take_short(const std::string& text) {
    if (option_of_letter(text[1]) == nullptr) {
      unrecognized_.push_back(text);
      return;
    }
    for (std::size_t i = 1; i < text.size() && error_.empty() && !help_; ++i) {
      const Option& option = *option_of_letter(text[i]);
      const std::string rest = text.substr(i + 1);
      if (!option.metavar.empty()) {
        give(option, rest.empty() ? std::nullopt : std::optional{i == 1 && rest[0] == '=' ? rest.substr(1) : rest});
        return;
      }
      const bool flags_follow = rest.empty() || option_of_letter(rest[0]) != nullptr;
      give(option, flags_follow ? std::nullopt : std::optional{rest});
    }
  }

  void give(const Option& option, std::optional<std::string> attached) {
    if (option.metavar.empty()) {
      if (attached) {
        error_ = fmt::format("argument {}: ignored explicit argument '{}'", display_name(option), printable(*attached));
      } else if (option.long_name == kHelp.long_name) {
        help_ = true;
      } else {
        result_.given_.emplace_back(option.long_name, "");
      }
      return;
    }
    if (!attached) {
      const bool there = at_ + 1 < args_.size() && !is_option(args_[at_ + 1]);
      if (!there) {
        error_ = fmt::format("argument {}: expected one argument", display_name(option));
        return;
      }
      attached = args_[++at_];
    }
    if (!option.choices.empty() && std::ranges::find(option.choices, *attached) == option.choices.end()) {
      error_ = fmt::format("argument {}: invalid choice: '{}' (choose from '{}')", display_name(option), printable(*attached), fmt::join(option.choices, "', '"));
      return;
    }
    result_.given_.emplace_back(option.long_name, std::move(*attached));
  }

  void finish() {
    std::vector<std::string> missing;
    if (!have_operand_) missing.emplace_back(line_.operand);
    for (const Option& option : line_.options) {
      if (option.required && !result_.has(option.long_name)) missing.push_back(display_name(option));
    }
    if (!missing.empty()) {
      error_ = fmt::format("the following arguments are required: {}", fmt::join(missing, ", "));
    } else if (!unrecognized_.empty()) {
      error_ = fmt::format("unrecognized arguments: {}", printable(fmt::format("{}", fmt::join(unrecognized_, " "))));
    }
  }

  // An exact name stands alone, however many begin with it.
  std::vector<const Option*> options_starting_with(std::string_view name) const {
    std::vector<const Option*> found;
    for_each_option([&](const Option& option) {
      if (option.long_name.starts_with(name)) found.push_back(&option);
    });
    const auto exact = std::ranges::find(found, name, &Option::long_name);
    if (exact != found.end()) found = {*exact};
    return found;
  }
  const Option* option_of_letter(char letter) const {
    const Option* found = nullptr;
    for_each_option([&](const Option& option) {
      if (option.short_name.size() == 2 && option.short_name[1] == letter) found = &option;
    });
    return found;
  }
  template <class F>
  void for_each_option(F&& f) const {
    f(kHelp);
    for (const Option& option : line_.options) f(option);
  }

  const CommandLine& line_;
  std::span<const std::string> args_;
  std::size_t at_ = 0;
  bool only_operands_ = false;
  bool have_operand_ = false;
  bool help_ = false;
  Arguments result_;
  std::vector<std::string> unrecognized_;
  std::string error_;
};

std::optional<std::string> Arguments::get(std::string_view long_name) const {
  const auto last = std::ranges::find(given_.rbegin(), given_.rend(), long_name, &std::pair<std::string_view, std::string>::first);
  return last == given_.rend() ? std::nullopt : std::optional{last->second};
}

ParsedArguments parse_arguments(const CommandLine& line, std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  ArgumentParser parser{line, args};
  const std::string error = parser.run();
  if (!error.empty()) {
    err << "usage: " << line.usage << '\n'
        << line.program << ": error: " << error << '\n';
    return {std::nullopt, 2};
  }
  if (parser.help()) {
    print_help(line, out);
    return {std::nullopt, 0};
  }
  return {std::move(parser).take_result(), 0};
}

namespace {

void print_entry(std::ostream& out, std::string_view name, std::string_view help) {
  constexpr std::size_t kColumn = 24;
  out << "  " << name;
  if (name.size() + 4 > kColumn) {
    out << '\n'
        << std::string(kColumn, ' ');
  } else {
    out << std::string(kColumn - 2 - name.size(), ' ');
  }
  out << help << '\n';
}

void print_help(const CommandLine& line, std::ostream& out) {
  out << "usage: " << line.usage << "\n\n"
      << line.description << "\n\npositional arguments:\n";
  print_entry(out, line.operand, line.operand_help);
  out << "\noptions:\n";
  const auto print_option = [&](const Option& option) {
    std::string name;
    for (const std::string_view form : {option.short_name, option.long_name}) {
      if (form.empty()) continue;
      if (!name.empty()) name += ", ";
      name += form;
      if (!option.choices.empty()) {
        name += fmt::format(" {{{}}}", fmt::join(option.choices, ","));
      } else if (!option.metavar.empty()) {
        name += fmt::format(" {}", option.metavar);
      }
    }
    print_entry(out, name, option.help);
  };
  print_option(kHelp);
  for (const Option& option : line.options) print_option(option);
}

}  // namespace
}  // namespace assay::iat
