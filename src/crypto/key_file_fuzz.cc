// Key files of any kind, and certificates.
#include "crypto/key_formats.h"
#include "crypto/x509.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  (void)crypto::public_key_from_any(bytes);
  (void)crypto::private_key_from_any(bytes);
  if (const auto certificate = crypto::Certificate::from_der(bytes)) {
    (void)certificate->subject();
    (void)certificate->public_key();
    (void)certificate->extension("1.3.6.1.5.5.7.1.35");
    (void)crypto::verify_chain({*certificate}, {*certificate}, certificate->not_before());
  }
  (void)crypto::Certificate::from_pem(as_text(bytes));
}
