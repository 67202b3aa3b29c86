// The pieces `evcli` is made of: one tree per token kind, and what both use. Error texts are the original's; scripts compare them.
#pragma once

#include <string>
#include <string_view>

#include "apps/goflags.h"
#include "base/bytes.h"
#include "codec/json/json.h"
#include "crypto/crypto.h"

namespace assay::evcli {

goflags::Command psa_command();
goflags::Command cca_command();
goflags::Command psa_verify_as_command();
goflags::Command cca_verify_as_command();

using goflags::fail_with;
// The same error with `prefix` in front of its text, in the words of the reference libraries.
Error prefixed(std::string_view prefix, const Error& error);

template <class T>
Result<T> with_prefix(std::string_view prefix, Result<T> result) {
  if (!result) return std::unexpected(prefixed(prefix, result.error()));
  return result;
}

// "error loading <what> from F: open F: ...", "error decoding <what> from F: failed to parse key: ...".
Result<crypto::PrivateKey> load_private_key(std::string_view what, const std::string& path);
Result<crypto::PublicKey> load_public_key(std::string_view what, const std::string& path);

Result<json::Value> load_json(const std::string& path);

// `--token`, or the base name of the claims file with the extension .cbor, in the working directory.
std::string token_path(const goflags::Context& context);

}  // namespace assay::evcli
