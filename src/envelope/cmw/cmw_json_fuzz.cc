// Whatever is read as JSON can be written in CBOR, and in JSON where no number without a media type stands for the type.
#include "envelope/cmw/cmw.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  const auto cmw = cmw::parse_json(as_text(bytes));
  if (!cmw) return;
  const auto cbor = cmw::encode_cbor(*cmw);
  ASSAY_CHECK(cbor && cmw::parse(*cbor).has_value());
  const auto json = cmw::encode_json(*cmw);
  if (!json) {
    ASSAY_CHECK(json.error().errc == Errc::unsupported);
    return;
  }
  const auto again = cmw::parse_json(*json);
  ASSAY_CHECK(again && *cmw::encode_json(*again) == *json);
}
