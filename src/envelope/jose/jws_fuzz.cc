// Strict base64url leaves one text for what was read: segments can be put together again. And nothing verifies by accident: the key
// below never signed anything.
#include "envelope/jose/jws.h"

#include "base/text.h"
#include "crypto/key_formats.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  static const crypto::PublicKey stranger = crypto::PrivateKey::generate(crypto::KeyKind::p256).value().public_key();

  const std::string_view text = as_text(bytes);
  const auto jws = jose::parse_any(text);
  if (!jws) return;
  const std::string compact = jws->protected_b64 + '.' + jws->payload_b64 + '.' + to_base64url(jws->signature);
  if (!trim_ascii(text).starts_with('{')) ASSAY_CHECK(compact == trim_ascii(text));
  const auto again = jose::parse_compact(compact);
  ASSAY_CHECK(again && again->payload == jws->payload && again->signature == jws->signature && again->alg == jws->alg);
  ASSAY_CHECK(!jose::verify(*jws, stranger, crypto::Sig::es256));
}
