// Certificates: each has one encoding, and without a root nothing is trusted.
#include "crypto/x509.h"
#include "testing/fuzz.h"

namespace {

void look_at(const assay::crypto::Certificate& certificate) {
  using namespace assay;
  (void)certificate.subject();
  if (const auto key = certificate.public_key()) ASSAY_CHECK(crypto::PublicKey::from_spki(key->spki()).value() == *key);
  (void)certificate.extension("1.3.6.1.5.5.7.1.35");
  (void)certificate.extension("2.5.29.19");
  ASSAY_CHECK(!crypto::verify_chain({certificate, certificate}, {}, certificate.not_before()));
  (void)crypto::verify_chain({certificate}, {certificate}, certificate.not_after());
}

}  // namespace

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  if (const auto certificate = crypto::Certificate::from_der(bytes)) {
    ASSAY_CHECK(equal(certificate->der(), bytes));
    look_at(*certificate);
  }
  const auto several = crypto::Certificate::from_pem(as_text(bytes));
  if (!several) return;
  ASSAY_CHECK(!several->empty() && several->size() <= 16);
  for (const auto& certificate : *several) look_at(certificate);
  (void)crypto::verify_chain(*several, {several->back()}, several->front().not_before());
}
