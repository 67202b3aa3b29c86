#include "apps/serve/config.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/nearest.h"
#include "base/text.h"
#include "codec/yaml/yaml.h"
#include "services/front/front.h"

namespace assay::serve {
namespace {

// Where a section stands, for messages.
struct Place {
  std::string_view file;
  const yaml::Lines& lines;
  std::string pointer = {};
  std::string name = {};  // "logging"; empty: the whole file

  // "config.yaml:7: logging"
  std::string text() const {
    const auto line = lines.find(pointer);
    const std::string at = line == lines.end() ? printable(file) : fmt::format("{}:{}", printable(file), line->second);
    return name.empty() ? at : fmt::format("{}: {}", at, name);
  }
  Place below(std::string_view member, std::string_view shown) const { return {file, lines, json::pointer(pointer, member), name.empty() ? printable(shown) : fmt::format("{}: {}", name, printable(shown))}; }
  Place below(std::size_t index) const { return {file, lines, json::pointer(pointer, index), fmt::format("{}[{}]", name, index)}; }
};

// One map of the file. Every setting is asked for by name; what nobody asked for is refused at the end.
class Section {
 public:
  Section(const json::Object& members, Place place) : members_{members}, place_{std::move(place)} {}

  const json::Value* find(std::string_view name) {
    known_.insert(std::string{name});
    for (const auto& [own, value] : members_) {
      if (iequals_ascii(own, name)) return value.is_null() ? nullptr : &value;
    }
    return nullptr;
  }
  Result<std::string> text(std::string_view name, std::string_view otherwise = {}) {
    const json::Value* value = find(name);
    if (value == nullptr) return std::string{otherwise};
    if (value->text() == nullptr) return fail_expecting(Errc::config, at(name), std::string{value->type_name()}, "a text");
    return *value->text();
  }
  Result<bool> flag(std::string_view name, bool otherwise) {
    const std::string said = to_lower_ascii(TRY(text(name)));
    if (said.empty()) return otherwise;
    if (said == "true" || said == "yes" || said == "on") return true;
    if (said == "false" || said == "no" || said == "off") return false;
    return fail_expecting(Errc::config, at(name), assay::quoted(said), "true or false");
  }
  // One text is a list of one.
  Result<std::vector<std::string>> list(std::string_view name) {
    const json::Value* value = find(name);
    if (value == nullptr) return std::vector<std::string>{};
    if (value->text() != nullptr) return std::vector{*value->text()};
    if (value->array() == nullptr) return fail_expecting(Errc::config, at(name), std::string{value->type_name()}, "a list of texts");
    std::vector<std::string> items;
    for (const json::Value& item : *value->array()) {
      if (item.text() == nullptr) return fail_expecting(Errc::config, at(name), std::string{item.type_name()}, "a text");
      items.push_back(*item.text());
    }
    return items;
  }
  Result<const json::Object*> section(std::string_view name) {
    const json::Value* value = find(name);
    if (value == nullptr) return nullptr;
    if (value->object() == nullptr) return fail_expecting(Errc::config, at(name), std::string{value->type_name()}, "settings");
    return value->object();
  }
  Result<void> end() const {
    std::string unknown;
    std::string_view first;
    for (const auto& [name, value] : members_) {
      const bool is_known = std::ranges::any_of(known_, [&](const std::string& one) { return iequals_ascii(one, name); });
      if (is_known) continue;
      if (unknown.empty()) first = name;
      unknown += (unknown.empty() ? "" : ", ") + printable(name);
    }
    if (unknown.empty()) return {};
    const std::vector<std::string_view> names{known_.begin(), known_.end()};
    const std::string_view near = nearest(names, to_lower_ascii(first));
    Place where = place_.below(first, first);
    where.name = place_.name;
    return fail_expecting(Errc::config, where.text(), "unexpected directives: " + unknown, near.empty() ? "those of docs/SERVICE.md" : fmt::format("{}, or another of docs/SERVICE.md", near));
  }
  Place place(std::string_view name) const {
    const auto own = std::ranges::find_if(members_, [&](const auto& member) { return iequals_ascii(member.first, name); });
    if (own != members_.end()) return place_.below(own->first, name);
    Place where = place_.below(name, name);
    where.pointer = place_.pointer;
    return where;
  }
  std::string at(std::string_view name) const { return place(name).text(); }
  std::string at() const { return place_.text(); }

 private:
  const json::Object& members_;
  Place place_;
  std::set<std::string> known_;
};

Result<void> read_listen(Section& top, Config& config);
Result<Listen> read_one(const json::Value& value, const Place& place);
Result<unsigned> interfaces_of(const std::vector<std::string>& names, const std::string& where);
Result<void> read_veraison(Section& top, Config& config);
Result<appraise::Rule> rule_of(std::string_view name, const std::string& where);
Result<void> read_endorsements(Section& top, Config& config);
Result<void> read_logging(Section& top, Config& config);

}  // namespace

Result<Config> parse_config(std::string_view text, std::string_view name) {
  yaml::Lines lines;
  const json::Value file = TRY(yaml::parse(text, name, &lines));
  if (file.object() == nullptr) return fail_expecting(Errc::config, printable(name), std::string{file.type_name()}, "settings, `name: value` a line");
  Section top{*file.object(), Place{name, lines}};
  Config config;
  TRY(read_listen(top, config));
  TRY(read_veraison(top, config));
  config.insecure = TRY(top.flag("insecure", false));
  config.store = TRY(top.text("store"));
  config.developer = TRY(top.text("developer", config.developer));
  config.rule = TRY(rule_of(TRY(top.text("rule", "assay")), top.at("rule")));
  if (const json::Value* auth = top.find("auth")) config.auth = TRY(within(top.at("auth"), access::read_settings(*auth)));
  TRY(read_endorsements(top, config));
  TRY(read_logging(top, config));
  TRY(top.end());
  return config;
}

void resolve_paths(Config& config, const std::filesystem::path& folder) {
  if (folder.empty()) return;
  const auto resolve = [&](std::string& path) {
    if (!path.empty()) path = (folder / path).string();  // an absolute one stays
  };
  for (Listen& listen : config.listen) {
    resolve(listen.cert);
    resolve(listen.cert_key);
  }
  for (std::string& path : config.corim_cas) resolve(path);
  for (std::string& path : config.corim_keys) resolve(path);
  if (!access::is_url(config.auth.jwks)) resolve(config.auth.jwks);
  resolve(config.auth.ca_cert);
  if (!config.ear_key.starts_with("pkcs11:") && !config.ear_key.starts_with("file:")) resolve(config.ear_key);
  if (constexpr std::string_view kSqlite = "sqlite:"; config.store.starts_with(kSqlite)) {
    config.store = std::string{kSqlite} + (folder / config.store.substr(kSqlite.size())).string();
  } else if (config.store.find(':') == std::string::npos) {
    resolve(config.store);
  }
}

Result<Listen> parse_listen(std::string_view text) {
  const auto wrong = [&] { return fail_expecting(Errc::config, "", assay::quoted(text), "ADDRESS:PORT, as 127.0.0.1:8080 or [::1]:8080"); };
  const std::size_t colon = text.rfind(':');
  std::string address{colon == std::string_view::npos ? "127.0.0.1" : text.substr(0, colon)};
  const std::string_view digits = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const bool is_number = !digits.empty() && digits.size() <= 5 && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number || std::stoul(std::string{digits}) > 65535) return wrong();
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  else if (address.find(':') != std::string::npos) return wrong();
  if (address == "localhost") address = "127.0.0.1";
  if (address.empty()) address = "0.0.0.0";
  return Listen{.address = std::move(address), .port = static_cast<std::uint16_t>(std::stoul(std::string{digits})), .interfaces = front::kAll};
}

std::string endpoint(const Listen& listen) {
  const bool is_v6 = listen.address.find(':') != std::string::npos;
  return fmt::format("{}:{}", is_v6 ? "[" + listen.address + "]" : listen.address, listen.port);
}

bool is_loopback(const Listen& listen) { return listen.address == "::1" || listen.address.starts_with("127."); }

Result<void> check_exposure(const Config& config) {
  if (config.insecure) return {};
  const bool anybody = config.auth.backend == access::Settings::Backend::none;
  for (const Listen& listen : config.listen) {
    if (is_loopback(listen)) continue;
    const std::string where = endpoint(listen);
    if (listen.cert.empty()) return fail_expecting(Errc::config, where, "others than this machine could reach it, without TLS", "`cert` and `cert-key`, an address of the loopback, or `insecure: true` (--insecure)");
    const bool changes = (listen.interfaces & (front::kProvisioning | front::kManagement)) != 0;
    if (changes && anybody) return fail_expecting(Errc::config, where, "anybody could provision and manage it", "`auth`, `apis: [verification]`, or `insecure: true` (--insecure)");
  }
  return {};
}

Result<std::vector<Listen>> veraison_ports(std::string_view release, const Listen& like) {
  struct Port {
    std::uint16_t number;
    unsigned interfaces;
  };
  constexpr std::array<Port, 3> k2025{{{8080, front::kVerification}, {8888, front::kProvisioning}, {8088, front::kManagement}}};
  constexpr std::array<Port, 4> k2026{{{8443, front::kVerification}, {9443, front::kProvisioning}, {10443, front::kManagement}, {11443, front::kCoserv}}};
  if (release != "2025" && release != "2026") return fail_expecting(Errc::usage, "--veraison-ports", assay::quoted(release), "2025 (8080, 8888, 8088) or 2026 (8443, 9443, 10443, 11443)");
  std::vector<Listen> all;
  for (const Port& port : release == "2025" ? std::span<const Port>{k2025} : std::span<const Port>{k2026}) {
    Listen one = like;
    one.port = port.number;
    one.interfaces = port.interfaces;
    all.push_back(std::move(one));
  }
  return all;
}

namespace {

Result<void> read_listen(Section& top, Config& config) {
  const json::Value* listen = top.find("listen");
  if (listen == nullptr) return {};
  if (listen->text() != nullptr) {
    config.listen.push_back(TRY(within(top.at("listen"), parse_listen(*listen->text()))));
    return {};
  }
  if (listen->array() == nullptr) return fail_expecting(Errc::config, top.at("listen"), std::string{listen->type_name()}, "ADDRESS:PORT, or a list");
  std::size_t number = 0;
  for (const json::Value& one : *listen->array()) config.listen.push_back(TRY(read_one(one, top.place("listen").below(number++))));
  return {};
}

Result<Listen> read_one(const json::Value& value, const Place& place) {
  const std::string where = place.text();
  if (value.text() != nullptr) return within(where, parse_listen(*value.text()));
  if (value.object() == nullptr) return fail_expecting(Errc::config, where, std::string{value.type_name()}, "ADDRESS:PORT, or settings with `address`");
  Section section{*value.object(), place};
  const std::string address = TRY(section.text("address"));
  Listen listen = TRY(within(where, parse_listen(address)));
  listen.tenant = TRY(section.text("tenant", listen.tenant));
  if (listen.tenant.empty() || listen.tenant.find('/') != std::string::npos) return fail_expecting(Errc::config, section.at("tenant"), assay::quoted(listen.tenant), "a name without slash");
  listen.cert = TRY(section.text("cert"));
  listen.cert_key = TRY(section.text("cert-key"));
  if (listen.cert.empty() != listen.cert_key.empty()) return fail_expecting(Errc::config, where, "half of what TLS needs", "`cert` and `cert-key`");
  const auto names = TRY(section.list("apis"));
  if (!names.empty()) listen.interfaces = TRY(interfaces_of(names, section.at("apis")));
  TRY(section.end());
  return listen;
}

Result<unsigned> interfaces_of(const std::vector<std::string>& names, const std::string& where) {
  unsigned all = 0;
  for (const std::string& name : names) {
    const auto* found = std::ranges::find_if(front::kInterfaces, [&](front::Interface one) { return front::name(one) == name; });
    if (found == front::kInterfaces.end()) return fail_expecting(Errc::config, where, assay::quoted(name), "verification, provisioning, management or coserv");
    all |= *found;
  }
  return all;
}

// Each service of theirs has a section with an address of its own.
Result<void> read_veraison(Section& top, Config& config) {
  struct Service {
    front::Interface interface;
    std::string_view port;
  };
  constexpr std::array<Service, 4> kServices{{{front::kVerification, "localhost:8443"}, {front::kProvisioning, "localhost:9443"}, {front::kManagement, "localhost:10443"}, {front::kCoserv, "localhost:11443"}}};
  for (const Service& service : kServices) {
    const json::Object* members = TRY(top.section(front::name(service.interface)));
    if (members == nullptr) continue;
    Section section{*members, top.place(front::name(service.interface))};
    const std::string address = TRY(section.text("listen-addr", service.port));
    Listen listen = TRY(within(section.at("listen-addr"), parse_listen(address)));
    listen.interfaces = service.interface;
    const std::string protocol = TRY(section.text("protocol", "https"));
    if (protocol != "http" && protocol != "https") return fail_expecting(Errc::config, section.at("protocol"), assay::quoted(protocol), "http or https");
    const std::string cert = TRY(section.text("cert"));
    const std::string key = TRY(section.text("cert-key"));
    if (protocol == "https" && (cert.empty() || key.empty())) return fail_expecting(Errc::config, section.at("protocol"), "https without certificate", "`cert` and `cert-key`, or `protocol: http`");
    if (protocol == "https") listen.cert = cert;
    if (protocol == "https") listen.cert_key = key;
    for (const std::string_view theirs : {"discovery-max-age", "signer", "max-expiry"}) {
      if (section.find(theirs) != nullptr) config.passed_over.push_back(fmt::format("{}.{}", front::name(service.interface), theirs));
    }
    TRY(section.end());
    config.listen.push_back(std::move(listen));
  }
  if (const json::Object* signer = TRY(top.section("ear-signer"))) {
    Section section{*signer, top.place("ear-signer")};
    config.ear_key = TRY(section.text("key"));
    const std::string algorithm = TRY(section.text("alg"));
    if (!algorithm.empty()) config.ear_algorithm = crypto::sig_by_jose_name(algorithm);
    if (!algorithm.empty() && !config.ear_algorithm) return fail_expecting(Errc::config, section.at("alg"), assay::quoted(algorithm), "ES256 (which every client reads), ES384, ES512, EdDSA, PS256, PS384 or PS512");
    TRY(section.end());
  }
  for (const std::string_view theirs : {"vts", "plugin", "ta-store", "en-store", "po-store", "po-agent", "sessionmanager", "scheme"}) {
    if (top.find(theirs) != nullptr) config.passed_over.emplace_back(theirs);
  }
  return {};
}

Result<appraise::Rule> rule_of(std::string_view name, const std::string& where) {
  if (name == "assay") return appraise::Rule::assay;
  if (name == "veraison-2025") return appraise::Rule::veraison_2025;
  if (name == "veraison-2026") return appraise::Rule::veraison_2026;
  return fail_expecting(Errc::config, where, assay::quoted(name), "assay, veraison-2025 or veraison-2026");
}

Result<void> read_endorsements(Section& top, Config& config) {
  const json::Object* members = TRY(top.section("endorsements"));
  if (members == nullptr) return {};
  Section section{*members, top.place("endorsements")};
  config.corim_cas = TRY(section.list("ca-certs"));
  config.corim_keys = TRY(section.list("keys"));
  config.unsigned_corims = TRY(section.flag("unsigned", config.corim_cas.empty() && config.corim_keys.empty()));
  return section.end();
}

Result<void> read_logging(Section& top, Config& config) {
  const json::Object* members = TRY(top.section("logging"));
  if (members == nullptr) return {};
  Section section{*members, top.place("logging")};
  config.log_level = TRY(section.text("level", config.log_level));
  if (config.log_level != "debug" && config.log_level != "info" && config.log_level != "warning" && config.log_level != "error") return fail_expecting(Errc::config, section.at("level"), assay::quoted(config.log_level), "debug, info, warning or error");
  const std::string format = TRY(section.text("format", TRY(section.text("encoding", "text"))));
  if (format != "text" && format != "json" && format != "console") return fail_expecting(Errc::config, section.at("format"), assay::quoted(format), "text or json");
  config.log_json = format == "json";
  for (const std::string_view theirs : {"development", "disable-stacktrace", "sampling", "output-paths", "err-output-paths", "initial-fields"}) {
    if (section.find(theirs) != nullptr) config.passed_over.push_back(fmt::format("logging.{}", theirs));
  }
  return section.end();
}

}  // namespace
}  // namespace assay::serve
