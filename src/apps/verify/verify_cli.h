// `assay verify EVIDENCE`: an offline verdict. Evidence of any scheme of this build, alone or wrapped, against keys and reference
// values from files; a readable report or JSON on standard output, the verdict as a signed EAR where asked for.
//
// Exit status: 0 affirming, 1 not affirming, 2 usage, 3 malformed evidence, 4 bad signature or not trusted, 5 environment.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_verify(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
