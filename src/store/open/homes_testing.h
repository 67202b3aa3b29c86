// For tests: a place for a store of each kind, gone with the object.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "appraise/ports.h"
#include "store/memory/rules.h"

namespace assay::testing {

enum class HomeKind { memory,
                      sqlite,
                      postgres };
inline constexpr std::array kHomeKinds{HomeKind::memory, HomeKind::sqlite, HomeKind::postgres};
std::string_view name(HomeKind kind);

class Home {
 public:
  virtual ~Home() = default;
  // Null, and a failed test, where it cannot be opened.
  virtual std::unique_ptr<appraise::Store> open(store::SessionLimits limits) = 0;
};
// Null where this machine has none.
std::unique_ptr<Home> make_home(HomeKind kind);

}  // namespace assay::testing
