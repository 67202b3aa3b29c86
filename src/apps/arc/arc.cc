#include "apps/arc/arc.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "apps/arc/commands.h"
#include "apps/files.h"

namespace assay {
namespace {

// The original reads its configuration and has no use for it; scripts see that it was found.
Result<void> read_config(goflags::Context& context) {
  std::string path = context.text("config");
  if (const char* home = std::getenv("HOME"); path.empty() && home != nullptr && *home != '\0') path = std::string{home} + "/.arc.yaml";
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), R_OK) == 0) context.err << "Using config file: " << path << '\n';
  return {};
}

}  // namespace

int run_arc(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const goflags::Command root{
      .name = "arc",
      .short_help = "create, verify and print attestation results (EAR)",
      .long_help = "Makes, verifies and prints EAT Attestation Results (EAR) as JWT.",
      .flags = {{.long_name = "config", .help = "configuration `file` (default: $HOME/.arc.yaml)", .persistent = true}},
      .children = {arc::create_command(), arc::print_command(), arc::verify_command()},
      .before = read_config,
  };
  return goflags::run(root, args, out, err, "arc version 1.1.3");
}

namespace arc {

Result<std::string> only_argument(const goflags::Context& context, std::string_view otherwise) {
  if (context.positionals().size() == 1) return context.positionals()[0];
  return fail(Errc::invalid, "", "validating arguments: {}", otherwise);
}

Result<Algorithm> parse_algorithm(const std::string& name) {
  // RFC 7518 §3.1 and RFC 8812 §3.1, as far as crypto::Sig does not have them.
  constexpr std::array<std::string_view, 7> kNotDone{"ES256K", "HS256", "HS384", "HS512", "RS384", "RS512", "none"};
  const auto sig = crypto::sig_by_jose_name(name);
  if (sig || std::ranges::find(kNotDone, name) != kNotDone.end()) return Algorithm{name, sig};
  return fail(Errc::unsupported, "", "parsing algorithm from {0}: invalid key value: {0}: invalid key algorithm", files::go_quote(name));
}

Result<crypto::Sig> supported(const Algorithm& algorithm) {
  if (algorithm.sig) return *algorithm.sig;
  return fail(Errc::unsupported, "", "unsupported signature algorithm {}", files::go_quote(algorithm.name));
}

bool compatible() {
  const char* value = std::getenv("ASSAY_ARC_COMPAT");
  return value != nullptr && std::string_view{value} == "1";
}

}  // namespace arc
}  // namespace assay
