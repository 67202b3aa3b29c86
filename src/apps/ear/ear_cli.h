// `assay ear create|show|verify`: attestation results (draft-ietf-rats-ear) as JWT or CWT, in the profiles of Veraison, Trustee and
// the IETF draft. What only shows says on stderr that nothing was verified.
//
// Exit status: 0 verified and affirming, or done; 1 verified but not as good as --require asks; 2 usage; 3 malformed; 4 bad
// signature, wrong nonce, expired; 5 files.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_ear(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
