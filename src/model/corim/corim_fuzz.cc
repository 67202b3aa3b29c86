// Any bytes as a CoRIM, signed or not.
#include "model/corim/signed.h"
#include "model/corim/validate.h"
#include "testing/fuzz.h"

namespace corim = assay::corim;

void fuzz(assay::ByteView bytes) {
  if (const auto message = corim::read_signed(bytes)) (void)corim::to_json(message->meta);
  const auto read = corim::read_corim(bytes);
  if (!read) return;
  (void)corim::validate(*read);
  (void)corim::to_json(*read, read->generation);
  const auto written = corim::write_corim(*read, read->generation);
  ASSAY_CHECK(written);
  const auto again = corim::read_corim(*written);
  ASSAY_CHECK(again && *again == *read);
}
