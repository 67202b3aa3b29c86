// How often a client asks for what is not ready yet.
#pragma once

#include <chrono>
#include <functional>

#include "net/http.h"

namespace assay::net {

// Time as it passes, so that tests need not wait.
struct Pace {
  std::function<std::chrono::milliseconds()> elapsed;
  std::function<void(std::chrono::milliseconds)> wait;
};
Pace real_pace();

// 200 ms at first, half as long again each time, at most 5 s; longer where the answer asks for it (Retry-After in seconds,
// RFC 9110 §10.2.3, up to an hour).
class Waits {
 public:
  std::chrono::milliseconds after(const Response& response);

 private:
  std::chrono::milliseconds usual_{200};
};

}  // namespace assay::net
