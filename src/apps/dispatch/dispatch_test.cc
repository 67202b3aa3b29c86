#include "apps/dispatch/dispatch.h"

#include <algorithm>

#include "apps/app_testing.h"
#include "apps/catalogue.h"
#include "apps/dispatch/install_names.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::Outcome;

Outcome assay_with(std::vector<std::string> args) {
  args.insert(args.begin(), "/usr/bin/assay");
  return testing::call(run_program, args);
}

std::vector<std::string_view> names(std::span<const catalogue::Entry> entries) {
  std::vector<std::string_view> out;
  for (const catalogue::Entry& entry : entries) out.push_back(entry.name);
  return out;
}

TEST(Dispatch, EveryNameOfTheCatalogueRunsAndNoOther) {
  EXPECT_EQ(runnable_commands(), names(catalogue::kCommands));
  EXPECT_EQ(runnable_personalities(), names(catalogue::kPersonalities));
}

TEST(Dispatch, EveryNameHasHelp) {
  for (const std::string_view command : runnable_commands()) {
    const Outcome outcome = assay_with({std::string{command}, "--help"});
    EXPECT_EQ(outcome.status, 0) << command << outcome.err;
    EXPECT_NE(outcome.out, "") << command;
    EXPECT_EQ(outcome.err, "") << command;
  }
  for (const std::string_view tool : runnable_personalities()) {
    const Outcome outcome = assay_with({"as", std::string{tool}, "--help"});
    EXPECT_EQ(outcome.status, 0) << tool << outcome.err;
    EXPECT_NE(outcome.out, "") << tool;
  }
}

TEST(Dispatch, HelpTeachesByExample) {
  const Outcome outcome = assay_with({"--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.out.find("assay verify token.cbor --key iak.jwk"), std::string::npos);
  EXPECT_EQ(assay_with({"help"}).out, outcome.out);
  EXPECT_EQ(assay_with({"help", "describe"}).out, assay_with({"describe", "--help"}).out);
}

TEST(Dispatch, WithoutACommandTheHelpGoesToStderr) {
  const Outcome outcome = assay_with({});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, assay_with({"--help"}).out);
}

TEST(Dispatch, SaysItsVersion) { EXPECT_EQ(assay_with({"--version"}).out, "assay 0.1.0\n"); }

struct Unknown {
  std::vector<std::string> args;
  std::string err;
};
const Unknown kUnknown[] = {
    {{"verfy"}, "error: no command \"verfy\"; did you mean: assay verify\nTry: assay --help\n"},
    {{"desc"}, "error: no command \"desc\"; did you mean: assay describe\nTry: assay --help\n"},
    {{"evcli"}, "error: no command \"evcli\"; did you mean: assay as evcli\nTry: assay --help\n"},
    {{"frobnicate"}, "error: no command \"frobnicate\"\nTry: assay --help\n"},
    {{"\x1b[2J"}, "error: no command \"\\x1b[2J\"\nTry: assay --help\n"},
    {{"as", "evcil"}, "error: no tool \"evcil\"; did you mean: assay as evcli\nTry: assay as --help\n"},
    {{"as", "frobnicate"}, "error: no tool \"frobnicate\"\nTry: assay as --help\n"},
};
class DispatchRefuses : public ::testing::TestWithParam<Unknown> {};
TEST_P(DispatchRefuses, WithTheNearestName) {
  const Outcome outcome = assay_with(GetParam().args);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, GetParam().err);
}
INSTANTIATE_TEST_SUITE_P(, DispatchRefuses, ::testing::ValuesIn(kUnknown));

TEST(Dispatch, TheProgramsNameSelectsAPersonality) {
  const std::string expected = "evcli version 0.0.2\n";
  EXPECT_EQ(testing::call(run_program, {"/opt/bin/evcli", "--version"}).out, expected);
  EXPECT_EQ(testing::call(run_program, {"evcli", "--version"}).out, expected);
  EXPECT_EQ(assay_with({"as", "evcli", "--version"}).out, expected);
}

TEST(Completion, PrintsAScriptForKnownShells) {
  EXPECT_NE(assay_with({"completion", "bash"}).out.find("complete -o filenames -F _assay assay\n"), std::string::npos);
  EXPECT_TRUE(assay_with({"completion", "zsh"}).out.starts_with("#compdef assay\n"));
  const Outcome outcome = assay_with({"completion", "tcsh"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "error: no completion for \"tcsh\"; there is bash and zsh\nTry: assay completion --help\n");
  EXPECT_EQ(assay_with({"completion"}).status, 2);
}

class InstallNames : public testing::InOwnFolder {};

TEST_F(InstallNames, MakesALinkForEachToolAndIsIdempotent) {
  const Outcome first = testing::call(run_install_names, {own("bin")});
  EXPECT_EQ(first.status, 0) << first.err;
  for (const catalogue::Entry& entry : catalogue::kPersonalities) {
    EXPECT_EQ(std::filesystem::read_symlink(own("bin/" + std::string{entry.name})), std::filesystem::read_symlink("/proc/self/exe")) << entry.name;
  }
  const Outcome again = testing::call(run_install_names, {own("bin")});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(std::ranges::count(again.out, '\n'), static_cast<std::ptrdiff_t>(catalogue::kPersonalities.size()));
  EXPECT_NE(again.out.find(own("bin/evcli") + ": there already\n"), std::string::npos) << again.out;
}

TEST_F(InstallNames, SaysThatItMadeTheFolder) {
  const Outcome first = testing::call(run_install_names, {own("new/bin/"), "arc"});
  EXPECT_TRUE(first.out.starts_with(own("new/bin/") + ": folder made\n")) << first.out;
  EXPECT_EQ(testing::call(run_install_names, {own("new/bin/"), "arc"}).out.find("made"), std::string::npos);
  EXPECT_NE(testing::call(run_install_names, {"--help"}).out.find("are made if they are missing"), std::string::npos);
}

TEST_F(InstallNames, LeavesAloneWhatIsSomethingElse) {
  write("evcli", "the original");
  const Outcome refused = testing::call(run_install_names, {own(""), "evcli"});
  EXPECT_EQ(refused.status, 5);
  EXPECT_EQ(refused.err, "error: " + own("evcli") + ": exists and is something else; expected --force to replace it\n");
  EXPECT_EQ(testing::read_text(own("evcli")), "the original");
  EXPECT_EQ(testing::call(run_install_names, {"--force", own(""), "evcli"}).status, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(own("evcli")));
}

TEST_F(InstallNames, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(testing::call(run_install_names, {}).status, 2);
  EXPECT_EQ(testing::call(run_install_names, {"--frobnicate"}).status, 2);
  const Outcome outcome = testing::call(run_install_names, {own("bin"), "sh"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_FALSE(std::filesystem::exists(own("bin"))) << "nothing is made for a line that is not understood";
}

}  // namespace
}  // namespace assay
