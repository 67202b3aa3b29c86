// Having evidence verified by a service: the client's side of Veraison's challenge-response API. A session is made, with a nonce of ours
// (relying party) or of the service's (attester); evidence goes in, a signed attestation result comes out. Whether the result is
// believed is the caller's business: nothing here looks at its signature.
//
// Answers are as hostile as anything from outside. Refused with `malformed` unless it says otherwise: another Content-Type than
// kSessionType, JSON that is none, a session without status or nonce, a nonce that is not of 8 to 64 bytes or not the one of this
// session (`mismatch`), more than kMaxAccepted media types, a result that is not a JWS in compact form, a Location that leads from https
// to http. Limit: kMaxSession bytes (`limit`).
#pragma once

#include <functional>
#include <variant>

#include "base/clock.h"
#include "base/limits.h"
#include "net/http.h"
#include "net/pace.h"

namespace assay::challenge {

inline constexpr std::string_view kSessionType = "application/vnd.veraison.challenge-response-session+json";
inline constexpr std::string_view kNewSessionPath = "/challenge-response/v1/newSession";
inline constexpr std::size_t kMaxSession = 2 * kMaxResult;
inline constexpr std::size_t kMaxAccepted = 256;
inline constexpr std::size_t kLeastNonce = 8;
inline constexpr std::size_t kLargestNonce = 64;

// The resource as the service shows it.
struct Session {
  std::string status;  // "waiting", "processing", "complete", "failed", or what else it says
  std::optional<Bytes> nonce;
  std::optional<UnixSeconds> expiry;
  std::vector<std::string> accept;  // media types of evidence
  std::optional<std::string> result;
};
Result<Session> parse_session(ByteView body);

struct Evidence {
  std::string media_type;
  Bytes bytes;
};

// Makes or chooses evidence for this nonce; `accept` is what the service takes, as it spells it.
using EvidenceBuilder = std::function<Result<Evidence>(ByteView nonce, const std::vector<std::string>& accept)>;

// The spelling in `accept` of this media type (parameters quoted or not), or nothing.
std::optional<std::string> accepted(const std::vector<std::string>& accept, std::string_view media_type);

// `accepted`, or an error that names what the service takes: "expecting media type X, got A, B".
Result<std::string> need_accepted(const std::vector<std::string>& accept, std::string_view media_type);

struct Exchange {
  std::string url;                         // of newSession, absolute
  std::variant<Bytes, std::size_t> nonce;  // ours, or how long the service's shall be
  EvidenceBuilder evidence;
  std::optional<std::string> authorization = {};
  std::chrono::milliseconds patience{150000};  // for a result that comes later; sessions live that long
  bool keep_session = false;                   // else it is deleted at the end, whatever that was
  // When the session is there, before evidence is made for it.
  std::function<void(std::string_view session_url)> opened = {};
};

struct Outcome {
  std::string result;  // the attestation result, a compact JWS; unverified
  std::string session_url;
  Bytes nonce;
  std::string media_type;             // under which the evidence was sent
  std::vector<std::string> warnings;  // what went wrong after the result was there
};

// Texts as Veraison's client words them: "new challenge-response session creation failed: …", "evidence generation failed: …". Fails
// with `forbidden` (401, 403), `not_found` (404), `unsupported` (406, 415), `limit` (413), `invalid` (other refusals, or the
// verification failed), `unavailable` (5xx), `timeout`, or as Http::send and the evidence builder do.
Result<Outcome> run(const Exchange& exchange, net::Http& http, const net::Pace& pace);

}  // namespace assay::challenge
