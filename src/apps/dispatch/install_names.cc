#include "apps/dispatch/install_names.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <vector>

#include "apps/catalogue.h"
#include "base/error.h"
#include "base/text.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHelp =
    "Usage: assay install-names [--force] DIR [NAME…]\n"
    "\n"
    "Makes symbolic links to this program in DIR, one for each tool it stands in for (or only those named). Called by such a\n"
    "name it takes that tool's arguments. DIR and the folders above it are made if they are missing. What exists already\n"
    "under a name is left alone unless --force is given.\n"
    "\n"
    "Example:\n"
    "  assay install-names ~/bin && evcli psa print --token token.cbor\n";

struct Options {
  bool force = false;
  bool help = false;
  std::string folder;
  std::vector<std::string> names;
};

Result<Options> parse(std::span<const std::string> args);
Result<std::string> make_link(const fs::path& program, const fs::path& link, bool force);

}  // namespace

int run_install_names(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const auto options = parse(args);
  if (!options) {
    err << "error: " << options.error().text() << "\nTry: assay install-names --help\n";
    return exit_code(options.error().errc);
  }
  if (options->help) return (out << kHelp), 0;

  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  const bool made = !failure && fs::create_directories(options->folder, failure);
  if (failure) {
    err << "error: " << printable(options->folder) << ": " << failure.message() << '\n';
    return exit_code(Errc::io);
  }
  if (made) out << printable(options->folder) << ": folder made\n";
  int status = 0;
  for (const std::string& name : options->names) {
    const fs::path link = fs::path{options->folder} / name;
    const auto done = make_link(program, link, options->force);
    if (done) {
      out << printable(link.string()) << ": " << *done << '\n';
    } else {
      err << "error: " << done.error().text() << '\n';
      status = exit_code(done.error().errc);
    }
  }
  return status;
}

namespace {

Result<Options> parse(std::span<const std::string> args) {
  Options options;
  for (const std::string& arg : args) {
    if (arg == "--help" || arg == "-h") options.help = true;
    else if (arg == "--force") options.force = true;
    else if (arg.starts_with('-')) return fail_expecting(Errc::usage, "", "unknown flag " + assay::quoted(arg), "--force or --help");
    else if (options.folder.empty()) options.folder = arg;
    else options.names.push_back(arg);
  }
  if (options.help) return options;
  if (options.folder.empty()) return fail_expecting(Errc::usage, "", "no folder", "where the links shall be: ~/bin");
  for (const std::string& name : options.names) {
    const auto known = std::ranges::find(catalogue::kPersonalities, name, &catalogue::Entry::name);
    if (known == catalogue::kPersonalities.end()) return fail_expecting(Errc::usage, "", "no tool " + assay::quoted(name), "a name that `assay as` lists");
  }
  if (options.names.empty()) {
    for (const catalogue::Entry& entry : catalogue::kPersonalities) options.names.emplace_back(entry.name);
  }
  return options;
}

// What was done, in words. The link is relative when the program lies in the same folder, so that both can move together.
Result<std::string> make_link(const fs::path& program, const fs::path& link, bool force) {
  std::error_code failure;
  const fs::path folder = fs::canonical(link.parent_path().empty() ? "." : link.parent_path(), failure);
  const fs::path target = folder == program.parent_path() ? program.filename() : program;
  if (const auto status = fs::symlink_status(link, failure); fs::exists(status)) {
    std::error_code none;
    if (fs::is_symlink(status) && fs::read_symlink(link, none) == target) return "there already";
    if (!force) return fail_expecting(Errc::conflict, link.string(), "exists and is something else", "--force to replace it");
    if (fs::is_directory(status)) return fail(Errc::conflict, link.string(), "is a directory");
    fs::remove(link, failure);
  }
  fs::create_symlink(target, link, failure);
  if (failure) return fail(Errc::io, link.string(), "{}", failure.message());
  return "-> " + target.string();
}

}  // namespace
}  // namespace assay
