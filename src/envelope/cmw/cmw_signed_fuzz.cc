// Nothing verifies under a key of ours that we did not sign; the extension reader takes the same bytes and keeps its word, too.
#include "envelope/cmw/cmw.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  static const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  ASSAY_CHECK(!cmw::verify_signed_cbor(bytes, key.public_key()));
  ASSAY_CHECK(!cmw::verify_signed_json(as_text(bytes), key.public_key(), crypto::Sig::es256));

  const auto extension = cmw::parse_x509_extension(bytes);
  if (!extension) return;
  const auto written = cmw::encode_x509_extension(*extension, false);
  ASSAY_CHECK(written && cmw::parse_x509_extension(*written).has_value());
  const auto signed_cbor = cmw::sign_cbor(*extension, key);
  ASSAY_CHECK(signed_cbor && cmw::verify_signed_cbor(*signed_cbor, key.public_key()).has_value());
}
