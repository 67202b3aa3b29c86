// What a service keeps and holds: the store, the key of its results, whom it believes.
#pragma once

#include <memory>

#include "appraise/ports.h"
#include "apps/serve/config.h"
#include "crypto/signer/key_set.h"
#include "crypto/x509.h"
#include "policy/engine.h"
#include "services/access/access.h"

namespace assay::serve {

struct State {
  std::unique_ptr<appraise::Store> store;
  std::string store_name;  // for people
  std::unique_ptr<crypto::KeySet> keys;
  std::string key_name;
  std::vector<crypto::Certificate> corim_roots;
  std::vector<crypto::PublicKey> corim_keys;
  std::unique_ptr<policy::Engine> policies;
  std::unique_ptr<access::Access> access;
};
// Opens what is there, and makes what is not: the folder, an empty store, a key that only this user reads.
Result<State> open_state(const Config& config);

// Where the key of results comes from; makes the state folder if it is there.
Result<crypto::KeySource> key_source(const Config& config);

// $STATE_DIRECTORY (as systemd hands it to services), else assay below $XDG_STATE_HOME or ~/.local/state.
Result<std::filesystem::path> state_folder();

}  // namespace assay::serve
