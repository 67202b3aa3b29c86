#include "services/access/users.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/crypto.h"

namespace assay::access {
namespace {

constexpr std::size_t kMostBasic = 1024;

// As dear as the dearest of the users', so that the time it takes tells nothing.
PasswordHash hash_of_nobody(const std::vector<User>& users) {
  int cost = users.empty() ? kUsualCost : kLeastCost;
  for (const User& user : users) cost = std::max(cost, user.password.cost());
  const SecretBytes password{crypto::random_bytes(16)};
  const auto hash = hash_password(to_hex(password.expose()), cost);
  ASSAY_CHECK(hash.has_value());
  return PasswordHash::parse(*hash).value();
}

}  // namespace

Users::Users(std::vector<User> users, std::size_t parallel) : nobody_{hash_of_nobody(users)}, secret_{crypto::random_bytes(32)}, parallel_{std::max<std::size_t>(parallel, 1)} {
  ASSAY_CHECK(users.size() <= kMostUsers);
  for (User& user : users) {
    std::string name = user.name;
    ASSAY_CHECK(users_.emplace(std::move(name), std::move(user)).second);
  }
}

Result<const User*> Users::check(std::string_view name, std::string_view password, UnixSeconds now) {
  const auto entry = users_.find(name);
  const User* user = entry == users_.end() ? nullptr : &entry->second;
  const Bytes nul(1);
  const Bytes mac = crypto::hmac(crypto::Hash::sha256, secret_.expose(), concat({as_bytes(name), nul, as_bytes(password)}));
  if (user != nullptr && is_remembered(*user, mac, now)) return user;

  const bool right = TRY(matches(user == nullptr ? nobody_ : user->password, password));
  if (user == nullptr) return fail(Errc::unauthenticated, "", "no such user");
  if (!right) return fail(Errc::unauthenticated, "", "a wrong password for user {}", quoted(user->name));
  const std::lock_guard lock{guard_};
  remembered_[user] = {mac, now + kRemembered};
  return user;
}

bool Users::is_remembered(const User& user, ByteView mac, UnixSeconds now) {
  const std::lock_guard lock{guard_};
  const auto found = remembered_.find(&user);
  return found != remembered_.end() && now < found->second.until && found->second.until - now <= kRemembered && ct_equal(found->second.mac, mac);
}

Result<bool> Users::matches(const PasswordHash& hash, std::string_view password) {
  {
    std::unique_lock lock{guard_};
    if (running_ >= parallel_) {
      if (waiting_ >= parallel_) return fail(Errc::exhausted, "", "too many passwords to check at once");
      ++waiting_;
      freed_.wait(lock, [&] { return running_ < parallel_; });
      --waiting_;
    }
    ++running_;
  }
  const bool right = hash.matches(password);
  {
    const std::lock_guard lock{guard_};
    --running_;
  }
  freed_.notify_one();
  return right;
}

//= RFC7617#2: the name ends at the first colon
Result<NameAndPassword> parse_basic(std::string_view credentials) {
  if (credentials.size() > kMostBasic) return fail(Errc::malformed, "", "{} characters of credentials", credentials.size());
  Bytes bytes = TRY(from_base64(credentials));
  std::string text = to_string(bytes);
  wipe(bytes);
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return fail(Errc::malformed, "", "credentials without a colon");
  NameAndPassword parts{text.substr(0, colon), text.substr(colon + 1)};
  wipe(text);
  return parts;
}

}  // namespace assay::access
