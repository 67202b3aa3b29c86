// PKCS#11 2.40 as C++ sees it: a module, a session, objects and their attributes. For src/crypto/signer alone.
#pragma once

// The p11-kit header declares what all modules offer; nothing of p11-kit is linked.
#include <p11-kit-1/p11-kit/pkcs11.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace assay::crypto {

// "CKR_PIN_INCORRECT", "0x80000001"
std::string rv_name(CK_RV rv);

// Loaded once a path and never unloaded: modules do not survive it.
class Cryptoki {
 public:
  static Result<const Cryptoki*> load(const std::string& path);
  // Does nothing if it is done.
  Result<void> initialize() const;
  const CK_FUNCTION_LIST* operator->() const { return functions_; }
  const std::string& path() const { return path_; }
  // "path: C_Login: CKR_…"
  Error error(Errc errc, std::string_view function, CK_RV rv) const;

  // Numbers of sessions are given out anew once all are gone: who notices says so, and nobody uses or closes one of before.
  std::uint64_t epoch() const { return epoch_; }
  void end_epoch(std::uint64_t of) const { epoch_.compare_exchange_strong(of, of + 1); }

  Cryptoki(std::string path, CK_FUNCTION_LIST* functions) : path_{std::move(path)}, functions_{functions} {}

 private:
  std::string path_;
  CK_FUNCTION_LIST* functions_;
  mutable std::atomic<std::uint64_t> epoch_ = 0;
};

struct Token {
  CK_SLOT_ID slot = 0;
  CK_FLAGS flags = 0;
  std::string label, manufacturer, serial, model;
};
// Those that are there and initialized.
Result<std::vector<Token>> list_tokens(const Cryptoki& module);

// What an object must be: numbers and octets of attributes.
struct Wanted {
  CK_ATTRIBUTE_TYPE type;
  Bytes value;
};
Wanted wanted(CK_ATTRIBUTE_TYPE type, CK_ULONG value);
// At most 16.
Result<std::vector<CK_OBJECT_HANDLE>> find_objects(const Cryptoki& module, CK_SESSION_HANDLE session, std::vector<Wanted> all);
// Nothing where the object has no such attribute or does not show it.
std::optional<Bytes> attribute(const Cryptoki& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

}  // namespace assay::crypto
