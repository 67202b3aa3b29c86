#include "services/access/password.h"

#include <crypt.h>

#include <memory>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/crypto.h"

namespace assay::access {
namespace {

constexpr std::size_t kMostBytes = 72;
constexpr std::size_t kSetting = 29;  // $2b$10$ and 22 characters of salt
constexpr std::size_t kWhole = 60;
constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Empty where the library refuses.
std::string crypt_with(std::string_view password, const std::string& setting);

}  // namespace

Result<std::string> hash_password(std::string_view password, int cost) {
  if (password.empty()) return fail(Errc::invalid, "password", "nothing");
  if (password.size() > kMostBytes) return fail_expecting(Errc::invalid, "password", fmt::format("{} bytes", password.size()), "at most 72, which is where bcrypt stops reading");
  if (password.find('\0') != std::string_view::npos) return fail(Errc::invalid, "password", "a NUL, which is where bcrypt stops reading");
  if (cost < kLeastCost || cost > kMostCost) return fail_expecting(Errc::invalid, "cost", std::to_string(cost), fmt::format("{} to {}", kLeastCost, kMostCost));

  const Bytes salt = crypto::random_bytes(16);
  const std::string salt_text{as_text(salt)};
  std::string setting(CRYPT_GENSALT_OUTPUT_SIZE, '\0');
  if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), salt_text.data(), static_cast<int>(salt_text.size()), setting.data(), static_cast<int>(setting.size())) == nullptr) return fail(Errc::internal, "password", "no salt could be made");
  setting.resize(setting.find('\0'));
  std::string hash = crypt_with(password, setting);
  if (hash.size() != kWhole) return fail(Errc::internal, "password", "no hash could be made");
  return hash;
}

Result<PasswordHash> PasswordHash::parse(std::string_view text) {
  constexpr std::string_view kExpected = "a bcrypt hash: $2a$, $2b$ or $2y$, and 60 characters in all";
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool framed = text.size() == kWhole && text.starts_with("$2") && (text[2] == 'a' || text[2] == 'b' || text[2] == 'y') && text[3] == '$' && digit(text[4]) && digit(text[5]) && text[6] == '$';
  if (!framed || text.substr(7).find_first_not_of(kAlphabet) != std::string_view::npos) return fail_expecting(Errc::config, "", fmt::format("{} characters that are no such hash", text.size()), kExpected);
  const int cost = 10 * (text[4] - '0') + (text[5] - '0');
  if (cost < kLeastCost || cost > kMostCost) return fail_expecting(Errc::config, "", fmt::format("a bcrypt hash of cost {}", cost), fmt::format("{} to {}", kLeastCost, kMostCost));
  return PasswordHash{std::string{text}, cost};
}

bool PasswordHash::matches(std::string_view password) const {
  const bool readable = password.find('\0') == std::string_view::npos && password.size() < CRYPT_MAX_PASSPHRASE_SIZE;
  const std::string made = crypt_with(readable ? password : std::string_view{"-"}, text_);
  if (made.size() != kWhole) return false;
  // The library writes the salt's spare bits anew, which not all makers of hashes leave empty: the hash itself counts.
  return ct_equal(as_bytes(made).subspan(kSetting), as_bytes(text_).subspan(kSetting)) && readable;
}

namespace {

std::string crypt_with(std::string_view password, const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();
  std::string phrase{password};
  const char* made = crypt_r(phrase.c_str(), setting.c_str(), data.get());
  std::string hash = made != nullptr && made[0] != '*' ? std::string{made} : std::string{};
  wipe(phrase);
  wipe(data.get(), sizeof(crypt_data));
  return hash;
}

}  // namespace
}  // namespace assay::access
