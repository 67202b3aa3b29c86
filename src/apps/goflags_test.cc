#include "apps/goflags.h"

#include <sstream>

#include "testing/testing.h"

namespace assay::goflags {
namespace {

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

// A small tool with every kind of flag; `made` prints what it was given.
Command tool() {
  const auto make = [](Context& context) -> Result<void> {
    if (context.flag("fail")) return fail(Errc::io, "", "open x: no such file or directory");
    context.out << "claims=" << context.text("claims") << " key=" << context.text("key") << " insecure=" << context.flag("insecure") << " size=" << context.uint("nonce-size");
    for (const std::string& item : context.list("ca-cert")) context.out << " ca=" << item;
    for (const std::string& word : context.positionals()) context.out << " [" << word << "]";
    if (context.was_set("nonce-size")) context.out << " set";
    return {};
  };
  Command create{.name = "create", .short_help = "make it", .flags = {{.long_name = "claims", .short_name = 'c', .help = "JSON claims", .required = true}, {.long_name = "key", .short_name = 'k', .help = "private key", .required = true}, {.long_name = "insecure", .short_name = 'i', .kind = Flag::boolean, .help = "no TLS checks"}, {.long_name = "invalid", .short_name = 'I', .kind = Flag::boolean}, {.long_name = "fail", .kind = Flag::boolean}, {.long_name = "nonce-size", .short_name = 'n', .kind = Flag::uint, .default_value = "48", .help = "nonce `bytes`"}, {.long_name = "ca-cert", .short_name = 'E', .kind = Flag::list, .help = "CA"}}, .run = make};
  Command group{.name = "psa", .short_help = "PSA tokens", .children = {create}};
  return {.name = "tool", .short_help = "a tool", .flags = {{.long_name = "config", .help = "config file", .persistent = true}}, .children = {group, {.name = "other", .short_help = "something else", .run = [](Context&) -> Result<void> { return {}; }}}};
}

Outcome call(std::vector<std::string> args) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = run(tool(), args, out, err, "tool version 1.2.3");
  return {status, out.str(), err.str()};
}

struct Accepted {
  const char* why;
  std::vector<std::string> args;
  std::string out;
};
class GoflagsAccepts : public ::testing::TestWithParam<Accepted> {};
TEST_P(GoflagsAccepts, AndHandsOver) {
  const Outcome outcome = call(GetParam().args);
  EXPECT_EQ(outcome.err, "") << GetParam().why;
  EXPECT_EQ(outcome.out, GetParam().out) << GetParam().why;
  EXPECT_EQ(outcome.status, 0);
}
const Accepted kAccepted[] = {
    {"separate values", {"psa", "create", "--claims", "c", "--key", "k"}, "claims=c key=k insecure=0 size=48"},
    {"values behind an equals sign", {"psa", "create", "--claims=c=d", "--key="}, "claims=c=d key= insecure=0 size=48"},
    {"short flags", {"psa", "create", "-c", "c", "-kk", "-n=0x20"}, "claims=c key=k insecure=0 size=32 set"},
    {"grouped booleans with a value at the end", {"psa", "create", "-iIc", "c", "-k", "k"}, "claims=c key=k insecure=1 size=48"},
    {"a boolean switched off", {"psa", "create", "-i", "--insecure=F", "-cc", "-kk"}, "claims=c key=k insecure=0 size=48"},
    {"a flag of the root before, a command name as its value", {"--config", "psa", "psa", "create", "-cc", "-kk"}, "claims=c key=k insecure=0 size=48"},
    {"a flag of the root behind", {"psa", "create", "-cc", "-kk", "--config", "x"}, "claims=c key=k insecure=0 size=48"},
    {"flags between the names", {"psa", "--config=x", "create", "-cc", "-kk"}, "claims=c key=k insecure=0 size=48"},
    {"flags of a command before its name", {"psa", "-c", "c", "--key", "k", "create"}, "claims=c key=k insecure=0 size=48"},
    {"a repeated list", {"psa", "create", "-cc", "-kk", "-E", "a", "--ca-cert", "b,c"}, "claims=c key=k insecure=0 size=48 ca=a ca=b,c"},
    {"positionals among flags, and nothing but positionals behind --", {"psa", "create", "a", "-cc", "-", "-kk", "--", "-i", "b"}, "claims=c key=k insecure=0 size=48 [a] [-] [-i] [b]"},
    {"the last of several", {"psa", "create", "-cc", "-kk", "-cd"}, "claims=d key=k insecure=0 size=48"},
    {"the version, long", {"--version"}, "tool version 1.2.3\n"},
    {"the version, short", {"-v"}, "tool version 1.2.3\n"},
};
INSTANTIATE_TEST_SUITE_P(, GoflagsAccepts, ::testing::ValuesIn(kAccepted));

struct Refused {
  const char* why;
  std::vector<std::string> args;
  std::string text;
};
class GoflagsRefuses : public ::testing::TestWithParam<Refused> {};
TEST_P(GoflagsRefuses, L8_WithOneLineAndStatus1) {
  const Outcome outcome = call(GetParam().args);
  EXPECT_EQ(outcome.err, "Error: " + GetParam().text + "\n") << GetParam().why;
  EXPECT_EQ(outcome.out, "") << GetParam().why;
  EXPECT_EQ(outcome.status, 1);
}
const Refused kRefused[] = {
    {"an unknown flag", {"psa", "create", "--x"}, "unknown flag: --x"},
    {"an unknown flag with a value", {"psa", "create", "--x=1"}, "unknown flag: --x"},
    {"a flag of another command", {"--claims", "c"}, "unknown flag: --claims"},
    {"an unknown shorthand", {"psa", "create", "-x"}, "unknown shorthand flag: 'x' in -x"},
    {"an unknown shorthand in a group", {"psa", "create", "-ixI"}, "unknown shorthand flag: 'x' in -xI"},
    {"three dashes", {"psa", "create", "---x"}, "bad flag syntax: ---x"},
    {"a missing value", {"psa", "create", "--claims"}, "flag needs an argument: --claims"},
    {"a missing value, short", {"psa", "create", "-c"}, "flag needs an argument: 'c' in -c"},
    {"nothing required given", {"psa", "create"}, "required flag(s) \"claims\", \"key\" not set"},
    {"one required flag given", {"psa", "create", "-c", "c"}, "required flag(s) \"key\" not set"},
    {"no boolean", {"psa", "create", "--insecure=x"}, "invalid argument \"x\" for \"-i, --insecure\" flag: strconv.ParseBool: parsing \"x\": invalid syntax"},
    {"no boolean, without shorthand", {"psa", "create", "--fail=yes"}, "invalid argument \"yes\" for \"--fail\" flag: strconv.ParseBool: parsing \"yes\": invalid syntax"},
    {"no number", {"psa", "create", "-n", "x"}, "invalid argument \"x\" for \"-n, --nonce-size\" flag: strconv.ParseUint: parsing \"x\": invalid syntax"},
    {"a negative number", {"psa", "create", "-n", "-1"}, "invalid argument \"-1\" for \"-n, --nonce-size\" flag: strconv.ParseUint: parsing \"-1\": invalid syntax"},
    {"an empty number", {"psa", "create", "--nonce-size="}, "invalid argument \"\" for \"-n, --nonce-size\" flag: strconv.ParseUint: parsing \"\": invalid syntax"},
    {"too large a number", {"psa", "create", "-n", "18446744073709551616"}, "invalid argument \"18446744073709551616\" for \"-n, --nonce-size\" flag: strconv.ParseUint: parsing \"18446744073709551616\": value out of range"},
    {"an unknown command", {"zzz"}, "unknown command \"zzz\" for \"tool\""},
    {"an almost known command", {"pss"}, "unknown command \"pss\" for \"tool\"\n\nDid you mean this?\n\tpsa\n"},
    {"a version where there is none", {"psa", "--version"}, "unknown flag: --version"},
    {"completion for an unknown shell", {"completion", "tcsh"}, "no completion for shell \"tcsh\"; there is bash, zsh and fish"},
    {"what the command itself says", {"psa", "create", "-cc", "-kk", "--fail"}, "open x: no such file or directory"},
};
INSTANTIATE_TEST_SUITE_P(, GoflagsRefuses, ::testing::ValuesIn(kRefused));

TEST(Goflags, HelpOfTheRootListsCommandsAndFlags) {
  const std::string expected =
      "a tool\n"
      "\n"
      "Usage:\n"
      "  tool [command]\n"
      "\n"
      "Available Commands:\n"
      "  completion  Generate the autocompletion script for the specified shell\n"
      "  help        Help about any command\n"
      "  other       something else\n"
      "  psa         PSA tokens\n"
      "\n"
      "Flags:\n"
      "      --config string   config file\n"
      "  -h, --help            help for tool\n"
      "  -v, --version         version for tool\n"
      "\n"
      "Use \"tool [command] --help\" for more information about a command.\n";
  for (const std::vector<std::string>& args : {std::vector<std::string>{}, {"--help"}, {"-h"}, {"help"}}) {
    const Outcome outcome = call(args);
    EXPECT_EQ(outcome.out, expected);
    EXPECT_EQ(outcome.status, 0);
  }
}

TEST(Goflags, HelpOfACommandNamesTypesAndDefaults) {
  const std::string expected =
      "make it\n"
      "\n"
      "Usage:\n"
      "  tool psa create [flags]\n"
      "\n"
      "Flags:\n"
      "  -E, --ca-cert stringArray   CA\n"
      "  -c, --claims string         JSON claims\n"
      "      --fail                  \n"
      "  -h, --help                  help for create\n"
      "  -i, --insecure              no TLS checks\n"
      "  -I, --invalid               \n"
      "  -k, --key string            private key\n"
      "  -n, --nonce-size bytes      nonce bytes (default 48)\n"
      "\n"
      "Global Flags:\n"
      "      --config string   config file\n";
  EXPECT_EQ(call({"psa", "create", "--help"}).out, expected);
  EXPECT_EQ(call({"help", "psa", "create"}).out, expected);
  // Help wins over what is missing, and over the command.
  EXPECT_EQ(call({"psa", "create", "-c", "c", "-h"}).out, expected);
}

TEST(Goflags, AParentWithoutSubCommandPrintsItsHelp) {
  const Outcome outcome = call({"psa"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.out.find("Usage:\n  tool psa [command]\n\nAvailable Commands:\n  create      make it\n\nFlags:\n"), std::string::npos) << outcome.out;
}

TEST(Goflags, AnUnknownCommandBelowAParentIsRefusedToo) {
  const Outcome outcome = call({"psa", "crate"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "Error: unknown command \"crate\" for \"tool psa\"\n\nDid you mean this?\n\tcreate\n\n");
}

TEST(Goflags, HelpOfAnUnknownTopicSaysSoOnStderr) {
  const Outcome outcome = call({"help", "zzz"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(outcome.err.starts_with("Unknown help topic [`zzz`]\n")) << outcome.err;
}

TEST(Goflags, CompletionKnowsEveryCommandAndFlag) {
  const std::string bash = call({"completion", "bash"}).out;
  EXPECT_NE(bash.find("'tool psa create') words='--config --claims --key"), std::string::npos) << bash;
  EXPECT_NE(bash.find("complete -o filenames -F _tool_complete tool\n"), std::string::npos);
  EXPECT_TRUE(call({"completion", "zsh"}).out.starts_with("#compdef tool\n"));
  EXPECT_NE(call({"completion", "fish"}).out.find("complete -c tool -n '__fish_seen_subcommand_from psa; and __fish_seen_subcommand_from create' -l claims -s c -r -d 'JSON claims'\n"), std::string::npos);
  EXPECT_NE(call({"completion"}).out.find("tool completion {bash|zsh|fish}"), std::string::npos);
}

TEST(Goflags, BeforeRunsAheadOfRequiredFlags) {
  Command root = tool();
  root.before = [](Context& context) -> Result<void> {
    context.err << "Using config file: " << context.text("config") << "\n";
    return {};
  };
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run(root, std::vector<std::string>{"psa", "create", "--config", "f"}, out, err, ""), 1);
  EXPECT_EQ(err.str(), "Using config file: f\nError: required flag(s) \"claims\", \"key\" not set\n");
}

TEST(Goflags, ARequiredFlagMayBeReplacedByAnother) {
  const Command root{.name = "tool", .flags = {{.long_name = "key", .required = true, .unless = "mac"}, {.long_name = "mac"}}, .run = [](Context&) -> Result<void> { return {}; }};
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run(root, std::vector<std::string>{"--mac", "k"}, out, err, ""), 0) << err.str();
  EXPECT_EQ(run(root, {}, out, err, ""), 1);
  EXPECT_EQ(err.str(), "Error: required flag(s) \"key\" not set\n");
}

}  // namespace
}  // namespace assay::goflags
