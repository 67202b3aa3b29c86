// evcli psa verify-as.
#include <algorithm>
#include <array>

#include "apps/evcli/verify_as.h"
#include "apps/files.h"
#include "schemes/psa/claims.h"
#include "schemes/psa/token.h"

namespace assay::evcli {
namespace {

using goflags::Context;

constexpr std::string_view kMediaType = "application/psa-attestation-token";

Result<void> as_relying_party(Context& context);
Result<void> as_attester(Context& context);
Result<std::uint64_t> nonce_size(const Context& context, const Service& service);
Result<challenge::Evidence> sign_with_nonce(const psa::Claims& claims, const crypto::PrivateKey& key, ByteView nonce, const std::vector<std::string>& accept);

}  // namespace

goflags::Command psa_verify_as_command() {
  goflags::Command attester{
      .name = "attester",
      .short_help = "have a token verified that is made for the verifier's nonce",
      .long_help = "Asks a verifier for a nonce, makes a PSA attestation token for it from claims and a key, and prints the verifier's result.",
      .examples =
          "  evcli psa verify-as attester --api-server=https://verifier.example/challenge-response/v1/newSession \\\n"
          "      --claims=claims.json --key=es256.jwk --nonce-size=32",
      .flags = service_flags({{.long_name = "claims", .short_name = 'c', .help = "`file` with claims in JSON", .required = true},
                              {.long_name = "key", .short_name = 'k', .help = "`file` with the signing key in JWK format", .required = true},
                              {.long_name = "nonce-size", .short_name = 'n', .kind = goflags::Flag::uint, .default_value = "48", .help = "`bytes` of the nonce: 32, 48 or 64"}}),
      .run = as_attester,
  };
  goflags::Command relying_party{
      .name = "relying-party",
      .short_help = "have a token verified that was made for our nonce",
      .long_help = "Sends a PSA attestation token to a verifier, with the nonce in it as the one that was asked for, and prints the verifier's result.",
      .examples = "  evcli psa verify-as relying-party --api-server=https://verifier.example/challenge-response/v1/newSession --token=my.cbor",
      .flags = service_flags({{.long_name = "token", .short_name = 't', .help = "`file` with a PSA attestation token (COSE)", .required = true}}),
      .run = as_relying_party,
  };
  return {.name = "verify-as", .short_help = "have tokens verified by a Veraison service", .children = {std::move(attester), std::move(relying_party)}};
}

namespace {

Result<void> as_relying_party(Context& context) {
  const Service service = TRY(service_of(context));
  Bytes token = TRY(files::read_file(context.text("token"), kMaxEvidence));
  const psa::UnverifiedToken parsed = TRY(with_prefix("", psa::parse_token(token)));
  TRY(with_prefix("", psa::validate(parsed.claims)));
  const Bytes nonce = *parsed.claims.nonce;  // valid claims have one
  std::string url = TRY(session_uri(service.api_server));
  return exchange(context, service, {.url = std::move(url), .nonce = nonce, .evidence = as_it_is(kMediaType, std::move(token))});
}

Result<void> as_attester(Context& context) {
  const Service service = TRY(service_of(context));
  const std::uint64_t size = TRY(nonce_size(context, service));
  const json::Value value = TRY(load_json(context.text("claims")));
  const psa::Claims claims = TRY(with_prefix("", psa::from_json(value)));
  const crypto::PrivateKey key = TRY(load_private_key("signing key", context.text("key")));
  std::string url = TRY(session_uri(service.api_server));
  const auto build = [&](ByteView nonce, const std::vector<std::string>& accept) { return sign_with_nonce(claims, key, nonce, accept); };
  return exchange(context, service, {.url = std::move(url), .nonce = static_cast<std::size_t>(size), .evidence = build});
}

Result<std::uint64_t> nonce_size(const Context& context, const Service& service) {
  const std::uint64_t size = context.was_set("nonce-size") || service.nonce_size == 0 ? context.uint("nonce-size") : service.nonce_size;
  if (size == 0) return fail_with(Errc::usage, "nonce size not specified");
  constexpr std::array<std::uint64_t, 3> kSizes{32, 48, 64};
  if (std::ranges::find(kSizes, size) == kSizes.end()) return fail_with(Errc::usage, fmt::format("wrong nonce length {}: allowed values are 32, 48 and 64", size));
  return size;
}

Result<challenge::Evidence> sign_with_nonce(const psa::Claims& claims, const crypto::PrivateKey& key, ByteView nonce, const std::vector<std::string>& accept) {
  std::string type = TRY(challenge::need_accepted(accept, kMediaType));
  psa::Claims fresh = claims;
  fresh.nonce = to_bytes(nonce);
  fresh.nonces_in_array = 0;
  TRY(within("signature failed", psa::validate(fresh)));
  Bytes token = TRY(within("signature failed", psa::sign_token(fresh, key)));
  return challenge::Evidence{std::move(type), std::move(token)};
}

}  // namespace
}  // namespace assay::evcli
