#include "apps/cocli/cocli.h"

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "apps/cocli/commands.h"
#include "apps/files.h"
#include "base/text.h"

namespace assay {
namespace {

// Only `submit` has settings (it reads them itself), so that a file with mistakes stops nobody else. But a file that was named must be there.
Result<void> find_config(goflags::Context& context) {
  const std::string& path = context.text("config");
  if (!path.empty()) TRY(files::read_file(path));
  return {};
}

}  // namespace

int run_cocli(std::span<const std::string> args, std::ostream& out, std::ostream& err) { return cocli::run_at(system_now(), args, out, err); }

namespace cocli {
namespace {

Result<std::vector<std::string>> named_files(goflags::Context& context, std::string_view flag, std::span<const std::string_view> extensions);
Result<std::vector<std::string>> files_inside(goflags::Context& context, const std::string& folder);
std::string any_of(std::span<const std::string_view> words);

}  // namespace

int run_at(UnixSeconds now, std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const goflags::Command root{
      .name = "cocli",
      .short_help = "make and look at endorsements (CoRIM, CoMID and CoTS)",
      .long_help = "Makes, signs, verifies, displays and takes apart endorsements: CoRIM, CoMID and CoTS.",
      .flags = {{.long_name = "config", .help = "configuration `file`", .persistent = true},
                {.long_name = "verbose", .kind = goflags::Flag::boolean, .help = "say on stderr which file is being worked on", .persistent = true}},
      .children = {comid_command(), cots_command(), corim_command(now)},
      .before = find_config,
  };
  return goflags::run(root, args, out, err, "cocli version 0.0.1");
}

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
  return file_list(context, files, folders, std::span{&extension, 1});
}

Result<std::vector<std::string>> file_list(goflags::Context& context, std::string_view files, std::string_view folders, std::span<const std::string_view> extensions) {
  const std::vector<std::string> named = TRY(named_files(context, files, extensions));
  std::vector<std::string> inside;
  for (const std::string& folder : context.list(folders)) {
    auto names = TRY(files_inside(context, folder));
    std::ranges::move(names, std::back_inserter(inside));
  }
  std::vector<std::string> found;
  for (const std::string_view extension : extensions) {
    const auto matches = [&](const std::string& path) { return path.ends_with(extension); };
    std::ranges::copy_if(named, std::back_inserter(found), matches);
    std::ranges::copy_if(inside, std::back_inserter(found), matches);
  }
  return found;
}

std::vector<goflags::Flag> read_flags(std::string_view what) {
  return {
      {.long_name = "file", .short_name = 'f', .kind = goflags::Flag::list, .help = fmt::format("`file` with a {}; may be repeated", what)},
      {.long_name = "dir", .short_name = 'd', .kind = goflags::Flag::list, .help = fmt::format("`folder` with {}s, *.cbor; may be repeated", what)},
      strict_flag(),
  };
}

Result<std::vector<std::string>> files_to_read(goflags::Context& context) {
  if (context.list("file").empty() && context.list("dir").empty()) return fail_with(Errc::usage, "no files supplied");
  auto paths = TRY(file_list(context, "file", "dir", ".cbor"));
  if (paths.empty()) return fail_with(Errc::usage, "no files found");
  return paths;
}

void note_file(goflags::Context& context, const std::string& path) {
  if (!context.flag("verbose")) return;
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  context.err << "[INFO] Processing file " << printable(path) << (failure ? "" : fmt::format(" ({} bytes)", size)) << '\n';
}

Result<void> display_files(goflags::Context& context, const std::function<Result<std::string>(const std::string& file)>& shown) {
  const auto paths = TRY(files_to_read(context));
  std::size_t failed = 0;
  for (const std::string& file : paths) {
    note_file(context, file);
    const auto text = shown(file);
    if (text) {
      context.out << fmt::format(">> [{}]\n{}\n", file, *text);
    } else {
      ++failed;
      context.out << fmt::format(">> failed displaying {}: {}\n", files::go_quote(file), text.error().text());
    }
  }
  if (failed != 0) return fail_with(Errc::invalid, fmt::format("{}/{} display(s) failed", failed, paths.size()));
  return {};
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

namespace {

Result<std::vector<std::string>> named_files(goflags::Context& context, std::string_view flag, std::span<const std::string_view> extensions) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const std::string& path : context.list(flag)) {
    const bool exists = std::filesystem::exists(path, ignored);
    if (exists && std::ranges::any_of(extensions, [&](std::string_view extension) { return path.ends_with(extension); })) {
      found.push_back(path);  // a folder of such a name fails when it is read
      continue;
    }
    const std::string why = exists ? fmt::format("its name does not end in {}", any_of(extensions)) : "there is no such file";
    TRY(warn(context, fmt::format("{} is passed over: {}", path, why)));
  }
  return found;
}

// In the order of their names; one that cannot be read is as if it were empty.
Result<std::vector<std::string>> files_inside(goflags::Context& context, const std::string& folder) {
  std::error_code ignored;
  std::error_code failure;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry{folder, failure}; !failure && entry != std::filesystem::directory_iterator{}; entry.increment(failure)) {
    if (!entry->is_directory(ignored)) names.push_back(entry->path().filename().string());
  }
  if (failure) TRY(warn(context, fmt::format("{} is passed over: {}", folder, failure.message())));
  std::ranges::sort(names);
  for (std::string& name : names) name = join(folder, name);
  return names;
}

std::string any_of(std::span<const std::string_view> words) {
  std::string all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) all += i + 1 == words.size() ? " or " : ", ";
    all += words[i];
  }
  return all;
}

}  // namespace
}  // namespace cocli
}  // namespace assay
