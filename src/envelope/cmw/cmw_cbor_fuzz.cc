// Whatever is read can be written, and what is written is read as the same bytes again.
#include "envelope/cmw/cmw.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  const auto cmw = cmw::parse_cbor(bytes);
  const auto detected = cmw::detect(bytes);
  if (!cmw) return;
  ASSAY_CHECK(!detected || cmw::parse(bytes).has_value());
  const auto written = cmw::encode_cbor(*cmw);
  ASSAY_CHECK(written.has_value() && written->size() <= bytes.size());
  const auto again = cmw::parse(*written);
  ASSAY_CHECK(again && equal(*cmw::encode_cbor(*again), *written));

  if (const auto json = cmw::encode_json(*cmw)) ASSAY_CHECK(cmw::parse_json(*json).has_value());
  if (const auto tag = cmw::encode_cbor(*cmw, true)) ASSAY_CHECK(cmw::detect(*tag) == cmw::Form::cbor_tag && cmw::parse(*tag).has_value());
}
