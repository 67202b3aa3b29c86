#include "apps/verify/remote.h"

#include <algorithm>
#include <array>

#include "apps/inputs.h"
#include "base/text.h"
#include "net/url.h"
#include "services/challenge/challenge_client.h"
#include "services/discovery/discovery_client.h"

namespace assay::verify {
namespace {

constexpr UnixSeconds kSkew = 60;  // by which the service's clock may be ahead

// What is sent: bytes, and the names they may have.
struct Sent {
  Bytes bytes;
  std::vector<std::string> media_types;  // the best first
  std::optional<Bytes> nonce;            // in it
};

// Where to, and whose signature counts.
struct Peer {
  std::string url;  // of newSession
  std::optional<crypto::PublicKey> key;
  crypto::Sig sig = crypto::Sig::es256;
};

Result<Sent> what_is_sent(const RemoteOptions& options, const RemoteInputs& inputs, std::vector<std::string>& unwrapped);
std::vector<std::string> media_types_of(const appraise::Scheme& scheme, ByteView evidence);
std::optional<Bytes> nonce_of(const appraise::Scheme& scheme, ByteView evidence);
Result<Peer> peer_for(const RemoteOptions& options, const std::string& server, const sending::Connection& connection);
Result<challenge::Evidence> choose(const Sent& sent, const std::vector<std::string>& accept);
Result<ear::Ear> believe(const std::string& jwt, const Peer& peer, ByteView nonce, UnixSeconds now, std::vector<std::string>& warnings);
void read_verdict(RemoteVerdict& verdict);

}  // namespace

Result<RemoteVerdict> judge_remotely(const RemoteOptions& options, const RemoteInputs& inputs) {
  RemoteVerdict verdict{.name = inputs.name, .file_size = inputs.file.size(), .nonce_is_ours = inputs.nonce.has_value(), .key_is_ours = !options.server_key.empty()};
  const std::string server = TRY(within("--server", net::parse_url(options.server)));
  verdict.server = net::shown_url(server);
  const Sent sent = TRY(within(inputs.name, what_is_sent(options, inputs, verdict.unwrapped)));
  if (!inputs.nonce && !sent.nonce) return fail_expecting(Errc::missing, inputs.name, "no nonce was given, and none is found in it", "--nonce");
  verdict.nonce = inputs.nonce ? *inputs.nonce : *sent.nonce;

  const sending::Peer who = TRY(sending::peer_of(options));
  const sending::Connection connection = TRY(sending::connect(who, challenge::kMaxSession));
  const Peer peer = TRY(peer_for(options, server, connection));
  const auto build = [&](ByteView, const std::vector<std::string>& accept) { return choose(sent, accept); };
  challenge::Exchange exchange{.url = peer.url, .nonce = verdict.nonce, .evidence = build, .authorization = connection.authorization, .patience = std::chrono::seconds{options.patience}, .keep_session = options.keep_session};
  challenge::Outcome outcome = TRY(within(verdict.server, sending::hinted(challenge::run(exchange, *connection.http, net::real_pace()), sending::kNativeFlags)));
  verdict.media_type = std::move(outcome.media_type);
  verdict.warnings = std::move(outcome.warnings);
  if (options.keep_session) verdict.warnings.push_back("the session is kept: " + net::shown_url(outcome.session_url));
  verdict.jwt = std::move(outcome.result);
  verdict.sig = peer.sig;
  verdict.ear = TRY(within("the service's result", believe(verdict.jwt, peer, verdict.nonce, inputs.now, verdict.warnings)));
  read_verdict(verdict);
  return verdict;
}

std::vector<std::string> next_steps(const RemoteVerdict& verdict) {
  std::vector<std::string> steps;
  if (!verdict.key_is_ours && verdict.server.starts_with("http:")) steps.push_back("The key of the result came from the service itself, without TLS: whoever is in between could have made both. Give the service's key with --server-key, or use https.");
  if (!verdict.nonce_is_ours) steps.push_back("Freshness was not checked: the nonce was taken from the evidence itself, and old evidence looks the same. Give the nonce that the device was asked to sign with --nonce.");
  if (verdict.exit_status == 4) steps.push_back("The service does not believe this evidence: it does not know the device's key, a signature is not good, or the nonce is another one.");
  if (verdict.exit_status == 1) steps.push_back("What the service does not affirm, its endorsements do not name, or its policy does not allow: submit them with assay corim submit, or look at assay policy list.");
  return steps;
}

namespace {

Result<Sent> what_is_sent(const RemoteOptions& options, const RemoteInputs& inputs, std::vector<std::string>& unwrapped) {
  auto inner = unwrap_evidence(inputs.file, inputs.entry);
  const appraise::Scheme* scheme = inner ? appraise::scheme_of_evidence(inner->evidence) : nullptr;
  Sent sent;
  if (scheme != nullptr) sent.nonce = nonce_of(*scheme, inner->evidence);
  if (!options.media_type.empty()) {
    sent.bytes = inputs.file;
    sent.media_types = {options.media_type};
    return sent;
  }
  if (!inner) return std::unexpected(std::move(inner).error());
  ASSAY_CHECK(scheme != nullptr);  // unwrap_evidence gives nothing else
  unwrapped = std::move(inner->steps);
  sent.media_types = media_types_of(*scheme, inner->evidence);
  sent.bytes = to_bytes(inner->evidence);
  return sent;
}

// A type that names the token's own profile says most.
std::vector<std::string> media_types_of(const appraise::Scheme& scheme, ByteView evidence) {
  std::vector<std::string> types{scheme.media_types.begin(), scheme.media_types.end()};
  const auto identity = scheme.peek(evidence);
  if (!identity || identity->profile.empty()) return types;
  std::ranges::stable_partition(types, [&](const std::string& type) { return type.find("profile=\"" + identity->profile + "\"") != std::string::npos; });
  return types;
}

// Where a claim of that name is the nonce; other schemes' evidence does not show it.
std::optional<Bytes> nonce_of(const appraise::Scheme& scheme, ByteView evidence) {
  if (scheme.claims_json == nullptr) return {};
  const auto claims = scheme.claims_json(evidence);
  if (!claims || claims->object() == nullptr) return {};
  const json::Object* object = claims->object();
  if (const json::Value* realm = object->find("cca-realm-delegated-token"); realm != nullptr && realm->object() != nullptr) object = realm->object();
  for (const std::string_view name : {"psa-nonce", "cca-realm-challenge"}) {
    const json::Value* value = object->find(name);
    if (value == nullptr || value->text() == nullptr) continue;
    auto nonce = from_base64(*value->text());
    if (nonce && nonce->size() >= challenge::kLeastNonce && nonce->size() <= challenge::kLargestNonce) return std::move(*nonce);
  }
  return {};
}

// The discovery document is asked for only where it is needed: for the key, or for where sessions are made.
Result<Peer> peer_for(const RemoteOptions& options, const std::string& server, const sending::Connection& connection) {
  Peer peer{.url = server};
  const std::string path = TRY(net::url_path(server));
  const bool is_root = path.empty() || path == "/";
  if (!options.server_key.empty()) {
    peer.key = TRY(inputs::load_public_key(options.server_key));
    peer.sig = crypto::default_sig(peer.key->kind());
  }
  if (is_root || !peer.key) {
    const auto document = TRY(sending::hinted(discovery::fetch(server, discovery::Service::verification, *connection.http, connection.authorization), sending::kNativeFlags));
    if (!peer.key) {
      if (!document.ear_key) return fail_expecting(Errc::missing, net::shown_url(server), "the service publishes no key of its results", "--server-key FILE");
      peer.key = document.ear_key;
      peer.sig = *document.ear_sig;
    }
    const std::string_view endpoint = document.endpoint("newChallengeResponseSession");
    if (is_root) peer.url = TRY(within("api-endpoints", net::resolve_url(server, endpoint.empty() ? challenge::kNewSessionPath : endpoint)));
  }
  return peer;
}

Result<challenge::Evidence> choose(const Sent& sent, const std::vector<std::string>& accept) {
  for (const std::string& type : sent.media_types) {
    if (auto spelled = challenge::accepted(accept, type)) return challenge::Evidence{std::move(*spelled), sent.bytes};
  }
  if (sent.media_types.empty()) return fail_expecting(Errc::missing, "", "no media type is known for this evidence", "--media-type");
  std::string type = TRY(challenge::need_accepted(accept, sent.media_types.front()));
  return challenge::Evidence{std::move(type), sent.bytes};
}

Result<ear::Ear> believe(const std::string& jwt, const Peer& peer, ByteView nonce, UnixSeconds now, std::vector<std::string>& warnings) {
  auto verified = TRY(ear::verify_jwt(jwt, *peer.key, {.sig = peer.sig, .now = now + kSkew}));
  ear::Ear ear = std::move(verified).value();
  if (!ear.nonce) {
    warnings.push_back("the result does not repeat the nonce: it may be the answer to another question");
    return ear;
  }
  const auto answered = from_any_base64(*ear.nonce);
  if (!answered || !ct_equal(*answered, nonce)) return fail_expecting(Errc::mismatch, "eat_nonce", quoted(*ear.nonce), to_base64url_padded(nonce));
  return ear;
}

void read_verdict(RemoteVerdict& verdict) {
  bool not_believed = false;
  for (const auto& [name, appraisal] : verdict.ear.submods) {
    appraise::Submod submod{.name = printable(name), .vector = appraisal.vector.value_or(ear::TrustVector{}), .at_least = appraisal.status};
    not_believed = not_believed || std::ranges::any_of(ear::kAllClaims, [&](ear::Claim claim) { return submod.vector[claim] == ear::kCryptoFailed; });
    verdict.submods.push_back(std::move(submod));
    const json::Object* claims = appraisal.policy_claims ? appraisal.policy_claims->object() : nullptr;
    const json::Value* problem = claims != nullptr ? claims->find("problem") : nullptr;
    if (problem != nullptr && problem->text() != nullptr) verdict.said.push_back(printable(name) + ": " + printable(*problem->text()));
  }
  verdict.status = verdict.ear.status();
  const bool affirming = verdict.ear.is_affirming();
  if (!affirming && verdict.status == ear::Tier::affirming) verdict.status = ear::Tier::none;
  verdict.exit_status = not_believed ? 4 : affirming ? 0
                                                     : 1;
}

}  // namespace
}  // namespace assay::verify
