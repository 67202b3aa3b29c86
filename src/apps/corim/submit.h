// `assay corim submit`: a CoRIM to a verifier's provisioning service.
#pragma once

#include <cstdint>

#include "apps/corim/commands.h"

namespace assay::corim_cli {

struct SubmitOptions {
  std::string server;
  std::optional<std::string> media_type;  // none: by what the file is
  std::string method = "none";
  std::string username;
  std::optional<std::string> password_file;  // none: $ASSAY_PASSWORD
  std::string client_id;
  std::optional<std::string> client_secret_file;  // none: $ASSAY_CLIENT_SECRET
  std::string token_url;
  std::vector<std::string> certificates;
  bool insecure = false;
  std::uint32_t patience = 60;  // seconds
};

// Refused before anything is sent: what is no CoRIM, or breaks the rules that `validate` checks.
Result<int> submit_corim(const Options& options, const SubmitOptions& submit, const Streams& to);

}  // namespace assay::corim_cli
