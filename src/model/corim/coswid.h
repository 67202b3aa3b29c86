// CoSWID (RFC 9393): the description of a piece of software; a tag of a CoRIM and, abbreviated, an environment of a CoTS.
//
// What is read is written again in the order of members that the tools of this field write, whatever order it came in, so that the
// same tag has the same bytes. On the way get lost, as in those tools: members without a number in RFC 9393, the outer tag, false
// where false is the default (corpus, patch, supplemental), empty optional texts, the language of a directory. A list of one is
// written without its array; an absent software-name or tag-version is written as "" or 0, an absent date or path-elements as null.
//
// Refused: bytes that are no CBOR, duplicate keys, values of another type, missing mandatory members (a tag's tag-id and entity, those
// of the maps in it), empty lists, tags other than 505 and 1398229316 ("SWID").
#pragma once

#include "base/error.h"
#include "codec/json/json.h"
#include "model/corim/corim.h"

namespace assay::corim {

// A registered index or a name of one's own; a registered name counts as its index.
using SwidLabel = std::variant<std::int64_t, std::string>;

struct SwidMember;
struct SwidMap {
  std::vector<SwidMember> members;  // in the order they are written in
  bool operator==(const SwidMap& other) const;
};
// Times are seconds since 1970; tag-ids are texts or UUIDs; a single map is a list of one.
using SwidValue = std::variant<bool, std::int64_t, std::string, Uuid, SwidLabel, Digest, std::vector<SwidLabel>, std::vector<SwidMap>>;
struct SwidMember {
  int key = 0;  // RFC 9393 §2, table 1
  SwidValue value;
  bool operator==(const SwidMember&) const = default;
};

struct Coswid {
  SwidMap tag;
  bool operator==(const Coswid&) const = default;
};

// With or without an outer tag.
Result<Coswid> read_coswid(ByteView bytes, const ReadOptions& options = {});
Bytes write_coswid(const Coswid& coswid);  // without outer tag

json::Value to_json(const Coswid& coswid);

}  // namespace assay::corim
