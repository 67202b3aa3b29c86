#include "store/postgres/schema.h"

namespace assay::store::postgres {
namespace {

constexpr const char* kTables =
    "CREATE TABLE assay_version (one bigint PRIMARY KEY CHECK (one = 1), version bigint NOT NULL);"
    "INSERT INTO assay_version VALUES (1, 1);"
    // Where it stands: store/memory/mirror.h. Whoever adds or removes locks the row, so that numbers come in the order of commits.
    "CREATE TABLE assay_position (one bigint PRIMARY KEY CHECK (one = 1), generation bigint NOT NULL, number bigint NOT NULL, policies bigint NOT NULL);"
    "INSERT INTO assay_position VALUES (1, 0, 0, 0);"
    // An id may be too long for an index: the key has its SHA-256.
    "CREATE TABLE assay_corims (tenant bytea NOT NULL, id_digest bytea NOT NULL, number bigint NOT NULL UNIQUE, id bytea NOT NULL, scheme bytea NOT NULL,"
    " profile bytea NOT NULL, media_type bytea NOT NULL, signer bytea NOT NULL, added bigint NOT NULL, not_before bigint, not_after bigint, bytes bytea NOT NULL,"
    " PRIMARY KEY (tenant, id_digest));"
    "ALTER TABLE assay_corims ALTER COLUMN bytes SET STORAGE EXTERNAL;"  // digests and keys do not compress
    "CREATE TABLE assay_policies (tenant bytea NOT NULL, scheme bytea NOT NULL, uuid bytea NOT NULL, number bigint GENERATED ALWAYS AS IDENTITY, name bytea NOT NULL,"
    " rules bytea NOT NULL, created bigint NOT NULL, active boolean NOT NULL, PRIMARY KEY (tenant, scheme, uuid));"
    "CREATE UNIQUE INDEX assay_active_policies ON assay_policies (tenant, scheme) WHERE active;"
    // Unlogged: after a crash of the server it is empty, so that no nonce comes back that was used before.
    "CREATE UNLOGGED TABLE assay_sessions (tenant bytea NOT NULL, id bytea NOT NULL, nonce bytea NOT NULL, expiry bigint NOT NULL, status bigint NOT NULL,"
    " evidence_type bytea NOT NULL, evidence bytea NOT NULL, result bytea NOT NULL, PRIMARY KEY (tenant, id));"
    "CREATE INDEX assay_sessions_by_expiry ON assay_sessions (expiry);";

}  // namespace

Result<bool> is_there(Connection& connection) {
  const Rows found = TRY(connection.run("SELECT to_regclass('assay_version') IS NOT NULL"));
  return found.number(0, 0) == 1;
}

Result<void> migrate(Connection& connection) {
  Transaction all = TRY(Transaction::begin(connection));
  TRY(connection.script("SET LOCAL lock_timeout = 60000; SET LOCAL statement_timeout = 60000; SELECT pg_advisory_xact_lock(418565087609)"));
  if (!TRY(is_there(connection))) {
    TRY(connection.script(kTables));
    return all.commit();
  }
  const Rows found = TRY(connection.run("SELECT version FROM assay_version"));
  const std::int64_t version = found.size() == 1 ? found.number(0, 0).value_or(0) : 0;
  if (version != kVersion) return fail_expecting(Errc::config, "database", fmt::format("a store of version {}", version), version > kVersion ? "an older one: this build is too old for it" : "a store of assay");
  return all.commit();
}

}  // namespace assay::store::postgres
