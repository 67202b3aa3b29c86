#include "codec/cbor/cbor.h"
#include "model/corim/comid.h"
#include "model/corim/template.h"
#include "model/corim/text.h"
#include "model/corim/validate.h"
#include "testing/testing.h"

namespace assay::corim {
namespace {

using testing::hex;
using testing::ok;
using testing::vector_bytes;
using testing::vector_text;

constexpr std::array kVectors{"pce", "qe", "seam"};

Comid vector_comid(std::string_view name) { return read_comid(vector_bytes(fmt::format("corim/gen-d/corim-53b3014/tdx/comid_{}_refval.cbor", name))).value(); }
Result<void> valid(const Comid& comid, Extensions extensions = tdx_extensions()) { return first_error(validate(comid, {.extensions = extensions})); }

// A CoMID whose only measurement value has these members.
std::string with_value(std::string_view members) {
  return fmt::format(R"({{"tag-identity":{{"id":"x"}},"triples":{{"reference-values":[{{"environment":{{"class":{{"vendor":"v"}}}},"measurements":[{{"value":{{{}}}}}]}}]}}}})", members);
}
Parsed<Comid> parsed(std::string_view members) { return comid_from_template(parse_template(with_value(members)).value(), {.extensions = tdx_extensions()}); }
Result<void> judge(const Parsed<Comid>& parsed) {
  TRY(first_error(parsed.problems));
  return valid(parsed.value);
}
const Unknowns& extensions_in(const Comid& comid) { return comid.triples.reference_values.at(0).measurements.at(0).value.unknown; }
Comid with_item(std::int64_t key, Bytes item) {
  Comid comid = parsed(R"("svn":{"type":"exact-value","value":1})").value;
  comid.triples.reference_values[0].measurements[0].value.unknown = {{key, std::move(item)}};
  return comid;
}
// The member as it is shown, compact; under its number where it is not one of the profile.
std::string shown(const Comid& comid) {
  const json::Value value = to_json(comid, Generation::d, tdx_extensions());
  const std::string text = json::print(value, {.html_safe = false});
  const std::string begin = R"("value":{"svn":{"type":"exact-value","value":1},)";
  const std::size_t at = text.find(begin) + begin.size();
  return text.substr(at, text.rfind("}}]}]}}") - at);
}

TEST(ProfileTdx, CoRIM_19_VectorsAreValidWithTheProfileAndOnlyThen) {
  for (const std::string_view name : kVectors) {
    const Comid comid = vector_comid(name);
    EXPECT_TRUE(ok(valid(comid))) << name;
    EXPECT_TRUE(testing::fails(valid(comid, {}), Errc::invalid, "no measurement value set")) << name;
  }
}

TEST(ProfileTdx, OnlyItsOidNamesIt) {
  EXPECT_EQ(extensions_of(Profile{oid_from_text(kTdxProfile).value()}).size(), 15u);
  EXPECT_TRUE(extensions_of(std::nullopt).empty());
  EXPECT_TRUE(extensions_of(Profile{oid_from_text("2.16.840.1.113741.1.16.2").value()}).empty());
  EXPECT_TRUE(extensions_of(Profile{"tag:arm.com,2025:psa#1.0.0"}).empty());
  EXPECT_EQ(find(tdx_extensions(), -73)->name, "isvsvn");
  EXPECT_EQ(find(tdx_extensions(), -74), nullptr);
}

// What a vector shows is a template of it: all of it but the order of members, the bytes that one vector has as an array of numbers.
TEST(ProfileTdx, VectorsComeBackFromTheirDisplayForms) {
  for (const std::string_view name : kVectors) {
    const Comid comid = vector_comid(name);
    const json::Value shown = to_json(comid, Generation::d, tdx_extensions());
    EXPECT_EQ(json::print(shown).find("\"-8"), std::string::npos) << name << ": a member without a name";
    const auto again = comid_from_template(shown, {.extensions = tdx_extensions()});
    EXPECT_TRUE(again.problems.empty()) << name << ": " << again.problems.at(0).what;
    EXPECT_TRUE(again.needs_d) << name;
    EXPECT_EQ(json::print(to_json(again.value, Generation::d, tdx_extensions())), json::print(shown)) << name;
    EXPECT_EQ(again.value == comid, name != "seam") << name;
  }
}

struct Case {
  std::int64_t key;
  std::string member;  // of a template
  std::string item;    // in CBOR
};
const std::vector<Case> kGood{
    {-72, R"("tcbdate":"2025-01-29T00:00:00Z")", "c1 1a 67996f80"},
    {-73, R"("isvsvn":{"type":"uint","value":10})", "0a"},
    {-73, R"("isvsvn":{"type":"numeric-expression","value":{"numeric-operator":"greater_or_equal","numeric-type":{"type":"uint","value":6}}})", "d9ea6a 82 02 06"},
    {-77, R"("instanceid":{"type":"uint","value":11})", "0b"},
    {-77, R"("instanceid":{"type":"bytes","value":"RUZH"})", "43 454647"},
    {-80, R"("pceid":"PCEID001")", "68 5043454944303031"},
    {-81, R"("miscselect":"wAAAAPv/AAA=")", "48 c0000000fbff0000"},
    {-82, R"("attributes":"8AoL")", "43 f00a0b"},
    {-83, R"("mrtee":{"type":"digest","value":[["sha-256-32","3q2-7w"]]})", "81 82 06 44 deadbeef"},
    {-83, R"("mrtee":{"type":"digest-expression","value":{"set-operator":"member","set-digest":[["sha-256-32","3q2-7w"]]}})", "d9ea74 82 06 81 82 06 44 deadbeef"},
    {-84, R"("mrsigner":{"type":"digest-expression","value":{"set-operator":"non_member","set-digest":[["sha-256-32","3q2-7w"]]}})", "d9ea74 82 07 81 82 06 44 deadbeef"},
    {-85, R"("isvprodid":{"type":"bytes","value":"AwM="})", "42 0303"},
    {-86, R"("tcbevalnum":{"type":"numeric-expression","value":{"numeric-operator":"greater_or_equal","numeric-type":{"type":"uint","value":11}}})", "d9ea6a 82 02 0b"},
    {-88, R"("tcbstatus":{"type":"string","value":["UpToDate"]})", "81 68 5570546f44617465"},
    {-89, R"("advisoryids":{"type":"string-expression","value":{"set-operator":"member","set-string":["SA-1","SA-2"]}})", "d9ea75 82 06 82 64 53412d31 64 53412d32"},
    {-90, R"("epoch":"1970-01-01T00:00:01Z")", "c1 01"},
    {-91, R"("teecryptokeys":[{"type":"bytes","value":"AQI="}])", "81 d90230 42 0102"},
    {-125, R"("tcbcompsvn":[{"type":"uint","value":0},{"type":"uint","value":1},{"type":"uint","value":2},{"type":"uint","value":3},{"type":"uint","value":4},{"type":"uint","value":5},{"type":"uint","value":6},{"type":"uint","value":7},{"type":"uint","value":8},{"type":"uint","value":9},{"type":"uint","value":10},{"type":"uint","value":11},{"type":"uint","value":12},{"type":"uint","value":13},{"type":"uint","value":14},{"type":"uint","value":15}])", "90 000102030405060708090a0b0c0d0e0f"},
};

TEST(ProfileTdx, TemplateToCborToTemplate) {
  for (const Case& one : kGood) {
    const auto made = parsed(one.member);
    EXPECT_TRUE(ok(judge(made))) << one.member;
    EXPECT_TRUE(made.problems.empty()) << one.member;
    EXPECT_EQ(default_generation(made), Generation::d) << one.member;
    ASSERT_EQ(extensions_in(made.value).size(), 1u) << one.member;
    EXPECT_EQ(extensions_in(made.value)[0], (Unknown{one.key, hex(one.item)})) << one.member << ": " << to_hex(extensions_in(made.value)[0].item);
    const auto written = write_comid(made.value, Generation::d);
    ASSERT_TRUE(ok(written)) << one.member;
    const auto read = read_comid(*written);
    ASSERT_TRUE(ok(read)) << one.member;
    EXPECT_EQ(*read, made.value) << one.member;
    EXPECT_EQ(shown(with_item(one.key, extensions_in(*read)[0].item)), one.member);
  }
}

TEST(ProfileTdx, MembersAreWrittenInTheOrderOfTheirKeys) {
  std::string all;
  for (std::size_t i = kGood.size(); i-- > 0;) all += (all.empty() ? "" : ",") + kGood[i].member;
  const auto made = parsed(all);  // the last of several of one name counts
  EXPECT_TRUE(ok(judge(made)));
  ASSERT_EQ(extensions_in(made.value).size(), 15u);
  EXPECT_EQ(extensions_in(made.value).front().key, -72);
  EXPECT_EQ(extensions_in(made.value).back().key, -125);
  EXPECT_EQ(read_comid(write_comid(made.value, Generation::d).value()).value(), made.value);
}

TEST(ProfileTdx, TemplatesThatAreRefused) {
  const std::vector<std::tuple<std::string, std::string, std::string>> bad{
      {R"("tcbdate":"2025-01-29")", "/tcbdate", "2025-01-29"},
      {R"("tcbdate":1738108800)", "/tcbdate", "integer"},
      {R"("isvsvn":10)", "/isvsvn", "integer"},
      {R"("isvsvn":{"type":"int","value":10})", "/isvsvn", "type \"int\""},
      {R"("isvsvn":{"type":"uint","value":-1})", "/isvsvn/value", "the number -1"},
      {R"("isvsvn":{"type":"numeric-expression","value":{"numeric-operator":"at_least","numeric-type":{"type":"uint","value":6}}})", "/isvsvn/value/numeric-operator", "operator \"at_least\""},
      {R"("isvsvn":{"type":"numeric-expression","value":{"numeric-type":{"type":"uint","value":6}}})", "/isvsvn/value", "no member \"numeric-operator\""},
      {R"("isvsvn":{"type":"numeric-expression","value":{"numeric-operator":"greater_or_equal","numeric-type":{"type":"float","value":6.5}}})", "/isvsvn/value/numeric-type", "type \"float\""},
      {R"("isvsvn":{"type":"numeric-expression","value":{"numeric-operator":"less_or equal","numeric-type":{"type":"uint","value":6}}})", "/value/isvsvn", "operator less_or equal"},
      {R"("tcbevalnum":{"type":"numeric-expression","value":{"numeric-operator":"less_or_equal","numeric-type":{"type":"uint","value":6}}})", "/value/tcbevalnum", "operator less_or equal"},
      {R"("tcbevalnum":{"type":"numeric-expression","value":{"numeric-operator":"nop","numeric-type":{"type":"uint","value":6}}})", "/value/tcbevalnum", "operator nop"},
      {R"("instanceid":{"type":"bytes","value":""})", "/value/instanceid", "no bytes"},
      {R"("instanceid":{"type":"text","value":"x"})", "/instanceid", "type \"text\""},
      {R"("isvprodid":{"type":"uint","value":-23})", "/isvprodid/value", "the number -23"},
      {R"("pceid":"")", "/value/pceid", "empty text"},
      {R"("pceid":7)", "/pceid", "integer"},
      {R"("miscselect":"*")", "/miscselect", ""},
      {R"("attributes":"")", "/value/attributes", "no bytes"},
      {R"("mrtee":{"type":"digest","value":[]})", "/value/mrtee", "no digests"},
      {R"("mrtee":{"type":"digest","value":[["sha-256","AA"]]})", "/mrtee/value/0/1", "sha-256"},
      {R"("mrtee":{"type":"digest-expression","value":{"set-operator":"subset","set-digest":[["sha-256-32","3q2-7w"]]}})", "/value/mrtee", "operator subset"},
      {R"("mrsigner":{"type":"digest-expression","value":[["sha-256-32","3q2-7w"]]})", "/mrsigner/value", "array"},
      {R"("tcbstatus":{"type":"string","value":[]})", "/value/tcbstatus", "no texts"},
      {R"("tcbstatus":{"type":"string","value":[1]})", "/tcbstatus/value/0", "integer"},
      {R"("advisoryids":{"type":"string-expression","value":{"set-operator":"equal","set-string":["SA-1"]}})", "/value/advisoryids", "operator equal"},
      {R"("teecryptokeys":[])", "/value/teecryptokeys", "no keys"},
      {R"("teecryptokeys":[{"type":"key","value":"x"}])", "/teecryptokeys/0", "key type"},
      {R"("tcbcompsvn":[{"type":"uint","value":1}])", "/value/tcbcompsvn", "1 components"},
      {R"("-73":"six")", "/value/isvsvn", "text"},
  };
  for (const auto& [member, where, what] : bad) {
    const auto verdict = judge(parsed(member));
    ASSERT_FALSE(verdict.has_value()) << member;
    EXPECT_TRUE(verdict.error().where.ends_with(where)) << member << ": " << verdict.error();
    EXPECT_NE(verdict.error().text().find(what), std::string::npos) << member << ": " << verdict.error();
  }
}

TEST(ProfileTdx, CborThatIsRefusedIsStillShown) {
  const std::vector<std::tuple<std::int64_t, std::string, std::string, std::string>> bad{
      {-72, "1a 67996f80", "tag", R"~("-72":"1738108800")~"},
      {-72, "c1 1b 7fffffffffffffff", "a year", R"~("-72":"1(9223372036854775807)")~"},
      {-72, "c0 61 78", "", R"~("-72":"0(\"x\")")~"},
      {-73, "20", "", R"~("-73":"-1")~"},
      {-73, "d9ea6a 82 0b 06", "operator 11", R"~("-73":"60010([11, 6])")~"},
      {-73, "d9ea6a 83 02 06 07", "goes on", R"~("-73":"60010([2, 6, 7])")~"},
      {-73, "d9ea6a 81 02", "array ends", R"~("-73":"60010([2])")~"},
      {-73, "d9ea6a 82 02 20", "", R"~("-73":"60010([2, -1])")~"},
      {-73, "d9ea74 82 02 06", "tag 60020", R"~("-73":"60020([2, 6])")~"},
      {-73, "d9ea6a 82 04 06", "less_or equal", R"~("isvsvn":{"type":"numeric-expression","value":{"numeric-operator":"less_or equal","numeric-type":{"type":"uint","value":6}}})~"},
      {-77, "40", "no bytes", R"~("instanceid":{"type":"bytes","value":""})~"},
      {-77, "61 78", "", R"~("-77":"\"x\"")~"},
      {-82, "82 01 190100", "256 as a byte", R"~("-82":"[1, 256]")~"},
      {-83, "80", "no digests", R"~("mrtee":{"type":"digest","value":[]})~"},
      {-83, "81 82 01 41 00", "", R"~("-83":"[[1, h'00']]")~"},
      {-83, "d9ea74 82 05 81 82 06 44 deadbeef", "operator nop", R"~("mrtee":{"type":"digest-expression","value":{"set-operator":"nop","set-digest":[["sha-256-32","3q2-7w"]]}})~"},
      {-84, "d9ea75 82 06 81 82 06 44 deadbeef", "tag 60021", R"~("-84":"60021([6, [[6, h'deadbeef']]])")~"},
      {-88, "d9ea75 82 06 80", "no texts", R"~("tcbstatus":{"type":"string-expression","value":{"set-operator":"member","set-string":[]}})~"},
      {-91, "81 d9022a 61 78", "", R"~("teecryptokeys":[{"type":"pkix-base64-key","value":"x"}])~"},
      {-125, "81 01", "1 components", R"~("tcbcompsvn":[{"type":"uint","value":1}])~"},
  };
  for (const auto& [key, item, what, display] : bad) {
    const Comid comid = with_item(key, hex(item));
    const auto verdict = valid(comid);
    ASSERT_FALSE(verdict.has_value()) << item;
    EXPECT_TRUE(verdict.error().where.ends_with("/value/" + std::string{find(tdx_extensions(), key)->name})) << item << ": " << verdict.error();
    EXPECT_NE(verdict.error().text().find(what), std::string::npos) << item << ": " << verdict.error();
    EXPECT_EQ(shown(comid), display) << item;
  }
}

TEST(ProfileTdx, OtherFormsOfTimesAndBitsAreRead) {
  EXPECT_EQ(shown(with_item(-72, hex("c0 74 323032352d30312d32395430303a30303a30305a"))), R"("tcbdate":"2025-01-29T00:00:00Z")");
  EXPECT_EQ(shown(with_item(-82, hex("82 01 02"))), R"("attributes":"AQI=")");
  EXPECT_EQ(shown(with_item(-82, hex("9f 01 02 ff"))), R"("attributes":"AQI=")");
  EXPECT_TRUE(ok(valid(with_item(-82, hex("82 01 02")))));
  EXPECT_EQ(shown(with_item(-74, hex("01"))), R"("-74":"1")");  // no member of the profile
}

TEST(ProfileTdx, ALatestMemberCountsWhetherItHasANameOrANumber) {
  const auto made = parsed(R"("isvsvn":{"type":"uint","value":1},"-73":2)");
  ASSERT_EQ(extensions_in(made.value).size(), 1u);
  EXPECT_EQ(extensions_in(made.value)[0], (Unknown{-73, hex("02")}));
  EXPECT_TRUE(ok(write_comid(made.value, Generation::d)));
}

// What would be written could not be read.
TEST(ProfileTdx, NumbersOfMembersWithNamesAreRefused) {
  const auto judged = [](const std::string& text) -> Result<void> {
    const auto made = comid_from_template(parse_template(text).value());
    TRY(first_error(made.problems));
    return valid(made.value, {});
  };
  EXPECT_TRUE(testing::fails(judged(with_value(R"("svn":{"type":"exact-value","value":1},"1":5)")), Errc::invalid, "a member \"1\""));
  EXPECT_TRUE(ok(judged(with_value(R"("svn":{"type":"exact-value","value":1},"12":5)"))));
  const std::string good = with_value(R"("name":"n")");
  EXPECT_TRUE(testing::fails(judged(R"({"4":{},)" + good.substr(1)), Errc::invalid, "a member \"4\""));
  EXPECT_TRUE(testing::fails(judged(R"({"99":1,"099":2,)" + good.substr(1)), Errc::invalid, "a member \"99\""));
  EXPECT_TRUE(ok(judged(R"({"99":1,"98":2,)" + good.substr(1))));
}

TEST(ProfileTdx, WithoutTheProfileTheNamesAreUnknown) {
  const json::Value value = parse_template(with_value(R"("isvsvn":{"type":"uint","value":1})")).value();
  for (const TemplateOptions& options : {TemplateOptions{}, TemplateOptions{.only_a = true, .extensions = tdx_extensions()}}) {
    const auto made = comid_from_template(value, options);
    ASSERT_EQ(made.problems.size(), 1u);
    EXPECT_NE(made.problems[0].what.find("unknown member \"isvsvn\""), std::string::npos);
    EXPECT_TRUE(extensions_in(made.value).empty());
  }
  const auto typo = parsed(R"("isvsnv":{"type":"uint","value":1})");
  EXPECT_NE(typo.problems.at(0).expected.find("isvsvn"), std::string::npos);
}

}  // namespace
}  // namespace assay::corim
