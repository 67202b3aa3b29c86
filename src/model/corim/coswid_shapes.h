// Inside the CoSWID reader and writer: which members the maps of RFC 9393 have, in the order in which they are written.
#pragma once

#include <span>

#include "codec/cbor/cbor.h"
#include "model/corim/coswid.h"
#include "model/corim/template_node.h"

namespace assay::corim {

enum class SwidShape : std::uint8_t { tag,
                                      abbreviated,  // a tag of which only the entities are mandatory
                                      entity,
                                      link,
                                      meta,
                                      payload,
                                      evidence,
                                      directory,
                                      path_elements,
                                      file,
                                      process,
                                      resource };

enum class SwidType : std::uint8_t { flag,  // a boolean whose default is false
                                     boolean,
                                     integer,
                                     uint,
                                     text,
                                     tag_id,
                                     label,
                                     labels,  // one or more
                                     hash,
                                     date,
                                     map,
                                     maps };  // one or more

// What labels are called (RFC 9393 §4).
enum class SwidWords : std::uint8_t { none,
                                      scheme,
                                      role,
                                      ownership,
                                      relation,
                                      use };

enum class SwidPresence : std::uint8_t { optional,
                                         needed,
                                         defaulted,    // 0 or "" if absent
                                         null_else };  // written as null if absent

struct SwidField {
  int key = 0;
  std::string_view name;
  SwidType type = SwidType::text;
  SwidPresence presence = SwidPresence::optional;
  SwidWords words = SwidWords::none;
  SwidShape shape = SwidShape::tag;  // of a map
};

std::span<const SwidField> fields_of(SwidShape shape);
std::optional<std::size_t> field_at(SwidShape shape, std::int64_t key);  // its place among them
const SwidValue* find_member(const SwidMap& map, int key);

std::string_view word_of(SwidWords words, std::int64_t number);  // "" if it has none
std::optional<std::int64_t> number_of(SwidWords words, std::string_view word);
// A text that is a registered name is its number.
SwidLabel label_of(SwidWords words, std::string_view text);

// What RFC 3339 can show.
inline bool is_swid_time(UnixSeconds time) { return time >= -62135596800 && time <= 253402300799; }

// The members in their order, with defaults; fails with `missing` and the member's name.
Result<SwidMap> assemble(SwidShape shape, std::vector<std::optional<SwidValue>> values);

// Depth is bounded by the reader, which has checked the whole item before.
Result<SwidMap> read_swid(cbor::Reader& in, SwidShape shape);
void write_swid(cbor::Writer& out, const SwidMap& map, SwidShape shape);
json::Value swid_to_json(const SwidMap& map, SwidShape shape);
std::optional<SwidMap> read_swid(Sink& sink, const Node& at, SwidShape shape);  // lists may be single values

}  // namespace assay::corim
