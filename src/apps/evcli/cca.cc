#include <ostream>

#include "apps/evcli/commands.h"
#include "apps/files.h"
#include "base/text.h"
#include "schemes/cca/evidence.h"

namespace assay::evcli {
namespace {

using files::go_quote;
using goflags::Context;
using goflags::Flag;

// Evidence whose claims are valid, with the bytes it points into.
struct Loaded {
  Bytes bytes;
  cca::UnverifiedEvidence evidence;
};

Result<void> create(Context& context);
Result<void> check(Context& context);
Result<void> print(Context& context);
Result<cca::EvidenceClaims> load_claims(const Context& context);
Result<cca::Outer> requested_form(const Context& context);
Result<Loaded> load_evidence(const std::string& path);
Result<void> check_nonce(const Context& context, const cca::RealmClaims& realm);

}  // namespace

goflags::Command cca_command() {
  const Flag token_in{.long_name = "token", .short_name = 't', .help = "`file` with CCA evidence", .required = true};
  goflags::Command create_command{
      .name = "create",
      .short_help = "make evidence from claims and two keys",
      .examples = "  evcli cca create --claims=claims.json --iak=es256.jwk --rak=es384.jwk --token=my.cbor",
      .flags = {{.long_name = "claims", .short_name = 'c', .help = "`file` with claims in JSON", .required = true},
                {.long_name = "iak", .short_name = 'p', .help = "`file` with the platform's signing key in JWK format", .required = true},
                {.long_name = "rak", .short_name = 'r', .help = "`file` with the realm's signing key in JWK format", .required = true},
                {.long_name = "token", .short_name = 't', .help = "`file` to write the evidence to (default: the name of the claims file with .cbor)"},
                {.long_name = "allow-invalid", .short_name = 'I', .kind = Flag::boolean, .help = "do not validate the claims, to make bad evidence for tests"},
                {.long_name = "format", .default_value = "legacy", .help = "outer `form`: legacy (tag 399) or cmw (tag 907)"}},
      .run = create,
  };
  goflags::Command check_command{
      .name = "check",
      .short_help = "verify evidence and print its claims",
      .examples = "  evcli cca check --token=my.cbor --key=es256.jwk",
      .flags = {token_in,
                {.long_name = "key", .short_name = 'k', .help = "`file` with the platform's verification key in JWK format", .required = true},
                {.long_name = "claims", .short_name = 'c', .help = "`file` to write the claims to instead of standard output"},
                {.long_name = "nonce", .help = "the realm challenge must be these `hex` bytes"},
                {.long_name = "verbose", .kind = Flag::boolean, .help = "say on standard error that the evidence is verified"}},
      .run = check,
  };
  goflags::Command print_command{
      .name = "print",
      .short_help = "print the claims of evidence without verifying it",
      .examples = "  evcli cca print --token=my.cbor",
      .flags = {token_in},
      .run = print,
  };
  return {.name = "cca", .short_help = "CCA attestation tokens", .children = {std::move(create_command), std::move(check_command), std::move(print_command), cca_verify_as_command()}};
}

namespace {

Result<void> create(Context& context) {
  const cca::Outer outer = TRY(requested_form(context));
  const cca::EvidenceClaims claims = TRY(load_claims(context));
  const crypto::PrivateKey rak = TRY(load_private_key("RAK signing key", context.text("rak")));
  const crypto::PrivateKey iak = TRY(load_private_key("IAK signing key", context.text("iak")));
  const Bytes evidence = TRY(with_prefix("error signing evidence: ", cca::sign_evidence(claims, iak, rak, {.outer = outer, .check_rak = !context.flag("allow-invalid")})));
  const std::string path = token_path(context);
  TRY(with_prefix(fmt::format("error saving CCA attestation token to file {}: ", path), files::write_file(path, evidence)));
  context.out << ">> " << go_quote(path) << " successfully created\n";
  return {};
}

Result<void> check(Context& context) {
  const std::string& key_path = context.text("key");
  const std::string& path = context.text("token");
  const crypto::PublicKey key = TRY(load_public_key("verification key", key_path));
  const Loaded loaded = TRY(load_evidence(path));
  const auto verified = TRY(with_prefix(fmt::format("verifying CCA evidence from {} using key from {}: ", path, key_path), cca::verify(loaded.evidence, key)));
  TRY(check_nonce(context, *verified.realm));
  if (context.flag("verbose")) context.err << ">> " << go_quote(path) << " verified\n";
  const std::string text = json::print(cca::to_json(*verified.platform, *verified.realm), {.indent = 2});
  if (const std::string& to = context.text("claims"); !to.empty()) {
    return with_prefix(fmt::format("error saving CCA attestation claims to file {}: ", to), files::write_file(to, as_bytes(text)));
  }
  context.out << ">> embedded claims:\n"
              << text << '\n';
  return {};
}

Result<void> print(Context& context) {
  const Loaded loaded = TRY(load_evidence(context.text("token")));
  context.out << json::print(cca::to_json(loaded.evidence.platform, loaded.evidence.realm), {.indent = 2}) << '\n';
  return {};
}

Result<cca::EvidenceClaims> load_claims(const Context& context) {
  const std::string& path = context.text("claims");
  const std::string prefix = fmt::format("error loading CCA claims from {}: ", path);
  const json::Value value = TRY(with_prefix(prefix, load_json(path)));
  cca::EvidenceClaims claims = TRY(with_prefix(prefix, cca::evidence_from_json(value)));
  if (!context.flag("allow-invalid")) TRY(with_prefix(prefix, cca::validate(claims)));
  return claims;
}

Result<cca::Outer> requested_form(const Context& context) {
  if (context.text("format") == "legacy") return cca::Outer::legacy;
  if (context.text("format") == "cmw") return cca::Outer::cmw;
  return fail_with(Errc::usage, fmt::format("wrong format {}: there is legacy (tag 399) and cmw (tag 907)", go_quote(context.text("format"))));
}

Result<Loaded> load_evidence(const std::string& path) {
  const std::string prefix = fmt::format("loading CCA evidence from {}: ", path);
  Bytes bytes = TRY(with_prefix(prefix, files::read_file(path, kMaxEvidence)));
  cca::UnverifiedEvidence evidence = TRY(with_prefix(prefix, cca::parse_evidence(bytes)));
  TRY(with_prefix(prefix, cca::validate(evidence)));
  return Loaded{std::move(bytes), std::move(evidence)};  // moving the vector leaves its octets where the views point
}

Result<void> check_nonce(const Context& context, const cca::RealmClaims& realm) {
  if (!context.was_set("nonce")) return {};
  const Bytes nonce = TRY(with_prefix("--nonce: ", from_hex(context.text("nonce"))));
  const Bytes expected = TRY(with_prefix("--nonce: ", cca::pad_challenge(nonce)));
  if (!ct_equal(expected, realm.challenge.value_or(Bytes{}))) {
    return fail_with(Errc::mismatch, fmt::format("realm challenge does not match: expecting {}, got {}", to_hex(expected), to_hex(realm.challenge.value_or(Bytes{}))));
  }
  return {};
}

}  // namespace
}  // namespace assay::evcli
