#include "apps/goflags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>

#include "apps/files.h"
#include "apps/goflags_completion.h"
#include "base/text.h"

namespace assay::goflags {

using files::go_quote;

// One run: finds the command, reads its flags, runs it.
class Parser {
 public:
  Parser(const Command& root, std::ostream& out, std::ostream& err, std::string_view version_line) : root_{root}, context_{out, err}, version_line_{version_line} {}
  Result<void> run(std::span<const std::string> args);
  // What stands between the error of `run` and its repetition, where the tool repeats it.
  std::string advice() const;

 private:
  enum class Stage { selecting,
                     configuring,
                     running };
  Result<void> find(std::span<const std::string> args);
  Result<void> unknown_command(const std::string& word) const;
  void declare_flags();
  Result<void> parse_flags();
  Result<void> parse_long(std::string_view word, std::size_t& at);
  Result<void> parse_short(std::string_view word, std::size_t& at);
  Result<void> set(const Flag& flag, std::string_view text);
  Result<void> set_bool(Context::Value& value, const Flag& flag, std::string_view text) const;
  Result<void> set_uint(Context::Value& value, const Flag& flag, std::string_view text) const;
  Result<void> check_required() const;
  Result<void> run_help();
  Result<void> run_completion();

  const Flag* long_flag(std::string_view name) const;
  const Flag* short_flag(char name) const;
  bool takes_next_word(std::string_view word) const;
  void print_help() { context_.out << help_text(root_, path_); }

  const Command& root_;
  Context context_;
  std::string_view version_line_;
  std::vector<const Command*> path_;
  std::vector<std::string> rest_;     // the arguments without the names of commands
  std::vector<const Flag*> visible_;  // flags of the selected command and persistent ones above it
  std::string built_in_;              // "help" or "completion"
  Stage stage_ = Stage::selecting;
};

namespace {

const Flag kHelpFlag{.long_name = "help", .short_name = 'h', .kind = Flag::boolean};
const Flag kVersionFlag{.long_name = "version", .short_name = 'v', .kind = Flag::boolean};
const Flag kVersionFlagWithoutShort{.long_name = "version", .kind = Flag::boolean};

std::unexpected<Error> usage_error(std::string text) { return fail_with(Errc::usage, std::move(text)); }
std::string shown(const Flag& flag);
const Command* child_of(const Command& command, std::string_view name);

}  // namespace

std::unexpected<Error> fail_with(Errc errc, std::string text) { return std::unexpected(Error{errc, {}, std::move(text), {}, {}}); }
Error prefixed(std::string_view prefix, const Error& error) { return {error.errc, {}, std::string{prefix} + error.text(), {}, {}}; }

int run(const Command& root, std::span<const std::string> args, std::ostream& out, std::ostream& err, std::string_view version_line) {
  Parser parser{root, out, err, version_line};
  const auto result = parser.run(args);
  if (result) return 0;
  const Error& error = result.error();
  // Suggestions are the one text of several lines, and ours.
  const bool plain = error.where.empty() && error.expected.empty() && !error.offset && error.errc == Errc::usage;
  const std::string line = fmt::format("Error: {}\n", plain ? error.what : error.text());
  err << line;
  if (const std::string advice = root.usage_with_errors ? parser.advice() : std::string{}; !advice.empty()) err << advice << line;
  return 1;
}

Result<void> check_positionals(const Context& context, std::size_t least, std::size_t most) {
  const std::size_t count = context.positionals().size();
  if (count >= least && count <= most) return {};
  if (least == most) return usage_error(fmt::format("accepts {} arg(s), received {}", least, count));
  if (count < least) return usage_error(fmt::format("requires at least {} arg(s), only received {}", least, count));
  return usage_error(fmt::format("accepts at most {} arg(s), received {}", most, count));
}

const Context::Value& Context::value(std::string_view name, Flag::Kind kind) const {
  const auto found = values_.find(name);
  ASSAY_CHECK(found != values_.end() && found->second.kind == kind);
  return found->second;
}
const std::string& Context::text(std::string_view name) const { return value(name, Flag::text).text; }
bool Context::flag(std::string_view name) const { return value(name, Flag::boolean).flag; }
std::uint64_t Context::uint(std::string_view name) const { return value(name, Flag::uint).number; }
const std::vector<std::string>& Context::list(std::string_view name) const { return value(name, Flag::list).items; }
bool Context::was_set(std::string_view name) const {
  const auto found = values_.find(name);
  ASSAY_CHECK(found != values_.end());
  return found->second.set;
}

// The order of checks is cobra's: command, flags, help, version, `before`, required flags, run.
Result<void> Parser::run(std::span<const std::string> args) {
  TRY(find(args));
  stage_ = Stage::running;
  declare_flags();
  TRY(parse_flags());
  if (context_.flag("help")) return print_help(), Result<void>{};
  if (path_.size() == 1 && built_in_.empty() && context_.flag("version")) return (context_.out << version_line_ << '\n'), Result<void>{};
  if (built_in_ == "help") return run_help();
  if (built_in_ == "completion") return run_completion();
  if (!path_.back()->run) return print_help(), Result<void>{};
  stage_ = Stage::configuring;
  if (root_.before) TRY(root_.before(context_));
  stage_ = Stage::running;
  TRY(check_required());
  return path_.back()->run(context_);
}

std::string Parser::advice() const {
  if (stage_ == Stage::selecting) return fmt::format("Run '{} --help' for usage.\n", root_.name);
  if (stage_ == Stage::configuring) return {};
  const std::string help = help_text(root_, path_);
  return help.substr(help.find("Usage:")) + "\n";
}

// Words that are neither flags nor their values select commands, wherever they stand.
Result<void> Parser::find(std::span<const std::string> args) {
  path_ = {&root_};
  declare_flags();
  bool selecting = true;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& word = args[i];
    if (word == "--") selecting = false;
    const bool is_flag = word.size() > 1 && word[0] == '-';
    if (!selecting || is_flag) {
      rest_.push_back(word);
      if (selecting && takes_next_word(word) && i + 1 < args.size()) rest_.push_back(args[++i]);
      continue;
    }
    if (const Command* child = child_of(*path_.back(), word)) {
      path_.push_back(child);
      declare_flags();
    } else if (path_.size() == 1 && built_in_.empty() && !root_.children.empty() && (word == "help" || word == "completion")) {
      built_in_ = word;
      selecting = false;
    } else if (!path_.back()->children.empty() && !path_.back()->run) {
      return unknown_command(word);  // below the root the original prints help and exits 0: a typo in a script goes unnoticed
    } else {
      rest_.push_back(word);
      selecting = false;
    }
  }
  return {};
}

Result<void> Parser::unknown_command(const std::string& word) const {
  std::string path = root_.name;
  for (const Command* command : std::span{path_}.subspan(1)) path += " " + command->name;
  std::string text = fmt::format("unknown command {} for {}", go_quote(word), go_quote(path));
  std::string similar;
  const std::string typed = to_lower_ascii(word);
  for (const Command& child : path_.back()->children) {
    const std::string name = to_lower_ascii(child.name);
    if (edit_distance(typed, name) <= 2 || name.starts_with(typed)) similar += "\t" + child.name + "\n";
  }
  if (!similar.empty()) text += "\n\nDid you mean this?\n" + similar;
  return usage_error(std::move(text));
}

void Parser::declare_flags() {
  visible_.clear();
  for (const Command* command : path_) {
    for (const Flag& flag : command->flags) {
      if (command == path_.back() || flag.persistent) visible_.push_back(&flag);
    }
  }
  visible_.push_back(&kHelpFlag);
  if (path_.size() == 1) visible_.push_back(short_flag('v') != nullptr ? &kVersionFlagWithoutShort : &kVersionFlag);

  context_.values_.clear();
  for (const Flag* flag : visible_) {
    Context::Value& value = context_.values_[flag->long_name];
    value.kind = flag->kind;
    if (!flag->default_value.empty()) ASSAY_CHECK(set(*flag, flag->default_value));
    value.set = false;
  }
}

Result<void> Parser::parse_flags() {
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    const std::string_view word = rest_[i];
    if (word == "--") {
      context_.positionals_.insert(context_.positionals_.end(), rest_.begin() + static_cast<std::ptrdiff_t>(i) + 1, rest_.end());
      return {};
    }
    if (word.starts_with("--")) {
      TRY(parse_long(word, i));
    } else if (word.size() > 1 && word[0] == '-') {
      TRY(parse_short(word, i));
    } else {
      context_.positionals_.emplace_back(word);
    }
  }
  return {};
}

Result<void> Parser::parse_long(std::string_view word, std::size_t& at) {
  const std::string_view body = word.substr(2);
  if (body[0] == '-' || body[0] == '=') return usage_error(fmt::format("bad flag syntax: {}", printable(word)));
  const std::size_t equals = body.find('=');
  const std::string_view name = body.substr(0, equals);
  const Flag* flag = long_flag(name);
  if (flag == nullptr) return usage_error(fmt::format("unknown flag: --{}", printable(name)));
  if (equals != std::string_view::npos) return set(*flag, body.substr(equals + 1));
  if (flag->kind == Flag::boolean) return set(*flag, "true");
  if (at + 1 == rest_.size()) return usage_error(fmt::format("flag needs an argument: {}", printable(word)));
  return set(*flag, rest_[++at]);
}

Result<void> Parser::parse_short(std::string_view word, std::size_t& at) {
  for (std::string_view group = word.substr(1); !group.empty(); group.remove_prefix(1)) {
    const Flag* flag = short_flag(group[0]);
    if (flag == nullptr) return usage_error(fmt::format("unknown shorthand flag: '{}' in -{}", printable(group.substr(0, 1)), printable(group)));
    if (group.size() > 2 && group[1] == '=') return set(*flag, group.substr(2));
    if (flag->kind == Flag::boolean) {
      TRY(set(*flag, "true"));
      continue;
    }
    if (group.size() > 1) return set(*flag, group.substr(1));
    if (at + 1 == rest_.size()) return usage_error(fmt::format("flag needs an argument: '{}' in -{}", group[0], printable(group)));
    return set(*flag, rest_[++at]);
  }
  return {};
}

Result<void> Parser::set(const Flag& flag, std::string_view text) {
  Context::Value& value = context_.values_[flag.long_name];
  switch (flag.kind) {
    case Flag::text: value.text = text; break;
    case Flag::list: value.items.emplace_back(text); break;
    case Flag::boolean: TRY(set_bool(value, flag, text)); break;
    case Flag::uint: TRY(set_uint(value, flag, text)); break;
  }
  value.set = true;
  return {};
}

Result<void> Parser::set_bool(Context::Value& value, const Flag& flag, std::string_view text) const {
  constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> kFalse{"0", "f", "F", "false", "FALSE", "False"};
  value.flag = std::ranges::find(kTrue, text) != kTrue.end();
  if (value.flag || std::ranges::find(kFalse, text) != kFalse.end()) return {};
  return usage_error(fmt::format("invalid argument {0} for \"{1}\" flag: strconv.ParseBool: parsing {0}: invalid syntax", go_quote(text), shown(flag)));
}

// Decimal, 0x, 0o, 0b and a leading 0, as strconv.ParseUint with base 0.
Result<void> Parser::set_uint(Context::Value& value, const Flag& flag, std::string_view text) const {
  int base = 10;
  std::string_view digits = text;
  const auto skip = [&](std::size_t count, int radix) {
    digits.remove_prefix(count);
    base = radix;
  };
  if (digits.starts_with("0x") || digits.starts_with("0X")) skip(2, 16);
  else if (digits.starts_with("0o") || digits.starts_with("0O")) skip(2, 8);
  else if (digits.starts_with("0b") || digits.starts_with("0B")) skip(2, 2);
  else if (digits.size() > 1 && digits[0] == '0') skip(1, 8);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  const bool whole = end == digits.data() + digits.size();
  if (error == std::errc{} && whole) {
    value.number = number;
    return {};
  }
  const bool range = error == std::errc::result_out_of_range && whole;
  return usage_error(fmt::format("invalid argument {0} for \"{1}\" flag: strconv.ParseUint: parsing {0}: {2}", go_quote(text), shown(flag), range ? "value out of range" : "invalid syntax"));
}

Result<void> Parser::check_required() const {
  std::vector<std::string> missing;
  for (const Flag* flag : visible_) {
    const bool excused = !flag->unless.empty() && context_.was_set(flag->unless);
    if (flag->required && !excused && !context_.was_set(flag->long_name)) missing.push_back('"' + flag->long_name + '"');
  }
  if (missing.empty()) return {};
  std::ranges::sort(missing);
  return usage_error(fmt::format("required flag(s) {} not set", fmt::join(missing, ", ")));
}

// `help a b` is `a b --help`.
Result<void> Parser::run_help() {
  for (const std::string& word : context_.positionals_) {
    const Command* child = child_of(*path_.back(), word);
    if (child == nullptr) {
      context_.err << fmt::format("Unknown help topic [`{}`]\n", printable(fmt::format("{}", fmt::join(context_.positionals_, "` `"))));
      path_.resize(1);
      context_.err << help_text(root_, path_);
      return {};
    }
    path_.push_back(child);
  }
  print_help();
  return {};
}

Result<void> Parser::run_completion() {
  if (context_.positionals_.size() != 1) return (context_.out << completion_help(root_)), Result<void>{};
  const auto script = completion_script(root_, context_.positionals_[0]);
  if (!script) return std::unexpected(script.error());
  context_.out << *script;
  return {};
}

const Flag* Parser::long_flag(std::string_view name) const {
  const auto found = std::ranges::find(visible_, name, [](const Flag* flag) { return std::string_view{flag->long_name}; });
  return found == visible_.end() ? nullptr : *found;
}

const Flag* Parser::short_flag(char name) const {
  const auto found = std::ranges::find(visible_, name, &Flag::short_name);
  return found == visible_.end() || name == 0 ? nullptr : *found;
}

// Is the word behind this flag its value? Needed to tell values from command names before flags are parsed. A flag that is not
// known at this level is taken to have one: it may belong to a command further on.
bool Parser::takes_next_word(std::string_view word) const {
  if (word.find('=') != std::string_view::npos) return false;
  if (word.starts_with("--")) {
    const Flag* flag = long_flag(word.substr(2));
    return flag == nullptr || flag->kind != Flag::boolean;
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    const Flag* flag = short_flag(word[i]);
    if (flag == nullptr) return word.size() == 2;
    if (flag->kind != Flag::boolean) return i + 1 == word.size();
  }
  return false;
}

namespace {

std::string shown(const Flag& flag) {
  return flag.short_name == 0 ? "--" + flag.long_name : fmt::format("-{}, --{}", flag.short_name, flag.long_name);
}

const Command* child_of(const Command& command, std::string_view name) {
  const auto found = std::ranges::find(command.children, name, [](const Command& child) { return std::string_view{child.name}; });
  return found == command.children.end() ? nullptr : &*found;
}

}  // namespace
}  // namespace assay::goflags
