#include "apps/settings.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "apps/files.h"
#include "base/text.h"
#include "codec/yaml/yaml.h"

namespace assay::settings {

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
  settings.file_ = TRY(yaml::parse(text, settings.path_));
  if (settings.file_.object() == nullptr) return fail_expecting(Errc::config, printable(settings.path_), std::string{settings.file_.type_name()}, "settings, `name: value` a line");
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

}  // namespace assay::settings
