#include "services/front/discovery.h"

#include "crypto/key_formats.h"
#include "services/rest/rest.h"

namespace assay::front {
namespace {

constexpr std::string_view kType = "application/vnd.veraison.discovery+json";
constexpr std::string_view kVerification = "/.well-known/veraison/verification";
constexpr std::string_view kProvisioning = "/.well-known/veraison/provisioning";

json::Object verification(const Front& front) {
  json::Value key = crypto::to_jwk(front.verifier.signing_key.public_key());
  key.object()->set("alg", "ES256");
  json::Object members;
  members.set("ear-verification-key", std::move(key));
  members.set("media-types", rest::texts(appraise::evidence_media_types(front.verifier.schemes)));
  return members;
}

json::Object provisioning(const Front& front) {
  json::Object members;
  members.set("media-types", rest::texts(provisioning::media_types(front.intake.schemes)));
  return members;
}

json::Object endpoints(std::string_view path) {
  json::Object members;
  if (path == kVerification) members.set("newChallengeResponseSession", verifier::kNewSession);
  if (path == kProvisioning) members.set("provisioningSubmit", provisioning::kSubmit);
  return members;
}

}  // namespace

bool is_discovery(std::string_view path) { return path == kVerification || path == kProvisioning; }

net::Answer discovery(const Front& front, const net::Incoming& request) {
  if (!rest::accepts(request, kType) && !rest::accepts(request, rest::kJson)) return rest::not_acceptable(kType);
  json::Object members = request.path == kVerification ? verification(front) : provisioning(front);
  members.set("version", front.verifier.build);
  members.set("service-state", front.verifier.store.ready() ? "READY" : "DOWN");
  members.set("api-endpoints", endpoints(request.path));
  return rest::json_answer(200, kType, members);
}

}  // namespace assay::front
