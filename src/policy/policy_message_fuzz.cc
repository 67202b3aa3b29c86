// Whatever is accepted has one encoding, which is read back as the same.
#include <algorithm>

#include "policy/message.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  namespace policy = assay::policy;
  if (const auto request = policy::parse_request(bytes)) {
    const auto again = policy::encode_request(*request);
    ASSAY_CHECK(again && std::ranges::equal(assay::ByteView{*again}.subspan(policy::kFrameHeader), bytes));
  }
  if (const auto reply = policy::parse_reply(bytes)) {
    const assay::Bytes again = policy::encode_reply(*reply);
    ASSAY_CHECK(std::ranges::equal(assay::ByteView{again}.subspan(policy::kFrameHeader), bytes));
  }
}
