// The settings of `assay serve`: a YAML file, and what the command line says instead. Settings of Veraison's services are understood where
// they have a meaning here (`verification`, `provisioning`, `management` with `listen-addr`, `protocol`, `cert`, `cert-key`;
// `ear-signer`; `auth`; `logging`), and passed over with a word where they have none (`vts`, `plugin`, stores of theirs). Any other
// name is refused: a misspelt setting must not pass in silence. docs/SERVICE.md lists all of them.
#pragma once

#include <filesystem>

#include "appraise/reference.h"
#include "services/access/settings.h"

namespace assay::serve {

struct Listen {
  std::string address = "127.0.0.1";  // numeric
  std::uint16_t port = 8080;
  unsigned interfaces = 0;  // bits of front::Interface
  std::string tenant = "0";
  std::string cert;  // PEM files; empty: plain HTTP
  std::string cert_key;
};

struct Config {
  std::vector<Listen> listen;
  bool insecure = false;  // beyond loopback without TLS and authentication
  std::string store;      // "memory:", "sqlite:FILE", FILE; empty: in the state folder
  std::string ear_key;    // file or PKCS#11 URI; empty: in the state folder, made at the first start
  std::optional<crypto::Sig> ear_algorithm;
  std::string developer = "assay";
  appraise::Rule rule = appraise::Rule::assay;
  access::Settings auth;
  bool unsigned_corims = true;
  std::vector<std::string> corim_cas;   // PEM files
  std::vector<std::string> corim_keys;  // files with public keys
  std::string log_level = "info";
  bool log_json = false;
  std::optional<UnixSeconds> at;         // where the service's clock begins; nothing: now
  std::vector<std::string> passed_over;  // settings of Veraison's that mean nothing here
};

// Fails with `config`, naming file, line and setting, and the nearest name where nobody knows the one that is there.
Result<Config> parse_config(std::string_view text, std::string_view name);

// Files that the settings name by relative paths are beside the file with the settings, in `folder`.
void resolve_paths(Config& config, const std::filesystem::path& folder);

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080" (which is 127.0.0.1), ":8080" (all addresses), "8080". Fails with `config`.
Result<Listen> parse_listen(std::string_view text);

std::string endpoint(const Listen& listen);  // "127.0.0.1:8080", "[::1]:8080"

// Is anybody but this machine reached by it?
bool is_loopback(const Listen& listen);

// What must not be started: beyond loopback without TLS, or without authentication, unless `insecure` says so.
Result<void> check_exposure(const Config& config);

// The ports where clients of Veraison's releases look: "2025" is 8080, 8888 and 8088, "2026" 8443, 9443, 10443 and 11443.
Result<std::vector<Listen>> veraison_ports(std::string_view release, const Listen& like);

}  // namespace assay::serve
