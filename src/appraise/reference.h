// What an appraisal compares with: trust anchors (keys) and reference values, and the small JSON they can be read from.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "codec/json/json.h"
#include "crypto/crypto.h"
#include "crypto/x509.h"
#include "model/corim/comid.h"

namespace assay::appraise {

// Whose products chain to a certificate.
struct Maker {
  std::string vendor;
  std::string model;
  bool operator==(const Maker&) const = default;
};

// One verification key and whose it is. Absent ids: any (a key given on the command line).
struct TrustAnchor {
  std::optional<Bytes> implementation_id;  // PSA, CCA: of that name; Parsec TPM: the UUID of the class
  std::optional<Bytes> instance_id;        // PSA, CCA: UEID; Parsec TPM: the key's id; EnactTrust: the UUID of the node
  // The second: a MAC key. The third: CAs of a maker, which sign no evidence themselves.
  std::variant<crypto::PublicKey, std::shared_ptr<const SecretBytes>, std::vector<crypto::Certificate>> key;
  std::string origin;               // "iak.jwk", "ta.json: [0]"
  std::optional<Maker> maker = {};  // of certificates
  std::string_view scheme = {};     // name of the only one it counts for; empty: any
};
using TrustAnchors = std::vector<TrustAnchor>;

// The anchors for an instance: exact matches of both ids first, then those without ids. Never certificates.
std::vector<const TrustAnchor*> anchors_for(const TrustAnchors& anchors, ByteView implementation_id, ByteView instance_id);

// Where evidence does not say its implementation: public keys of the instance first, then those without ids.
std::vector<const TrustAnchor*> keys_for_instance(const TrustAnchors& anchors, ByteView instance_id);

// The first of these public keys that `verifies`; if none does, whose they are, and what is wrong with the last.
struct KeySearch {
  const TrustAnchor* found = nullptr;
  std::string tried;
  std::string why;
};
KeySearch first_verifying(const std::vector<const TrustAnchor*>& keys, const std::function<Result<void>(const crypto::PublicKey&)>& verifies);

// For a failure: the ids that differ from these in the fewest bytes, and whose they are. Empty if no anchor has ids.
std::string nearest_anchor(const TrustAnchors& anchors, ByteView implementation_id, ByteView instance_id);

struct ReferenceComponent {
  std::optional<std::string> type;
  std::optional<std::string> version;
  std::optional<Bytes> signer_id;
  Bytes value;
  std::string origin;
};

struct ReferenceConfig {
  Bytes value;
  std::optional<Bytes> mask = {};  // bits that are 0 are not compared; nothing: all are
};
// PSA device or CCA platform.
struct PlatformReference {
  Bytes implementation_id;
  std::vector<ReferenceComponent> components;
  std::vector<ReferenceConfig> configs;  // CCA: any of them
  std::string origin;
  std::optional<Bytes> instance_id = {};  // only this device; nothing: all of the implementation
  std::string_view scheme = {};           // as of a trust anchor
};

struct RealmReference {
  Bytes initial_measurement;
  std::vector<std::optional<Bytes>> extensible_measurements;  // by index; absent: not compared
  std::optional<Bytes> personalization_value;
  std::string origin;
  std::string_view scheme = {};  // as of a trust anchor
};

// What a platform configuration register of a TPM should hold, under one algorithm.
struct PcrReference {
  Bytes platform_id;                 // Parsec: the UUID of the class; EnactTrust: of the node
  std::optional<std::uint64_t> pcr;  // nothing: the digest is that over all registers of the quote
  corim::Digest digest;
  std::string origin;
  std::string_view scheme = {};  // as of a trust anchor
};

// A reference triple as it stands, for schemes that compare by measurement keys (SEV-SNP).
struct KeyedReference {
  corim::ValueTriple triple;
  std::string origin;
  std::string_view scheme = {};  // as of a trust anchor
};

// Which comparisons make a verdict (docs/decisions.md). The other two are those of released verifiers, for who has to agree with them.
enum class Rule {
  assay,          // every component of the evidence is covered; what a reference value does not state is not compared
  veraison_2025,  // every reference value is found in the evidence, whatever else runs there
  veraison_2026,  // every component is covered, by any signer; evidence without types and versions is bad
};

struct ReferenceValues {
  Rule rule = Rule::assay;
  std::vector<PlatformReference> platforms;
  std::vector<RealmReference> realms;
  std::vector<PcrReference> pcrs;
  std::vector<KeyedReference> keyed;
  bool strict = false;  // evidence that differs from what one of them states is not affirmed, also where AR4SI would
};

// What of them counts for the scheme of that name: an endorsement of one kind of device says nothing of another kind.
TrustAnchors for_scheme(const TrustAnchors& anchors, std::string_view scheme);
ReferenceValues for_scheme(const ReferenceValues& references, std::string_view scheme);
// All lists of `from` behind those of `to`.
void append(ReferenceValues from, ReferenceValues& to);

// The two file formats stand in docs/FORMATS.md. Byte strings are hex or base64. A member of another name than those listed is
// refused, so that a misspelt one does not silently weaken the check (only JWKs may have others). Errors carry a JSON pointer.
//
// {"platform": [{"implementation-id", "sw-components": [{"measurement-value", "signer-id", "version", "component-type"}],
//   "platform-configuration"}], "realm": [{"initial-measurement", "extensible-measurements": [4], "personalization-value",
//   "rak-hash-algorithm"}]}: the stores of rust-ccatoken; the last member is not compared. At least one of the two lists.
Result<ReferenceValues> reference_values_from_json(const json::Value& value, std::string_view origin);
// [{"pkey": JWK, "implementation-id", "instance-id"}], a JWK, or a JWK set. Keys of the latter two are for any device.
Result<TrustAnchors> trust_anchors_from_json(const json::Value& value, std::string_view origin);

}  // namespace assay::appraise
