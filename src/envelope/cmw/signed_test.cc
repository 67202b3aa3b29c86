#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "crypto/x509.h"
#include "envelope/cmw/cmw.h"
#include "envelope/cose/cose.h"
#include "envelope/jose/jws.h"
#include "testing/testing.h"

namespace assay::cmw {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;
using testing::vector_text;

class SignedCmw : public ::testing::Test {
 protected:
  Bytes key_file_ = vector_bytes("cmw/signed/key.jwk");
  crypto::PublicKey key_ = crypto::public_key_from_any(key_file_).value();
  crypto::PrivateKey private_key_ = crypto::private_key_from_any(key_file_).value();
  crypto::PrivateKey other_ = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  Bytes mixed_ = vector_bytes("cmw/mixed-collection.cbor");
  Cmw cmw_ = parse(mixed_).value();
};

TEST_F(SignedCmw, TheEnvelopeIsNamedWhereItAnnouncesACmw) {
  EXPECT_EQ(signed_envelope(vector_bytes("cmw/signed/ok.cose")), "COSE_Sign1");
  EXPECT_EQ(signed_envelope(vector_bytes("cmw/signed/fail-bad-signature.cose")), "COSE_Sign1");
  EXPECT_EQ(signed_envelope(as_bytes(sign_json(cmw_, private_key_).value())), "JWS");
  for (const char* other : {"cmw/signed/fail-no-cty.cose", "cmw/signed/fail-wrong-cty.cose", "cmw/signed/fail-truncated.cose", "cmw/mixed-collection.cbor", "cmw/mixed-collection.json", "evcli/tests/psa-p2.cbor"}) {
    EXPECT_EQ(signed_envelope(vector_bytes(other)), std::nullopt) << other;
  }
  EXPECT_EQ(signed_envelope({}), std::nullopt);
}

TEST_F(SignedCmw, T18_OkIsAcceptedAndHoldsTheCollection) {
  const auto verified = verify_signed_cbor(vector_bytes("cmw/signed/ok.cose"), key_);
  ASSERT_TRUE(ok(verified));
  EXPECT_EQ(encode_cbor(**verified).value(), mixed_);
  EXPECT_TRUE(fails(verify_signed_cbor(vector_bytes("cmw/signed/ok.cose"), other_.public_key()), Errc::unauthenticated, "signed-cbor-cmw signature verification failed"));
}

TEST_F(SignedCmw, T18_TheSixFailuresAreRefusedForTheirReason) {
  struct Row {
    const char* name;
    Errc errc;
    const char* text;
  };
  const Row rows[] = {
      {"truncated", Errc::malformed, "CBOR decoding signed-cbor-cmw: unexpected EOF"},
      {"wrong-cty", Errc::invalid, "unexpected content type in signed-cbor-cmw: application/something+else"},
      {"no-cty", Errc::missing, "missing mandatory cty parameter in signed-cbor-cmw protected headers"},
      {"no-alg", Errc::missing, "missing mandatory alg parameter in signed-cbor-cmw protected headers"},
      {"bad-signature", Errc::unauthenticated, "signed-cbor-cmw signature verification failed: verification error"},
      {"payload-not-cmw", Errc::malformed, "CBOR decoding signed-cbor-cmw payload: want CBOR map"}};
  for (const Row& row : rows) EXPECT_TRUE(fails(verify_signed_cbor(vector_bytes(std::string{"cmw/signed/fail-"} + row.name + ".cose"), key_), row.errc, row.text)) << row.name;
}

// Each message has all the faults that are looked for later, so that the first one speaks.
TEST_F(SignedCmw, T18_ChecksInTheListedOrder) {
  const auto refused = [&](const char* message, const char* text) { EXPECT_FALSE(verify_signed_cbor(hex(message), key_)) << message; EXPECT_NE(verify_signed_cbor(hex(message), key_).error().text().find(text), std::string::npos) << message; };
  refused("d284 44a1036161", "unexpected EOF");
  refused("d284 46a10363612f62 a0 41ff 41aa", "unexpected content type in signed-cbor-cmw: a/b");
  refused("d284 43a10300 a0 41ff 41aa", "unexpected content type in signed-cbor-cmw: 0");
  refused("d284 40 a0 41ff 41aa", "missing mandatory cty");
  const std::string typed = "a1 03 74" + to_hex(as_bytes("application/cmw+cbor"));
  refused(("d284 57" + typed + " a0 41ff 41aa").c_str(), "missing mandatory alg");
  const std::string with_alg = "a2 0126 03 74" + to_hex(as_bytes("application/cmw+cbor"));
  refused(("d284 58 19" + with_alg + " a0 41ff 41aa").c_str(), "signature verification failed");
  refused(("d284 58 19" + with_alg + " a0 f6 41aa").c_str(), "missing payload");
}

TEST_F(SignedCmw, PayloadErrorsCountFromTheOutermostByte) {
  const Bytes bytes = cose::sign_sign1(hex("a1 01 05"), private_key_, {.content_type = "application/cmw+cbor"}).value();
  const auto result = verify_signed_cbor(bytes, key_);
  ASSERT_TRUE(fails(result, Errc::malformed, "payload: invalid collection at key 1"));
  EXPECT_EQ(bytes.at(result.error().offset.value()), 0x05) << result.error();
}

TEST_F(SignedCmw, TheContentTypeIsComparedAsMediaType) {
  const auto verify_as = [&](const char* content_type) { return verify_signed_cbor(cose::sign_sign1(mixed_, private_key_, {.content_type = content_type}).value(), key_); };
  for (const char* good : {"application/cmw+cbor", "Application/CMW+CBOR", "application/cmw+cbor; cmwc_t=\"tag:ietf.org,2024:X\""}) EXPECT_TRUE(ok(verify_as(good))) << good;
  for (const char* bad : {"application/cmw+json", "application/cmw+cose", "application/cmw+cbor; x=y", "application/cmw+cbor; cmwc_t", "application/cmw+cbor;;"}) EXPECT_TRUE(fails(verify_as(bad), Errc::invalid, "unexpected content type in signed-cbor-cmw")) << bad;
}

TEST_F(SignedCmw, SignsWhatItVerifies) {
  const Bytes bytes = sign_cbor(cmw_, private_key_).value();
  // The same bytes as the published message up to its signature.
  const Bytes published = vector_bytes("cmw/signed/ok.cose");
  ASSERT_EQ(bytes.size(), published.size());
  EXPECT_TRUE(equal(ByteView{bytes}.first(bytes.size() - 64), ByteView{published}.first(bytes.size() - 64)));
  EXPECT_TRUE(ok(verify_signed_cbor(bytes, key_)));
  EXPECT_FALSE(sign_cbor(Cmw{Record{"a/b", {}, {}, {}}}, private_key_));

  const std::string text = sign_json(cmw_, private_key_).value();
  const auto verified = verify_signed_json(text, key_, crypto::Sig::es256);
  ASSERT_TRUE(ok(verified));
  EXPECT_EQ(encode_cbor(**verified).value(), mixed_);
  EXPECT_TRUE(fails(verify_signed_json(text, other_.public_key(), crypto::Sig::es256), Errc::unauthenticated));
  EXPECT_TRUE(fails(verify_signed_json(text, key_, crypto::Sig::es384), Errc::mismatch));
}

TEST_F(SignedCmw, JwsNeedsItsContentType) {
  const std::string payload = encode_json(cmw_).value();
  const auto with = [&](std::vector<std::pair<std::string, json::Value>> more, std::string_view content) {
    const std::string text = jose::sign_compact(as_bytes(content), jose::make_header(crypto::Sig::es256, std::move(more)), private_key_).value();
    return verify_signed_json(text, key_, crypto::Sig::es256);
  };
  EXPECT_TRUE(ok(with({{"cty", "application/cmw+json"}}, payload)));
  EXPECT_TRUE(ok(with({{"cty", "cmw+json"}}, payload)));
  EXPECT_TRUE(ok(with({{"cty", "application/cmw+json; cmwc_t=\"1.2.3\""}}, payload)));
  EXPECT_TRUE(fails(with({}, payload), Errc::missing, "missing mandatory cty"));
  EXPECT_TRUE(fails(with({{"cty", "application/cmw+cbor"}}, payload), Errc::invalid, "unexpected content type in signed-json-cmw: application/cmw+cbor"));
  for (const char* bad : {"JWT", "cmw+json/x", "application/cmw+json; x=y", "application/cmw+json; cmwc_t"}) EXPECT_TRUE(fails(with({{"cty", bad}}, payload), Errc::invalid, "unexpected content type")) << bad;
  EXPECT_TRUE(fails(with({{"cty", 5}}, payload), Errc::invalid, "unexpected content type"));
  EXPECT_TRUE(fails(with({{"cty", "application/cmw+json"}}, "[]"), Errc::malformed, "signed-json-cmw payload: wrong number of entries (0)"));
  EXPECT_TRUE(fails(verify_signed_json("a.b", key_, crypto::Sig::es256), Errc::malformed, "signed-json-cmw"));
}

TEST(CmwExtension, ReadsBothForms) {
  const Bytes mixed = vector_bytes("cmw/mixed-collection.cbor");
  for (const bool json : {false, true}) {
    const Bytes value = vector_bytes(json ? "cmw/x509-extension-value-json.der" : "cmw/x509-extension-value-cbor.der");
    const auto cmw = parse_x509_extension(value);
    ASSERT_TRUE(ok(cmw)) << json;
    EXPECT_EQ(encode_cbor(*cmw).value(), mixed);
    EXPECT_EQ(to_hex(encode_x509_extension(*cmw, json).value()), to_hex(value));
  }
  for (const char* name : {"cmw/testdata/x509-cert+cbor-cmw.der", "cmw/testdata/x509-cert+json-cmw.der"}) {
    const auto certificate = crypto::Certificate::from_der(vector_bytes(name));
    ASSERT_TRUE(ok(certificate)) << name;
    const auto value = certificate->extension(kExtensionOid);
    ASSERT_TRUE(ok(value)) << name;
    EXPECT_TRUE(ok(parse_x509_extension(*value))) << name;
  }
}

TEST(CmwExtension, RefusesOtherThings) {
  EXPECT_TRUE(fails(parse_x509_extension({}), Errc::malformed, "CMW extension"));
  EXPECT_TRUE(fails(parse_x509_extension(hex("3000")), Errc::malformed, "ASN.1 tag 0x30"));
  EXPECT_TRUE(fails(parse_x509_extension(hex("0400")), Errc::malformed, "CMW extension"));
  EXPECT_TRUE(fails(parse_x509_extension(hex("0c00")), Errc::malformed, "CMW extension"));
  EXPECT_TRUE(fails(parse_x509_extension(hex("04818219138841aa")), Errc::malformed, "CMW extension"));
  EXPECT_TRUE(fails(parse_x509_extension(hex("0406 8219138841aa 00")), Errc::malformed, "CMW extension"));
  const auto inside = parse_x509_extension(hex("0406 8219138861aa"));
  ASSERT_TRUE(fails(inside, Errc::malformed, "unmarshaling value"));
  EXPECT_EQ(inside.error().offset, 6u);
}

}  // namespace
}  // namespace assay::cmw
