#include "envelope/cmw/cmw.h"

#include <algorithm>

#include "base/limits.h"
#include "base/media_type.h"
#include "base/text.h"
#include "envelope/cmw/rules.h"

namespace assay::cmw {
namespace {

bool is_absolute_uri(std::string_view text);
bool is_oid(std::string_view text);

}  // namespace

const Collection* Cmw::collection() const {
  const auto* pointer = std::get_if<std::shared_ptr<Collection>>(&body);
  return pointer == nullptr ? nullptr : pointer->get();
}

std::optional<Form> detect(ByteView bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::uint8_t first = bytes.front();
  if (first == '{') return Form::json_collection;
  if (first == '[') return Form::json_record;
  if (first == 0x82 || first == 0x83 || first == 0x9f) return Form::cbor_record;
  if ((first >= 0xa0 && first <= 0xbb) || first == 0xbf) return Form::cbor_collection;
  if (first == 0xda) return Form::cbor_tag;
  return std::nullopt;
}

Result<Cmw> parse(ByteView bytes) {
  if (bytes.size() > kMaxResult) return fail_at(Errc::limit, kMaxResult, fmt::format("a CMW of {} bytes", bytes.size()), "at most 1 MiB");
  if (bytes.empty()) return fail_at(Errc::malformed, 0, "empty buffer", "a CMW");
  const auto form = detect(bytes);
  if (!form) return fail_at(Errc::malformed, 0, fmt::format("want CBOR map, CBOR array or CBOR Tag start symbols, got: 0x{:02x}", bytes.front()), "a CMW in CBOR or JSON");
  if (form == Form::json_record || form == Form::json_collection) return parse_json(as_text(bytes));
  return parse_cbor(bytes);
}

Result<void> check_record(const Record& record) {
  const auto* media_type = std::get_if<std::string>(&record.type);
  if (media_type != nullptr && !parse_media_type(*media_type)) return fail_expecting(Errc::invalid, "type", quoted(*media_type), "a media type");
  if (record.value.empty()) return fail_expecting(Errc::invalid, "value", "empty", "at least one byte");
  if (record.ind && *record.ind == 0) return fail_expecting(Errc::invalid, "indicator", "0", "at least one bit, or no indicator");
  if (record.tag) {
    const auto format = content_format_of_tag(*record.tag);
    const auto* type = std::get_if<std::uint16_t>(&record.type);
    if (!format || type == nullptr || *type != *format) return fail_expecting(Errc::invalid, "tag", fmt::format("{}", *record.tag), "the tag number of the Content-Format");
    if (record.ind) return fail_expecting(Errc::invalid, "indicator", "an indicator", "none: the tag form has no room for one");
  }
  return {};
}

Result<void> check_collection(const Collection& collection) {
  if (collection.type && !is_absolute_uri(*collection.type) && !is_oid(*collection.type)) return fail_expecting(Errc::invalid, kTypeMember, quoted(*collection.type), "an absolute URI or an OID");
  if (collection.entries.empty()) return fail_expecting(Errc::invalid, "", "empty CMW collection", "at least one entry");
  if (collection.entries.size() > kMaxEntries) return fail_expecting(Errc::limit, "", fmt::format("{} entries", collection.entries.size()), "at most 1024");
  return {};
}

Result<void> check_label(std::string_view label) {
  if (label == kTypeMember) return fail_expecting(Errc::invalid, kTypeMember, "the name of the collection's type as label", "another label");
  if (trim_ascii(label).empty()) return fail_expecting(Errc::invalid, quoted(label), "a blank label", "at least one character that is not blank");
  if (invalid_utf8(label) != std::string_view::npos) return fail_expecting(Errc::invalid, quoted(label), "a label that is not UTF-8", "UTF-8");
  return {};
}

Result<void> check_nesting(std::size_t depth) {
  if (depth > kMaxNesting) return fail_expecting(Errc::limit, "", "collections nested too deep", "at most 15 levels");
  return {};
}

std::string shown(const Label& label) {
  const auto* text = std::get_if<std::string>(&label);
  return text != nullptr ? quoted(*text) : std::to_string(std::get<std::int64_t>(label));
}

namespace {

// RFC 3986 §3: a scheme, a colon and something behind it, without blanks.
bool is_absolute_uri(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size() || !letter(text.front())) return false;
  const auto of_scheme = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
  return std::ranges::all_of(text.substr(0, colon), of_scheme) && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

// Dotted numbers without leading zeros, the first of them 0, 1 or 2.
bool is_oid(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '2') return false;
  for (text.remove_prefix(1); !text.empty();) {
    if (text.front() != '.') return false;
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::string_view arc = text.substr(0, end);
    if (arc.empty() || (arc.size() > 1 && arc.front() == '0') || arc.find_first_not_of("0123456789") != std::string_view::npos) return false;
    text.remove_prefix(end);
  }
  return true;
}

}  // namespace
}  // namespace assay::cmw
