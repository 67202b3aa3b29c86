// Signed results: JWT (RFC 7519) and CWT (RFC 8392).
#include <array>
#include <cmath>

#include "base/text.h"
#include "envelope/cose/cose.h"
#include "envelope/jose/jws.h"
#include "model/ear/ear.h"

namespace assay::ear {
namespace {

struct Times {
  std::optional<UnixSeconds> iat, exp, nbf;
};
Result<Times> times_of(const json::Value& claims);
Result<void> check_times(const Times& times, const VerifyOptions& options);
Result<void> check_nonce(const Ear& ear, const std::optional<Bytes>& nonce);

}  // namespace

Result<Verified<json::Value>> verify_jwt_claims(std::string_view jwt, const crypto::PublicKey& key, const VerifyOptions& options) {
  const jose::UnverifiedJws jws = TRY(jose::parse_compact(jwt));
  const auto payload = TRY(jose::verify(jws, key, options.sig));
  auto claims = TRY(payload.derive([](const Bytes& bytes) { return within("JWT claims", json::parse(as_text(bytes))); }));
  const Times times = TRY(times_of(*claims));
  TRY(check_times(times, options));
  return claims;
}

Result<Verified<Ear>> verify_jwt(std::string_view jwt, const crypto::PublicKey& key, const VerifyOptions& options) {
  const auto claims = TRY(verify_jwt_claims(jwt, key, options));
  auto ear = TRY(claims.derive([](const json::Value& value, Strictness strictness) { return from_json(value, strictness); }, options.strictness));
  TRY(check_nonce(*ear, options.nonce));
  return ear;
}

Result<Verified<Ear>> verify_cwt(ByteView cwt, const crypto::PublicKey& key, const VerifyOptions& options) {
  const cose::Unverified message = TRY(cose::parse_unverified(cwt, cose::Tagging::optional));
  if (message.kind != cose::Unverified::Kind::sign1) return fail_expecting(Errc::unsupported, "CWT", "a COSE_Mac0", "a COSE_Sign1");
  if (message.protected_headers.alg != crypto::cose_id(options.sig)) {
    const std::string found = message.protected_headers.alg ? std::to_string(*message.protected_headers.alg) : "absent";
    return fail_expecting(Errc::mismatch, "COSE protected header", fmt::format("\"alg\" is {}", found), fmt::format("{} ({})", crypto::cose_id(options.sig), crypto::jose_name(options.sig)));
  }
  const auto payload = TRY(cose::verify_sign1(message, key));
  auto ear = TRY(payload.derive([](const ByteView& claims, Strictness strictness) { return from_cbor(claims, strictness); }, options.strictness));
  TRY(check_times({ear->iat, ear->exp, ear->nbf}, options));
  TRY(check_nonce(*ear, options.nonce));
  return ear;
}

Result<std::string> sign_jwt(const Ear& ear, const crypto::PrivateKey& key, std::optional<crypto::Sig> sig) {
  TRY(validate(ear));
  const std::string claims = json::print(to_json(ear));
  const json::Value header = jose::make_header(sig.value_or(crypto::default_sig(key.kind())), {{"typ", "JWT"}});
  return jose::sign_compact(as_bytes(claims), header, key);
}

Result<std::string> sign_jwt(const Ear& ear, const crypto::Signer& signer, const std::optional<std::string>& kid) {
  TRY(validate(ear));
  std::vector<std::pair<std::string, json::Value>> members;
  if (kid) members.emplace_back("kid", *kid);
  members.emplace_back("typ", "JWT");
  const std::string claims = json::print(to_json(ear));
  return jose::sign_compact(as_bytes(claims), jose::make_header(signer.algorithm(), std::move(members)), signer);
}

Result<Bytes> sign_cwt(const Ear& ear, const crypto::PrivateKey& key, std::optional<crypto::Sig> sig) {
  TRY(validate(ear));
  const Bytes claims = TRY(to_cbor(ear));
  return cose::sign_sign1(claims, key, {.sig = sig});
}

namespace {

//= RFC7519#2: NumericDate is a number and may have a fraction, which is cut off
Result<Times> times_of(const json::Value& claims) {
  const json::Fields fields = TRY(json::Fields::of(claims, "JWT claims"));
  const auto read = [&](std::string_view name) -> Result<std::optional<UnixSeconds>> {
    const json::Value* value = fields.find(name);
    if (value == nullptr) return std::nullopt;
    if (const auto seconds = value->integer()) return *seconds;
    const auto number = value->number();
    if (!number || std::fabs(*number) > 9e15) return fail_expecting(Errc::malformed, fields.at(name), fmt::format("a JSON {}", value->type_name()), "seconds since 1970");
    return static_cast<UnixSeconds>(*number);
  };
  Times times;
  times.iat = TRY(read("iat"));
  times.exp = TRY(read("exp"));
  times.nbf = TRY(read("nbf"));
  return times;
}

// No leeway: who wants one says another `now`.
Result<void> check_times(const Times& times, const VerifyOptions& options) {
  const UnixSeconds now = options.now ? *options.now : system_now();
  if (times.exp && now >= *times.exp) return fail(Errc::stale, "", "\"exp\" not satisfied: token is expired");
  if (times.iat && now < *times.iat) return fail(Errc::stale, "", "\"iat\" not satisfied");
  if (times.nbf && now < *times.nbf) return fail(Errc::stale, "", "\"nbf\" not satisfied: token is not yet valid");
  return {};
}

Result<void> check_nonce(const Ear& ear, const std::optional<Bytes>& nonce) {
  if (!nonce) return {};
  if (!ear.nonce) return fail_expecting(Errc::mismatch, "eat_nonce", "no such claim", fmt::format("nonce {}", to_base64url(*nonce)));
  const auto found = from_any_base64(*ear.nonce);
  if (found && ct_equal(*found, *nonce)) return {};
  return fail_expecting(Errc::mismatch, "eat_nonce", quoted(*ear.nonce), fmt::format("nonce {}", to_base64url(*nonce)));
}

}  // namespace
}  // namespace assay::ear
