#include "crypto/signer/key_set.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/key_formats.h"
#include "crypto/signer/pkcs11.h"
#include "crypto/signer/secret_file.h"

namespace assay::crypto {
namespace {

constexpr std::string_view kActive = "active";
constexpr std::string_view kPrivate = ".pem";
constexpr std::string_view kPublic = ".pub";

struct GivenKey {
  PrivateKey key;
  std::optional<std::string> kid;
  std::optional<Sig> sig;
};
Result<GivenKey> read_key_file(const std::string& path);
Result<std::string> path_of(const std::string& key);

// What a folder has, by name.
struct Folder {
  std::vector<std::string> privates;
  std::vector<std::string> publics;
};
Result<Folder> list(const std::string& folder);
Result<std::string> name_of_active(const std::string& folder, const Folder& content);
Result<std::string> make_key(const std::string& folder, Sig sig);
Result<std::string> read_public_text(const std::string& path);
KeyKind kind_for(Sig sig);
void add_retired(std::vector<RetiredKey>& retired, const PublicKey& key, const PublicKey& active);
json::Value entry(const PublicKey& key, const std::string& kid, std::optional<Sig> sig);

}  // namespace

Result<std::unique_ptr<KeySet>> KeySet::open(KeySource source) {
  State state = TRY(load(source));
  return std::unique_ptr<KeySet>{new KeySet{std::move(source), std::move(state)}};
}

KeySet::State KeySet::state() const {
  const std::lock_guard lock{guard_};
  return state_;
}
ActiveKey KeySet::active() const { return state().active; }
std::vector<RetiredKey> KeySet::retired() const { return state().retired; }

json::Value KeySet::jwks() const {
  const State now = state();
  json::Array keys;
  keys.push_back(entry(now.active.signer->public_key(), now.active.kid, now.active.signer->algorithm()));
  for (const RetiredKey& old : now.retired) keys.push_back(entry(old.key, old.kid, old.key.kind() == KeyKind::rsa ? std::nullopt : std::optional{default_sig(old.key.kind())}));
  json::Object set;
  set.set("keys", std::move(keys));
  return set;
}

// Interrupted before `active` is written, the old key goes on; behind it, the new one does, and the next rotation finds an old private
// key to retire.
Result<std::string> KeySet::rotate() {
  if (!source_.key.empty()) return fail_expecting(Errc::config, "signing key", "a key that was given cannot be rotated here", "another key in its place, or none and a folder");
  const std::lock_guard turn{changing_};
  const std::string& folder = source_.folder;
  {
    const FolderLock lock = TRY(FolderLock::take(folder));
    const Folder content = TRY(list(folder));
    if (content.privates.size() + content.publics.size() >= kMostKeys) return fail_expecting(Errc::limit, folder, fmt::format("{} keys", kMostKeys), "fewer: remove the oldest .pub files");
    if (content.privates.empty()) return fail(Errc::config, folder, "its key is gone");
    std::vector<std::string> retiring;
    for (const std::string& old : content.privates) {
      const GivenKey key = TRY(read_key_file(folder + "/" + old));
      retiring.push_back(to_pem(key.key.public_key()));
    }
    const std::string name = TRY(make_key(folder, state().active.signer->algorithm()));
    for (std::size_t i = 0; i < retiring.size(); ++i) {
      const std::string& old = content.privates[i];
      TRY(write_durably(folder, old.substr(0, old.size() - kPrivate.size()) + std::string{kPublic}, as_bytes(retiring[i]), 0644));
    }
    TRY(write_durably(folder, std::string{kActive}, as_bytes(name + "\n"), 0644));
    for (const std::string& old : content.privates) TRY(remove_durably(folder, old));
  }
  State next = TRY(load(source_));
  std::string kid = next.active.kid;
  const std::lock_guard lock{guard_};
  state_ = std::move(next);
  return kid;
}

Result<void> KeySet::reload() {
  const std::lock_guard turn{changing_};
  State next = TRY(load(source_));
  const std::lock_guard lock{guard_};
  state_ = std::move(next);
  return {};
}

Result<KeySet::State> KeySet::load(const KeySource& source) {
  if (source.key.empty() && source.folder.empty()) return fail_expecting(Errc::config, "signing key", "neither a key nor a folder", "one of them");
  return source.key.empty() ? load_folder(source) : load_given(source);
}

Result<KeySet::State> KeySet::load_given(const KeySource& source) {
  if (is_pkcs11_uri(source.key)) {
    auto signer = TRY(open_pkcs11(source.key));
    if (source.algorithm && *source.algorithm != signer->algorithm()) return fail_expecting(Errc::mismatch, "signing key", fmt::format("algorithm {} for a key that makes {}", jose_name(*source.algorithm), jose_name(signer->algorithm())), jose_name(signer->algorithm()));
    std::string kid = jwk_thumbprint(signer->public_key());
    return State{{std::move(signer), std::move(kid), std::nullopt}, {}};
  }
  const std::string path = TRY(path_of(source.key));
  GivenKey given = TRY(read_key_file(path));
  std::string kid = given.kid.value_or(jwk_thumbprint(given.key.public_key()));
  auto signer = TRY(within(path, soft_signer(std::move(given.key), source.algorithm ? source.algorithm : given.sig)));
  return State{{std::move(signer), std::move(kid), std::move(given.kid)}, {}};
}

Result<KeySet::State> KeySet::load_folder(const KeySource& source) {
  const std::string& folder = source.folder;
  const FolderLock lock = TRY(FolderLock::take(folder));
  Folder content = TRY(list(folder));
  if (content.privates.empty()) {
    if (std::filesystem::exists(folder + "/active")) return fail_expecting(Errc::config, folder, "its key is gone, though `active` is there", "the file that `active` names, or neither");
    const std::string made = TRY(make_key(folder, source.algorithm.value_or(Sig::es256)));
    TRY(write_durably(folder, std::string{kActive}, as_bytes(made + "\n"), 0644));
    content.privates.push_back(made);
  }
  const std::string name = TRY(name_of_active(folder, content));
  GivenKey active = TRY(read_key_file(folder + "/" + name));
  const PublicKey public_key = active.key.public_key();
  State state;
  for (const std::string& other : content.privates) {
    if (other == name) continue;
    const GivenKey old = TRY(read_key_file(folder + "/" + other));
    add_retired(state.retired, old.key.public_key(), public_key);
  }
  for (const std::string& other : content.publics) {
    const std::string path = folder + "/" + other;
    const std::string pem = TRY(read_public_text(path));
    const PublicKey old = TRY(within(path, public_key_from_pem(pem)));
    add_retired(state.retired, old, public_key);
  }
  state.active.kid = jwk_thumbprint(public_key);
  if (!state.retired.empty()) state.active.header_kid = state.active.kid;
  state.active.signer = TRY(within(folder + "/" + name, soft_signer(std::move(active.key), source.algorithm)));
  return state;
}

namespace {

// D3's `key` may be a file: URL without a host (RFC 8089).
Result<std::string> path_of(const std::string& key) {
  if (!key.starts_with("file:")) return key;
  std::string path = key.substr(key.starts_with("file://localhost/") ? 16 : key.starts_with("file:///") ? 7
                                                                                                        : 5);
  if (!path.starts_with('/') || path.starts_with("//") || path.find('%') != std::string::npos) return fail_expecting(Errc::config, "signing key", assay::quoted(key), "file:///absolute/path, without escapes");
  return path;
}

Result<GivenKey> read_key_file(const std::string& path) {
  const SecretBytes content = TRY(read_secret_file(path));
  const std::string_view text = trim_ascii(as_text(content.expose()));
  if (!text.starts_with('{')) return GivenKey{TRY(within(path, private_key_from_any(content.expose()))), {}, {}};
  const json::Value jwk = TRY(within(path, json::parse(text)));
  GivenKey given{TRY(within(path, private_key_from_jwk(jwk))), {}, {}};
  const json::Fields fields = TRY(within(path, json::Fields::of(jwk)));
  given.kid = TRY(within(path, fields.optional_text("kid")));
  const auto alg = TRY(within(path, fields.optional_text("alg")));
  if (alg) given.sig = sig_by_jose_name(*alg);
  return given;
}

Result<Folder> list(const std::string& folder) {
  Folder content;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.starts_with('.')) continue;
    if (name.ends_with(kPrivate)) content.privates.push_back(name);
    if (name.ends_with(kPublic)) content.publics.push_back(name);
  }
  if (error) return fail(Errc::io, folder, "cannot be listed: {}", error.message());
  if (content.privates.size() + content.publics.size() > KeySet::kMostKeys) return fail_expecting(Errc::limit, folder, fmt::format("{} keys", content.privates.size() + content.publics.size()), fmt::format("at most {}", KeySet::kMostKeys));
  std::ranges::sort(content.privates);
  std::ranges::sort(content.publics, std::greater{});
  return content;
}

Result<std::string> name_of_active(const std::string& folder, const Folder& content) {
  const std::string path = folder + "/active";
  if (std::filesystem::exists(path)) {
    const std::string text = TRY(read_public_text(path));
    std::string name{trim_ascii(text)};
    if (std::ranges::find(content.privates, name) == content.privates.end()) return fail_expecting(Errc::config, path, fmt::format("{} is no key of this folder", assay::quoted(name)), "the name of a .pem file beside it");
    return name;
  }
  std::error_code error;
  const auto age = [&](const std::string& name) { return std::pair{std::filesystem::last_write_time(folder + "/" + name, error), name}; };
  return *std::ranges::max_element(content.privates, {}, age);
}

Result<std::string> make_key(const std::string& folder, Sig sig) {
  const PrivateKey key = TRY(PrivateKey::generate(kind_for(sig)));
  std::string time = to_rfc3339(system_now());
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  std::string name = fmt::format("{}-{}{}", time, jwk_thumbprint(key.public_key()).substr(0, 8), kPrivate);
  std::string pem = key.to_pem();
  const auto written = write_durably(folder, name, as_bytes(pem), 0600);
  wipe(pem);
  if (!written) return std::unexpected(written.error());
  return name;
}

Result<std::string> read_public_text(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::string text(kMaxKeyFile, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad() || !in.eof()) return fail(Errc::io, path, "cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

KeyKind kind_for(Sig sig) {
  for (const KeyKind kind : {KeyKind::p256, KeyKind::p384, KeyKind::p521, KeyKind::ed25519}) {
    if (fits(sig, kind)) return kind;
  }
  return KeyKind::rsa;
}

void add_retired(std::vector<RetiredKey>& retired, const PublicKey& key, const PublicKey& active) {
  if (key == active || std::ranges::any_of(retired, [&](const RetiredKey& known) { return known.key == key; })) return;
  retired.push_back({jwk_thumbprint(key), key});
}

json::Value entry(const PublicKey& key, const std::string& kid, std::optional<Sig> sig) {
  json::Value jwk = to_jwk(key);
  jwk.object()->set("kid", kid);
  jwk.object()->set("use", "sig");
  if (sig) jwk.object()->set("alg", jose_name(*sig));
  return jwk;
}

}  // namespace
}  // namespace assay::crypto
