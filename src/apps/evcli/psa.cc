#include <ostream>

#include "apps/evcli/commands.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "schemes/psa/claims.h"
#include "schemes/psa/token.h"

namespace assay::evcli {
namespace {

using files::go_quote;
using goflags::Context;
using goflags::Flag;

// A token whose claims follow their profile, with the bytes it points into.
struct Loaded {
  Bytes bytes;
  psa::UnverifiedToken token;
};

Result<void> create(Context& context);
Result<void> check(Context& context);
Result<void> print(Context& context);
Result<psa::Claims> load_claims(const Context& context);
Result<psa::Dialect> requested_profile(const Context& context);
Result<Bytes> protect(const Context& context, const psa::Claims& claims);
Result<Loaded> load_token(const std::string& path);
Result<psa::Claims> verified_claims(const Context& context, const Loaded& loaded, const std::optional<crypto::PublicKey>& key);
Result<void> refuse_key_with_mac(const Context& context);

}  // namespace

goflags::Command psa_command() {
  const Flag token_in{.long_name = "token", .short_name = 't', .help = "`file` with a PSA attestation token (COSE)", .required = true};
  const Flag mac{.long_name = "mac", .help = "`file` with the octets of a symmetric key: COSE_Mac0 instead of COSE_Sign1"};
  goflags::Command create_command{
      .name = "create",
      .short_help = "make a token from claims and a key",
      .examples = "  evcli psa create --claims=claims.json --key=es256.jwk --token=my.cbor",
      .flags = {{.long_name = "claims", .short_name = 'c', .help = "`file` with claims in JSON", .required = true},
                {.long_name = "key", .short_name = 'k', .help = "`file` with the signing key in JWK format", .required = true, .unless = "mac"},
                {.long_name = "token", .short_name = 't', .help = "`file` to write the token to (default: the name of the claims file with .cbor)"},
                {.long_name = "profile", .short_name = 'p', .default_value = std::string{psa::kProfile2}, .help = "name of the PSA profile, also PSA_IOT_PROFILE_1 or tag:psacertified.org,2023:psa#tfm"},
                {.long_name = "allow-invalid", .short_name = 'I', .kind = Flag::boolean, .help = "do not validate the claims, to make bad tokens for tests"},
                mac},
      .run = create,
  };
  goflags::Command check_command{
      .name = "check",
      .short_help = "verify a token and print its claims",
      .examples = "  evcli psa check --token=my.cbor --key=es256.jwk",
      .flags = {token_in,
                {.long_name = "key", .short_name = 'k', .help = "`file` with the verification key in JWK format", .required = true, .unless = "mac"},
                {.long_name = "claims", .short_name = 'c', .help = "`file` to write the claims to instead of standard output"},
                mac},
      .run = check,
  };
  goflags::Command print_command{
      .name = "print",
      .short_help = "print the claims of a token without verifying it",
      .examples = "  evcli psa print --token=my.cbor",
      .flags = {token_in},
      .run = print,
  };
  return {.name = "psa", .short_help = "PSA attestation tokens", .children = {std::move(create_command), std::move(check_command), std::move(print_command), psa_verify_as_command()}};
}

namespace {

Result<void> create(Context& context) {
  TRY(refuse_key_with_mac(context));
  const psa::Dialect requested = TRY(requested_profile(context));
  const psa::Claims claims = TRY(load_claims(context));
  if (claims.dialect != requested) {
    return fail_with(Errc::mismatch, fmt::format("profile mismatch: requested: {} loaded: {}", context.text("profile"), claims.profile.value_or(std::string{psa::name(claims.dialect)})));
  }
  const Bytes token = TRY(protect(context, claims));
  const std::string path = token_path(context);
  TRY(with_prefix(fmt::format("error saving PSA attestation token to file {}: ", path), files::write_file(path, token)));
  context.out << ">> " << go_quote(path) << " successfully created\n";
  return {};
}

Result<void> check(Context& context) {
  TRY(refuse_key_with_mac(context));
  std::optional<crypto::PublicKey> key;
  if (!context.was_set("mac")) key = TRY(load_public_key("verification key", context.text("key")));
  const std::string& path = context.text("token");
  const Loaded loaded = TRY(load_token(path));
  const psa::Claims claims = TRY(verified_claims(context, loaded, key));
  context.out << ">> " << go_quote(path) << " verified\n";
  const std::string text = json::print(psa::to_json(claims));
  if (const std::string& to = context.text("claims"); !to.empty()) {
    return with_prefix(fmt::format("error saving PSA attestation claims to file {}: ", to), files::write_file(to, as_bytes(text)));
  }
  context.out << ">> embedded claims:\n"
              << text << '\n';
  return {};
}

Result<void> print(Context& context) {
  const Loaded loaded = TRY(load_token(context.text("token")));
  context.out << json::print(psa::to_json(loaded.token.claims), {.indent = 2}) << '\n';
  return {};
}

Result<psa::Dialect> requested_profile(const Context& context) {
  const std::string& name = context.text("profile");
  for (const psa::Dialect dialect : {psa::Dialect::p1, psa::Dialect::p2, psa::Dialect::p3}) {
    if (name == psa::name(dialect)) return dialect;
  }
  return fail_with(Errc::usage, fmt::format("wrong profile {}: allowed profiles are {} and {}", name, psa::kProfile2, psa::kProfile1));
}

Result<psa::Claims> load_claims(const Context& context) {
  const json::Value value = TRY(load_json(context.text("claims")));
  psa::Claims claims = TRY(with_prefix("", psa::from_json(value)));
  if (!context.flag("allow-invalid")) TRY(with_prefix("", psa::validate(claims)));
  return claims;
}

Result<Bytes> protect(const Context& context, const psa::Claims& claims) {
  if (context.was_set("mac")) {
    const auto mac_key = TRY(inputs::load_mac_key(context.text("mac")));
    return with_prefix("signature failed: ", psa::mac_token(claims, mac_key->expose()));
  }
  const crypto::PrivateKey key = TRY(load_private_key("signing key", context.text("key")));
  return with_prefix("signature failed: ", psa::sign_token(claims, key));
}

Result<Loaded> load_token(const std::string& path) {
  Bytes bytes = TRY(files::read_file(path, kMaxEvidence));
  psa::UnverifiedToken token = TRY(with_prefix("", psa::parse_token(bytes)));
  TRY(with_prefix("", psa::validate(token.claims)));
  return Loaded{std::move(bytes), std::move(token)};  // moving the vector leaves its octets where the token's views point
}

Result<psa::Claims> verified_claims(const Context& context, const Loaded& loaded, const std::optional<crypto::PublicKey>& key) {
  if (key) {
    if (loaded.token.is_mac()) return fail_with(Errc::malformed, "failed CBOR decoding for CWT: cbor: invalid COSE_Sign1_Tagged object");
    auto verified = TRY(with_prefix("", psa::verify_sign1(loaded.token, *key)));
    return std::move(verified).value();
  }
  if (!loaded.token.is_mac()) return fail_with(Errc::malformed, "failed CBOR decoding for CWT: cbor: invalid COSE_Mac0_Tagged object");
  const auto mac_key = TRY(inputs::load_mac_key(context.text("mac")));
  auto verified = TRY(with_prefix("", psa::verify_mac0(loaded.token, mac_key->expose())));
  return std::move(verified).value();
}

Result<void> refuse_key_with_mac(const Context& context) {
  if (context.was_set("mac") && context.was_set("key")) return fail_with(Errc::usage, "flags --key and --mac exclude each other");
  return {};
}

}  // namespace
}  // namespace assay::evcli
