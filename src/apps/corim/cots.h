// What the commands of `assay cots` do, apart from the command line.
#pragma once

#include "apps/corim/commands.h"

namespace assay::corim_cli {

struct CotsOptions {
  std::vector<std::string> anchors;
  std::vector<std::string> authorities;
  std::vector<std::string> purposes;
  std::optional<std::string> permitted;  // files with claims
  std::optional<std::string> excluded;
  std::optional<std::string> id;
  bool new_id = false;
  std::uint64_t version = 0;
  std::optional<std::string> language;
};

Result<int> create_cots(const Options& options, const CotsOptions& cots, const Streams& to);
Result<int> show_cots(const Options& options, const Streams& to);
// CoTS, and arrays of environments that create takes.
Result<int> validate_cots(const Options& options, const Streams& to);

}  // namespace assay::corim_cli
