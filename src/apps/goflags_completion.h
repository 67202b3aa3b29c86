// Shell completion scripts of a goflags command tree. They are static: the names of commands and flags are in the script.
#pragma once

#include <string>
#include <string_view>

#include "apps/goflags.h"

namespace assay::goflags {

// bash, zsh or fish; fails with `usage` for any other shell.
Result<std::string> completion_script(const Command& root, std::string_view shell);

// What `completion` prints without a shell.
std::string completion_help(const Command& root);

}  // namespace assay::goflags
