// Files that hold secrets: read only where nobody else can read them, written whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace assay::crypto {

// A regular file of at most kMaxKeyFile bytes. Fails with `forbidden` where users other than its owner may read or write it: chmod 600.
// A file of somebody else's (root's, as a rule) may be readable by its group: that is how it is given to us. Also `not_found`, `io`,
// `limit`. No message has content in it.
Result<SecretBytes> read_secret_file(const std::string& path);

// Content, then name: the file is written beside its place, made durable, and renamed, and the rename is made durable. `mode` is exact.
Result<void> write_durably(const std::string& folder, const std::string& name, ByteView content, unsigned mode);
Result<void> remove_durably(const std::string& folder, const std::string& name);

// One process at a time: holds the folder until it goes. A folder that is not there is made, 0700. Fails with `forbidden` where others
// may write into it: they could put a key there.
class FolderLock {
 public:
  static Result<FolderLock> take(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_{descriptor} {}
  int descriptor_;
};

}  // namespace assay::crypto
