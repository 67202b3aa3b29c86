#include "apps/serve/state.h"

#include <sys/stat.h>

#include <cstdlib>

#include "appraise/scheme.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "base/text.h"
#include "crypto/key_formats.h"
#include "policy/worker_pool.h"
#include "services/provisioning/intake.h"
#include "store/open/open.h"

namespace assay::serve {
namespace {

Result<void> make_folder(const std::filesystem::path& folder);
Result<void> open_store(const Config& config, State& state);
Result<void> open_key(const Config& config, State& state);

}  // namespace

Result<State> open_state(const Config& config) {
  State state;
  TRY(open_store(config, state));
  TRY(open_key(config, state));
  state.policies = std::make_unique<policy::WorkerPool>();
  state.access = TRY(within("auth", access::Access::make(config.auth)));
  state.corim_roots = TRY(inputs::load_certificates(config.corim_cas));
  for (const std::string& file : config.corim_keys) {
    const Bytes bytes = TRY(files::read_file(file));
    state.corim_keys.push_back(TRY(within(file, crypto::public_key_from_any(bytes))));
  }
  return state;
}

Result<std::filesystem::path> state_folder() {
  const auto said = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path{value != nullptr ? value : ""};
  };
  if (const auto own = said("STATE_DIRECTORY"); !own.empty()) return own;
  if (const auto xdg = said("XDG_STATE_HOME"); xdg.is_absolute()) return xdg / "assay";
  if (const auto home = said("HOME"); home.is_absolute()) return home / ".local" / "state" / "assay";
  return fail_expecting(Errc::config, "state folder", "no HOME", "HOME, XDG_STATE_HOME, or --store and --ear-key");
}

namespace {

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder.parent_path(), failure);
  if (::mkdir(folder.c_str(), 0700) != 0 && !std::filesystem::is_directory(folder, failure)) return fail(Errc::io, printable(folder.string()), "cannot make the folder");
  return {};
}

Result<void> open_store(const Config& config, State& state) {
  std::string url = config.store;
  if (url.empty()) {
    const std::filesystem::path folder = TRY(state_folder());
    TRY(make_folder(folder));
    url = (folder / "store.sqlite").string();
  }
  const auto decode = [rule = config.rule](const appraise::StoredCorim& stored) { return provisioning::decode(stored, appraise::all_schemes(), rule); };
  state.store = TRY(store::open(url, decode));
  state.store_name = store::shown(url);
  return {};
}

Result<void> open_key(const Config& config, State& state) {
  state.key_name = config.ear_key;
  if (config.ear_key.empty()) {
    const std::filesystem::path folder = TRY(state_folder());
    TRY(make_folder(folder));
    state.key_name = (folder / "ear-key.pem").string();
    std::error_code failure;
    if (!std::filesystem::exists(state.key_name, failure)) {
      const crypto::PrivateKey key = TRY(crypto::PrivateKey::generate(crypto::KeyKind::p256));
      TRY(files::write_file(state.key_name, to_bytes(key.to_pem()), files::kSecretMode));
    }
  }
  const Bytes bytes = TRY(files::read_file(state.key_name));
  auto key = TRY(within(state.key_name, crypto::private_key_from_any(bytes)));
  if (key.kind() != crypto::KeyKind::p256) return fail_expecting(Errc::config, state.key_name, std::string{crypto::name(key.kind())}, "P-256: results are signed with ES256");
  state.signer = TRY(crypto::soft_signer(std::move(key), crypto::Sig::es256));
  return {};
}

}  // namespace
}  // namespace assay::serve
