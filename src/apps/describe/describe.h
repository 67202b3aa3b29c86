// `assay describe`: everything this build accepts, from the registry of schemes and the limits in the code. The output is compared
// with tests/snapshots/describe.txt, so that a change of what is accepted is a visible diff.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

// describe [--json] [--build]
int run_describe(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
