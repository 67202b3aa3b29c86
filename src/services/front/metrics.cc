#include "services/front/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::front {

void Metrics::request(std::string_view interface, int status, std::chrono::microseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(kBounds, seconds) - kBounds.begin());
  const std::scoped_lock lock{mutex_};
  ++requests_[{std::string{interface}, status}];
  Duration& of_interface = durations_[std::string{interface}];
  ++of_interface.counts[bucket];
  of_interface.sum += seconds;
}

void Metrics::verdict(std::string_view scheme, std::string_view status) {
  const std::scoped_lock lock{mutex_};
  ++verdicts_[{std::string{scheme}, std::string{status}}];
}

// All names and label values are words of our own: nothing is escaped.
std::string Metrics::text(const std::map<std::string, double>& gauges) const {
  const std::scoped_lock lock{mutex_};
  std::string out = "# TYPE assay_requests_total counter\n";
  for (const auto& [key, count] : requests_) out += fmt::format("assay_requests_total{{interface=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, count);
  out += "# TYPE assay_verdicts_total counter\n";
  for (const auto& [key, count] : verdicts_) out += fmt::format("assay_verdicts_total{{scheme=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, count);
  out += "# TYPE assay_request_seconds histogram\n";
  for (const auto& [interface, duration] : durations_) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      total += duration.counts[i];
      out += fmt::format("assay_request_seconds_bucket{{interface=\"{}\",le=\"{}\"}} {}\n", interface, kBounds[i], total);
    }
    total += duration.counts[kBounds.size()];
    out += fmt::format("assay_request_seconds_bucket{{interface=\"{0}\",le=\"+Inf\"}} {1}\nassay_request_seconds_sum{{interface=\"{0}\"}} {2}\nassay_request_seconds_count{{interface=\"{0}\"}} {1}\n", interface, total, duration.sum);
  }
  for (const auto& [name, value] : gauges) out += fmt::format("# TYPE {0} gauge\n{0} {1}\n", name, value);
  return out;
}

}  // namespace assay::front
