// PEM alone, with the base64 as it stands: files of text reach deeper here than through every kind of key file.
#include "base/limits.h"
#include "crypto/key_formats.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  if (bytes.size() > kMaxKeyFile) return;
  const std::string_view text = as_text(bytes);
  const auto public_key = crypto::public_key_from_pem(text);
  if (public_key) ASSAY_CHECK(crypto::public_key_from_pem(crypto::to_pem(*public_key)).value() == *public_key);
  if (const auto key = crypto::private_key_from_pem(text)) {
    ASSAY_CHECK(public_key && key->public_key() == *public_key);
    ASSAY_CHECK(crypto::private_key_from_pem(key->to_pem()).value().public_key() == *public_key);
  }
}
