// Evidence of the machine this runs on, from Linux (configfs-tsm): a folder is made below `root`, the challenge goes into its `inblob`,
// evidence comes out of `outblob`; the folder goes again whatever happens. Any local user may read evidence from a folder that stays.
//
// Documentation/ABI/testing/configfs-tsm of Linux; the driver (`arm_cca_guest`, `sev_guest`, `tdx_guest` …) says what the evidence is.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace assay::attester {

inline constexpr std::string_view kTsmRoot = "/sys/kernel/config/tsm/report";
inline constexpr std::size_t kTsmChallenge = 64;        // bytes at most
inline constexpr std::size_t kTsmBlob = 1024UL * 1024;  // of evidence, at most
inline constexpr std::string_view kCcaProvider = "arm_cca_guest";

struct TsmEvidence {
  std::string provider;
  Bytes outblob;
  Bytes auxblob;  // certificates, for example; mostly empty
};

// Fails with `unavailable` where the system has no such interface or it is not ours to use, `invalid` where the driver does not take the
// challenge (most want 32 to 64 bytes), `conflict` where somebody else wrote into the folder three times in turn.
Result<TsmEvidence> tsm_evidence(ByteView challenge, const std::filesystem::path& root = kTsmRoot);

// The report as it travels (application/vnd.veraison.tsm-report+json).
std::string to_tsm_json(const TsmEvidence& evidence);

}  // namespace assay::attester
