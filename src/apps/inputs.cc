#include "apps/inputs.h"

#include "apps/files.h"
#include "base/text.h"
#include "codec/json/json.h"
#include "crypto/key_formats.h"

namespace assay::inputs {
namespace {

constexpr std::size_t kMinMacKey = 16;
constexpr std::size_t kMaxMacKey = 1024;
constexpr std::size_t kMinNonce = 8;
constexpr std::size_t kMaxNonce = 64;

// A JWK set or a key of any form.
Result<std::vector<crypto::NamedKey>> keys_of_file(const std::string& path);
Result<json::Value> load_json(const std::string& path);
std::size_t der_sequence_size(ByteView bytes);

}  // namespace

Result<crypto::PublicKey> load_public_key(const std::string& path) {
  const Bytes content = TRY(files::read_file(path, kMaxKeyFile));
  return within(path, crypto::public_key_from_any(content));
}

Result<crypto::PrivateKey> load_private_key(const std::string& path) {
  const SecretBytes content{TRY(files::read_file(path, kMaxKeyFile))};
  return within(path, crypto::private_key_from_any(content.expose()));
}

Result<std::shared_ptr<const SecretBytes>> load_mac_key(const std::string& path) {
  auto content = std::make_shared<const SecretBytes>(TRY(files::read_file(path, kMaxKeyFile)));
  const std::size_t size = content->size();
  TRY(within(path, check_mac_octets(content->expose())));
  if (size < kMinMacKey || size > kMaxMacKey) return fail_expecting(Errc::invalid, path, fmt::format("a MAC key of {} bytes", size), "16 to 1024 raw octets");
  return content;
}

Result<void> check_mac_octets(ByteView octets) {
  const std::string_view text = trim_ascii(as_text(octets));
  const auto refuse = [](const char* what) { return fail_expecting(Errc::invalid, "", what, "the raw octets of a symmetric key: a MAC made with something public proves nothing"); };
  if (text.starts_with("-----BEGIN")) return refuse("PEM");
  if (text.starts_with("ssh-") || text.starts_with("ecdsa-sha2-") || text.starts_with("sk-")) return refuse("an SSH key");
  if (text.starts_with('{') || text.starts_with('[')) {
    if (json::parse(text)) return refuse("JSON");
  }
  if (!octets.empty() && der_sequence_size(octets) == octets.size()) return refuse("DER, as of a key or certificate");
  if (crypto::public_key_from_any(octets)) return refuse("a public or private key");
  return {};
}

Result<appraise::TrustAnchors> load_anchors(std::span<const std::string> keys, std::span<const std::string> mac_keys) {
  appraise::TrustAnchors anchors;
  for (const std::string& path : keys) {
    std::vector<crypto::NamedKey> of_file = TRY(keys_of_file(path));
    for (crypto::NamedKey& key : of_file) {
      anchors.push_back({{}, {}, std::move(key.key), key.kid.empty() ? path : path + ": key " + assay::quoted(key.kid)});
    }
  }
  for (const std::string& path : mac_keys) {
    auto key = TRY(load_mac_key(path));
    anchors.push_back({{}, {}, std::move(key), path});
  }
  return anchors;
}

Result<std::vector<crypto::Certificate>> certificates_from_any(ByteView bytes) {
  if (trim_ascii(as_text(bytes)).starts_with("-----BEGIN")) return crypto::Certificate::from_pem(as_text(bytes));
  std::vector<crypto::Certificate> certificates;
  do {
    const std::size_t size = der_sequence_size(bytes);
    // What is no SEQUENCE is refused by the reader of certificates, which says why.
    const ByteView one = bytes.first(size == 0 ? bytes.size() : size);
    certificates.push_back(TRY(crypto::Certificate::from_der(one)));
    bytes = bytes.subspan(one.size());
  } while (!bytes.empty());
  return certificates;
}

Result<std::vector<crypto::Certificate>> load_certificates(std::span<const std::string> paths) {
  std::vector<crypto::Certificate> certificates;
  for (const std::string& path : paths) {
    const Bytes content = TRY(files::read_file(path, kMaxKeyFile));
    std::vector<crypto::Certificate> of_file = TRY(within(path, certificates_from_any(content)));
    std::ranges::move(of_file, std::back_inserter(certificates));
  }
  return certificates;
}

Result<std::vector<crypto::Crl>> load_revocation_lists(std::span<const std::string> paths) {
  std::vector<crypto::Crl> lists;
  for (const std::string& path : paths) {
    const Bytes content = TRY(files::read_file(path));
    lists.push_back(TRY(within(path, crypto::Crl::from_any(content))));
  }
  return lists;
}

Result<appraise::TrustAnchors> load_trust_anchor_file(const std::string& path) {
  const json::Value value = TRY(load_json(path));
  return appraise::trust_anchors_from_json(value, path);
}

Result<appraise::ReferenceValues> load_reference_values(const std::string& path) {
  const json::Value value = TRY(load_json(path));
  return appraise::reference_values_from_json(value, path);
}

Result<UnixSeconds> parse_time(const std::string& text) {
  const bool is_date = text.size() == 10 && text.find('T') == std::string::npos;
  auto time = from_rfc3339_any_zone(is_date ? text + "T00:00:00Z" : text);
  if (!time) return fail_expecting(time.error().errc, "", assay::quoted(text), "a time as 2026-11-24T01:17:00Z, or a date as 2026-11-24");
  return time;
}

Result<Bytes> parse_nonce(const std::string& text) {
  Result<Bytes> nonce = fail(Errc::usage, "", "");
  if (text.starts_with("hex:")) nonce = from_hex(std::string_view{text}.substr(4));
  else if (text.starts_with("base64:")) nonce = from_any_base64(std::string_view{text}.substr(7));
  else if (nonce = from_hex(text); !nonce) nonce = from_any_base64(text);
  if (!nonce) return fail_expecting(Errc::usage, "nonce", assay::quoted(text), "hex or base64");
  if (nonce->size() < kMinNonce || nonce->size() > kMaxNonce) return fail_expecting(Errc::usage, "nonce", fmt::format("{} bytes", nonce->size()), "8 to 64");
  return nonce;
}

namespace {

Result<std::vector<crypto::NamedKey>> keys_of_file(const std::string& path) {
  const Bytes content = TRY(files::read_file(path, kMaxKeyFile));
  std::vector<crypto::NamedKey> keys;
  if (trim_ascii(as_text(content)).starts_with('{')) {
    const json::Value value = TRY(within(path, json::parse(as_text(content))));
    if (value.object()->find("keys") != nullptr) return within(path, crypto::keys_from_jwks(value));
  }
  auto key = TRY(within(path, crypto::public_key_from_any(content)));
  keys.push_back({{}, std::move(key)});
  return keys;
}

// Of the SEQUENCE that the bytes begin with, its head included; 0 if they do not hold one.
std::size_t der_sequence_size(ByteView bytes) {
  if (bytes.size() < 2 || bytes[0] != 0x30) return 0;
  const std::size_t octets = bytes[1] < 0x80 ? 0 : bytes[1] & 0x7f;
  if (octets > 4 || bytes.size() < 2 + octets) return 0;
  std::size_t length = octets == 0 ? bytes[1] : 0;
  for (std::size_t i = 0; i < octets; ++i) length = length << 8 | bytes[2 + i];
  return length > bytes.size() - 2 - octets ? 0 : 2 + octets + length;
}

Result<json::Value> load_json(const std::string& path) {
  const std::string text = TRY(files::read_text(path, kMaxJson));
  // Maps and tags of CBOR begin with bytes that no JSON begins with.
  const bool is_cbor = !text.empty() && static_cast<unsigned char>(text[0]) >= 0xa0 && static_cast<unsigned char>(text[0]) < 0xe0;
  if (is_cbor) return fail_expecting(Errc::malformed, path, "CBOR", "JSON; a CoRIM is for --endorsements");
  return within(path, json::parse(text));
}

}  // namespace
}  // namespace assay::inputs
