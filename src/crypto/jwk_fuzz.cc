// A key that reads is written and read again as the same key.
#include "crypto/key_formats.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  const auto value = json::parse(as_text(bytes));
  if (!value) return;
  if (const auto key = crypto::public_key_from_jwk(*value)) ASSAY_CHECK(crypto::public_key_from_jwk(crypto::to_jwk(*key)).value() == *key);
  (void)crypto::private_key_from_jwk(*value);
  (void)crypto::keys_from_jwks(*value);
}
