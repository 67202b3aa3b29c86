// Whatever token is read: its claims survive being written and read again, in CBOR and in JSON, and every door takes it.
#include "schemes/psa/scheme.h"
#include "testing/fuzz.h"

namespace assay::psa {
extern const appraise::Scheme kScheme;
}

namespace {

using namespace assay;

void check_cbor(const psa::Claims& claims) {
  const auto encoded = psa::encode_claims(claims);
  ASSAY_CHECK(encoded);
  const auto again = psa::parse_claims(*encoded);
  ASSAY_CHECK(again && *again == claims);
}

void check_json(psa::Claims claims) {
  const auto again = psa::from_json_as(claims.dialect, json::parse(json::print(psa::to_json(claims))).value());
  claims.unknown.clear();
  for (auto& component : claims.software_components) component.unknown.clear();
  if (claims.dialect != psa::Dialect::p1) claims.no_software_measurements.reset();
  ASSAY_CHECK(again && *again == claims);
}

}  // namespace

void fuzz(assay::ByteView bytes) {
  const appraise::TrustAnchors nobody;
  const auto token = psa::parse_token(bytes);
  const auto evidence = psa::kScheme.verify({.evidence = bytes, .anchors = nobody});
  ASSAY_CHECK(token.has_value() == evidence.has_value());
  ASSAY_CHECK(token || !psa::kScheme.recognises(bytes));
  if (!token) return;
  ASSAY_CHECK(!evidence->claims && psa::kScheme.appraise(*evidence, {}).submods.size() == 1);
  ASSAY_CHECK(psa::kScheme.peek(bytes) && psa::kScheme.claims_json(bytes));
  (void)psa::validate(token->claims);
  if (token->claims.nonces_in_array != 0) return;  // written as the byte string it should have been
  check_cbor(token->claims);
  check_json(token->claims);
}
