#include "crypto/key_formats.h"

#include <openssl/pem.h>

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "crypto/openssl.h"
#include "crypto/x509.h"

namespace assay::crypto {
namespace {

struct PemBlock {
  std::string label;
  Bytes der;
};
Result<PemBlock> first_pem_block(std::string_view pem);
std::string looks_like(ByteView bytes);

}  // namespace

Result<PublicKey> public_key_from_pem(std::string_view pem) {
  const PemBlock block = TRY(first_pem_block(pem));
  if (block.label == "PUBLIC KEY") return PublicKey::from_spki(block.der);
  if (block.label == "CERTIFICATE") return TRY(Certificate::from_der(block.der)).public_key();
  if (block.label.ends_with("PRIVATE KEY")) return TRY(private_key_from_pem(pem)).public_key();
  return fail_expecting(Errc::unsupported, "", fmt::format("PEM of {}", quoted(block.label)), "PUBLIC KEY, CERTIFICATE or a PRIVATE KEY");
}

Result<PrivateKey> private_key_from_pem(std::string_view pem) {
  PemBlock block = TRY(first_pem_block(pem));
  const SecretBytes der{std::move(block.der)};
  if (block.label == "ENCRYPTED PRIVATE KEY") return fail_expecting(Errc::unsupported, "", "an encrypted private key", "one without a passphrase");
  if (block.label != "PRIVATE KEY" && block.label != "EC PRIVATE KEY" && block.label != "RSA PRIVATE KEY") return fail_expecting(Errc::malformed, "", fmt::format("PEM of {}", quoted(block.label)), "a PRIVATE KEY (PKCS#8) or EC PRIVATE KEY (SEC1)");
  return PrivateKey::from_pkcs8(der.expose());
}

std::string to_pem(const PublicKey& key) {
  const std::string base64 = to_base64(key.spki());
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  for (std::size_t i = 0; i < base64.size(); i += 64) pem += base64.substr(i, 64) + "\n";
  return pem + "-----END PUBLIC KEY-----\n";
}

Result<PublicKey> public_key_from_any(ByteView bytes) {
  if (bytes.size() > kMaxKeyFile) return fail_expecting(Errc::limit, "", fmt::format("a key file of {} bytes", bytes.size()), fmt::format("at most {}", kMaxKeyFile));
  const std::string_view text = trim_ascii(as_text(bytes));
  if (text.starts_with('{')) return public_key_from_jwk(TRY(json::parse(text)));
  if (text.find("-----BEGIN ") != std::string_view::npos) return public_key_from_pem(text);
  if (bytes.empty()) return fail_expecting(Errc::malformed, "", "an empty key file", "a JWK, PEM, DER, COSE_Key or point");
  if (bytes[0] == 0x30) {
    if (auto key = PublicKey::from_spki(bytes)) return key;
    if (const auto certificate = Certificate::from_der(bytes)) return certificate->public_key();
    return TRY(PrivateKey::from_pkcs8(bytes)).public_key();
  }
  if (bytes[0] >> 5 == 5) return public_key_from_cose(bytes);
  if (bytes[0] == 0x04) {
    for (const KeyKind curve : {KeyKind::p256, KeyKind::p384, KeyKind::p521}) {
      if (bytes.size() == 1 + 2 * field_size(curve)) return PublicKey::from_point(curve, bytes);
    }
  }
  return fail_expecting(Errc::malformed, "", looks_like(bytes), "a JWK, PEM, DER, COSE_Key or uncompressed point");
}

Result<PrivateKey> private_key_from_any(ByteView bytes) {
  if (bytes.size() > kMaxKeyFile) return fail_expecting(Errc::limit, "", fmt::format("a key file of {} bytes", bytes.size()), fmt::format("at most {}", kMaxKeyFile));
  const std::string_view text = trim_ascii(as_text(bytes));
  if (text.starts_with('{')) return private_key_from_jwk(TRY(json::parse(text)));
  if (text.find("-----BEGIN ") != std::string_view::npos) return private_key_from_pem(text);
  if (!bytes.empty() && bytes[0] == 0x30) return PrivateKey::from_pkcs8(bytes);
  return fail_expecting(Errc::malformed, "", looks_like(bytes), "a private JWK, PEM or DER key");
}

namespace {

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
  for (const char c : body) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') base64 += c;
  }
  Result<Bytes> der = from_base64(base64);
  wipe(base64);
  if (!der) return fail_at(Errc::malformed, body_at, fmt::format("PEM of {} with broken base64", quoted(label)), "base64 lines");
  return PemBlock{label, std::move(*der)};
}

std::string looks_like(ByteView bytes) {
  if (bytes.empty()) return "an empty file";
  if (bytes[0] == '[') return "a JSON array";
  if (bytes.size() == 32 || bytes.size() == 48 || bytes.size() == 64) return fmt::format("{} raw bytes (a MAC key?)", bytes.size());
  return fmt::format("{} bytes starting 0x{}", bytes.size(), to_hex(bytes.first(std::min<std::size_t>(4, bytes.size()))));
}

}  // namespace
}  // namespace assay::crypto
