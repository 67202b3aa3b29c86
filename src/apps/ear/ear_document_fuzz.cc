// Whatever file is shown: what the strict rules accept the lenient ones accept too and read alike, and it can be written again in
// the form it came in.
#include "apps/ear/document.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  const auto lenient = ear_app::look(bytes, ear::Strictness::reference);
  const auto strict = ear_app::look(bytes, ear::Strictness::strict);
  if (!strict) return;
  ASSAY_CHECK(lenient && lenient->form == strict->form);
  const json::Value claims = ear::to_json(strict->ear);
  ASSAY_CHECK(json::print(claims) == json::print(ear::to_json(lenient->ear)));
  const auto again = ear::from_json(claims);
  ASSAY_CHECK(again && json::print(ear::to_json(*again)) == json::print(claims));
}
