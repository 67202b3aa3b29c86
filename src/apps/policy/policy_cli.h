// `assay policy check|test`: is this a policy, and what would it change? Answered before anybody activates it, with the evidence and
// endorsements of one's own, by the same workers that a service uses. Then `create`, `activate` and the like (remote.h).
//
// Exit status: 0 done, and for `test` every sub-module affirming; 1 not affirming; 2 usage; 3 the policy or the evidence is malformed;
// 4 the evidence is not trusted; 5 environment, or a policy whose evaluation ends in an error.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_policy(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
