#include "base/nearest.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace assay {
namespace {

constexpr std::size_t kFar = 3;  // edits

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({change, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

std::string_view nearest(std::span<const std::string_view> names, std::string_view typed) {
  std::string_view best;
  std::size_t least = std::min(kFar, typed.size());  // of two letters, every name of two is near
  for (const std::string_view name : names) {
    if (typed.size() >= name.size() + kFar) continue;  // however long the input is, no work for it
    const std::size_t distance = !typed.empty() && name.starts_with(typed) ? 1 : edit_distance(name, typed);
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return best;
}

std::size_t same_bytes(ByteView a, ByteView b) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) count += a[i] == b[i] ? 1 : 0;
  return count;
}

}  // namespace assay
