// `assay comid`, `assay cots` and `assay corim`: endorsements in files, of every wire generation: made from templates, shown, validated,
// signed, verified, taken apart and carried over from one generation to another. A thin front of model/corim/ and apps/endorsements.h.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

// Exit status: 0 done, 2 usage, 3 malformed or not valid, 4 bad signature or not trusted, 5 environment.
int run_comid(std::span<const std::string> args, std::ostream& out, std::ostream& err);
int run_cots(std::span<const std::string> args, std::ostream& out, std::ostream& err);
int run_corim(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
