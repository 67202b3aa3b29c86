#include "net/http.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/media_type.h"
#include "base/text.h"
#include "codec/json/json.h"
#include "net/server.h"

namespace assay::net {
namespace {

constexpr std::size_t kShownText = 300;

std::string shortened(std::string_view text);
std::string problem_members(const json::Object& problem);

}  // namespace

std::string_view name(Request::Method method) {
  switch (method) {
    case Request::Method::get: return "GET";
    case Request::Method::post: return "POST";
    case Request::Method::put: return "PUT";
    case Request::Method::del: return "DELETE";
  }
  return "GET";
}

std::optional<std::string_view> Response::header(std::string_view wanted) const {
  const auto found = std::ranges::find_if(headers, [&](const Header& header) { return iequals_ascii(header.name, wanted); });
  return found == headers.end() ? std::nullopt : std::optional<std::string_view>{found->value};
}

std::string problem_text(const Response& response) {
  const auto type = parse_media_type(response.header("Content-Type").value_or(""));
  const bool is_json = type && (type->essence == "application/json" || type->essence.ends_with("+json"));
  if (is_json) {
    const auto value = json::parse(as_text(response.body));
    if (value && value->object() != nullptr) return problem_members(*value->object());
  }
  const bool is_text = type && type->essence == "text/plain";
  return is_json || is_text ? shortened(as_text(response.body)) : std::string{};
}

std::string status_text(const Response& response) {
  const std::string_view phrase = reason_phrase(response.status);
  std::string text = fmt::format("{} {}", response.status, phrase);
  const std::string problem = problem_text(response);
  std::string_view said = problem;
  // The title of a problem is the phrase again.
  if (said.starts_with(phrase)) said.remove_prefix(phrase.size());
  if (said.starts_with(": ")) said.remove_prefix(2);
  if (!said.empty()) text += ": " + std::string{said};
  return text;
}

std::string http_date(UnixSeconds time) {
  const std::time_t seconds = time;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

namespace {

// OAuth servers (RFC 6749 §5.2) have members of their own.
std::string problem_members(const json::Object& problem) {
  std::string said;
  for (const std::string_view member : {"title", "detail", "failure-reason", "error", "error_description", "message"}) {
    const json::Value* value = problem.find(member);
    if (value == nullptr || value->text() == nullptr || value->text()->empty()) continue;
    said += (said.empty() ? "" : ": ") + *value->text();
  }
  return shortened(said);
}

std::string shortened(std::string_view text) {
  text = trim_ascii(text);
  return text.size() <= kShownText ? printable(text) : printable(text.substr(0, kShownText)) + "...";
}

}  // namespace
}  // namespace assay::net
