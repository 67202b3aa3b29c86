#include "apps/inputs.h"

#include "apps/app_testing.h"
#include "crypto/key_formats.h"
#include "testing/testing.h"

namespace assay::inputs {
namespace {

using testing::fails;
using testing::ok;
using testing::vector_path;

TEST(ParseNonce, TakesHexAndBothBase64Alphabets) {
  EXPECT_EQ(to_hex(parse_nonce("0001020304050607").value()), "0001020304050607");
  EXPECT_EQ(to_hex(parse_nonce("+/8AAQIDBAUGBw==").value()), "fbff0001020304050607");
  EXPECT_EQ(to_hex(parse_nonce("-_8AAQIDBAUGBw").value()), "fbff0001020304050607");
  // Both would do: hex, unless it is said.
  EXPECT_EQ(parse_nonce("AAAAAAAAAAAAAAAA")->size(), 8U);
  EXPECT_EQ(parse_nonce("base64:AAAAAAAAAAAAAAAA")->size(), 12U);
  EXPECT_EQ(parse_nonce("hex:AAAAAAAAAAAAAAAA")->size(), 8U);
}

struct BadNonce {
  const char* why;
  std::string text;
  std::string part;
};
const BadNonce kBadNonces[] = {
    {"empty", "", "0 bytes; expected 8 to 64"},
    {"too short", "00010203040506", "7 bytes; expected 8 to 64"},
    {"too long", std::string(130, '0'), "65 bytes; expected 8 to 64"},
    {"neither", "not a nonce!", "expected hex or base64"},
    {"base64 where hex is said", "hex:+/8AAQIDBAUGBw==", "expected hex or base64"},
    {"an odd number of digits that is no base64 either", "00010203040506070", "expected hex or base64"},
};
class ParseNonceRefuses : public ::testing::TestWithParam<BadNonce> {};
TEST_P(ParseNonceRefuses, AsUsage) { EXPECT_TRUE(fails(parse_nonce(GetParam().text), Errc::usage, GetParam().part)) << GetParam().why; }
INSTANTIATE_TEST_SUITE_P(, ParseNonceRefuses, ::testing::ValuesIn(kBadNonces));

class Inputs : public testing::InOwnFolder {
 protected:
  static std::string path(std::string_view vector) { return vector_path(vector).string(); }
};

TEST_F(Inputs, KeysAreReadInEveryForm) {
  const auto jwk = load_public_key(path("evcli/misc/ec256-pub.json"));
  ASSERT_TRUE(ok(jwk));
  const auto private_jwk = load_public_key(path("evcli/misc/ec256.json"));
  ASSERT_TRUE(ok(private_jwk));
  EXPECT_EQ(*jwk, *private_jwk);
  write("key.pem", crypto::to_pem(*jwk));
  const auto pem = load_public_key(own("key.pem"));
  ASSERT_TRUE(ok(pem));
  EXPECT_EQ(*pem, *jwk);
  EXPECT_TRUE(ok(load_private_key(path("iat-verifier/data/cca_platform.pem"))));
}

TEST_F(Inputs, ErrorsNameTheFile) {
  write("junk", "junk");
  EXPECT_EQ(load_public_key("none").error().text(), "open none: no such file or directory");
  EXPECT_TRUE(load_public_key("junk").error().text().starts_with("junk: ")) << load_public_key("junk").error();
  EXPECT_TRUE(load_private_key(path("evcli/misc/ec256-pub.json")).error().text().starts_with(path("evcli/misc/ec256-pub.json"))) << "a public key signs nothing";
  write("bad.json", "{\"platform\": 3}");
  EXPECT_TRUE(fails(load_reference_values("bad.json"), Errc::malformed, "bad.json"));
  EXPECT_TRUE(fails(load_trust_anchor_file("junk"), Errc::malformed, "junk"));
}

TEST_F(Inputs, AMacKeyIsOctetsAndNeverAPublicKey) {
  write("16", std::string(16, 'k'));
  write("15", std::string(15, 'k'));
  write("1025", std::string(1025, 'k'));
  EXPECT_EQ(load_mac_key("16").value()->size(), 16U);
  EXPECT_TRUE(fails(load_mac_key("15"), Errc::invalid, "15: a MAC key of 15 bytes; expected 16 to 1024 raw octets"));
  EXPECT_TRUE(fails(load_mac_key("1025"), Errc::invalid, "1025: a MAC key of 1025 bytes"));
  EXPECT_TRUE(fails(load_mac_key(path("evcli/misc/ec256-pub.json")), Errc::invalid, "JSON; expected the raw octets"));
  EXPECT_TRUE(fails(load_mac_key(path("iat-verifier/data/key.pem")), Errc::invalid, "PEM; expected the raw octets"));
  // Of kinds nobody here reads, too: octets that others know make a MAC that anybody can make.
  write("k256.pem", "-----BEGIN PUBLIC KEY-----\nMFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE\n-----END PUBLIC KEY-----\n");
  write("set.json", R"({"keys":[]})");
  write("ssh.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== me");
  for (const auto& [file, what] : {std::pair{"k256.pem", "PEM"}, {"set.json", "JSON"}, {"ssh.pub", "an SSH key"}}) EXPECT_TRUE(fails(load_mac_key(file), Errc::invalid, fmt::format("{}: {}; expected", file, what))) << file;
  EXPECT_TRUE(fails(load_mac_key(path("x5chain/rootCA.der")), Errc::invalid, "DER, as of a key or certificate"));
  write("like-der", std::string{"\x30\x10"} + std::string(30, 'k'));
  EXPECT_TRUE(ok(load_mac_key("like-der"))) << "the length does not fit: random octets";
}

TEST_F(Inputs, AnchorsComeFromKeysSetsAndMacKeys) {
  const std::string jwk = testing::vector_text("evcli/misc/ec256-pub.json");
  const std::string other = testing::vector_text("evcli/tests/psa-key-pub.jwk");
  write("set.json", "{\"keys\": [" + jwk + ", " + other + "]}");
  write("mac", std::string(32, 'k'));
  const auto anchors = load_anchors(std::vector<std::string>{"set.json", path("evcli/misc/ec256.json")}, std::vector<std::string>{"mac"});
  ASSERT_TRUE(ok(anchors));
  ASSERT_EQ(anchors->size(), 4U);
  for (const appraise::TrustAnchor& anchor : *anchors) {
    EXPECT_FALSE(anchor.instance_id);
    EXPECT_FALSE(anchor.implementation_id);
  }
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<const SecretBytes>>(anchors->back().key));
  EXPECT_EQ(anchors->back().origin, "mac");
}

TEST_F(Inputs, CertificatesInARow) {
  const Bytes leaf = testing::vector_bytes("revocation/leaf.der");
  Bytes both = leaf;
  append(both, testing::vector_bytes("revocation/intermediate.der"));
  const auto read = inputs::certificates_from_any(both);
  ASSERT_TRUE(testing::ok(read));
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(to_hex(read->front().der()), to_hex(leaf));
  EXPECT_FALSE(inputs::certificates_from_any({}));
  EXPECT_FALSE(inputs::certificates_from_any(ByteView{both}.first(both.size() - 1)));
  both.push_back(0);
  EXPECT_FALSE(inputs::certificates_from_any(both));
}

TEST_F(Inputs, RevocationListsInBothForms) {
  const std::vector<std::string> good{testing::vector_path("revocation/root.crl").string(), testing::vector_path("revocation/intermediate-leaf-revoked.crl.pem").string()};
  const auto lists = inputs::load_revocation_lists(good);
  ASSERT_TRUE(testing::ok(lists));
  EXPECT_EQ(lists->size(), 2u);
  const std::vector<std::string> other{testing::vector_path("revocation/root.der").string()};
  EXPECT_TRUE(testing::fails(inputs::load_revocation_lists(other), Errc::malformed, "root.der"));
}

}  // namespace
}  // namespace assay::inputs
