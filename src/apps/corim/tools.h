// What nobody's tools do with endorsements: say all that is wrong with them, compare, merge, and draft them from evidence.
#pragma once

#include "apps/corim/commands.h"

namespace assay::corim_cli {

struct ToolOptions {
  bool fix = false;                          // lint: rewrite the file
  bool strict = false;                       // lint: warnings count
  std::optional<std::string> type;           // lint: comid, corim or cots
  std::optional<std::string> verified_with;  // from-evidence: the key the evidence must verify with
  bool unverified = false;
  std::string entry;  // of a CMW collection
};

Result<int> lint_files(const Options& options, const ToolOptions& tool, const Streams& to);
Result<int> diff_corims(const Options& options, const Streams& to);
Result<int> diff_comids(const Options& options, const Streams& to);
Result<int> merge_corims(const Options& options, const Streams& to);
Result<int> draft_from_evidence(const Options& options, const ToolOptions& tool, const Streams& to);

}  // namespace assay::corim_cli
