#include "store/postgres/rows.h"

#include "crypto/crypto.h"
#include "store/memory/rules.h"

namespace assay::store::postgres {
namespace {

using appraise::StoredCorim;
using appraise::StoredPolicy;
using Added = appraise::EndorsementStore::Added;

#define ASSAY_CORIMS "SELECT number, tenant, id, scheme, profile, media_type, signer, added, not_before, not_after, bytes FROM assay_corims "
// The first of those, and more until there are four MiB: libpq holds an answer whole. Sizes are known without reading the content.
#define ASSAY_SOME(which)                                                                                                                    \
  "WHERE number IN (SELECT number FROM (SELECT number, sum(octet_length(bytes)) OVER (ORDER BY number) - octet_length(bytes) AS before FROM" \
  " (SELECT number, bytes FROM assay_corims WHERE " which " ORDER BY number LIMIT 64) AS next) AS sized WHERE before < 4194304) ORDER BY number"
#define ASSAY_POLICIES "SELECT tenant, scheme, uuid, name, rules, created, active FROM assay_policies "

StoredCorim corim_of(const Rows& rows, std::size_t row);
std::vector<StoredPolicy> policies_in(const Rows& rows);

}  // namespace

Result<Position> Source::position() {
  const Rows found = TRY(connection_.run("SELECT generation, number, policies FROM assay_position"));
  if (found.size() != 1) return fail(Errc::io, "database", "it does not say where it stands");
  return Position{found.number(0, 0).value_or(0), found.number(0, 1).value_or(0), found.number(0, 2).value_or(0)};
}

Result<void> Source::corims(std::int64_t after, std::int64_t last, const Take& take) {
  for (;;) {
    const Rows some = TRY(connection_.run(ASSAY_CORIMS ASSAY_SOME("number > $1 AND number <= $2"), Parameters{}.add(std::optional{after}).add(std::optional{last})));
    if (some.size() == 0) return {};
    for (std::size_t i = 0; i < some.size(); ++i) {
      after = some.number(i, 0).value_or(last);
      TRY(take(after, corim_of(some, i)));
    }
  }
}

Result<std::vector<StoredPolicy>> Source::active_policies() {
  const Rows found = TRY(connection_.run(ASSAY_POLICIES "WHERE active"));
  return policies_in(found);
}

Result<Added> insert(Connection& connection, const StoredCorim& corim, bool is_full, Position& at) {
  const Bytes digest = crypto::digest(crypto::Hash::sha256, as_bytes(corim.id));
  Transaction all = TRY(Transaction::begin(connection));
  // Holds up other additions until this one is done.
  const Rows next = TRY(connection.run("UPDATE assay_position SET number = number + 1 RETURNING generation, number, policies"));
  if (next.size() != 1) return fail(Errc::io, "database", "it does not say where it stands");
  at = {next.number(0, 0).value_or(0), next.number(0, 1).value_or(0), next.number(0, 2).value_or(0)};
  const Rows same = TRY(connection.run("SELECT bytes = $3 FROM assay_corims WHERE tenant = $1 AND id_digest = $2", Parameters{}.add(corim.tenant).add(digest).add(corim.bytes)));
  if (same.size() == 1) return same.number(0, 0) == 1 ? Result<Added>{Added::known} : other_corim(corim.id);
  if (is_full) return too_many_corims();
  Parameters values;
  values.add(corim.tenant).add(digest).add(std::optional{at.number}).add(corim.id).add(corim.scheme).add(corim.profile).add(corim.media_type).add(corim.signer).add(std::optional{corim.added});
  values.add(corim.validity ? corim.validity->not_before : std::nullopt).add(corim.validity ? std::optional{corim.validity->not_after} : std::nullopt).add(corim.bytes);
  TRY(connection.run("INSERT INTO assay_corims (tenant, id_digest, number, id, scheme, profile, media_type, signer, added, not_before, not_after, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", values));
  TRY(connection.run("SELECT pg_notify('assay', '')"));
  TRY(all.commit());
  return Added::fresh;
}

Result<std::vector<StoredCorim>> corims_after(Connection& connection, std::string_view tenant, std::int64_t& after, std::int64_t last) {
  const Rows found = TRY(connection.run(ASSAY_CORIMS ASSAY_SOME("tenant = $1 AND number > $2 AND number <= $3"), Parameters{}.add(tenant).add(std::optional{after}).add(std::optional{last})));
  std::vector<StoredCorim> some;
  for (std::size_t i = 0; i < found.size(); ++i) some.push_back(corim_of(found, i));
  if (!some.empty()) after = found.number(found.size() - 1, 0).value_or(after);
  return some;
}

Result<std::vector<StoredPolicy>> policies_of(Connection& connection, std::string_view tenant, std::string_view scheme) {
  const Rows found = TRY(connection.run(ASSAY_POLICIES "WHERE tenant = $1 AND ($2 = '' OR scheme = $2) ORDER BY number", Parameters{}.add(tenant).add(scheme)));
  return policies_in(found);
}

namespace {

StoredCorim corim_of(const Rows& rows, std::size_t row) {
  StoredCorim corim{.tenant = rows.text(row, 1), .id = rows.text(row, 2), .scheme = rows.text(row, 3), .profile = rows.text(row, 4), .media_type = rows.text(row, 5), .signer = rows.text(row, 6), .added = rows.number(row, 7).value_or(0), .validity = {}, .bytes = rows.bytes(row, 10)};
  if (const auto end = rows.number(row, 9)) corim.validity = corim::Validity{rows.number(row, 8), *end};
  return corim;
}

std::vector<StoredPolicy> policies_in(const Rows& rows) {
  std::vector<StoredPolicy> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({.tenant = rows.text(i, 0), .scheme = rows.text(i, 1), .uuid = rows.text(i, 2), .name = rows.text(i, 3), .rules = rows.text(i, 4), .created = rows.number(i, 5).value_or(0), .active = rows.number(i, 6) == 1});
  return all;
}

}  // namespace
}  // namespace assay::store::postgres
