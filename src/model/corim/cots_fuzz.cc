// Any bytes as a CoTS, and any text as its templates: what is accepted comes back the same from what is written of it.
#include "model/corim/cots.h"
#include "testing/fuzz.h"

namespace corim = assay::corim;

namespace {

void same_again(const corim::Cots& cots) {
  for (const auto generation : {corim::Generation::a, corim::Generation::b, corim::Generation::c, corim::Generation::d}) {
    const auto written = corim::write_cots(cots, generation);
    if (!written) {
      ASSAY_CHECK(written.error().errc == assay::Errc::unsupported);
      continue;
    }
    const auto again = corim::read_cots(*written);
    ASSAY_CHECK(again && *again == cots);
  }
}

void as_templates(const assay::json::Value& value) {
  corim::Cots cots;
  cots.keys.anchors.push_back({});
  if (auto claims = corim::claims_from_template(value); corim::first_error(claims.problems)) cots.permitted.push_back(std::move(claims.value));
  auto environments = corim::environments_from_template(value);
  const bool has_problem = !corim::first_error(environments.problems).has_value();
  if (!has_problem) cots.environments = std::move(environments.value);
  same_again(cots);
}

}  // namespace

void fuzz(assay::ByteView bytes) {
  if (const auto value = corim::parse_template(assay::as_text(bytes))) as_templates(*value);
  const auto cots = corim::read_cots(bytes, {.allow_trailing = !bytes.empty() && bytes.back() % 2 == 0});
  if (!cots) return;
  (void)corim::validate(*cots);
  same_again(*cots);
  const auto shown = corim::to_json(*cots);
  as_templates(*shown.object()->find("environments"));
}
