// What the iat tools read besides tokens: included YAML files and keys. Errors name the file.
#pragma once

#include <memory>
#include <string>

#include "base/secret.h"
#include "crypto/crypto.h"

namespace assay::iat {

// Only below the working directory, only regular files: what a YAML source may include.
Result<std::string> read_included(const std::string& name);

// PEM, or any other form that crypto::public_key_from_any knows; a private key gives its public half.
Result<crypto::PublicKey> read_public_key(const std::string& path);
Result<crypto::PrivateKey> read_private_key(const std::string& path);
// The raw bytes of the file: 16 or more.
Result<std::shared_ptr<const SecretBytes>> read_mac_key(const std::string& path);

}  // namespace assay::iat
