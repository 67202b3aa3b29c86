// Verdict cache: remembers that a signature was good or bad, keyed by (algorithm, key thumbprint, digest of signed bytes and
// signature). It never remembers freshness, policy or trust. Bounded, thread-safe, least recently used leaves first.
#pragma once

#include <memory>

#include "crypto/crypto.h"

namespace assay::crypto {

class SigCache {
 public:
  explicit SigCache(std::size_t capacity = 4096);
  ~SigCache();
  SigCache(const SigCache&) = delete;
  SigCache& operator=(const SigCache&) = delete;

  // `verify` of crypto.h, asked once per distinct input.
  Result<void> verify(const PublicKey& key, Sig sig, ByteView message, ByteView signature);

  struct Counts {
    std::uint64_t hits, misses;
  };
  Counts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::crypto
