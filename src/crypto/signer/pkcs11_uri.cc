#include "crypto/signer/pkcs11_uri.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"

namespace assay::crypto {
namespace {

constexpr std::string_view kScheme = "pkcs11:";
constexpr std::string_view kWhere = "PKCS#11 URI";
constexpr std::size_t kMost = 4096;
constexpr std::string_view kPathNames[] = {"token", "manufacturer", "serial", "model", "slot-id", "object", "id", "type"};
constexpr std::string_view kQueryNames[] = {"module-path", "pin-source", "pin-value", "module-name"};

using Attributes = std::map<std::string, std::string, std::less<>>;

Result<void> read_attributes(Attributes& into, std::string_view text, char separator, std::span<const std::string_view> known, std::string_view more_characters);
Result<std::string> unescape(std::string_view text, std::string_view more_characters);
std::optional<std::string> take(const Attributes& attributes, std::string_view name);
Result<std::string> absolute_path(const std::string& name, std::string path);
std::string listed(std::initializer_list<std::pair<std::string_view, std::optional<std::string>>> parts, std::string_view otherwise);

}  // namespace

bool is_pkcs11_uri(std::string_view text) { return text.size() >= kScheme.size() && iequals_ascii(text.substr(0, kScheme.size()), kScheme); }

//= RFC7512#2.3: path attributes between semicolons, query attributes between ampersands, no name twice
Result<Pkcs11Uri> parse_pkcs11_uri(std::string_view text) {
  if (!is_pkcs11_uri(text)) return fail_expecting(Errc::malformed, kWhere, "another scheme", "pkcs11:");
  if (text.size() > kMost) return fail_expecting(Errc::limit, kWhere, fmt::format("{} characters", text.size()), fmt::format("at most {}", kMost));
  const std::string_view rest = text.substr(kScheme.size());
  const std::size_t question = rest.find('?');
  Attributes path;
  Attributes query;
  TRY(read_attributes(path, rest.substr(0, question), ';', kPathNames, ":[]@!$'()*+,=&-._~"));
  if (question != std::string_view::npos) TRY(read_attributes(query, rest.substr(question + 1), '&', kQueryNames, ":[]@!$'()*+,=/?|-._~;"));

  Pkcs11Uri uri{.token = take(path, "token"), .manufacturer = take(path, "manufacturer"), .serial = take(path, "serial"), .model = take(path, "model"), .object = take(path, "object")};
  if (const auto id = take(path, "id")) uri.id = to_bytes(*id);
  if (const auto slot = take(path, "slot-id")) {
    unsigned long number = 0;
    const auto [end, status] = std::from_chars(slot->data(), slot->data() + slot->size(), number);
    if (status != std::errc{} || end != slot->data() + slot->size()) return fail_expecting(Errc::malformed, kWhere, fmt::format("slot-id {}", quoted(*slot)), "a number");
    uri.slot_id = number;
  }
  const auto type = take(path, "type");
  if (type && *type != "private") return fail_expecting(Errc::unsupported, kWhere, fmt::format("type {}", quoted(*type)), "private");
  if (query.contains("pin-value")) return fail_expecting(Errc::config, kWhere, "a PIN in the configuration", "pin-source=file:/path/of/a/file");
  if (query.contains("module-name") || !query.contains("module-path")) return fail_expecting(Errc::config, kWhere, "no module-path", "module-path=/path/of/the/module.so");
  uri.module_path = TRY(absolute_path("module-path", query["module-path"]));
  if (auto source = take(query, "pin-source")) {
    if (source->starts_with("file://")) source->erase(0, 7);
    else if (source->starts_with("file:")) source->erase(0, 5);
    uri.pin_source = TRY(absolute_path("pin-source", std::move(*source)));
  }
  return uri;
}

std::string Pkcs11Uri::shown_token() const {
  return listed({{"token", token}, {"manufacturer", manufacturer}, {"serial", serial}, {"model", model}, {"slot", slot_id ? std::optional{std::to_string(*slot_id)} : std::nullopt}}, "any token");
}
std::string Pkcs11Uri::shown_key() const { return listed({{"object", object}, {"id", id ? std::optional{to_hex(*id)} : std::nullopt}}, "any object"); }

namespace {

Result<void> read_attributes(Attributes& into, std::string_view text, char separator, std::span<const std::string_view> known, std::string_view more_characters) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view attribute = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = attribute.find('=');
    if (equals == std::string_view::npos) return fail_expecting(Errc::malformed, kWhere, fmt::format("{} without a value", quoted(attribute)), "name=value");
    const std::string name{attribute.substr(0, equals)};
    if (std::ranges::find(known, name) == known.end()) return fail(Errc::unsupported, kWhere, "attribute {}", quoted(name));
    std::string value = TRY(within(name, unescape(attribute.substr(equals + 1), more_characters)));
    if (!into.emplace(name, std::move(value)).second) return fail(Errc::duplicate, kWhere, "{} twice", quoted(name));
  }
  return {};
}

Result<std::string> unescape(std::string_view text, std::string_view more_characters) {
  const auto is_plain = [&](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more_characters.find(c) != std::string_view::npos; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!is_plain(text[i])) return fail_expecting(Errc::malformed, kWhere, fmt::format("{} unescaped", quoted(text.substr(i, 1))), "%XX");
      plain += text[i];
      continue;
    }
    const auto byte = from_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return fail_expecting(Errc::malformed, kWhere, "a broken escape", "%XX");
    plain += static_cast<char>(byte->front());
    i += 2;
  }
  return plain;
}

std::optional<std::string> take(const Attributes& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? std::nullopt : std::optional{found->second};
}

Result<std::string> absolute_path(const std::string& name, std::string path) {
  if (!path.starts_with('/') || path.find('\0') != std::string::npos) return fail_expecting(Errc::config, kWhere, fmt::format("{} {}", name, quoted(path)), "an absolute path");
  return path;
}

std::string listed(std::initializer_list<std::pair<std::string_view, std::optional<std::string>>> parts, std::string_view otherwise) {
  std::string all;
  for (const auto& [name, value] : parts) {
    if (value) all += fmt::format("{}{} {}", all.empty() ? "" : ", ", name, quoted(*value));
  }
  return all.empty() ? std::string{otherwise} : all;
}

}  // namespace
}  // namespace assay::crypto
