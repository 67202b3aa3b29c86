// What is wrong with an endorsement, all of it: for `lint`, and the first error for everybody else.
#pragma once

#include <algorithm>
#include <optional>
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
  // If it is about a member of the object at `where`: its name, and what it is probably meant to be called.
  std::optional<std::string> member = {};
  std::string perhaps = {};
  std::size_t more = 0;  // it stands for that many that were not kept
  bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

// Collects them; a file of megabytes may have millions, and nobody reads more than some.
inline constexpr std::size_t kMaxProblems = 1000;
class ProblemList {
 public:
  // Would it be kept? To be asked where a problem is dear to put together. The first error always is.
  bool keeps(Problem::Severity severity) const { return list_.size() < kMaxProblems || (severity == Problem::Severity::error && !has_error_); }
  void push_back(Problem problem) {
    const bool is_error = problem.severity == Problem::Severity::error;
    if (problem.more != 0 || !keeps(problem.severity)) return leave_out(problem.severity, std::max<std::size_t>(problem.more, 1));
    has_error_ = has_error_ || is_error;
    list_.push_back(std::move(problem));
  }
  void add(Problems problems) {
    for (Problem& problem : problems) push_back(std::move(problem));
  }
  void leave_out(Problem::Severity severity, std::size_t count = 1) {
    left_out_ += count;
    has_error_left_out_ = has_error_left_out_ || severity == Problem::Severity::error;
  }
  // With a last one that says how many more there were.
  Problems take() && {
    if (left_out_ != 0) list_.push_back({has_error_left_out_ ? Problem::Severity::error : Problem::Severity::warning, Errc::invalid, "", "and " + std::to_string(left_out_) + " more", "", {}, {}, left_out_});
    return std::move(list_);
  }

 private:
  Problems list_;
  std::size_t left_out_ = 0;
  bool has_error_ = false;
  bool has_error_left_out_ = false;
};

inline Error to_error(const Problem& problem) { return Error{problem.errc, problem.where, problem.what, problem.expected, {}}; }

// The first error, if there is one.
inline Result<void> first_error(const Problems& problems) {
  for (const Problem& problem : problems) {
    if (problem.severity == Problem::Severity::error) return std::unexpected(to_error(problem));
  }
  return {};
}

}  // namespace assay::corim
