// `arc`: create, verify and print EARs as Veraison's tool of that name does (arc 1.1.3): its arguments, texts and exit status.
//
// Different on purpose:
// - A key in the JWS header is used only with --allow-header-key or ASSAY_ARC_COMPAT=1, and never quietly: a result that brings its
//   own key proves nothing about who made it.
// - The claims-set is printed only when all of it is good. Submodules are sorted by name.
// - The header's `alg` must be the one asked for and fit the key; `iat` must be there; `exp` and `nbf` are kept when signing.
// - --color writes real escapes, and only to a terminal; with ASSAY_ARC_COMPAT=1 the original's four characters `\033`, anywhere.
// - `print` shows `iat`, `exp` and `nbf` as the numbers they are, with --verbose also as dates.
// - Added: verify --nonce, verify --require, results of the IETF draft's profile, and CWT where verify reads a JWT.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_arc(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
