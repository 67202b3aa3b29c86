#include "apps/iat/yaml_reader.h"

#include "testing/testing.h"

namespace assay::iat {
namespace {

using assay::testing::fails;

Result<std::string> no_files(const std::string& name) { return fail(Errc::not_found, name, "no such file"); }
Result<Value> read(std::string_view text) { return read_yaml(text, "source.yaml", no_files); }
std::string json_of(std::string_view text) {
  const auto value = read(text);
  return value ? to_json(*value) : value.error().text();
}
std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(IatYaml, ReadsTheSourcesOfTokens) {
  const auto value = read(R"(
# a comment
name: BL           # plain
version: "1.2"
other: '1'
count: 2
id: !!binary AQID
long: !!binary |
  AQID
  BAUG
list:
    - a: 1
      3: x
    - [b, ~]
text: !!str 12
)");
  ASSERT_TRUE(testing::ok(value));
  EXPECT_EQ(to_json(*value), R"({
    "name": "BL",
    "version": "1.2",
    "other": "1",
    "count": 2,
    "id": "b'010203'",
    "long": "b'010203040506'",
    "list": [
        {
            "a": 1,
            "3": "x"
        },
        [
            "b",
            null
        ]
    ],
    "text": "12"
})");
}

TEST(IatYaml, ReadsBlockScalarsInLists) {
  EXPECT_EQ(json_of("a:\n- !!binary |\n  AQ==\n- !!binary |\n  Ag==\nb: [!!binary Aw==]\n"), json_of("{a: [!!binary AQ==, !!binary Ag==], b: [!!binary Aw==]}"));
  EXPECT_EQ(json_of("- !!str |\n  a\n\n    b\n- c"), json_of("[\"a\\n\\n  b\\n\", c]"));
}

TEST(IatYaml, PutsAliasesIn) {
  EXPECT_EQ(json_of("a: &x [1]\nb: *x\nc: &y {z: *x}\nd: *y"), json_of("{a: [1], b: [1], c: {z: [1]}, d: {z: [1]}}"));
  EXPECT_EQ(json_of("a: &x !!binary AQ==\nb: *x"), "{\n    \"a\": \"b'01'\",\n    \"b\": \"b'01'\"\n}");
}

TEST(IatYaml, PutsIncludedFilesIn) {
  const Includer files = [](const std::string& name) -> Result<std::string> {
    if (name == "inner.yaml") return "b: !inc leaf.yaml\n";
    if (name == "leaf.yaml") return "&x 3";
    if (name == "self.yaml") return "a: !inc self.yaml";
    if (name == "deep.yaml") return repeat("[", kMaxDepth) + repeat("]", kMaxDepth);
    if (name == "broken.yaml") return "a: 1\nb: [";
    if (name == "many.yaml") return "[" + repeat("1,", kMaxYamlNodes / 2) + "]";
    return fail(Errc::not_found, name, "no such file");
  };
  const auto value = read_yaml("a: !inc inner.yaml\n", "source.yaml", files);
  ASSERT_TRUE(testing::ok(value));
  EXPECT_EQ(to_json(*value), "{\n    \"a\": {\n        \"b\": 3\n    }\n}");

  EXPECT_TRUE(fails(read_yaml("a: !inc none.yaml", "source.yaml", files), Errc::not_found, "source.yaml:1:4: none.yaml: no such file"));
  EXPECT_TRUE(fails(read_yaml("!inc self.yaml", "source.yaml", files), Errc::limit, "self.yaml:1:4: a file included too deeply: \"self.yaml\""));
  EXPECT_TRUE(fails(read_yaml("[!inc deep.yaml]", "source.yaml", files), Errc::limit, "deep.yaml:1:16: a value nested too deeply"));
  EXPECT_TRUE(fails(read_yaml("a: !inc broken.yaml", "source.yaml", files), Errc::malformed, "broken.yaml:2:"));
  EXPECT_TRUE(fails(read_yaml("[!inc many.yaml, !inc many.yaml]", "source.yaml", files), Errc::limit, "too many values"));
  EXPECT_TRUE(fails(read_yaml("a: &x !inc deep.yaml\nb: [*x]", "source.yaml", files), Errc::limit));
  EXPECT_TRUE(testing::ok(read_yaml("!inc deep.yaml", "source.yaml", files)));
}

TEST(IatYaml, RefusesWithThePlace) {
  struct Row {
    std::string text;
    Errc errc;
    std::string_view part;
  };
  const Row rows[] = {
      {"", Errc::malformed, "no YAML document"},
      {"a: [1", Errc::malformed, "source.yaml:"},
      {"a: 1\n b: 2", Errc::malformed, "source.yaml:2:"},
      {"a: 'x", Errc::malformed, "source.yaml:"},
      {"a: \xff", Errc::malformed, "not UTF-8 (at byte 3)"},
      {std::string{"a: \0", 4}, Errc::malformed, "a zero byte (at byte 3)"},
      {"a: 1\nb: 2\na: 3", Errc::duplicate, "source.yaml:3:1: the key a a second time"},
      {"{1: a, 0x1: b}", Errc::duplicate, "the key 1 a second time"},
      {"{a: {b: 1, \"b\": 2}}", Errc::duplicate, "the key b a second time"},
      {"a: 1\n---\nb: 2", Errc::unsupported, "more than one YAML document"},
      {"[a]: 1", Errc::invalid, "a key of type <class 'list'>"},
      {"~: 1", Errc::invalid, "a key of type <class 'NoneType'>"},
      {"a: 1\n<<: {b: 2}", Errc::unsupported, "\"<<\", which YAML reserves"},
      {"a: !!binary A", Errc::malformed, "source.yaml:1:4: !!binary that is not base64"},
      {"a: !!binary AQI", Errc::malformed, "not base64"},
      {"a: !!binary A*==", Errc::malformed, "not base64"},
      {"a: !!int x", Errc::invalid, "\"x\" tagged !!int"},
      {"a: !!bool 1", Errc::invalid, "\"1\" tagged !!bool"},
      {"a: !!python/object:os.system x", Errc::unsupported, "the tag \"tag:yaml.org,2002:python/object:os.system\""},
      {"a: !!set {b}", Errc::unsupported, "the tag \"tag:yaml.org,2002:set\""},
      {"a: \"\\N\"", Errc::unsupported, "the escape \\N or \\_; expected \\u0085"},
      {"\"\\_\": 1", Errc::unsupported, "the escape"},
      {"a: 1:30", Errc::invalid, "source.yaml:1:4: the number \"1:30\" in base 60"},
      {"a: *x", Errc::malformed, "source.yaml:1:4: the referenced anchor is not defined"},
      {"&x [*x]", Errc::invalid, "an alias inside what it names"},
      {"a: &x {b: *x}", Errc::invalid, "an alias inside what it names"},
      {repeat("[", kMaxDepth + 1) + repeat("]", kMaxDepth + 1), Errc::limit, "source.yaml:1:17: a value nested too deeply"},
      {repeat("[", 100000), Errc::limit, "a value nested too deeply"},
      {repeat("{a: ", 100000), Errc::limit, "a value nested too deeply"},
      {repeat("- ", 100000), Errc::limit, "a value nested too deeply"},
      {"- &a [[[[[[[[1]]]]]]]]\n- [[[[[[[[*a]]]]]]]]", Errc::limit, "an alias that nests too deeply"},
      {"[" + repeat("1,", kMaxYamlNodes) + "]", Errc::limit, "too many values"},
      {std::string(kMaxYaml + 1, ' '), Errc::limit, "a YAML source of 1048577 bytes"},
  };
  for (const Row& row : rows) EXPECT_TRUE(fails(read(row.text), row.errc, row.part)) << row.text.substr(0, 80);
}

TEST(IatYaml, StopsAnAliasBomb) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 10; ++i) text += fmt::format("a{0}: &a{0} [{1}]\n", i, repeat(fmt::format("*a{},", i - 1), 10));
  EXPECT_TRUE(fails(read(text), Errc::limit, "too many values"));
  std::string wide = "a: &a " + std::string(kMaxYaml / 8, 'x') + "\nb: [";
  EXPECT_TRUE(fails(read(wide + repeat("*a,", 9) + "]"), Errc::limit, "too much text"));
}

}  // namespace
}  // namespace assay::iat
