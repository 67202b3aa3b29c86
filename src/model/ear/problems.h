// All that is wrong with one object of claims, in one sentence as the Go library for EARs builds it, because people compare it:
// "missing mandatory 'a', 'b'; invalid value(s) for 'c' (not a string); unexpected: d".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace assay::ear {

class Problems {
 public:
  void missing(std::string_view name) { missing_.push_back('\'' + std::string{name} + '\''); }
  void missing_text(std::string text) { missing_.push_back(std::move(text)); }
  void invalid(std::string_view name, std::string_view reason) { invalid_.push_back(fmt::format("'{}' ({})", name, reason)); }
  void invalid_text(std::string text) { invalid_.push_back(std::move(text)); }
  void unexpected(std::string_view name) { unexpected_.emplace_back(name); }

  bool none() const { return missing_.empty() && invalid_.empty() && unexpected_.empty(); }
  std::string text() const;
  // `missing` where nothing worse is wrong, else `invalid`.
  Result<void> result() const;

 private:
  std::vector<std::string> missing_;
  std::vector<std::string> invalid_;
  std::vector<std::string> unexpected_;
};

}  // namespace assay::ear
