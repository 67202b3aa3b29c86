// What the commands of `assay comid` and `assay corim` do, apart from the command line.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "apps/endorsements.h"
#include "codec/json/json.h"

namespace assay::corim_cli {

struct Options {
  bool json = false;
  std::string file;                    // - is standard input
  std::vector<std::string> files;      // of validate
  std::optional<std::string> profile;  // of comid commands: whose members and rules count; of the CoRIM that a made one goes into
  std::optional<std::string> id;       // of merge
  std::string example;                 // which
  std::vector<std::string> comids;     // of create, and so are the next two
  std::vector<std::string> coswids;
  std::vector<std::string> cots;
  std::optional<std::string> to;   // wire generation to write
  std::optional<std::string> out;  // none: standard output, or what is inside is shown (verify)
  std::string out_dir = ".";       // of extract
  std::optional<std::string> key;
  std::string meta;
  std::optional<std::string> certificate;
  std::optional<std::string> intermediates;
  std::vector<std::string> roots;
  std::vector<std::string> lists;
  std::optional<std::string> policy;
  std::optional<std::string> at;  // of verify
};
struct Streams {
  std::ostream& out;
  std::ostream& err;
};

// Each gives the exit status; of problems in a template all are printed, and then the status of the first error is given.
Result<int> create_comid(const Options& options, const Streams& to);
Result<int> show_comid(const Options& options, const Streams& to);
Result<int> validate_comids(const Options& options, const Streams& to);
Result<int> create_corim(const Options& options, const Streams& to);
Result<int> show_corim(const Options& options, const Streams& to);
Result<int> validate_corims(const Options& options, const Streams& to);

// One file of validate: its problems, or why it cannot be read at all, as one of them.
struct Judged {
  corim::Problems problems;
  std::optional<std::string> profile = {};  // whose rules were applied
};
using Judge = std::function<Result<Judged>(const std::string& path)>;
Result<int> validate_files(const Options& options, const Streams& to, const Judge& judge);

Result<int> sign_corim(const Options& options, const Streams& to);
Result<int> verify_corim(const Options& options, const Streams& to);
Result<int> extract_corim(const Options& options, const Streams& to);
Result<int> convert_corim(const Options& options, const Streams& to);

// To `options.out`, with a line that says so, or to standard output, but nothing binary to a terminal.
Result<void> write_out(const Options& options, ByteView content, const Streams& to);

// That line, or an object in JSON.
void say_written(const std::string& path, std::size_t size, const Options& options, const Streams& to);

// For people: indented lines, tag by tag; for machines: one object.
void print(std::ostream& out, const endorsements::Opened& opened, bool json);
// One line of a problem, without "error: " or "warning: ".
std::string text_of(const std::string& file, const corim::Problem& problem);
json::Value to_json(const corim::Problem& problem);

// All of them, one line each; the exit status of the first error, or 0.
int print_problems(const std::string& file, const corim::Problems& problems, std::ostream& err);
// The generation that --format or --to names.
Result<std::optional<corim::Generation>> wanted(const Options& options);

using corim::is_template;

}  // namespace assay::corim_cli
