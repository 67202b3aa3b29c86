// Whatever claims are read from JSON: JSON and CBOR made of them say the same, and a valid set stays valid.
#include "schemes/psa/claims.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  const auto value = json::parse(as_text(bytes));
  if (!value) return;
  for (const psa::Dialect dialect : {psa::Dialect::p1, psa::Dialect::p2, psa::Dialect::p3}) {
    const auto claims = psa::from_json_as(dialect, *value);
    if (!claims || claims->nonces_in_array != 0) continue;
    const auto same = psa::from_json_as(dialect, psa::to_json(*claims));
    ASSAY_CHECK(same && *same == *claims);
    if (!psa::validate(*claims)) continue;
    const auto encoded = psa::encode_claims(*claims);
    ASSAY_CHECK(encoded);
    const auto parsed = psa::parse_claims(*encoded);
    ASSAY_CHECK(parsed && *parsed == *claims);
  }
  (void)psa::from_json(*value);
}
