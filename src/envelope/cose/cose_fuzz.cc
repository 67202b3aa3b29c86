// What parses can be asked for everything, and no input verifies under a key that signed nothing.
#include "envelope/cose/cose.h"

#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  static const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  static const Bytes mac_key(32, 7);
  for (const auto tagging : {cose::Tagging::required, cose::Tagging::optional}) {
    const auto message = cose::parse_unverified(bytes, tagging);
    if (!message) continue;
    (void)cose::is_short_circuit(*message);
    ASSAY_CHECK(!cose::verify_sign1(*message, key.public_key()));
    ASSAY_CHECK(!cose::verify_mac0(*message, mac_key));
  }
}
