// Users with passwords (RFC 7617) out of the configuration.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "services/access/password.h"

namespace assay::access {

struct User {
  std::string name;
  PasswordHash password;
  std::vector<std::string> roles;
};

// Thread-safe. Checking a password takes the time of its hash, for a user that does not exist, too. What was right is remembered for a
// while, as a MAC under a secret of this process, so that a client that sends a thousand requests pays once. At most `parallel` checks
// run at a time and as many wait: who guesses passwords cannot take all of the machine.
class Users {
 public:
  static constexpr UnixSeconds kRemembered = 600;
  static constexpr std::size_t kMostUsers = 1000;

  // At most kMostUsers, no name twice: the caller has seen to that.
  explicit Users(std::vector<User> users, std::size_t parallel);

  // Fails with `unauthenticated`, or `exhausted` where too many are waiting. What the caller says is in no message.
  Result<const User*> check(std::string_view name, std::string_view password, UnixSeconds now);

 private:
  struct Remembered {
    Bytes mac;
    UnixSeconds until = 0;
  };
  bool is_remembered(const User& user, ByteView mac, UnixSeconds now);
  Result<bool> matches(const PasswordHash& hash, std::string_view password);

  std::map<std::string, User, std::less<>> users_;
  PasswordHash nobody_;
  SecretBytes secret_;
  std::mutex guard_;
  std::map<const User*, Remembered> remembered_;  // one for a user, so bounded
  std::condition_variable freed_;
  std::size_t parallel_;
  std::size_t running_ = 0;
  std::size_t waiting_ = 0;
};

struct NameAndPassword {
  std::string name;
  std::string password;
};
// What stands behind `Basic `. Fails with `malformed`.
Result<NameAndPassword> parse_basic(std::string_view credentials);

}  // namespace assay::access
