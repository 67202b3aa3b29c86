#include "apps/cocli/cocli.h"

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "apps/cocli/commands.h"
#include "apps/files.h"
#include "base/text.h"

namespace assay {
namespace {

// Only `submit` has settings, so that a file with mistakes stops nobody here. But a file that was named must be there.
Result<void> find_config(goflags::Context& context) {
  const std::string& path = context.text("config");
  if (!path.empty()) TRY(files::read_file(path));
  return {};
}

}  // namespace

int run_cocli(std::span<const std::string> args, std::ostream& out, std::ostream& err) { return cocli::run_at(system_now(), args, out, err); }

namespace cocli {

int run_at(UnixSeconds now, std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const goflags::Command root{
      .name = "cocli",
      .short_help = "make and look at endorsements (CoRIM and CoMID)",
      .long_help = "Makes, signs, verifies, displays and takes apart endorsements: CoRIM and CoMID.",
      .flags = {{.long_name = "config", .help = "configuration `file`", .persistent = true}},
      .children = {comid_command(), corim_command(now)},
      .before = find_config,
  };
  return goflags::run(root, args, out, err, "cocli version 0.0.1");
}

std::unexpected<Error> fail_with(Errc errc, std::string text) { return std::unexpected(Error{errc, {}, std::move(text), {}, {}}); }
Error prefixed(std::string_view prefix, const Error& error) { return {error.errc, {}, std::string{prefix} + error.text(), {}, {}}; }

goflags::Flag strict_flag() { return {.long_name = "strict", .kind = goflags::Flag::boolean, .help = "treat what would be passed over with a warning as an error"}; }
goflags::Flag format_flag() { return {.long_name = "format", .help = "wire `generation` to write: a, c or d (default: a, or d where the input needs it)"}; }

Result<void> warn(goflags::Context& context, std::string text) {
  if (context.flag("strict")) return fail_with(Errc::invalid, std::move(text));
  context.err << "warning: " << printable(text) << '\n';
  return {};
}

Result<void> report(const goflags::Context& context, const corim::Problems& problems) {
  TRY(corim::first_error(problems));
  if (context.flag("strict") && !problems.empty()) return std::unexpected(to_error(problems.front()));
  return {};
}

Result<std::vector<std::string>> file_list(goflags::Context& context, std::string_view files, std::string_view folders, std::string_view extension) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const std::string& path : context.list(files)) {
    const bool exists = std::filesystem::exists(path, ignored);
    if (exists && path.ends_with(extension)) {
      found.push_back(path);  // a folder of such a name fails when it is read
      continue;
    }
    const std::string why = exists ? fmt::format("its name does not end in {}", extension) : "there is no such file";
    TRY(warn(context, fmt::format("{} is passed over: {}", path, why)));
  }
  for (const std::string& folder : context.list(folders)) {
    std::error_code failure;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator entry{folder, failure}; !failure && entry != std::filesystem::directory_iterator{}; entry.increment(failure)) {
      if (!entry->is_directory(ignored)) names.push_back(entry->path().filename().string());
    }
    if (failure) TRY(warn(context, fmt::format("{} is passed over: {}", folder, failure.message())));
    std::erase_if(names, [&](const std::string& name) { return !name.ends_with(extension); });
    std::ranges::sort(names);
    for (const std::string& name : names) found.push_back(join(folder, name));
  }
  return found;
}

std::string cbor_name(const std::string& path) {
  const std::string name = std::filesystem::path{path}.filename().string();
  return name.substr(0, name.rfind('.')) + ".cbor";
}

std::string join(const std::string& folder, const std::string& name) { return (std::filesystem::path{folder} / name).lexically_normal().string(); }

Result<std::optional<corim::Generation>> requested_generation(const goflags::Context& context) {
  if (!context.was_set("format")) return std::optional<corim::Generation>{};
  const std::string& word = context.text("format");
  const auto generation = corim::generation_of(word);
  if (!generation || *generation == corim::Generation::b) return fail_with(Errc::usage, fmt::format("invalid argument {} for \"--format\" flag: want a, c or d", files::go_quote(word)));
  return generation;
}

}  // namespace cocli
}  // namespace assay
