#include <ostream>

#include "apps/arc/commands.h"
#include "apps/files.h"
#include "crypto/key_formats.h"
#include "model/ear/ear.h"

namespace assay::arc {
namespace {

using files::go_quote;
using goflags::Context;

Result<void> create(Context& context);
Result<ear::Ear> load_claims(const std::string& path);
Result<crypto::PrivateKey> load_key(const std::string& path);
Result<std::string> sign(const ear::Ear& ear, const crypto::PrivateKey& key, const Algorithm& algorithm);

}  // namespace

goflags::Command create_command() {
  return {
      .name = "create",
      .short_help = "sign an EAR claims-set and save the JWT",
      .long_help = "Reads an EAR claims-set in JSON, checks and signs it, and writes the JWT to a file.",
      .usage = "[flags] <jwt-file>",
      .examples = "  arc create --claims ear-claims.json --skey skey.json my-ear.jwt",
      .flags = {{.long_name = "claims", .short_name = 'c', .default_value = "ear-claims.json", .help = "`file` with the EAR claims-set in JSON"},
                {.long_name = "skey", .short_name = 's', .default_value = "skey.json", .help = "`file` with the signing key in JWK format"},
                {.long_name = "alg", .short_name = 'a', .default_value = "ES256", .help = fmt::format("signing `algorithm` ({})", kAlgorithms)}},
      .run = create,
  };
}

namespace {

// The order of steps, and so of errors, is the original's.
Result<void> create(Context& context) {
  const std::string path = TRY(only_argument(context, "no output file supplied"));
  const std::string& claims_path = context.text("claims");
  const std::string& key_path = context.text("skey");
  const ear::Ear ear = TRY(load_claims(claims_path));
  const crypto::PrivateKey key = TRY(load_key(key_path));
  const Algorithm algorithm = TRY(parse_algorithm(context.text("alg")));
  const std::string jwt = TRY(with_prefix("signing EAR: ", sign(ear, key, algorithm)));
  TRY(with_prefix(fmt::format("saving signer EAR to file {}: ", go_quote(path)), files::write_file(path, as_bytes(jwt))));
  context.out << fmt::format(">> created {} from {} using {} as signing key\n", go_quote(path), go_quote(claims_path), go_quote(key_path));
  return {};
}

Result<ear::Ear> load_claims(const std::string& path) {
  const std::string text = TRY(with_prefix(fmt::format("loading EAR claims-set from {}: ", go_quote(path)), files::read_text(path)));
  const std::string decoding = fmt::format("decoding EAR claims-set from {}: ", go_quote(path));
  const json::Value claims = TRY(with_prefix(decoding, json::parse(text)));
  ear::Ear ear = TRY(with_prefix(decoding, ear::from_json(claims, ear::Strictness::reference)));
  TRY(with_prefix(decoding, ear::validate(ear)));
  return ear;
}

Result<crypto::PrivateKey> load_key(const std::string& path) {
  const SecretBytes content{TRY(with_prefix(fmt::format("loading signing key from {}: ", go_quote(path)), files::read_file(path, kMaxKeyFile)))};
  return with_prefix(fmt::format("parsing signing key from {}: ", go_quote(path)), crypto::private_key_from_any(content.expose()));
}

Result<std::string> sign(const ear::Ear& ear, const crypto::PrivateKey& key, const Algorithm& algorithm) {
  const crypto::Sig sig = TRY(supported(algorithm));
  return ear::sign_jwt(ear, key, sig);
}

}  // namespace
}  // namespace assay::arc
