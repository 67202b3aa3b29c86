// CoMID: environments and what is expected of them, as triples (draft-ietf-rats-corim §5.1).
#pragma once

#include "base/error.h"
#include "model/corim/corim.h"

namespace assay::corim {

struct TagIdentity {
  TagId id;
  std::uint64_t version = 0;
  Unknowns unknown;
  bool operator==(const TagIdentity&) const = default;
};
struct LinkedTag {
  TagId id;
  std::int64_t relation = 0;  // 0 supplements, 1 replaces
  Unknowns unknown;
  bool operator==(const LinkedTag&) const = default;
};

struct ValueTriple {  // reference and endorsed values
  Environment environment;
  std::vector<Measurement> measurements;
  bool operator==(const ValueTriple&) const = default;
};
struct KeyTriple {  // identity and attestation keys
  Environment environment;
  std::vector<CryptoKey> keys;
  struct Condition {
    std::optional<Mkey> key;
    std::vector<CryptoKey> authorized_by;
    Unknowns unknown;
    bool operator==(const Condition&) const = default;
  };
  std::optional<Condition> condition;
  bool operator==(const KeyTriple&) const = default;
};
struct DomainTriple {  // dependency and membership
  Environment domain;
  std::vector<Environment> others;
  bool operator==(const DomainTriple&) const = default;
};
struct CoswidTriple {
  Environment environment;
  std::vector<TagId> tags;
  bool operator==(const CoswidTriple&) const = default;
};
struct SeriesTriple {  // conditional endorsement series
  Environment environment;
  std::vector<Measurement> measurements;
  std::vector<CryptoKey> authorized_by;
  struct Entry {
    std::vector<Measurement> selection;
    std::vector<Measurement> addition;
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> series;
  bool operator==(const SeriesTriple&) const = default;
};
struct ConditionalTriple {
  std::vector<ValueTriple> conditions;
  std::vector<ValueTriple> endorsements;
  bool operator==(const ConditionalTriple&) const = default;
};

struct Triples {
  std::vector<ValueTriple> reference_values;    // 0
  std::vector<ValueTriple> endorsed_values;     // 1
  std::vector<KeyTriple> identity_keys;         // 2
  std::vector<KeyTriple> attest_keys;           // 3
  std::vector<DomainTriple> dependencies;       // 4
  std::vector<DomainTriple> memberships;        // 5
  std::vector<CoswidTriple> coswids;            // 6
  std::vector<SeriesTriple> series;             // 8
  std::vector<ConditionalTriple> conditionals;  // 10
  Unknowns unknown;
  bool operator==(const Triples&) const = default;
};

struct Comid {
  std::optional<std::string> language;
  TagIdentity identity;
  std::vector<Entity> entities;
  std::optional<std::vector<LinkedTag>> linked_tags;  // an empty list is written
  Triples triples;
  Unknowns unknown;
  bool operator==(const Comid&) const = default;
};

// The same rules as read_corim. One tag in front of the map is skipped: 506, or another with a warning of `lint`.
Result<Comid> read_comid(ByteView bytes, const ReadOptions& options = {});
Result<Bytes> write_comid(const Comid& comid, Generation generation);

}  // namespace assay::corim
