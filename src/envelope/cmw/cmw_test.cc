#include "envelope/cmw/cmw.h"

#include "codec/json/json.h"
#include "testing/testing.h"

namespace assay::cmw {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;
using testing::vector_text;

Record record_of(const Result<Cmw>& cmw) { return cmw && cmw->record() != nullptr ? *cmw->record() : Record{}; }

// --- Published cases -----------------------------------------------------------------------------------------------------------

class CmwInline : public ::testing::Test {
 protected:
  json::Value document_ = json::parse(vector_text("cmw/inline.json")).value();
  const json::Array& rows(const char* name) const { return *document_.object()->find(name)->array(); }
  static std::string member(const json::Value& row, const char* name) { return *row.object()->find(name)->text(); }
};

TEST_F(CmwInline, T17_AcceptsThePositives) {
  for (const json::Value& row : rows("positive")) {
    const Bytes bytes = hex(member(row, "hex"));
    const auto cmw = parse(bytes);
    ASSERT_TRUE(ok(cmw)) << member(row, "hex");
    EXPECT_EQ(to_hex(record_of(cmw).value), "deadbeef");
    EXPECT_EQ(encode_cbor(*cmw).value(), bytes);
  }
  for (const json::Value& row : rows("json-positive")) {
    const auto cmw = parse(as_bytes(*row.text()));
    ASSERT_TRUE(ok(cmw)) << *row.text();
    EXPECT_EQ(to_hex(record_of(cmw).value), "deadbeef");
    EXPECT_TRUE(ok(parse_json(encode_json(*cmw).value_or(""))));
  }
}

// The reference's words up to where they name its own types.
TEST_F(CmwInline, T17_RefusesTheNegativesForTheirReason) {
  const auto expect = [](const Result<Cmw>& result, const std::string& input, std::string reason) {
    ASSERT_FALSE(result) << input;
    EXPECT_EQ(exit_code(result.error().errc), 3) << input;
    reason = reason.substr(0, reason.find(", got map["));
    reason = reason.substr(0, reason.find(": json: cannot"));
    reason = reason.substr(0, reason.find("cannot decode value"));
    if (reason.ends_with(": EOF")) reason.resize(reason.size() - 5);
    if (reason.ends_with(": \u2026")) reason.resize(reason.size() - 5);
    if (reason == "unexpected end of JSON input") reason = "ends";
    if (reason.starts_with("(on validation)")) reason = "empty CMW collection";
    if (input == "[10000, 1.2]") reason = "unmarshaling value: cannot base64 url-safe decode: ";
    EXPECT_NE(result.error().text().find(reason), std::string::npos) << input << "\n  want " << reason << "\n  got  " << result.error();
  };
  for (const json::Value& row : rows("json-negative")) expect(parse(as_bytes(member(row, "text"))), member(row, "text"), member(row, "error"));
  for (const json::Value& row : rows("cbor-negative")) expect(parse(hex(member(row, "hex"))), member(row, "hex"), member(row, "error"));
}

TEST_F(CmwInline, T17_TagNumbersOfContentFormats) {
  for (const json::Value& row : rows("tn-cf")) {
    const auto format = static_cast<std::uint16_t>(*(*row.array())[0].unsigned_integer());
    const std::uint64_t tag = *(*row.array())[1].unsigned_integer();
    EXPECT_EQ(tag_of_content_format(format), tag) << format;
    EXPECT_EQ(content_format_of_tag(tag), format) << tag;
  }
  for (unsigned format = 0; format <= 65024; ++format) {
    const auto tag = tag_of_content_format(static_cast<std::uint16_t>(format));
    ASSERT_TRUE(tag) << format;
    ASSERT_EQ(content_format_of_tag(*tag), format);
  }
  EXPECT_FALSE(tag_of_content_format(65025));
  for (const std::uint64_t tag : {1668546816ull, 1668546817ull + 255, 1668546817ull + 511, 1668612096ull, 18ull}) EXPECT_FALSE(content_format_of_tag(tag)) << tag;
}

TEST(Cmw, T19_CollectionsEncodeByteIdentically) {
  for (const char* name : {"cmw/testdata/collection-cbor-ok-2.cbor", "cmw/mixed-collection.cbor", "cmw/draft/cmw-example-1.cbor", "cmw/draft/cmw-example-tag-1.cbor", "cmw/record-signed-corim.cbor"}) {
    const Bytes bytes = vector_bytes(name);
    const auto cmw = parse(bytes);
    ASSERT_TRUE(ok(cmw)) << name;
    EXPECT_EQ(to_hex(encode_cbor(*cmw).value()), to_hex(bytes)) << name;
  }
  const auto mixed = parse(vector_bytes("cmw/mixed-collection.json"));
  ASSERT_TRUE(ok(mixed));
  EXPECT_EQ(to_hex(encode_cbor(*mixed).value()), to_hex(vector_bytes("cmw/mixed-collection.cbor")));
  const auto from_cbor = parse(vector_bytes("cmw/mixed-collection.cbor"));
  EXPECT_EQ(encode_json(*from_cbor).value(), vector_text("cmw/mixed-collection.json"));
}

TEST(Cmw, ReadsACollectionOfAllForms) {
  const auto cmw = parse(vector_bytes("cmw/testdata/collection-cbor-ok.cbor"));
  ASSERT_TRUE(ok(cmw));
  const Collection& collection = *cmw->collection();
  ASSERT_EQ(collection.entries.size(), 3u);
  EXPECT_FALSE(collection.type);
  const Record& first = *collection.entries[0].second.record();
  EXPECT_EQ(std::get<std::int64_t>(collection.entries[0].first), 1);
  EXPECT_EQ(std::get<std::string>(first.type), "application/signed-corim+cbor");
  EXPECT_EQ(first.ind, 3u);
  const Record& second = *collection.entries[1].second.record();
  EXPECT_EQ(second.tag, 1668576818u);
  EXPECT_EQ(std::get<std::uint16_t>(second.type), 29884);
  EXPECT_EQ(std::get<std::string>(collection.entries[2].first), "s");
  EXPECT_EQ(encode_cbor(*cmw).value(), vector_bytes("cmw/testdata/collection-cbor-ok.cbor"));
}

TEST(Cmw, ReadsIndefiniteRecordsAndCollections) {
  const auto record = parse(hex("9f 191388 41aa 04 ff"));
  ASSERT_TRUE(ok(record));
  EXPECT_EQ(to_hex(encode_cbor(*record).value()), "8319138841aa04");
  const auto collection = parse(hex("bf 01 9f 191388 41aa ff ff"));
  ASSERT_TRUE(ok(collection));
  EXPECT_EQ(to_hex(encode_cbor(*collection).value()), "a1018219138841aa");
}

// --- Refused -------------------------------------------------------------------------------------------------------------------

struct Refused {
  const char* why;
  std::string input;
  Errc errc;
  const char* part;
};
std::ostream& operator<<(std::ostream& out, const Refused& row) { return out << row.why; }

std::string nested_cbor(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += "a101";
  return text + "8219138841aa";
}

class CmwCborRefuses : public ::testing::TestWithParam<Refused> {};
TEST_P(CmwCborRefuses, WithTheReason) {
  const auto result = parse(hex(GetParam().input));
  EXPECT_TRUE(fails(result, GetParam().errc, GetParam().part));
  EXPECT_TRUE(result || result.error().offset) << result.error();
}
INSTANTIATE_TEST_SUITE_P(
    , CmwCborRefuses,
    ::testing::Values(
        Refused{"nothing", "", Errc::malformed, "empty buffer"},
        Refused{"a record head that is too wide", "9802 191388 41aa", Errc::malformed, "got: 0x98"},
        Refused{"a CCA token", "d9038b a0", Errc::malformed, "got: 0xd9"},
        Refused{"a tag in eight bytes", "db0000000063740101 41aa", Errc::malformed, "got: 0xdb"},
        Refused{"an indefinite record of one", "9f 191388 ff", Errc::malformed, "wrong number of entries"},
        Refused{"an indefinite record of four", "9f 191388 41aa 01 01 ff", Errc::malformed, "wrong number of entries"},
        Refused{"an indefinite record without end", "9f 191388 41aa 01", Errc::malformed, ""},
        Refused{"an empty value", "82 191388 40", Errc::invalid, "value: empty"},
        Refused{"a value that is text", "82 191388 6161", Errc::malformed, "unmarshaling value"},
        Refused{"a chunked value", "82 191388 5f41aaff", Errc::malformed, "indefinite-length"},
        Refused{"a type that is no media type", "82 6161 41aa", Errc::invalid, "a media type"},
        Refused{"a type without subtype", "82 62612f 41aa", Errc::invalid, "a media type"},
        Refused{"a type with a line feed", "82 65612f623b0a 41aa", Errc::invalid, "a media type"},
        Refused{"a negative type", "82 20 41aa", Errc::malformed, "expecting string or uint16, got negative"},
        Refused{"indicator 0", "83 191388 41aa 00", Errc::invalid, "indicator: 0"},
        Refused{"an indicator of 33 bits", "83 191388 41aa 1b0000000100000000", Errc::limit, "indicator 4294967296"},
        Refused{"an indicator that is text", "83 191388 41aa 6161", Errc::malformed, "unmarshaling indicator"},
        Refused{"bytes behind", "82 191388 41aa 00", Errc::malformed, "behind the end"},
        Refused{"a tag below the range", "da63740100 41aa", Errc::invalid, "tag 1668546816"},
        Refused{"a tag in a gap", "da63740200 41aa", Errc::invalid, "tag 1668547072"},
        Refused{"a tag beyond the range", "da63750000 41aa", Errc::invalid, "tag 1668612096"},
        Refused{"a tag over nothing", "da63740101 40", Errc::invalid, "value: empty"},
        Refused{"an empty collection", "a0", Errc::invalid, "empty CMW collection"},
        Refused{"a collection with a type alone", "a1 685f5f636d77635f74 63613a62", Errc::invalid, "empty CMW collection"},
        Refused{"a collection type that is neither URI nor OID", "a2 685f5f636d77635f74 6161 01 82191388 41aa", Errc::invalid, "an absolute URI or an OID"},
        Refused{"a collection type that is a number", "a2 685f5f636d77635f74 01 01 82191388 41aa", Errc::malformed, "__cmwc_t"},
        Refused{"a label twice", "a2 01 82191388 41aa 1801 82191388 41aa", Errc::duplicate, "map key 1 twice"},
        Refused{"a blank label", "a1 6120 82191388 41aa", Errc::invalid, "a blank label"},
        Refused{"an empty label", "a1 60 82191388 41aa", Errc::invalid, "a blank label"},
        Refused{"a label that is a byte string", "a1 4161 82191388 41aa", Errc::malformed, "map key"},
        Refused{"an entry that is a number", "a1 01 05", Errc::malformed, "at key 1: want CBOR map"},
        Refused{"an entry that is an empty collection", "a1 01 a0", Errc::invalid, "at key 1: empty CMW collection"},
        Refused{"collections 16 deep", nested_cbor(16), Errc::limit, "nested too deep"},
        Refused{"more entries announced than bytes", "bb0000000100000000 01", Errc::malformed, "a map of"}));

class CmwJsonRefuses : public ::testing::TestWithParam<Refused> {};
TEST_P(CmwJsonRefuses, WithTheReason) { EXPECT_TRUE(fails(parse(as_bytes(GetParam().input)), GetParam().errc, GetParam().part)); }
INSTANTIATE_TEST_SUITE_P(
    , CmwJsonRefuses,
    ::testing::Values(
        Refused{"text", "\"a\"", Errc::malformed, "want CBOR map"},
        Refused{"a member twice", R"({"a":["a/b","qg"],"a":["a/b","qg"]})", Errc::duplicate, ""},
        Refused{"bits left over", R"(["a/b","qh"])", Errc::malformed, "unmarshaling value"},
        Refused{"the other alphabet", R"(["a/b","+/+/"])", Errc::malformed, "illegal base64 data at input byte 0"},
        Refused{"an empty value", R"(["a/b",""])", Errc::invalid, "value: empty"},
        Refused{"indicator 0", R"(["a/b","qg",0])", Errc::invalid, "indicator: 0"},
        Refused{"a negative indicator", R"(["a/b","qg",-4])", Errc::malformed, "unmarshaling indicator"},
        Refused{"an indicator with a fraction", R"(["a/b","qg",4.0])", Errc::malformed, "unmarshaling indicator"},
        Refused{"an indicator of 33 bits", R"(["a/b","qg",4294967296])", Errc::malformed, "unmarshaling indicator"},
        Refused{"a Content-Format of 17 bits", R"([65536,"qg"])", Errc::malformed, "cannot unmarshal 65536.000000 into uint16"},
        Refused{"null", R"([null,"qg"])", Errc::malformed, "unmarshaling type"},
        Refused{"an empty collection", "{}", Errc::invalid, "empty CMW collection"},
        Refused{"a type that is no URI", R"({"__cmwc_t":"x","a":["a/b","qg"]})", Errc::invalid, "an absolute URI or an OID"},
        Refused{"a type with a leading zero", R"({"__cmwc_t":"1.02","a":["a/b","qg"]})", Errc::invalid, "an absolute URI or an OID"},
        Refused{"a type that is null", R"({"__cmwc_t":null,"a":["a/b","qg"]})", Errc::malformed, "/__cmwc_t"},
        Refused{"a blank label", R"({" ":["a/b","qg"]})", Errc::invalid, "a blank label"},
        Refused{"an entry that is text", R"({"a":"b"})", Errc::malformed, "/a: want JSON object"},
        Refused{"a fault inside", R"({"a":{"b":["a/b"]}})", Errc::malformed, "/a/b: wrong number of entries (1)"},
        Refused{"text behind", R"(["a/b","qg"]x)", Errc::malformed, ""}));

TEST(Cmw, CollectionTypes) {
  for (const char* good : {"tag:ietf.org,2024:X", "https://example.com/a?b#c", "0", "2.0.1", "1.3.6.1.4.1"}) EXPECT_TRUE(ok(parse_json(std::string{R"({"__cmwc_t":")"} + good + R"(","a":["a/b","qg"]})"))) << good;
  for (const char* bad : {"", "3.1", "1.", "1..2", "1.01", "x", "a:", ":a", "1a:b", "a b:c", "a:b c"}) EXPECT_FALSE(parse_json(std::string{R"({"__cmwc_t":")"} + bad + R"(","a":["a/b","qg"]})")) << bad;
}

// --- Written -------------------------------------------------------------------------------------------------------------------

TEST(Cmw, WritesTheTagFormWhereThereIsANumber) {
  const std::string tfm = R"(application/eat+cwt; eat_profile="tag:psacertified.org,2023:psa#tfm")";
  EXPECT_EQ(to_hex(encode_cbor(Cmw{Record{tfm, hex("2347da55"), {}, {}}}, true).value()), "da637428" + std::string{"3b442347da55"});
  EXPECT_EQ(to_hex(encode_cbor(Cmw{Record{std::uint16_t{64999}, hex("2347da55"), {}, {}}}, true).value()), to_hex(vector_bytes("cmw/draft/cmw-example-tag-1.cbor")));
  EXPECT_TRUE(fails(encode_cbor(Cmw{Record{"a/b", hex("aa"), {}, {}}}, true), Errc::unsupported, "media type a/b has no registered CoAP Content-Format"));
  EXPECT_TRUE(fails(encode_cbor(Cmw{Record{std::uint16_t{65025}, hex("aa"), {}, {}}}, true), Errc::unsupported, "65025"));
  EXPECT_TRUE(fails(encode_cbor(Cmw{Record{tfm, hex("aa"), kEvidence, {}}}, true), Errc::invalid, "indicator"));
  EXPECT_TRUE(fails(encode_cbor(*parse(vector_bytes("cmw/mixed-collection.cbor")), true), Errc::invalid, "a collection"));
}

TEST(Cmw, RefusesToWriteWhatItWouldNotRead) {
  const auto collection = [](Collection value) { return Cmw{std::make_shared<Collection>(std::move(value))}; };
  const Cmw good{Record{"a/b", hex("aa"), {}, {}}};
  const Cmw bad[] = {
      Cmw{Record{"", hex("aa"), {}, {}}},
      Cmw{Record{"a/b", {}, {}, {}}},
      Cmw{Record{"a/b", hex("aa"), 0, {}}},
      Cmw{Record{std::uint16_t{1}, hex("aa"), {}, 1668546817}},
      Cmw{Record{std::uint16_t{0}, hex("aa"), 4, 1668546817}},
      collection({}),
      collection({"x", {{Label{"a"}, good}}}),
      collection({{}, {{Label{""}, good}}}),
      collection({{}, {{Label{"__cmwc_t"}, good}}}),
      collection({{}, {{Label{"a"}, good}, {Label{"a"}, good}}}),
      collection({{}, {{Label{"a"}, collection({})}}}),
      collection({{}, std::vector<std::pair<Label, Cmw>>(kMaxEntries + 1, {Label{"a"}, good})}),
  };
  for (const Cmw& cmw : bad) {
    EXPECT_FALSE(encode_cbor(cmw)) << &cmw - bad;
    EXPECT_FALSE(encode_json(cmw)) << &cmw - bad;
  }
  EXPECT_TRUE(fails(encode_json(collection({{}, {{Label{std::int64_t{1}}, good}}})), Errc::unsupported, "JSON has no integer labels"));
  EXPECT_TRUE(fails(encode_json(Cmw{Record{std::uint16_t{30001}, hex("aa"), {}, {}}}), Errc::unsupported, "30001"));
  EXPECT_EQ(encode_json(Cmw{Record{std::uint16_t{263}, hex("aa"), 4, {}}}).value(), R"(["application/eat+cwt","qg",4])");
}

TEST(Cmw, MediaTypesOfContentFormats) {
  EXPECT_EQ(content_format_of_media_type("Application/EAT+CWT ;EAT_profile=tag:psacertified.org,2023:psa#tfm"), 10003);
  EXPECT_EQ(content_format_of_media_type("application/eat+cwt"), 263);
  EXPECT_FALSE(content_format_of_media_type("application/eat+cwt; eat_profile=\"TAG:psacertified.org,2023:psa#tfm\""));
  EXPECT_FALSE(content_format_of_media_type("application/eat+cwt; eat_profile=\"tag:psacertified.org,2023:psa#tfm\"; x=1"));
  EXPECT_FALSE(content_format_of_media_type(""));
  for (unsigned format = 0; format <= 0xffff; ++format) {
    const auto media_type = media_type_of_content_format(static_cast<std::uint16_t>(format));
    EXPECT_TRUE(!media_type || content_format_of_media_type(*media_type) == format) << format;
  }
}

}  // namespace
}  // namespace assay::cmw
