// A CMW for eyes and for machines. Everything from outside is escaped.
#include <algorithm>

#include "apps/cmw/commands.h"
#include "base/text.h"
#include "codec/cbor/cbor.h"

namespace assay::cmw_cli {
namespace {

constexpr std::size_t kShort = 100;

void print_message(std::string& out, const cmw::Cmw& message, const std::string& indent, bool verbose);
void print_record(std::string& out, const cmw::Record& record, const std::string& indent, bool verbose);
std::string type_text(const cmw::Record& record);
std::string value_text(ByteView value, bool verbose);
std::string cut(std::string text, bool verbose);
json::Object describe(const cmw::Cmw& message);

}  // namespace

std::string to_tree(const Opened& opened, bool verbose) {
  std::string out = opened.form == "json" ? "JSON " : "CBOR ";
  print_message(out, opened.message, "", verbose);
  return out;
}

json::Value to_json(const Opened& opened) {
  json::Object object;
  object.set("form", opened.form);
  if (!opened.envelope.empty()) object.set("envelope", opened.envelope);
  for (const auto& [name, value] : describe(opened.message)) object.set(name, value);
  return json::Value{std::move(object)};
}

namespace {

void print_message(std::string& out, const cmw::Cmw& message, const std::string& indent, bool verbose) {
  const cmw::Collection* collection = message.collection();
  if (collection == nullptr) return print_record(out, *message.record(), indent, verbose);
  out += fmt::format("collection of {}", collection->entries.size());
  if (collection->type) out += ", type " + printable(*collection->type);
  out += '\n';
  for (const auto& [label, entry] : collection->entries) {
    const auto* text = std::get_if<std::string>(&label);
    out += indent + "  " + (text != nullptr ? assay::quoted(*text) : std::to_string(std::get<std::int64_t>(label))) + ": ";
    print_message(out, entry, indent + "  ", verbose);
  }
}

void print_record(std::string& out, const cmw::Record& record, const std::string& indent, bool verbose) {
  out += record.tag ? fmt::format("tag {}\n", *record.tag) : "record\n";
  out += indent + "  type   " + type_text(record) + '\n';
  if (record.ind) {
    std::string names;
    for (const std::string& name : names_of_indicator(*record.ind)) names += (names.empty() ? "" : ", ") + name;
    out += indent + "  ind    " + names + '\n';
  }
  out += indent + fmt::format("  value  {} byte{}: ", record.value.size(), record.value.size() == 1 ? "" : "s") + value_text(record.value, verbose) + '\n';
}

std::string type_text(const cmw::Record& record) {
  if (const auto* media_type = std::get_if<std::string>(&record.type)) return printable(*media_type);
  const std::uint16_t format = std::get<std::uint16_t>(record.type);
  const auto media_type = cmw::media_type_of_content_format(format);
  return fmt::format("Content-Format {}", format) + (media_type ? fmt::format(" ({})", *media_type) : "");
}

// JSON and other text as it is, well-formed CBOR in diagnostic notation, anything else in hex.
std::string value_text(ByteView value, bool verbose) {
  const std::string_view text = as_text(value);
  const auto visible = [](char c) { return c < 0 || (c >= ' ' && c != 0x7f) || c == '\n' || c == '\t' || c == '\r'; };
  if (value.size() > 1 && invalid_utf8(text) == std::string_view::npos && std::ranges::all_of(text, visible)) return cut(printable(text), verbose);
  if (value.size() > 1 && cbor::check(value, cbor::Mode::tolerant)) return cut(cbor::to_diagnostic(value), verbose);
  return cut(to_hex(value), verbose);
}

std::string cut(std::string text, bool verbose) {
  if (verbose || text.size() <= kShort) return text;
  std::size_t end = kShort;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

// The names of `tests/interop/oracle`, so that both descriptions can be compared.
json::Object describe(const cmw::Cmw& message) {
  json::Object object;
  if (const cmw::Record* record = message.record()) {
    if (const auto* media_type = std::get_if<std::string>(&record->type)) {
      object.set("type", *media_type);
    } else {
      object.set("type", static_cast<std::int64_t>(std::get<std::uint16_t>(record->type)));
    }
    if (record->tag) object.set("tag", *record->tag);
    object.set("value", to_hex(record->value));
    if (!record->ind) return object;
    object.set("ind", static_cast<std::uint64_t>(*record->ind));
    json::Array names;
    for (const std::string& name : names_of_indicator(*record->ind)) names.emplace_back(name);
    object.set("indicators", std::move(names));
    return object;
  }
  const cmw::Collection& collection = *message.collection();
  if (collection.type) object.set("cmwc_t", *collection.type);
  json::Array items;
  for (const auto& [label, entry] : collection.entries) {
    json::Object item;
    const auto* text = std::get_if<std::string>(&label);
    item.set("key", text != nullptr ? json::Value{*text} : json::Value{std::get<std::int64_t>(label)});
    for (const auto& [name, value] : describe(entry)) item.set(name, value);
    items.emplace_back(std::move(item));
  }
  object.set("items", std::move(items));
  return object;
}

}  // namespace
}  // namespace assay::cmw_cli
