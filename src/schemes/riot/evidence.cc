#include "schemes/riot/evidence.h"

#include "base/limits.h"
#include "base/text.h"

namespace assay::riot {

Result<UnverifiedEvidence> parse_evidence(ByteView evidence) {
  if (evidence.size() > kMaxEvidence) return fail_expecting(Errc::limit, "RIoT evidence", fmt::format("{} bytes", evidence.size()), fmt::format("at most {}", kMaxEvidence));
  std::vector<crypto::Certificate> chain = TRY(crypto::Certificate::from_pem(as_text(evidence)));
  if (chain.size() < 2) return fail_expecting(Errc::missing, "", "one certificate", "those of alias and device at least");
  const Bytes der = chain.front().der();
  const Shape shape = TRY(within("alias certificate", read_shape(der)));
  if (!shape.alternative_name) return fail_expecting(Errc::missing, "alias certificate", "no subject alternative name", "one with the identity of the device");
  DeviceIdentity identity = TRY(within("alias certificate: subject alternative name", read_identity(*shape.alternative_name)));
  crypto::PublicKey key = TRY(within("alias certificate", chain.front().public_key()));
  return UnverifiedEvidence{std::move(chain), std::move(key), std::move(identity)};
}

json::Value to_json(const UnverifiedEvidence& evidence) {
  const Bytes point = evidence.identity.device.point();
  json::Object out;
  out.set("FWID", to_hex(evidence.identity.firmware));
  out.set("DeviceID", to_hex(point.empty() ? evidence.identity.device.spki() : point));
  return out;
}

}  // namespace assay::riot
