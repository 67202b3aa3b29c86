// What all REST interfaces of the service share: what a client accepts, and the answers that are not theirs alone.
#pragma once

#include "codec/json/json.h"
#include "net/server.h"

namespace assay::rest {

inline constexpr std::string_view kJson = "application/json";

// Does the request's Accept header admit the one media type that is offered? Absent and empty do. `*` stands for what follows; quality is
// not weighed: there is one answer.
bool accepts(const net::Incoming& request, std::string_view offered);
net::Answer not_acceptable(std::string_view offered);  // 406
// Neither path nor method: 404 in plain text, never 405, as clients of the reference expect.
net::Answer not_found();
net::Answer json_answer(int status, std::string_view media_type, const json::Value& body);
// 415 with what would be taken in the header `Accept`.
net::Answer unsupported_type(std::string_view sent, std::string_view supported);

// A media type as the client sent it was not one: in the reference's words, "could not check media type with <whom>: …".
std::string bad_media_type(std::string_view whom, std::string_view sent, const Error& error);

json::Array texts(const auto& items) {
  json::Array all;
  all.reserve(std::size(items));
  for (const auto& item : items) all.emplace_back(std::string{item});
  return all;
}
std::string joined(const auto& items) {
  std::string all;
  for (const auto& item : items) all += (all.empty() ? "" : ", ") + std::string{item};
  return all;
}

// With hyphens; also upper case, in braces, behind `urn:uuid:`, or 32 digits alone. In normal form.
std::optional<std::string> parse_uuid(std::string_view text);
// Why not: "invalid UUID length: 4", "invalid UUID format".
std::string bad_uuid(std::string_view text);
std::string random_uuid();  // RFC 9562, version 4

}  // namespace assay::rest
