// A relying party between attesters and their verifier, as the OP-TEE example of Veraison has it: an attester speaks the
// challenge-response API with it instead of with the verifier; it hands everything on, and reads the result as it comes by.
//
// A result counts, is reported and handed on only if it is signed with the verifier's key, answers the nonce of a session that was opened
// here, and is in its time; otherwise the attester gets 502. Nonces come from the verifier: an attester that brings one of its own could
// show old evidence (400). What the verifier refuses or puts off (4xx, 5xx, 202) is handed on as it is; redirections, sessions elsewhere
// and other answers that do not belong to the API are 502, no answer in time is 504. `Location` stays relative, so that nobody is led
// past the relying party. Paths other than the API's are 404.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "model/ear/ear.h"
#include "net/http.h"
#include "net/server.h"

namespace assay::relying_party {

inline constexpr std::size_t kMaxSessions = 65536;  // remembered at a time; beyond that new ones get 503
inline constexpr UnixSeconds kSessionLife = 900;    // at least as long as a verifier keeps one

struct ResultKey {
  crypto::PublicKey key;
  crypto::Sig sig = crypto::Sig::es256;
};

struct Options {
  std::string verifier;  // as net::parse_url gives it; the API's paths go behind its own
  // A client of our own for requests under way, several at a time. It must not follow redirections.
  std::function<Result<std::unique_ptr<net::Http>>()> connect;
  // The verifier's keys of the day. Asked at the first result, and again, not more often than every ten seconds, when a signature is
  // of none of them.
  std::function<Result<std::vector<ResultKey>>(net::Http&)> keys;
  std::string key_name = "pkey.json";  // as reports call it
  // A message for the log, possibly of several lines; what came from outside is safe for terminals. Called by several threads.
  std::function<void(std::string_view message)> log = [](std::string_view) {};
  std::function<UnixSeconds()> clock = system_now;
};

// Nonces of the sessions that were opened here, by id. Thread-safe.
class Sessions {
 public:
  bool remember(const std::string& id, Bytes nonce, UnixSeconds now);  // false: there are too many
  std::optional<Bytes> nonce(const std::string& id, UnixSeconds now);
  void forget(const std::string& id);

 private:
  struct Entry {
    Bytes nonce;
    UnixSeconds until = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> all_;
};

class RelyingParty {
 public:
  explicit RelyingParty(Options options) : options_{std::move(options)} {}
  // Thread-safe.
  net::Answer answer(const net::Incoming& request);
  // Before the first result needs them, to find out whether there are any.
  Result<void> fetch_keys();

 private:
  net::Answer forward(const net::Incoming& request);
  net::Answer opened(net::Response response);
  net::Answer answered(const net::Incoming& request, const std::string& id, net::Response response);
  Result<ear::Ear> verified(const std::string& jwt, const Bytes& nonce);
  Result<ear::Ear> verified_with(const std::vector<ResultKey>& keys, const std::string& jwt, const Bytes& nonce) const;
  Result<std::vector<ResultKey>> current_keys(bool renew);
  Result<std::unique_ptr<net::Http>> take_client();
  void give_back(std::unique_ptr<net::Http> client);
  net::Answer bad_gateway(const std::string& detail);

  Options options_;
  Sessions sessions_;
  std::mutex mutex_;  // of the following
  std::vector<std::unique_ptr<net::Http>> idle_;
  std::vector<ResultKey> keys_;
  UnixSeconds keys_asked_ = 0;
};

// The id in a path of the API: letters, digits, hyphens and underscores. Nothing: it is another path.
std::optional<std::string> session_id(std::string_view path);
// A session that the verifier says lies at `location`, as seen from its newSession. Fails where that is not among its sessions.
Result<std::string> session_id_of(std::string_view verifier, std::string_view location);

}  // namespace assay::relying_party
