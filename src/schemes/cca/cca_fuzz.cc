// Whatever evidence is read: its claims survive being written and read again, in CBOR and in JSON, and every door takes it.
#include "schemes/cca/scheme.h"
#include "testing/fuzz.h"

namespace assay::cca {
extern const appraise::Scheme kScheme;
}

namespace {

using namespace assay;

template <class Claims>
void check(Claims claims, Result<Claims> (*parse)(ByteView, std::size_t), Result<Claims> (*read)(const json::Value&, std::string)) {
  (void)cca::validate(claims);
  if (claims.challenges_in_array != 0) return;  // written as the byte string it should have been
  const auto encoded = cca::encode_claims(claims);
  ASSAY_CHECK(encoded);
  const auto again = parse(*encoded, 0);
  ASSAY_CHECK(again && *again == claims);
  const auto from_json = read(json::parse(json::print(cca::to_json(claims))).value(), "");
  ASSAY_CHECK(from_json);
  claims.unknown.clear();
  if constexpr (std::is_same_v<Claims, cca::PlatformClaims>) {
    for (auto& component : claims.software_components) component.unknown.clear();
  } else {
    if (!claims.profile) claims.profile = from_json->profile;  // presumed where the key is a COSE_Key
  }
  ASSAY_CHECK(*from_json == claims);
}

}  // namespace

void fuzz(assay::ByteView bytes) {
  const appraise::TrustAnchors nobody;
  const auto parsed = cca::parse_evidence(bytes);
  const auto evidence = cca::kScheme.verify({.evidence = bytes, .anchors = nobody});
  ASSAY_CHECK(parsed.has_value() == evidence.has_value());
  (void)cca::kScheme.recognises(bytes);
  (void)cca::parse_platform_token(bytes);
  (void)cca::parse_platform_token(bytes, true);
  if (!parsed) return;
  ASSAY_CHECK(cca::kScheme.recognises(bytes));
  ASSAY_CHECK(!evidence->claims && cca::kScheme.appraise(*evidence, {}).submods.size() == 1);
  ASSAY_CHECK(cca::kScheme.peek(bytes) && cca::kScheme.claims_json(bytes));
  check(parsed->platform, cca::parse_platform_claims, cca::platform_from_json);
  check(parsed->realm, cca::parse_realm_claims, cca::realm_from_json);
}
