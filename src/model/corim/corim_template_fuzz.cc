// Any text as a template of a CoMID, with a profile's extensions and without, of a CoRIM and of a signer: what compiles is read back.
#include "model/corim/template.h"
#include "model/corim/validate.h"
#include "testing/fuzz.h"

namespace corim = assay::corim;

void fuzz(assay::ByteView bytes) {
  const auto value = corim::parse_template(assay::as_text(bytes));
  if (!value) return;
  (void)corim::meta_from_template(*value);
  const auto envelope = corim::corim_from_template(*value);
  if (corim::first_error(envelope.problems)) (void)corim::write_corim(envelope.value, corim::default_generation(envelope));
  for (const corim::TemplateOptions& options : {corim::TemplateOptions{}, corim::TemplateOptions{.only_a = true}, corim::TemplateOptions{.extensions = corim::tdx_extensions()}}) {
    const corim::ValidateOptions rules{.extensions = options.extensions};
    const auto comid = corim::comid_from_template(*value, options);
    if (!corim::first_error(comid.problems) || !corim::first_error(corim::validate(comid.value, rules))) continue;
    const auto written = corim::write_comid(comid.value, options.only_a ? corim::Generation::a : corim::default_generation(comid));
    if (!written) continue;
    const auto again = corim::read_comid(*written);
    ASSAY_CHECK(again && corim::first_error(corim::validate(*again, rules)));
  }
}
