// `assay serve`: the verifier as a service.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_serve(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
