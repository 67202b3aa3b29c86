// `assay relying-party`: stands between attesters and a verifier, and reports what the verifier says of them.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_relying_party(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
