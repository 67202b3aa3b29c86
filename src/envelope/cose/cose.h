// COSE_Sign1 and COSE_Mac0 (RFC 9052): parse, verify, make.
//
// Refused on parsing: indefinite lengths, duplicate labels (also one label in both buckets), a protected bucket that is neither
// empty nor a map, `crit` misuse, IV with Partial IV, an empty signature, trailing bytes. The algorithm comes from the protected
// bucket alone and must fit the key. Views point into the parsed bytes, which must outlive them.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "codec/cbor/cbor.h"
#include "crypto/crypto.h"
#include "crypto/sigcache.h"
#include "crypto/signer.h"
#include "envelope/verified.h"

namespace assay::cose {

struct Headers {
  std::optional<std::int64_t> alg;                                             // 1
  std::vector<std::variant<std::int64_t, std::string_view>> crit;              // 2, protected only
  std::variant<std::monostate, std::uint16_t, std::string_view> content_type;  // 3
  std::optional<ByteView> kid;                                                 // 4
  std::vector<ByteView> x5chain;                                               // 33, leaf first
  std::vector<cbor::Key> unknown;                                              // labels of what we do not read
};

// COSE_Sign1 or COSE_Mac0 before anybody checked it.
struct Unverified {
  enum class Kind { sign1,
                    mac0 } kind = Kind::sign1;
  bool tagged = false;
  ByteView protected_bytes;  // the content of the bstr, as received: what is signed
  Headers protected_headers;
  Headers unprotected_headers;
  std::optional<ByteView> payload;  // nothing: detached
  std::size_t payload_offset = 0;   // of the payload in the outermost input
  ByteView signature;               // or the MAC tag

  // Of either bucket: the chain authenticates itself (RFC 9360 §2).
  const std::vector<ByteView>& x5chain() const { return protected_headers.x5chain.empty() ? unprotected_headers.x5chain : protected_headers.x5chain; }
};

enum class Tagging { required,
                     optional };
// `base`: offset of `bytes` in the outermost input, for error offsets. CWT tag 61 in front is skipped.
Result<Unverified> parse_unverified(ByteView bytes, Tagging tagging = Tagging::required, std::size_t base = 0);

struct VerifyOptions {
  ByteView external_aad = {};
  std::optional<ByteView> detached_payload = {};
  bool allow_foreign_curve = false;   // ES256 with a P-384 key and the like (RFC 9053 §2.1 allows it; off by default)
  crypto::SigCache* cache = nullptr;  // not owned
};
// The payload, once the signature is good. Fails with `unauthenticated`; `missing` (no alg, no payload); `unsupported` (alg);
// `mismatch` (alg does not fit the key).
Result<Verified<ByteView>> verify_sign1(const Unverified& message, const crypto::PublicKey& key, const VerifyOptions& options = {});
inline constexpr std::size_t kSmallestMacKey = 16;  // bytes; shorter ones are refused, for making a MAC as well
Result<Verified<ByteView>> verify_mac0(const Unverified& message, ByteView key, const VerifyOptions& options = {});

// The bytes that are signed (Sig_structure) or MACed (MAC_structure).
Bytes to_be_authenticated(Unverified::Kind kind, ByteView protected_bytes, ByteView external_aad, ByteView payload);

// True for t_cose's and TF-M's test protection without a key (a known kid, or nothing but the hash): to say so in the refusal.
bool is_short_circuit(const Unverified& message);

struct SignOptions {
  ByteView external_aad = {};
  std::optional<std::string> content_type = {};  // label 3, protected
  std::optional<Bytes> kid = {};                 // label 4, unprotected unless `kid_is_protected`
  bool kid_is_protected = false;
  std::vector<Bytes> x5chain = {};                                  // label 33, protected: DER, leaf first
  std::vector<std::pair<std::int64_t, Bytes>> more_protected = {};  // other labels and their items, encoded
  bool tagged = true;
  bool detached = false;
  std::optional<crypto::Sig> sig = {};  // default: the key's own
};
Result<Bytes> sign_sign1(ByteView payload, const crypto::PrivateKey& key, const SignOptions& options = {});
// `options.sig` must be the signer's own, or nothing.
Result<Bytes> sign_sign1(ByteView payload, const crypto::Signer& signer, const SignOptions& options = {});
Result<Bytes> make_mac0(ByteView payload, ByteView key, crypto::Mac mac, const SignOptions& options = {});

}  // namespace assay::cose
