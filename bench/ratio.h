// Measures work as a multiple of a floor: both run in turn, many rounds, in the same process, by the thread's CPU time, and the
// median of the rounds' ratios is what counts. On a shared machine absolute times are noise; these ratios are not.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace assay::bench {

using Work = std::function<void()>;

inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

inline double time_of(const Work& work, int times) {
  const double start = cpu_seconds();
  for (int i = 0; i < times; ++i) work();
  return (cpu_seconds() - start) / times;
}

// How often to run so that one sample takes some milliseconds.
inline int times_for(const Work& work, double seconds = 0.004) {
  const double once = std::max(time_of(work, 3), 1e-8);
  return std::clamp(static_cast<int>(seconds / once), 1, 1000000);
}

struct Ratio {
  double median = 0;
  double low = 0;  // quartiles of the rounds
  double high = 0;
  double work_us = 0;
  double floor_us = 0;
};

inline double at(std::vector<double> values, double part) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

inline Ratio ratio(const Work& work, const Work& floor, int rounds = 41) {
  const int work_times = times_for(work);
  const int floor_times = times_for(floor);
  std::vector<double> ratios, works, floors;
  for (int i = 0; i < rounds; ++i) {
    works.push_back(time_of(work, work_times));
    floors.push_back(time_of(floor, floor_times));
    ratios.push_back(works.back() / floors.back());
  }
  return {at(ratios, 0.5), at(ratios, 0.25), at(ratios, 0.75), at(works, 0.5) * 1e6, at(floors, 0.5) * 1e6};
}

}  // namespace assay::bench
