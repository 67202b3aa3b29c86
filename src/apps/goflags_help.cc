// Help texts laid out as cobra and pflag lay them out.
#include <algorithm>

#include "apps/files.h"
#include "apps/goflags.h"
#include "base/text.h"

namespace assay::goflags {
namespace {

struct Row {
  std::string left;
  std::string right;
};

constexpr std::size_t kNameColumn = 11;  // the least width of command names

std::string command_rows(const Command& command, bool is_root);
std::string flag_rows(const std::vector<const Flag*>& flags);
Row flag_row(const Flag& flag);
bool is_zero(const Flag& flag);
std::string_view trim_end(std::string_view text);

}  // namespace

std::string help_text(const Command& root, std::span<const Command* const> path) {
  const Command& command = *path.back();
  const bool is_root = &command == &root;
  std::string full_name;
  for (const Command* step : path) full_name += (full_name.empty() ? "" : " ") + step->name;

  const Flag help{.long_name = "help", .short_name = 'h', .kind = Flag::boolean, .help = "help for " + command.name};
  Flag version{.long_name = "version", .short_name = 'v', .kind = Flag::boolean, .help = "version for " + command.name};
  std::vector<const Flag*> local;
  std::vector<const Flag*> inherited;
  for (const Command* step : path) {
    for (const Flag& flag : step->flags) {
      if (flag.short_name == 'v') version.short_name = 0;
      if (step == &command) local.push_back(&flag);
      else if (flag.persistent) inherited.push_back(&flag);
    }
  }
  local.push_back(&help);
  if (is_root) local.push_back(&version);

  std::string text;
  const std::string_view about = trim_end(command.long_help.empty() ? command.short_help : command.long_help);
  if (!about.empty()) text += std::string{about} + "\n\n";
  text += "Usage:";
  if (command.run) text += "\n  " + full_name + " " + (command.usage.empty() ? "[flags]" : command.usage);
  if (!command.children.empty()) text += "\n  " + full_name + " [command]";
  if (!command.examples.empty()) text += "\n\nExamples:\n" + std::string{trim_end(command.examples)};
  if (!command.children.empty()) text += "\n\nAvailable Commands:" + command_rows(command, is_root);
  text += "\n\nFlags:\n" + flag_rows(local);
  if (!inherited.empty()) text += "\n\nGlobal Flags:\n" + flag_rows(inherited);
  if (!command.children.empty()) text += fmt::format("\n\nUse \"{} [command] --help\" for more information about a command.", full_name);
  return text + "\n";
}

namespace {

std::string command_rows(const Command& command, bool is_root) {
  std::vector<Row> rows;
  for (const Command& child : command.children) rows.push_back({child.name, child.short_help});
  if (is_root) {
    rows.push_back({"completion", "Generate the autocompletion script for the specified shell"});
    rows.push_back({"help", "Help about any command"});
  }
  std::ranges::sort(rows, {}, &Row::left);
  std::size_t width = kNameColumn;
  for (const Row& row : rows) width = std::max(width, row.left.size());
  std::string text;
  for (const Row& row : rows) text += fmt::format("\n  {:<{}} {}", row.left, width, row.right);
  return text;
}

std::string flag_rows(const std::vector<const Flag*>& flags) {
  std::vector<const Flag*> sorted = flags;
  std::ranges::sort(sorted, {}, &Flag::long_name);
  std::vector<Row> rows;
  std::size_t width = 0;
  for (const Flag* flag : sorted) {
    rows.push_back(flag_row(*flag));
    width = std::max(width, rows.back().left.size());
  }
  std::string text;
  for (const Row& row : rows) text += fmt::format("{}{:<{}}   {}", text.empty() ? "" : "\n", row.left, width, row.right);
  return std::string{trim_end(text)};
}

Row flag_row(const Flag& flag) {
  constexpr std::string_view kTypes[] = {"string", "", "uint", "stringArray"};
  std::string left = flag.short_name == 0 ? fmt::format("      --{}", flag.long_name) : fmt::format("  -{}, --{}", flag.short_name, flag.long_name);
  std::string value{kTypes[flag.kind]};
  std::string help = flag.help;
  // A word in back quotes names the value.
  const std::size_t open = help.find('`');
  const std::size_t close = open == std::string::npos ? open : help.find('`', open + 1);
  if (close != std::string::npos) {
    value = help.substr(open + 1, close - open - 1);
    help = help.substr(0, open) + value + help.substr(close + 1);
  }
  if (!value.empty()) left += " " + value;
  if (!is_zero(flag)) help += flag.kind == Flag::text ? " (default " + files::go_quote(flag.default_value) + ")" : " (default " + flag.default_value + ")";
  return {std::move(left), std::move(help)};
}

bool is_zero(const Flag& flag) {
  return flag.default_value.empty() || (flag.kind == Flag::boolean && flag.default_value == "false") || (flag.kind == Flag::uint && flag.default_value == "0");
}

std::string_view trim_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

}  // namespace
}  // namespace assay::goflags
