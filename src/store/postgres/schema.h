// The tables of a store in PostgreSQL: in the first schema of the search path, their names begin with assay_.
#pragma once

#include "store/postgres/connection.h"

namespace assay::store::postgres {

inline constexpr std::int64_t kVersion = 1;

// Makes the tables, or brings older ones to this version, in one transaction; of several replicas that start together, one does. Fails
// with `config` where they are of a newer version.
Result<void> migrate(Connection& connection);
Result<bool> is_there(Connection& connection);

}  // namespace assay::store::postgres
