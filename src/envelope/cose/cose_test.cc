#include "envelope/cose/cose.h"

#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "testing/testing.h"

namespace assay::cose {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;

struct Vector {
  json::Value whole;
  std::string at(std::initializer_list<std::string_view> path) const {
    const json::Value* value = &whole;
    for (const std::string_view name : path) {
      value = value->object() != nullptr ? value->object()->find(name) : nullptr;
      if (value == nullptr) return "";
    }
    return value->text() != nullptr ? *value->text() : "";
  }
  crypto::PublicKey key() const { return crypto::public_key_from_jwk(*whole.object()->find("key")).value(); }
};

Vector vector(const std::string& name) { return {json::parse(testing::vector_text("go-cose/" + name + ".json")).value()}; }

TEST(Cose, T14_VerifiesEveryPublishedMessage) {
  for (int i = 0; i <= 6; ++i) {
    const Vector v = vector("sign1-verify-000" + std::to_string(i));
    const Bytes bytes = hex(v.at({"sign1::verify", "taggedCOSESign1", "cborHex"}));
    const Bytes external = hex(v.at({"sign1::verify", "external"}));
    const auto message = parse_unverified(bytes);
    ASSERT_TRUE(ok(message)) << i;
    EXPECT_TRUE(ok(verify_sign1(*message, v.key(), {.external_aad = external}))) << i;
    if (!external.empty()) {
      EXPECT_TRUE(fails(verify_sign1(*message, v.key()), Errc::unauthenticated)) << i;
    }
  }
}

TEST(Cose, T14_SignsThePublishedBytes) {
  for (int i = 0; i <= 6; ++i) {
    const Vector v = vector("sign1-sign-000" + std::to_string(i));
    const Bytes payload = hex(v.at({"sign1::sign", "payload"}));
    const Bytes protected_bytes = hex(v.at({"sign1::sign", "protectedHeaders", "cborHex"}));
    const Bytes external = hex(v.at({"sign1::sign", "external"}));
    const Bytes tbs = hex(v.at({"sign1::sign", "tbsHex", "cborHex"}));
    ASSERT_FALSE(tbs.empty());
    EXPECT_EQ(to_hex(to_be_authenticated(Unverified::Kind::sign1, protected_bytes, external, payload)), to_hex(tbs)) << i;
  }
}

TEST(Cose, T14_RefusesThePublishedNegatives) {
  const std::pair<const char*, std::string_view> cases[] = {
      {"sign1-verify-negative-0000", "not a byte string"}, {"sign1-verify-negative-0001", "not a map"}, {"sign1-verify-negative-0002", "map key 1 twice"}, {"sign1-verify-negative-0003", "map key 4 twice"}};
  for (const auto& [file, reason] : cases) {
    const auto message = parse_unverified(hex(vector(file).at({"sign1::verify", "taggedCOSESign1", "cborHex"})));
    ASSERT_FALSE(message) << file;
    EXPECT_NE(message.error().text().find(reason), std::string::npos) << message.error();
  }
}

struct Refused {
  const char* why;
  const char* bytes;
  Errc errc;
  const char* part;
};
class CoseRefuses : public ::testing::TestWithParam<Refused> {};
TEST_P(CoseRefuses, WithTheReason) {
  EXPECT_TRUE(fails(parse_unverified(hex(GetParam().bytes)), GetParam().errc, GetParam().part)) << GetParam().why;
}
// RFC 9052 §2 to §4; 40 is an empty byte string, 4101 a payload or signature of one byte.
INSTANTIATE_TEST_SUITE_P(Cose, CoseRefuses, ::testing::Values(Refused{"nothing", "", Errc::malformed, "ends"}, Refused{"a zero byte", "00", Errc::malformed, "no COSE tag"}, Refused{"no tag", "84 43a10126 a0 4101 4101", Errc::malformed, "no COSE tag"}, Refused{"another tag", "d3 84 43a10126 a0 4101 4101", Errc::malformed, "tag 19"}, Refused{"the CWT tag alone", "d83d 84 43a10126 a0 4101 4101", Errc::malformed, "no COSE tag"}, Refused{"cut behind the array", "d284", Errc::malformed, "an array of 4 items"}, Refused{"three elements", "d283 43a10126 a0 4101", Errc::malformed, "an array of 3"}, Refused{"five elements", "d285 43a10126 a0 4101 4101 00", Errc::malformed, "an array of 5"}, Refused{"an indefinite array", "d29f 43a10126 a0 4101 4101 ff", Errc::malformed, "indefinite"}, Refused{"protected as a map", "d284 a10126 a0 4101 4101", Errc::malformed, "not a byte string"}, Refused{"protected as a wrapped array", "d284 4180 a0 4101 4101", Errc::malformed, "not a map"}, Refused{"bytes behind the protected map", "d284 44a1012600 a0 4101 4101", Errc::malformed, "behind the end"}, Refused{"an empty signature", "d284 43a10126 a0 4101 40", Errc::malformed, "empty signature"}, Refused{"bytes behind the message", "d284 43a10126 a0 4101 4101 00", Errc::malformed, "behind the end"}, Refused{"payload as text", "d284 43a10126 a0 6161 4101", Errc::malformed, "byte string"}, Refused{"a label twice", "d284 45a201260127 a0 4101 4101", Errc::duplicate, "map key 1 twice"}, Refused{"a label in both buckets", "d284 43a10126 a10126 4101 4101", Errc::duplicate, "both buckets"}, Refused{"kid in both buckets", "d284 46a20126044101 a1044101 4101 4101", Errc::duplicate, "both buckets"}, Refused{"a label that is a byte string", "d284 43a10126 a1410100 4101 4101", Errc::malformed, "map key"}, Refused{"crit unprotected", "d284 43a10126 a1028104 4101 4101", Errc::malformed, "crit in the unprotected"}, Refused{"an empty crit", "d284 45a201260280 a0 4101 4101", Errc::malformed, "an empty crit"}, Refused{"crit names what is not there", "d284 46a20126028104 a0 4101 4101", Errc::malformed, "crit names 4"}, Refused{"crit names what nobody knows", "d284 49a30126028118631863 00 a0 4101 4101", Errc::malformed, ""}, Refused{"IV and Partial IV", "d284 43a10126 a2054101064101 4101 4101", Errc::malformed, "IV"}, Refused{"kid as text", "d284 43a10126 a1046161 4101 4101", Errc::malformed, "byte string"}, Refused{"alg as text", "d284 45a101626161 a0 4101 4101", Errc::unsupported, "algorithm"}, Refused{"content type 65536", "d284 49a20126031a00010000 a0 4101 4101", Errc::malformed, "content type"}, Refused{"x5chain of one in an array", "d284 43a10126 a11821814101 4101 4101", Errc::malformed, "array of one"}));

class CoseMessages : public ::testing::Test {
 protected:
  crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  Bytes payload_ = to_bytes("payload");
};

TEST_F(CoseMessages, AnyChangedByteBreaksTheSignature) {
  const Bytes good = sign_sign1(payload_, key_, {.kid = to_bytes("k")}).value();
  const auto parsed = parse_unverified(good).value();
  EXPECT_TRUE(equal(*verify_sign1(parsed, key_.public_key()).value(), payload_));
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x01;
    const auto message = parse_unverified(bad);
    if (message && verify_sign1(*message, key_.public_key())) ++accepted;
  }
  // Only the kid, which is a hint and not signed: its one byte, and its label while that stays one we do not read.
  EXPECT_LE(accepted, 2u);
}

TEST_F(CoseMessages, TheAlgorithmIsTakenFromTheProtectedHeaderAlone) {
  const Bytes bytes = hex("d284 40 a10126 4101 4101");
  EXPECT_TRUE(fails(verify_sign1(parse_unverified(bytes).value(), key_.public_key()), Errc::missing, "no algorithm"));
  const Bytes empty_map = hex("d284 41a0 a10126 4101 4101");
  EXPECT_TRUE(fails(verify_sign1(parse_unverified(empty_map).value(), key_.public_key()), Errc::missing, "no algorithm"));
}

TEST_F(CoseMessages, AlgorithmsThatDoNotFitAreRefused) {
  for (const auto& [protected_hex, errc] : {std::pair{"44a1013822", Errc::mismatch}, std::pair{"43a10105", Errc::unsupported}, std::pair{"45a101390100", Errc::unsupported}, std::pair{"43a10127", Errc::mismatch}}) {
    const Bytes bytes = hex(std::string{"d284 "} + protected_hex + " a0 4101 4101");
    EXPECT_TRUE(fails(verify_sign1(parse_unverified(bytes).value(), key_.public_key()), errc)) << protected_hex;
  }
  const Bytes mac = hex("d184 43a10126 a0 4101 4101");
  EXPECT_TRUE(fails(verify_mac0(parse_unverified(mac).value(), Bytes(32, 1)), Errc::unsupported));
  EXPECT_TRUE(fails(verify_sign1(parse_unverified(mac).value(), key_.public_key()), Errc::mismatch, "COSE_Mac0"));
}

TEST_F(CoseMessages, DetachedPayloadsAndExternalData) {
  const Bytes aad = to_bytes("aad");
  const Bytes detached = sign_sign1(payload_, key_, {.external_aad = aad, .tagged = false, .detached = true}).value();
  EXPECT_TRUE(fails(parse_unverified(detached), Errc::malformed));
  const auto message = parse_unverified(detached, Tagging::optional).value();
  EXPECT_TRUE(fails(verify_sign1(message, key_.public_key(), {.external_aad = aad}), Errc::missing, "missing payload"));
  EXPECT_TRUE(ok(verify_sign1(message, key_.public_key(), {.external_aad = aad, .detached_payload = payload_})));
  EXPECT_TRUE(fails(verify_sign1(message, key_.public_key(), {.detached_payload = payload_}), Errc::unauthenticated));
  const Bytes attached = sign_sign1(payload_, key_).value();
  EXPECT_TRUE(fails(verify_sign1(parse_unverified(attached).value(), key_.public_key(), {.detached_payload = payload_}), Errc::mismatch));
}

TEST_F(CoseMessages, MacsVerifyAndKeylessOnesNever) {
  const Bytes key(32, 9);
  const Bytes good = make_mac0(payload_, key, crypto::Mac::hs256).value();
  EXPECT_TRUE(ok(verify_mac0(parse_unverified(good).value(), key)));
  EXPECT_TRUE(fails(verify_mac0(parse_unverified(good).value(), Bytes(32, 8)), Errc::unauthenticated));
  EXPECT_TRUE(fails(verify_mac0(parse_unverified(good).value(), Bytes(8, 9)), Errc::invalid));
  for (const char* file : {"psatoken/tf-m/psa-2_0_0_mac0.bin", "psatoken/tf-m/psa-iot-1_mac0.bin"}) {
    const Bytes bytes = testing::vector_bytes(file);
    const auto message = parse_unverified(bytes).value();
    EXPECT_TRUE(is_short_circuit(message)) << file;
    EXPECT_FALSE(verify_mac0(message, key)) << file;
  }
  EXPECT_FALSE(is_short_circuit(parse_unverified(good).value()));
}

TEST_F(CoseMessages, TheCwtTagIsSkipped) {
  const Bytes good = sign_sign1(payload_, key_).value();
  const Bytes cwt = concat({hex("d83d"), good});
  EXPECT_TRUE(ok(verify_sign1(parse_unverified(cwt).value(), key_.public_key())));
}

TEST_F(CoseMessages, ACachedVerdictIsTheSameVerdict) {
  crypto::SigCache cache;
  const Bytes good = sign_sign1(payload_, key_).value();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(ok(verify_sign1(parse_unverified(good).value(), key_.public_key(), {.cache = &cache})));
  EXPECT_EQ(cache.counts().hits, 1u);
}

TEST(CoseOffsets, CountFromTheOutermostInput) {
  const Bytes bytes = hex("d284 4180 a0 4101 4101");
  EXPECT_EQ(parse_unverified(bytes, Tagging::required, 1000).error().offset, 1003u);
}

}  // namespace
}  // namespace assay::cose
