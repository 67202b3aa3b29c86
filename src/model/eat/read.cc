#include "model/eat/read.h"

#include "base/text.h"

namespace assay::eat {
namespace {

bool is_cut_short(ByteView bytes);

}  // namespace

Result<void> read(cbor::Reader& in, std::string_view name, std::optional<Bytes>& to) {
  auto bytes = in.bytes();
  if (!bytes) return std::unexpected(within(name, std::move(bytes).error()));
  to.emplace(bytes->begin(), bytes->end());
  return {};
}

Result<void> read(cbor::Reader& in, std::string_view name, std::optional<std::string>& to) {
  auto text = in.text();
  if (!text) return std::unexpected(within(name, std::move(text).error()));
  to.emplace(*text);
  return {};
}

Result<std::int64_t> read_integer(cbor::Reader& in, std::string_view name, std::int64_t least, std::int64_t most) {
  const std::size_t start = in.offset();
  const std::int64_t value = TRY(within(name, in.integer()));
  if (value < least || value > most) return within(name, Result<std::int64_t>{fail_at(Errc::invalid, start, fmt::format("{}", value), fmt::format("{} to {}", least, most))});
  return value;
}

Result<void> read_nonce(cbor::Reader& in, std::string_view name, std::optional<Bytes>& to, std::size_t& in_array) {
  if (!in.next_is(cbor::Type::array)) return read(in, name, to);
  cbor::Items items = TRY(within(name, in.array()));
  while (TRY(items.next(in))) {
    const ByteView nonce = TRY(within(name, in.bytes()));
    if (in_array++ == 0) to = to_bytes(nonce);
  }
  return {};
}

Result<void> keep_unknown(cbor::Reader& in, const cbor::Key& key, std::vector<RawClaim>& to) {
  if (to.size() >= kMaxClaims) return in.fail(Errc::limit, fmt::format("more than {} claims", kMaxClaims), "fewer");
  const ByteView value = TRY(in.item());
  ClaimKey owned = key.kind == cbor::Key::Kind::number ? ClaimKey{key.number} : ClaimKey{std::string{key.text}};
  to.push_back({std::move(owned), to_bytes(value)});
  return {};
}

bool has(const json::Fields& in, std::string_view name) {
  const json::Value* value = in.find(name);
  return value != nullptr && !value->is_null();
}

Result<Bytes> bytes_of(const json::Value& value, std::string_view where) {
  if (value.text() == nullptr) return fail_expecting(Errc::malformed, where, fmt::format("a JSON {}", value.type_name()), "a string in base64");
  Result<Bytes> bytes = from_base64(*value.text());
  // The offset of a base64 error is within the text, not within the document.
  if (!bytes) return fail_expecting(Errc::malformed, where, bytes.error().what, "standard base64 with padding");
  return bytes;
}

Result<void> read(const json::Fields& in, std::string_view name, std::optional<Bytes>& to) {
  if (has(in, name)) to = TRY(bytes_of(*in.find(name), in.at(name)));
  return {};
}

Result<void> read(const json::Fields& in, std::string_view name, std::optional<std::string>& to) {
  if (has(in, name)) to = TRY(in.text(name));
  return {};
}

Result<std::int64_t> read_integer(const json::Fields& in, std::string_view name, std::int64_t least, std::int64_t most) {
  const json::Value* value = TRY(in.need(name));
  const auto number = value->integer();
  const std::string found = number ? fmt::format("{}", *number) : fmt::format("a JSON {}", value->type_name());
  if (!number || *number < least || *number > most) return fail_expecting(number ? Errc::invalid : Errc::malformed, in.at(name), found, fmt::format("an integer from {} to {}", least, most));
  return *number;
}

Result<void> read_nonce(const json::Fields& in, std::string_view name, std::optional<Bytes>& to, std::size_t& in_array) {
  if (!has(in, name) || in.find(name)->array() == nullptr) return read(in, name, to);
  for (const json::Value& item : *in.find(name)->array()) {
    Bytes nonce = TRY(bytes_of(item, json::pointer(in.at(name), in_array)));
    if (in_array++ == 0) to = std::move(nonce);
  }
  return {};
}

void put(json::Object& out, std::string_view name, const std::optional<Bytes>& value) {
  if (value) out.set(std::string{name}, to_base64(*value));
}

void put(json::Object& out, std::string_view name, const std::optional<std::string>& value) {
  if (value) out.set(std::string{name}, *value);
}

Error with_reference_end(Error error, ByteView bytes) {
  if (is_cut_short(bytes)) error = Error{Errc::malformed, {}, bytes.empty() ? "EOF" : "unexpected EOF", {}, bytes.size()};
  return error;
}

namespace {

// Whether the item that `bytes` begins with goes on behind their end. Only heads are looked at; no stack is needed, because it
// suffices to count the items that must still follow.
bool is_cut_short(ByteView bytes) {
  std::size_t at = 0;
  for (std::uint64_t owed = 1; owed > 0; --owed) {
    if (at >= bytes.size()) return true;
    const std::uint8_t first = bytes[at];
    const int info = first & 31;
    if (info > 27) return false;
    const std::size_t extra = info < 24 ? 0 : std::size_t{1} << (info - 24);
    if (bytes.size() - at <= extra) return true;
    std::uint64_t value = static_cast<std::uint64_t>(info);
    if (extra > 0) value = 0;
    for (std::size_t i = 1; i <= extra; ++i) value = (value << 8) | bytes[at + i];
    at += 1 + extra;
    const auto type = static_cast<cbor::Type>(first >> 5);
    if (type == cbor::Type::bytes || type == cbor::Type::text) {
      if (value > bytes.size() - at) return true;
      at += static_cast<std::size_t>(value);
    } else if (type == cbor::Type::array || type == cbor::Type::map) {
      if (value > bytes.size()) return true;
      owed += type == cbor::Type::map ? 2 * value : value;
    } else if (type == cbor::Type::tag) {
      ++owed;
    }
  }
  return false;
}

}  // namespace
}  // namespace assay::eat
