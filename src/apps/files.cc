#include "apps/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <random>

#include "base/text.h"

namespace assay::files {
namespace {

// An open file that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_{fd} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

std::unexpected<Error> fail_errno(std::string_view verb, std::string_view path, int error);
std::unexpected<Error> too_large(std::string_view path, std::size_t limit);
Result<void> write_all(int fd, const std::string& path, ByteView content);
Result<void> write_in_place(const std::string& path, ByteView content);
std::filesystem::path behind_links(const std::string& path);
std::string go_escape(char32_t rune);
bool go_prints(char32_t rune);
char32_t decode_utf8(std::string_view character);

}  // namespace

Result<Bytes> read_file(const std::string& path, std::size_t limit) {
  if (path == "-") return read_stream(std::cin, "-", limit);
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return fail_errno("open", path, errno);
  Bytes content;
  std::array<std::uint8_t, 16384> chunk;
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", path, errno);
    if (got == 0) return content;
    append(content, ByteView{chunk.data(), static_cast<std::size_t>(got)});
    if (content.size() > limit) return too_large(path, limit);
  }
}

Result<std::string> read_text(const std::string& path, std::size_t limit) { return to_string(TRY(read_file(path, limit))); }

Result<Bytes> read_stream(std::istream& in, std::string_view name, std::size_t limit) {
  Bytes content;
  std::array<char, 16384> chunk;
  while (in) {
    in.read(chunk.data(), chunk.size());
    append(content, as_bytes({chunk.data(), static_cast<std::size_t>(in.gcount())}));
    if (content.size() > limit) return too_large(name, limit);
  }
  if (in.bad()) return fail(Errc::io, "", "read {}: input/output error", name);
  return content;
}

Result<void> write_file(const std::string& path, ByteView content, unsigned mode) {
  const std::filesystem::path target = behind_links(path);
  struct stat existing{};
  const bool exists = ::stat(target.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) return fail_errno("open", path, EISDIR);
  if (exists && !S_ISREG(existing.st_mode)) return write_in_place(path, content);
  if (exists && ::access(target.c_str(), W_OK) != 0) return fail_errno("open", path, errno);

  const std::string temporary = target.string() + fmt::format(".{:08x}.tmp", std::random_device{}());
  Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (!file && errno == EACCES && exists) return write_in_place(path, content);  // a writable file in a folder that is not
  if (!file) return fail_errno("open", path, errno);
  Result<void> written = write_all(file.get(), path, content);
  if (written && exists && ::fchmod(file.get(), existing.st_mode & 07777) != 0) written = fail_errno("chmod", path, errno);
  if (written && !file.close()) written = fail_errno("close", path, errno);
  if (written && ::rename(temporary.c_str(), target.c_str()) != 0) written = fail_errno("rename", path, errno);
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Result<void> write_files(std::span<const NamedContent> files) {
  std::vector<std::filesystem::path> temporaries;
  const auto clean = [&] {
    for (const auto& path : temporaries) ::unlink(path.c_str());
  };
  Result<void> done;
  for (const NamedContent& file : files) {
    const std::filesystem::path target = behind_links(file.path);
    std::error_code code;
    if (target.has_parent_path()) std::filesystem::create_directories(target.parent_path(), code);
    if (code) done = fail_errno("mkdir", target.parent_path().string(), code.value());
    // What `rename` would stumble over is found before the first.
    if (done && std::filesystem::is_directory(target, code)) done = fail_errno("open", file.path, EISDIR);
    const std::filesystem::path temporary = target.string() + fmt::format(".{:08x}.new", std::random_device{}());
    if (done) done = write_file(temporary.string(), file.content);
    if (!done) {
      clean();
      return done;
    }
    temporaries.push_back(temporary);
  }
  for (std::size_t i = 0; i < files.size() && done; ++i) {
    if (::rename(temporaries[i].c_str(), behind_links(files[i].path).c_str()) != 0) done = fail_errno("rename", files[i].path, errno);
  }
  if (!done) clean();
  return done;
}

Result<void> write_output(const std::string& path, ByteView content, std::ostream& out) {
  if (path != "-") return write_file(path, content);
  out.write(as_text(content).data(), static_cast<std::streamsize>(content.size()));
  return {};
}

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    // The length of one well-formed character: what is left is bad at 0, or the first character is good.
    std::size_t length = 1;
    while (length < 4 && length < text.size() && invalid_utf8(text.substr(0, length)) == 0) ++length;
    if (invalid_utf8(text.substr(0, length)) == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
      length = 1;
    } else if (const char32_t rune = decode_utf8(text.substr(0, length)); go_prints(rune) && rune != U'"' && rune != U'\\') {
      out += text.substr(0, length);
    } else {
      out += go_escape(rune);
    }
    text.remove_prefix(length);
  }
  return out + '"';
}

namespace {

// The file a symbolic link points to is replaced, not the link; it need not be there yet.
std::filesystem::path behind_links(const std::string& path) {
  constexpr int kMaxLinks = 40;  // as Linux does
  std::filesystem::path target = path;
  std::error_code failure;
  for (int links = 0; links < kMaxLinks && std::filesystem::is_symlink(target, failure); ++links) {
    const std::filesystem::path next = std::filesystem::read_symlink(target, failure);
    if (failure) return path;
    target = target.parent_path() / next;
  }
  return target;
}

std::unexpected<Error> fail_errno(std::string_view verb, std::string_view path, int error) {
  std::string reason = std::strerror(error);
  if (!reason.empty()) reason[0] = static_cast<char>(reason[0] | 0x20);  // Go writes these in lower case
  return fail(error == ENOENT ? Errc::not_found : Errc::io, "", "{} {}: {}", verb, path, reason);
}

std::unexpected<Error> too_large(std::string_view path, std::size_t limit) {
  return fail_expecting(Errc::limit, "", fmt::format("read {}: file too large", path), fmt::format("at most {} bytes", limit));
}

Result<void> write_all(int fd, const std::string& path, ByteView content) {
  while (!content.empty()) {
    const ssize_t put = ::write(fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno("write", path, errno);
    content = content.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> write_in_place(const std::string& path, ByteView content) {
  Descriptor file{::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC)};
  if (!file) return fail_errno("open", path, errno);
  TRY(write_all(file.get(), path, content));
  if (!file.close()) return fail_errno("close", path, errno);
  return {};
}

std::string go_escape(char32_t rune) {
  switch (rune) {
    case U'\a': return "\\a";
    case U'\b': return "\\b";
    case U'\f': return "\\f";
    case U'\n': return "\\n";
    case U'\r': return "\\r";
    case U'\t': return "\\t";
    case U'\v': return "\\v";
    case U'"': return "\\\"";
    case U'\\': return "\\\\";
    default: break;
  }
  const auto code = static_cast<std::uint32_t>(rune);
  if (code < 0x80) return fmt::format("\\x{:02x}", code);
  return code < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
}

// Go's strconv.IsPrint as far as text on a command line goes: no controls, no format characters, no blank but U+0020, no private use.
bool go_prints(char32_t rune) {
  if (rune < 0x20 || (rune >= 0x7f && rune <= 0xa0) || rune == 0xad) return false;
  if (rune == 0x1680 || rune == 0x3000 || rune == 0xfeff) return false;
  if ((rune >= 0x2000 && rune <= 0x200f) || (rune >= 0x2028 && rune <= 0x202f) || (rune >= 0x205f && rune <= 0x206f)) return false;
  if ((rune >= 0xe000 && rune <= 0xf8ff) || (rune >= 0xfff0 && rune <= 0xfffb) || rune >= 0xe0000) return false;
  return (rune & 0xfffe) != 0xfffe;
}

char32_t decode_utf8(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  char32_t rune = first & (0xffU >> (character.size() + 1));
  for (const char c : character.substr(1)) rune = (rune << 6) | (static_cast<unsigned char>(c) & 0x3fU);
  return rune;
}

}  // namespace
}  // namespace assay::files
