// Whatever claims are read from JSON: JSON and CBOR made of them say the same, and a valid set stays valid.
#include "schemes/cca/evidence.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  const auto value = json::parse(as_text(bytes));
  if (!value) return;
  const auto claims = cca::evidence_from_json(*value);
  if (!claims || !claims->platform || !claims->realm) return;
  if (claims->platform->challenges_in_array != 0 || claims->realm->challenges_in_array != 0) return;
  const auto same = cca::evidence_from_json(cca::to_json(*claims->platform, *claims->realm));
  ASSAY_CHECK(same && same->platform == claims->platform && same->realm == claims->realm);
  if (!cca::validate(*claims)) return;
  const auto platform = cca::encode_claims(*claims->platform);
  const auto realm = cca::encode_claims(*claims->realm);
  ASSAY_CHECK(platform && realm);
  const auto platform_again = cca::parse_platform_claims(*platform);
  const auto realm_again = cca::parse_realm_claims(*realm);
  ASSAY_CHECK(platform_again && *platform_again == *claims->platform);
  ASSAY_CHECK(realm_again && *realm_again == *claims->realm);
  ASSAY_CHECK(cca::check_binding(*platform_again, *realm_again));
}
