// Veraison's challenge-response interface: a session with a nonce, evidence that answers it, a signed result. Both roles use it: a relying
// party brings its own nonce, an attester asks for one. Differences from the original stand in docs/KNOWN-FAILURES.md.
#pragma once

#include "appraise/pipeline.h"
#include "crypto/sigcache.h"
#include "crypto/signer/key_set.h"
#include "net/server.h"

namespace assay::verifier {

inline constexpr std::string_view kNewSession = "/challenge-response/v1/newSession";
inline constexpr std::string_view kSession = "/challenge-response/v1/session/";
inline constexpr UnixSeconds kSessionLife = 150;  // seconds, as clients expect

struct Service {
  appraise::Store& store;                            // outlives it
  std::span<const appraise::Scheme* const> schemes;  // whose evidence is judged
  std::function<crypto::ActiveKey()> key;            // that signs results now
  std::string developer = "assay";
  std::string build;
  std::function<UnixSeconds()> clock = system_now;
  appraise::Rule rule = appraise::Rule::assay;
  policy::Engine* engine = nullptr;  // not owned; none: a policy that is active is an error
  crypto::SigCache cache = crypto::SigCache{};
};

struct Answered {
  net::Answer answer;
  std::string log = {};      // for the log, no secrets; empty: nothing to say
  std::string scheme = {};   // whose evidence was judged
  std::string verdict = {};  // "affirming"
};

// Is it a path of this interface, with a method it knows?
bool is_path(std::string_view method, std::string_view path);
// Is a request of these paths answered without waiting for a disk, the network or another process, and soon?
bool is_quick(const Service& service, const net::Incoming& request, std::string_view tenant);
// Thread-safe.
Answered answer(Service& service, const net::Incoming& request, std::string_view tenant);

}  // namespace assay::verifier
