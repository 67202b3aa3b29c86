// Any bytes as a CoSWID: what is accepted comes back the same from what is written of it, and is then written the same.
#include "model/corim/coswid.h"
#include "testing/fuzz.h"

namespace corim = assay::corim;

void fuzz(assay::ByteView bytes) {
  const auto coswid = corim::read_coswid(bytes, {.allow_trailing = !bytes.empty() && bytes.back() % 2 == 0});
  if (!coswid) return;
  const assay::Bytes written = corim::write_coswid(*coswid);
  const auto again = corim::read_coswid(written);
  ASSAY_CHECK(again && *again == *coswid);
  ASSAY_CHECK(corim::write_coswid(*again) == written);
  ASSAY_CHECK(assay::json::parse(assay::json::print(corim::to_json(*coswid))));
}
