// Structures that a TPM signs or signs with (TPM 2.0 Library, Part 2): TPMS_ATTEST of quotes and certifications, TPMT_PUBLIC of ECC
// keys, TPMT_SIGNATURE of ECDSA. Big-endian, every length checked against the bytes there are; nothing may follow. Views point into
// the input.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "crypto/crypto.h"

namespace assay::tpm {

inline constexpr std::size_t kMaxSelections = 16;  // banks of a quote
inline constexpr std::size_t kMaxSelectBytes = 4;  // 32 registers: TPMs have 24

// TPM_ALG_ID of a hash to ours; nothing for those we do not do.
std::optional<crypto::Hash> hash_of(std::uint16_t algorithm);

struct PcrSelection {
  std::uint16_t hash = 0;          // TPM_ALG_ID
  std::vector<std::uint8_t> pcrs;  // ascending
};
struct Quote {
  std::vector<PcrSelection> selections;
  ByteView digest;  // over the selected registers, in this order
};
struct Certification {
  ByteView name;  // of the certified object: algorithm and digest
  ByteView qualified_name;
};
struct Attest {
  ByteView signed_bytes;
  ByteView signer;
  ByteView extra_data;  // the caller's: a nonce
  std::uint64_t firmware_version = 0;
  std::optional<Quote> quote;  // one of the two
  std::optional<Certification> certification;
};
// Refuses another magic and other types than quote and certify. `base`: offset of `bytes` in the outermost input.
Result<Attest> parse_attest(ByteView bytes, std::size_t base = 0);

struct Public {
  ByteView encoded;
  std::uint16_t name_algorithm = 0;
  std::uint32_t attributes = 0;
  crypto::PublicKey key;
  // Made by the TPM and never outside it.
  bool is_fixed() const { return (attributes & 0x02) != 0; }
  bool is_made_by_tpm() const { return (attributes & 0x20) != 0; }
  Result<Bytes> name() const;  // algorithm and digest (Part 1 §16)
};
// ECC keys on P-256, P-384 and P-521.
Result<Public> parse_public(ByteView bytes, std::size_t base = 0);

struct Signature {
  std::uint16_t hash = 0;
  ByteView r, s;
};
Result<Signature> parse_signature(ByteView bytes, std::size_t base = 0);

// ECDSA, with the hash that belongs to the key's curve.
Result<void> verify(const crypto::PublicKey& key, const Signature& signature, ByteView message);

}  // namespace assay::tpm
