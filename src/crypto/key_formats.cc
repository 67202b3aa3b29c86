#include "crypto/key_formats.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "codec/der/der.h"
#include "crypto/x509.h"

namespace assay::crypto {
namespace {

struct PemBlock {
  std::string label;
  SecretBytes der;
};
Result<PemBlock> first_pem_block(std::string_view pem);
bool is_text(std::string_view text);
bool is_pem(ByteView bytes);
bool is_der(ByteView bytes);
bool is_private(std::string_view pem_label);
Result<PrivateKey> private_key_of(const PemBlock& block);

// What a DER file is, by the tags at its beginning.
enum class DerKind { spki,
                     certificate,
                     pkcs8,
                     encrypted_pkcs8,
                     sec1,
                     rsa_private,
                     rsa_public,
                     other };
Result<DerKind> kind_of_der(ByteView der);
std::string_view name(DerKind kind);
std::string looks_like(ByteView bytes);
Result<void> check_size(ByteView bytes);

}  // namespace

Result<PublicKey> public_key_from_pem(std::string_view pem) {
  const PemBlock block = TRY(first_pem_block(pem));
  if (block.label == "PUBLIC KEY") return PublicKey::from_spki(block.der.expose());
  if (is_private(block.label)) return TRY(private_key_of(block)).public_key();
  if (block.label != "CERTIFICATE") return fail_expecting(Errc::unsupported, "", fmt::format("PEM of {}", quoted(block.label)), "PUBLIC KEY, CERTIFICATE or a PRIVATE KEY");
  const Certificate certificate = TRY(Certificate::from_der(block.der.expose()));
  return certificate.public_key();
}

Result<PrivateKey> private_key_from_pem(std::string_view pem) {
  const PemBlock block = TRY(first_pem_block(pem));
  return private_key_of(block);
}

std::string to_pem(const PublicKey& key) {
  const std::string base64 = to_base64(key.spki());
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  for (std::size_t i = 0; i < base64.size(); i += 64) pem += base64.substr(i, 64) + "\n";
  return pem + "-----END PUBLIC KEY-----\n";
}

Result<PublicKey> public_key_from_any(ByteView bytes) {
  TRY(check_size(bytes));
  const std::string_view text = trim_ascii(as_text(bytes));
  if (text.starts_with('{')) return public_key_from_jwk(TRY(json::parse(text)));
  if (is_pem(bytes)) return public_key_from_pem(text);
  if (is_der(bytes)) {
    switch (const DerKind kind = TRY(kind_of_der(bytes))) {
      case DerKind::spki: return PublicKey::from_spki(bytes);
      case DerKind::certificate: return TRY(Certificate::from_der(bytes)).public_key();
      case DerKind::pkcs8:
      case DerKind::sec1:
      case DerKind::rsa_private: return TRY(PrivateKey::from_pkcs8(bytes)).public_key();
      default: return fail_expecting(Errc::unsupported, "", std::string{name(kind)}, "a SubjectPublicKeyInfo, a certificate or a private key");
    }
  }
  if (!bytes.empty() && bytes[0] >> 5 == 5) return public_key_from_cose(bytes);
  for (const KeyKind curve : {KeyKind::p256, KeyKind::p384, KeyKind::p521}) {
    if (bytes.size() == 1 + 2 * field_size(curve) && bytes[0] == 0x04) return PublicKey::from_point(curve, bytes);
  }
  return fail_expecting(Errc::malformed, "", looks_like(bytes), "a JWK, PEM, DER, COSE_Key or uncompressed point");
}

Result<PrivateKey> private_key_from_any(ByteView bytes) {
  constexpr std::string_view kExpected = "a private key as JWK, PEM or DER";
  TRY(check_size(bytes));
  const std::string_view text = trim_ascii(as_text(bytes));
  if (text.starts_with('{')) return private_key_from_jwk(TRY(json::parse(text)));
  if (is_pem(bytes)) return private_key_from_pem(text);
  if (is_der(bytes)) {
    const DerKind kind = TRY(kind_of_der(bytes));
    if (kind == DerKind::pkcs8 || kind == DerKind::sec1 || kind == DerKind::rsa_private) return PrivateKey::from_pkcs8(bytes);
    return fail_expecting(Errc::malformed, "", std::string{name(kind)}, kExpected);
  }
  return fail_expecting(Errc::malformed, "", looks_like(bytes), kExpected);
}

namespace {

Result<void> check_size(ByteView bytes) {
  if (bytes.size() > kMaxKeyFile) return fail_expecting(Errc::limit, "", fmt::format("a key file of {} bytes", bytes.size()), fmt::format("at most {}", kMaxKeyFile));
  return {};
}

// A DER file may have these letters in it, in a name or a comment.
bool is_pem(ByteView bytes) {
  if (as_text(bytes).find("-----BEGIN ") == std::string_view::npos) return false;
  der::Reader in{bytes};
  return !in.sequence() || !in.at_end();
}

// The first octet of DER is the digit 0.
bool is_der(ByteView bytes) { return !bytes.empty() && bytes[0] == der::kSequence && !is_text(as_text(bytes)); }

bool is_text(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t'; });
}

bool is_private(std::string_view label) { return label.ends_with("PRIVATE KEY"); }

Result<PrivateKey> private_key_of(const PemBlock& block) {
  if (block.label == "ENCRYPTED PRIVATE KEY") return fail_expecting(Errc::unsupported, "", "an encrypted private key", "one without a passphrase");
  if (block.label != "PRIVATE KEY" && block.label != "EC PRIVATE KEY" && block.label != "RSA PRIVATE KEY") return fail_expecting(Errc::malformed, "", fmt::format("PEM of {}", quoted(block.label)), "a PRIVATE KEY (PKCS#8), EC PRIVATE KEY (SEC1) or RSA PRIVATE KEY (PKCS#1)");
  return PrivateKey::from_pkcs8(block.der.expose());
}

// The first block, read strictly: label, base64 lines, the same label. Text before it (as some tools write) is skipped.
Result<PemBlock> first_pem_block(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kDashes = "-----";
  std::size_t at = pem.find(kBegin);
  if (at == std::string_view::npos) return fail_expecting(Errc::malformed, "", "no PEM block", "-----BEGIN …-----");
  // Parameters come first in what `openssl ecparam -genkey` writes.
  constexpr std::string_view kParameters = "-----BEGIN EC PARAMETERS-----";
  if (pem.substr(at).starts_with(kParameters)) {
    at = pem.find(kBegin, at + kParameters.size());
    if (at == std::string_view::npos) return fail_expecting(Errc::malformed, "", "EC PARAMETERS without a key", "a key behind them");
  }
  const std::size_t label_at = at + kBegin.size();
  const std::size_t label_end = pem.find(kDashes, label_at);
  if (label_end == std::string_view::npos || label_end - label_at > 64) return fail_at(Errc::malformed, label_at, "a PEM label that does not end", "-----");
  const std::string label{pem.substr(label_at, label_end - label_at)};
  const std::size_t body_at = label_end + kDashes.size();
  const std::size_t body_end = pem.find(fmt::format("-----END {}-----", label), body_at);
  if (body_end == std::string_view::npos) return fail_at(Errc::malformed, body_at, fmt::format("PEM of {} that does not end", quoted(label)), fmt::format("-----END {}-----", label));
  const std::string_view body = pem.substr(body_at, body_end - body_at);
  if (body.find(':') != std::string_view::npos) return fail_expecting(Errc::unsupported, "", "PEM with headers (an encrypted key?)", "plain PEM");
  std::string base64;
  base64.reserve(body.size());  // once, so that no copy of a secret stays behind
  for (const char c : body) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') base64 += c;
  }
  Result<Bytes> der = from_base64(base64);
  wipe(base64);
  if (!der) return fail_at(Errc::malformed, body_at, fmt::format("PEM of {} with broken base64", quoted(label)), "base64 lines");
  return PemBlock{label, SecretBytes{std::move(*der)}};
}

// RFC 5280 §4.1, RFC 5208 §5 and §6, RFC 5915 §3, RFC 8017 §A.1: their first two or three tags tell them apart.
Result<DerKind> kind_of_der(ByteView der) {
  der::Reader outer{der};
  der::Reader in = TRY(within("DER", outer.sequence()));
  TRY(within("DER", outer.expect_end()));
  const auto tag = [&in]() -> int {
    const auto element = in.any();
    return element ? element->tag : -1;
  };
  const int first = tag(), second = tag(), third = tag();
  if (first == der::kSequence && second == der::kBitString && third == -1) return DerKind::spki;
  if (first == der::kSequence && second == der::kSequence && third == der::kBitString) return DerKind::certificate;
  if (first == der::kSequence && second == der::kOctetString) return DerKind::encrypted_pkcs8;
  if (first == der::kInteger && second == der::kSequence && third == der::kOctetString) return DerKind::pkcs8;
  if (first == der::kInteger && second == der::kOctetString) return DerKind::sec1;
  if (first == der::kInteger && second == der::kInteger) return third == -1 ? DerKind::rsa_public : DerKind::rsa_private;
  return DerKind::other;
}

std::string_view name(DerKind kind) {
  switch (kind) {
    case DerKind::spki: return "a public key in DER (SubjectPublicKeyInfo)";
    case DerKind::certificate: return "a certificate in DER";
    case DerKind::pkcs8: return "a private key in DER (PKCS#8)";
    case DerKind::encrypted_pkcs8: return "an encrypted private key in DER";
    case DerKind::sec1: return "a private key in DER (SEC1)";
    case DerKind::rsa_private: return "a private RSA key in DER (PKCS#1)";
    case DerKind::rsa_public: return "a public RSA key in DER without its algorithm (PKCS#1)";
    case DerKind::other: return "DER that is no key";
  }
  return "DER";
}

std::string looks_like(ByteView bytes) {
  if (bytes.empty()) return "an empty file";
  const std::string_view text = trim_ascii(as_text(bytes));
  if (text.starts_with('[')) return "a JSON array";
  if (bytes[0] >> 5 == 5) return "a CBOR map (a COSE_Key?)";
  // Described, never quoted: it may be a secret in the wrong place.
  if (text.starts_with("ssh-") || text.starts_with("ecdsa-sha2-")) return "an OpenSSH public key";
  if (!text.empty() && from_hex(text)) return fmt::format("{} hex digits", text.size());
  if (!text.empty() && from_any_base64(text)) return fmt::format("{} characters of base64", text.size());
  if (is_text(text)) return fmt::format("{} characters of text", text.size());
  if (bytes.size() == 32 || bytes.size() == 48 || bytes.size() == 64) return fmt::format("{} raw bytes (a MAC key?)", bytes.size());
  return fmt::format("{} bytes starting 0x{}", bytes.size(), to_hex(bytes.first(std::min<std::size_t>(4, bytes.size()))));
}

}  // namespace
}  // namespace assay::crypto
