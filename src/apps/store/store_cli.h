// `assay store list|show|clear|check|stats|export|import`: what a verifier's store holds, for its operator. It opens the store itself, also
// while `assay serve` uses it, which sees what changes.
//
// Exit status: 0 done; 1 `check` found something; 2 usage; 3 malformed; 4 not trusted; 5 environment.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_store(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
