#include "apps/iat/inputs.h"

#include <filesystem>

#include "apps/files.h"
#include "apps/iat/yaml_reader.h"
#include "apps/inputs.h"
#include "base/text.h"
#include "crypto/key_formats.h"

namespace assay::iat {
namespace {

constexpr std::size_t kSmallestMacKey = 16;

}  // namespace

Result<std::string> read_included(const std::string& name) {
  const std::filesystem::path path{name};
  bool below = !name.empty() && path.is_relative() && name.find('\0') == std::string::npos;
  for (const auto& part : path) below = below && part != "..";
  if (!below) return fail_expecting(Errc::forbidden, "", "an !inc of " + assay::quoted(name), "a file below the working directory");
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) return fail(Errc::forbidden, printable(name), "not a regular file");
  return files::read_text("./" + name, kMaxYaml);  // "./": a file may be called "-"
}

Result<crypto::PublicKey> read_public_key(const std::string& path) {
  Bytes bytes = TRY(files::read_file(path, kMaxKeyFile));
  auto key = crypto::public_key_from_any(bytes);
  wipe(bytes);
  return within(printable(path), std::move(key));
}

Result<crypto::PrivateKey> read_private_key(const std::string& path) {
  Bytes bytes = TRY(files::read_file(path, kMaxKeyFile));
  auto key = crypto::private_key_from_any(bytes);
  wipe(bytes);
  return within(printable(path), std::move(key));
}

Result<std::shared_ptr<const SecretBytes>> read_mac_key(const std::string& path) {
  Bytes bytes = TRY(files::read_file(path, kMaxKeyFile));
  if (bytes.size() < kSmallestMacKey) return fail(Errc::invalid, printable(path), "a MAC key of {} bytes; at least {} are needed", bytes.size(), kSmallestMacKey);
  TRY(within(printable(path), inputs::check_mac_octets(bytes)));
  return std::make_shared<const SecretBytes>(std::move(bytes));
}

}  // namespace assay::iat
