// The program itself: names, streams, pipes, exit status.
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
