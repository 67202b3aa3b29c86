// Queries of `veraison stores`: of jq's language `.`, members (`.attributes`, `."PSA_IOT.hw-model"`, `.["a b"]`) and items (`.[0]`, from
// the end `.[-1]`), one behind the other. Nothing else: who needs more pipes the output into jq.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "codec/json/json.h"

namespace assay::veraison {

using Step = std::variant<std::string, std::int64_t>;

// Fails with `usage`.
Result<std::vector<Step>> parse_query(std::string_view text);

// As jq: null for a member or item that is not there, and of null; `invalid`, in jq's words, for what has no members or items.
Result<json::Value> look_up(const json::Value& value, const std::vector<Step>& steps);

}  // namespace assay::veraison
