#include "attester/tsm/tsm.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

#include "base/text.h"
#include "codec/json/json.h"

namespace assay::attester {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 3;

class File {
 public:
  File(const fs::path& path, int flags) : fd_{::open(path.c_str(), flags | O_CLOEXEC)} {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }
  // What the driver thinks of a value it learns when the file is closed.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

// The folder of one report, as long as it is needed.
class Entry {
 public:
  static Result<std::unique_ptr<Entry>> make(const fs::path& root);
  explicit Entry(fs::path path) : path_{std::move(path)} {}
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() { ::rmdir(path_.c_str()); }
  fs::path operator/(std::string_view name) const { return path_ / name; }

 private:
  fs::path path_;
};

Result<TsmEvidence> ask(const Entry& entry, ByteView challenge);
void wait_for(const fs::path& path);
Result<std::uint64_t> generation_of(const Entry& entry);
Result<void> write_whole(const fs::path& path, ByteView content);
Result<Bytes> read_whole(const fs::path& path);
Error failure(const fs::path& path, int error);

}  // namespace

Result<TsmEvidence> tsm_evidence(ByteView challenge, const fs::path& root) {
  if (challenge.empty() || challenge.size() > kTsmChallenge) return fail(Errc::invalid, "challenge", "{} bytes; the kernel takes 1 to {}", challenge.size(), kTsmChallenge);
  Result<TsmEvidence> evidence = fail(Errc::internal, "", "not asked");
  for (int i = 0; i < kTries; ++i) {
    const auto entry = TRY(Entry::make(root));
    evidence = ask(*entry, challenge);
    if (evidence || evidence.error().errc != Errc::conflict) break;
  }
  return evidence;
}

std::string to_tsm_json(const TsmEvidence& evidence) {
  json::Object members;
  if (!evidence.auxblob.empty()) members.set("auxblob", to_base64url(evidence.auxblob));
  members.set("outblob", to_base64url(evidence.outblob));
  members.set("provider", evidence.provider);
  return json::print(json::Value{std::move(members)});
}

namespace {

Result<std::unique_ptr<Entry>> Entry::make(const fs::path& root) {
  for (int i = 0; i < 1000; ++i) {
    fs::path path = root / fmt::format("assay.{}.{}", ::getpid(), i);
    if (::mkdir(path.c_str(), 0700) == 0) return std::make_unique<Entry>(std::move(path));
    if (errno == EEXIST) continue;
    const int error = errno;
    Error why = failure(root, error);
    if (error == ENOENT) why.expected = "configfs, mounted, with the module tsm_report";
    if (error == ENXIO) why.expected = "a confidential machine with its driver, as arm-cca-guest or sev-guest";
    return std::unexpected(std::move(why));
  }
  return fail(Errc::conflict, root.string(), "a thousand reports of this process are there already");
}

//= configfs-tsm, `generation`: it tells whether somebody else wrote meanwhile
Result<TsmEvidence> ask(const Entry& entry, ByteView challenge) {
  wait_for(entry / "generation");
  const std::uint64_t before = TRY(generation_of(entry));
  TRY(write_whole(entry / "inblob", challenge));
  TsmEvidence evidence;
  evidence.outblob = TRY(read_whole(entry / "outblob"));
  const Bytes provider = TRY(read_whole(entry / "provider"));
  evidence.provider = std::string{trim_ascii(as_text(provider))};
  if (auto aux = read_whole(entry / "auxblob")) evidence.auxblob = std::move(*aux);
  const std::uint64_t after = TRY(generation_of(entry));
  if (after != before + 1) return fail(Errc::conflict, (entry / "generation").string(), "it was {} and became {}: somebody else wrote, too", before, after);
  if (evidence.outblob.empty()) return fail(Errc::unavailable, (entry / "outblob").string(), "empty");
  return evidence;
}

// The kernel fills the folder before mkdir returns; who stands in for it needs a moment.
void wait_for(const fs::path& path) {
  for (int i = 0; i < 200 && ::access(path.c_str(), F_OK) != 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{5});
}

Result<std::uint64_t> generation_of(const Entry& entry) {
  const Bytes content = TRY(read_whole(entry / "generation"));
  const std::string_view text = trim_ascii(as_text(content));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return fail_expecting(Errc::malformed, (entry / "generation").string(), quoted(text), "a number");
  return value;
}

// One write: what several would mean is the driver's affair.
Result<void> write_whole(const fs::path& path, ByteView content) {
  File file{path, O_WRONLY};
  if (file.fd() < 0) return std::unexpected(failure(path, errno));
  const ssize_t written = ::write(file.fd(), content.data(), content.size());
  if (written < 0) return std::unexpected(failure(path, errno));
  if (!file.close()) return std::unexpected(failure(path, errno));
  if (static_cast<std::size_t>(written) != content.size()) return fail(Errc::io, path.string(), "{} of {} bytes were taken", written, content.size());
  return {};
}

Result<Bytes> read_whole(const fs::path& path) {
  const File file{path, O_RDONLY};
  if (file.fd() < 0) return std::unexpected(failure(path, errno));
  Bytes all;
  std::array<std::uint8_t, 4096> chunk;
  while (true) {
    const ssize_t n = ::read(file.fd(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(failure(path, errno));
    if (n == 0) return all;
    append(all, ByteView{chunk}.first(static_cast<std::size_t>(n)));
    if (all.size() > kTsmBlob) return fail(Errc::limit, path.string(), "more than {} bytes", kTsmBlob);
  }
}

Error failure(const fs::path& path, int error) {
  const std::string what = std::strerror(error);  // lint: one thread asks
  if (error == EINVAL) return {Errc::invalid, path.string(), what, "a challenge that this machine's driver takes: 32 to 64 bytes", {}};
  if (error == EACCES || error == EPERM) return {Errc::forbidden, path.string(), what, "the rights of root", {}};
  if (error == EBUSY || error == EAGAIN) return {Errc::conflict, path.string(), what, {}, {}};
  return {Errc::unavailable, path.string(), what, {}, {}};
}

}  // namespace
}  // namespace assay::attester
