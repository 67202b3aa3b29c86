// Inside the CoRIM reader: maps with integer keys, lists, and the values of values.h. All input is hostile; errors name the member.
#pragma once

#include "codec/cbor/cbor.h"
#include "model/corim/comid.h"

namespace assay::corim {

// A map with integer keys: `member(key)` reads the value and says true, or reads nothing and says false; then it is kept. Text keys
// and duplicates are refused.
template <class F>
Result<void> read_struct(cbor::Reader& in, std::string_view what, Unknowns& unknown, F&& member) {
  cbor::MapReader map = TRY(within(what, cbor::MapReader::open(in)));
  while (const auto key = TRY(within(what, map.next(in)))) {
    if (key->kind != cbor::Key::Kind::number) return within(what, Result<void>{fail_at(Errc::malformed, key->offset, "key " + key->shown(), "an integer key")});
    if (TRY(within(what, member(key->number)))) continue;
    const ByteView item = TRY(within(what, in.item()));
    unknown.push_back({key->number, to_bytes(item)});
  }
  return {};
}

// Items of an array; `where` names them in errors.
template <class T>
Result<std::vector<T>> read_list(cbor::Reader& in, std::string_view where, Result<T> (*read)(cbor::Reader&)) {
  std::vector<T> list;
  cbor::Items items = TRY(within(where, in.array()));
  while (TRY(within(where, items.next(in)))) {
    Result<T> item = read(in);
    if (!item) return std::unexpected(within(fmt::format("{} {}", where, list.size()), std::move(item).error()));
    list.push_back(std::move(*item));
  }
  return list;
}

// The items of an array that must be `at_least` … `at_most` many, one function each.
Result<void> expect_item(cbor::Reader& in, cbor::Items& items, std::string_view what);
Result<void> expect_no_item(cbor::Reader& in, cbor::Items& items, std::string_view what);

Result<TagId> read_tag_id(cbor::Reader& in);
Result<std::string> read_uri(cbor::Reader& in);  // tag 32 or bare text
Result<Digest> read_digest(cbor::Reader& in);
Result<CryptoKey> read_key(cbor::Reader& in);
Result<Mkey> read_mkey(cbor::Reader& in);
Result<Environment> read_environment(cbor::Reader& in);
Result<Measurement> read_measurement(cbor::Reader& in);
Result<Entity> read_entity(cbor::Reader& in);

}  // namespace assay::corim
