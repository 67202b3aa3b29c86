#include <ostream>

#include "apps/files.h"
#include "apps/iat/compile.h"
#include "apps/iat/iat.h"
#include "apps/iat/inputs.h"
#include "apps/iat/tool_options.h"
#include "apps/iat/yaml_reader.h"
#include "base/limits.h"
#include "base/text.h"

namespace assay::iat {
namespace {

CommandLine command_line();
Result<Bytes> compile(const Arguments& arguments);

}  // namespace

int run_compile_token(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const auto [arguments, status] = parse_arguments(command_line(), args, out, err);
  if (!arguments) return status;
  const auto fail_with = [&](std::string_view message) {
    err << "ERROR:root:" << message << '\n';
    return 1;
  };
  if (type_of(*arguments).is_cca && method_of(*arguments) != Method::sign) return fail_with(kOnlySign1);
  const auto token = compile(*arguments);
  if (!token) return fail_with(token.error().text());
  // Only now, so that a failure leaves no file behind.
  if (const auto path = arguments->get("--outfile")) {
    const auto written = files::write_file(*path, *token);
    if (!written) return fail_with(written.error().text());
  } else {
    out << as_text(*token);
  }
  return 0;
}

namespace {

constexpr std::string_view kUsage = R"(compile_token [-h] [-o OUTFILE] [-k KEY] [--platform-key PLATFORM_KEY]
                     [--realm-key REALM_KEY] [-m {sign,mac,raw}] -t
                     {PSA-IoT-Profile1-token,CCA-token,CCA-plat-token,PSA-2.0.0-token}
                     [--gen-token-indicator]
                     source)";

CommandLine command_line() {
  static const std::array kOptions{
      Option{"-o", "--outfile", "OUTFILE", {}, false, "where to write the token; default: standard output"},
      Option{"-k", "--key", "KEY", {}, false, "private key that signs the token, as PEM, JWK or DER, or with -m mac the raw key"},
      Option{"", "--platform-key", "PLATFORM_KEY", {}, false, "private key of the CCA platform"},
      Option{"", "--realm-key", "REALM_KEY", {}, false, "private key of the CCA realm"},
      Option{"-m", "--method", "METHOD", kMethods, false, "how to wrap the token: COSE_Sign1, COSE_Mac0 or not at all"},
      Option{"-t", "--token-type", "TYPE", token_type_options(), true, "the type of the token"},
      Option{"", "--gen-token-indicator", "", {}, false, "write [263, token] for a CCA-plat-token (the members of a CCA-token always have it)"},
  };
  return {"compile_token", kUsage, "Makes an attestation token of claims in YAML, in their order. The same input and key give the same bytes.", "source", "the claims in YAML", kOptions};
}

Result<Bytes> sign_with(const Arguments& arguments, std::initializer_list<std::string_view> options, ByteView payload) {
  for (const std::string_view option : options) {
    const auto path = arguments.get(option);
    if (!path) continue;
    const auto key = TRY(read_private_key(*path));
    return cose::sign_sign1(payload, key);
  }
  return fail_expecting(Errc::usage, "", "no key to sign with", fmt::format("{} (only -m raw makes a token without one)", *options.begin()));
}

Result<Bytes> wrap(const Arguments& arguments, Method method, const TokenType& type, ByteView payload) {
  if (&type == &kCcaRealm) return sign_with(arguments, {"--realm-key"}, payload);
  if (&type == &kCcaPlatform && type_of(arguments).is_collection) return sign_with(arguments, {"--platform-key"}, payload);
  if (&type == &kCcaPlatform) return sign_with(arguments, {"--platform-key", "--key"}, payload);
  if (method == Method::sign) return sign_with(arguments, {"--key"}, payload);
  const auto path = arguments.get("--key");
  if (method == Method::raw) {
    if (path) return fail(Errc::usage, "", "A keyfile cannot be specified with -m raw.");
    return to_bytes(payload);
  }
  if (!path) return fail_expecting(Errc::usage, "", "no key for the MAC", "--key");
  const auto key = TRY(read_mac_key(*path));
  return cose::make_mac0(payload, key->expose(), crypto::Mac::hs256);
}

Result<Bytes> compile(const Arguments& arguments) {
  const std::string& source = arguments.operand();
  const TokenType& type = type_of(arguments);
  const Bytes text = TRY(files::read_file(source, kMaxYaml));
  const Value claims = TRY(read_yaml(as_text(text), source, read_included));

  std::optional<Error> wrap_error;  // names a key file, not the source
  const Method method = method_of(arguments);
  auto token = compile_claims(type, claims, [&](const TokenType& part, ByteView payload) {
    auto wrapped = wrap(arguments, method, part, payload);
    if (!wrapped) wrap_error = wrapped.error();
    return wrapped;
  });
  if (wrap_error) return std::unexpected(*wrap_error);
  if (!token) return within(printable(source), std::move(token));
  if (&type == &kCcaPlatform && arguments.has("--gen-token-indicator")) token = with_indicator(*token);
  if (token->size() > kMaxEvidence) return fail(Errc::limit, printable(source), "a token of {} bytes; nobody reads more than {}", token->size(), kMaxEvidence);
  return token;
}

}  // namespace
}  // namespace assay::iat
