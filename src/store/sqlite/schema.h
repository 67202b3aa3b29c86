// The tables of a store in SQLite, and the way to them from those of older versions.
#pragma once

#include "appraise/ports.h"
#include "store/sqlite/database.h"

namespace assay::store::sqlite {

inline constexpr std::int64_t kVersion = 2;

// Whether there is a file. Fails where there is one that cannot be a store: no regular file, or an empty one.
Result<bool> is_there(const std::string& path);
// Makes the file, with mode 0600 and all tables, unless it is there. A crash leaves none or a complete one.
Result<void> make_file(const std::string& path);
// Brings an older store to this version, in one transaction. Fails with `config` where it is none of ours, or newer than this build;
// the file is then as before.
Result<void> migrate(const Database& database);

// Over all that a row says: what a disk changes behind our back is noticed.
Bytes seal(const appraise::StoredCorim& corim);
Bytes seal(const appraise::StoredPolicy& policy);

}  // namespace assay::store::sqlite
