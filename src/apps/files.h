// Files of the command line: read with a limit, written whole or not at all, errors worded as Go words them (people grep for
// `open x: no such file or directory`).
#pragma once

#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/limits.h"

namespace assay::files {

// The whole file; `-` is standard input. Fails with `not_found`, `io`, or `limit` beyond `limit` bytes (nothing more is read).
Result<Bytes> read_file(const std::string& path, std::size_t limit = kMaxResult);
Result<std::string> read_text(const std::string& path, std::size_t limit = kMaxResult);
// The same for an open stream, named `name` in errors.
Result<Bytes> read_stream(std::istream& in, std::string_view name, std::size_t limit);

// Writes through a temporary file in the same folder and renames it, so that a reader sees the old content or the new, never a
// part. An existing file keeps its mode; a new one gets `mode` less the umask. Devices and pipes are written in place.
inline constexpr unsigned kPublicMode = 0644;
inline constexpr unsigned kSecretMode = 0600;
Result<void> write_file(const std::string& path, ByteView content, unsigned mode = kPublicMode);

// All of them or none: each is written beside its place, and when all are they take their places. A folder that does not exist is made.
struct NamedContent {
  std::string path;
  Bytes content;
};
Result<void> write_files(std::span<const NamedContent> files);

// `-` is `out`, anything else a file.
Result<void> write_output(const std::string& path, ByteView content, std::ostream& out);

// Go's %q: double quotes, backslash escapes for quotes, controls, invalid UTF-8 and what does not print.
std::string go_quote(std::string_view text);

}  // namespace assay::files
