// `assay completion bash|zsh`: a script that completes commands and flags of this program. It asks `--help` of the command typed so
// far, so that it never lags behind.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_completion(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
