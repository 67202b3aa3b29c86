#include "crypto/sigcache.h"

#include <cstring>
#include <list>
#include <mutex>
#include <unordered_map>

namespace assay::crypto {
namespace {

// SHA-256 over everything the verdict depends on: its own first bytes are as good a hash as any.
struct FirstBytes {
  std::size_t operator()(const Bytes& digest) const {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = (value << 8) | digest[i];
    return value;
  }
};

Bytes key_of(const PublicKey& key, Sig sig, ByteView message, ByteView signature) {
  // The sizes keep two different splits of the same bytes apart.
  Bytes head{static_cast<std::uint8_t>(sig)};
  for (const std::size_t size : {message.size(), signature.size()}) {
    for (int shift = 56; shift >= 0; shift -= 8) head.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(size) >> shift));
  }
  return digest(Hash::sha256, {head, key.thumbprint(), message, signature});
}

}  // namespace

struct SigCache::Impl {
  struct Entry {
    Bytes key;
    bool good;
  };
  using Order = std::list<Entry>;

  explicit Impl(std::size_t limit) : capacity{limit == 0 ? 1 : limit} {}
  std::size_t capacity;
  mutable std::mutex mutex;
  Order order;  // most recently used first
  std::unordered_map<Bytes, Order::iterator, FirstBytes> index;
  Counts counts{};
};

SigCache::SigCache(std::size_t capacity) : impl_{std::make_unique<Impl>(capacity)} {}
SigCache::~SigCache() = default;

Result<void> SigCache::verify(const PublicKey& key, Sig sig, ByteView message, ByteView signature) {
  // A mistake in the choice of algorithm is not a verdict.
  if (!fits(sig, key.kind())) return crypto::verify(key, sig, message, signature);
  Bytes id = key_of(key, sig, message, signature);
  {
    const std::lock_guard lock{impl_->mutex};
    if (const auto found = impl_->index.find(id); found != impl_->index.end()) {
      ++impl_->counts.hits;
      impl_->order.splice(impl_->order.begin(), impl_->order, found->second);
      if (found->second->good) return {};
      return fail(Errc::unauthenticated, "", "the signature does not verify");
    }
    ++impl_->counts.misses;
  }
  // Outside the lock: two threads may check the same signature once each.
  Result<void> verdict = crypto::verify(key, sig, message, signature);
  const std::lock_guard lock{impl_->mutex};
  if (impl_->index.contains(id)) return verdict;
  impl_->order.push_front({id, verdict.has_value()});
  impl_->index.emplace(std::move(id), impl_->order.begin());
  if (impl_->order.size() > impl_->capacity) {
    impl_->index.erase(impl_->order.back().key);
    impl_->order.pop_back();
  }
  return verdict;
}

SigCache::Counts SigCache::counts() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->counts;
}

}  // namespace assay::crypto
