// What is read is written so that it reads the same; what also has a CBOR form keeps its meaning there.
#include "model/ear/ear.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  const auto claims = json::parse(as_text(bytes));
  if (!claims) return;
  for (const ear::Strictness strictness : {ear::Strictness::reference, ear::Strictness::strict}) {
    const auto ear = ear::from_json(*claims, strictness);
    if (!ear) continue;
    const std::string once = json::print(ear::to_json(*ear));
    const auto again = ear::from_json(json::parse(once).value(), strictness);
    ASSAY_CHECK(again.has_value());
    ASSAY_CHECK(json::print(ear::to_json(*again)) == once);
    ASSAY_CHECK(again->is_affirming() == ear->is_affirming() && again->status() == ear->status());
    (void)ear::report(*ear, {.verbose = true, .color = true});

    const auto cbor = ear::to_cbor(*ear);
    if (!cbor) continue;
    const auto read = ear::from_cbor(*cbor, ear::Strictness::reference);
    ASSAY_CHECK(read && read->is_affirming() == ear->is_affirming() && read->submods.size() == ear->submods.size());
    ASSAY_CHECK(read->iat == ear->iat && read->exp == ear->exp && read->raw_evidence == ear->raw_evidence);
  }
}
