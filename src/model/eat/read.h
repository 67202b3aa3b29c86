// Readers of single claims into optional members, from CBOR and from the JSON form: one line a claim in the typed readers.
// `name` is for errors: "implementation id: a text string (at byte 71); expected a byte string".
#pragma once

#include <limits>

#include "codec/cbor/cbor.h"
#include "codec/json/json.h"
#include "model/eat/claims.h"

namespace assay::eat {

Result<void> read(cbor::Reader& in, std::string_view name, std::optional<Bytes>& to);
Result<void> read(cbor::Reader& in, std::string_view name, std::optional<std::string>& to);
Result<std::int64_t> read_integer(cbor::Reader& in, std::string_view name, std::int64_t least, std::int64_t most);
template <class Integer>
Result<void> read(cbor::Reader& in, std::string_view name, std::optional<Integer>& to);
// A nonce, or an array of them, of which there may be only one: `in_array` tells `validate`.
Result<void> read_nonce(cbor::Reader& in, std::string_view name, std::optional<Bytes>& to, std::size_t& in_array);
// The claim as it stands, checked for well-formedness.
Result<void> keep_unknown(cbor::Reader& in, const cbor::Key& key, std::vector<RawClaim>& to);

// Members of the JSON form: byte strings in standard base64 with padding; null counts as absent. Errors carry the JSON pointer.
Result<void> read(const json::Fields& in, std::string_view name, std::optional<Bytes>& to);
Result<void> read(const json::Fields& in, std::string_view name, std::optional<std::string>& to);
Result<std::int64_t> read_integer(const json::Fields& in, std::string_view name, std::int64_t least, std::int64_t most);
template <class Integer>
Result<void> read(const json::Fields& in, std::string_view name, std::optional<Integer>& to);
Result<void> read_nonce(const json::Fields& in, std::string_view name, std::optional<Bytes>& to, std::size_t& in_array);
Result<Bytes> bytes_of(const json::Value& value, std::string_view where);
bool has(const json::Fields& in, std::string_view name);

// Members of the JSON form, if there is something to write.
void put(json::Object& out, std::string_view name, const std::optional<Bytes>& value);
void put(json::Object& out, std::string_view name, const std::optional<std::string>& value);

// A Go program that ran out of input says "unexpected EOF" ("EOF" when there was none); tools that stand in for it must, too.
// Gives `error` that text if it came from `bytes` being cut short.
Error with_reference_end(Error error, ByteView bytes);

// What follows is implementation.
template <class Integer>
constexpr std::int64_t most_of() {
  return sizeof(Integer) < sizeof(std::int64_t) || std::is_signed_v<Integer> ? static_cast<std::int64_t>(std::numeric_limits<Integer>::max()) : std::numeric_limits<std::int64_t>::max();
}

template <class Integer>
Result<void> read(cbor::Reader& in, std::string_view name, std::optional<Integer>& to) {
  to = static_cast<Integer>(TRY(read_integer(in, name, static_cast<std::int64_t>(std::numeric_limits<Integer>::min()), most_of<Integer>())));
  return {};
}

template <class Integer>
Result<void> read(const json::Fields& in, std::string_view name, std::optional<Integer>& to) {
  if (has(in, name)) to = static_cast<Integer>(TRY(read_integer(in, name, static_cast<std::int64_t>(std::numeric_limits<Integer>::min()), most_of<Integer>())));
  return {};
}

}  // namespace assay::eat
