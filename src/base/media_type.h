// Media types (RFC 9110 §8.3.1) parsed and compared: type and parameter names without case, values exactly, quoted or not.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace assay {

struct MediaType {
  std::string essence;                                          // "application/eat+cwt", lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, sorted
  bool operator==(const MediaType&) const = default;
};

// Accepts unquoted values that should be quoted (URIs), as older verifiers and devices send them.
Result<MediaType> parse_media_type(std::string_view text);
bool same_media_type(std::string_view a, std::string_view b);

}  // namespace assay
