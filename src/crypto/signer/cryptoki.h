// PKCS#11 2.40 as C++ sees it: a module, a session, objects and their attributes. For src/crypto/signer alone.
#pragma once

// The p11-kit header declares what all modules offer; nothing of p11-kit is linked.
#include <p11-kit-1/p11-kit/pkcs11.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace assay::crypto {

// "CKR_PIN_INCORRECT", "0x80000001"
std::string rv_name(CK_RV rv);

// A shared mutex whose writers go first: those who sign come without end, and who reconnects for them would never have a turn.
class Gate {
 public:
  void lock();
  void unlock();
  void lock_shared();
  void unlock_shared();

 private:
  std::mutex guard_;
  std::condition_variable changed_;
  std::size_t inside_ = 0;
  std::size_t writers_waiting_ = 0;
  bool is_taken_ = false;
};

// Loaded once a path and never unloaded: modules do not survive it.
//
// A module that has lost its sessions gives their numbers to others. So that nobody uses or closes the session of somebody else, sessions
// are opened while nobody uses any (alone), used and closed while nobody opens any (in_use), and belong to an epoch: it ends when somebody
// notices that all sessions are gone, and nothing of before is touched any more.
class Cryptoki {
 public:
  static Result<const Cryptoki*> load(const std::string& path);

  std::unique_lock<Gate> alone() const { return std::unique_lock{gate_}; }
  std::shared_lock<Gate> in_use() const { return std::shared_lock{gate_}; }
  std::uint64_t epoch() const { return epoch_; }
  void end_epoch(std::uint64_t of) const { epoch_.compare_exchange_strong(of, of + 1); }

  // While alone. Does nothing if it is done.
  Result<void> initialize() const;
  // While alone. Begins an epoch if the number is one that is in use: that one is gone, then.
  CK_RV open_session(CK_SLOT_ID slot, CK_SESSION_HANDLE& session) const;
  // While in use or alone, in the epoch that it is of.
  void close_session(CK_SESSION_HANDLE session) const;

  const CK_FUNCTION_LIST* operator->() const { return functions_; }
  const std::string& path() const { return path_; }
  // "path: C_Login: CKR_…"
  Error error(Errc errc, std::string_view function, CK_RV rv) const;

  Cryptoki(std::string path, CK_FUNCTION_LIST* functions) : path_{std::move(path)}, functions_{functions} {}

 private:
  std::string path_;
  CK_FUNCTION_LIST* functions_;
  mutable Gate gate_;
  mutable std::atomic<std::uint64_t> epoch_ = 0;
  mutable std::mutex guard_;
  mutable std::set<CK_SESSION_HANDLE> open_;  // of open_epoch_
  mutable std::uint64_t open_epoch_ = 0;
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
