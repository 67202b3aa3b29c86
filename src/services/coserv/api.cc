#include "services/coserv/api.h"

#include <array>
#include <ctime>

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"
#include "model/corim/coserv_discovery.h"
#include "services/coserv/answers.h"
#include "services/rest/rest.h"

namespace assay::coserv {
namespace {

using net::Incoming;

constexpr std::string_view kPlain = "application/coserv+cbor";
constexpr std::string_view kSigned = "application/coserv+cose";
constexpr std::string_view kDiscoveryJson = "application/coserv-discovery+json";
constexpr std::string_view kDiscoveryCbor = "application/coserv-discovery+cbor";
constexpr std::string_view kProblem = "application/concise-problem-details+cbor";

Answered discovery(const Service& service, const Incoming& request);
Result<Bytes> written(const corim::CoservDiscovery& document, bool is_json);
Answered query(const Service& service, const Incoming& request, std::string_view tenant, UnixSeconds now);
Result<Bytes> encoded(const crypto::Signer& signer, const corim::Coserv& answer, bool is_signed);
net::Answer problem(int status, std::string_view detail);
corim::CryptoKey authority_of(const crypto::Signer& signer);
std::string http_date(UnixSeconds time);

}  // namespace

bool is_path(std::string_view method, std::string_view path) {
  if (method != "GET") return false;
  return path == kDiscoveryPath || (path.starts_with(kQueryPath) && path.size() > kQueryPath.size() && path.find('/', kQueryPath.size()) == std::string_view::npos);
}

Answered answer(const Service& service, const Incoming& request, std::string_view tenant, UnixSeconds now) {
  return request.path == kDiscoveryPath ? discovery(service, request) : query(service, request, tenant, now);
}

namespace {

Answered query(const Service& service, const Incoming& request, std::string_view tenant, UnixSeconds now) {
  const bool is_signed = !rest::accepts(request, kPlain) && rest::accepts(request, kSigned);
  if (!is_signed && !rest::accepts(request, kPlain)) return {problem(406, fmt::format("the supported output formats are {} and {}", kPlain, kSigned))};
  const std::string_view text = std::string_view{request.path}.substr(kQueryPath.size());
  if (text.size() > kMaxQuery) return {problem(400, fmt::format("query: {} characters; expected at most {}", text.size(), kMaxQuery))};
  auto asked = corim::read_coserv_text(text);
  if (!asked) return {problem(400, "query: " + asked.error().text())};
  if (asked->results) return {problem(400, "query: it has results; expected a query alone")};
  const std::string profile = corim::to_text(asked->profile);
  const crypto::ActiveKey key = service.key();
  const auto answered = coserv::answer({service.store, tenant, authority_of(*key.signer)}, std::move(*asked), now);
  if (!answered && (answered.error().errc == Errc::unavailable || answered.error().errc == Errc::io)) return {problem(503, "the store cannot be used now"), "CoSERV not served: " + answered.error().text()};
  if (!answered) return {problem(400, answered.error().text())};
  auto body = encoded(*key.signer, *answered, is_signed);
  if (!body) return {problem(400, body.error().text())};
  const UnixSeconds expiry = answered->results->expiry;
  net::Answer out{200, {{"Content-Type", fmt::format("{}; profile=\"{}\"", is_signed ? kSigned : kPlain, profile)}, {"Cache-Control", fmt::format("max-age={}", std::max<UnixSeconds>(0, expiry - now))}, {"Expires", http_date(expiry)}}, std::move(*body)};
  return {std::move(out), fmt::format("CoSERV query for {} answered", quoted(profile))};
}

Answered discovery(const Service& service, const Incoming& request) {
  const bool is_json = rest::accepts(request, kDiscoveryJson) || rest::accepts(request, rest::kJson);
  if (!is_json && !rest::accepts(request, kDiscoveryCbor)) return {problem(406, fmt::format("the supported output formats are {} and {}", kDiscoveryJson, kDiscoveryCbor))};
  corim::CoservDiscovery document{.version = service.version, .capabilities = {}, .endpoints = {{"CoSERVRequestResponse", std::string{kQueryPath} + "{query}"}}, .keys = {}};
  for (const appraise::Scheme* scheme : service.schemes) {
    for (const std::string_view profile : scheme->corim_profiles) {
      for (const std::string_view type : {kPlain, kSigned}) document.capabilities.push_back({fmt::format("{}; profile=\"{}\"", type, profile), {"collected", "source"}});
    }
  }
  const crypto::ActiveKey active = service.key();
  json::Value key = crypto::to_jwk(active.signer->public_key());
  key.object()->set("alg", crypto::jose_name(active.signer->algorithm()));
  document.keys.emplace_back(std::move(key));
  const auto body = written(document, is_json);
  if (!body) return {problem(500, body.error().text()), "CoSERV discovery: " + body.error().text()};
  return {{200, {{"Content-Type", std::string{is_json ? kDiscoveryJson : kDiscoveryCbor}}}, *body}};
}

Result<Bytes> written(const corim::CoservDiscovery& document, bool is_json) {
  if (!is_json) return corim::write_discovery_cbor(document);
  return to_bytes(json::print(TRY(corim::write_discovery_json(document))));
}

Result<Bytes> encoded(const crypto::Signer& signer, const corim::Coserv& answer, bool is_signed) {
  Bytes plain = TRY(corim::write_coserv(answer));
  if (!is_signed) return plain;
  return corim::sign_coserv(plain, signer);
}

// RFC 9290.
net::Answer problem(int status, std::string_view detail) {
  cbor::Writer out;
  out.map(2).integer(-1).text(net::reason_phrase(status)).integer(-2).text(printable(detail));
  net::Answer answer{status, {{"Content-Type", std::string{kProblem}}}, std::move(out).take()};
  if (status == 503) answer.headers.push_back({"Retry-After", "1"});
  return answer;
}

corim::CryptoKey authority_of(const crypto::Signer& signer) { return {corim::CryptoKey::Kind::cose_key, crypto::to_cose_key(signer.public_key())}; }

// RFC 9110 §5.6.7.
std::string http_date(UnixSeconds time) {
  const std::time_t seconds = time;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

}  // namespace
}  // namespace assay::coserv
