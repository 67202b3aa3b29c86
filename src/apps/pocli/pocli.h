// The `pocli` personality: arguments, settings, output and exit status of Veraison's policy client, version 0.0.1.
//
// The port is 8088, as released versions have it (10443 since 2026). Beyond the original: the reason of a refusal is also said where the
// active policy is asked for, and --password-file.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

// Exit status 0 or 1.
int run_pocli(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
