// CoRIMs and policies as rows of PostgreSQL.
#pragma once

#include "store/memory/mirror.h"
#include "store/postgres/connection.h"

namespace assay::store::postgres {

class Source : public Mirror::Source {
 public:
  explicit Source(Connection& connection) : connection_{connection} {}
  Result<Position> position() override;
  Result<void> corims(std::int64_t after, std::int64_t last, const Take& take) override;
  Result<std::vector<appraise::StoredPolicy>> active_policies() override;

 private:
  Connection& connection_;
};

// One transaction. `at` is where the database stands then.
Result<appraise::EndorsementStore::Added> insert(Connection& connection, const appraise::StoredCorim& corim, bool is_full, Position& at);
// The next few of a tenant's, up to that number; none: there are no more. `after` is then the number of the last.
Result<std::vector<appraise::StoredCorim>> corims_after(Connection& connection, std::string_view tenant, std::int64_t& after, std::int64_t last);
// Of all schemes where `scheme` is empty; oldest first.
Result<std::vector<appraise::StoredPolicy>> policies_of(Connection& connection, std::string_view tenant, std::string_view scheme);

}  // namespace assay::store::postgres
