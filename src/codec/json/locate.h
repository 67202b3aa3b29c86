// Where a value stands in the text it was read from: for messages about files that people edit.
#pragma once

#include <optional>
#include <string_view>

namespace assay::json {

struct Place {
  std::size_t offset = 0;
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // in bytes, from 1
};

// Of the value that `pointer` (RFC 6901) names in `text`, which `parse` has accepted; of several members of one name the last. Nothing if
// there is none.
std::optional<Place> locate(std::string_view text, std::string_view pointer);

}  // namespace assay::json
