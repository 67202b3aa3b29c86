// Key files of any kind. A key that reads is written in every form it has and read again as the same key.
#include "crypto/key_formats.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  if (const auto key = crypto::public_key_from_any(bytes)) {
    ASSAY_CHECK(crypto::public_key_from_any(key->spki()).value() == *key);
    ASSAY_CHECK(crypto::public_key_from_any(as_bytes(crypto::to_pem(*key))).value() == *key);
    ASSAY_CHECK(crypto::public_key_from_jwk(crypto::to_jwk(*key)).value() == *key);
  }
  if (const auto key = crypto::private_key_from_any(bytes)) {
    // Whatever holds a private key holds its public half.
    ASSAY_CHECK(crypto::public_key_from_any(bytes).value() == key->public_key());
    ASSAY_CHECK(crypto::private_key_from_jwk(crypto::to_jwk(*key)).value().public_key() == key->public_key());
  }
}
