// `assay install-names DIR`: symbolic links in DIR that make this program answer to the names of the tools it stands in for.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace assay {

int run_install_names(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace assay
