// What the recorded runs do not show: errors of files and keys, indicators, includes, other streams.
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "apps/iat/iat.h"
#include "crypto/crypto.h"
#include "envelope/cose/cose.h"
#include "testing/testing.h"

namespace assay::iat {
namespace {

struct Outcome {
  int status = -1;
  std::string out, err;
};
using Run = int (*)(std::span<const std::string>, std::ostream&, std::ostream&);
Outcome run(Run tool, const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = tool(args, out, err);
  return {status, out.str(), err.str()};
}

class IatTools : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = std::filesystem::current_path();
    std::string folder = (std::filesystem::temp_directory_path() / "assay-iat-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    std::filesystem::current_path(folder);
    std::filesystem::copy(testing::vector_path("iat-verifier/data"), ".", std::filesystem::copy_options::recursive);
  }
  void TearDown() override {
    const auto folder = std::filesystem::current_path();
    std::filesystem::current_path(home_);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  static void write(const char* name, std::string_view content) { std::ofstream{name, std::ios::binary} << content; }

 private:
  std::filesystem::path home_;
};

TEST_F(IatTools, CompileTokenFailsWithOneLineAndNoFile) {
  write("short.key", "123456789012345");
  write("other.key", std::string(32, 'o'));
  write("absolute.yaml", "cca_platform_token: !inc /etc/passwd\n");
  write("parent.yaml", "cca_platform_token: !inc ../x.yaml\n");
  write("folder.yaml", "cca_platform_token: !inc folder\n");
  write("pipe.yaml", "cca_platform_token: !inc pipe\n");
  write("stdin.yaml", "cca_platform_token: !inc '-'\n");
  std::filesystem::create_directory("folder");
  ASSERT_EQ(::mkfifo("pipe", 0600), 0);
  struct Row {
    std::vector<std::string> args;
    std::string_view error;
  };
  const std::string psa = "PSA-IoT-Profile1-token";
  const Row rows[] = {
      {{"-t", psa, "valid-iat.yaml"}, "no key to sign with; expected --key (only -m raw makes a token without one)"},
      {{"-t", psa, "-m", "mac", "valid-iat.yaml"}, "no key for the MAC; expected --key"},
      {{"-t", psa, "-m", "raw", "-k", "key.pem", "valid-iat.yaml"}, "A keyfile cannot be specified with -m raw."},
      {{"-t", psa, "-m", "mac", "-k", "short.key", "valid-iat.yaml"}, "short.key: a MAC key of 15 bytes; at least 16 are needed"},
      {{"-t", psa, "-k", "none.pem", "valid-iat.yaml"}, "open none.pem: no such file or directory"},
      {{"-t", psa, "-k", "valid-iat.yaml", "valid-iat.yaml"}, "valid-iat.yaml: "},
      {{"-t", psa, "-k", "key.pem", "none.yaml"}, "open none.yaml: no such file or directory"},
      {{"-t", psa, "-k", "key.pem", "iat.cbor"}, "iat.cbor: a byte that is not UTF-8"},
      {{"-t", psa, "-k", "key.pem", "cca_example_platform_token.yaml"}, "cca_example_platform_token.yaml: unknown claim cca_attestation_profile; expected one of profile_id"},
      {{"-t", "CCA-token", "--platform-key", "cca_platform.pem", "valid-cca-token.yaml"}, "no key to sign with; expected --realm-key"},
      {{"-t", "CCA-token", "-k", "key.pem", "--realm-key", "cca_realm.pem", "valid-cca-token.yaml"}, "no key to sign with; expected --platform-key"},
      {{"-t", "CCA-plat-token", "-m", "raw", "cca_platform_token.yaml"}, "Only sign1 method is supported by this token type."},
      {{"-t", "CCA-token", "absolute.yaml"}, "absolute.yaml:1:21: an !inc of \"/etc/passwd\"; expected a file below the working directory"},
      {{"-t", "CCA-token", "parent.yaml"}, "parent.yaml:1:21: an !inc of \"../x.yaml\"; expected a file below the working directory"},
      {{"-t", "CCA-token", "folder.yaml"}, "folder.yaml:1:21: folder: not a regular file"},
      {{"-t", "CCA-token", "pipe.yaml"}, "pipe.yaml:1:21: pipe: not a regular file"},
      {{"-t", "CCA-token", "stdin.yaml"}, "stdin.yaml:1:21: open ./-: no such file or directory"},
  };
  for (const Row& row : rows) {
    std::vector<std::string> args = row.args;
    args.insert(args.begin(), {"-o", "made.cbor"});
    const Outcome outcome = run(run_compile_token, args);
    EXPECT_EQ(outcome.status, 1) << row.error;
    EXPECT_EQ(outcome.out, "") << row.error;
    EXPECT_TRUE(outcome.err.starts_with(fmt::format("ERROR:root:{}", row.error))) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists("made.cbor")) << row.error;
  }
  const Outcome nowhere = run(run_compile_token, {"-t", psa, "-m", "raw", "-o", "none/made.cbor", "valid-iat.yaml"});
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_EQ(nowhere.err, "ERROR:root:open none/made.cbor: no such file or directory\n");
}

TEST_F(IatTools, CompileTokenWritesToStandardOutput) {
  const Outcome raw = run(run_compile_token, {"-t", "PSA-IoT-Profile1-token", "-m", "raw", "valid-iat.yaml"});
  EXPECT_EQ(raw.status, 0) << raw.err;
  EXPECT_EQ(to_hex(as_bytes(raw.out)), to_hex(testing::vector_bytes("iat-verifier/compiled/valid-iat.raw.cbor")));
}

TEST_F(IatTools, L14_TheLegacySourcesCompileToTheirTokens) {
  for (const std::string name : {"cca_example_token", "cca_example_token_legacy"}) {
    const Outcome outcome = run(run_compile_token, {"-t", "CCA-token", "--platform-key", "cca_platform.pem", "--realm-key", "cca_realm.pem", "-o", "made.cbor", name + ".yaml"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(to_hex(as_bytes(testing::read_text("made.cbor"))), to_hex(as_bytes(testing::read_text(name + ".cbor")))) << name;
  }
}

TEST_F(IatTools, PutAndTakeTheIndicatorOfAPlatformToken) {
  ASSERT_EQ(run(run_compile_token, {"-t", "CCA-plat-token", "--platform-key", "cca_platform.pem", "--gen-token-indicator", "-o", "with.cbor", "cca_platform_token.yaml"}).status, 0);
  ASSERT_EQ(run(run_compile_token, {"-t", "CCA-plat-token", "--platform-key", "cca_platform.pem", "-o", "without.cbor", "cca_platform_token.yaml"}).status, 0);
  const std::string with = testing::read_text("with.cbor");
  const std::string without = testing::read_text("without.cbor");
  EXPECT_EQ(to_hex(as_bytes(with)).substr(0, 10), "8219010759");
  EXPECT_EQ(to_hex(as_bytes(with.substr(with.size() - without.size()))), to_hex(as_bytes(without)));

  const std::vector<std::string> check = {"-t", "CCA-plat-token", "-k", "cca_platform.pem", "--expect-token-indicator"};
  const auto check_file = [&](const char* name) {
    std::vector<std::string> args = check;
    args.emplace_back(name);
    return run(run_check_iat, args);
  };
  EXPECT_EQ(check_file("with.cbor").out, "Signature OK\nToken format OK\n");
  EXPECT_EQ(check_file("without.cbor").err, "ERROR:iat-verify:Token verification failed:\n\tExpecting a type indicator (token must be a list)\n");
  EXPECT_EQ(run(run_check_iat, {"-t", "CCA-plat-token", "with.cbor"}).status, 1);

  const Outcome yaml = run(run_decompile_token, {"-t", "CCA-plat-token", "--expect-token-indicator", "with.cbor"});
  EXPECT_EQ(yaml.status, 0) << yaml.err;
  EXPECT_EQ(yaml.out, run(run_decompile_token, {"-t", "CCA-plat-token", "without.cbor"}).out);
}

TEST_F(IatTools, KeepGoingPrintsTheTokenItFaults) {
  ASSERT_EQ(run(run_compile_token, {"-t", "PSA-IoT-Profile1-token", "-m", "raw", "-o", "bad.cbor", "invalid-hw-version.yaml"}).status, 0);
  const Outcome outcome = run(run_check_iat, {"-t", "PSA-IoT-Profile1-token", "-m", "raw", "-K", "-p", "bad.cbor"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.out.starts_with("Token:\n{\n")) << outcome.out;
  EXPECT_NE(outcome.out.find("\"HARDWARE_VERSION\": \" 23-56789a\""), std::string::npos) << outcome.out;
  EXPECT_TRUE(outcome.err.ends_with("ERROR:iat-verify:Token verification failed:\n\t2 errors, see above\n")) << outcome.err;
}

TEST_F(IatTools, CheckIatFailsWithOneLine) {
  write("short.key", "123456789012345");
  write("other.key", std::string(32, 'o'));
  struct Row {
    std::vector<std::string> args;
    std::string_view error;
  };
  const Row rows[] = {
      {{"-m", "raw", "-k", "key.pem", "iat.cbor"}, "A keyfile cannot be specified with -m raw."},
      {{"-m", "mac", "-k", "short.key", "iat-hmac.cbor"}, "short.key: a MAC key of 15 bytes; at least 16 are needed"},
      {{"-m", "mac", "-k", "other.key", "iat-hmac.cbor"}, "Token verification failed:\n\tVerify (verify_signature=True): Bad COSE: Bad signature\n"},
      {{"-m", "mac", "-k", "key.pem", "iat-hmac.cbor"}, "key.pem: PEM; expected the raw octets of a symmetric key"},
      {{"-m", "mac", "iat.cbor"}, "Token verification failed:\n\tParse (verify_signature=False): Bad COSE: the token is a COSE_Sign1: check it without -m mac\n"},
      {{"."}, "read .: is a directory"},
  };
  for (const Row& row : rows) {
    std::vector<std::string> args = row.args;
    args.insert(args.begin(), {"-t", "PSA-IoT-Profile1-token"});
    const Outcome outcome = run(run_check_iat, args);
    EXPECT_EQ(outcome.status, 1) << row.error;
    EXPECT_EQ(outcome.out, "") << row.error;
    EXPECT_TRUE(outcome.err.starts_with(fmt::format("ERROR:iat-verify:{}", row.error))) << outcome.err;
  }
}

TEST_F(IatTools, CheckIatTakesEveryMacAlgorithm) {
  const Bytes claims = testing::vector_bytes("iat-verifier/compiled/valid-iat.raw.cbor");
  const Bytes key = testing::vector_bytes("iat-verifier/data/hmac.key");
  for (const crypto::Mac mac : {crypto::Mac::hs256, crypto::Mac::hs384, crypto::Mac::hs512}) {
    const auto token = cose::make_mac0(claims, key, mac);
    ASSERT_TRUE(testing::ok(token));
    write("mac.cbor", as_text(*token));
    EXPECT_EQ(run(run_check_iat, {"-t", "PSA-IoT-Profile1-token", "-m", "mac", "-k", "hmac.key", "mac.cbor"}).out, "Signature OK\nToken format OK\n");
  }
}

TEST_F(IatTools, AMacMadeWithAPublicKeyIsWorthNothing) {
  const Bytes claims = testing::vector_bytes("iat-verifier/compiled/valid-iat.raw.cbor");
  for (const std::string file : {"psatoken/rfc9783/tfm-es-iak.pem", "evcli/misc/ec256-pub.json", "x5chain/rootCA.der"}) {
    write("mac.cbor", as_text(cose::make_mac0(claims, testing::vector_bytes(file), crypto::Mac::hs256).value()));
    const Outcome outcome = run(run_check_iat, {"-t", "PSA-IoT-Profile1-token", "-m", "mac", "-k", testing::vector_path(file).string(), "mac.cbor"});
    EXPECT_EQ(outcome.status, 1) << file;
    EXPECT_NE(outcome.err.find("the raw octets of a symmetric key"), std::string::npos) << outcome.err;
  }
}

// Tokens that nobody of iat-verifier made: the examples of RFC 9783, and TF-M's test builds.
TEST_F(IatTools, T11_CheckIatReadsRfc9783) {
  const std::string folder = testing::vector_path("psatoken").string();
  const std::string type = "PSA-2.0.0-token";
  EXPECT_EQ(run(run_check_iat, {"-t", type, "-k", folder + "/rfc9783/tfm-es-iak.pem", folder + "/rfc9783/psa-sign1.cbor"}).out, "Signature OK\nToken format OK\n");
  EXPECT_EQ(run(run_check_iat, {"-t", type, "-m", "mac", "-k", folder + "/rfc9783/tfm-hs-iak.bin", folder + "/rfc9783/psa-mac0.cbor"}).out, "Signature OK\nToken format OK\n");
  const Outcome fake = run(run_check_iat, {"-t", type, "-m", "mac", "-k", folder + "/rfc9783/tfm-hs-iak.bin", folder + "/tf-m/psa-2_0_0_mac0.bin"});
  EXPECT_EQ(fake.status, 1);
  EXPECT_NE(fake.err.find("Bad signature (a test build made it, without a key)"), std::string::npos) << fake.err;
}

}  // namespace
}  // namespace assay::iat
