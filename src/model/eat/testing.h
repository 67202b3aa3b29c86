// For tests only: CBOR items in the form in which tests/vectors/*/expected.json states them: byte strings as "0x…", keys as decimal
// text, members sorted, so that two spellings of one claims set compare equal.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "codec/json/json.h"
#include "testing/testing.h"

namespace assay::eat::testing {

inline Result<json::Value> as_expected(cbor::Reader& in) {
  switch (TRY(in.peek())) {
    case cbor::Type::uint:
    case cbor::Type::negative: return json::Value{TRY(in.integer())};
    case cbor::Type::bytes: return json::Value{"0x" + to_hex(TRY(in.bytes()))};
    case cbor::Type::text: return json::Value{TRY(in.text())};
    case cbor::Type::array: {
      json::Array array;
      cbor::Items items = TRY(in.array());
      while (TRY(items.next(in))) array.push_back(TRY(as_expected(in)));
      return json::Value{std::move(array)};
    }
    case cbor::Type::map: {
      json::Object object;
      cbor::MapReader map = TRY(cbor::MapReader::open(in));
      while (const auto key = TRY(map.next(in))) {
        json::Value value = TRY(as_expected(in));
        object.set(key->kind == cbor::Key::Kind::number ? std::to_string(key->number) : std::string{key->text}, std::move(value));
      }
      return json::Value{std::move(object)};
    }
    default: return json::Value{TRY(in.boolean())};
  }
}

inline std::string shown(ByteView claims) {
  cbor::Reader in{claims};
  const auto value = as_expected(in);
  if (!value) return value.error().text();
  return json::print(*value, {.sorted = true});
}
inline std::string shown(const json::Value& expected) { return json::print(expected, {.sorted = true}); }

// The file's part of expected.json: member names from the top.
inline json::Value expected(std::string_view set, std::string_view file, std::initializer_list<std::string_view> path = {}) {
  const auto all = json::parse(assay::testing::vector_text(fmt::format("{}/expected.json", set)));
  const json::Value* value = all ? all->object()->find(file) : nullptr;
  for (const std::string_view member : path) value = value != nullptr && value->object() != nullptr ? value->object()->find(member) : nullptr;
  if (value == nullptr) ADD_FAILURE() << set << "/expected.json says nothing of " << file;
  return value != nullptr ? *value : json::Value{};
}

}  // namespace assay::eat::testing
