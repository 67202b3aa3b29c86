#include "store/memory/memory_store.h"
#include "store/open/homes_testing.h"
#include "store/open/store_testing.h"
#include "store/postgres/cluster_testing.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

namespace assay::testing {
namespace {

class MemoryHome : public Home {
 public:
  std::unique_ptr<appraise::Store> open(store::SessionLimits limits) override { return std::make_unique<store::MemoryStore>(limits); }
};

class SqliteHome : public Home {
 public:
  std::unique_ptr<appraise::Store> open(store::SessionLimits limits) override {
    auto store = store::SqliteStore::open(folder_.path("store.db"), decode, limits);
    EXPECT_TRUE(ok(store));
    return store ? std::move(*store) : nullptr;
  }

 private:
  OwnFolder folder_;
};

class PostgresHome : public Home {
 public:
  explicit PostgresHome(Cluster& cluster) : url_{cluster.new_database()} {}
  std::unique_ptr<appraise::Store> open(store::SessionLimits limits) override {
    auto store = store::PostgresStore::open(url_, decode, {.connections = 8, .sessions = limits});
    EXPECT_TRUE(ok(store));
    return store ? std::move(*store) : nullptr;
  }

 private:
  std::string url_;
};

}  // namespace

std::string_view name(HomeKind kind) {
  switch (kind) {
    case HomeKind::memory: return "memory";
    case HomeKind::sqlite: return "sqlite";
    case HomeKind::postgres: return "postgres";
  }
  return "none";
}

std::unique_ptr<Home> make_home(HomeKind kind) {
  if (kind == HomeKind::memory) return std::make_unique<MemoryHome>();
  if (kind == HomeKind::sqlite) return std::make_unique<SqliteHome>();
  Cluster* cluster = Cluster::shared();
  return cluster != nullptr ? std::make_unique<PostgresHome>(*cluster) : nullptr;
}

}  // namespace assay::testing
