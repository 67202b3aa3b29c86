// A bench that cannot measure ends, with the reason.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/error.h"

namespace assay::bench {

[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result) give_up(result.error().text());
  return std::move(result).value();
}
inline void must(const Result<void>& result) {
  if (!result) give_up(result.error().text());
}

}  // namespace assay::bench
