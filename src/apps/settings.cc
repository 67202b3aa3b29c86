#include "apps/settings.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "apps/files.h"
#include "base/nearest.h"
#include "base/text.h"
#include "codec/yaml/yaml.h"

namespace assay::settings {
namespace {

// Of all tools: they may share a file.
constexpr std::array<std::string_view, 17> kNames{"api_server", "auth", "ca_cert", "client_id", "client_secret", "coserv", "host", "insecure", "management", "password", "port", "provisioning", "server", "tls", "token_url", "username", "verification"};
// What only `assay serve` or a service of Veraison's has.
constexpr std::array<std::string_view, 14> kOfServices{"developer", "ear-signer", "en-store", "endorsements", "listen", "logging", "plugin", "po-agent", "po-store", "rule", "sessionmanager", "store", "ta-store", "vts"};

Result<void> check_names(const json::Object& file, const yaml::Lines& lines, const std::string& path, std::string_view tool);

}  // namespace

bool can_be_read(const std::string& path) {
  std::error_code failure;
  return std::filesystem::is_regular_file(path, failure) && ::access(path.c_str(), R_OK) == 0;
}

std::string find_file(std::string_view tool) {
  std::string folder;
  if (const char* xdg = std::getenv("XDG_CONFIG_HOME"); xdg != nullptr && *xdg != '\0') folder = xdg;
  else if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') folder = std::string{home} + "/.config";
  if (const std::string own = fmt::format("{}/{}/config.yaml", folder, tool); !folder.empty() && can_be_read(own)) return own;
  std::error_code failure;
  const std::filesystem::path here = std::filesystem::current_path(failure) / "config.yaml";
  return !failure && can_be_read(here) ? here.string() : std::string{};
}

Result<Settings> Settings::load(std::string_view tool, const std::string& named, std::optional<std::string_view> variables) {
  Settings settings;
  settings.tool_ = tool;
  settings.variables_ = variables ? std::string{*variables} : settings.tool_ + "_";
  settings.path_ = named.empty() ? find_file(tool) : named;
  if (settings.path_.empty()) return settings;
  const std::string text = TRY(files::read_text(settings.path_, yaml::kMaxSettings));
  yaml::Lines lines;
  settings.file_ = TRY(yaml::parse(text, settings.path_, &lines));
  if (settings.file_.object() == nullptr) return fail_expecting(Errc::config, printable(settings.path_), std::string{settings.file_.type_name()}, "settings, `name: value` a line");
  TRY(check_names(*settings.file_.object(), lines, settings.path_, tool));
  return settings;
}

Result<std::string> Settings::text(std::string_view name) const {
  if (const auto said = from_environment(name)) return *said;
  const json::Value* value = file_.object()->find(name);
  if (value == nullptr || value->is_null()) return std::string{};
  if (value->text() == nullptr) return fail_expecting(Errc::config, at(name), std::string{value->type_name()}, "a text");
  return *value->text();
}

Result<bool> Settings::flag(std::string_view name) const {
  const std::string said = to_lower_ascii(TRY(text(name)));
  if (said.empty() || said == "false" || said == "0" || said == "no" || said == "off" || said == "f") return false;
  if (said == "true" || said == "1" || said == "yes" || said == "on" || said == "t") return true;
  return fail_expecting(Errc::config, at(name), assay::quoted(said), "true or false");
}

Result<std::vector<std::string>> Settings::list(std::string_view name) const {
  std::vector<std::string> items;
  if (const auto said = from_environment(name)) {
    std::istringstream words{*said};
    for (std::string word; words >> word;) items.push_back(word);
    return items;
  }
  const json::Value* value = file_.object()->find(name);
  if (value == nullptr || value->is_null()) return items;
  if (value->text() != nullptr) return std::vector{*value->text()};
  if (value->array() == nullptr) return fail_expecting(Errc::config, at(name), std::string{value->type_name()}, "a list of texts");
  for (const json::Value& item : *value->array()) {
    if (item.text() == nullptr) return fail_expecting(Errc::config, at(name), std::string{item.type_name()}, "a list of texts");
    items.push_back(*item.text());
  }
  return items;
}

std::optional<std::string> Settings::from_environment(std::string_view name) const {
  std::string variable = variables_ + std::string{name};
  for (char& c : variable) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr || *value == '\0') return {};
  return value;
}

std::string Settings::at(std::string_view name) const { return fmt::format("{}: {}", path_.empty() ? tool_ : printable(path_), name); }

namespace {

Result<void> check_names(const json::Object& file, const yaml::Lines& lines, const std::string& path, std::string_view tool) {
  const auto is_one_of = [](const auto& names, std::string_view name) { return std::ranges::any_of(names, [&](std::string_view one) { return iequals_ascii(one, name); }); };
  for (const auto& [name, value] : file) {
    const auto line = lines.find(json::pointer("", name));
    const std::string where = line == lines.end() ? printable(path) : fmt::format("{}:{}", printable(path), line->second);
    if (value.object() != nullptr || is_one_of(kOfServices, name)) return fail_expecting(Errc::config, where, fmt::format("`{}` is a setting of a service, not of {}", printable(name), tool), fmt::format("the settings of {0}: in {0}/config.yaml below $XDG_CONFIG_HOME or ~/.config, or another folder to start in", tool));
    if (is_one_of(kNames, name)) continue;
    const std::string_view near = nearest(kNames, to_lower_ascii(name));
    if (!near.empty()) return fail_expecting(Errc::config, where, fmt::format("unexpected directive: {}", printable(name)), near);
  }
  return {};
}

}  // namespace

}  // namespace assay::settings
