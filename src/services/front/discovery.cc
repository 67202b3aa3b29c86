#include "services/front/discovery.h"

#include "crypto/key_formats.h"
#include "services/rest/rest.h"

namespace assay::front {
namespace {

constexpr std::string_view kType = "application/vnd.veraison.discovery+json";

json::Object verification(const Front& front) {
  const crypto::ActiveKey active = front.verifier.key();
  json::Value key = crypto::to_jwk(active.signer->public_key());
  key.object()->set("alg", crypto::jose_name(active.signer->algorithm()));
  if (active.header_kid) key.object()->set("kid", *active.header_kid);
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

json::Object management(const Front& front) {
  json::Object members;
  members.set("attestation-schemes", rest::texts(management::scheme_names(front.management.schemes)));
  return members;
}

json::Object members_of(const Front& front, Interface interface) {
  if (interface == kVerification) return verification(front);
  return interface == kProvisioning ? provisioning(front) : management(front);
}

json::Object endpoints_of(Interface interface) {
  if (interface == kManagement) return management::endpoints();
  json::Object members;
  if (interface == kVerification) members.set("newChallengeResponseSession", verifier::kNewSession);
  else members.set("provisioningSubmit", provisioning::kSubmit);
  return members;
}

}  // namespace

std::optional<Interface> discovered(std::string_view path) {
  constexpr std::string_view kFolder = "/.well-known/veraison/";
  if (!path.starts_with(kFolder)) return std::nullopt;
  for (const Interface one : {kVerification, kProvisioning, kManagement}) {
    if (path.substr(kFolder.size()) == name(one)) return one;
  }
  return std::nullopt;
}

net::Answer discovery(const Front& front, const net::Incoming& request, Interface interface) {
  if (!rest::accepts(request, kType) && !rest::accepts(request, rest::kJson)) return rest::not_acceptable(kType);
  json::Object members = members_of(front, interface);
  members.set("version", front.verifier.build);
  members.set("service-state", front.verifier.store.ready() ? "READY" : "DOWN");
  members.set("api-endpoints", endpoints_of(interface));
  return rest::json_answer(200, kType, members);
}

}  // namespace assay::front
