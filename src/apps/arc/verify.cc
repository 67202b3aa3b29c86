#include <ostream>

#include "apps/arc/commands.h"
#include "apps/fd_stream.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "base/text.h"
#include "crypto/key_formats.h"
#include "envelope/jose/jws.h"
#include "model/ear/ear.h"

namespace assay::arc {
namespace {

using files::go_quote;
using goflags::Context;

constexpr std::string_view kDefaultKey = "pkey.json";
constexpr std::string_view kHeaderKey = "JWK header";

struct VerificationKey {
  std::string name;  // as messages call it
  crypto::PublicKey key;
  Algorithm algorithm;
};

Result<void> verify(Context& context);
Result<VerificationKey> choose_key(Context& context, ByteView token);
Result<VerificationKey> key_of_header(Context& context, ByteView token);
Result<ear::Ear> verify_token(ByteView token, const VerificationKey& key);
Result<ear::Ear> verify_jwt(std::string_view token, const crypto::PublicKey& key, crypto::Sig sig);
Result<void> check_nonce(const Context& context, const ear::Ear& ear);
Result<void> check_requirement(const Context& context);
void print(Context& context, const std::string& path, const std::string& key_name, const ear::Ear& ear);
Error in_reference_words(const Error& error, crypto::Sig sig);

}  // namespace

goflags::Command verify_command() {
  using goflags::Flag;
  return {
      .name = "verify",
      .short_help = "verify a signed EAR and print its content",
      .long_help =
          "Reads a signed EAR, verifies signature, times and claims, and prints the claims-set\n"
          "and a report of the trustworthiness vectors.\n\n"
          "With --allow-header-key, and when the default key file pkey.json does not exist, the\n"
          "public key is taken from the JWT header. That proves that nobody changed the result\n"
          "since it was signed, but not who signed it.",
      .usage = "[flags] <jwt-file>",
      .examples = "  arc verify --pkey pkey.json --nonce 4wiLr_oQWjggSQJCr4Jb6BtaNiPadXU1BB9gF1C5y4I --require affirming my-ear.jwt",
      .flags = {{.long_name = "pkey", .short_name = 'p', .default_value = std::string{kDefaultKey}, .help = "`file` with the verification key in JWK format"},
                {.long_name = "alg", .short_name = 'a', .default_value = "ES256", .help = fmt::format("verification `algorithm` ({})", kAlgorithms)},
                {.long_name = "verbose", .short_name = 'v', .kind = Flag::boolean, .help = "explain the trustworthiness vector in sentences"},
                {.long_name = "color", .short_name = 'c', .kind = Flag::boolean, .help = "show tiers in colours"},
                {.long_name = "allow-header-key", .kind = Flag::boolean, .help = "without pkey.json, trust the key that the result brings along"},
                {.long_name = "nonce", .help = "`value` that the result must carry as eat_nonce, in hex or base64"},
                {.long_name = "require", .help = "`status` without which the exit status is 1: affirming"}},
      .run = verify,
  };
}

namespace {

Result<void> verify(Context& context) {
  const std::string path = TRY(only_argument(context, "no input file supplied"));
  TRY(check_requirement(context));
  const Bytes token = TRY(with_prefix(fmt::format("loading signed EAR from {}: ", go_quote(path)), files::read_file(path, kMaxResult)));
  const VerificationKey key = TRY(choose_key(context, token));
  const std::string verifying = fmt::format("verifying signed EAR from {} using {} key: ", go_quote(path), go_quote(key.name));
  const ear::Ear ear = TRY(with_prefix(verifying, verify_token(token, key)));
  TRY(with_prefix("unable to re-serialize the EAR claims-set: ", ear::validate(ear)));
  TRY(with_prefix(verifying, check_nonce(context, ear)));
  print(context, path, key.name, ear);
  if (!context.text("require").empty() && !ear.is_affirming()) {
    const bool vector_is_worse = ear.status() == ear::Tier::affirming;
    return fail(Errc::invalid, "", "the result is not affirming: {}", vector_is_worse ? "a trustworthiness claim is worse than its status" : name(ear.status()));
  }
  return {};
}

Result<VerificationKey> choose_key(Context& context, ByteView token) {
  const std::string& path = context.text("pkey");
  Result<Bytes> content = files::read_file(path, kMaxKeyFile);
  if (!content) {
    const bool allowed = context.flag("allow-header-key") || compatible();
    if (path == kDefaultKey && allowed) return key_of_header(context, token);
    const Error error = prefixed(fmt::format("loading verification key from {}: ", go_quote(path)), content.error());
    if (path != kDefaultKey) return std::unexpected(error);
    return std::unexpected(prefixed("", {error.errc, {}, error.what, "--pkey FILE, or --allow-header-key to trust whatever key the result brings along", {}}));
  }
  const SecretBytes octets{std::move(*content)};  // people do give the private half
  crypto::PublicKey key = TRY(with_prefix(fmt::format("parsing verification key from {}: ", go_quote(path)), crypto::public_key_from_any(octets.expose())));
  Algorithm algorithm = TRY(parse_algorithm(context.text("alg")));
  return VerificationKey{path, std::move(key), std::move(algorithm)};
}

Result<VerificationKey> key_of_header(Context& context, ByteView token) {
  context.out << "Using JWK key from JWT header\n";
  context.err << "Warning: the key comes with the result itself: this proves nothing about who made it\n";
  const jose::UnverifiedJws jws = TRY(with_prefix("failed to parse serialized JWT: jws.Parse: ", jose::parse_compact(as_text(token))));
  const json::Value* jwk = jws.header.object()->find("jwk");
  if (jwk == nullptr) return fail(Errc::missing, "", "failed to get JWK key from JWT header");
  crypto::PublicKey key = TRY(with_prefix("failed to get JWK key from JWT header: ", crypto::public_key_from_jwk(*jwk)));
  return VerificationKey{std::string{kHeaderKey}, std::move(key), {jws.alg, crypto::sig_by_jose_name(jws.alg)}};
}

Result<ear::Ear> verify_token(ByteView token, const VerificationKey& key) {
  constexpr std::string_view kFailed = "failed verifying JWT message: ";
  const crypto::Sig sig = TRY(with_prefix(kFailed, supported(key.algorithm)));
  const bool is_cwt = !token.empty() && token[0] >= 0x80;  // a CBOR tag or array; no text begins so
  if (!is_cwt) return verify_jwt(as_text(token), key.key, sig);
  return TRY(ear::verify_cwt(token, key.key, {.sig = sig, .strictness = ear::Strictness::reference})).value();
}

Result<ear::Ear> verify_jwt(std::string_view token, const crypto::PublicKey& key, crypto::Sig sig) {
  const auto claims = ear::verify_jwt_claims(token, key, {.sig = sig});
  if (!claims) return std::unexpected(in_reference_words(claims.error(), sig));
  return TRY(claims->derive([](const json::Value& value) { return ear::from_json(value, ear::Strictness::reference); })).value();
}

Error in_reference_words(const Error& error, crypto::Sig sig) {
  std::string prefix = "failed verifying JWT message: jwt.Parse: failed to parse token: ";
  if (error.errc == Errc::stale) prefix += "jwt.Validate: validation failed: ";
  if (error.errc == Errc::unauthenticated) prefix += fmt::format("signature verification failed for {}: ", crypto::jose_name(sig));
  return prefixed(prefix, error);
}

Result<void> check_nonce(const Context& context, const ear::Ear& ear) {
  if (!context.was_set("nonce")) return {};
  const Bytes wanted = TRY(with_prefix("--", inputs::parse_nonce(context.text("nonce"))));
  if (!ear.nonce) return fail(Errc::mismatch, "", "there is no eat_nonce; expecting {}", to_base64url(wanted));
  const auto found = from_any_base64(*ear.nonce);
  if (found && ct_equal(*found, wanted)) return {};
  return fail(Errc::mismatch, "", "eat_nonce is {}; expecting {}", go_quote(*ear.nonce), to_base64url(wanted));
}

Result<void> check_requirement(const Context& context) {
  const std::string& status = context.text("require");
  if (status.empty() || status == name(ear::Tier::affirming)) return {};
  return fail(Errc::invalid, "", "validating arguments: --require {}: there is affirming", go_quote(status));
}

void print(Context& context, const std::string& path, const std::string& key_name, const ear::Ear& ear) {
  ear::ReportStyle style{.verbose = context.flag("verbose")};
  style.color = context.flag("color") && (compatible() || is_terminal(context.out));
  if (compatible()) style.escape = "\\033";
  context.out << ear::verified_report(ear, go_quote(path), go_quote(key_name), style);
}

}  // namespace
}  // namespace assay::arc
