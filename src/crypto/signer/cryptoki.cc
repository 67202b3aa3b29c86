#include "crypto/signer/cryptoki.h"

#include <dlfcn.h>

#include <cstring>
#include <map>
#include <memory>

#include "base/text.h"

namespace assay::crypto {
namespace {

constexpr CK_ULONG kMostObjects = 16;
constexpr CK_ULONG kMostBytes = 65536;

struct Name {
  CK_RV rv;
  std::string_view name;
};
constexpr Name kNames[] = {
    {CKR_HOST_MEMORY, "CKR_HOST_MEMORY"},
    {CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID"},
    {CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR"},
    {CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED"},
    {CKR_ARGUMENTS_BAD, "CKR_ARGUMENTS_BAD"},
    {CKR_ATTRIBUTE_TYPE_INVALID, "CKR_ATTRIBUTE_TYPE_INVALID"},
    {CKR_DATA_LEN_RANGE, "CKR_DATA_LEN_RANGE"},
    {CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR"},
    {CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY"},
    {CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED"},
    {CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED"},
    {CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID"},
    {CKR_KEY_TYPE_INCONSISTENT, "CKR_KEY_TYPE_INCONSISTENT"},
    {CKR_KEY_FUNCTION_NOT_PERMITTED, "CKR_KEY_FUNCTION_NOT_PERMITTED"},
    {CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID"},
    {CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID"},
    {CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT"},
    {CKR_PIN_INVALID, "CKR_PIN_INVALID"},
    {CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE"},
    {CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED"},
    {CKR_PIN_LOCKED, "CKR_PIN_LOCKED"},
    {CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED"},
    {CKR_SESSION_COUNT, "CKR_SESSION_COUNT"},
    {CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID"},
    {CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT"},
    {CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED"},
    {CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN"},
    {CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED"},
    {CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED"},
};

// Filled up with blanks, not ended with a NUL.
template <std::size_t N>
std::string padded_text(const unsigned char (&text)[N]) {
  std::string all{as_text(ByteView{text, N})};
  all.resize(all.find_last_not_of(' ') + 1);
  return all;
}

}  // namespace

std::string rv_name(CK_RV rv) {
  for (const Name& row : kNames) {
    if (row.rv == rv) return std::string{row.name};
  }
  return fmt::format("0x{:x}", rv);
}

void Gate::lock() {
  std::unique_lock lock{guard_};
  ++writers_waiting_;
  changed_.wait(lock, [&] { return !is_taken_ && inside_ == 0; });
  --writers_waiting_;
  is_taken_ = true;
}

void Gate::unlock() {
  const std::lock_guard lock{guard_};
  is_taken_ = false;
  changed_.notify_all();
}

void Gate::lock_shared() {
  std::unique_lock lock{guard_};
  changed_.wait(lock, [&] { return !is_taken_ && writers_waiting_ == 0; });
  ++inside_;
}

void Gate::unlock_shared() {
  const std::lock_guard lock{guard_};
  if (--inside_ == 0) changed_.notify_all();
}

Result<const Cryptoki*> Cryptoki::load(const std::string& path) {
  static std::mutex guard;
  static std::map<std::string, std::unique_ptr<Cryptoki>> loaded;
  const std::lock_guard lock{guard};
  auto& module = loaded[path];
  if (module) return module.get();
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = ::dlerror();
    return fail(Errc::config, "PKCS#11 module", "{}", printable(reason == nullptr ? path : reason));
  }
  const auto get_list = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  if (get_list == nullptr || get_list(&functions) != CKR_OK || functions == nullptr) return fail(Errc::config, path, "a library, but no PKCS#11 module: C_GetFunctionList is missing or fails");
  module = std::make_unique<Cryptoki>(path, functions);
  return module.get();
}

Result<void> Cryptoki::initialize() const {
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV rv = functions_->C_Initialize(&arguments);
  if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED) return std::unexpected(error(Errc::unavailable, "C_Initialize", rv));
  if (rv == CKR_OK) ++epoch_;
  return {};
}

CK_RV Cryptoki::open_session(CK_SLOT_ID slot, CK_SESSION_HANDLE& session) const {
  const CK_RV rv = functions_->C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session);
  if (rv != CKR_OK) return rv;
  const std::lock_guard lock{guard_};
  const std::uint64_t now = epoch_;
  if (open_epoch_ != now) open_.clear();
  open_epoch_ = now;
  if (open_.insert(session).second) return rv;
  end_epoch(now);
  open_ = {session};
  open_epoch_ = epoch_;
  return rv;
}

void Cryptoki::close_session(CK_SESSION_HANDLE session) const {
  {
    const std::lock_guard lock{guard_};
    if (open_epoch_ == epoch_) open_.erase(session);
  }
  functions_->C_CloseSession(session);
}

Error Cryptoki::error(Errc errc, std::string_view function, CK_RV rv) const { return {errc, path_, fmt::format("{}: {}", function, rv_name(rv)), {}, {}}; }

Result<std::vector<Token>> list_tokens(const Cryptoki& module) {
  CK_ULONG count = 0;
  // Asking for the number alone is what makes some modules look again.
  CK_RV rv = module->C_GetSlotList(CK_TRUE, nullptr, &count);
  std::vector<CK_SLOT_ID> slots(std::min<CK_ULONG>(count, 1024) + 8);
  count = slots.size();
  if (rv == CKR_OK) rv = module->C_GetSlotList(CK_TRUE, slots.data(), &count);
  if (rv != CKR_OK) return std::unexpected(module.error(Errc::unavailable, "C_GetSlotList", rv));
  slots.resize(std::min<std::size_t>(count, slots.size()));
  std::vector<Token> tokens;
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info{};
    if (module->C_GetTokenInfo(slot, &info) != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
    tokens.push_back({slot, info.flags, padded_text(info.label), padded_text(info.manufacturerID), padded_text(info.serialNumber), padded_text(info.model)});
  }
  return tokens;
}

Wanted wanted(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
  Bytes bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return {type, std::move(bytes)};
}

Result<std::vector<CK_OBJECT_HANDLE>> find_objects(const Cryptoki& module, CK_SESSION_HANDLE session, std::vector<Wanted> all) {
  std::vector<CK_ATTRIBUTE> attributes;
  for (Wanted& one : all) attributes.push_back({one.type, one.value.data(), one.value.size()});
  CK_RV rv = module->C_FindObjectsInit(session, attributes.data(), attributes.size());
  if (rv != CKR_OK) return std::unexpected(module.error(Errc::unavailable, "C_FindObjectsInit", rv));
  std::vector<CK_OBJECT_HANDLE> found(kMostObjects);
  CK_ULONG count = 0;
  rv = module->C_FindObjects(session, found.data(), found.size(), &count);
  module->C_FindObjectsFinal(session);
  if (rv != CKR_OK) return std::unexpected(module.error(Errc::unavailable, "C_FindObjects", rv));
  found.resize(std::min<std::size_t>(count, found.size()));
  return found;
}

std::optional<Bytes> attribute(const Cryptoki& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE one{type, nullptr, 0};
  if (module->C_GetAttributeValue(session, object, &one, 1) != CKR_OK || one.ulValueLen > kMostBytes) return std::nullopt;
  Bytes value(one.ulValueLen);
  one.pValue = value.data();
  if (module->C_GetAttributeValue(session, object, &one, 1) != CKR_OK || one.ulValueLen > value.size()) return std::nullopt;
  value.resize(one.ulValueLen);
  return value;
}

}  // namespace assay::crypto
