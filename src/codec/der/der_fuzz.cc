// An element that was read is written back to the same bytes; a signature that converts converts back.
#include "codec/der/der.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  der::Reader in{bytes};
  while (!in.at_end()) {
    const auto element = in.any();
    if (!element) break;
    ASSAY_CHECK(equal(der::encode(element->tag, element->content), element->whole));
    (void)der::oid_text(element->content);
  }
  for (const std::size_t field : {std::size_t{32}, std::size_t{48}, std::size_t{66}}) {
    if (const auto rs = der::ecdsa_from_der(bytes, field)) ASSAY_CHECK(equal(der::ecdsa_to_der(*rs, field).value(), bytes));
  }
}
