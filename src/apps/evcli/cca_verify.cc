// evcli cca verify-as.
#include "apps/evcli/verify_as.h"
#include "apps/files.h"
#include "schemes/cca/evidence.h"

namespace assay::evcli {
namespace {

using goflags::Context;

constexpr std::string_view kMediaType = "application/eat-collection; profile=\"http://arm.com/CCA-SSD/1.0.0\"";

struct Keys {
  crypto::PrivateKey iak;
  crypto::PrivateKey rak;
};

Result<void> as_relying_party(Context& context);
Result<void> as_attester(Context& context);
Result<cca::EvidenceClaims> unvalidated_claims(const std::string& path);
Result<challenge::Evidence> sign_with_nonce(const cca::EvidenceClaims& claims, const Keys& keys, ByteView nonce, const std::vector<std::string>& accept);

}  // namespace

goflags::Command cca_verify_as_command() {
  goflags::Command attester{
      .name = "attester",
      .short_help = "have evidence verified that is made for the verifier's nonce",
      .long_help = "Asks a verifier for a nonce of 64 bytes, makes CCA evidence with that realm challenge from claims and two keys, and prints the\nverifier's result.",
      .examples =
          "  evcli cca verify-as attester --api-server=https://verifier.example/challenge-response/v1/newSession \\\n"
          "      --claims=claims.json --iak=es256.jwk --rak=es384.jwk",
      .flags = service_flags({{.long_name = "claims", .short_name = 'c', .help = "`file` with claims in JSON", .required = true},
                              {.long_name = "iak", .short_name = 'p', .help = "`file` with the platform's signing key in JWK format", .required = true},
                              {.long_name = "rak", .short_name = 'r', .help = "`file` with the realm's signing key in JWK format", .required = true}}),
      .run = as_attester,
  };
  goflags::Command relying_party{
      .name = "relying-party",
      .short_help = "have evidence verified that was made for our nonce",
      .long_help = "Sends CCA evidence to a verifier, with the realm challenge in it as the nonce that was asked for, and prints the verifier's result.",
      .examples = "  evcli cca verify-as relying-party --api-server=https://verifier.example/challenge-response/v1/newSession --token=my.cbor",
      .flags = service_flags({{.long_name = "token", .short_name = 't', .help = "`file` with CCA evidence", .required = true}}),
      .run = as_relying_party,
  };
  return {.name = "verify-as", .short_help = "have evidence verified by a Veraison service", .children = {std::move(attester), std::move(relying_party)}};
}

namespace {

Result<void> as_relying_party(Context& context) {
  const Service service = TRY(service_of(context));
  const std::string& path = context.text("token");
  const std::string ingesting = fmt::format("ingesting {}: ", path);
  Bytes token = TRY(files::read_file(path, kMaxEvidence));
  const cca::UnverifiedEvidence evidence = TRY(with_prefix(ingesting, cca::parse_evidence(token)));
  TRY(with_prefix(ingesting, cca::validate(evidence)));
  if (!evidence.realm.challenge) return fail_with(Errc::missing, fmt::format("cannot extract challenge from {}: missing mandatory claim", path));
  const Bytes nonce = *evidence.realm.challenge;
  std::string url = TRY(with_prefix("cannot configure URL in Veraison API client: ", session_uri(service.api_server)));
  return with_prefix("Veraison API client failed: ", exchange(context, service, {.url = std::move(url), .nonce = nonce, .evidence = as_it_is(kMediaType, std::move(token))}));
}

Result<void> as_attester(Context& context) {
  const Service service = TRY(service_of(context));
  const cca::EvidenceClaims claims = TRY(unvalidated_claims(context.text("claims")));
  crypto::PrivateKey iak = TRY(load_private_key("Platform signing key", context.text("iak")));
  crypto::PrivateKey rak = TRY(load_private_key("Realm signing key", context.text("rak")));
  const Keys keys{std::move(iak), std::move(rak)};
  std::string url = TRY(session_uri(service.api_server));
  const auto build = [&](ByteView nonce, const std::vector<std::string>& accept) { return sign_with_nonce(claims, keys, nonce, accept); };
  return with_prefix("error in attesterVeraisonClient Run ", exchange(context, service, {.url = std::move(url), .nonce = cca::kRealmChallengeSize, .evidence = build}));
}

Result<cca::EvidenceClaims> unvalidated_claims(const std::string& path) {
  const json::Value value = TRY(load_json(path));
  cca::EvidenceClaims claims = TRY(with_prefix("", cca::evidence_from_json(value)));
  if (!claims.platform) return fail_with(Errc::missing, "unmarshaling platform claims: unexpected end of JSON input");
  if (!claims.realm) return fail_with(Errc::missing, "unmarshaling realm claims: unexpected end of JSON input");
  return claims;
}

Result<challenge::Evidence> sign_with_nonce(const cca::EvidenceClaims& claims, const Keys& keys, ByteView nonce, const std::vector<std::string>& accept) {
  std::string type = TRY(challenge::need_accepted(accept, kMediaType));
  cca::EvidenceClaims fresh = claims;
  fresh.realm->challenge = to_bytes(nonce);
  fresh.realm->challenges_in_array = 0;
  TRY(within("signature failed", cca::bind(fresh)));
  TRY(within("signature failed", cca::validate(fresh)));
  Bytes token = TRY(within("signature failed", cca::sign_evidence(fresh, keys.iak, keys.rak, {.outer = cca::Outer::legacy})));
  return challenge::Evidence{std::move(type), std::move(token)};
}

}  // namespace
}  // namespace assay::evcli
