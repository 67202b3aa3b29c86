#include "crypto/key_formats.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  if (const auto key = crypto::public_key_from_cose(bytes)) {
    ASSAY_CHECK(!crypto::cose_key_private_scalar(bytes));
    ASSAY_CHECK(crypto::public_key_from_cose(crypto::to_cose_key(*key)).value() == *key);
  }
}
