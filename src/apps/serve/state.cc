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
Result<void> open_keys(const Config& config, State& state);

}  // namespace

Result<State> open_state(const Config& config) {
  State state;
  TRY(open_store(config, state));
  TRY(open_keys(config, state));
  state.policies = std::make_unique<policy::WorkerPool>();
  state.access = TRY(within("auth", access::Access::make(config.auth)));
  state.corim_roots = TRY(inputs::load_certificates(config.corim_cas));
  for (const std::string& file : config.corim_keys) {
    const Bytes bytes = TRY(files::read_file(file));
    state.corim_keys.push_back(TRY(within(file, crypto::public_key_from_any(bytes))));
  }
  return state;
}

Result<crypto::KeySource> key_source(const Config& config) {
  crypto::KeySource source{.key = config.ear_key, .folder = {}, .algorithm = config.ear_algorithm};
  if (!source.key.empty()) return source;
  const std::filesystem::path folder = TRY(state_folder());
  TRY(make_folder(folder));
  source.folder = (folder / "keys").string();
  return source;
}

Result<std::filesystem::path> state_folder() {
  const auto said = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path{value != nullptr ? value : ""};
  };
  if (auto own = said("STATE_DIRECTORY"); !own.empty()) return own;
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

Result<void> open_keys(const Config& config, State& state) {
  crypto::KeySource source = TRY(key_source(config));
  state.key_name = source.key.empty() ? source.folder : source.key;
  if (source.key.starts_with("pkcs11:")) state.key_name = "pkcs11";
  state.keys = TRY(within("ear-signer", crypto::KeySet::open(std::move(source))));
  return {};
}

}  // namespace
}  // namespace assay::serve
