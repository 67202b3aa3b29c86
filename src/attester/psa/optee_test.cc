#include "attester/psa/optee.h"

#include "crypto/key_formats.h"
#include "schemes/psa/token.h"
#include "testing/testing.h"

namespace assay::attester {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;

// Two tokens of real PTAs, which took other nonces for their signatures: all in front of these must be the same.
TEST(OpteeToken, T24_IsThatOfThePtaButForTheSignature) {
  for (const char* file : {"optee/token-iisec.cbor", "optee/token-pr124.cbor"}) {
    const Bytes theirs = vector_bytes(file);
    const auto parsed = psa::parse_token(theirs);
    ASSERT_TRUE(ok(parsed));
    const auto ours = optee_token({.measurement = *parsed->claims.software_components[0].measurement_value}, *parsed->claims.nonce, optee_test_key());
    ASSERT_TRUE(ok(ours));
    ASSERT_EQ(ours->size(), 306U);
    EXPECT_EQ(to_hex(ByteView{*ours}.first(242)), to_hex(ByteView{theirs}.first(242))) << file;
    const auto again = psa::parse_token(*ours);
    ASSERT_TRUE(ok(again));
    EXPECT_TRUE(ok(psa::verify_sign1(*again, *crypto::public_key_from_any(vector_bytes("optee/iisec/ec256.json")))));
  }
}

TEST(OpteeToken, OfAnotherDevice) {
  const OpteeDevice device{.measurement = Bytes(32, 1), .implementation_id = Bytes(32, 2), .instance_id = Bytes(33, 1)};
  const auto token = optee_token(device, Bytes(64, 3), optee_test_key());
  ASSERT_TRUE(ok(token));
  const auto parsed = psa::parse_token(*token);
  ASSERT_TRUE(ok(parsed));
  EXPECT_EQ(parsed->claims.implementation_id, device.implementation_id);
  EXPECT_EQ(parsed->claims.instance_id, device.instance_id);
  EXPECT_EQ(parsed->claims.nonce, Bytes(64, 3));
}

TEST(OpteeTokenRefuses, WhatNoPtaMakes) {
  const auto with = [](OpteeDevice device, std::size_t nonce) { return optee_token(device, Bytes(nonce), optee_test_key()); };
  const Bytes good(32, 1);
  EXPECT_TRUE(fails(with({.measurement = Bytes(31)}, 32), Errc::invalid, "measurement"));
  EXPECT_TRUE(fails(with({}, 32), Errc::invalid, "measurement"));
  EXPECT_TRUE(fails(with({.measurement = good, .implementation_id = Bytes(31)}, 32), Errc::invalid, "implementation"));
  EXPECT_TRUE(fails(with({.measurement = good, .instance_id = Bytes(32, 1)}, 32), Errc::invalid, "instance"));
  EXPECT_TRUE(fails(with({.measurement = good, .instance_id = Bytes(33, 2)}, 32), Errc::invalid, "instance"));
  EXPECT_TRUE(fails(with({.measurement = good}, 16), Errc::invalid, "nonce"));
}

TEST(OpteeMeasurement, SmallRegionsComeFirstThenLesserBytes) {
  const auto sha = [](std::string_view text) { return crypto::digest(crypto::Hash::sha256, as_bytes(text)); };
  EXPECT_EQ(optee_measurement({}), sha(""));
  EXPECT_EQ(optee_measurement({to_bytes("text")}), sha("text"));
  EXPECT_EQ(optee_measurement({to_bytes("long region"), to_bytes("b"), to_bytes("a")}), sha("ablong region"));
  EXPECT_EQ(optee_measurement({to_bytes("\xff"), to_bytes("\x01")}), sha("\x01\xff")) << "bytes have no sign";
}

}  // namespace
}  // namespace assay::attester
