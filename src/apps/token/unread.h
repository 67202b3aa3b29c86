// Which members of a claims file would be lost.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "codec/json/json.h"

namespace assay::token {

// `read` is `given` after it was read and printed again. Fails with `malformed` and the pointer of the first member of `given` that
// has no counterpart there: a misspelt claim must not vanish from a token in silence. Null and [] say nothing and may vanish, and
// so may what is listed in `ignored`.
Result<void> all_read(const json::Value& given, const json::Value& read, std::span<const std::string_view> ignored = {}, const std::string& where = "");

}  // namespace assay::token
