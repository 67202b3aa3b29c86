// Evidence as it travels: a token as it stands, or inside CMW records and collections (draft-ietf-rats-msg-wrap), TSM reports
// (Linux configfs-tsm as JSON or CBOR) and responses of ratsd. Unwrapping authenticates nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace assay {

struct Unwrapped {
  Bytes evidence;                  // a token some scheme of this build recognises
  std::vector<std::string> steps;  // what was taken off, outermost first: "CMW collection, entry \"cca\""
};

// Fails with `unsupported` where no scheme recognises what is inside, or where that is a signed CMW, whose signature would go
// unchecked; with `usage` where a collection holds several tokens and `entry` does not say which, or is for nothing that is there.
// At most four layers are taken off.
Result<Unwrapped> unwrap_evidence(ByteView bytes, const std::optional<std::string>& entry = {});

// The `outblob` of a TSM report. Mandatory are `outblob` and `provider`; texts: `missing mandatory field "outblob"`,
// `stray field "manifestblob"` (without `service_provider`).
struct TsmReport {
  std::string provider;
  Bytes outblob;
};
Result<TsmReport> parse_tsm_json(std::string_view text);
Result<TsmReport> parse_tsm_cbor(ByteView bytes);

}  // namespace assay
