// The iat-verifier tools of Trusted Firmware (check_iat, compile_token, decompile_token) under their own names: same arguments,
// output and exit statuses (0 done, 1 failed, 2 usage). What differs on purpose is in README.md beside this file.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay::iat {

// `args` without the program's name. Paths are relative to the working directory.
int run_check_iat(std::span<const std::string> args, std::ostream& out, std::ostream& err);
int run_compile_token(std::span<const std::string> args, std::ostream& out, std::ostream& err);
int run_decompile_token(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay::iat
