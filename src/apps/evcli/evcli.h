// The `evcli` personality: arguments, output and exit status of Veraison's evidence tool, version 0.0.2, for `psa` and `cca`
// create, check, print and verify-as.
//
// Beyond the original: the flags of all four verify-as commands count, a result that comes later is waited for (`--timeout`), media types
// that are the same are taken for the same, refusals say why, a session that cannot be deleted loses no result, `--raw`; private keys are accepted for checking, P-521 and Ed25519 sign, COSE_Mac0 (`--mac`), the RFC 9783 profile,
// both outer forms of CCA evidence (`--format`), a nonce check for CCA (`--nonce`), keys in PEM and DER.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

// Exit status 0 or 1.
int run_evcli(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
