#include "apps/evcli/evcli.h"

#include <filesystem>
#include <ostream>

#include "apps/evcli/commands.h"
#include "apps/files.h"
#include "apps/settings.h"
#include "crypto/key_formats.h"
#include "model/eat/check.h"

namespace assay {
namespace {

std::string config_file(const goflags::Context& context);

// Only verify-as has settings there; that the file was found is said all the same.
Result<void> read_config(goflags::Context& context) {
  const std::string path = config_file(context);
  if (!path.empty()) context.err << "Using config file: " << path << '\n';
  return {};
}

}  // namespace

int run_evcli(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const goflags::Command root{
      .name = "evcli",
      .short_help = "make and look at attestation evidence",
      .long_help = "Makes, checks and prints PSA and CCA attestation tokens, and has them verified by a service.",
      .flags = {{.long_name = "config", .help = "configuration `file` (default: evcli/config.yaml below $XDG_CONFIG_HOME, then ./config.yaml)", .persistent = true}},
      .children = {evcli::psa_command(), evcli::cca_command()},
      .before = read_config,
  };
  return goflags::run(root, args, out, err, "evcli version 0.0.2");
}

namespace evcli {

Error prefixed(std::string_view prefix, const Error& error) { return {error.errc, {}, std::string{prefix} + eat::reference_text(error), {}, {}}; }

Result<crypto::PrivateKey> load_private_key(std::string_view what, const std::string& path) {
  const SecretBytes content{TRY(with_prefix(fmt::format("error loading {} from {}: ", what, path), files::read_file(path, kMaxKeyFile)))};
  return with_prefix(fmt::format("error decoding {} from {}: failed to parse key: ", what, path), crypto::private_key_from_any(content.expose()));
}

Result<crypto::PublicKey> load_public_key(std::string_view what, const std::string& path) {
  const SecretBytes content{TRY(with_prefix(fmt::format("error loading {} from {}: ", what, path), files::read_file(path, kMaxKeyFile)))};
  return with_prefix(fmt::format("error decoding {} from {}: failed to parse key: ", what, path), crypto::public_key_from_any(content.expose()));
}

Result<json::Value> load_json(const std::string& path) {
  const std::string text = TRY(files::read_text(path));
  return json::parse(text);
}

std::string token_path(const goflags::Context& context) {
  if (!context.text("token").empty()) return context.text("token");
  return std::filesystem::path{context.text("claims")}.filename().replace_extension(".cbor").string();
}

}  // namespace evcli

namespace {

std::string config_file(const goflags::Context& context) {
  const std::string& named = context.text("config");
  if (named.empty()) return settings::find_file("evcli");
  return settings::can_be_read(named) ? named : std::string{};
}

}  // namespace
}  // namespace assay
