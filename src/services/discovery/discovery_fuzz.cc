#include "services/discovery/discovery_client.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView data) {
  using namespace assay;
  const auto document = discovery::parse_document(data);
  if (!document) ASSAY_CHECK(!document.error().text().empty());
  else ASSAY_CHECK(document->ear_key.has_value() == document->ear_sig.has_value() && document->media_types.size() <= discovery::kMaxItems);
}
