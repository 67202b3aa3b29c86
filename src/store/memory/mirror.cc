#include "store/memory/mirror.h"

#include <algorithm>
#include <thread>

#include "base/text.h"

namespace assay::store {

using appraise::StoredCorim;
using appraise::StoredPolicy;

namespace {

// CoRIMs that are decoded by all cores at once, and indexed in their order: a large store is open sooner.
class Batch {
 public:
  Batch(const Decoder& decode, EndorsementIndex& index) : decode_{decode}, index_{index} {}

  void add(StoredCorim corim) {
    bytes_ += corim.bytes.size();
    all_.push_back({std::move(corim), appraise::Endorsements{}});
  }
  bool is_full() const { return all_.size() >= 64 || bytes_ >= std::size_t{32} << 20; }
  // Says what the last one that cannot be kept is, and why.
  std::optional<Error> keep() {
    decode_all();
    std::optional<Error> failed;
    for (One& one : all_) {
      const std::string where = "CoRIM " + quoted(one.corim.id);
      auto added = one.endorsements ? index_.add(std::move(one.corim), std::move(*one.endorsements)) : std::unexpected(std::move(one.endorsements).error());
      if (!added) failed = within(where, std::move(added).error());
    }
    all_.clear();
    bytes_ = 0;
    return failed;
  }

 private:
  struct One {
    StoredCorim corim;
    Result<appraise::Endorsements> endorsements;
  };
  void decode_all() {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < all_.size(); i = next++) all_[i].endorsements = decode_(all_[i].corim);
    };
    std::vector<std::jthread> others;
    const std::size_t cores = std::min<std::size_t>(std::thread::hardware_concurrency(), 16);
    for (std::size_t i = 1; i < std::min(cores, all_.size()); ++i) others.emplace_back(work);
    work();
  }

  const Decoder& decode_;
  EndorsementIndex& index_;
  std::vector<One> all_;
  std::size_t bytes_ = 0;
};

}  // namespace

bool is_behind(const Position& mine, const Position& wanted) { return mine.generation < wanted.generation || (mine.generation == wanted.generation && mine.number < wanted.number) || mine.policies < wanted.policies; }

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
  Batch batch{decode_, index};
  const auto keep = [&] {
    if (auto failed = batch.keep()) problem = std::move(failed);
  };
  const auto read = source.corims(at.number, to.number, [&](std::int64_t number, StoredCorim corim) -> Result<void> {
    if (!index.has(corim.tenant, corim.id)) batch.add(std::move(corim));
    if (batch.is_full()) keep();
    at.number = number;
    return {};
  });
  keep();
  TRY(read);
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
