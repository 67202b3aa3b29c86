// PKCS#11 URIs (RFC 7512), as far as they name one private key: pkcs11:token=assay;object=ear?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/assay/pin
//
// Refused: an attribute twice, one nobody knows (vendors' included), escapes that are none, characters that must be escaped, a type other
// than private; pin-value, since a secret in a configuration shows in lists, logs and backups; a module-path or pin-source that is not
// absolute. More than 4096 characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace assay::crypto {

struct Pkcs11Uri {
  // Of the token: all that are given must be so.
  std::optional<std::string> token, manufacturer, serial, model;
  std::optional<unsigned long> slot_id;
  // Of the key.
  std::optional<std::string> object;
  std::optional<Bytes> id;
  std::string module_path;
  std::optional<std::string> pin_source;  // a file's path

  std::string shown_token() const;  // for messages: token "assay"
  std::string shown_key() const;    // object "ear", id 01
};

bool is_pkcs11_uri(std::string_view text);
Result<Pkcs11Uri> parse_pkcs11_uri(std::string_view text);

}  // namespace assay::crypto
