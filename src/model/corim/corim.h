// CoRIM (draft-ietf-rats-corim §4): the envelope in which reference values, trust anchors and endorsements travel, unsigned.
//
// Reading takes every generation (generation.h), told by its bytes and not by a media type. Refused: generation 0 (profile in an
// array), mixed tags, text keys, duplicate keys, missing members, bytes behind the end unless allowed, anything deeper than
// kMaxDepth or larger than kMaxCorim or kMaxCorimItems. Indefinite lengths are read. Times are not compared with a clock.
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "model/corim/generation.h"
#include "model/corim/values.h"

namespace assay::corim {

inline constexpr std::size_t kMaxCorim = std::size_t{64} * 1024 * 1024;
// Of CBOR in one CoRIM, CoMID, CoTS, CoSWID or CoSERV. What is read takes up to 350 times its bytes in memory, however little it says.
inline constexpr std::size_t kMaxCorimItems = 2'000'000;

struct Locator {
  std::vector<std::string> hrefs;  // one, except in generation D
  std::vector<Digest> thumbprints;
  Unknowns unknown;
  bool operator==(const Locator&) const = default;
};
struct Validity {
  std::optional<UnixSeconds> not_before;
  UnixSeconds not_after = 0;
  bool operator==(const Validity&) const = default;
};
using Profile = std::variant<std::string, Oid>;  // absolute URI, or OID
std::string to_text(const Profile& profile);

// CBOR tags of what a CoRIM carries.
enum class TagKind : std::uint16_t { coswid = 505,
                                     comid = 506,
                                     cots = 507,
                                     trust_list = 508 };
struct Tag {
  TagKind kind = TagKind::comid;
  Bytes content;  // the tag's item, encoded, without the tag's head
  bool operator==(const Tag&) const = default;
};

struct Corim {
  Generation generation = Generation::a;  // as read
  TagId id;
  std::vector<Tag> tags;
  std::optional<std::vector<Locator>> dependent_rims;
  std::optional<Profile> profile;
  std::optional<Validity> validity;
  std::vector<Entity> entities;
  Unknowns unknown;
  bool operator==(const Corim&) const = default;
};

struct ReadOptions {
  bool allow_trailing = false;      // bytes behind the item: old clients of the provisioning service send them
  bool allow_profile_list = false;  // the profile of generation 0, an array of one: tools of 2023 wrote it
};
Result<Corim> read_corim(ByteView bytes, const ReadOptions& options = {});

// Writes definite lengths, shortest heads and ascending keys. `corim.tags` are written as they stand. Fails with `unsupported` if
// `generation` has no form for something in it.
Result<Bytes> write_corim(const Corim& corim, Generation generation);

}  // namespace assay::corim
