// What a handler reads of a request and says in an answer.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "codec/json/json.h"
#include "net/server.h"

namespace assay::net {
namespace {

std::optional<std::string> unescape(std::string_view text);

}  // namespace

std::optional<std::string_view> Incoming::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const Header& header) { return iequals_ascii(header.name, name); });
  return found == headers.end() ? std::nullopt : std::optional<std::string_view>{found->value};
}

std::optional<std::string> Incoming::parameter(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    const auto key = unescape(pair.substr(0, equals));
    if (!key || *key != name) continue;
    if (auto value = unescape(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1))) return value;
  }
  return {};
}

std::string_view reason_phrase(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };
  constexpr std::array<Phrase, 24> kPhrases{{
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {301, "Moved Permanently"},
      {307, "Temporary Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {413, "Request Entity Too Large"},
      {415, "Unsupported Media Type"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  }};
  const auto found = std::ranges::find(kPhrases, status, &Phrase::status);
  return found == kPhrases.end() ? "Unknown" : found->text;
}

Answer problem(int status, std::string_view detail) {
  json::Object members;
  members.set("type", "about:blank");
  members.set("title", reason_phrase(status));
  members.set("status", status);
  if (!detail.empty()) members.set("detail", printable(detail));
  return {status, {{"Content-Type", "application/problem+json"}}, to_bytes(json::print(json::Value{std::move(members)}))};
}

namespace {

// application/x-www-form-urlencoded, as queries are.
std::optional<std::string> unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      plain += ' ';
    } else if (text[i] == '%') {
      const auto byte = from_hex(text.substr(i + 1, 2));
      if (!byte || byte->size() != 1) return {};
      plain += static_cast<char>(byte->front());
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace
}  // namespace assay::net
