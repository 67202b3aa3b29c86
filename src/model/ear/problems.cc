#include "model/ear/problems.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::ear {
namespace {

constexpr std::size_t kShown = 32;  // of one kind: a sentence that an input made longer helps nobody

}  // namespace

std::string Problems::text() const {
  std::string text;
  const auto add = [&](std::string_view title, const std::vector<std::string>& names) {
    if (names.empty()) return;
    if (!text.empty()) text += "; ";
    const std::size_t shown = std::min(names.size(), kShown);
    text += fmt::format("{} {}", title, fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
    if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  };
  add("missing mandatory", missing_);
  add("invalid value(s) for", invalid_);
  add("unexpected:", unexpected_);
  return text;
}

Result<void> Problems::result() const {
  if (none()) return {};
  return fail(invalid_.empty() && unexpected_.empty() ? Errc::missing : Errc::invalid, "", "{}", text());
}

}  // namespace assay::ear
