#include "services/rest/rest.h"

#include "base/text.h"
#include "crypto/crypto.h"

namespace assay::rest {

using net::Answer;

bool accepts(const net::Incoming& request, std::string_view offered) {
  const std::string_view sent = request.header("Accept").value_or("");
  if (trim_ascii(sent).empty()) return true;
  std::string_view rest = sent;
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const std::string_view range = trim_ascii(item.substr(0, item.find(';')));
    if (range == "*/*" || iequals_ascii(range, offered)) return true;
    if (range.ends_with("/*") && iequals_ascii(range.substr(0, range.size() - 1), offered.substr(0, range.size() - 1))) return true;
  }
  return false;
}

Answer not_acceptable(std::string_view offered) { return net::problem(406, fmt::format("the only supported output format is {}", offered)); }

Answer not_found() { return {404, {{"Content-Type", "text/plain"}}, to_bytes("404 page not found")}; }

Answer json_answer(int status, std::string_view media_type, const json::Value& body) { return {status, {{"Content-Type", std::string{media_type}}}, to_bytes(json::print(body))}; }

Answer unsupported_type(std::string_view sent, std::string_view supported) {
  Answer refused = net::problem(415, fmt::format("no active plugin found for {}", printable(sent)));
  refused.headers.push_back({"Accept", std::string{supported}});
  return refused;
}

std::string bad_media_type(std::string_view whom, std::string_view sent, const Error& error) {
  return fmt::format("could not check media type with {}: invalid input parameter: validation failed for {} (mime: {})", whom, printable(sent), error.what);
}

std::optional<std::string> parse_uuid(std::string_view text) {
  std::string id = to_lower_ascii(text);
  if (id.starts_with("urn:uuid:")) id.erase(0, 9);
  if (id.size() == 38 && id.front() == '{' && id.back() == '}') id = id.substr(1, 36);
  std::string digits;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool is_hyphen_place = id.size() == 36 && (i == 8 || i == 13 || i == 18 || i == 23);
    if (is_hyphen_place != (id[i] == '-')) return std::nullopt;
    if (!is_hyphen_place) digits += id[i];
  }
  if (digits.size() != 32 || !from_hex(digits)) return std::nullopt;
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 4), digits.substr(16, 4), digits.substr(20));
}

std::string bad_uuid(std::string_view text) { return text.size() == 36 ? "invalid UUID format" : fmt::format("invalid UUID length: {}", text.size()); }

std::string random_uuid() {
  Bytes bytes = crypto::random_bytes(16);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  std::string text = to_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace assay::rest
