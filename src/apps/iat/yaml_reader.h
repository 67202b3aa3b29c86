// YAML sources of tokens: libyaml-cpp does the syntax, this does what it means and how much of it is accepted.
//
// Read: one document; maps with texts or integers for keys, lists, scalars by YAML 1.1 (yaml_scalar.h), !!binary, !!str, !!int,
// !!float, !!bool, !!null, anchors and aliases, and `!inc file.yaml`, which stands for the content of that file.
// Refused: bytes that are not UTF-8, more than kMaxYaml bytes, more than kMaxDepth levels, more than kMaxYamlNodes values or
// kMaxYaml bytes of them after aliases and files are put in, an alias inside what it names, a key twice, merge keys, other tags,
// a second document. Errors carry file, line and column.
#pragma once

#include <functional>

#include "apps/iat/value.h"

namespace assay::iat {

inline constexpr std::size_t kMaxYaml = std::size_t{1024} * 1024;
inline constexpr std::size_t kMaxYamlNodes = 10000;
inline constexpr std::size_t kMaxYamlIncludes = 4;  // files within files

// The text of the file that !inc names.
using Includer = std::function<Result<std::string>(const std::string& name)>;

Result<Value> read_yaml(std::string_view text, std::string_view file, const Includer& include);

}  // namespace assay::iat
