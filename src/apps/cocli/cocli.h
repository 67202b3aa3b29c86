// The `cocli` personality: arguments, output and exit status of Veraison's tool for endorsements, version 0.0.1, for `comid` create,
// display and validate, `cots` create and display, and `corim` create, sign, verify, display, extract and submit, with the certificate
// flags, --profile and --verbose that it has had since 2026.
//
// Beyond the original: every wire generation is read, and A or D written as the template needs it or `--format` says; public keys and
// PEM verify; unsigned files are displayed and extracted; what is passed over is warned of, and with `--strict` an error.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

// Exit status 0 or 1.
int run_cocli(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
