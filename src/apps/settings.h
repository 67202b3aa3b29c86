// The settings of a tool: what is not said by a flag is looked up in the environment, then in one configuration file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.h"

namespace assay::settings {

// TOOL/config.yaml below $XDG_CONFIG_HOME (or ~/.config), else ./config.yaml, of which the first that can be read counts; empty: none.
std::string find_file(std::string_view tool);
bool can_be_read(const std::string& path);

class Settings {
 public:
  // `named` is what --config says; it must exist. Without it find_file, and without that only the environment, COCLI_API_SERVER for the
  // setting `api_server` of cocli, or what `variables` says in place of COCLI_. Members that no tool knows are passed over, as the
  // originals do; but refused with `config`, file and line are names that are nearly known, and the settings of a service, which may lie
  // in the same folder: its `insecure` is another one.
  static Result<Settings> load(std::string_view tool, const std::string& named, std::optional<std::string_view> variables = {});

  // An empty text where nobody says anything. Fails with `config` where the file has another kind of value.
  Result<std::string> text(std::string_view name) const;
  Result<bool> flag(std::string_view name) const;
  Result<std::vector<std::string>> list(std::string_view name) const;  // in the environment: divided by blanks

 private:
  std::optional<std::string> from_environment(std::string_view name) const;
  std::string at(std::string_view name) const;
  std::string tool_;
  std::string variables_;  // what stands before the names in the environment
  std::string path_;
  json::Value file_ = json::Object{};
};

}  // namespace assay::settings
