#include "codec/json/json.h"

#include "testing/testing.h"

namespace assay::json {
namespace {

TEST(Json, KeepsOrderAndNumbers) {
  const auto value = parse(R"( {"b":1,"a":[true,null,-2,1.5e300,18446744073709551615,"x\u00fc\n"]} )");
  ASSERT_TRUE(testing::ok(value));
  EXPECT_EQ(print(*value), "{\"b\":1,\"a\":[true,null,-2,1.5e+300,18446744073709551615,\"x\xc3\xbc\\n\"]}");
  EXPECT_EQ(print(*value, {.indent = 2, .sorted = true}), "{\n  \"a\": [\n    true,\n    null,\n    -2,\n    1.5e+300,\n    18446744073709551615,\n    \"x\xc3\xbc\\n\"\n  ],\n  \"b\": 1\n}");
}

TEST(Json, EscapesAsTheReferenceProgramsDo) {
  EXPECT_EQ(print(Value{"<a> & \xe2\x80\xa8 \x01 \xc3\xbc"}), R"("\u003ca\u003e \u0026 \u2028 \u0001 )"
                                                              "\xc3\xbc\"");
  EXPECT_EQ(print(Value{"<"}, {.html_safe = false}), "\"<\"");
  EXPECT_EQ(print(Value{Array{}}, {.indent = 2}), "[]");
}

TEST(Json, PrintsFloatsInTheShortestForm) {
  const std::pair<double, const char*> cases[] = {{1666529184.0, "1666529184"}, {0.1, "0.1"}, {1e21, "1e+21"}, {1e20, "100000000000000000000"}, {1e-7, "1e-7"}, {1.5e-10, "1.5e-10"}, {0.000001, "0.000001"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(print_number(value), text);
}

TEST(Json, ReadsFloatsToTheLastBit) {
  const std::pair<const char*, double> cases[] = {{"0.1", 0.1}, {"123456789.123456789", 123456789.123456789}, {"2.2250738585072011e-308", 2.2250738585072011e-308}, {"9007199254740993.0", 9007199254740993.0}, {"-0.5E-53230", 0.0}, {"1.7976931348623157e308", 1.7976931348623157e308}};
  for (const auto& [text, value] : cases) EXPECT_EQ(parse(text)->number(), value) << text;
}

TEST(Json, IntegersAreOnlyWhatIsWrittenAsOne) {
  EXPECT_EQ(parse("7")->integer(), 7);
  EXPECT_EQ(parse("7.0")->integer(), std::nullopt);
  EXPECT_EQ(parse("18446744073709551615")->integer(), std::nullopt);
  EXPECT_EQ(parse("18446744073709551615")->unsigned_integer(), UINT64_MAX);
  EXPECT_EQ(parse("18446744073709551616")->unsigned_integer(), std::nullopt);
}

struct Refused {
  const char* why;
  std::string text;
  Errc errc;
};
class JsonRefuses : public ::testing::TestWithParam<Refused> {};
TEST_P(JsonRefuses, WithAnOffset) {
  const auto result = parse(GetParam().text);
  ASSERT_FALSE(result) << "accepted: " << GetParam().why;
  EXPECT_EQ(result.error().errc, GetParam().errc) << result.error();
  EXPECT_TRUE(result.error().offset) << result.error();
}
INSTANTIATE_TEST_SUITE_P(Json, JsonRefuses, ::testing::Values(Refused{"nothing", "", Errc::malformed}, Refused{"an open object", "{\"a\":1", Errc::malformed}, Refused{"two documents", "{} {}", Errc::malformed}, Refused{"a member twice", R"({"a":1,"a":2})", Errc::duplicate}, Refused{"a member twice in other spelling", R"({"a":1,"\u0061":2})", Errc::duplicate}, Refused{"a member twice deep inside", R"([{"x":{"a":1,"b":2,"a":3}}])", Errc::duplicate}, Refused{"depth 17", std::string(17, '[') + std::string(17, ']'), Errc::limit}, Refused{"a million brackets", std::string(1000000, '['), Errc::limit}, Refused{"broken UTF-8", "\"\xff\"", Errc::malformed}, Refused{"an unpaired surrogate", R"("\ud800")", Errc::malformed}, Refused{"a number out of range", "1e999", Errc::malformed}, Refused{"NaN", "NaN", Errc::malformed}, Refused{"a comment", "{} // no", Errc::malformed}, Refused{"a trailing comma", "[1,]", Errc::malformed}, Refused{"a raw control character", "\"\n\"", Errc::malformed}, Refused{"a leading zero", "01", Errc::malformed}, Refused{"a byte order mark", "\xef\xbb\xbf{}", Errc::malformed}));

TEST(Json, RefusesAnOversizedDocument) { EXPECT_TRUE(testing::fails(parse(std::string(kMaxJson + 1, ' ')), Errc::limit)); }

TEST(JsonFields, NameTheMemberInErrors) {
  const Value value = *parse(R"({"a":{"b/c":3}})");
  const Fields outer = *Fields::of(*value.object()->find("a"), "/a");
  EXPECT_EQ(outer.text("b/c").error().text(), "/a/b~1c: a JSON integer; expected a string");
  EXPECT_EQ(outer.need("d").error().where, "/a/d");
}

TEST(Json, SaysThatTextIsNotUtf8AndWhere) {
  EXPECT_TRUE(testing::fails(parse("\xef\xbb\xbf{}"), Errc::malformed, "a byte order mark"));
  const auto latin = parse("{\"a\": \"B\xfcrste\"}");
  EXPECT_TRUE(testing::fails(latin, Errc::malformed, "a byte fc that is not UTF-8"));
  EXPECT_EQ(latin.error().offset, 8u);
  EXPECT_EQ(parse("[\"\xed\xa0\x80\"]").error().offset, 2u) << "a surrogate";
  // What comes first is named.
  EXPECT_TRUE(testing::fails(parse("{x: 1, \"looooong\": \"\xfc\"}"), Errc::malformed, "a syntax error"));
}

TEST(Json, AppendingDoesNotSearch) {
  Object object;
  for (int i = 0; i < 200000; ++i) object.append(std::to_string(i), i);
  EXPECT_EQ(object.size(), 200000u);
  EXPECT_EQ(object.find("199999")->integer(), 199999);
}

}  // namespace
}  // namespace assay::json
