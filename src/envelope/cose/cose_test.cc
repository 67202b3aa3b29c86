#include "envelope/cose/cose.h"

#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "testing/testing.h"

namespace assay::cose {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;
using testing::vector_text;

const std::string kSignature = "58 40" + std::string(128, '7');

Bytes message(const std::string& buckets_and_payload) { return hex("d2 84" + buckets_and_payload + kSignature); }

crypto::PrivateKey new_key(crypto::KeyKind kind) { return crypto::PrivateKey::generate(kind).value(); }

// --- go-cose's vectors ---------------------------------------------------------------------------------------------------------

struct GoCose {
  explicit GoCose(const std::string& name) : document{json::parse(vector_text("go-cose/" + name + ".json")).value()} {}
  std::string text(std::initializer_list<const char*> path) const {
    const json::Value* at = &document;
    for (const char* step : path) {
      at = at->object()->find(step);
      if (at == nullptr) return "";
    }
    return *at->text();
  }
  crypto::PublicKey key() const { return crypto::public_key_from_jwk(*document.object()->find("key")).value(); }
  crypto::PrivateKey private_key() const { return crypto::private_key_from_jwk(*document.object()->find("key")).value(); }
  crypto::Sig sig() const { return crypto::sig_by_jose_name(text({"alg"})).value(); }
  json::Value document;
};

class GoCoseVerify : public ::testing::TestWithParam<int> {};

TEST_P(GoCoseVerify, T14_VerifiesAndNoFlippedByteDoes) {
  const GoCose vector{"sign1-verify-000" + std::to_string(GetParam())};
  const Bytes bytes = hex(vector.text({"sign1::verify", "taggedCOSESign1", "cborHex"}));
  const Bytes external = hex(vector.text({"sign1::verify", "external"}));
  const VerifyOptions options{.external_aad = external};
  const auto parsed = parse_unverified(bytes);
  ASSERT_TRUE(ok(parsed));
  const auto verified = verify_sign1(*parsed, vector.key(), options);
  ASSERT_TRUE(ok(verified));
  EXPECT_EQ(to_string(**verified), "This is the content.");

  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes other = bytes;
    other[i] ^= 1;
    const auto again = parse_unverified(other);
    if (!again) continue;
    // What is not signed may change (the unprotected bucket), the rest may not.
    const auto result = verify_sign1(*again, vector.key(), options);
    const bool unsigned_part = again->kind == parsed->kind && again->payload && equal(*again->payload, *parsed->payload) &&
                               equal(again->protected_bytes, parsed->protected_bytes) && equal(again->signature, parsed->signature);
    EXPECT_EQ(result.has_value(), unsigned_part) << "byte " << i;
  }
}
INSTANTIATE_TEST_SUITE_P(, GoCoseVerify, ::testing::Range(0, 7));

TEST(CoseSign1, T14_GoCoseNegativesFailForTheirReason) {
  const std::pair<const char*, const char*> rows[] = {
      {"sign1-verify-negative-0000", "cbor: invalid protected header: cbor: require bstr type"},
      {"sign1-verify-negative-0001", "cbor: invalid protected header: cbor: protected header: require map type"},
      {"sign1-verify-negative-0002", "cbor: invalid protected header: cbor: found duplicate map key \"1\" at map element index 1"},
      {"sign1-verify-negative-0003", "cbor: invalid unprotected header: cbor: found duplicate map key \"4\" at map element index 1"}};
  for (const auto& [name, what] : rows) {
    const auto result = parse_unverified(hex(GoCose{name}.text({"sign1::verify", "taggedCOSESign1", "cborHex"})));
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().what, what);
    EXPECT_EQ(exit_code(result.error().errc), 3);
  }
}

class GoCoseSign : public ::testing::TestWithParam<int> {};

TEST_P(GoCoseSign, T14_SignsThePrintedBytes) {
  const GoCose vector{"sign1-sign-000" + std::to_string(GetParam())};
  const Bytes protected_bytes = hex(vector.text({"sign1::sign", "protectedHeaders", "cborHex"}));
  const Bytes payload = hex(vector.text({"sign1::sign", "payload"}));
  const Bytes external = hex(vector.text({"sign1::sign", "external"}));
  const Bytes signed_bytes = to_be_authenticated(Unverified::Kind::sign1, protected_bytes, external, payload);
  EXPECT_EQ(to_hex(signed_bytes), vector.text({"sign1::sign", "tbsHex", "cborHex"}));

  const Bytes printed = hex(vector.text({"sign1::sign", "expectedOutput", "cborHex"}));
  const auto parsed = parse_unverified(printed);
  ASSERT_TRUE(ok(parsed));
  const auto verified = verify_sign1(*parsed, vector.key(), {.external_aad = external});
  // The signature printed in the first one was made by another key than the one beside it.
  if (GetParam() == 0) {
    EXPECT_TRUE(fails(verified, Errc::unauthenticated, "verification error"));
  } else {
    EXPECT_TRUE(ok(verified));
  }

  const auto ours = sign_sign1(payload, vector.private_key(), {.external_aad = external, .sig = vector.sig()});
  ASSERT_TRUE(ok(ours));
  const auto ours_parsed = parse_unverified(*ours);
  ASSERT_TRUE(ok(ours_parsed));
  EXPECT_TRUE(ok(verify_sign1(*ours_parsed, vector.key(), {.external_aad = external})));
  EXPECT_TRUE(fails(verify_sign1(*ours_parsed, vector.key(), {.external_aad = hex("00")}), Errc::unauthenticated));
}
INSTANTIATE_TEST_SUITE_P(, GoCoseSign, ::testing::Range(0, 7));

// --- What is refused on parsing ------------------------------------------------------------------------------------------------

struct Refused {
  const char* why;
  std::string hex;
  Errc errc;
  const char* what;
  std::size_t offset;
};

class CoseRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(CoseRefuses, WithTheOffsetOfTheOffendingByte) {
  const Bytes bytes = hex(GetParam().hex);
  const auto result = parse_unverified(bytes);
  ASSERT_TRUE(fails(result, GetParam().errc, GetParam().what)) << GetParam().why;
  EXPECT_EQ(result.error().offset, GetParam().offset) << result.error();
  const auto moved = parse_unverified(bytes, Tagging::required, 100);
  EXPECT_EQ(moved.error().offset, GetParam().offset + 100) << moved.error();
}

INSTANTIATE_TEST_SUITE_P(
    , CoseRefuses,
    ::testing::Values(
        Refused{"nothing at all", "", Errc::malformed, "cbor: invalid COSE_Sign1_Tagged object", 0},
        Refused{"another item", "00", Errc::malformed, "cbor: invalid COSE_Sign1_Tagged object", 0},
        Refused{"no tag", "84 43a10126 a0 41aa" + kSignature, Errc::malformed, "cbor: invalid COSE_Sign1_Tagged object", 0},
        Refused{"COSE_Encrypt0", "d0 83 40 a0 41aa", Errc::malformed, "cbor: invalid COSE_Sign1_Tagged object", 0},
        Refused{"an array of 5", "d2 85 43a10126 a0 41aa 41aa 41aa", Errc::malformed, "cbor: invalid COSE_Sign1_Tagged object", 1},
        Refused{"an array of 3", "d2 83 43a10126 a0 41aa", Errc::malformed, "cbor: invalid COSE_Sign1_Tagged object", 1},
        Refused{"an indefinite array", "d2 9f 43a10126 a0 41aa 41aa ff", Errc::malformed, "an indefinite-length array", 1},
        Refused{"cut behind the array head", "d284", Errc::malformed, "unexpected EOF", 2},
        Refused{"cut inside the payload", "d284 43a10126 a0 43aabb", Errc::malformed, "unexpected EOF", 10},
        Refused{"a protected bucket cut short inside its string", "d284 42a101 a0 41aa 41aa", Errc::malformed, "a map of 1 entries", 3},
        Refused{"bytes behind the protected map", "d284 44a1012600 a0 41aa 41aa", Errc::malformed, "1 bytes behind the end", 6},
        Refused{"an indefinite protected map", "d284 44bf0126ff a0 41aa 41aa", Errc::malformed, "an indefinite-length map", 3},
        Refused{"an indefinite unprotected map", "d284 43a10126 bfff 41aa 41aa", Errc::malformed, "an indefinite-length map", 6},
        Refused{"an unprotected bucket that is an array", "d284 43a10126 80 41aa 41aa", Errc::malformed, "cbor: invalid unprotected header: cbor: require map type", 6},
        Refused{"alg in both buckets", "d284 43a10126 a10126 41aa 41aa", Errc::duplicate, "duplicate map key \"1\"", 7},
        Refused{"one unknown label in both buckets, once in two bytes", "d284 45a20126 0a00 a1180a00 41aa 41aa", Errc::duplicate, "duplicate map key \"10\"", 9},
        Refused{"a text label twice", "d284 43a10126 a2 6161 00 6161 00 41aa 41aa", Errc::duplicate, "duplicate map key \"a\"", 10},
        Refused{"a label that is a byte string", "d284 43a10126 a1 4101 00 41aa 41aa", Errc::malformed, "byte string", 7},
        Refused{"alg by name", "d284 48a101 654553323536 a0 41aa 41aa", Errc::unsupported, "an algorithm named by text", 5},
        Refused{"alg that is bytes", "d284 44a1014100 a0 41aa 41aa", Errc::malformed, "a byte string", 5},
        Refused{"kid that is text", "d284 43a10126 a1 04 6161 41aa 41aa", Errc::malformed, "a text string", 8},
        Refused{"a content type beyond 16 bits", "d284 49a20126 031a00010000 a0 41aa 41aa", Errc::invalid, "content type 65536", 7},
        Refused{"a content type that is no media type", "d284 47a20126 03626162 a0 41aa 41aa", Errc::invalid, "no media type", 7},
        Refused{"IV and Partial IV in two buckets", "d284 46a20126 0541aa a1 06 41aa 41aa 41aa", Errc::invalid, "IV and Partial IV", 13},
        Refused{"an IV that is a number", "d284 43a10126 a10500 41aa 41aa", Errc::malformed, "an unsigned integer", 8},
        Refused{"crit outside the protected bucket", "d284 43a10126 a1028101 41aa 41aa", Errc::invalid, "crit outside the protected bucket", 8},
        Refused{"an empty crit", "d284 45a20126 0280 a0 41aa 41aa", Errc::invalid, "an empty crit", 7},
        Refused{"crit that is a number", "d284 45a20126 0201 a0 41aa 41aa", Errc::malformed, "an unsigned integer", 7},
        Refused{"crit naming an absent label", "d284 46a20126 028104 a0 41aa 41aa", Errc::unsupported, "critical header 4 absent", 3},
        Refused{"crit naming a label that is only unprotected", "d284 46a20126 028104 a1044101 41aa 41aa", Errc::unsupported, "critical header 4 absent", 3},
        Refused{"crit naming what we do not read", "d284 48a30126 02810a 0a00 a0 41aa 41aa", Errc::unsupported, "critical header 10 absent or not understood", 3},
        Refused{"crit naming a text label", "d284 47a20126 02816161 a0 41aa 41aa", Errc::unsupported, "critical header a absent", 3},
        Refused{"x5chain that is empty", "d284 43a10126 a1 1821 80 41aa 41aa", Errc::limit, "0 certificates", 9},
        Refused{"a tag inside a header value", "d284 43a10126 a1 0a c100 41aa 41aa", Errc::malformed, "CBOR tag isn't allowed", 8},
        Refused{"a payload that is text", "d284 43a10126 a0 61aa 41aa", Errc::malformed, "a text string", 7},
        Refused{"an empty signature", "d284 43a10126 a0 41aa 40", Errc::malformed, "empty signature", 10},
        Refused{"a signature that is null", "d284 43a10126 a0 41aa f6", Errc::malformed, "null", 9},
        Refused{"a byte behind the end", "d284 43a10126 a0 41aa 41aa 00", Errc::malformed, "cbor: 1 bytes of extraneous data starting at index 11", 11}));

// --- What is accepted ----------------------------------------------------------------------------------------------------------

TEST(CoseSign1, ReadsHeadersOfBothBuckets) {
  const Bytes bytes = hex("d83d d2 84 58 1a a4 01 26 0281 03 03 6f" + to_hex(as_bytes("application/cwt")) + "6161 00 a3 04 4101 1821 82 4130 4131 0a 82 01 02 42aabb 41aa");
  const auto result = parse_unverified(bytes);
  ASSERT_TRUE(ok(result));
  EXPECT_TRUE(result->tagged);
  EXPECT_EQ(result->protected_headers.alg, -7);
  EXPECT_EQ(std::get<std::string_view>(result->protected_headers.content_type), "application/cwt");
  ASSERT_EQ(result->protected_headers.crit.size(), 1u);
  ASSERT_EQ(result->protected_headers.unknown.size(), 1u);
  EXPECT_EQ(result->protected_headers.unknown[0].text, "a");
  EXPECT_EQ(to_hex(*result->unprotected_headers.kid), "01");
  ASSERT_EQ(result->unprotected_headers.x5chain.size(), 2u);
  ASSERT_EQ(result->unprotected_headers.unknown.size(), 1u);
  EXPECT_EQ(result->unprotected_headers.unknown[0].number, 10);
  EXPECT_EQ(result->payload_offset, bytes.size() - 4);
  EXPECT_EQ(to_hex(*result->payload), "aabb");
}

TEST(CoseSign1, ReadsOtherWidthsAndTheUntaggedForm) {
  const auto wide = parse_unverified(hex("d812 9804 5803 a10126 b800 f6 4177"));
  ASSERT_TRUE(ok(wide));
  EXPECT_FALSE(wide->payload);
  const auto untagged = parse_unverified(hex("84 40 a0 41aa 41aa"), Tagging::optional);
  ASSERT_TRUE(ok(untagged));
  EXPECT_FALSE(untagged->tagged);
}

// --- Verification --------------------------------------------------------------------------------------------------------------

TEST(CoseSign1, SignsWithEveryAlgorithmAndVerifies) {
  using crypto::KeyKind;
  for (const KeyKind kind : {KeyKind::p256, KeyKind::p384, KeyKind::p521, KeyKind::ed25519, KeyKind::rsa}) {
    const auto key = new_key(kind);
    const auto bytes = sign_sign1(hex("aabb"), key, {.content_type = "application/cmw+cbor", .kid = hex("0102")});
    ASSERT_TRUE(ok(bytes)) << crypto::name(kind);
    const auto parsed = parse_unverified(*bytes);
    ASSERT_TRUE(ok(parsed));
    EXPECT_EQ(to_hex(*parsed->unprotected_headers.kid), "0102");
    const auto verified = verify_sign1(*parsed, key.public_key());
    ASSERT_TRUE(ok(verified)) << crypto::name(kind);
    EXPECT_EQ(to_hex(**verified), "aabb");
    EXPECT_TRUE(fails(verify_sign1(*parsed, new_key(kind).public_key()), Errc::unauthenticated, "verification error"));
  }
}

TEST(CoseSign1, RefusesToVerifyWithTheReason) {
  const auto key = new_key(crypto::KeyKind::p256);
  const auto verify = [&](const Bytes& bytes, const VerifyOptions& options = {}) { return verify_sign1(parse_unverified(bytes).value(), key.public_key(), options); };
  EXPECT_TRUE(fails(verify(message("40 a0 41aa")), Errc::missing, "algorithm not found"));
  EXPECT_TRUE(fails(verify(message("41a0 a0 41aa")), Errc::missing, "algorithm not found"));
  EXPECT_TRUE(fails(verify(message("40 a10126 41aa")), Errc::missing, "algorithm not found"));
  EXPECT_TRUE(fails(verify(message("43a10126 a0 f6")), Errc::missing, "missing payload"));
  EXPECT_TRUE(fails(verify(message("43a10126 a0 41aa"), {.detached_payload = hex("aa")}), Errc::mismatch, "one inside and one given"));
  EXPECT_TRUE(fails(verify(message("45a101390100 a0 41aa")), Errc::unsupported, "-257"));
  EXPECT_TRUE(fails(verify(message("43a10105 a0 41aa")), Errc::unsupported, "5"));
  EXPECT_TRUE(fails(verify(message("44a1013822 a0 41aa")), Errc::mismatch, "signed with ES384, the key is of kind P-256"));
  EXPECT_TRUE(fails(verify(message("43a10127 a0 41aa"), {.allow_foreign_curve = true}), Errc::mismatch, "EdDSA"));
  EXPECT_TRUE(fails(verify(message("43a10126 a0 41aa")), Errc::unauthenticated, "verification error"));
  EXPECT_TRUE(fails(verify_mac0(parse_unverified(message("43a10105 a0 41aa")).value(), hex("00")), Errc::malformed, "not a COSE_Mac0"));
  EXPECT_TRUE(fails(verify(hex("d184 43a10105 a0 41aa 41aa")), Errc::malformed, "invalid COSE_Sign1_Tagged"));
}

TEST(CoseSign1, T13_TokenWithoutAlgorithmIsRefused) {
  const Bytes bytes = vector_bytes("iat-verifier/data/psa-2_0_0_sign1-token.cbor");
  const auto key = crypto::public_key_from_any(vector_bytes("iat-verifier/data/key.pem"));
  ASSERT_TRUE(ok(key));
  EXPECT_TRUE(fails(verify_sign1(parse_unverified(bytes).value(), *key), Errc::missing, "algorithm not found"));
}

// RFC 9053 §2.1 leaves hash and curve free; we accept the pairs that everybody uses unless asked. Made with Python's cryptography.
TEST(CoseSign1, ForeignCurveOnlyWhenAsked) {
  const auto key = crypto::PublicKey::from_point(crypto::KeyKind::p384, hex("04a9e9f84cdb14cbb9e556d65b4946d20ef1c9b8230acb21fcf58061b914089f9974bb3cb1b38e1da8fbd93cef975f6c5d1fceb7a067039464d6903e0925d7d6df139392bf4637a0a94c585203c53275f75bcd6e2135840b638b5248602e107e4c"));
  ASSERT_TRUE(ok(key));
  Bytes bytes = hex("d284 43a10126 a0 42aabb 5860 bbd18be03cab786607431f0df49ee68f7ecb73694371735fc5ffb15682e9b9d102e86aba59c86f6df474bd35448999e752c21067bf62db46ca0a22062a5bc8a16751bd68840ea4d160d9c45014b2bb9f392eed24b0ce92487aea91ed4041d79b");
  EXPECT_TRUE(fails(verify_sign1(parse_unverified(bytes).value(), *key), Errc::mismatch, "signed with ES256, the key is of kind P-384"));
  EXPECT_TRUE(ok(verify_sign1(parse_unverified(bytes).value(), *key, {.allow_foreign_curve = true})));
  bytes.back() ^= 1;
  EXPECT_TRUE(fails(verify_sign1(parse_unverified(bytes).value(), *key, {.allow_foreign_curve = true}), Errc::unauthenticated));
}

TEST(CoseSign1, DetachedPayloadIsGivenByTheCaller) {
  const auto key = new_key(crypto::KeyKind::p256);
  const Bytes bytes = sign_sign1(hex("aabb"), key, {.detached = true}).value();
  const auto parsed = parse_unverified(bytes).value();
  EXPECT_FALSE(parsed.payload);
  EXPECT_TRUE(ok(verify_sign1(parsed, key.public_key(), {.detached_payload = hex("aabb")})));
  EXPECT_TRUE(fails(verify_sign1(parsed, key.public_key(), {.detached_payload = hex("aabc")}), Errc::unauthenticated));
}

TEST(CoseSign1, CacheAnswersTheSecondTime) {
  const auto key = new_key(crypto::KeyKind::p256);
  crypto::SigCache cache;
  const Bytes bytes = sign_sign1(hex("aabb"), key).value();
  const auto parsed = parse_unverified(bytes).value();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ok(verify_sign1(parsed, key.public_key(), {.cache = &cache})));
  EXPECT_EQ(cache.counts().hits, 2u);
}

TEST(CoseSign1, WhatCannotBeSignedIsRefused) {
  const auto key = new_key(crypto::KeyKind::p256);
  for (const char* type : {"", "text", "/x", "a/", "a/b/c", " a/b", "a/ b"}) EXPECT_TRUE(fails(sign_sign1(hex("aa"), key, {.content_type = type}), Errc::invalid)) << type;
  EXPECT_FALSE(sign_sign1(hex("aa"), key, {.sig = crypto::Sig::es384}));
  EXPECT_TRUE(fails(sign_sign1(hex("aa"), new_key(crypto::KeyKind::rsa), {.sig = crypto::Sig::rs256}), Errc::unsupported));
  EXPECT_TRUE(fails(make_mac0(hex("aa"), Bytes(16, 1), crypto::Mac::hs256, {.sig = crypto::Sig::es256}), Errc::invalid));
}

TEST(CoseMac0, MakesWhatItVerifies) {
  const Bytes key(16, 1);
  const Bytes other(16, 2);
  const Bytes aad = hex("ff");
  for (const crypto::Mac mac : {crypto::Mac::hs256, crypto::Mac::hs384, crypto::Mac::hs512}) {
    const Bytes bytes = make_mac0(hex("aabb"), key, mac, {.external_aad = aad}).value();
    const auto parsed = parse_unverified(bytes).value();
    EXPECT_TRUE(ok(verify_mac0(parsed, key, {.external_aad = aad})));
    EXPECT_TRUE(fails(verify_mac0(parsed, other, {.external_aad = aad}), Errc::unauthenticated, "verification error"));
    EXPECT_TRUE(fails(verify_mac0(parsed, key), Errc::unauthenticated));
    EXPECT_TRUE(fails(verify_mac0(parsed, ByteView{key}.first(15), {.external_aad = aad}), Errc::invalid, "15 bytes"));
    EXPECT_TRUE(fails(make_mac0(hex("aabb"), ByteView{key}.first(15), mac), Errc::invalid, "15 bytes"));
  }
  const Bytes wrong = hex("d184 43a10126 a0 4101 4101");
  EXPECT_TRUE(fails(verify_mac0(parse_unverified(wrong).value(), key), Errc::unsupported, "-7"));
}

TEST(CoseMac0, T11_ShortCircuitIsRefusedAndNamed) {
  for (const char* name : {"psatoken/tf-m/psa-iot-1_mac0.bin", "psatoken/tf-m/psa-2_0_0_mac0.bin"}) {
    const Bytes bytes = vector_bytes(name);
    const auto parsed = parse_unverified(bytes);
    ASSERT_TRUE(ok(parsed)) << name;
    EXPECT_TRUE(is_short_circuit(*parsed)) << name;
    EXPECT_TRUE(fails(verify_mac0(*parsed, Bytes(16, 1)), Errc::unauthenticated, "made without a key")) << name;
  }
}

TEST(CoseSign1, T11_ShortCircuitSignatureIsNamed) {
  const Bytes payload = hex("aabb");
  const Bytes digest = crypto::digest(crypto::Hash::sha256, to_be_authenticated(Unverified::Kind::sign1, hex("a10126"), {}, payload));
  const Bytes bytes = hex("d284 43a10126 a0 42aabb 5840" + to_hex(digest) + to_hex(digest));
  EXPECT_TRUE(is_short_circuit(parse_unverified(bytes).value()));
  EXPECT_FALSE(is_short_circuit(parse_unverified(message("43a10126 a0 42aabb")).value()));
  const auto kid = message("43a10126 a1 04 5820 ef954b4bd9bdf670d0336082f5ef152af8f35b6a6c00efa6a9a71f49517e18c6 42aabb");
  EXPECT_TRUE(is_short_circuit(parse_unverified(kid).value()));
}

}  // namespace
}  // namespace assay::cose
