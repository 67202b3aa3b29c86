#include <cmath>
#include <ostream>

#include "apps/arc/commands.h"
#include "apps/files.h"
#include "base/clock.h"
#include "base/text.h"
#include "envelope/jose/jws.h"

namespace assay::arc {
namespace {

using files::go_quote;
using goflags::Context;

Result<void> print(Context& context);
Result<jose::UnverifiedJws> load(const std::string& path);
void print_dates(Context& context, const json::Object& claims);

}  // namespace

goflags::Command print_command() {
  return {
      .name = "print",
      .short_help = "print header and payload of an EAR without verifying it",
      .long_help = "Prints header and payload of an EAR. Nothing is verified: anybody could have written it.",
      .usage = "[flags] <jwt-file>",
      .examples = "  arc print my-ear.jwt",
      .flags = {{.long_name = "verbose", .short_name = 'v', .kind = goflags::Flag::boolean, .help = "also print the times as dates"}},
      .run = print,
  };
}

namespace {

Result<void> print(Context& context) {
  const std::string path = TRY(only_argument(context, "no input file supplied"));
  const jose::UnverifiedJws jws = TRY(load(path));
  constexpr std::string_view kFailed = "failed to parse JWT message: ";
  const json::Value claims = TRY(with_prefix(kFailed, json::parse(as_text(jws.payload))));
  if (claims.object() == nullptr) return fail(Errc::malformed, "", "{}the payload is a JSON {}; expected an object", kFailed, claims.type_name());
  constexpr json::Style kStyle{.indent = 4, .sorted = true};
  context.out << "[header]\n"
              << json::print(jws.header, kStyle) << '\n'
              << "[payload]\n"
              << json::print(claims, kStyle) << '\n';
  if (context.flag("verbose")) print_dates(context, *claims.object());
  return {};
}

Result<jose::UnverifiedJws> load(const std::string& path) {
  const std::string text = TRY(with_prefix(fmt::format("reading JWT from {}: ", go_quote(path)), files::read_text(path)));
  constexpr std::string_view kFailed = "failed to parse serialized JWT: jws.Parse: ";
  if (trim_ascii(text).empty()) return fail(Errc::malformed, "", "{}invalid byte sequence", kFailed);
  return with_prefix(kFailed, jose::parse_any(text));
}

void print_dates(Context& context, const json::Object& claims) {
  constexpr double kExact = 9e15;  // up to here a double counts seconds
  for (const std::string_view name : {"iat", "exp", "nbf"}) {
    const json::Value* value = claims.find(name);
    const auto number = value != nullptr ? value->number() : std::nullopt;
    if (!number || std::fabs(*number) > kExact) continue;
    context.out << fmt::format("# {} {}\n", name, to_rfc3339(static_cast<UnixSeconds>(*number)));
  }
}

}  // namespace
}  // namespace assay::arc
