#include "services/challenge/challenge_client.h"

#include <algorithm>

#include "base/media_type.h"
#include "base/text.h"
#include "codec/json/json.h"
#include "envelope/jose/jws.h"
#include "net/url.h"

namespace assay::challenge {
namespace {

constexpr std::size_t kMaxMediaType = 1024;

// A session that waits for evidence.
struct Opened {
  std::string url;
  Bytes nonce;
  std::vector<std::string> accept;
};

struct Attested {
  std::string result;
  std::string media_type;
};

Result<Opened> open_session(const Exchange& exchange, net::Http& http);
Result<Attested> attest(const Exchange& exchange, const Opened& opened, net::Http& http, const net::Pace& pace);
Result<std::string> poll(const Exchange& exchange, const Opened& opened, net::Http& http, const net::Pace& pace);
std::optional<std::string> delete_session(const Exchange& exchange, const std::string& url, net::Http& http);
Result<void> check_nonce(const Exchange& exchange, const Bytes& nonce);
Result<Session> session_of(const net::Response& response);
Result<std::string> result_of(const Session& session, const Opened& opened);
Result<Bytes> nonce_of(const std::string& text);
Result<std::vector<std::string>> accept_of(const json::Value& value);
std::string new_session_url(const Exchange& exchange);
Result<std::string> session_url(const net::Response& response);
std::vector<net::Header> headers_for(const Exchange& exchange, std::string_view url, bool with_answer);
Error refusal(std::string_view what, const net::Response& response);

}  // namespace

Result<Outcome> run(const Exchange& exchange, net::Http& http, const net::Pace& pace) {
  const Opened opened = TRY(within("new challenge-response session creation failed", open_session(exchange, http)));
  if (exchange.opened) exchange.opened(opened.url);
  auto attested = attest(exchange, opened, http, pace);
  Outcome outcome{.session_url = opened.url, .nonce = opened.nonce};
  if (!exchange.keep_session) {
    if (auto warning = delete_session(exchange, opened.url, http)) outcome.warnings.push_back(std::move(*warning));
  }
  if (!attested) return std::unexpected(std::move(attested).error());
  outcome.result = std::move(attested->result);
  outcome.media_type = std::move(attested->media_type);
  return outcome;
}

Result<Session> parse_session(ByteView body) {
  if (body.size() > kMaxSession) return fail_expecting(Errc::limit, "", fmt::format("{} bytes", body.size()), fmt::format("at most {}", kMaxSession));
  const json::Value value = TRY(json::parse(as_text(body)));
  const json::Fields fields = TRY(json::Fields::of(value));
  Session session;
  session.status = TRY(fields.text("status"));
  if (const auto nonce = TRY(fields.optional_text("nonce"))) session.nonce = TRY(within(fields.at("nonce"), nonce_of(*nonce)));
  if (const auto expiry = TRY(fields.optional_text("expiry"))) session.expiry = TRY(within(fields.at("expiry"), from_rfc3339_any_zone(*expiry)));
  if (const json::Value* accept = fields.find("accept"); accept != nullptr && !accept->is_null()) session.accept = TRY(within(fields.at("accept"), accept_of(*accept)));
  session.result = TRY(fields.optional_text("result"));
  if (session.result) TRY(within(fields.at("result"), jose::parse_compact(*session.result)));
  return session;
}

std::optional<std::string> accepted(const std::vector<std::string>& accept, std::string_view media_type) {
  const auto found = std::ranges::find_if(accept, [&](const std::string& one) { return same_media_type(one, media_type); });
  return found == accept.end() ? std::nullopt : std::optional<std::string>{*found};
}

Result<std::string> need_accepted(const std::vector<std::string>& accept, std::string_view media_type) {
  if (auto spelled = accepted(accept, media_type)) return std::move(*spelled);
  std::string all;
  for (const std::string& one : accept) all += (all.empty() ? "" : ", ") + printable(one);
  return fail(Errc::unsupported, "", "expecting media type {}, got {}", printable(media_type), all);
}

namespace {

Result<Opened> open_session(const Exchange& exchange, net::Http& http) {
  const net::Request request{.method = net::Request::Method::post, .url = new_session_url(exchange), .headers = headers_for(exchange, exchange.url, true)};
  const net::Response response = TRY(within("newSession request failed", http.send(request)));
  if (response.status != 201) return std::unexpected(refusal("newSession response has unexpected status", response));
  Opened opened;
  opened.url = TRY(within("cannot determine URI for the session resource", session_url(response)));
  Session session = TRY(within("failure JSON decoding response body", session_of(response)));
  if (!session.nonce) return fail(Errc::malformed, "failure JSON decoding response body", "a session without nonce");
  opened.nonce = std::move(*session.nonce);
  opened.accept = std::move(session.accept);
  return opened;
}

// Its own nonce is what a relying party wants answered; a shorter one than an attester asked for is easier to meet again.
Result<void> check_nonce(const Exchange& exchange, const Bytes& nonce) {
  if (const Bytes* own = std::get_if<Bytes>(&exchange.nonce)) {
    if (!ct_equal(*own, nonce)) return fail(Errc::mismatch, "", "expecting nonce {}, got {}", to_hex(*own), to_hex(nonce));
    return {};
  }
  const std::size_t size = std::get<std::size_t>(exchange.nonce);
  if (size != 0 && nonce.size() != size) return fail(Errc::mismatch, "", "asked for a nonce of {} bytes, got one of {}", size, nonce.size());
  return {};
}

Result<Attested> attest(const Exchange& exchange, const Opened& opened, net::Http& http, const net::Pace& pace) {
  TRY(within("evidence generation failed", check_nonce(exchange, opened.nonce)));
  Evidence evidence = TRY(within("evidence generation failed", exchange.evidence(opened.nonce, opened.accept)));
  net::Request request{.method = net::Request::Method::post, .url = opened.url, .headers = headers_for(exchange, opened.url, true), .body = std::move(evidence.bytes)};
  request.headers.push_back({"Content-Type", evidence.media_type});
  const net::Response response = TRY(within("session request failed", http.send(request)));
  if (response.status == 202) {
    std::string later = TRY(poll(exchange, opened, http, pace));
    return Attested{std::move(later), std::move(evidence.media_type)};
  }
  if (response.status != 200) return std::unexpected(refusal("session response has unexpected status", response));
  const Session session = TRY(within("failure decoding session resource body", session_of(response)));
  if (session.status != "complete") return fail(Errc::malformed, "", "unexpected session state: {}", printable(session.status));
  std::string result = TRY(result_of(session, opened));
  return Attested{std::move(result), std::move(evidence.media_type)};
}

Result<std::string> poll(const Exchange& exchange, const Opened& opened, net::Http& http, const net::Pace& pace) {
  net::Waits waits;
  while (true) {
    const net::Response response = TRY(within("session resource fetch failed", http.send({.method = net::Request::Method::get, .url = opened.url, .headers = headers_for(exchange, opened.url, true)})));
    if (response.status != 200) return std::unexpected(refusal("session resource fetch returned an unexpected status", response));
    const Session session = TRY(within("failure decoding session resource", session_of(response)));
    if (session.status == "complete") return result_of(session, opened);
    if (session.status == "failed") return fail(Errc::invalid, "", "session resource in failed state");
    if (session.status != "processing") return fail(Errc::malformed, "", "session resource in unexpected state: {}", printable(session.status));
    const std::chrono::milliseconds wait = waits.after(response);
    if (pace.elapsed() + wait > exchange.patience) return fail(Errc::timeout, "", "polling attempts exhausted, session resource state still not complete");
    pace.wait(wait);
  }
}

// What went wrong, if anything did.
std::optional<std::string> delete_session(const Exchange& exchange, const std::string& url, net::Http& http) {
  const auto response = http.send({.method = net::Request::Method::del, .url = url, .headers = headers_for(exchange, url, false)});
  if (response && (response->status == 200 || response->status == 202 || response->status == 204)) return {};
  return fmt::format("DELETE {} failed: {}", net::shown_url(url), response ? net::status_text(*response) : response.error().text());
}

// With any parameters: `; charset=utf-8` changes nothing.
Result<Session> session_of(const net::Response& response) {
  const std::string_view sent = response.header("Content-Type").value_or("");
  const auto type = parse_media_type(sent);
  if (!type || type->essence != kSessionType) return fail(Errc::malformed, "", "unexpected content type {}", quoted(sent));
  return parse_session(response.body);
}

// The session may leave out the nonce now; another one is another's session.
Result<std::string> result_of(const Session& session, const Opened& opened) {
  if (session.nonce && !equal(*session.nonce, opened.nonce)) return fail(Errc::mismatch, "session resource", "the nonce has become {}, was {}", to_hex(*session.nonce), to_hex(opened.nonce));
  if (!session.result) return fail(Errc::malformed, "session resource", "complete, but without result");
  return std::string{trim_ascii(*session.result)};
}

Result<Bytes> nonce_of(const std::string& text) {
  Bytes nonce = TRY(from_any_base64(text));
  if (nonce.size() < kLeastNonce || nonce.size() > kLargestNonce) return fail(Errc::malformed, "", "nonce must be between {} and {} bytes long; got {}", kLeastNonce, kLargestNonce, nonce.size());
  return nonce;
}

Result<std::vector<std::string>> accept_of(const json::Value& value) {
  if (value.array() == nullptr) return fail_expecting(Errc::malformed, "", std::string{value.type_name()}, "an array of media types");
  if (value.array()->size() > kMaxAccepted) return fail(Errc::limit, "", "{} media types; at most {} are read", value.array()->size(), kMaxAccepted);
  std::vector<std::string> types;
  for (const json::Value& item : *value.array()) {
    if (item.text() == nullptr || item.text()->size() > kMaxMediaType) return fail_expecting(Errc::malformed, "", std::string{item.type_name()}, "a media type");
    types.push_back(*item.text());
  }
  return types;
}

std::string new_session_url(const Exchange& exchange) {
  const char join = exchange.url.find('?') == std::string::npos ? '?' : '&';
  if (const Bytes* own = std::get_if<Bytes>(&exchange.nonce)) return fmt::format("{}{}nonce={}", exchange.url, join, net::form_escape(to_base64url_padded(*own)));
  const std::size_t size = std::get<std::size_t>(exchange.nonce);
  return size == 0 ? exchange.url : fmt::format("{}{}nonceSize={}", exchange.url, join, size);
}

//= RFC9110#10.2.2: a relative Location is resolved against the URL that answered
Result<std::string> session_url(const net::Response& response) {
  const auto location = response.header("Location");
  if (!location || location->empty()) return fail(Errc::malformed, "", "no Location header found in response");
  std::string url = TRY(net::resolve_url(response.url, *location));
  if (response.url.starts_with("https:") && !url.starts_with("https:")) return fail(Errc::malformed, "", "the Location header leads from https to {}", net::shown_url(url));
  return url;
}

// A session elsewhere is used, but does not get to see who we are.
std::vector<net::Header> headers_for(const Exchange& exchange, std::string_view url, bool with_answer) {
  std::vector<net::Header> headers;
  if (with_answer) headers.push_back({"Accept", std::string{kSessionType}});
  if (exchange.authorization && net::same_origin(url, exchange.url)) headers.push_back({"Authorization", *exchange.authorization});
  return headers;
}

Error refusal(std::string_view what, const net::Response& response) {
  const int status = response.status;
  Errc errc = status >= 500 ? Errc::unavailable : Errc::invalid;
  if (status == 401 || status == 403) errc = Errc::forbidden;
  if (status == 404) errc = Errc::not_found;
  if (status == 406 || status == 415) errc = Errc::unsupported;
  if (status == 413) errc = Errc::limit;
  return {errc, {}, fmt::format("{}: {}", what, net::status_text(response)), {}, {}};
}

}  // namespace
}  // namespace assay::challenge
