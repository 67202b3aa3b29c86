// `assay cmw`: conceptual message wrappers in files: wrap, unwrap, show, sign, verify. A thin front of envelope/cmw/.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

// cmw wrap|unwrap|show|sign|verify …; returns the exit status: 0 done, 2 usage, 3 malformed, 4 bad signature, 5 environment.
int run_cmw(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
