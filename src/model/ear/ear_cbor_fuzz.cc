// What is read can be written, in one way, and reads the same; also as JSON.
#include "codec/cbor/cbor.h"
#include "model/ear/ear.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  for (const ear::Strictness strictness : {ear::Strictness::reference, ear::Strictness::strict}) {
    const auto ear = ear::from_cbor(bytes, strictness);
    if (!ear) continue;
    const std::string shown = json::print(ear::to_json(*ear));
    ASSAY_CHECK(ear::from_json(json::parse(shown).value(), strictness).has_value());

    const auto once = ear::to_cbor(*ear);
    if (!once) {
      // Only what is more lenient in reading has no form: nonces of other sizes, TEEP claims that are texts instead of bytes.
      ASSAY_CHECK(once.error().errc == Errc::invalid || once.error().errc == Errc::malformed);
      continue;
    }
    ASSAY_CHECK(cbor::check(*once, cbor::Mode::deterministic).has_value());
    const auto again = ear::from_cbor(*once, strictness);
    ASSAY_CHECK(again.has_value());
    ASSAY_CHECK(json::print(ear::to_json(*again)) == shown);
    ASSAY_CHECK(ear::to_cbor(*again).value() == *once);
  }
}
