#include "apps/iat/yaml_scalar.h"

#include <cmath>

#include "testing/testing.h"

namespace assay::iat {
namespace {

using assay::testing::fails;

TEST(IatYamlScalar, KnowsTheTypesOfYaml11) {
  struct Row {
    ScalarType type;
    std::vector<std::string_view> texts;
  };
  const Row rows[] = {
      {ScalarType::null, {"", "~", "null", "Null", "NULL"}},
      {ScalarType::boolean, {"yes", "No", "TRUE", "off", "On"}},
      {ScalarType::integer, {"0", "2", "-17", "+4", "1_000", "0x3003", "0b101", "017", "0_7", "1:30", "190:20:30"}},
      {ScalarType::floating, {"1.2", "-1.", ".5", "1_0.5", "1.5e+3", "1.e-2", ".inf", "-.INF", ".NaN", "1:30.5"}},
      {ScalarType::timestamp, {"2001-12-14", "2001-1-4 1:59:43", "2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43Z", "2001-12-14 21:59:43.1 +5"}},
      {ScalarType::reserved, {"<<", "="}},
      {ScalarType::text, {"1.2.3", "3.4.2", "0604565272829-10010", "1234567890123-45678", "BL", "sl_secured", "sha-256", "nULL", "yEs", "y", "1e3", "1.5e3", "0o17", "08", "0x", "0b2", "-", "+", "-.5", ".", "1:99", "1:", "2001-12", "2001-1-4", "2001-12-14T21:59", "-.nan", "http://arm.com/psa/2.0.0", "_1", "1__a"}},
  };
  for (const Row& row : rows) {
    for (const auto text : row.texts) EXPECT_EQ(type_of_plain(text), row.type) << text;
  }
}

TEST(IatYamlScalar, ReadsNumbersInEveryBase) {
  const std::pair<std::string_view, std::int64_t> rows[] = {{"0", 0}, {"0x3003", 0x3003}, {"-0xf", -15}, {"017", 15}, {"0b101", 5}, {"1_000", 1000}, {"+12", 12}, {"-9223372036854775807", -9223372036854775807}};
  for (const auto& [text, number] : rows) {
    const auto value = value_of_plain(text);
    ASSERT_TRUE(testing::ok(value));
    ASSERT_NE(value->integer(), nullptr) << text;
    EXPECT_EQ(*value->integer(), number) << text;
  }
  EXPECT_EQ(*value_of_plain("18446744073709551615")->huge(), 18446744073709551615U);
  EXPECT_EQ(*value_of_plain("-1_0.5e+1")->floating(), -105.0);
  EXPECT_EQ(*value_of_plain("-.inf")->floating(), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(*value_of_plain(".nan")->floating()));
  EXPECT_TRUE(*value_of_plain("On")->boolean());
  EXPECT_FALSE(*value_of_plain("no")->boolean());
  EXPECT_EQ(*value_of_plain("2001-12-14")->text(), "2001-12-14");
}

TEST(IatYamlScalar, RefusesWhatNobodyMeans) {
  EXPECT_TRUE(fails(value_of_plain("1:30"), Errc::invalid, "in base 60"));
  EXPECT_TRUE(fails(value_of_plain("1:30.5"), Errc::invalid, "in base 60"));
  EXPECT_TRUE(fails(value_of_plain("18446744073709551616"), Errc::invalid, "more than 64 bits"));
  EXPECT_TRUE(fails(value_of_plain("-9223372036854775809"), Errc::invalid, "more than 64 bits"));
  EXPECT_TRUE(fails(value_of_plain("0x_"), Errc::invalid, "without digits"));
  EXPECT_TRUE(fails(value_of_plain("1.0e+999"), Errc::invalid, "beyond what a double holds"));
  EXPECT_TRUE(fails(value_of_plain("<<"), Errc::unsupported, "reserves"));
}

}  // namespace
}  // namespace assay::iat
