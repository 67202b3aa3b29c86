// Any bytes as a CoMID: what is accepted comes back the same from what is written of it, in CBOR and, with its problems, in JSON.
#include "model/corim/template.h"
#include "model/corim/validate.h"
#include "testing/fuzz.h"

namespace corim = assay::corim;

void fuzz(assay::ByteView bytes) {
  const auto comid = corim::read_comid(bytes, {.allow_trailing = !bytes.empty() && bytes.back() % 2 == 0});
  if (!comid) return;
  const bool valid = corim::first_error(corim::validate(*comid)).has_value();
  for (const auto generation : {corim::Generation::a, corim::Generation::b, corim::Generation::c, corim::Generation::d}) {
    const auto written = corim::write_comid(*comid, generation);
    if (!written) {
      ASSAY_CHECK(written.error().errc == assay::Errc::unsupported);
      continue;
    }
    const auto again = corim::read_comid(*written);
    ASSAY_CHECK(again && *again == *comid);
    // A display form is a template, as long as every member has a name in it.
    const auto parsed = corim::comid_from_template(corim::to_json(*comid, generation));
    ASSAY_CHECK(!valid || !parsed.value.triples.unknown.empty() || parsed.value.triples.reference_values.size() <= comid->triples.reference_values.size());
  }
}
