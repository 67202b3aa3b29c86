// The pieces `cocli` is made of. Error texts up to the library's part are the original's; scripts compare them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/goflags.h"
#include "base/clock.h"
#include "model/corim/generation.h"
#include "model/corim/problem.h"

namespace assay::cocli {

goflags::Command comid_command();
goflags::Command corim_command(UnixSeconds now);
goflags::Command cots_command();

// The whole tool at another time than now, for tests of what depends on it.
int run_at(UnixSeconds now, std::span<const std::string> args, std::ostream& out, std::ostream& err);

using goflags::fail_with;
using goflags::prefixed;
using goflags::with_prefix;

goflags::Flag strict_flag();
goflags::Flag format_flag();

// A warning on stderr, or with --strict an error.
Result<void> warn(goflags::Context& context, std::string text);
// The first error of `problems`; with --strict also the first warning, of which the original says nothing (as this does then).
Result<void> report(const goflags::Context& context, const corim::Problems& problems);

// The files named by the flag `files`, then what is in the folders of the flag `folders`, in the order of names, as far as they end in one
// of `extensions`: all with the first, then all with the second. Named files that do not exist or end otherwise are passed over with a
// warning.
Result<std::vector<std::string>> file_list(goflags::Context& context, std::string_view files, std::string_view folders, std::span<const std::string_view> extensions);
Result<std::vector<std::string>> file_list(goflags::Context& context, std::string_view files, std::string_view folders, std::string_view extension);

// The flags --file and --dir of commands that read, and the .cbor files they name.
std::vector<goflags::Flag> read_flags(std::string_view what);
Result<std::vector<std::string>> files_to_read(goflags::Context& context);
// Prints what `shown` says of each of these; goes on after a failure.
Result<void> display_files(goflags::Context& context, const std::function<Result<std::string>(const std::string& file)>& shown);
// With --verbose: a line on stderr that this file comes now.
void note_file(goflags::Context& context, const std::string& path);

// `path` without folders and its last extension, with ".cbor".
std::string cbor_name(const std::string& path);
// As filepath.Join: "./a" is "a".
std::string join(const std::string& folder, const std::string& name);

Result<std::optional<corim::Generation>> requested_generation(const goflags::Context& context);

}  // namespace assay::cocli
