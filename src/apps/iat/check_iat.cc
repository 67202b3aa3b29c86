#include <ostream>

#include "apps/files.h"
#include "apps/iat/check.h"
#include "apps/iat/iat.h"
#include "apps/iat/inputs.h"
#include "apps/iat/tool_options.h"
#include "base/text.h"

namespace assay::iat {
namespace {

CommandLine command_line();
Result<CheckOptions> check_options(const Arguments& arguments, Method method);
std::string_view unchecked_signature(const TokenType& type, Method method);
int fail_with(std::ostream& err, std::string_view message);

}  // namespace

int run_check_iat(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const auto [arguments, status] = parse_arguments(command_line(), args, out, err);
  if (!arguments) return status;
  const TokenType& type = type_of(*arguments);
  const Method method = method_of(*arguments);
  if (type.is_cca && method != Method::sign) return fail_with(err, kOnlySign1);

  auto options = check_options(*arguments, method);
  if (!options) return fail_with(err, options.error().text());
  const bool has_key = options->key.index() != 0;
  const auto bytes = files::read_file(arguments->operand(), kMaxEvidence);
  if (!bytes) return fail_with(err, bytes.error().text());

  const auto token = parse_token(*bytes, type, {method, arguments->has("--expect-token-indicator"), options->strict_rmm2});
  if (!token) return fail_with(err, "Token verification failed:\n\t" + token.error().what);
  Context context{std::move(*options), err};
  const auto checked = check_token(context, *token);
  if (!checked) return fail_with(err, "Token verification failed:\n\t" + checked.error().what);

  if (!has_key) err << "WARNING:iat-verify:" << unchecked_signature(type, method) << '\n';
  if (context.errors() == 0) out << (has_key ? "Signature OK\n" : "") << "Token format OK\n";
  if (arguments->has("--print-iat")) out << "Token:\n"
                                         << to_json(with_names(type, token->claims, Case::upper)) << '\n';
  if (context.errors() > 0) return fail_with(err, fmt::format("Token verification failed:\n\t{} error{}, see above", context.errors(), context.errors() == 1 ? "" : "s"));
  return 0;
}

namespace {

constexpr std::string_view kUsage = R"(check_iat [-h] [-k KEY] [-K] [-p] [-s] [-m {sign,mac,raw}] -t
                 {PSA-IoT-Profile1-token,CCA-token,CCA-plat-token,PSA-2.0.0-token}
                 [--expect-token-indicator]
                 tokenfile)";

CommandLine command_line() {
  static const std::array kOptions{
      Option{"-k", "--key", "KEY", {}, false, "key that signed the token (of a CCA token: its platform part) as PEM, JWK or DER, or with -m mac the raw key; without it that signature is not checked"},
      Option{"-K", "--keep-going", "", {}, false, "report every error, not only the first; the exit status is 1 if there was one"},
      Option{"-p", "--print-iat", "", {}, false, "print the decoded token as JSON"},
      Option{"-s", "--strict", "", {}, false, "unknown claims are errors"},
      Option{"-m", "--method", "METHOD", kMethods, false, "how the token is wrapped: COSE_Sign1, COSE_Mac0 or not at all"},
      Option{"-t", "--token-type", "TYPE", token_type_options(), true, "the type of the token"},
      Option{"", "--expect-token-indicator", "", {}, false, "expect [263, token] around a CCA-plat-token"},
      Option{"", "--strict-rmm2", "", {}, false, "accept only the CCA tokens of RMM 2.0, as the original tool does"},
  };
  return {"check_iat", kUsage, "Checks that an attestation token has the claims that its type asks for, and its signature if a key is given.", "tokenfile", "the token", kOptions};
}

Result<CheckOptions> check_options(const Arguments& arguments, Method method) {
  CheckOptions options;
  options.keep_going = arguments.has("--keep-going");
  options.strict = arguments.has("--strict");
  options.strict_rmm2 = arguments.has("--strict-rmm2");
  const auto path = arguments.get("--key");
  if (!path) return options;
  if (method == Method::raw) return fail(Errc::usage, "", "A keyfile cannot be specified with -m raw.");
  if (method == Method::mac) {
    options.key = TRY(read_mac_key(*path));
  } else {
    options.key = TRY(read_public_key(*path));
  }
  return options;
}

// "Token format OK" alone is easily taken for more than it says.
std::string_view unchecked_signature(const TokenType& type, Method method) {
  if (method == Method::raw) return "signature not checked (a raw token has none)";
  return type.is_collection ? "platform signature not checked (no key given with -k)" : "signature not checked (no key given with -k)";
}

int fail_with(std::ostream& err, std::string_view message) {
  err << "ERROR:iat-verify:" << message << '\n';
  return 1;
}

}  // namespace
}  // namespace assay::iat
