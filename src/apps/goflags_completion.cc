#include "apps/goflags_completion.h"

#include <functional>

#include "base/text.h"

namespace assay::goflags {
namespace {

std::string bash_script(const Command& root);
std::string fish_script(const Command& root);
void each_command(const Command& command, const std::string& path, const std::vector<const Flag*>& inherited, const std::function<void(const Command&, const std::string&, const std::vector<const Flag*>&)>& visit);
std::string identifier(std::string_view name);
std::string single_quoted(std::string_view text);

}  // namespace

Result<std::string> completion_script(const Command& root, std::string_view shell) {
  if (shell == "bash") return bash_script(root);
  if (shell == "zsh") return "#compdef " + root.name + "\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(root);
  if (shell == "fish") return fish_script(root);
  return std::unexpected(Error{Errc::usage, {}, "no completion for shell " + assay::quoted(shell) + "; there is bash, zsh and fish", {}, {}});
}

std::string completion_help(const Command& root) {
  return fmt::format(
      "Generate the autocompletion script for {0} for the specified shell.\n"
      "\n"
      "Usage:\n"
      "  {0} completion {{bash|zsh|fish}}\n"
      "\n"
      "To load completions in this shell:\n"
      "  bash: source <({0} completion bash)\n"
      "  zsh:  source <({0} completion zsh)\n"
      "  fish: {0} completion fish | source\n",
      root.name);
}

namespace {

// One case per command path: the words typed so far that are no flags lead to the words that may come next.
std::string bash_script(const Command& root) {
  std::string cases;
  each_command(root, root.name, {}, [&](const Command& command, const std::string& path, const std::vector<const Flag*>& flags) {
    std::string words;
    for (const Command& child : command.children) words += child.name + " ";
    if (&command == &root) words += "help completion ";
    for (const Flag* flag : flags) words += "--" + flag->long_name + " ";
    words += "--help";
    if (&command == &root) words += " --version";
    cases += fmt::format("    {}) words={} ;;\n", single_quoted(path), single_quoted(words));
  });
  return fmt::format(
      "# bash completion for {0}\n"
      "_{1}_complete() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} path={2} words='' next i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    next=${{COMP_WORDS[i]}}\n"
      "    [[ $next == -* ]] || _{1}_words \"$path $next\" && [[ $next != -* ]] && path=\"$path $next\"\n"
      "  done\n"
      "  _{1}_words \"$path\"\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  [[ ${{#COMPREPLY[@]}} -gt 0 || $current == -* ]] || COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "}}\n"
      "_{1}_words() {{\n"
      "  case $1 in\n"
      "{3}"
      "    *) return 1 ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _{1}_complete {0}\n",
      root.name, identifier(root.name), single_quoted(root.name), cases);
}

std::string fish_script(const Command& root) {
  std::string script = "# fish completion for " + root.name + "\n";
  const auto condition = [&](const std::string& path) {
    // "evcli psa create": seen psa and create. The root: no sub-command seen.
    std::string terms;
    for (std::size_t at = path.find(' '); at != std::string::npos; at = path.find(' ', at + 1)) {
      const std::string word = path.substr(at + 1, path.find(' ', at + 1) - at - 1);
      terms += (terms.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
    }
    return single_quoted(terms.empty() ? "__fish_use_subcommand" : terms);
  };
  each_command(root, root.name, {}, [&](const Command& command, const std::string& path, const std::vector<const Flag*>& flags) {
    for (const Command& child : command.children) {
      script += fmt::format("complete -c {} -f -n {} -a {} -d {}\n", root.name, condition(path), child.name, single_quoted(child.short_help));
    }
    for (const Flag* flag : flags) {
      script += fmt::format("complete -c {} -n {} -l {}", root.name, condition(path), flag->long_name);
      if (flag->short_name != 0) script += fmt::format(" -s {}", flag->short_name);
      if (flag->kind != Flag::boolean) script += " -r";
      script += " -d " + single_quoted(flag->help) + "\n";
    }
  });
  return script;
}

void each_command(const Command& command, const std::string& path, const std::vector<const Flag*>& inherited, const std::function<void(const Command&, const std::string&, const std::vector<const Flag*>&)>& visit) {
  std::vector<const Flag*> flags = inherited;
  std::vector<const Flag*> persistent = inherited;
  for (const Flag& flag : command.flags) {
    flags.push_back(&flag);
    if (flag.persistent) persistent.push_back(&flag);
  }
  visit(command, path, flags);
  for (const Command& child : command.children) each_command(child, path + " " + child.name, persistent, visit);
}

std::string identifier(std::string_view name) {
  std::string out{name};
  for (char& c : out) {
    if (c == '-' || c == '.') c = '_';
  }
  return out;
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

}  // namespace
}  // namespace assay::goflags
