#include "apps/token/unread.h"

#include <algorithm>

namespace assay::token {
namespace {

bool says_nothing(const json::Value& value) { return value.is_null() || (value.array() != nullptr && value.array()->empty()); }

}  // namespace

// Recursion is as deep as the JSON, which the parser bounds.
Result<void> all_read(const json::Value& given, const json::Value& read, std::span<const std::string_view> ignored, const std::string& where) {
  if (given.array() != nullptr && read.array() != nullptr) {
    const std::size_t both = std::min(given.array()->size(), read.array()->size());
    for (std::size_t i = 0; i < both; ++i) TRY(all_read((*given.array())[i], (*read.array())[i], ignored, json::pointer(where, i)));
    return {};
  }
  if (given.object() == nullptr || read.object() == nullptr) return {};
  for (const auto& [name, value] : *given.object()) {
    if (std::ranges::find(ignored, name) != ignored.end()) continue;
    const std::string at = json::pointer(where, std::string_view{name}.substr(0, 80));
    const json::Value* kept = read.object()->find(name);
    if (kept == nullptr && !says_nothing(value)) return fail_expecting(Errc::malformed, at, "nothing in a token of this profile has this name, so it would be lost", "only members that `assay token … show --json` prints for claims it knows");
    if (kept != nullptr) TRY(all_read(value, *kept, ignored, at));
  }
  return {};
}

}  // namespace assay::token
