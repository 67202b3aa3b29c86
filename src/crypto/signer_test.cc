#include "crypto/signer.h"

#include <thread>

#include "testing/testing.h"

namespace assay::crypto {
namespace {

using testing::fails;
using testing::ok;

TEST(SoftSigner, EveryAlgorithmOfEveryKindVerifies) {
  using enum KeyKind;
  struct Row {
    KeyKind kind;
    Sig sig;
  };
  for (const Row row : {Row{p256, Sig::es256}, Row{p384, Sig::es384}, Row{p521, Sig::es512}, Row{ed25519, Sig::eddsa}, Row{rsa, Sig::ps256}, Row{rsa, Sig::rs256}}) {
    const auto signer = soft_signer(PrivateKey::generate(row.kind).value(), row.sig);
    ASSERT_TRUE(ok(signer)) << jose_name(row.sig);
    EXPECT_EQ((*signer)->algorithm(), row.sig);
    const auto signature = (*signer)->sign(as_bytes("message"));
    ASSERT_TRUE(ok(signature)) << jose_name(row.sig);
    EXPECT_TRUE(ok(verify((*signer)->public_key(), row.sig, as_bytes("message"), *signature))) << jose_name(row.sig);
    EXPECT_TRUE(fails(verify((*signer)->public_key(), row.sig, as_bytes("Message"), *signature), Errc::unauthenticated)) << jose_name(row.sig);
  }
}

TEST(SoftSigner, TakesTheAlgorithmOfTheKeyAndNoOther) {
  const PrivateKey key = PrivateKey::generate(KeyKind::p384).value();
  EXPECT_EQ(soft_signer(key).value()->algorithm(), Sig::es384);
  for (const Sig sig : {Sig::es256, Sig::es512, Sig::eddsa, Sig::ps256, Sig::rs256}) EXPECT_TRUE(fails(soft_signer(key, sig), Errc::mismatch, "with a key of P-384; expected ES384")) << jose_name(sig);
}

// A signature of the same bytes that comes out the same would mean that a nonce came twice, or that the slow path is taken.
TEST(SoftSigner, EcdsaIsRandomized) {
  const auto signer = soft_signer(PrivateKey::generate(KeyKind::p256).value()).value();
  EXPECT_NE(signer->sign(as_bytes("m")).value(), signer->sign(as_bytes("m")).value());
}

// r and s with leading zeros keep their size: one in 128 signatures has one.
TEST(SoftSigner, SignaturesHaveTheSizeOfTheCurve) {
  const auto signer = soft_signer(PrivateKey::generate(KeyKind::p256).value()).value();
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(signer->sign(as_bytes("m")).value().size(), 64U);
}

TEST(SoftSigner, ThreadsShareOne) {
  const auto signer = soft_signer(PrivateKey::generate(KeyKind::p256).value()).value();
  std::vector<std::vector<Bytes>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) mine.push_back(signer->sign(as_bytes("m")).value_or(Bytes{}));
      });
    }
  }
  for (const auto& mine : made) {
    for (const Bytes& signature : mine) EXPECT_TRUE(ok(verify(signer->public_key(), Sig::es256, as_bytes("m"), signature)));
  }
}

}  // namespace
}  // namespace assay::crypto
