#include "apps/iat/command_line.h"

#include <sstream>

#include "testing/testing.h"

namespace assay::iat {
namespace {

constexpr std::string_view kColours[] = {"red", "green"};
constexpr Option kOptions[] = {
    {"-k", "--key", "KEY", {}, false, "a key"},
    {"", "--platform-key", "PLATFORM_KEY", {}, false, "another"},
    {"-K", "--keep-going", "", {}, false, "a flag"},
    {"-p", "--print-iat", "", {}, false, "a flag"},
    {"-c", "--colour", "COLOUR", kColours, true, "a choice"},
};
constexpr CommandLine kLine{"tool", "tool [-h] -c {red,green} file", "Does things.", "file", "what to do it to", kOptions};

struct Run {
  ParsedArguments parsed;
  std::string out, err;
};
Run run(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  auto parsed = parse_arguments(kLine, args, out, err);
  return {std::move(parsed), out.str(), err.str()};
}

TEST(IatCommandLine, ReadsEveryFormOfAnOption) {
  const std::vector<std::vector<std::string>> same = {
      {"-k", "a", "-c", "red", "-K", "-p", "f"},
      {"f", "--key", "a", "--colour", "red", "--keep-going", "--print-iat"},
      {"--key=a", "--colour=red", "--keep", "--pr", "f"},
      {"-ka", "-cred", "-Kp", "f"},
      {"-k=a", "-c=red", "-pK", "--", "f"},
      {"-Kpka", "-cgreen", "f", "-c", "red"},
  };
  for (std::size_t i = 0; i < same.size(); ++i) {
    const auto [parsed, out, err] = run(same[i]);
    ASSERT_TRUE(parsed.arguments) << i << err;
    EXPECT_EQ(parsed.arguments->get("--key"), "a") << i;
    EXPECT_EQ(parsed.arguments->get("--colour"), "red") << i;
    EXPECT_TRUE(parsed.arguments->has("--keep-going")) << i;
    EXPECT_TRUE(parsed.arguments->has("--print-iat")) << i;
    EXPECT_FALSE(parsed.arguments->has("--platform-key")) << i;
    EXPECT_EQ(parsed.arguments->operand(), "f") << i;
  }
}

TEST(IatCommandLine, TakesOddOperandsAsArgparseDoes) {
  EXPECT_EQ(run({"-cred", "-"}).parsed.arguments->operand(), "-");
  EXPECT_EQ(run({"-cred", "--", "-f"}).parsed.arguments->operand(), "-f");
  EXPECT_EQ(run({"-cred", "--platform-key=", "f"}).parsed.arguments->get("--platform-key"), "");
}

TEST(IatCommandLine, RefusesWithUsageAndStatus2) {
  struct Row {
    std::vector<std::string> args;
    std::string_view error;
  };
  const Row rows[] = {
      {{}, "the following arguments are required: file, -c/--colour"},
      {{"f"}, "the following arguments are required: -c/--colour"},
      {{"-c", "red"}, "the following arguments are required: file"},
      {{"f", "-c"}, "argument -c/--colour: expected one argument"},
      {{"f", "-c", "-K"}, "argument -c/--colour: expected one argument"},
      {{"f", "-c", "blue"}, "argument -c/--colour: invalid choice: 'blue' (choose from 'red', 'green')"},
      {{"f", "-c\x1b[31m"}, "argument -c/--colour: invalid choice: '\\x1b[31m' (choose from 'red', 'green')"},
      {{"f", "-cred", "g", "--bogus", "h"}, "unrecognized arguments: g --bogus h"},
      {{"f", "-cred", "-x"}, "unrecognized arguments: -x"},
      {{"f", "-cred", "-Kx"}, "argument -K/--keep-going: ignored explicit argument 'x'"},
      {{"f", "-cred", "--keep-going=3"}, "argument -K/--keep-going: ignored explicit argument '3'"},
      {{"f", "-cred", "-hx"}, "argument -h/--help: ignored explicit argument 'x'"},
      {{"f", "-cred", "--ke"}, "ambiguous option: --ke could match --key, --keep-going"},
      {{"f", "-cred", "--p=1"}, "ambiguous option: --p=1 could match --platform-key, --print-iat"},
  };
  for (const Row& row : rows) {
    const auto [parsed, out, err] = run(row.args);
    EXPECT_FALSE(parsed.arguments) << row.error;
    EXPECT_EQ(parsed.status, 2) << row.error;
    EXPECT_EQ(out, "");
    EXPECT_EQ(err, fmt::format("usage: {}\ntool: error: {}\n", kLine.usage, row.error));
  }
}

TEST(IatCommandLine, PrintsHelpOnStdout) {
  for (const std::vector<std::string>& args : {std::vector<std::string>{"-h"}, {"--help", "-c", "blue"}, {"-K", "--he"}}) {
    const auto [parsed, out, err] = run(args);
    EXPECT_FALSE(parsed.arguments);
    EXPECT_EQ(parsed.status, 0);
    EXPECT_EQ(err, "");
    EXPECT_NE(out.find("usage: tool [-h]"), std::string::npos);
    EXPECT_NE(out.find("  -K, --keep-going      a flag\n"), std::string::npos) << out;
    EXPECT_NE(out.find("  -k KEY, --key KEY     a key\n"), std::string::npos) << out;
    EXPECT_NE(out.find("  -c {red,green}, --colour {red,green}\n                        a choice\n"), std::string::npos) << out;
  }
}

}  // namespace
}  // namespace assay::iat
