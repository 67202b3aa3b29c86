#include "crypto/signer/secret_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/limits.h"

namespace assay::crypto {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_{number} {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  explicit operator bool() const { return number_ >= 0; }
  int get() const { return number_; }
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

std::unexpected<Error> failed(const std::string& path, std::string_view what) {
  const int reason = errno;
  return fail(reason == ENOENT ? Errc::not_found : Errc::io, path, "{}: {}", what, std::generic_category().message(reason));
}
Result<void> check_is_secret(int descriptor, const std::string& path);
Result<void> write_all(int descriptor, ByteView content, const std::string& path);
Result<void> sync_folder(const std::string& folder);

}  // namespace

Result<SecretBytes> read_secret_file(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!file) return failed(path, "cannot be opened");
  TRY(check_is_secret(file.get(), path));
  Bytes content(kMaxKeyFile + 1);
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      wipe(content);
      return failed(path, "cannot be read");
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  SecretBytes exact{Bytes(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(std::min(size, kMaxKeyFile)))};
  wipe(content);
  if (size > kMaxKeyFile) return fail_expecting(Errc::limit, path, "a larger file", fmt::format("at most {} bytes", kMaxKeyFile));
  return exact;
}

Result<void> write_durably(const std::string& folder, const std::string& name, ByteView content, unsigned mode) {
  const std::string path = folder + "/" + name;
  const std::string beside = folder + "/." + name + ".new";
  // What a crash left behind; the caller holds the folder.
  ::unlink(beside.c_str());
  Descriptor file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) return failed(beside, "cannot be made");
  Result<void> written = ::fchmod(file.get(), mode) == 0 ? write_all(file.get(), content, beside) : failed(beside, "cannot be made");
  if (written && (::fsync(file.get()) != 0 || !file.close())) written = failed(beside, "cannot be written");
  if (written && ::rename(beside.c_str(), path.c_str()) != 0) written = failed(path, "cannot be put in place");
  if (written) return sync_folder(folder);
  ::unlink(beside.c_str());
  return written;
}

Result<void> remove_durably(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  if (::unlink(path.c_str()) != 0) return failed(path, "cannot be removed");
  return sync_folder(folder);
}

Result<FolderLock> FolderLock::take(const std::string& folder) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path{folder}.parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed(folder, "cannot be made");
  Descriptor held{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!held) return failed(folder, "cannot be opened");
  struct stat status{};
  if (::fstat(held.get(), &status) != 0) return failed(folder, "cannot be looked at");
  if ((status.st_mode & 022) != 0) return fail_expecting(Errc::forbidden, folder, fmt::format("others may write into this folder (mode {:04o}), and so put keys there", status.st_mode & 07777), fmt::format("mode 0700: chmod 700 '{}'", folder));
  while (::flock(held.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return failed(folder, "cannot be locked");
  }
  FolderLock lock{::dup(held.get())};
  if (lock.descriptor_ < 0) return failed(folder, "cannot be locked");
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

namespace {

Result<void> check_is_secret(int descriptor, const std::string& path) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return failed(path, "cannot be looked at");
  if (!S_ISREG(status.st_mode)) return fail_expecting(Errc::io, path, "not a file", "a regular file");
  const bool ours = status.st_uid == ::geteuid();
  // Links and what the group of a file given to us may read aside, nobody else's business.
  const unsigned allowed = ours ? 0700U : 0750U;
  if ((status.st_mode & 0777U & ~allowed) == 0) return {};
  return fail_expecting(Errc::forbidden, path, fmt::format("a secret that other users can read or change (mode {:04o})", status.st_mode & 07777U), fmt::format("mode 0600: chmod 600 '{}'", path));
}

Result<void> write_all(int descriptor, ByteView content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t put = ::write(descriptor, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return failed(path, "cannot be written");
    content = content.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> sync_folder(const std::string& folder) {
  const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened || ::fsync(opened.get()) != 0) return failed(folder, "cannot be written");
  return {};
}

}  // namespace
}  // namespace assay::crypto
