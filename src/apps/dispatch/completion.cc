#include "apps/dispatch/completion.h"

#include <ostream>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace assay {
namespace {

constexpr std::string_view kHelp =
    "Usage: assay completion bash|zsh\n"
    "\n"
    "Prints a script that completes commands and flags.\n"
    "\n"
    "Examples:\n"
    "  source <(assay completion bash)                                     # this shell\n"
    "  assay completion bash > /etc/bash_completion.d/assay                # every shell\n"
    "  evcli completion bash                                               # the tools stood in for have their own\n";

// Only words in front of the first flag are run, with --help behind them: nothing is ever done but help printed.
constexpr std::string_view kBash =
    "# bash completion for assay\n"
    "_assay() {\n"
    "  local current=${COMP_WORDS[COMP_CWORD]} words=() word help\n"
    "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
    "    [[ $word != -* ]] || break\n"
    "    words+=(\"$word\")\n"
    "  done\n"
    "  help=$(\"${COMP_WORDS[0]}\" \"${words[@]}\" --help 2>/dev/null </dev/null)\n"
    "  if [[ $current == -* ]]; then\n"
    "    COMPREPLY=($(compgen -W \"$(grep -oE -- '--[a-z][a-z-]*' <<<\"$help\" | sort -u)\" -- \"$current\"))\n"
    "  else\n"
    "    COMPREPLY=($(compgen -W \"$(awk '/^(Subcommands|Commands|Available Commands|Tools):/ {on=1; next} /^[^ ]/ {on=0} on && /^  [a-z]/ {print $1}' <<<\"$help\")\" -- \"$current\"))\n"
    "    [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- \"$current\"))\n"
    "  fi\n"
    "}\n"
    "complete -o filenames -F _assay assay\n";

}  // namespace

int run_completion(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const std::string shell = args.size() == 1 ? args[0] : std::string{};
  if (shell == "--help" || shell == "-h") {
    out << kHelp;
  } else if (shell == "bash") {
    out << kBash;
  } else if (shell == "zsh") {
    out << "#compdef assay\nautoload -U +X bashcompinit && bashcompinit\n"
        << kBash;
  } else {
    err << "error: " << (args.size() > 1 ? fmt::format("{} words; expected one shell", args.size()) : args.empty() ? std::string{"no shell"}
                                                                                                                   : "no completion for " + assay::quoted(args[0]))
        << "; there is bash and zsh\nTry: assay completion --help\n";
    return exit_code(Errc::usage);
  }
  return 0;
}

}  // namespace assay
