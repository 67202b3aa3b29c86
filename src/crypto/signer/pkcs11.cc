#include "crypto/signer/pkcs11.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>

#include "base/text.h"
#include "codec/der/der.h"
#include "crypto/signer/cryptoki.h"
#include "crypto/signer/secret_file.h"

namespace assay::crypto {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPause{1};  // between tries to connect
constexpr std::size_t kMostIdle = 64;      // sessions kept

struct FoundKey {
  CK_OBJECT_HANDLE handle;
  PublicKey public_key;
};

// One login to one token. When it is lost, another is made; whoever still has the old one gets errors.
class Connection {
 public:
  // A PIN that the token refuses is left in `refused`.
  static Result<std::shared_ptr<Connection>> make(const Pkcs11Uri& uri, std::optional<Bytes>& refused);
  explicit Connection(const Cryptoki& module) : module_{module} {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(); }

  const PublicKey& public_key() const { return key_->public_key; }
  // The reason of a failure is in `rv`.
  Result<Bytes> sign(ByteView message, CK_RV& rv);
  bool is_stale() const { return module_.epoch() != epoch_; }
  void lose_all_sessions() const { module_.end_epoch(epoch_); }
  // What nobody uses at the moment.
  void close();

 private:
  Result<Token> begin(const Pkcs11Uri& uri);
  Result<void> log_in(const Pkcs11Uri& uri, const Token& token, std::optional<Bytes>& refused);
  Result<FoundKey> find_key(const Pkcs11Uri& uri, CK_SESSION_HANDLE session);
  Result<PublicKey> find_public_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key);
  Result<void> check_halves();
  Result<CK_SESSION_HANDLE> take_session(CK_RV& rv);
  Result<Bytes> sign_with(CK_SESSION_HANDLE session, ByteView message, CK_RV& rv);
  void give_back(CK_SESSION_HANDLE session);
  std::unexpected<Error> gone(CK_RV how, CK_RV& rv) const;

  const Cryptoki& module_;
  std::uint64_t epoch_ = 0;
  CK_SLOT_ID slot_ = 0;
  std::optional<FoundKey> key_;
  std::mutex guard_;
  std::optional<CK_SESSION_HANDLE> anchor_;  // a login lasts as long as there is a session
  std::vector<CK_SESSION_HANDLE> idle_;
  bool closed_ = false;
};

class Pkcs11Signer : public Signer {
 public:
  Pkcs11Signer(Pkcs11Uri uri, std::shared_ptr<Connection> connection) : uri_{std::move(uri)}, public_key_{connection->public_key()}, connection_{std::move(connection)} {}
  Sig algorithm() const override { return default_sig(public_key_.kind()); }
  const PublicKey& public_key() const override { return public_key_; }
  Result<Bytes> sign(ByteView message) const override;

 private:
  Result<std::shared_ptr<Connection>> connection() const;
  void drop(const std::shared_ptr<Connection>& lost, CK_RV rv) const;

  Pkcs11Uri uri_;
  PublicKey public_key_;
  mutable std::mutex guard_;
  mutable std::shared_ptr<Connection> connection_;
  mutable std::optional<Clock::time_point> failed_at_;
  mutable Error failure_;
  mutable std::optional<Bytes> refused_pin_;
};

Result<Token> choose_token(const Cryptoki& module, const Pkcs11Uri& uri);
Result<SecretBytes> read_pin(const std::string& path);
Result<PublicKey> key_of_point(ByteView parameters, ByteView point);
bool is_lost(CK_RV rv);
bool all_sessions_are_gone(CK_RV rv);

}  // namespace

Result<std::shared_ptr<const Signer>> open_pkcs11(std::string_view text) {
  Pkcs11Uri uri = TRY(parse_pkcs11_uri(text));
  std::optional<Bytes> refused;
  auto connection = TRY(Connection::make(uri, refused));
  return std::make_shared<Pkcs11Signer>(std::move(uri), std::move(connection));
}

namespace {

Result<Bytes> Pkcs11Signer::sign(ByteView message) const {
  for (int attempt = 0;; ++attempt) {
    const auto connection = TRY(this->connection());
    CK_RV rv = CKR_OK;
    auto signature = connection->sign(message, rv);
    if (signature || !is_lost(rv)) return signature;
    drop(connection, rv);
    if (attempt == 1) return signature;
  }
}

Result<std::shared_ptr<Connection>> Pkcs11Signer::connection() const {
  const std::lock_guard lock{guard_};
  if (connection_ && connection_->is_stale()) connection_.reset();
  if (connection_) return connection_;
  if (failed_at_ && Clock::now() - *failed_at_ < kPause) return std::unexpected(failure_);
  auto made = Connection::make(uri_, refused_pin_);
  if (made && !((*made)->public_key() == public_key_)) made = fail(Errc::mismatch, uri_.shown_token(), "{} is another key than before", uri_.shown_key());
  if (made) {
    failed_at_.reset();
    return connection_ = *made;
  }
  failed_at_ = Clock::now();
  failure_ = std::move(made).error();
  failure_.errc = Errc::unavailable;
  return std::unexpected(failure_);
}

void Pkcs11Signer::drop(const std::shared_ptr<Connection>& lost, CK_RV rv) const {
  if (all_sessions_are_gone(rv)) lost->lose_all_sessions();
  const std::lock_guard lock{guard_};
  lost->close();
  if (connection_ == lost) connection_.reset();
}

Result<std::shared_ptr<Connection>> Connection::make(const Pkcs11Uri& uri, std::optional<Bytes>& refused) {
  const Cryptoki* module = TRY(Cryptoki::load(uri.module_path));
  auto connection = std::make_shared<Connection>(*module);
  const Token token = TRY(connection->begin(uri));
  {
    const auto in_use = module->in_use();
    CK_RV rv = CKR_OK;
    if (connection->is_stale()) return connection->gone(CKR_SESSION_HANDLE_INVALID, rv);
    TRY(connection->log_in(uri, token, refused));
    connection->key_ = TRY(connection->find_key(uri, *connection->anchor_));
  }
  TRY(within(uri.shown_key(), connection->check_halves()));
  return connection;
}

// What must not happen while anybody signs: modules differ in how well they bear it, and session numbers change hands here.
Result<Token> Connection::begin(const Pkcs11Uri& uri) {
  const auto alone = module_.alone();
  TRY(module_.initialize());
  Token token = TRY(choose_token(module_, uri));
  slot_ = token.slot;
  CK_SESSION_HANDLE session = 0;
  const CK_RV rv = module_.open_session(slot_, session);
  if (rv != CKR_OK) return std::unexpected(module_.error(Errc::unavailable, "C_OpenSession", rv));
  anchor_ = session;
  epoch_ = module_.epoch();
  return token;
}

void Connection::close() {
  const auto in_use = module_.in_use();
  const std::lock_guard lock{guard_};
  if (std::exchange(closed_, true)) return;
  if (is_stale()) return;
  for (const CK_SESSION_HANDLE session : idle_) module_.close_session(session);
  if (anchor_) module_.close_session(*anchor_);
}

Result<void> Connection::log_in(const Pkcs11Uri& uri, const Token& token, std::optional<Bytes>& refused) {
  if ((token.flags & CKF_LOGIN_REQUIRED) == 0) return {};
  const std::string where = fmt::format("token {}", quoted(token.label));
  if ((token.flags & CKF_USER_PIN_LOCKED) != 0) return fail(Errc::config, where, "its PIN is locked, after too many wrong ones");
  if (!uri.pin_source) return fail_expecting(Errc::config, where, "it wants a PIN", "pin-source=file:/path/of/a/file in the URI");
  const SecretBytes pin = TRY(read_pin(*uri.pin_source));
  Bytes print = digest(Hash::sha256, pin.expose());
  if (refused && ct_equal(*refused, print)) return fail(Errc::config, where, "it refused the PIN of {}; not tried again before that changes", *uri.pin_source);
  // The interface takes it by a pointer to what may change.
  SecretBytes copy{to_bytes(pin.expose())};
  const CK_RV rv = module_->C_Login(*anchor_, CKU_USER, const_cast<CK_UTF8CHAR*>(copy.expose().data()), copy.size());
  if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN) return {};
  if (rv != CKR_PIN_INCORRECT && rv != CKR_PIN_LEN_RANGE && rv != CKR_PIN_INVALID && rv != CKR_PIN_LOCKED && rv != CKR_PIN_EXPIRED) return std::unexpected(module_.error(Errc::unavailable, "C_Login", rv));
  refused = std::move(print);
  return fail(Errc::config, where, "it refuses the PIN of {} ({})", *uri.pin_source, rv_name(rv));
}

Result<FoundKey> Connection::find_key(const Pkcs11Uri& uri, CK_SESSION_HANDLE session) {
  std::vector<Wanted> all{wanted(CKA_CLASS, CKO_PRIVATE_KEY)};
  if (uri.object) all.push_back({CKA_LABEL, to_bytes(*uri.object)});
  if (uri.id) all.push_back({CKA_ID, *uri.id});
  const auto found = TRY(find_objects(module_, session, std::move(all)));
  const std::string where = uri.shown_token();
  if (found.empty()) return fail(Errc::not_found, where, "no private key: {}", uri.shown_key());
  if (found.size() > 1) {
    std::string names;
    for (const CK_OBJECT_HANDLE object : found) {
      const Bytes label = attribute(module_, session, object, CKA_LABEL).value_or(Bytes{});
      const Bytes id = attribute(module_, session, object, CKA_ID).value_or(Bytes{});
      names += fmt::format("{}object {} id {}", names.empty() ? "" : "; ", quoted(as_text(label)), to_hex(id));
    }
    return fail_expecting(Errc::conflict, where, fmt::format("{} private keys: {}", found.size(), names), "object and id that name one");
  }
  const auto type = attribute(module_, session, found.front(), CKA_KEY_TYPE);
  if (type && *type != wanted(CKA_KEY_TYPE, CKK_EC).value) return fail_expecting(Errc::unsupported, where, fmt::format("{} is no EC key", uri.shown_key()), "an EC key on P-256 or P-384");
  return FoundKey{found.front(), TRY(within(where, find_public_key(session, found.front())))};
}

// Beside the private key, under its id, or its label if it has none; some tokens show the point with the private key itself.
Result<PublicKey> Connection::find_public_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key) {
  std::vector<Wanted> all{wanted(CKA_CLASS, CKO_PUBLIC_KEY), wanted(CKA_KEY_TYPE, CKK_EC)};
  const Bytes id = attribute(module_, session, key, CKA_ID).value_or(Bytes{});
  const Bytes label = attribute(module_, session, key, CKA_LABEL).value_or(Bytes{});
  if (!id.empty()) all.push_back({CKA_ID, id});
  else all.push_back({CKA_LABEL, label});
  auto found = TRY(find_objects(module_, session, std::move(all)));
  if (found.size() > 1) return fail(Errc::conflict, "", "{} public keys with the {} of the private one", found.size(), id.empty() ? "label" : "id");
  found.push_back(key);
  for (const CK_OBJECT_HANDLE object : found) {
    const auto parameters = attribute(module_, session, object, CKA_EC_PARAMS);
    const auto point = attribute(module_, session, object, CKA_EC_POINT);
    if (parameters && point && !point->empty()) return key_of_point(*parameters, *point);
  }
  return fail_expecting(Errc::not_found, "", "no public key beside the private one", "a public key object with the same id");
}

Result<void> Connection::check_halves() {
  const Bytes message = random_bytes(32);
  CK_RV rv = CKR_OK;
  const Bytes signature = TRY(sign(message, rv));
  if (!verify(key_->public_key, default_sig(key_->public_key.kind()), message, signature)) return fail(Errc::mismatch, "", "the token's public key does not verify what its private key signs");
  return {};
}

Result<Bytes> Connection::sign(ByteView message, CK_RV& rv) {
  const CK_SESSION_HANDLE session = TRY(take_session(rv));
  const auto in_use = module_.in_use();
  if (is_stale()) return gone(CKR_SESSION_HANDLE_INVALID, rv);
  auto signature = sign_with(session, message, rv);
  if (rv == CKR_OK) give_back(session);
  // An operation may be left in it.
  else if (!all_sessions_are_gone(rv) && !is_stale()) module_.close_session(session);
  return signature;
}

Result<Bytes> Connection::sign_with(CK_SESSION_HANDLE session, ByteView message, CK_RV& rv) {
  const KeyKind kind = key_->public_key.kind();
  Bytes hashed = digest(hash_of(default_sig(kind)), message);
  CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
  rv = module_->C_SignInit(session, &mechanism, key_->handle);
  if (rv != CKR_OK) return std::unexpected(module_.error(Errc::unavailable, "C_SignInit", rv));
  Bytes signature(2 * field_size(kind));
  CK_ULONG length = signature.size();
  rv = module_->C_Sign(session, hashed.data(), hashed.size(), signature.data(), &length);
  if (rv != CKR_OK) return std::unexpected(module_.error(Errc::unavailable, "C_Sign", rv));
  if (length != signature.size()) return fail(Errc::unavailable, module_.path(), "a signature of {} bytes", length);
  return signature;
}

Result<CK_SESSION_HANDLE> Connection::take_session(CK_RV& rv) {
  {
    const std::lock_guard lock{guard_};
    if (closed_) return gone(CKR_DEVICE_ERROR, rv);
    if (!idle_.empty()) {
      const CK_SESSION_HANDLE session = idle_.back();
      idle_.pop_back();
      return session;
    }
  }
  const auto alone = module_.alone();
  if (is_stale()) return gone(CKR_SESSION_HANDLE_INVALID, rv);
  CK_SESSION_HANDLE session = 0;
  rv = module_.open_session(slot_, session);
  if (rv != CKR_OK) return std::unexpected(module_.error(Errc::unavailable, "C_OpenSession", rv));
  if (!is_stale()) return session;
  module_.close_session(session);
  return gone(CKR_SESSION_HANDLE_INVALID, rv);
}

void Connection::give_back(CK_SESSION_HANDLE session) {
  const std::lock_guard lock{guard_};
  if (!closed_ && idle_.size() < kMostIdle) idle_.push_back(session);
  else if (!is_stale()) module_.close_session(session);
}

std::unexpected<Error> Connection::gone(CK_RV how, CK_RV& rv) const {
  rv = how;
  return std::unexpected(module_.error(Errc::unavailable, "session", rv));
}

Result<Token> choose_token(const Cryptoki& module, const Pkcs11Uri& uri) {
  const auto tokens = TRY(list_tokens(module));
  const auto agrees = [](const std::optional<std::string>& asked, const std::string& has) { return !asked || *asked == has; };
  std::vector<Token> fitting;
  std::string names;
  for (const Token& token : tokens) {
    names += fmt::format("{}{} (serial {})", names.empty() ? "" : ", ", quoted(token.label), printable(token.serial));
    if (agrees(uri.token, token.label) && agrees(uri.manufacturer, token.manufacturer) && agrees(uri.serial, token.serial) && agrees(uri.model, token.model) && uri.slot_id.value_or(token.slot) == token.slot) fitting.push_back(token);
  }
  if (fitting.empty()) return fail(Errc::not_found, module.path(), "no {}; there {}", uri.shown_token(), names.empty() ? "is none" : "are " + names);
  if (fitting.size() > 1) return fail_expecting(Errc::conflict, module.path(), fmt::format("{} tokens could be meant: {}", fitting.size(), names), "token and serial that name one");
  return fitting.front();
}

Result<SecretBytes> read_pin(const std::string& path) {
  const SecretBytes content = TRY(read_secret_file(path));
  std::string_view pin = as_text(content.expose());
  if (pin.ends_with('\n')) pin.remove_suffix(1);
  if (pin.ends_with('\r')) pin.remove_suffix(1);
  if (pin.empty() || pin.size() > 256) return fail_expecting(Errc::config, path, fmt::format("a PIN of {} characters", pin.size()), "1 to 256");
  return SecretBytes{to_bytes(pin)};
}

// PKCS#11 2.40 §2.3.3: a DER OCTET STRING around the point; some tokens leave it out.
Result<PublicKey> key_of_point(ByteView parameters, ByteView point) {
  constexpr std::array<std::uint8_t, 10> kP256{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
  constexpr std::array<std::uint8_t, 7> kP384{0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
  if (!equal(parameters, kP256) && !equal(parameters, kP384)) return fail_expecting(Errc::unsupported, "", fmt::format("an EC key with the parameters {}", to_hex(parameters.first(std::min<std::size_t>(parameters.size(), 16)))), "P-256 or P-384");
  const KeyKind curve = equal(parameters, kP256) ? KeyKind::p256 : KeyKind::p384;
  const std::size_t size = 1 + 2 * field_size(curve);
  // Both lengths are below 128: tag, length, content.
  if (point.size() == size + 2 && point[0] == der::kOctetString && point[1] == size) point = point.subspan(2);
  return PublicKey::from_point(curve, point);
}

bool all_sessions_are_gone(CK_RV rv) {
  switch (rv) {
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_CRYPTOKI_NOT_INITIALIZED: return true;
    default: return false;
  }
}

// After these, a new session, login or search may help.
bool is_lost(CK_RV rv) {
  switch (rv) {
    case CKR_DEVICE_ERROR:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_SLOT_ID_INVALID:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_OBJECT_HANDLE_INVALID:
    case CKR_USER_NOT_LOGGED_IN: return true;
    default: return all_sessions_are_gone(rv);
  }
}

}  // namespace
}  // namespace assay::crypto
