#include "services/verifier/api.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/media_type.h"
#include "base/text.h"
#include "envelope/cmw/cmw.h"
#include "services/rest/rest.h"

namespace assay::verifier {
namespace {

using appraise::Session;
using net::Incoming;
using net::problem;

constexpr std::string_view kSessionType = "application/vnd.veraison.challenge-response-session+json";

Answered new_session(Service& service, const Incoming& request, std::string_view tenant);
Result<Bytes> nonce_of(const Incoming& request);
Result<Bytes> nonce_from_text(std::string_view text);
Answered session(Service& service, const Incoming& request, std::string_view tenant);
Answered take_evidence(Service& service, const Incoming& request, std::string_view tenant, const std::string& id);
Result<std::string> judged(Service& service, const appraise::Scheme& scheme, const Session& session, UnixSeconds now, Answered& answered);
struct Offered {
  std::string type;
  Bytes evidence;
};
Result<Offered> offered(const Incoming& request);
std::string_view name(Session::Status status);
json::Value to_json(const Service& service, const Session& session);
Answered store_failed(const Error& error);

}  // namespace

bool is_path(std::string_view method, std::string_view path) {
  if (path == kNewSession) return method == "POST";
  const bool is_session = path.starts_with(kSession) && path.find('/', kSession.size()) == std::string_view::npos;
  return is_session && (method == "GET" || method == "POST" || method == "DELETE");
}

// Evidence of the usual size; a policy is asked in another process.
bool is_quick(const Service& service, const Incoming& request, std::string_view tenant) {
  constexpr std::size_t kUsual = std::size_t{16} * 1024;
  if (!service.store.answers_from_memory()) return false;
  if (request.path == kNewSession || request.method != "POST") return true;
  const appraise::Scheme* scheme = appraise::scheme_of_media_type(service.schemes, request.header("Content-Type").value_or(""));
  if (scheme == nullptr || request.body.size() > kUsual) return false;
  const auto policy = service.store.active_policy(tenant, scheme->attestation_scheme);
  return policy && !*policy;
}

Answered answer(Service& service, const Incoming& request, std::string_view tenant) {
  return request.path == kNewSession ? new_session(service, request, tenant) : session(service, request, tenant);
}

namespace {

Answered new_session(Service& service, const Incoming& request, std::string_view tenant) {
  if (!rest::accepts(request, kSessionType)) return {rest::not_acceptable(kSessionType)};
  auto nonce = nonce_of(request);
  if (!nonce) return {problem(400, "failed handling nonce request: " + nonce.error().what)};
  const UnixSeconds now = service.clock();
  Session fresh{.tenant = std::string{tenant}, .id = rest::random_uuid(), .nonce = std::move(*nonce), .expiry = now + kSessionLife};
  if (const auto opened = service.store.open(fresh, now); !opened) return store_failed(opened.error());
  Answered created{rest::json_answer(201, kSessionType, to_json(service, fresh))};
  created.answer.headers.push_back({"Location", "session/" + fresh.id});
  return created;
}

Result<Bytes> nonce_of(const Incoming& request) {
  constexpr std::size_t kDefault = 32;
  const std::string given = request.parameter("nonce").value_or("");
  const std::string size = request.parameter("nonceSize").value_or("");
  if (!given.empty() && !size.empty()) return fail(Errc::invalid, "", "nonce and nonceSize are mutually exclusive");
  if (!given.empty()) return nonce_from_text(given);
  if (size.empty()) return crypto::random_bytes(kDefault);
  const bool is_number = size.size() <= 3 && std::ranges::all_of(size, [](char c) { return c >= '0' && c <= '9'; });
  const std::size_t number = is_number ? static_cast<std::size_t>(std::stoul(size)) : 0;
  if (number < 8 || number > 64) return fail(Errc::invalid, "", "nonceSize must be in range 8..64");
  return crypto::random_bytes(number);
}

// Clients differ in alphabet and padding, and the last digit of some has bits to spare, which count for nothing.
Result<Bytes> nonce_from_text(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string digits{text.substr(0, text.find('='))};
  const std::size_t spare = digits.size() % 4;
  std::string padding{text.substr(digits.size())};
  if (spare >= 2 && !digits.empty()) {
    const std::size_t value = kDigits.find(digits.back());
    if (value != std::string_view::npos) digits.back() = kDigits[value & (spare == 2 ? 0x30U : 0x3cU)];
  }
  auto nonce = from_any_base64(digits + padding);
  if (!nonce) return fail(Errc::invalid, "", "nonce must be valid base64");
  if (nonce->size() < 8 || nonce->size() > 64) return fail(Errc::invalid, "", "nonce must be between 8 and 64 bytes long; got {}", nonce->size());
  return nonce;
}

Answered session(Service& service, const Incoming& request, std::string_view tenant) {
  const std::string_view text = std::string_view{request.path}.substr(kSession.size());
  if (request.method != "DELETE" && !rest::accepts(request, kSessionType)) return {rest::not_acceptable(kSessionType)};
  const auto id = rest::parse_uuid(text);
  const auto bad_id = [&] { return Answered{problem(400, fmt::format("invalid session id ({}) in path segment: {}", printable(request.path), rest::bad_uuid(text)))}; };
  if (request.method == "POST") {
    if (request.body.empty()) return {problem(400, "unable to read evidence from the request body")};
    return id ? take_evidence(service, request, tenant, *id) : bad_id();
  }
  if (!id) return bad_id();
  if (request.method == "DELETE") {
    const auto erased = service.store.erase_session(tenant, *id);
    return erased ? Answered{{204, {}, {}}} : store_failed(erased.error());
  }
  const auto found = service.store.session(tenant, *id, service.clock());
  return found ? Answered{rest::json_answer(200, kSessionType, to_json(service, *found))} : store_failed(found.error());
}

Answered take_evidence(Service& service, const Incoming& request, std::string_view tenant, const std::string& id) {
  auto given = offered(request);
  if (!given) return {problem(400, given.error().what)};
  const appraise::Scheme* scheme = appraise::scheme_of_media_type(service.schemes, given->type);
  if (scheme == nullptr) return {rest::unsupported_type(given->type, rest::joined(appraise::evidence_media_types(service.schemes)))};
  const UnixSeconds now = service.clock();
  auto mine = service.store.claim(tenant, id, now);
  if (!mine) return store_failed(mine.error());
  mine->evidence_type = std::move(given->type);
  mine->evidence = std::move(given->evidence);
  Answered answered;
  auto result = judged(service, *scheme, *mine, now, answered);
  mine->status = result ? Session::Status::complete : Session::Status::failed;
  if (result) mine->result = std::move(*result);
  const json::Value shown = result ? to_json(service, *mine) : json::Value{};
  const auto kept = service.store.finish(std::move(*mine));
  if (!result && result.error().errc == Errc::unavailable) return store_failed(result.error());
  if (!result) {
    answered.log = "verification failed: " + result.error().text();
    answered.answer = problem(500, "error encountered while processing evidence");
    return answered;
  }
  if (!kept) return store_failed(kept.error());
  answered.answer = rest::json_answer(200, kSessionType, shown);
  return answered;
}

Result<std::string> judged(Service& service, const appraise::Scheme& scheme, const Session& session, UnixSeconds now, Answered& answered) {
  auto judgement = TRY(appraise::judge({.scheme = scheme, .evidence = session.evidence, .nonce = session.nonce, .tenant = session.tenant, .now = now, .rule = service.rule, .cache = &service.cache, .engine = service.engine}, service.store));
  judgement.result.verifier_id = {.developer = service.developer, .build = service.build};
  answered.scheme = scheme.attestation_scheme;
  answered.verdict = ear::name(judgement.result.status());
  answered.log = fmt::format("{} evidence of {} bytes: {}{}", scheme.name, session.evidence.size(), answered.verdict, judgement.problem.empty() ? "" : ", " + judgement.problem);
  const crypto::ActiveKey key = service.key();
  return ear::sign_jwt(judgement.result, *key.signer, key.header_kid);
}

// A wrapper's own type and value stand for header and body (draft-ietf-rats-msg-wrap).
Result<Offered> offered(const Incoming& request) {
  const std::string_view sent = request.header("Content-Type").value_or("");
  const auto type = parse_media_type(sent);
  if (!type) return fail(Errc::malformed, "", "{}", rest::bad_media_type("verifier", sent, type.error()));
  constexpr std::array<std::string_view, 6> kWrappers{"application/cmw", "application/cmw+json", "application/cmw+cbor", "application/vnd.veraison.cmw", "application/vnd.veraison.cmw+json", "application/vnd.veraison.cmw+cbor"};
  if (std::ranges::find(kWrappers, type->essence) == kWrappers.end()) return Offered{std::string{sent}, request.body};
  const auto wrapped = cmw::parse(request.body);
  if (!wrapped) return fail(Errc::malformed, "", "could not unwrap the CMW: {}", wrapped.error().text());
  const cmw::Record* record = wrapped->record();
  if (record == nullptr) return Offered{std::string{sent}, request.body};
  const auto* text = std::get_if<std::string>(&record->type);
  const auto of_format = text != nullptr ? std::optional<std::string_view>{*text} : cmw::media_type_of_content_format(std::get<std::uint16_t>(record->type));
  if (!of_format) return fail(Errc::unsupported, "", "could not unwrap the CMW: no media type for content format {}", std::get<std::uint16_t>(record->type));
  return Offered{std::string{*of_format}, record->value};
}

std::string_view name(Session::Status status) {
  switch (status) {
    case Session::Status::waiting: return "waiting";
    case Session::Status::processing: return "processing";
    case Session::Status::complete: return "complete";
    case Session::Status::failed: return "failed";
  }
  return "failed";
}

// The nonce in the standard alphabet with padding, which every released client reads.
json::Value to_json(const Service& service, const Session& session) {
  json::Object members;
  members.set("nonce", to_base64(session.nonce));
  members.set("expiry", to_rfc3339(session.expiry));
  members.set("accept", rest::texts(appraise::evidence_media_types(service.schemes)));
  members.set("status", name(session.status));
  if (!session.evidence_type.empty()) {
    json::Object evidence;
    evidence.set("type", session.evidence_type);
    evidence.set("value", to_base64(session.evidence));
    members.set("evidence", std::move(evidence));
  }
  if (!session.result.empty()) members.set("result", session.result);
  return members;
}

Answered store_failed(const Error& error) {
  switch (error.errc) {
    case Errc::not_found: return {problem(404, error.what)};
    case Errc::conflict: return {problem(409, error.what)};
    default: break;
  }
  Answered later{problem(503, error.errc == Errc::exhausted ? error.text() : "the store cannot be used now"), "not served: " + error.text()};
  later.answer.headers.push_back({"Retry-After", "1"});
  return later;
}

}  // namespace
}  // namespace assay::verifier
