// `assay attest`: evidence of this machine, or of a simulated device, and what a verifier says of it.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_attest(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
