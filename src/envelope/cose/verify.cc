// The bytes that are authenticated, and the checks that end in a Verified payload.
#include "codec/cbor/cbor.h"
#include "envelope/cose/cose.h"
#include "envelope/verified_mint.h"

namespace assay::cose {
namespace {

// kid of t_cose's short-circuit signatures (SHA-256 of a fixed test text; t_cose_common.h).
constexpr std::array<std::uint8_t, 32> kShortCircuitKid{0xef, 0x95, 0x4b, 0x4b, 0xd9, 0xbd, 0xf6, 0x70, 0xd0, 0x33, 0x60,
                                                        0x82, 0xf5, 0xef, 0x15, 0x2a, 0xf8, 0xf3, 0x5b, 0x6a, 0x6c, 0x00,
                                                        0xef, 0xa6, 0xa9, 0xa7, 0x1f, 0x49, 0x51, 0x7e, 0x18, 0xc6};

Result<crypto::Sig> signature_algorithm(const Unverified& message);
Result<ByteView> payload_of(const Unverified& message, const VerifyOptions& options);
Result<void> check_signature(const crypto::PublicKey& key, crypto::Sig sig, ByteView signed_bytes, ByteView signature, const VerifyOptions& options);
bool is_curve(crypto::KeyKind kind);
bool is_ecdsa(crypto::Sig sig);
std::unexpected<Error> bad(const Unverified& message, Error error);

}  // namespace

Result<Verified<ByteView>> verify_sign1(const Unverified& message, const crypto::PublicKey& key, const VerifyOptions& options) {
  if (message.kind != Unverified::Kind::sign1) return fail_expecting(Errc::malformed, "", "cbor: invalid COSE_Sign1_Tagged object", "a COSE_Sign1");
  const crypto::Sig sig = TRY(signature_algorithm(message));
  const ByteView payload = TRY(payload_of(message, options));
  const bool foreign = options.allow_foreign_curve && is_ecdsa(sig) && is_curve(key.kind());
  if (!foreign && !crypto::fits(sig, key.kind())) {
    return fail_expecting(Errc::mismatch, "algorithm", fmt::format("the message is signed with {}, the key is of kind {}", crypto::jose_name(sig), crypto::name(key.kind())), fmt::format("a key for {}", crypto::jose_name(sig)));
  }

  const Bytes signed_bytes = to_be_authenticated(message.kind, message.protected_bytes, options.external_aad, payload);
  auto checked = check_signature(key, sig, signed_bytes, message.signature, options);
  if (!checked) return bad(message, std::move(checked).error());
  return VerifiedMint::of(payload);
}

Result<Verified<ByteView>> verify_mac0(const Unverified& message, ByteView key, const VerifyOptions& options) {
  if (message.kind != Unverified::Kind::mac0) return fail_expecting(Errc::malformed, "", "not a COSE_Mac0", "tag 17");
  if (!message.protected_headers.alg) return fail_expecting(Errc::missing, "protected header", "algorithm not found", "alg (label 1)");
  const auto mac = crypto::mac_by_cose_id(*message.protected_headers.alg);
  if (!mac) return fail_expecting(Errc::unsupported, "algorithm", fmt::format("{}", *message.protected_headers.alg), "5, 6 or 7 (HMAC)");
  const ByteView payload = TRY(payload_of(message, options));
  if (key.size() < kSmallestMacKey) return fail_expecting(Errc::invalid, "key", fmt::format("a MAC key of {} bytes", key.size()), "at least 16 bytes");

  auto checked = crypto::verify_mac(key, *mac, to_be_authenticated(message.kind, message.protected_bytes, options.external_aad, payload), message.signature);
  if (!checked) return bad(message, std::move(checked).error());
  return VerifiedMint::of(payload);
}

// RFC 9052 §4.4 and §6.3: lengths in their shortest form, the protected bytes as they were received. One allocation.
Bytes to_be_authenticated(Unverified::Kind kind, ByteView protected_bytes, ByteView external_aad, ByteView payload) {
  constexpr std::size_t heads = 1 + 11 + 3 * 9;
  cbor::Writer out;
  out.reserve(heads + protected_bytes.size() + external_aad.size() + payload.size());
  out.array(4).text(kind == Unverified::Kind::sign1 ? "Signature1" : "MAC0").bytes(protected_bytes).bytes(external_aad).bytes(payload);
  return std::move(out).take();
}

// t_cose: the hash of what should be signed, repeated to the size of a signature; TF-M: that hash as MAC tag.
bool is_short_circuit(const Unverified& message) {
  for (const Headers* headers : {&message.protected_headers, &message.unprotected_headers}) {
    if (headers->kid && equal(*headers->kid, kShortCircuitKid)) return true;
  }
  if (!message.protected_headers.alg || !message.payload || message.signature.empty()) return false;
  const auto sig = crypto::sig_by_cose_id(*message.protected_headers.alg);
  const auto mac = crypto::mac_by_cose_id(*message.protected_headers.alg);
  const bool is_mac = message.kind == Unverified::Kind::mac0;
  if (is_mac ? !mac : !sig || *sig == crypto::Sig::eddsa) return false;
  const crypto::Hash hash = is_mac ? crypto::hash_of(*mac) : crypto::hash_of(*sig);
  const Bytes digest = crypto::digest(hash, to_be_authenticated(message.kind, message.protected_bytes, {}, *message.payload));
  if (message.signature.size() < digest.size()) return false;
  for (std::size_t i = 0; i < message.signature.size(); ++i) {
    if (message.signature[i] != digest[i % digest.size()]) return false;
  }
  return true;
}

namespace {

Result<crypto::Sig> signature_algorithm(const Unverified& message) {
  const auto& alg = message.protected_headers.alg;
  if (!alg) return fail_expecting(Errc::missing, "protected header", "algorithm not found", "alg (label 1)");
  const auto sig = crypto::sig_by_cose_id(*alg);
  // RSASSA-PKCS1-v1_5 is not for new uses (RFC 8812 §2); nobody here writes it.
  if (!sig || *sig == crypto::Sig::rs256) return fail_expecting(Errc::unsupported, "algorithm", fmt::format("{}", *alg), "ES256, ES384, ES512, EdDSA, PS256, PS384 or PS512");
  return *sig;
}

Result<ByteView> payload_of(const Unverified& message, const VerifyOptions& options) {
  if (message.payload && options.detached_payload) return fail_expecting(Errc::mismatch, "payload", "one inside and one given", "one of them");
  if (message.payload) return *message.payload;
  if (options.detached_payload) return *options.detached_payload;
  return fail_expecting(Errc::missing, "", "missing payload", "a payload inside, or a detached one given");
}

Result<void> check_signature(const crypto::PublicKey& key, crypto::Sig sig, ByteView signed_bytes, ByteView signature, const VerifyOptions& options) {
  if (!crypto::fits(sig, key.kind())) return crypto::verify_foreign_curve(key, sig, signed_bytes, signature);
  if (options.cache != nullptr) return options.cache->verify(key, sig, signed_bytes, signature);
  return crypto::verify(key, sig, signed_bytes, signature);
}

bool is_curve(crypto::KeyKind kind) { return kind == crypto::KeyKind::p256 || kind == crypto::KeyKind::p384 || kind == crypto::KeyKind::p521; }
bool is_ecdsa(crypto::Sig sig) { return sig == crypto::Sig::es256 || sig == crypto::Sig::es384 || sig == crypto::Sig::es512; }

// go-cose's word for a bad signature, and the one case where more can be said.
std::unexpected<Error> bad(const Unverified& message, Error error) {
  if (error.errc != Errc::unauthenticated) return std::unexpected(std::move(error));
  error.what = "verification error";
  error.expected = is_short_circuit(message) ? "a signature; this one was made without a key, as test builds do" : "a signature or MAC by the given key";
  return std::unexpected(std::move(error));
}

}  // namespace
}  // namespace assay::cose
