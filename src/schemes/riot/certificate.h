// What OpenSSL does not read of an alias certificate: its subject alternative name is no otherName of RFC 5280 §4.2.1.6 (the value has
// no explicit tag), so that strict readers refuse the whole certificate. A bounded reader of the parts that the chain needs.
//
//   otherName [0] { OID 2.23.133.5.4.1, SEQUENCE { INTEGER 1, SubjectPublicKeyInfo of the device, SEQUENCE { OID hash, OCTET STRING fwid } } }
//
// Refused: BER, extensions twice, critical ones that are not read here, signature algorithms other than ECDSA with SHA-2 or that differ
// inside and outside of what is signed, a digest that is not of its algorithm's size, anything behind an element.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "crypto/crypto.h"

namespace assay::riot {

inline constexpr std::size_t kMaxExtensions = 16;

// Views point into the DER. Nobody verified it.
struct Shape {
  ByteView signed_bytes;  // TBSCertificate
  ByteView issuer;        // Name, encoded
  ByteView subject;
  crypto::Hash hash = crypto::Hash::sha256;  // of the signature
  ByteView signature;                        // Ecdsa-Sig-Value
  bool is_authority = false;                 // basicConstraints
  std::optional<std::uint64_t> path_length;
  std::optional<std::uint8_t> key_usage;   // the first eight bits, digitalSignature the highest
  std::optional<bool> is_for_client_auth;  // extKeyUsage
  std::optional<ByteView> alternative_name;
};
Result<Shape> read_shape(ByteView der);

inline constexpr std::uint8_t kDigitalSignature = 0x80;
inline constexpr std::uint8_t kCertificateSign = 0x04;

struct DeviceIdentity {
  crypto::PublicKey device;
  crypto::Hash hash = crypto::Hash::sha256;
  Bytes firmware;  // FWID
};
// Of a subject alternative name. Fails with `missing` if it has none of this kind.
Result<DeviceIdentity> read_identity(ByteView alternative_name);

// ECDSA by the issuer's key, on whichever curve.
Result<void> verify_signature(const Shape& shape, const crypto::PublicKey& issuer);

}  // namespace assay::riot
