#include "apps/cocli/cocli_testing.h"
#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "model/corim/signed.h"

namespace assay {
namespace {

using testing::Outcome;
using testing::vector_bytes;
using testing::vector_path;
using testing::vector_text;

TEST_F(Cocli, C13_CorimVerify) {
  struct Row {
    std::string file, key;
  };
  for (const Row& row : {Row{"ed25519", "test-ed"}, Row{"es256", "ec-p256"}, Row{"es384", "test-P-384"}, Row{"es512", "test-P-521"}, Row{"ps256", "test-PS256"}}) {
    const std::string file = take("gen-a/golden/signed-corim-psa-full-" + row.file + ".cbor");
    const std::vector<std::string> verify{"corim", "verify", "-f", file, "-k", key(row.key)};
    prints(verify, ">> \"" + file + "\" verified\n");
  }
  for (const std::string name : {"signed-corim-valid", "signed-corim-valid-with-cots"}) {
    const std::string file = take("gen-a/shipped/testcases/" + name + ".cbor");
    prints({"corim", "verify", "-f", file, "-k", key("ec-p256")}, ">> \"" + file + "\" verified\n");
  }
  const std::string file = "signed-corim-psa-full-es256.cbor";
  write("other.jwk", json::print(crypto::to_jwk(crypto::PrivateKey::generate(crypto::KeyKind::p256).value())));
  refused({"corim", "verify", "-f", file, "-k", "other.jwk"}, "error verifying " + file + " with key other.jwk: verification error");
  refused_with({"corim", "verify", "-f", file, "-k", key("test-ed")}, "error verifying " + file + " with key " + key("test-ed") + ": ");
}

TEST_F(Cocli, PublicKeysVerify) {
  const std::string file = take("gen-a/golden/signed-corim-psa-full-es256.cbor");
  const auto pair = crypto::private_key_from_any(vector_bytes("cocli/keys/ec-p256.jwk")).value();
  write("pub.jwk", json::print(crypto::to_jwk(pair.public_key())));
  write("pub.pem", crypto::to_pem(pair.public_key()));
  for (const std::string name : {"pub.jwk", "pub.pem"}) prints({"corim", "verify", "-f", file, "-k", name}, ">> \"" + file + "\" verified\n");
}

TEST_F(Cocli, ExpiredIsAWarning) {
  const std::string file = take("gen-a/golden/signed-corim-psa-full-es256.cbor");
  const Outcome later = run_at(kIn2027, {"corim", "verify", "-f", file, "-k", key("ec-p256")});
  EXPECT_EQ(later.err, "warning: the signature was valid until 2025-12-31T00:00:00Z\nwarning: the CoRIM was valid until 2025-12-31T00:00:00Z\n");
  EXPECT_EQ(later.out, ">> \"" + file + "\" verified\n");
  EXPECT_EQ(later.status, 0);
  EXPECT_NE(run_at(1, {"corim", "verify", "-f", file, "-k", key("ec-p256")}).err.find("the CoRIM is not valid before 2021-12-31T00:00:00Z"), std::string::npos);
}

TEST_F(Cocli, C14_VerifyOfAnUnsignedFile) {
  const std::string file = take("gen-a/golden/corim-psa-full.cbor");
  refused({"corim", "verify", "-f", file, "-k", key("ec-p256")}, "error decoding signed CoRIM from corim-psa-full.cbor: failed CBOR decoding for COSE-Sign1 signed CoRIM: cbor: invalid COSE_Sign1_Tagged object");
  refused({"corim", "verify"}, "no CoRIM supplied");
  refused({"corim", "verify", "-f", "none", "-k", "k"}, "error loading signed CoRIM from none: open none: no such file or directory");
  take("gen-a/golden/signed-corim-psa-full-es256.cbor");
  refused({"corim", "verify", "-f", "signed-corim-psa-full-es256.cbor", "-k", "none"}, "error loading verifying key from none: open none: no such file or directory");
}

TEST_F(Cocli, C15_CorimDisplayIsByteForByte) {
  go_to("cocli/gen-a/golden");
  const std::string expected = vector_text("cocli/gen-a/golden/display-signed-corim-psa-full-ed25519.txt");
  prints({"corim", "display", "-f", "signed-corim-psa-full-ed25519.cbor", "-v"}, expected);
  prints({"corim", "display", "-f", "signed-corim-psa-full-ed25519.cbor"}, expected.substr(0, expected.find("Tags:\n")));
  prints({"corim", "display", "-f", "corim-psa-full.cbor", "--show-tags"}, expected.substr(expected.find("Corim:\n")));
}

TEST_F(Cocli, C15_CorimDisplayOfEveryKindOfTag) {
  go_to("cocli/gen-a/golden");
  const std::string expected = vector_text("cocli/gen-a/golden/display-signed-corim-full-with-coswid-cots-ed25519.txt");
  prints({"corim", "display", "-f", "signed-corim-full-with-coswid-cots-ed25519.cbor", "-v"}, expected);
  prints({"corim", "display", "-f", "corim-full-with-coswid-cots.cbor", "-v"}, expected.substr(expected.find("Corim:\n")));
}

TEST_F(Cocli, TagsThatCannotBeReadAreSkipped) {
  const Outcome stale = run({"corim", "display", "-v", "-f", path("gen-a/shipped/testcases/signed-corim-valid.cbor")});
  EXPECT_EQ(stale.status, 0);
  EXPECT_NE(stale.out.find(">> skipping malformed CoMID tag at index 0: CBOR decoding failed: "), std::string::npos) << stale.out;
  write("bad.cbor", as_text(testing::hex("a200617801824 4d901f9a0 44d901fba0")));  // a CoSWID and a CoTS, both empty
  const Outcome bad = run({"corim", "display", "-v", "-f", "bad.cbor"});
  EXPECT_EQ(bad.status, 0) << bad.err;
  EXPECT_NE(bad.out.find(">> skipping malformed CoSWID tag at index 0: CBOR decoding failed: "), std::string::npos) << bad.out;
  EXPECT_NE(bad.out.find(">> skipping malformed CoTS tag at index 1: CBOR decoding failed: "), std::string::npos) << bad.out;
}

TEST_F(Cocli, C16_CorimExtract) {
  prints({"corim", "extract", "-f", golden("signed-corim-full-with-coswid-cots-ed25519.cbor")}, "");
  EXPECT_EQ(to_hex(made("000000-comid.cbor")), to_hex(vector_bytes("cocli/gen-a/golden/comid-psa-refval.cbor")));
  EXPECT_EQ(to_hex(made("000001-coswid.cbor")), to_hex(vector_bytes("cocli/gen-a/shipped/coswid/1.cbor")));
  EXPECT_EQ(to_hex(made("000002-cots.cbor")), to_hex(vector_bytes("cocli/gen-a/shipped/cots/vendor.cbor")));
  EXPECT_EQ(files_here(), 3u);
  std::filesystem::create_directory("d");
  prints({"corim", "extract", "-f", path("gen-d/golden/corim-psa-full.cbor"), "-o", "d"}, "");
  EXPECT_EQ(to_hex(made("d/000001-comid.cbor")), to_hex(vector_bytes("cocli/gen-d/golden/comid-psa-ta.cbor")));
}

TEST_F(Cocli, ExtractThatCannotWrite) {
  const std::string text = "error saving CoMID tag at index 0: open none/000000-comid.cbor: no such file or directory";
  const Outcome outcome = run({"corim", "extract", "-f", golden("corim-mini.cbor"), "-o", "none"});
  EXPECT_EQ(outcome.out, ">> " + text + "\n");
  EXPECT_EQ(outcome.err, "warning: " + text + "\n");
  EXPECT_EQ(outcome.status, 0);
  const Outcome strict = run({"corim", "extract", "--strict", "-f", golden("corim-mini.cbor"), "-o", "none"});
  EXPECT_EQ(strict.err, "Error: " + text + "\n");
  EXPECT_EQ(strict.status, 1);
}

TEST_F(Cocli, C17_StaleAndBrokenFilesFailForTheirReason) {
  struct Row {
    std::string file, display, verify;
  };
  const std::string not_signed = "COSE_Sign1_Tagged";
  for (const Row& row : {Row{"corim-full.cbor", "generation 0", not_signed}, Row{"unsigned-corim.cbor", "generation 0", not_signed}, Row{"signed-corim.cbor", "generation 0", "generation 0"}, Row{"signed-corim-cbor", "generation 0", "generation 0"}, Row{"signed-corim-bad-signature.cbor", "require map type", "require map type"}}) {
    const std::string file = take("gen-a/shipped/corim/" + row.file);
    refused_with({"corim", "display", "-f", file}, "error decoding signed CoRIM from " + file + ": ", row.display);
    refused_with({"corim", "verify", "-f", file, "-k", key("ec-p256")}, "error decoding signed CoRIM from " + file + ": ", row.verify);
    refused_with({"corim", "extract", "-f", file, "-o", own("")}, "error decoding signed CoRIM from " + file + ": ", row.display);
    std::filesystem::remove(file);
  }
  EXPECT_EQ(files_here(), 0u);
}

TEST_F(Cocli, C23_FlagsThatExcludeEachOther) {
  const std::string file = take("gen-a/golden/signed-corim-psa-full-es256.cbor");
  const auto verify = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"corim", "verify", "-f", file});
    return more;
  };
  refused(verify({"--crl-policy", "strict"}), "cannot use --crl-policy without --crl");
  refused(verify({"--crl-policy", "strict", "-k", "k"}), "cannot use --crl-policy without --crl");
  refused(verify({"--crl", "l", "--crl-policy", "x"}), "invalid CRL policy \"x\" (want strict or permissive)");
  refused(verify({"-k", "k", "--trust-anchors", "t"}), "cannot use --trust-anchors with --key");
  refused(verify({"-k", "k", "--crl", "l"}), "cannot use --crl with --key");
  refused(verify({}), "no verification method: supply --key or use a CoRIM with x5chain header");
  refused({"corim", "sign", "-f", "f", "-k", "k", "-m", "m", "--intermediates", "i"}, "cannot add intermediate certificates without a signing certificate");
}

class CocliChain : public Cocli {
 protected:
  static std::string pki(std::string_view name) { return vector_path("corim/keys/" + std::string{name}).string(); }
  // Signs with the chain and any more flags; the file is s.cbor.
  Outcome sign(const std::vector<std::string>& more) const {
    write("key.jwk", json::print(crypto::to_jwk(crypto::private_key_from_any(vector_bytes("corim/keys/endEntity.key")).value())));
    std::vector<std::string> args{"corim", "sign", "-f", path("gen-d/golden/corim-psa-full.cbor"), "-k", "key.jwk", "-m", meta("mini"), "-o", "s.cbor"};
    args.insert(args.end(), more.begin(), more.end());
    return run(args);
  }
  static Outcome verify(const std::vector<std::string>& more, UnixSeconds now = kIn2027) {
    std::vector<std::string> args{"corim", "verify", "-f", "s.cbor"};
    args.insert(args.end(), more.begin(), more.end());
    return run_at(now, args);
  }
  static void fails(const Outcome& outcome, const std::string& begin) {
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(outcome.err.starts_with("Error: " + begin)) << outcome.err;
    EXPECT_EQ(outcome.status, 1);
  }
};

TEST_F(CocliChain, C24_SignsWithAChainAndVerifiesByIt) {
  ASSERT_EQ(sign({"--cert", pki("endEntity.der"), "--intermediates", pki("intermediateCA.der")}).err, "");
  const Bytes bytes = made("s.cbor");
  const auto read = corim::read_signed(bytes).value();
  ASSERT_EQ(read.message.protected_headers.x5chain.size(), 2u);
  EXPECT_EQ(to_hex(read.message.protected_headers.x5chain[0]), to_hex(vector_bytes("corim/keys/endEntity.der")));
  const Outcome good = verify({"--trust-anchors", pki("rootCA.der")});
  EXPECT_EQ(good.out, ">> \"s.cbor\" verified\n") << good.err;
  EXPECT_EQ(good.status, 0);
  const Outcome by_key = verify({"-k", "key.jwk"});
  EXPECT_TRUE(by_key.err.starts_with("warning: using --key; x5chain/PKIX verification skipped\n")) << by_key.err;
  EXPECT_EQ(by_key.status, 0);
}

TEST_F(CocliChain, C24_ChainsThatLeadNowhere) {
  ASSERT_EQ(sign({"--cert", pki("endEntity.der")}).err, "");
  fails(verify({"--trust-anchors", pki("rootCA.der")}), "error verifying s.cbor using x5chain: ");
  ASSERT_EQ(sign({"--cert", pki("endEntity.der"), "--intermediates", pki("intermediateCA.der")}).err, "");
  fails(verify({"--trust-anchors", vector_path("corim-store/sample/certs/root.cert.der").string()}), "error verifying s.cbor using x5chain: ");
  fails(verify({"--trust-anchors", pki("rootCA.der")}, kIn2023), "error verifying s.cbor using x5chain: ");
  fails(verify({"--trust-anchors", "none"}), "error loading trust material for s.cbor: open none: no such file or directory\n");
  fails(verify({"--trust-anchors", pki("rootCA.der"), "--crl", "none"}), "error loading trust material for s.cbor: open none: no such file or directory\n");
  fails(verify({"--trust-anchors", pki("rootCA.der"), "--crl", pki("rootCA.der")}), "error loading trust material for s.cbor: ");
}

TEST_F(CocliChain, RevocationListsCount) {
  const auto file = [](std::string_view name) { return vector_path("revocation/" + std::string{name}).string(); };
  const Outcome made = run({"corim", "sign", "-f", golden("corim-psa-full.cbor"), "-k", file("leaf.key.pem"), "-m", meta("mini"), "-o", "s.cbor", "--cert", file("leaf.der"), "--intermediates", file("intermediate.der")});
  ASSERT_EQ(made.err, "");
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--trust-anchors", file("root.der")});
    return verify(more);
  };
  EXPECT_EQ(with({}).status, 0);
  EXPECT_EQ(with({"--crl", file("root.crl"), "--crl", file("intermediate.crl")}).status, 0);
  fails(with({"--crl", file("intermediate.crl")}), "error verifying s.cbor using x5chain: ");
  EXPECT_EQ(with({"--crl", file("intermediate.crl"), "--crl-policy", "permissive"}).status, 0);
  for (const std::string policy : {"strict", "permissive"}) {
    const Outcome revoked = with({"--crl", file("root.crl"), "--crl", file("intermediate-leaf-revoked.crl.pem"), "--crl-policy", policy});
    fails(revoked, "error verifying s.cbor using x5chain: ");
    EXPECT_NE(revoked.err.find("revoked"), std::string::npos) << revoked.err;
  }
}

TEST_F(CocliChain, TheOperatingSystemsRootsAreNobodysAnchors) {
  ASSERT_EQ(sign({"--cert", pki("endEntity.der"), "--intermediates", pki("intermediateCA.der")}).err, "");
  fails(verify({}), "no trust anchors: supply --trust-anchors ");
}

TEST_F(CocliChain, ACertificateOfAnotherKeyIsRefused) {
  const Outcome outcome = sign({"--cert", pki("intermediateCA.der")});
  EXPECT_TRUE(outcome.err.starts_with("Error: error loading signing certificate: ")) << outcome.err;
  EXPECT_NE(outcome.err.find("a certificate of another key"), std::string::npos) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists("s.cbor"));
}

}  // namespace
}  // namespace assay
