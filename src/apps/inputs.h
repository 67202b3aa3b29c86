// What commands are given: keys, trust anchors, reference values, nonces. Errors name the file or flag.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "appraise/reference.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "crypto/crypto.h"
#include "crypto/x509.h"

namespace assay::inputs {

// Any form of crypto/key_formats.h. A private key gives its public half.
Result<crypto::PublicKey> load_public_key(const std::string& path);
Result<crypto::PrivateKey> load_private_key(const std::string& path);

// The octets of the file as they stand: at least 16, at most 1024. Refused is what looks like a public key: MACs made with public
// octets prove nothing.
Result<std::shared_ptr<const SecretBytes>> load_mac_key(const std::string& path);
// What load_mac_key refuses: keys of every other form, also those of kinds that nobody here reads.
Result<void> check_mac_octets(ByteView octets);

// Anchors that fit any device: `keys` are files with one public key or a JWK set, `mac_keys` files of octets.
Result<appraise::TrustAnchors> load_anchors(std::span<const std::string> keys, std::span<const std::string> mac_keys);

// PEM, one or more, or DER, one or several behind each other.
Result<std::vector<crypto::Certificate>> certificates_from_any(ByteView bytes);
// The same from files.
Result<std::vector<crypto::Certificate>> load_certificates(std::span<const std::string> paths);

// Revocation lists, one a file: DER or PEM.
Result<std::vector<crypto::Crl>> load_revocation_lists(std::span<const std::string> paths);

// JSON of appraise/reference.h.
Result<appraise::TrustAnchors> load_trust_anchor_file(const std::string& path);
Result<appraise::ReferenceValues> load_reference_values(const std::string& path);

// RFC 3339 in any zone, or a date alone: its midnight in UTC.
Result<UnixSeconds> parse_time(const std::string& text);

// Hex (which wins where both would do) or base64 of either alphabet, also marked `hex:` or `base64:`. 8 to 64 bytes (RFC 9711 §4.1).
Result<Bytes> parse_nonce(const std::string& text);

}  // namespace assay::inputs
