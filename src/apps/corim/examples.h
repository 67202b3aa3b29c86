// Templates to begin with, printed as they are: every one of them compiles.
#pragma once

#include "apps/corim/commands.h"

namespace assay::corim_cli {

// Of CoMIDs: psa, cca-platform, cca-realm.
std::span<const std::string_view> comid_examples();
// Of envelopes for these, and the signer's particulars: meta.
std::span<const std::string_view> corim_examples();

Result<int> print_comid_example(const std::string& which, const Streams& to);
Result<int> print_corim_example(const std::string& which, const Streams& to);

}  // namespace assay::corim_cli
