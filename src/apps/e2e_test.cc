// The program itself: names, streams, pipes, exit status.
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "apps/app_testing.h"
#include "testing/testing.h"

namespace assay {
namespace {

class Program : public testing::InOwnFolder {
 protected:
  // Runs a shell line in which $A is the program; gives status and standard output.
  testing::Outcome shell(const std::string& line) const {
    const std::string command = "A='" ASSAY_PROGRAM "'; V='" ASSAY_SOURCE_DIR "/tests/vectors'; { " + line + "; } 2>'" + own("err") + "'";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    testing::Outcome outcome;
    if (pipe == nullptr) return outcome;
    std::array<char, 4096> chunk;
    while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe)) outcome.out.append(chunk.data(), n);
    const int status = ::pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.err = testing::read_text(own("err"));
    return outcome;
  }
};

TEST_F(Program, L1_PrintsWhatTheOriginalPrintsUnderItsName) {
  EXPECT_EQ(shell("$A install-names bin").status, 0);
  const testing::Outcome printed = shell("cd $V/evcli/tests && $OLDPWD/bin/evcli psa check -t psa-p1.cbor -k psa-key.jwk");
  EXPECT_EQ(printed.out, testing::vector_text("evcli/expected-output/psa-check.psa-p1.cbor.txt")) << printed.err;
  EXPECT_EQ(printed.status, 0);
}

TEST_F(Program, ExitStatusIsTheVerdict) {
  EXPECT_EQ(shell("$A verify $V/ccatoken/token/good-907.cbor --key $V/ccatoken/keys/iak.jwk").status, 1);
  EXPECT_EQ(shell("$A verify $V/ccatoken/token/good-907.cbor --key $V/ccatoken/keys/alt-iak.jwk").status, 4);
  EXPECT_EQ(shell("$A verify $V/evcli/tests/cca-token-invalid.bin").status, 3);
  EXPECT_EQ(shell("$A verify none").status, 5);
  EXPECT_EQ(shell("$A verify").status, 2);
  EXPECT_EQ(shell("$A").status, 2);
  EXPECT_EQ(shell("$A token psa verify $V/evcli/tests/psa-p2.cbor --key $V/evcli/tests/psa-key.jwk").status, 0);
}

TEST_F(Program, AServiceThatCannotStartSaysWhoseFaultItIs) {
  write("loose.pem", "");
  ASSERT_EQ(::chmod("loose.pem", 0644), 0);
  write("key.yaml", "listen: 127.0.0.1:0\nstore: \"memory:\"\near-signer: {key: loose.pem}\n");
  write("store.yaml", "store: mysql://x\n");
  write("yaml.yaml", "store: memory:\n");
  struct Row {
    const char* args;
    int status;
    const char* says;
  };
  for (const Row& row : {Row{"--listen x", 2, "error: --listen: \"x\"; expected ADDRESS:PORT"}, Row{"--at yesterday", 2, "error: --at: time: "}, Row{"--store mysql://x", 2, "expected \"memory:\""}, Row{"--veraison-ports 2024", 2, "--veraison-ports"}, Row{"--cert c.pem", 2, "one without the other"},
                         Row{"--config store.yaml --cert c.pem --cert-key k.pem --listen x", 2, "--listen"}, Row{"--config key.yaml --cert c.pem --cert-key k.pem", 2, "the addresses are those of key.yaml"}, Row{"--listen 0.0.0.0:0", 5, "without TLS"}, Row{"--config none.yaml", 5, "none.yaml"},
                         Row{"--config store.yaml", 5, "expected \"memory:\""}, Row{"--config yaml.yaml", 5, "yaml.yaml:1:14: illegal map value; expected quotes"}, Row{"--config key.yaml", 5, "mode 0600: chmod 600 'loose.pem'"}, Row{"--config $PWD/key.yaml", 5, "/loose.pem: a secret that other users can read"},
                         Row{"--listen 127.0.0.1:0 --cert none.pem --cert-key none.key", 5, "none.pem"}, Row{"--rotate-key --config key.yaml", 5, "loose.pem"}}) {
    const testing::Outcome outcome = shell(std::string{"XDG_STATE_HOME=$PWD/state $A serve "} + row.args);
    EXPECT_EQ(outcome.status, row.status) << row.args;
    EXPECT_NE(outcome.err.find(row.says), std::string::npos) << row.args << ": " << outcome.err;
  }
}

TEST_F(Program, TokensGoThroughPipes) {
  const testing::Outcome outcome = shell("$A token psa create --claims $V/evcli/misc/psa-claims-profile-2.json --key $V/evcli/misc/ec256.json | $A token psa verify - --key $V/evcli/misc/ec256-pub.json");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Program, AReaderThatGoesAwayIsNoError) {
  const testing::Outcome outcome = shell("{ $A describe; echo $? >status; } | head -n 1");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(testing::read_text("status"), "0\n");
  EXPECT_EQ(shell("{ $A token cca show $V/ccatoken/token/good-907.cbor 2>/dev/null; echo $? >status; } | true").err, "");
  EXPECT_EQ(testing::read_text("status"), "0\n");
}

TEST_F(Program, AFullDiskIsAnError) {
  const testing::Outcome outcome = shell("$A describe >/dev/full");
  EXPECT_EQ(outcome.status, 5);
  EXPECT_EQ(outcome.err, "error: standard output: No space left on device\n");
}

TEST_F(Program, ABinaryIsNotWrittenToATerminal) {
  // `script` gives the command a terminal.
  if (shell("command -v script >/dev/null").status != 0) GTEST_SKIP() << "no `script` here";
  const testing::Outcome outcome = shell("script -qec \"$A token psa create --claims $V/evcli/misc/psa-claims-profile-2.json --key $V/evcli/misc/ec256.json\" /dev/null </dev/null");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.out.find("standard output is a terminal"), std::string::npos) << outcome.out;
}

TEST_F(Program, CompletesCommandsAndFlags) {
  if (shell("command -v bash >/dev/null").status != 0) GTEST_SKIP() << "no bash here";
  write("complete.bash", "source <($A completion bash)\nCOMP_WORDS=(\"$A\" \"$@\"); COMP_CWORD=$#; _assay; echo \"${COMPREPLY[*]}\"\n");
  const auto complete = [&](const std::string& words) { return shell("export A; bash complete.bash " + words).out; };
  EXPECT_EQ(complete("ver"), "verify\n");
  EXPECT_EQ(complete("token cca sh"), "show\n");
  EXPECT_EQ(complete("as evc"), "evcli\n");
  EXPECT_EQ(complete("verify x --ref"), "--reference-values\n");
  EXPECT_EQ(complete("as evcli psa create --key k --all"), "--allow-invalid\n");
}

}  // namespace
}  // namespace assay
