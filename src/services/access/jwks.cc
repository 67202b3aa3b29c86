#include "services/access/jwks.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/key_formats.h"

namespace assay::access {
namespace {

constexpr std::size_t kMaxKeys = 64;

std::optional<TokenKey> token_key(const json::Value& jwk);
bool is_for_verifying(const json::Object& jwk);
// The clock may step back a little between threads; if it steps back much, what was read is as good as old.
bool is_old(UnixSeconds then, UnixSeconds now, UnixSeconds life) { return now - then >= life || then - now > 60; }
Result<crypto::PublicKey> choose(const std::vector<TokenKey>& set, const std::optional<std::string>& kid, crypto::Sig sig);

}  // namespace

bool is_token_algorithm(crypto::Sig sig) {
  return sig == crypto::Sig::es256 || sig == crypto::Sig::rs256 || sig == crypto::Sig::ps256 || sig == crypto::Sig::eddsa;
}

Result<std::vector<TokenKey>> parse_token_keys(std::string_view text) {
  if (text.size() > kMaxKeyFile) return fail_expecting(Errc::limit, "", fmt::format("{} bytes", text.size()), fmt::format("at most {}", kMaxKeyFile));
  const json::Value whole = TRY(json::parse(text));
  const json::Fields fields = TRY(json::Fields::of(whole));
  const json::Value* list = fields.find("keys");
  if (list == nullptr || list->array() == nullptr) return fail_expecting(Errc::malformed, "/keys", list == nullptr ? "no such member" : fmt::format("a JSON {}", list->type_name()), "an array of JWKs");
  if (list->array()->size() > kMaxKeys) return fail_expecting(Errc::limit, "/keys", fmt::format("{} keys", list->array()->size()), fmt::format("at most {}", kMaxKeys));
  std::vector<TokenKey> keys;
  for (const json::Value& jwk : *list->array()) {
    if (auto key = token_key(jwk)) keys.push_back(std::move(*key));
  }
  if (keys.empty()) return fail_expecting(Errc::missing, "/keys", "no key that verifies tokens", "one for ES256, RS256, PS256 or EdDSA");
  return keys;
}

Result<crypto::PublicKey> TokenKeys::find(const std::optional<std::string>& kid, crypto::Sig sig, UnixSeconds now) {
  State seen = state();
  const bool usable = seen.set && !is_old(seen.read, now, kLife);
  if (!usable) {
    if (!seen.tried || is_old(*seen.tried, now, kRetryPause)) seen = refresh(seen, now);
    if (!seen.set || is_old(seen.read, now, kLife)) return fail(Errc::unavailable, "JWK set", "{}", seen.failure);
  }
  auto key = choose(*seen.set, kid, sig);
  if (key || !usable || !is_old(*seen.tried, now, kPause)) return key;
  seen = refresh(seen, now);
  return choose(*seen.set, kid, sig);
}

TokenKeys::State TokenKeys::state() const {
  const std::lock_guard lock{guard_};
  return state_;
}

// One thread asks; those who came for the same reason wait for its answer. A set that cannot be read again stays until its time is up.
TokenKeys::State TokenKeys::refresh(const State& seen, UnixSeconds now) {
  const std::lock_guard turn{fetching_};
  State next = state();
  if (next.tried != seen.tried) return next;
  const auto bytes = fetch_();
  const auto set = bytes ? parse_token_keys(as_text(*bytes)) : std::unexpected(bytes.error());
  next.tried = now;
  next.failure = set ? std::string{} : set.error().text();
  if (set) {
    next.set = std::make_shared<const Set>(*set);
    next.read = now;
  }
  const std::lock_guard lock{guard_};
  state_ = next;
  return next;
}

namespace {

std::optional<TokenKey> token_key(const json::Value& jwk) {
  if (jwk.object() == nullptr || !is_for_verifying(*jwk.object())) return std::nullopt;
  auto key = crypto::public_key_from_jwk(jwk);
  if (!key) return std::nullopt;
  TokenKey made{{}, std::move(*key), {}};
  if (const json::Value* kid = jwk.object()->find("kid")) {
    if (kid->text() == nullptr) return std::nullopt;
    made.kid = *kid->text();
  }
  if (const json::Value* alg = jwk.object()->find("alg")) {
    made.sig = alg->text() == nullptr ? std::nullopt : crypto::sig_by_jose_name(*alg->text());
    if (!made.sig || !is_token_algorithm(*made.sig)) return std::nullopt;
  }
  return made;
}

//= RFC7517#4.2: a key that says what it is for is used for nothing else
bool is_for_verifying(const json::Object& jwk) {
  const json::Value* use = jwk.find("use");
  if (use != nullptr && (use->text() == nullptr || *use->text() != "sig")) return false;
  const json::Value* operations = jwk.find("key_ops");
  if (operations == nullptr) return true;
  return operations->array() != nullptr && std::ranges::any_of(*operations->array(), [](const json::Value& operation) { return operation.text() != nullptr && *operation.text() == "verify"; });
}

Result<crypto::PublicKey> choose(const std::vector<TokenKey>& set, const std::optional<std::string>& kid, crypto::Sig sig) {
  const TokenKey* found = nullptr;
  for (const TokenKey& key : set) {
    if ((kid && key.kid != *kid) || !crypto::fits(sig, key.key.kind()) || key.sig.value_or(sig) != sig) continue;
    if (found != nullptr) return fail(Errc::unauthenticated, "token", "several keys could be meant");
    found = &key;
  }
  if (found == nullptr) return fail(Errc::unauthenticated, "token", "no key for {}{}", crypto::jose_name(sig), kid ? " with the kid " + quoted(*kid) : "");
  return found->key;
}

}  // namespace
}  // namespace assay::access
