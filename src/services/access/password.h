// Passwords as bcrypt hashes, in the form that htpasswd, Go and Veraison's configuration have them: $2a$, $2b$ or $2y$, cost, salt, hash.
//
// bcrypt looks at the first 72 bytes of a password and stops at a NUL: making a hash of a longer one or one with a NUL is refused, and
// one with a NUL never matches. Pure functions, thread-safe. No message has a password or a hash in it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace assay::access {

// Less is no protection, more is a way to stall the service: 14 is most of a second for each try.
inline constexpr int kLeastCost = 4;
inline constexpr int kMostCost = 14;
inline constexpr int kUsualCost = 10;  // 45 ms

// Fails with `invalid`: an empty password, more than 72 bytes, a NUL, a cost out of bounds.
Result<std::string> hash_password(std::string_view password, int cost = kUsualCost);

class PasswordHash {
 public:
  // Fails with `config`: another kind of hash, a cost out of bounds.
  static Result<PasswordHash> parse(std::string_view text);
  // Takes 2^cost steps whatever the password, and compares in constant time.
  bool matches(std::string_view password) const;
  int cost() const { return cost_; }
  const std::string& text() const { return text_; }

 private:
  PasswordHash(std::string text, int cost) : text_{std::move(text)}, cost_{cost} {}
  std::string text_;
  int cost_;
};

}  // namespace assay::access
