// `assay corim submit`: a CoRIM to a verifier's provisioning service.
#pragma once

#include <cstdint>

#include "apps/corim/commands.h"
#include "apps/sending.h"

namespace assay::corim_cli {

struct SubmitOptions : sending::ServerOptions {
  std::optional<std::string> media_type;  // none: by what the file is
  std::uint32_t patience = 60;            // seconds
};

// Refused before anything is sent: what is no CoRIM, or breaks the rules that `validate` checks.
Result<int> submit_corim(const Options& options, const SubmitOptions& submit, const Streams& to);

}  // namespace assay::corim_cli
