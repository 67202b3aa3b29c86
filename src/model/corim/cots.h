// CoTS (draft-ietf-rats-concise-ta-stores): trust anchors, and for which environments, purposes and claims they count.
//
// Claims are kept as they stand, under their numbers. Names and types are known for those that the tools of this field give names to;
// those have the numbers of early EAT drafts (11 ueid … 20), of CWT (1 … 7), 259 hwmodel, 260 hwvers, and the provisional 998 swname
// and 999 swversion. RFC 9711's own numbers (256, 270 …) are carried like any other.
#pragma once

#include "model/corim/comid.h"
#include "model/corim/coswid.h"
#include "model/corim/template.h"

namespace assay::corim {

// What a group of trust anchors is for; at least one member is set.
struct EnvironmentGroup {
  std::optional<Environment> environment;
  std::optional<SwidMap> swid;  // a CoSWID of which only the entities must be there
  std::optional<std::string> named_store;
  Unknowns unknown;
  bool operator==(const EnvironmentGroup&) const = default;
};

// One set of EAT claims; each value encoded. In the order of CoTS writers (see write_cots).
struct ClaimSet {
  Unknowns claims;
  bool operator==(const ClaimSet&) const = default;
};

struct TrustAnchor {
  enum class Format : std::uint8_t { certificate = 0,        // X.509
                                     trust_anchor_info = 1,  // RFC 5914
                                     public_key_info = 2 };  // SubjectPublicKeyInfo
  Format format = Format::certificate;
  Bytes data;  // DER; not looked into
  bool operator==(const TrustAnchor&) const = default;
};

struct TrustKeys {
  std::vector<TrustAnchor> anchors;
  std::vector<Bytes> authorities;  // certificates of CAs, DER; not looked into
  Unknowns unknown;
  bool operator==(const TrustKeys&) const = default;
};

struct Cots {
  std::optional<std::string> language;
  std::optional<TagIdentity> identity;
  std::vector<EnvironmentGroup> environments;  // none: any environment
  std::vector<std::string> purposes;           // "eat", "corim", "certificate" …
  std::vector<ClaimSet> permitted;
  std::vector<ClaimSet> excluded;
  TrustKeys keys;
  Unknowns unknown;
  bool operator==(const Cots&) const = default;
};

// The same rules as read_corim, with or without tag 507. Also refused: formats of trust anchors beyond 2, known claims of another type.
Result<Cots> read_cots(ByteView bytes, const ReadOptions& options = {});

// Without tag 507. Ascending keys, but for CoSWIDs and claims, which keep the order of the reference library: claims 10 to 20, then 1 to
// 7, then the others. Fails with `unsupported` if `generation` has no form for an environment.
Result<Bytes> write_cots(const Cots& cots, Generation generation);

// What it must hold beyond its encoding.
Problems validate(const Cots& cots);

// Parts of a CoTS as people write them: an array of groups, and one object of claims. Warnings: unknown members (they are not written);
// claims may also stand under their numbers.
Parsed<std::vector<EnvironmentGroup>> environments_from_template(const json::Value& value, const TemplateOptions& options = {});
Parsed<ClaimSet> claims_from_template(const json::Value& value);

json::Value to_json(const Cots& cots);

}  // namespace assay::corim
