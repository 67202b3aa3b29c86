#include "services/discovery/discovery_client.h"

#include <algorithm>

#include "base/media_type.h"
#include "base/text.h"
#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "net/url.h"

namespace assay::discovery {
namespace {

Result<void> read_key(const json::Fields& fields, Document& document);
Result<std::vector<std::string>> texts(const json::Fields& fields, std::string_view name);
Result<std::vector<Endpoint>> endpoints(const json::Fields& fields);
Error refusal(const net::Response& response);

}  // namespace

std::string_view name(Service service) {
  switch (service) {
    case Service::verification: return "verification";
    case Service::provisioning: return "provisioning";
    case Service::management: return "management";
  }
  return "";
}

std::string path_of(Service service) { return fmt::format("/.well-known/veraison/{}", name(service)); }

std::string_view Document::endpoint(std::string_view wanted) const {
  const auto found = std::ranges::find(endpoints, wanted, &Endpoint::name);
  return found == endpoints.end() ? std::string_view{} : found->path;
}

Result<Document> parse_document(ByteView body) {
  if (body.size() > kMaxDocument) return fail_expecting(Errc::limit, "", fmt::format("{} bytes", body.size()), fmt::format("at most {}", kMaxDocument));
  const json::Value value = TRY(json::parse(as_text(body)));
  const json::Fields fields = TRY(json::Fields::of(value));
  Document document;
  TRY(read_key(fields, document));
  document.media_types = TRY(texts(fields, "media-types"));
  document.schemes = TRY(texts(fields, "attestation-schemes"));
  document.version = TRY(fields.optional_text("version")).value_or("");
  document.state = TRY(fields.optional_text("service-state")).value_or("");
  document.endpoints = TRY(endpoints(fields));
  return document;
}

// Some servers know their own type only, some answer JSON of the common kind.
Result<Document> fetch(std::string_view server, Service service, net::Http& http, const std::optional<std::string>& authorization) {
  const std::string url = TRY(net::resolve_url(server, path_of(service)));
  net::Request request{.url = url, .headers = {{"Accept", std::string{kType} + ", application/json"}}};
  if (authorization) request.headers.push_back({"Authorization", *authorization});
  const net::Response response = TRY(http.send(request));
  if (response.status != 200) return std::unexpected(within(net::shown_url(url), refusal(response)));
  const std::string_view sent = response.header("Content-Type").value_or("");
  const auto type = parse_media_type(sent);
  if (!type || (type->essence != kType && type->essence != "application/json")) return fail_expecting(Errc::malformed, net::shown_url(url), fmt::format("content type {}", quoted(sent)), kType);
  return within(net::shown_url(url), parse_document(response.body));
}

namespace {

Result<void> read_key(const json::Fields& fields, Document& document) {
  const json::Value* jwk = fields.find("ear-verification-key");
  if (jwk == nullptr || jwk->is_null()) return {};
  const std::string where = fields.at("ear-verification-key");
  const json::Fields members = TRY(json::Fields::of(*jwk, where));
  crypto::PublicKey key = TRY(within(where, crypto::public_key_from_jwk(*jwk)));
  const std::optional<std::string> alg = TRY(members.optional_text("alg"));
  document.ear_sig = alg ? crypto::sig_by_jose_name(*alg) : crypto::default_sig(key.kind());
  if (!document.ear_sig) return fail(Errc::unsupported, members.at("alg"), "{}", quoted(*alg));
  if (!crypto::fits(*document.ear_sig, key.kind())) return fail_expecting(Errc::mismatch, where, fmt::format("a key of kind {}", crypto::name(key.kind())), fmt::format("one for {}", crypto::jose_name(*document.ear_sig)));
  document.ear_key = std::move(key);
  return {};
}

Result<std::vector<std::string>> texts(const json::Fields& fields, std::string_view name) {
  std::vector<std::string> items;
  const json::Value* value = fields.find(name);
  if (value == nullptr || value->is_null()) return items;
  if (value->array() == nullptr) return fail_expecting(Errc::malformed, fields.at(name), std::string{value->type_name()}, "an array of texts");
  if (value->array()->size() > kMaxItems) return fail(Errc::limit, fields.at(name), "{} items; at most {} are read", value->array()->size(), kMaxItems);
  for (const json::Value& item : *value->array()) {
    if (item.text() == nullptr) return fail_expecting(Errc::malformed, fields.at(name), std::string{item.type_name()}, "an array of texts");
    items.push_back(*item.text());
  }
  return items;
}

Result<std::vector<Endpoint>> endpoints(const json::Fields& fields) {
  std::vector<Endpoint> all;
  const json::Value* value = fields.find("api-endpoints");
  if (value == nullptr || value->is_null()) return all;
  const json::Fields members = TRY(json::Fields::of(*value, fields.at("api-endpoints")));
  if (members.object().size() > kMaxItems) return fail(Errc::limit, fields.at("api-endpoints"), "{} items; at most {} are read", members.object().size(), kMaxItems);
  for (const auto& [key, path] : members.object()) {
    if (path.text() == nullptr) return fail_expecting(Errc::malformed, members.at(key), std::string{path.type_name()}, "a path");
    all.push_back({key, *path.text()});
  }
  return all;
}

Error refusal(const net::Response& response) {
  Errc errc = response.status >= 500 ? Errc::unavailable : Errc::invalid;
  if (response.status == 401 || response.status == 403) errc = Errc::forbidden;
  if (response.status == 404) errc = Errc::not_found;
  return {errc, {}, net::status_text(response), {}, {}};
}

}  // namespace
}  // namespace assay::discovery
