// Two libraries, one verdict: points and signatures that the sender of a token chose. In a build without Rust both are OpenSSL.
//
// Input: a byte for curve and hash, a point, a signature, the message. Seeds with a good signature let mutation start at the edge.
#include <array>

#include "crypto/crypto.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  using namespace assay::crypto;
  if (bytes.empty()) return;
  const KeyKind curve = (bytes[0] & 1) != 0 ? KeyKind::p384 : KeyKind::p256;
  constexpr std::array kSigs{Sig::es256, Sig::es384, Sig::es512};
  const Sig sig = kSigs[(bytes[0] >> 1) % kSigs.size()];
  const std::size_t field = field_size(curve);
  if (bytes.size() < 1 + 1 + 4 * field) return;
  const ByteView point = bytes.subspan(1, 1 + 2 * field), signature = bytes.subspan(2 + 2 * field, 2 * field), message = bytes.subspan(2 + 4 * field);

  const auto key = PublicKey::from_point(curve, point);
  if (!key) return;
  ASSAY_CHECK(PublicKey::from_spki(key->spki()).value() == *key);  // OpenSSL takes what the other library took
  use_ecdsa_library(EcdsaLibrary::openssl);
  const bool openssl = verify_foreign_curve(*key, sig, message, signature).has_value();
  use_ecdsa_library(EcdsaLibrary::automatic);
  ASSAY_CHECK(verify_foreign_curve(*key, sig, message, signature).has_value() == openssl);
}
