// The keys of a service that signs: the one that signs now, and the public halves of those that did before, so that what they signed can
// still be verified.
//
// Where the key comes from is one line of the configuration: a file (PEM or JWK; a path or a file: URL), a token (a PKCS#11 URI, RFC
// 7512), or nothing: then a folder is kept here.
//
//   FOLDER/20261124T134735Z-Xk2pQ9aB.pem   a private key (PKCS#8, mode 0600); NAME.pub: the public half of one that has retired
//   FOLDER/active                          the name of the one that signs; without it, the newest .pem does
//
// Every change is made durable before the next, in an order that leaves a set that can be opened wherever it is interrupted; several
// processes may open the same folder. A retired private key is deleted: it shall not sign again.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "codec/json/json.h"
#include "crypto/signer.h"

namespace assay::crypto {

struct KeySource {
  std::string key = {};               // path, file: URL or pkcs11: URI; empty: `folder`
  std::string folder = {};            // where keys are kept if none is given
  std::optional<Sig> algorithm = {};  // must fit the key; absent: default_sig of a given key, ES256 for one that is made
};

struct ActiveKey {
  std::shared_ptr<const Signer> signer;
  std::string kid;  // RFC 7638 thumbprint, or as the given JWK names it
  // What a header should say: nothing while there has been one key only and it bears no name of its own, since there are readers that
  // compare headers whole.
  std::optional<std::string> header_kid;
};

struct RetiredKey {
  std::string kid;
  PublicKey key;
};

// Thread-safe. Opening makes the first key of a folder.
class KeySet {
 public:
  static constexpr std::size_t kMostKeys = 64;

  // Fails with `forbidden` (a key that others can read), `mismatch` (an algorithm of another kind of key), `config` (an `active` that
  // names nothing, neither key nor folder), or as reading, parsing and PKCS#11 do.
  static Result<std::unique_ptr<KeySet>> open(KeySource source);

  ActiveKey active() const;
  std::vector<RetiredKey> retired() const;
  // A JWK set (RFC 7517): the active key first, each with kid, use and, where there is one only, alg.
  json::Value jwks() const;

  // A new key of the same algorithm signs from now on; returns its kid. Fails with `config` where the key was given: give another.
  Result<std::string> rotate();
  // Reads everything again: another process may have rotated. On failure all stays as it is.
  Result<void> reload();

 private:
  struct State {
    ActiveKey active;
    std::vector<RetiredKey> retired;
  };
  KeySet(KeySource source, State state) : source_{std::move(source)}, state_{std::move(state)} {}
  static Result<State> load(const KeySource& source);
  static Result<State> load_given(const KeySource& source);
  static Result<State> load_folder(const KeySource& source);
  State state() const;

  KeySource source_;
  std::mutex changing_;
  mutable std::mutex guard_;
  State state_;
};

}  // namespace assay::crypto
