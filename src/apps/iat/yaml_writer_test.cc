#include "apps/iat/yaml_writer.h"

#include "apps/iat/yaml_reader.h"
#include "testing/testing.h"

namespace assay::iat {
namespace {

Value text(std::string_view content) { return Value{std::string{content}}; }
Result<std::string> no_files(const std::string& name) { return fail(Errc::not_found, name, "no such file"); }

TEST(IatYamlWriter, WritesBlocksAsPyYaml) {
  const Value value{Value::Map{
      {std::string{"z"}, Value{Bytes(60, 0xab)}},
      {std::string{"a"}, Value{Value::List{Value{Value::Map{{std::string{"c"}, Value{std::int64_t{1}}}, {std::string{"b"}, Value{Bytes{1}}}}}, Value{Bytes{2}}, text("x")}}},
      {std::int64_t{8}, Value{Value::Map{{std::string{"d"}, Value{Value::List{Value{true}}}}}}},
      {std::string{"n"}, Value{}},
      {std::string{"l"}, Value{Value::List{}}},
      {std::string{"m"}, Value{Value::Map{}}},
      {std::string{"e"}, Value{Bytes{}}},
  }};
  EXPECT_EQ(to_yaml(value, Order::sorted), R"(8:
  d:
  - true
a:
- b: !!binary |
    AQ==
  c: 1
- !!binary |
  Ag==
- x
e: !!binary ''
l: []
m: {}
n: null
z: !!binary |
  q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6ur
  q6ur
)");
  EXPECT_EQ(to_yaml(value, Order::kept).substr(0, 2), "z:");
}

TEST(IatYamlWriter, QuotesOnlyWhatYamlWouldMisread) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"BL", "BL"},
      {"1.2.3", "1.2.3"},
      {"1.2", "'1.2'"},
      {"1", "'1'"},
      {"0x3003", "'0x3003'"},
      {"yes", "'yes'"},
      {"null", "'null'"},
      {"", "''"},
      {"2001-12-14", "'2001-12-14'"},
      {"http://arm.com/psa/2.0.0", "http://arm.com/psa/2.0.0"},
      {"tag:arm.com,2024:realm#2.0.0", "tag:arm.com,2024:realm#2.0.0"},
      {"a: b", "'a: b'"},
      {"a:", "'a:'"},
      {"a #b", "'a #b'"},
      {"- a", "'- a'"},
      {"-a", "-a"},
      {"--- a", "'--- a'"},
      {"[a", "'[a'"},
      {"a[b]{c},d", "a[b]{c},d"},
      {"%a", "'%a'"},
      {"it's", "it's"},
      {"'a'", "'''a'''"},
      {" a", "' a'"},
      {"a ", "'a '"},
      {"<<", "'<<'"},
      {"a\nb", "\"a\\nb\""},
      {"\x1b[31m", "\"\\x1B[31m\""},
      {"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "\"\\xFC\\u20AC\\U0001F600\""},
      {"\"\\\t", "\"\\\"\\\\\\x09\""},
  };
  for (const auto& [content, written] : rows) {
    const std::string yaml = to_yaml(Value{Value::Map{{std::string{"k"}, text(content)}}}, Order::sorted);
    EXPECT_EQ(yaml, fmt::format("k: {}\n", written));
    const auto again = read_yaml(yaml, "out.yaml", no_files);
    ASSERT_TRUE(testing::ok(again)) << yaml;
    ASSERT_NE(again->map(), nullptr) << yaml;
    ASSERT_NE(again->map()->at(0).value.text(), nullptr) << yaml;
    EXPECT_EQ(*again->map()->at(0).value.text(), content) << yaml;
  }
}

}  // namespace
}  // namespace assay::iat
