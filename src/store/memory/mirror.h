// What a database holds, as services look it up: an index of its endorsements and its active policies, in memory. Others may write to
// the same database; the mirror catches up by positions, reading only what is new.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "store/memory/endorsement_index.h"

namespace assay::store {

// How a store reads again what it took before. CoRIMs were believed when they were added.
// Called by several threads at once.
using Decoder = std::function<Result<appraise::Endorsements>(const appraise::StoredCorim&)>;

// Where a database stands. CoRIMs are numbered as they are added, in the order their transactions end; a number is never used again.
struct Position {
  std::int64_t generation = -1;  // another one wherever a CoRIM went away
  std::int64_t number = 0;       // of the newest CoRIM
  std::int64_t policies = -1;    // another one wherever a policy changed
  bool operator==(const Position&) const = default;
};
// Does one who stands at `mine` miss something of what one at `wanted` knows? Positions of one database are in one order.
bool is_behind(const Position& mine, const Position& wanted);

class Mirror {
 public:
  // The database, for the duration of a call.
  struct Source {
    virtual ~Source() = default;
    virtual Result<Position> position() = 0;
    // Those with numbers above `after` and up to `last`, in their order.
    using Take = std::function<Result<void>(std::int64_t number, appraise::StoredCorim corim)>;
    virtual Result<void> corims(std::int64_t after, std::int64_t last, const Take& take) = 0;
    virtual Result<std::vector<appraise::StoredPolicy>> active_policies() = 0;
  };

  explicit Mirror(Decoder decode) : decode_{std::move(decode)}, index_{new_index()} {}

  // Catches up. Fails as the source does. A CoRIM that this build cannot decode (a newer one may have added it) is left out, and
  // `problem` says so.
  Result<void> sync(Source& source);
  // What this process has just added itself. False where others did, too, so that the mirror has to catch up.
  bool take(const Position& at, appraise::StoredCorim corim, appraise::Endorsements endorsements);

  Result<appraise::Endorsements> find(std::string_view tenant, const appraise::Scheme& scheme, const appraise::Identity& identity, UnixSeconds now) const { return index()->find(tenant, scheme, identity, now); }
  std::optional<appraise::StoredPolicy> active_policy(std::string_view tenant, std::string_view scheme) const;
  std::size_t corims(std::string_view tenant) const { return index()->size(tenant); }
  // Nothing, or what is missing here.
  Result<void> problem() const;
  Position position() const;

 private:
  static std::shared_ptr<EndorsementIndex> new_index() { return std::make_shared<EndorsementIndex>(EndorsementIndex::Keep::nothing); }
  std::shared_ptr<EndorsementIndex> index() const;
  Result<void> catch_up(Source& source, const Position& to, Position& at, EndorsementIndex& index, std::optional<Error>& problem) const;

  Decoder decode_;
  std::mutex syncing_;        // held by whoever writes below
  mutable std::mutex mutex_;  // held for moments
  std::shared_ptr<EndorsementIndex> index_;
  std::shared_ptr<const std::vector<appraise::StoredPolicy>> policies_ = std::make_shared<const std::vector<appraise::StoredPolicy>>();
  Position position_;
  std::optional<Error> problem_;
};

}  // namespace assay::store
