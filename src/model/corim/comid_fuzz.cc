// Any bytes as a CoMID: what is accepted comes back the same from what is written of it, in CBOR and, with its problems, in JSON. With the
// extensions of a profile, and without.
#include "model/corim/template.h"
#include "model/corim/template_node.h"
#include "model/corim/validate.h"
#include "testing/fuzz.h"

namespace corim = assay::corim;

namespace {

// What a value is compiled to from its display form is compiled to the same again.
void check_extension(const corim::Extension& extension, const assay::Bytes& item) {
  const auto compiled = [&](const assay::Bytes& from) -> std::optional<assay::Bytes> {
    const auto shown = extension.show(from, corim::Generation::d);
    if (!shown) return std::nullopt;
    corim::Sink sink;
    auto made = extension.compile(sink, corim::Node{*shown});
    return corim::first_error(std::move(sink.problems).take()) ? std::move(made) : std::nullopt;
  };
  const bool good = extension.check(item).has_value();
  ASSAY_CHECK(!good || extension.show(item, corim::Generation::a));
  const auto once = compiled(item);
  if (!once) return;
  ASSAY_CHECK(good == extension.check(*once).has_value());
  ASSAY_CHECK(compiled(*once) == once);
}

}  // namespace

void fuzz(assay::ByteView bytes) {
  const auto comid = corim::read_comid(bytes, {.allow_trailing = !bytes.empty() && bytes.back() % 2 == 0});
  if (!comid) return;
  const bool valid = corim::first_error(corim::validate(*comid)).has_value();
  (void)corim::validate(*comid, {.extensions = corim::tdx_extensions()});
  (void)corim::to_json(*comid, corim::Generation::d, corim::tdx_extensions());
  for (const auto& triple : comid->triples.reference_values) {
    for (const auto& measurement : triple.measurements) {
      for (const auto& one : measurement.value.unknown) {
        if (const auto* extension = corim::find(corim::tdx_extensions(), one.key)) check_extension(*extension, one.item);
      }
    }
  }
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
