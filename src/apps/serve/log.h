// The service's log: a line an event, on one stream, with the id of the request it belongs to.
#pragma once

#include <iosfwd>
#include <mutex>
#include <string_view>
#include <vector>

namespace assay::serve {

enum class Level { debug,
                   info,
                   warning,
                   error };
Level level_of(std::string_view name);

class Log {
 public:
  Log(std::ostream& out, Level least, bool json) : out_{out}, least_{least}, json_{json} {}
  bool takes(Level level) const { return level >= least_; }
  using Field = std::pair<std::string_view, std::string_view>;
  // Thread-safe. Empty fields are left out.
  void write(Level level, std::string_view message, const std::vector<Field>& fields = {});

 private:
  std::ostream& out_;
  Level least_;
  bool json_;
  std::mutex mutex_;
};

}  // namespace assay::serve
