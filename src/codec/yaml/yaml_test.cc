#include "codec/yaml/yaml.h"

#include "testing/testing.h"

namespace assay {
namespace {

using testing::fails;
using testing::ok;

std::string compact(std::string_view text) {
  const auto value = yaml::parse(text, "config.yaml");
  return value ? json::print(*value) : value.error().text();
}

TEST(Yaml, ReadsSettingsAsTexts) {
  EXPECT_EQ(compact("a: none  # comment\nb: 8080\nc: true\nd: [x, 'y']\ne:\n  f: \"g\\n\"\n"), R"({"a":"none","b":"8080","c":"true","d":["x","y"],"e":{"f":"g\n"}})");
  EXPECT_EQ(compact("a:\nb: ~\nc: ''\nd: null\n"), R"({"a":null,"b":null,"c":"","d":null})");
  EXPECT_EQ(compact(""), "{}");
  EXPECT_EQ(compact("# nothing\n"), "{}");
  EXPECT_EQ(compact("- a\n- b\n"), R"(["a","b"])");
}

TEST(Yaml, SaysWhereValuesStand) {
  yaml::Lines lines;
  ASSERT_TRUE(ok(yaml::parse("# settings\na:\n  b:\n    - x\n    - {c/d: y,\n       e: z}\nf: |\n  g\n", "", &lines)));
  EXPECT_EQ(lines, (yaml::Lines{{"/a", 2}, {"/a/b", 3}, {"/a/b/0", 4}, {"/a/b/1", 5}, {"/a/b/1/c~1d", 5}, {"/a/b/1/e", 6}, {"/f", 7}}));
}

struct Bad {
  std::string text;
  Errc errc;
  std::string_view what;
};

TEST(Yaml, RefusesWithLineAndColumn) {
  std::string deep = "a: ";
  for (int i = 0; i < 20; ++i) deep += "[";
  const std::vector<Bad> rows{
      {"a: 1\na: 2\n", Errc::duplicate, "config.yaml:2:1: the key \"a\" a second time"},
      {"a: &x 1\nb: *x\n", Errc::unsupported, "config.yaml:1:4: an anchor"},
      {"a: !!int 1\n", Errc::unsupported, "config.yaml:1:4: the tag"},
      {"<<: {a: b}\n", Errc::unsupported, "a merge key"},
      {"? [a]\n: b\n", Errc::invalid, "a key that is array"},
      {"a: [1\n", Errc::malformed, "config.yaml:"},
      {"a: memory:\n", Errc::malformed, "config.yaml:1:10: illegal map value; expected quotes around a text with a colon: \"memory:\""},
      {"a: 1\n--- \nb: 2\n", Errc::unsupported, "more than one YAML document"},
      {"a: \"\xff\"\n", Errc::malformed, "not UTF-8"},
      {std::string{"a: b\0", 5}, Errc::malformed, "a zero byte"},
      {deep + "x" + std::string(20, ']') + "\n", Errc::limit, "nested too deeply"},
      {"a: " + std::string(5000, '['), Errc::limit, "nested too deeply"},
      {std::string(yaml::kMaxSettings + 1, ' '), Errc::limit, "settings of"},
      {"a:\tb: c\n\t- x", Errc::malformed, "config.yaml:"},
  };
  for (const Bad& row : rows) EXPECT_TRUE(fails(yaml::parse(row.text, "config.yaml"), row.errc, row.what)) << row.text.substr(0, 40);
}

}  // namespace
}  // namespace assay
