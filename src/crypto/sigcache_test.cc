#include "crypto/sigcache.h"

#include <atomic>
#include <thread>

#include "testing/testing.h"

namespace assay::crypto {
namespace {

using testing::fails;
using testing::ok;

TEST(SigCache, RemembersVerdictsByExactBytes) {
  const auto key = PrivateKey::generate(KeyKind::p256).value();
  const Bytes message = to_bytes("message");
  const Bytes good = sign(key, Sig::es256, message).value();
  Bytes bad = good;
  bad.back() ^= 1;
  SigCache cache{2};
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ok(cache.verify(key.public_key(), Sig::es256, message, good)));
    EXPECT_TRUE(fails(cache.verify(key.public_key(), Sig::es256, message, bad), Errc::unauthenticated));
  }
  EXPECT_EQ(cache.counts().misses, 2u);
  EXPECT_EQ(cache.counts().hits, 4u);
  // The same bytes split elsewhere, another key, another algorithm: never the remembered verdict.
  EXPECT_FALSE(cache.verify(key.public_key(), Sig::es256, concat({message, ByteView{good}.first(1)}), ByteView{good}.subspan(1)));
  EXPECT_FALSE(cache.verify(PrivateKey::generate(KeyKind::p256).value().public_key(), Sig::es256, message, good));
  EXPECT_TRUE(fails(cache.verify(key.public_key(), Sig::es384, message, good), Errc::mismatch));
  EXPECT_EQ(cache.counts().misses, 4u);
  // Two have come since: the first is forgotten.
  EXPECT_TRUE(ok(cache.verify(key.public_key(), Sig::es256, message, good)));
  EXPECT_EQ(cache.counts().misses, 5u);
}

TEST(SigCache, ForgetsWhatWasNotUsedForLongest) {
  const auto key = PrivateKey::generate(KeyKind::p256).value();
  const auto message = [](int i) { return to_bytes(fmt::format("message {}", i)); };
  const auto signature = [&](int i) { return sign(key, Sig::es256, message(i)).value(); };
  SigCache cache{2};
  const auto misses_after = [&](int i) {
    EXPECT_TRUE(ok(cache.verify(key.public_key(), Sig::es256, message(i), signature(i))));
    return cache.counts().misses;
  };
  EXPECT_EQ(misses_after(1), 1u);
  EXPECT_EQ(misses_after(2), 2u);
  EXPECT_EQ(misses_after(1), 2u);
  EXPECT_EQ(misses_after(3), 3u);  // 2 goes, not 1
  EXPECT_EQ(misses_after(1), 3u);
  EXPECT_EQ(misses_after(2), 4u);
}

TEST(SigCache, OfNoCapacityStillAnswersRight) {
  const auto key = PrivateKey::generate(KeyKind::ed25519).value();
  const Bytes message{1}, good = sign(key, Sig::eddsa, message).value(), bad(64);
  SigCache cache{0};
  EXPECT_TRUE(ok(cache.verify(key.public_key(), Sig::eddsa, message, good)));
  EXPECT_TRUE(fails(cache.verify(key.public_key(), Sig::eddsa, message, bad), Errc::unauthenticated));
  EXPECT_TRUE(ok(cache.verify(key.public_key(), Sig::eddsa, message, good)));
}

TEST(SigCache, AnswersManyThreads) {
  const auto key = PrivateKey::generate(KeyKind::p256).value();
  std::vector<std::pair<Bytes, Bytes>> signatures;  // every other one is broken
  for (int i = 0; i < 12; ++i) {
    Bytes message = random_bytes(40);
    Bytes signature = sign(key, Sig::es256, message).value();
    if (i % 2 == 1) signature[5] ^= 1;
    signatures.emplace_back(std::move(message), std::move(signature));
  }
  SigCache cache{8};  // fewer than there are, so that entries come and go meanwhile
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 200; ++i) {
          const std::size_t at = (i * (t + 5) + t) % signatures.size();
          const bool good = cache.verify(key.public_key(), Sig::es256, signatures[at].first, signatures[at].second).has_value();
          if (good != (at % 2 == 0)) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(cache.counts().hits + cache.counts().misses, 800u);
}

}  // namespace
}  // namespace assay::crypto
