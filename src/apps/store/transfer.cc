#include "apps/store/transfer.h"

#include <algorithm>

#include "apps/files.h"
#include "base/text.h"
#include "crypto/crypto.h"

namespace assay::store_app {
namespace {

using appraise::StoredCorim;
using appraise::StoredPolicy;

constexpr std::size_t kMaxCorim = std::size_t{16} * 1024 * 1024;

json::Object entry_of(const StoredCorim& corim, const std::string& file);
json::Object entry_of(const StoredPolicy& policy, const std::string& file);
Result<Bytes> read_entry(const std::filesystem::path& folder, const json::Fields& entry);
Result<StoredPolicy> policy_of(const json::Fields& entry, ByteView content, std::string_view tenant);
Result<void> import_policy(const StoredPolicy& policy, bool is_active, appraise::Store& store, Moved& moved);
Result<void> import_entry(const std::filesystem::path& folder, std::string_view line, appraise::Store& store, const provisioning::Intake& intake, std::string_view tenant, UnixSeconds now, Moved& moved);

}  // namespace

Result<Moved> export_to(const std::filesystem::path& folder, const appraise::Store& store, std::string_view tenant) {
  std::error_code error;
  if (std::filesystem::exists(folder / kManifest, error)) return fail_expecting(Errc::conflict, printable((folder / kManifest).string()), "there is an export already", "another folder");
  std::vector<StoredCorim> corims = TRY(store.list(tenant));
  const std::vector<StoredPolicy> policies = TRY(store.policies(tenant, ""));
  std::vector<files::NamedContent> all;
  std::string manifest;
  for (std::size_t i = 0; i < corims.size(); ++i) {
    // Ids are other people's texts: file names are numbers.
    const std::string file = fmt::format("{:06}.corim.cbor", i + 1);
    manifest += json::print(entry_of(corims[i], file)) + '\n';
    all.push_back({(folder / file).string(), std::move(corims[i].bytes)});
  }
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const std::string file = fmt::format("{:06}.policy.rego", i + 1);
    manifest += json::print(entry_of(policies[i], file)) + '\n';
    all.push_back({(folder / file).string(), to_bytes(policies[i].rules)});
  }
  all.push_back({(folder / kManifest).string(), to_bytes(manifest)});
  TRY(files::write_files(all));
  return Moved{.corims = corims.size(), .policies = policies.size()};
}

Result<Moved> import_from(const std::filesystem::path& folder, appraise::Store& store, const provisioning::Intake& intake, std::string_view tenant, UnixSeconds now) {
  const std::string path = (folder / kManifest).string();
  const std::string manifest = TRY(files::read_text(path, std::size_t{1} << 30));
  Moved moved;
  std::size_t number = 0;
  for (std::string_view rest = manifest; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ++number;
    if (trim_ascii(line).empty()) continue;
    TRY(within(fmt::format("{}: line {}", printable(path), number), import_entry(folder, line, store, intake, tenant, now, moved)));
  }
  return moved;
}

namespace {

json::Object entry_of(const StoredCorim& corim, const std::string& file) {
  json::Object entry;
  entry.append("file", file);
  entry.append("kind", "corim");
  entry.append("media-type", corim.media_type);
  entry.append("sha-256", to_hex(crypto::digest(crypto::Hash::sha256, corim.bytes)));
  // For people: import reads these from the CoRIM itself. JSON has no other bytes than UTF-8.
  entry.append("id", printable(corim.id));
  entry.append("scheme", corim.scheme);
  if (!corim.signer.empty()) entry.append("signer", printable(corim.signer));
  entry.append("added", to_rfc3339(corim.added));
  return entry;
}

json::Object entry_of(const StoredPolicy& policy, const std::string& file) {
  json::Object entry;
  entry.append("file", file);
  entry.append("kind", "policy");
  entry.append("sha-256", to_hex(crypto::digest(crypto::Hash::sha256, as_bytes(policy.rules))));
  entry.append("scheme", policy.scheme);
  entry.append("uuid", policy.uuid);
  entry.append("name", printable(policy.name));
  entry.append("created", to_rfc3339(policy.created));
  entry.append("active", policy.active);
  return entry;
}

Result<void> import_entry(const std::filesystem::path& folder, std::string_view line, appraise::Store& store, const provisioning::Intake& intake, std::string_view tenant, UnixSeconds now, Moved& moved) {
  const json::Value value = TRY(json::parse(line));
  const json::Fields entry = TRY(json::Fields::of(value));
  const std::string kind = TRY(entry.text("kind"));
  const Bytes content = TRY(read_entry(folder, entry));
  if (kind == "policy") {
    const StoredPolicy policy = TRY(policy_of(entry, content, tenant));
    return import_policy(policy, policy.active, store, moved);
  }
  if (kind != "corim") return fail_expecting(Errc::unsupported, "/kind", assay::quoted(kind), "corim or policy");
  const std::string type = TRY(entry.text("media-type"));
  const provisioning::Taken taken = TRY(provisioning::take(intake, tenant, type, content, now));
  ++moved.corims;
  moved.known += taken.known ? 1U : 0U;
  return {};
}

Result<Bytes> read_entry(const std::filesystem::path& folder, const json::Fields& entry) {
  const std::string file = TRY(entry.text("file"));
  if (file.empty() || file.find('/') != std::string::npos || file.find('\0') != std::string::npos || file.starts_with('.')) return fail_expecting(Errc::invalid, "/file", assay::quoted(file), "a name in the same folder");
  const std::string digest = TRY(entry.text("sha-256"));
  Bytes content = TRY(files::read_file((folder / file).string(), kMaxCorim));
  if (to_hex(crypto::digest(crypto::Hash::sha256, content)) != digest) return fail_expecting(Errc::mismatch, printable(file), "another content than was exported", digest);
  return content;
}

Result<StoredPolicy> policy_of(const json::Fields& entry, ByteView content, std::string_view tenant) {
  StoredPolicy policy{.tenant = std::string{tenant}, .scheme = {}, .uuid = {}, .name = {}, .rules = to_string(content)};
  policy.scheme = TRY(entry.text("scheme"));
  policy.uuid = TRY(entry.text("uuid"));
  policy.name = TRY(entry.text("name"));
  policy.created = TRY(from_rfc3339(TRY(entry.text("created"))));
  const json::Value* active = entry.find("active");
  policy.active = active != nullptr && active->boolean() != nullptr && *active->boolean();
  return policy;
}

// One that is there already, with the same rules, stays as it is.
Result<void> import_policy(const StoredPolicy& policy, bool is_active, appraise::Store& store, Moved& moved) {
  const std::vector<StoredPolicy> there = TRY(store.policies(policy.tenant, policy.scheme));
  const auto same = std::ranges::find(there, policy.uuid, &StoredPolicy::uuid);
  if (same == there.end()) TRY(store.add(policy));
  else if (same->rules != policy.rules) return fail(Errc::conflict, "", "there is a policy with UUID {} and other rules", assay::quoted(policy.uuid));
  if (is_active) TRY(store.activate(policy.tenant, policy.scheme, policy.uuid));
  ++moved.policies;
  return {};
}

}  // namespace
}  // namespace assay::store_app
