// The keys of whoever issues bearer tokens: a JWK set (RFC 7517) from a file or a URL, kept for a while, looked up by `kid`.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "crypto/crypto.h"

namespace assay::access {

// What tokens may be signed with. Few, so that little can be confused: no HMAC, no "none".
bool is_token_algorithm(crypto::Sig sig);  // ES256, RS256, PS256, EdDSA

struct TokenKey {
  std::string kid;  // may be empty
  crypto::PublicKey key;
  std::optional<crypto::Sig> sig;  // the one it is for, where the set says so
};
// Entries that are for other uses, of other kinds or broken are passed over: one odd key in a provider's set must not lock everybody
// out. Fails with `malformed` (no set, or a member twice), `limit` (64 KiB, 64 keys), `missing` (nothing that verifies tokens).
Result<std::vector<TokenKey>> parse_token_keys(std::string_view jwks);

// Thread-safe. Reads the set when it is first needed, after eight hours, and for a kid that it does not know; the last at most once a
// minute, whoever asks, so that made-up kids are no way to make us knock at the provider's door.
class TokenKeys {
 public:
  using Fetch = std::function<Result<Bytes>()>;  // never called by two threads at once
  static constexpr UnixSeconds kLife = UnixSeconds{8} * 3600;
  static constexpr UnixSeconds kPause = 60;      // between looks for an unknown kid
  static constexpr UnixSeconds kRetryPause = 5;  // between tries where there is no set at all

  explicit TokenKeys(Fetch fetch) : fetch_{std::move(fetch)} {}

  // Without a kid, the set must have one key that fits. Fails with `unauthenticated` (no such key, or several), `unavailable` (there is
  // no set to look in).
  Result<crypto::PublicKey> find(const std::optional<std::string>& kid, crypto::Sig sig, UnixSeconds now);

 private:
  using Set = std::vector<TokenKey>;
  struct State {
    std::shared_ptr<const Set> set;
    UnixSeconds read = 0;
    std::optional<UnixSeconds> tried;
    std::string failure;
  };
  State state() const;
  State refresh(const State& seen, UnixSeconds now);

  Fetch fetch_;
  std::mutex fetching_;
  mutable std::mutex guard_;
  State state_;
};

}  // namespace assay::access
