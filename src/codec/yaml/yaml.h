// Settings in YAML: one document of maps, lists and scalars, as configuration files are written. libyaml-cpp does the syntax.
//
// Every scalar is a text (`8080` and `"8080"` are the same): who reads a setting knows what it should be. Nothing (`key:`) is null.
// Refused: bytes that are not UTF-8, more than kMaxSettings bytes, more than kMaxDepth levels, more than kMaxSettingsNodes values, a
// key twice, keys that are no scalars, anchors and aliases, tags, merge keys, a second document. Errors carry line and column.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "codec/json/json.h"

namespace assay::yaml {

inline constexpr std::size_t kMaxSettings = std::size_t{256} * 1024;
inline constexpr std::size_t kMaxSettingsNodes = 10000;

// Where values stand: JSON pointer to line, from 1. A member's is that of its name.
using Lines = std::map<std::string, std::size_t>;

// An empty document is an empty object. `name` stands before line and column. `lines` is filled where somebody wants it.
Result<json::Value> parse(std::string_view text, std::string_view name, Lines* lines = nullptr);

}  // namespace assay::yaml
