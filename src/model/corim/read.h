// Inside the CoRIM reader: maps with integer keys, lists, and the values of values.h. All input is hostile; errors name the member.
#pragma once

#include <algorithm>

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
  std::ranges::sort(unknown, {}, &Unknown::order);
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

// The bytes as a Reader takes them: chunked strings joined, one wrapper tag skipped, nothing behind the item.
class Source {
 public:
  static Result<Source> open(ByteView bytes, const ReadOptions& options);
  cbor::Reader reader() const { return cbor::Reader{view(), cbor::Mode::tolerant}; }
  ByteView view() const { return joined_ ? ByteView{*joined_} : view_; }

 private:
  ByteView view_;
  std::optional<Bytes> joined_;
};
// member = what `value` holds, true: one line for each member of a struct.
template <class T, class U>
Result<bool> set(T& member, Result<U> value) {
  if (!value) return std::unexpected(std::move(value).error());
  member = std::move(*value);
  return true;
}

// Members that must be there: `missing`, by name and key.
std::unexpected<Error> missing_member(std::size_t offset, std::string_view name, int key);

Result<TagId> read_tag_id(cbor::Reader& in);
Result<TagIdentity> read_tag_identity(cbor::Reader& in);
Result<std::string> read_uri(cbor::Reader& in);  // tag 32
Result<std::string> read_text(cbor::Reader& in);
Result<Bytes> read_bytes(cbor::Reader& in);
Result<Uuid> read_uuid(cbor::Reader& in);
Result<Oid> read_oid(cbor::Reader& in);
Result<Digest> read_digest(cbor::Reader& in);
Result<Digest> read_loose_digest(cbor::Reader& in);                      // of any length, of any algorithm
Result<std::vector<Digest>> read_one_or_more_digests(cbor::Reader& in);  // a digest, or a list of them
Result<Validity> read_validity(cbor::Reader& in);
Result<CryptoKey> read_key(cbor::Reader& in);
Result<Mkey> read_mkey(cbor::Reader& in);
Result<Class> read_class(cbor::Reader& in);
Result<Instance> read_instance(cbor::Reader& in);
Result<Group> read_group_id(cbor::Reader& in);
Result<Environment> read_environment(cbor::Reader& in);
Result<Measurement> read_measurement(cbor::Reader& in);
// Digests as they come, for CoSERV, whose readers take them; validate() names the bad ones.
Result<Measurement> read_loose_measurement(cbor::Reader& in);
Result<ValueTriple> read_loose_value_triple(cbor::Reader& in);
Result<ConditionalTriple> read_loose_conditional_triple(cbor::Reader& in);
Result<KeyTriple> read_key_triple(cbor::Reader& in);
Result<Entity> read_entity(cbor::Reader& in);

}  // namespace assay::corim
