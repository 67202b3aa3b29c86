// What is wrong with an endorsement, all of it: for `lint`, and the first error for everybody else.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace assay::corim {

struct Problem {
  enum class Severity { warning,
                        error };
  Severity severity = Severity::error;
  Errc errc = Errc::invalid;
  std::string where;  // JSON pointer in the member names of templates
  std::string what;
  std::string expected;  // may be empty
  bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

inline Error to_error(const Problem& problem) { return Error{problem.errc, problem.where, problem.what, problem.expected, {}}; }

// The first error, if there is one.
inline Result<void> first_error(const Problems& problems) {
  for (const Problem& problem : problems) {
    if (problem.severity == Problem::Severity::error) return std::unexpected(to_error(problem));
  }
  return {};
}

}  // namespace assay::corim
