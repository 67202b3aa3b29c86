// What the service has done, counted: for Prometheus (text format 0.0.4). Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace assay::front {

class Metrics {
 public:
  void request(std::string_view interface, int status, std::chrono::microseconds duration);
  void verdict(std::string_view scheme, std::string_view status);

  // `gauges`: what is asked at the time: "assay_sessions_open", 3.
  std::string text(const std::map<std::string, double>& gauges) const;

 private:
  static constexpr std::array<double, 9> kBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5};  // seconds
  struct Duration {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};
    double sum = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::uint64_t> requests_;  // interface, status
  std::map<std::string, Duration> durations_;                      // interface
  std::map<std::pair<std::string, std::string>, std::uint64_t> verdicts_;
};

}  // namespace assay::front
