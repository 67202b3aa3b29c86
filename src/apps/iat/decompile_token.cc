#include <ostream>

#include "apps/files.h"
#include "apps/iat/iat.h"
#include "apps/iat/tool_options.h"
#include "apps/iat/yaml_writer.h"
#include "base/limits.h"

namespace assay::iat {
namespace {

constexpr std::string_view kUsage = R"(decompile_token [-h] [-o OUTFILE] -t
                       {PSA-IoT-Profile1-token,CCA-token,CCA-plat-token,PSA-2.0.0-token}
                       [--expect-token-indicator]
                       source)";

CommandLine command_line() {
  static const std::array kOptions{
      Option{"-o", "--outfile", "OUTFILE", {}, false, "where to write the claims; default: standard output"},
      Option{"-t", "--token-type", "TYPE", token_type_options(), true, "the type of the token"},
      Option{"", "--expect-token-indicator", "", {}, false, "expect [263, token] around a CCA-plat-token"},
      Option{"", "--keep-order", "", {}, false, "claims in the order of the token, so that compile_token makes the same bytes again; default: sorted by name"},
  };
  return {"decompile_token", kUsage, "Writes the claims of a signed attestation token as YAML. No signature is checked.", "source", "the token", kOptions};
}

Result<std::string> decompile(const Arguments& arguments) {
  const Bytes bytes = TRY(files::read_file(arguments.operand(), kMaxEvidence));
  const TokenType& type = type_of(arguments);
  const Token token = TRY(parse_token(bytes, type, {Method::sign, arguments.has("--expect-token-indicator"), false}));
  return to_yaml(with_names(type, token.claims, Case::lower), arguments.has("--keep-order") ? Order::kept : Order::sorted);
}

}  // namespace

int run_decompile_token(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const auto [arguments, status] = parse_arguments(command_line(), args, out, err);
  if (!arguments) return status;
  const auto fail_with = [&](const Error& error) {
    err << "ERROR:root:" << error.text() << '\n';
    return 1;
  };
  const auto yaml = decompile(*arguments);
  if (!yaml) return fail_with(yaml.error());
  if (const auto path = arguments->get("--outfile")) {
    const auto written = files::write_file(*path, as_bytes(*yaml));
    if (!written) return fail_with(written.error());
  } else {
    out << *yaml;
  }
  return 0;
}

}  // namespace assay::iat
