#include "services/access/settings.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.h"
#include "net/url.h"

namespace assay::access {
namespace {

constexpr std::string_view kDirectives[] = {"backend", "wrong-role", "users", "host", "port", "realm", "ca-cert", "jwks", "issuer", "audience", "roles-claim", "tenant-claim", "leeway", "insecure"};
constexpr std::size_t kMaxName = 128;

// The section with its names in lower case.
using Section = std::map<std::string, const json::Value*>;

Result<Section> section_of(const json::Value& value, std::string_view where);
Result<void> check_known(const Section& section, std::span<const std::string_view> known, std::string_view where);
Result<std::optional<std::string>> scalar(const Section& section, const std::string& name);
Result<std::optional<std::int64_t>> number(const Section& section, const std::string& name, std::int64_t least, std::int64_t most);
Result<std::vector<std::string>> texts(const Section& section, const std::string& name, std::string_view where);
std::optional<std::string> scalar_text(const json::Value& value);

Result<void> read_backend(Settings& settings, const Section& section, bool& keycloak);
Result<void> read_users(Settings& settings, const Section& section);
Result<User> read_user(const std::string& name, const json::Value& value);
Result<void> read_token_rules(Settings& settings, const Section& section);
Result<void> read_keys(Settings& settings, const Section& section, bool keycloak);
Result<std::string> realm_url(const std::string& host, std::int64_t port, const std::string& realm);
bool is_local(std::string_view url);

}  // namespace

Result<Settings> read_settings(const json::Value& value) {
  Settings settings;
  if (value.is_null()) return settings;
  const Section section = TRY(section_of(value, "auth"));
  TRY(check_known(section, kDirectives, "auth"));
  bool keycloak = false;
  TRY(read_backend(settings, section, keycloak));
  TRY(read_users(settings, section));
  TRY(read_token_rules(settings, section));
  if (settings.backend == Settings::Backend::bearer) TRY(read_keys(settings, section, keycloak));
  return settings;
}

bool is_url(std::string_view jwks) { return jwks.starts_with("https://") || jwks.starts_with("http://"); }

namespace {

Result<Section> section_of(const json::Value& value, std::string_view where) {
  if (value.object() == nullptr) return fail_expecting(Errc::config, where, fmt::format("a {}", value.type_name()), "a map");
  Section section;
  for (const auto& [name, member] : *value.object()) {
    if (!section.emplace(to_lower_ascii(name), &member).second) return fail(Errc::config, where, "{} twice", quoted(name));
  }
  return section;
}

Result<void> check_known(const Section& section, std::span<const std::string_view> known, std::string_view where) {
  std::string unknown;
  for (const auto& [name, value] : section) {
    if (std::ranges::find(known, name) == known.end()) unknown += (unknown.empty() ? "" : ", ") + printable(name);
  }
  if (!unknown.empty()) return fail(Errc::config, where, "unexpected directives: {}", unknown);
  return {};
}

Result<std::optional<std::string>> scalar(const Section& section, const std::string& name) {
  const auto found = section.find(name);
  if (found == section.end() || found->second->is_null()) return std::nullopt;
  auto text = scalar_text(*found->second);
  if (!text) return fail_expecting(Errc::config, "auth." + name, fmt::format("a {}", found->second->type_name()), "one value");
  return text;
}

Result<std::optional<std::int64_t>> number(const Section& section, const std::string& name, std::int64_t least, std::int64_t most) {
  const auto text = TRY(scalar(section, name));
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (status != std::errc{} || end != text->data() + text->size() || value < least || value > most) return fail_expecting(Errc::config, "auth." + name, quoted(*text), fmt::format("a number from {} to {}", least, most));
  return value;
}

Result<std::vector<std::string>> texts(const Section& section, const std::string& name, std::string_view where) {
  const auto found = section.find(name);
  if (found == section.end() || found->second->is_null()) return std::vector<std::string>{};
  if (auto text = scalar_text(*found->second)) return std::vector{std::move(*text)};
  if (found->second->array() == nullptr) return fail_expecting(Errc::config, fmt::format("{}.{}", where, name), fmt::format("a {}", found->second->type_name()), "a text or a list of texts");
  std::vector<std::string> all;
  for (const json::Value& item : *found->second->array()) {
    auto text = scalar_text(item);
    if (!text) return fail_expecting(Errc::config, fmt::format("{}.{}", where, name), fmt::format("a {} in the list", item.type_name()), "texts");
    all.push_back(std::move(*text));
  }
  return all;
}

std::optional<std::string> scalar_text(const json::Value& value) {
  if (value.text() != nullptr) return *value.text();
  if (value.boolean() != nullptr) return *value.boolean() ? "true" : "false";
  if (const auto integer = value.integer()) return std::to_string(*integer);
  return std::nullopt;
}

Result<void> read_backend(Settings& settings, const Section& section, bool& keycloak) {
  const std::string backend = TRY(scalar(section, "backend")).value_or("none");
  keycloak = backend == "keycloak";
  if (backend == "basic") settings.backend = Settings::Backend::basic;
  else if (backend == "bearer" || keycloak) settings.backend = Settings::Backend::bearer;
  else if (backend != "none" && backend != "passthrough") return fail_expecting(Errc::config, "auth.backend", quoted(backend), "none, passthrough, basic, keycloak or bearer");
  const auto status = TRY(number(section, "wrong-role", 401, 403));
  if (status == 402) return fail_expecting(Errc::config, "auth.wrong-role", "\"402\"", "401 or 403");
  settings.wrong_role_is_401 = status == 401;
  return {};
}

Result<void> read_users(Settings& settings, const Section& section) {
  const auto found = section.find("users");
  const bool none = found == section.end() || found->second->is_null();
  if (!none) {
    const json::Object* users = found->second->object();
    if (users == nullptr) return fail_expecting(Errc::config, "auth.users", fmt::format("a {}", found->second->type_name()), "a map of users");
    if (users->size() > Users::kMostUsers) return fail_expecting(Errc::config, "auth.users", fmt::format("{} users", users->size()), fmt::format("at most {}", Users::kMostUsers));
    std::set<std::string_view> names;
    for (const auto& [name, value] : *users) {
      if (!names.insert(name).second) return fail(Errc::config, "auth.users", "{} twice", quoted(name));
      settings.users.push_back(TRY(read_user(name, value)));
    }
  }
  if (settings.users.empty() && settings.backend == Settings::Backend::basic) return fail_expecting(Errc::config, "auth.users", "nobody", "a user with a password and roles for the backend basic");
  return {};
}

Result<User> read_user(const std::string& name, const json::Value& value) {
  const std::string where = "auth.users." + printable(name);
  // A colon ends the name in what clients send.
  if (name.empty() || name.size() > kMaxName || name.find(':') != std::string::npos || printable(name) != name) return fail_expecting(Errc::config, "auth.users", quoted(name), fmt::format("1 to {} characters without colons", kMaxName));
  const Section user = TRY(section_of(value, where));
  constexpr std::string_view kKnown[] = {"password", "roles"};
  TRY(check_known(user, kKnown, where));
  const auto password = user.find("password");
  if (password == user.end() || password->second->text() == nullptr) return fail_expecting(Errc::config, where, "no password", "password: a bcrypt hash");
  PasswordHash hash = TRY(within(where + ".password", PasswordHash::parse(*password->second->text())));
  std::vector<std::string> roles = TRY(texts(user, "roles", where));
  for (const std::string& role : roles) {
    if (std::ranges::find(kRoleNames, role) == std::end(kRoleNames)) return fail_expecting(Errc::config, where + ".roles", quoted(role), "provisioner or manager");
  }
  return User{name, std::move(hash), std::move(roles)};
}

Result<void> read_token_rules(Settings& settings, const Section& section) {
  TokenRules& rules = settings.rules;
  rules.issuers = TRY(texts(section, "issuer", "auth"));
  rules.audiences = TRY(texts(section, "audience", "auth"));
  rules.leeway = TRY(number(section, "leeway", 0, 300)).value_or(0);
  if (auto claim = TRY(scalar(section, "roles-claim"))) rules.roles_claim = std::move(*claim);
  rules.tenant_claim = TRY(scalar(section, "tenant-claim")).value_or("");
  if (rules.roles_claim.empty()) return fail_expecting(Errc::config, "auth.roles-claim", "nothing", "a claim, such as realm_access.roles");
  return {};
}

Result<void> read_keys(Settings& settings, const Section& section, bool keycloak) {
  settings.ca_cert = TRY(scalar(section, "ca-cert")).value_or("");
  settings.jwks = TRY(scalar(section, "jwks")).value_or("");
  const auto host = TRY(scalar(section, "host"));
  const auto port = TRY(number(section, "port", 1, 65535));
  const auto realm = TRY(scalar(section, "realm"));
  if (keycloak || host || realm) {
    const std::string issuer = TRY(realm_url(host.value_or("localhost"), port.value_or(11111), realm.value_or("veraison")));
    if (settings.jwks.empty()) settings.jwks = issuer + "/protocol/openid-connect/certs";
    if (settings.rules.issuers.empty()) settings.rules.issuers = {issuer};
  }
  if (settings.jwks.empty()) return fail_expecting(Errc::config, "auth.jwks", "nothing", "a file or URL with the issuer's keys, or host and realm of a Keycloak");
  if (std::ranges::find(settings.rules.issuers, "*") != settings.rules.issuers.end()) settings.rules.issuers.clear();
  const std::string insecure = TRY(scalar(section, "insecure")).value_or("false");
  if (insecure != "true" && insecure != "false") return fail_expecting(Errc::config, "auth.insecure", quoted(insecure), "true or false");
  if (!is_url(settings.jwks)) return {};
  const auto url = net::parse_url(settings.jwks);
  if (!url) return fail_expecting(Errc::config, "auth.jwks", quoted(settings.jwks), url.error().expected);
  settings.jwks = *url;
  if (settings.jwks.starts_with("http://") && !is_local(settings.jwks) && insecure == "false") return fail_expecting(Errc::config, "auth.jwks", "keys by plain http, which anybody on the way can replace", "https, or insecure: true");
  return {};
}

// As Keycloak itself writes it into tokens: without the port that https has anyway.
Result<std::string> realm_url(const std::string& host, std::int64_t port, const std::string& realm) {
  const auto is_plain = [](const std::string& text, std::string_view more) {
    return !text.empty() && std::ranges::all_of(text, [&](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos; });
  };
  if (!is_plain(host, ".-[]:")) return fail_expecting(Errc::config, "auth.host", quoted(host), "a host's name or address");
  if (!is_plain(realm, "._~-") || realm == "." || realm == "..") return fail_expecting(Errc::config, "auth.realm", quoted(realm), "letters, digits and ._~-");
  std::string url = fmt::format("https://{}{}/realms/{}", host, port == 443 ? "" : fmt::format(":{}", port), realm);
  if (!net::parse_url(url)) return fail_expecting(Errc::config, "auth.host", quoted(host), "a host's name or address");
  return url;
}

bool is_local(std::string_view url) {
  if (url.find('@') != std::string_view::npos) return false;
  return std::ranges::any_of(std::initializer_list<std::string_view>{"http://localhost", "http://127.0.0.1", "http://[::1]"}, [&](std::string_view start) {
    return url.starts_with(start) && (url.size() == start.size() || url[start.size()] == ':' || url[start.size()] == '/');
  });
}

}  // namespace
}  // namespace assay::access
