// Settings in YAML: one document of maps, lists and scalars, as configuration files are written. libyaml-cpp does the syntax.
//
// Every scalar is a text (`8080` and `"8080"` are the same): who reads a setting knows what it should be. Nothing (`key:`) is null.
// Refused: bytes that are not UTF-8, more than kMaxSettings bytes, more than kMaxDepth levels, more than kMaxSettingsNodes values, a
// key twice, keys that are no scalars, anchors and aliases, tags, merge keys, a second document. Errors carry line and column.
#pragma once

#include <string_view>

#include "codec/json/json.h"

namespace assay::yaml {

inline constexpr std::size_t kMaxSettings = std::size_t{256} * 1024;
inline constexpr std::size_t kMaxSettingsNodes = 10000;

// An empty document is an empty object. `name` stands before line and column.
Result<json::Value> parse(std::string_view text, std::string_view name);

}  // namespace assay::yaml
