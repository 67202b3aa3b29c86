#include "store/memory/mirror.h"

#include <algorithm>

#include "base/text.h"

namespace assay::store {

using appraise::StoredCorim;
using appraise::StoredPolicy;

// Others look up in the old index until a new one is complete.
Result<void> Mirror::sync(Source& source) {
  const std::scoped_lock syncing{syncing_};
  const Position to = TRY(source.position());
  Position at = position();
  if (at == to) return {};
  const bool is_anew = at.generation != to.generation;
  const auto index = is_anew ? new_index() : this->index();
  std::optional<Error> problem;
  if (is_anew) at = {to.generation, 0, at.policies};
  else if (const auto known = this->problem(); !known) problem = known.error();
  const auto caught_up = catch_up(source, to, at, *index, problem);
  if (!caught_up && is_anew) return caught_up;
  std::shared_ptr<const std::vector<StoredPolicy>> policies;
  if (caught_up && at.policies != to.policies) {
    auto active = TRY(source.active_policies());
    policies = std::make_shared<const std::vector<StoredPolicy>>(std::move(active));
    at.policies = to.policies;
  }
  const std::scoped_lock lock{mutex_};
  index_ = index;
  if (policies) policies_ = policies;
  position_ = at;
  problem_ = problem;
  return caught_up;
}

Result<void> Mirror::catch_up(Source& source, const Position& to, Position& at, EndorsementIndex& index, std::optional<Error>& problem) const {
  if (at.number == to.number) return {};
  TRY(source.corims(at.number, to.number, [&](std::int64_t number, StoredCorim corim) -> Result<void> {
    if (!index.has(corim.tenant, corim.id)) {
      const std::string where = "CoRIM " + quoted(corim.id);
      auto endorsements = decode_(corim);
      auto added = endorsements ? index.add(std::move(corim), std::move(*endorsements)) : std::unexpected(std::move(endorsements).error());
      if (!added) problem = within(where, std::move(added).error());
    }
    at.number = number;
    return {};
  }));
  at.number = to.number;
  return {};
}

bool Mirror::take(const Position& at, StoredCorim corim, appraise::Endorsements endorsements) {
  const std::scoped_lock syncing{syncing_};
  const Position mine = position();
  if (mine.generation != at.generation || mine.number + 1 < at.number) return false;
  if (mine.number >= at.number) return true;
  if (!index()->add(std::move(corim), std::move(endorsements))) return false;
  const std::scoped_lock lock{mutex_};
  position_.number = at.number;
  return true;
}

std::optional<StoredPolicy> Mirror::active_policy(std::string_view tenant, std::string_view scheme) const {
  const auto policies = [&] {
    const std::scoped_lock lock{mutex_};
    return policies_;
  }();
  const auto found = std::ranges::find_if(*policies, [&](const StoredPolicy& one) { return one.tenant == tenant && one.scheme == scheme; });
  return found == policies->end() ? std::nullopt : std::optional{*found};
}

Result<void> Mirror::problem() const {
  const std::scoped_lock lock{mutex_};
  return problem_ ? Result<void>{std::unexpected(*problem_)} : Result<void>{};
}

Position Mirror::position() const {
  const std::scoped_lock lock{mutex_};
  return position_;
}

std::shared_ptr<EndorsementIndex> Mirror::index() const {
  const std::scoped_lock lock{mutex_};
  return index_;
}

}  // namespace assay::store
