// The clock port: whatever depends on time is handed a time, so that tests and replays are exact.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace assay {

using UnixSeconds = std::int64_t;

UnixSeconds system_now();

// RFC 3339 in UTC ("2026-11-24T01:17:00Z"), years 0001 to 9999.
std::string to_rfc3339(UnixSeconds time);
Result<UnixSeconds> from_rfc3339(std::string_view text);
// Also with an offset from UTC ("+01:00"), and with a fraction of a second, which is cut off.
Result<UnixSeconds> from_rfc3339_any_zone(std::string_view text);

}  // namespace assay
