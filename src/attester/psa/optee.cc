#include "attester/psa/optee.h"

#include <algorithm>

#include "base/text.h"
#include "schemes/psa/token.h"

namespace assay::attester {
namespace {

// Published in the source of the PTA, of Veraison's evcli and in its guides: nobody's secret.
constexpr std::string_view kTestScalar = "f3bd0c07a81fb932781ed52752f60cc89a6be5e51934fe01938ddb55d8f77801";
constexpr std::string_view kImplementationId = "acme-implementation-id-000000001";
constexpr std::string_view kInstanceId = "01ceebae7b8927a3227e5303cf5e0f1f7b34bb542ad7250ac03fbcde36ec2f1508";
constexpr std::string_view kSignerId = "acbb11c7e4da217205523ce4ce1a245ae1a239ae3c6bfd9e7871f7e5d8bae86b";
constexpr std::int32_t kClient = 1;
constexpr std::uint16_t kSecured = 0x3000;

Bytes constant(std::string_view hex) {
  auto bytes = from_hex(hex);
  ASSAY_CHECK(bytes);
  return *std::move(bytes);
}

}  // namespace

crypto::PrivateKey optee_test_key() {
  auto key = crypto::PrivateKey::from_scalar(crypto::KeyKind::p256, constant(kTestScalar));
  ASSAY_CHECK(key);
  return *std::move(key);
}

Bytes optee_measurement(std::vector<Bytes> regions) {
  std::ranges::sort(regions, [](const Bytes& a, const Bytes& b) { return a.size() != b.size() ? a.size() < b.size() : bytewise_less(a, b); });
  Bytes all;
  for (const Bytes& region : regions) append(all, region);
  return crypto::digest(crypto::Hash::sha256, all);
}

Result<Bytes> optee_token(const OpteeDevice& device, ByteView nonce, const crypto::PrivateKey& key) {
  if (device.measurement.size() != kOpteeMeasurement) return fail(Errc::invalid, "measurement", "{} bytes; the PTA's are of SHA-256, {}", device.measurement.size(), kOpteeMeasurement);
  psa::Claims claims{.dialect = psa::Dialect::p2, .profile = std::string{psa::kProfile2}, .client_id = kClient, .lifecycle = kSecured};
  claims.implementation_id = device.implementation_id.empty() ? to_bytes(kImplementationId) : device.implementation_id;
  claims.instance_id = device.instance_id.empty() ? constant(kInstanceId) : device.instance_id;
  claims.nonce = to_bytes(nonce);
  eat::SoftwareComponent component;
  component.measurement_type = "PRoT";
  component.measurement_value = device.measurement;
  component.signer_id = constant(kSignerId);
  claims.software_components.push_back(std::move(component));
  TRY(psa::validate(claims));
  return psa::sign_token(claims, key);
}

}  // namespace assay::attester
