// Endorsements in one SQLite file (WAL), for one process: the CoRIMs as they were received. What is decoded from them is kept in memory,
// and decoded again when the file is opened. What `add` has said was added survives a crash right after.
#pragma once

#include <functional>

#include "store/memory/endorsement_index.h"

namespace assay::store {

class SqliteStore : public appraise::EndorsementStore {
 public:
  using Decoder = std::function<Result<appraise::Endorsements>(const appraise::StoredCorim&)>;
  // Makes the file (mode 0600) if it is not there. Fails with `io`, `config` (no database of ours, or one of a newer version), or as
  // `decode` does for a CoRIM that this build cannot read.
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& path, const Decoder& decode);
  ~SqliteStore() override;

  Result<Added> add(appraise::StoredCorim corim, appraise::Endorsements endorsements) override;
  Result<appraise::Endorsements> find(std::string_view tenant, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const override { return index_.find(tenant, scheme, identity, now); }
  Result<std::vector<appraise::StoredCorim>> list(std::string_view tenant) const override { return index_.list(tenant); }
  Result<void> clear(std::string_view tenant) override;

 private:
  struct Database;
  explicit SqliteStore(std::unique_ptr<Database> database);
  Result<void> load(const Decoder& decode);
  std::unique_ptr<Database> database_;
  std::mutex writing_;
  EndorsementIndex index_;
};

}  // namespace assay::store
