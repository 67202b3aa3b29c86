#include "schemes/psa/token.h"

#include "model/eat/check.h"
#include "model/eat/read.h"

namespace assay::psa {
namespace {

constexpr std::string_view kBadEnvelope = "failed CBOR decoding for CWT";
constexpr std::string_view kBadClaims = "failed CBOR decoding of PSA claims";

Error envelope_error(Error error, ByteView token);
Error verification_error(Error error);

}  // namespace

Result<UnverifiedToken> parse_token(ByteView token) {
  if (token.size() > kMaxEvidence) return fail_expecting(Errc::limit, "PSA token", fmt::format("{} bytes", token.size()), fmt::format("at most {}", kMaxEvidence));
  UnverifiedToken parsed;
  auto message = cose::parse_unverified(token);
  if (!message) return std::unexpected(within(kBadEnvelope, envelope_error(std::move(message).error(), token)));
  parsed.message = std::move(*message);
  const ByteView payload = parsed.message.payload.value_or(ByteView{});
  auto claims = parse_claims(payload, parsed.message.payload_offset);
  if (!claims) return std::unexpected(within(kBadClaims, eat::with_reference_end(std::move(claims).error(), payload)));
  parsed.claims = std::move(*claims);
  return parsed;
}

Result<Verified<Claims>> verify_sign1(const UnverifiedToken& token, const crypto::PublicKey& key, crypto::SigCache* cache) {
  cose::VerifyOptions options;
  options.cache = cache;
  auto payload = cose::verify_sign1(token.message, key, options);
  if (!payload) return std::unexpected(verification_error(std::move(payload).error()));
  return payload->derive([](const ByteView& bytes, std::size_t offset) { return parse_claims(bytes, offset); }, token.message.payload_offset);
}

Result<Verified<Claims>> verify_mac0(const UnverifiedToken& token, ByteView key) {
  auto payload = cose::verify_mac0(token.message, key);
  if (!payload) return std::unexpected(verification_error(std::move(payload).error()));
  return payload->derive([](const ByteView& bytes, std::size_t offset) { return parse_claims(bytes, offset); }, token.message.payload_offset);
}

Result<Bytes> sign_token(const Claims& claims, const crypto::PrivateKey& key) {
  const Bytes payload = TRY(encode_claims(claims));
  return cose::sign_sign1(payload, key);
}

Result<Bytes> mac_token(const Claims& claims, ByteView key, crypto::Mac mac) {
  const Bytes payload = TRY(encode_claims(claims));
  return cose::make_mac0(payload, key, mac);
}

Bytes instance_id_of(const crypto::PublicKey& key) { return concat({Bytes{0x01}, crypto::digest(crypto::Hash::sha256, key.point())}); }

Bytes instance_id_of_mac_key(ByteView key) { return concat({Bytes{0x01}, crypto::digest(crypto::Hash::sha256, crypto::digest(crypto::Hash::sha256, key))}); }

namespace {

// The reference's words where scripts know them, ours everywhere else.
Error envelope_error(Error error, ByteView token) {
  const bool is_sign1 = token.size() >= 2 && token[0] == 0xd2 && token[1] == 0x84;
  const bool is_mac0 = token.size() >= 2 && token[0] == 0xd1 && token[1] == 0x84;
  if (is_sign1 || is_mac0) return eat::with_reference_end(std::move(error), token);
  error.where.clear();
  error.what = "cbor: invalid COSE_Sign1_Tagged object";
  error.expected = "a COSE_Sign1 (tag 18) or COSE_Mac0 (tag 17)";
  return error;
}

Error verification_error(Error error) {
  if (error.errc == Errc::unauthenticated) error = Error{error.errc, {}, "verification error", {}, {}};
  return within("signature verification failed", std::move(error));
}

}  // namespace
}  // namespace assay::psa
