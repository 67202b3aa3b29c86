// For tests of stores: CoRIMs that need no decoding, and a scheme to look them up by.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "appraise/ports.h"
#include "store/memory/mirror.h"
#include "testing/testing.h"

namespace assay::testing {

inline appraise::Scheme scheme_named(std::string_view name) {
  appraise::Scheme scheme{};
  scheme.name = name;
  return scheme;
}
inline const appraise::Scheme kPsa = scheme_named("psa");
inline const appraise::Scheme kCca = scheme_named("cca");

// A CoRIM whose bytes say what it endorses: "<implementation id> <value>" for each value, one a line.
inline appraise::StoredCorim a_corim(std::string id, std::string_view content = "device value\n", std::string tenant = "0") {
  return {.tenant = std::move(tenant), .id = std::move(id), .scheme = "psa", .profile = "http://arm.com/psa/iot/1", .media_type = "application/rim+cbor; profile=\"http://arm.com/psa/iot/1\"", .signer = "", .added = 1000, .validity = {}, .bytes = to_bytes(content)};
}

inline Result<appraise::Endorsements> decode(const appraise::StoredCorim& corim) {
  appraise::Endorsements all;
  std::string_view rest = as_text(corim.bytes);
  if (rest.starts_with("broken")) return fail(Errc::malformed, "", "broken");
  for (std::size_t line = 0; !rest.empty(); ++line) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest = rest.substr(std::min(rest.size(), text.size() + 1));
    appraise::PlatformReference platform{.implementation_id = to_bytes(text.substr(0, text.find(' '))), .components = {}, .configs = {}, .origin = fmt::format("{}: reference value {}", corim.id, line), .scheme = "psa"};
    platform.components.push_back({.type = "BL", .version = {}, .signer_id = Bytes(32, 7), .value = to_bytes(text.substr(text.find(' ') + 1)), .origin = platform.origin + ", measurement 0"});
    all.references.platforms.push_back(std::move(platform));
  }
  return all;
}

inline Result<appraise::EndorsementStore::Added> add(appraise::EndorsementStore& store, const appraise::StoredCorim& corim) { return store.add(corim, decode(corim).value()); }

// The values endorsed for an implementation, in the order of the store; "error: …" where it cannot say.
inline std::vector<std::string> values(const appraise::EndorsementStore& store, std::string_view device, UnixSeconds now = 1000, std::string_view tenant = "0", const appraise::Scheme& scheme = kPsa) {
  std::vector<std::string> all;
  const auto found = store.find(tenant, scheme, {.implementation_id = to_bytes(device), .instance_id = {}, .profile = {}}, now);
  if (!found) return {"error: " + found.error().text()};
  for (const auto& platform : found->references.platforms) {
    for (const auto& component : platform.components) all.push_back(to_string(ByteView{component.value}));
  }
  return all;
}

inline std::vector<std::string> ids(const appraise::EndorsementStore& store, std::string_view tenant = "0") {
  std::vector<std::string> all;
  const auto listed = store.list(tenant);
  if (!listed) return {"error: " + listed.error().text()};
  for (const auto& one : *listed) all.push_back(one.id);
  return all;
}

inline appraise::StoredPolicy policy(std::string uuid, std::string scheme = "PSA_IOT", std::string tenant = "0") { return {.tenant = std::move(tenant), .scheme = std::move(scheme), .uuid = std::move(uuid), .name = "mine", .rules = "package policy", .created = 7}; }
inline appraise::Session session(std::string id, UnixSeconds expiry = 2000, std::string tenant = "0") { return {.tenant = std::move(tenant), .id = std::move(id), .nonce = Bytes(32, 9), .expiry = expiry}; }

using Strings = std::vector<std::string>;

class OwnFolder {
 public:
  OwnFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-store-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  ~OwnFolder() { std::filesystem::remove_all(folder_); }
  std::string path(std::string_view name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace assay::testing
