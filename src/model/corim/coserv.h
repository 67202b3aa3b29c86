// CoSERV (draft-ietf-rats-coserv-06): what somebody asks an endorsement distributor for, and the answer, which is the query with
// results added.
//
// Queries in the shape of the second draft (a timestamp, the result type under key 3) are read, too. Read and written with the environments and measurements of generation D. Refused: a tagged profile, no selector or several, empty
// selectors, unknown kinds of selectors (to pass over one would widen the query), numbers of artifact and result types that have no
// meaning, results without expiry, and what read_corim refuses. Expiry is not compared with a clock.
#pragma once

#include "crypto/crypto.h"
#include "envelope/cmw/cmw.h"
#include "envelope/cose/cose.h"
#include "model/corim/cots.h"

namespace assay::corim {

enum class ArtifactType : std::uint8_t { endorsed_values = 0,
                                         trust_anchors = 1,
                                         reference_values = 2 };
enum class ResultType : std::uint8_t { collected = 0,  // what the distributor made of its sources
                                       source = 1,     // the sources, as their makers signed them
                                       both = 2 };

// What is asked about: a class, an instance or a group; of those in the state that `measurements` tell, if there are any.
template <class T>
struct Stateful {
  T selector;
  std::optional<std::vector<Measurement>> measurements;  // not empty
  bool operator==(const Stateful&) const = default;
};
// Alternatives, at least one. Of a class, members that are not set match anything.
using Selector = std::variant<std::vector<Stateful<Class>>, std::vector<Stateful<Instance>>, std::vector<Stateful<Group>>>;

struct EnvironmentQuery {
  ArtifactType artifact = ArtifactType::reference_values;
  Selector selector;
  ResultType result = ResultType::collected;
  Unknowns unknown;
  bool operator==(const EnvironmentQuery&) const = default;
};
struct RimId {
  enum class Type : std::uint8_t { comid = 0,
                                   coswid = 1,
                                   corim = 2 };
  Type type = Type::comid;
  TagId id;
  bool operator==(const RimId&) const = default;
};
// Whole manifests by their ids.
struct RimQuery {
  std::vector<RimId> rims;  // at least one
  Unknowns unknown;
  bool operator==(const RimQuery&) const = default;
};
using Query = std::variant<EnvironmentQuery, RimQuery>;

// A statement and who makes it.
template <class T>
struct Quad {
  std::vector<CryptoKey> authorities;  // at least one
  T statement;
  Unknowns unknown;
  bool operator==(const Quad&) const = default;
};
template <class T>
using Quads = std::vector<Quad<T>>;

struct Results {
  // An empty list says that there are none.
  std::optional<Quads<ValueTriple>> reference_values;        // 0
  std::optional<Quads<ValueTriple>> endorsed_values;         // 1
  std::optional<Quads<ConditionalTriple>> conditionals;      // 2
  std::optional<Quads<KeyTriple>> attest_keys;               // 3
  std::optional<Quads<Cots>> trust_stores;                   // 4
  std::optional<Bytes> rims;                                 // 5: a CMW collection, encoded; cmw::parse_cbor reads it
  UnixSeconds expiry = 0;                                    // 10: until when the results may be used
  std::optional<std::vector<cmw::Record>> source_artifacts;  // 11: at least one
  Unknowns unknown;
  bool operator==(const Results&) const = default;
};

struct Coserv {
  Profile profile;
  Query query;
  std::optional<Results> results;
  Unknowns unknown;
  bool operator==(const Coserv&) const = default;
};

Result<Coserv> read_coserv(ByteView bytes, const ReadOptions& options = {});
// Ascending keys, shortest form (RFC 8949 §4.2.1). Fails with `unsupported` for what generation D has no form for, with `invalid` for an
// expiry that no calendar has.
Result<Bytes> write_coserv(const Coserv& coserv);

// As it travels in a URL: base64url without padding.
Result<Coserv> read_coserv_text(std::string_view text);
Result<std::string> write_coserv_text(const Coserv& coserv);

// What it must hold beyond its encoding: environments and measurements that say something, digests of their algorithms' lengths (which
// the reader leaves alone), and results of the kinds that were asked for.
Problems validate(const Coserv& coserv);

// Signed: a COSE_Sign1 with the content type application/coserv+cbor in its protected header.
//
// Before anybody checked the signature. Points into the bytes, which must outlive it.
struct UnverifiedCoserv {
  cose::Unverified message;
  Coserv coserv;
};
Result<UnverifiedCoserv> read_signed_coserv(ByteView bytes);
// Fails with `unauthenticated`, `missing` or `unsupported` (algorithm), or `mismatch` (key).
Result<Verified<Coserv>> verify_signed_coserv(const UnverifiedCoserv& message, const crypto::PublicKey& key);
// `payload`: a CoSERV, signed as it stands. `sig`: the key's own by default.
Result<Bytes> sign_coserv(ByteView payload, const crypto::PrivateKey& key, std::optional<crypto::Sig> sig = {});
Result<Bytes> sign_coserv(ByteView payload, const crypto::Signer& signer);

}  // namespace assay::corim
