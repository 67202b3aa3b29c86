// A store as a folder: a file for each CoRIM and policy, and manifest.jsonl, which says what each file is.
#pragma once

#include <filesystem>

#include "appraise/ports.h"
#include "services/provisioning/intake.h"

namespace assay::store_app {

inline constexpr std::string_view kManifest = "manifest.jsonl";

struct Moved {
  std::size_t corims = 0;
  std::size_t known = 0;  // of them, that were there already
  std::size_t policies = 0;
};

// All files or none. Fails with `conflict` where the folder holds a manifest already.
Result<Moved> export_to(const std::filesystem::path& folder, const appraise::Store& store, std::string_view tenant);
// Each CoRIM as if a client submitted it now: signatures are verified, profiles checked. Stops at the first that is refused; those before
// it are stored, and the same folder can be imported again.
Result<Moved> import_from(const std::filesystem::path& folder, appraise::Store& store, const provisioning::Intake& intake, std::string_view tenant, UnixSeconds now);

}  // namespace assay::store_app
