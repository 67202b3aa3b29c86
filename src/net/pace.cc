#include "net/pace.h"

#include <algorithm>
#include <charconv>
#include <thread>

namespace assay::net {

using std::chrono::milliseconds;

Pace real_pace() {
  const auto start = std::chrono::steady_clock::now();
  return {[start] { return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start); }, [](milliseconds time) { std::this_thread::sleep_for(time); }};
}

milliseconds Waits::after(const Response& response) {
  constexpr milliseconds kLongest{5000};
  constexpr unsigned kLongestAsked = 3600;
  const milliseconds usual = usual_;
  usual_ = std::min(usual_ * 3 / 2, kLongest);
  const auto said = response.header("Retry-After");
  if (!said) return usual;
  unsigned seconds = 0;
  const auto [end, failure] = std::from_chars(said->data(), said->data() + said->size(), seconds);
  const bool usable = failure == std::errc{} && end == said->data() + said->size() && seconds <= kLongestAsked;
  return usable ? std::max(usual, milliseconds{1000} * seconds) : usual;
}

}  // namespace assay::net
