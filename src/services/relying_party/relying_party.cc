#include "services/relying_party/relying_party.h"

#include <algorithm>

#include "base/text.h"
#include "codec/json/json.h"
#include "services/challenge/challenge_client.h"
#include "services/relying_party/forward.h"
#include "services/rest/rest.h"

namespace assay::relying_party {
namespace {

using net::Answer;
using net::Incoming;
using net::Response;

constexpr UnixSeconds kKeysRest = 10;  // seconds between two requests for keys
constexpr UnixSeconds kSkew = 60;      // the verifier's clock may be ahead of ours

bool asks_for_size_alone(std::string_view query);
Answer unreachable(const Error& error);
Result<ear::Ear> verified_once(const ResultKey& key, const std::string& jwt, const Bytes& nonce, UnixSeconds now);

}  // namespace

// In the words of the example's program, which people look for in the log.
Answer RelyingParty::answer(const Incoming& request) {
  options_.log(printable(fmt::format("Received request: {} {}{}{}", request.method, request.path, request.query.empty() ? "" : "?", request.query)));
  const bool is_new = request.path == challenge::kNewSessionPath;
  if (is_new ? request.method != "POST" : !session_id(request.path)) return rest::not_found();
  if (is_new && !asks_for_size_alone(request.query)) return net::problem(400, "the nonce is the verifier's to choose: nonceSize alone may be asked for");
  return forward(request);
}

Answer RelyingParty::forward(const Incoming& request) {
  const auto id = session_id(request.path);
  if (id && request.method == "POST" && !sessions_.nonce(*id, options_.clock())) return net::problem(404, fmt::format("no session {} was opened here", *id));
  auto onwards = forwarded(request, options_.verifier, !id);
  if (!onwards) return rest::not_found();
  auto client = take_client();
  auto response = client ? (*client)->send(*onwards) : Result<Response>{std::unexpected(client.error())};
  if (client) give_back(std::move(*client));
  if (!response) {
    options_.log("Error forwarding request: " + response.error().text());
    return unreachable(response.error());
  }
  options_.log("Received response: " + status_line(response->status));
  if (response->status < 200 || (response->status >= 300 && response->status < 400) || response->status > 599) return bad_gateway("the verifier leads elsewhere, or answers what is no answer");
  if (response->status >= 400 || response->status == 202) return forwarded(std::move(*response));
  if (!id) return opened(std::move(*response));
  return answered(request, *id, std::move(*response));
}

// The session is remembered with its nonce; its place becomes one below us.
Answer RelyingParty::opened(Response response) {
  if (response.status != 201) return bad_gateway(fmt::format("the verifier answers newSession with {}", status_line(response.status)));
  const auto id = session_id_of(options_.verifier, response.header("Location").value_or(""));
  if (!id) return bad_gateway("no session: " + id.error().text());
  auto session = challenge::parse_session(response.body);
  if (!session) return bad_gateway("Error parsing JSON: " + session.error().text());
  if (!session->nonce) return bad_gateway("a session without nonce");
  if (!sessions_.remember(*id, std::move(*session->nonce), options_.clock())) return net::problem(503, "too many sessions are open");
  Answer created = forwarded(std::move(response));
  created.headers.push_back({"Location", "session/" + *id});
  return created;
}

Answer RelyingParty::answered(const Incoming& request, const std::string& id, Response response) {
  if (request.method == "DELETE") {
    sessions_.forget(id);
    return forwarded(std::move(response));
  }
  const auto session = challenge::parse_session(response.body);
  if (!session) return bad_gateway("Error parsing JSON: " + session.error().text());
  if (!session->result) {
    options_.log("Error: 'result' key not found or is not a string");
    return forwarded(std::move(response));
  }
  const auto nonce = sessions_.nonce(id, options_.clock());
  if (!nonce) return net::problem(404, fmt::format("no session {} was opened here", id));
  const std::string jwt{trim_ascii(*session->result)};
  const auto ear = verified(jwt, *nonce);
  if (!ear) {
    options_.log("Error executing command: exit status 1");
    return bad_gateway("the result is not the verifier's: " + ear.error().text());
  }
  options_.log("Attestation result: " + ear::verified_report(*ear, quoted(id + ".jwt", 200), quoted(options_.key_name, 1000), {.verbose = true}));
  return forwarded(std::move(response));
}

Result<void> RelyingParty::fetch_keys() {
  TRY(current_keys(true));
  return {};
}

Result<ear::Ear> RelyingParty::verified(const std::string& jwt, const Bytes& nonce) {
  const std::vector<ResultKey> keys = TRY(within("the verifier's key", current_keys(false)));
  auto ear = verified_with(keys, jwt, nonce);
  if (ear || ear.error().errc != Errc::unauthenticated) return ear;
  // It may sign with a new one.
  const std::vector<ResultKey> renewed = TRY(within("the verifier's key", current_keys(true)));
  return verified_with(renewed, jwt, nonce);
}

Result<ear::Ear> RelyingParty::verified_with(const std::vector<ResultKey>& keys, const std::string& jwt, const Bytes& nonce) const {
  Result<ear::Ear> outcome = fail(Errc::unauthenticated, "", "there is no key to verify it with");
  for (const ResultKey& key : keys) {
    auto ear = verified_once(key, jwt, nonce, options_.clock());
    if (ear) return ear;
    if (outcome.error().errc == Errc::unauthenticated) outcome = std::move(ear);  // what is wrong in spite of a good signature says more
  }
  return outcome;
}

// Asked without the lock held: a verifier that is slow makes only those wait who need its key.
Result<std::vector<ResultKey>> RelyingParty::current_keys(bool renew) {
  {
    const std::scoped_lock lock{mutex_};
    const bool is_fresh = options_.clock() < keys_asked_ + kKeysRest;
    if (!keys_.empty() && (!renew || is_fresh)) return keys_;
    keys_asked_ = options_.clock();
  }
  auto client = TRY(take_client());
  auto keys = options_.keys(*client);
  give_back(std::move(client));
  if (!keys) return keys;
  const std::scoped_lock lock{mutex_};
  keys_ = *keys;
  return keys;
}

Result<std::unique_ptr<net::Http>> RelyingParty::take_client() {
  {
    const std::scoped_lock lock{mutex_};
    if (!idle_.empty()) {
      auto client = std::move(idle_.back());
      idle_.pop_back();
      return client;
    }
  }
  return options_.connect();
}

void RelyingParty::give_back(std::unique_ptr<net::Http> client) {
  const std::scoped_lock lock{mutex_};
  idle_.push_back(std::move(client));
}

Answer RelyingParty::bad_gateway(const std::string& detail) {
  options_.log(detail.starts_with("Error") ? detail : "Error: " + detail);
  return net::problem(502, detail);
}

namespace {

// Servers differ in what they make of odd queries: none gets by.
bool asks_for_size_alone(std::string_view query) {
  constexpr std::string_view kSize = "nonceSize=";
  const auto is_plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
  return query.empty() || (query.starts_with(kSize) && std::ranges::all_of(query.substr(kSize.size()), is_plain));
}

Answer unreachable(const Error& error) {
  if (error.errc == Errc::timeout) return net::problem(504, "the verifier does not answer in time");
  if (error.errc == Errc::limit) return net::problem(502, "the verifier's answer is too large");
  if (error.errc == Errc::untrusted) return net::problem(502, "the verifier is not who it should be");
  return net::problem(502, "the verifier cannot be reached");
}

// What is from the near future only by our clock is good; the nonce says that it is not old.
Result<ear::Ear> verified_once(const ResultKey& key, const std::string& jwt, const Bytes& nonce, UnixSeconds now) {
  ear::VerifyOptions options{.sig = key.sig, .now = now, .nonce = nonce};
  auto ear = ear::verify_jwt(jwt, key.key, options);
  if (!ear && ear.error().errc == Errc::stale) {
    options.now = now + kSkew;
    ear = ear::verify_jwt(jwt, key.key, options);
  }
  if (!ear) return std::unexpected(ear.error());
  return ear->value();
}

}  // namespace
}  // namespace assay::relying_party
