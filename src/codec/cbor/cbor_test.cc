#include "codec/cbor/cbor.h"

#include "testing/testing.h"

namespace assay::cbor {
namespace {

using testing::hex;

TEST(CborReader, ReadsEachKindOfItem) {
  const Bytes bytes = hex("18ff 3863 43010203 63c3bc61 82 01 02 a1 01 f5 d28400 f6 f93c00");
  Reader in{bytes};
  EXPECT_EQ(in.uint().value(), 255u);
  EXPECT_EQ(in.integer().value(), -100);
  EXPECT_EQ(to_hex(in.bytes().value()), "010203");
  EXPECT_EQ(in.text().value(),
            "\xc3\xbc"
            "a");
  Items array = in.array().value();
  EXPECT_EQ(array.count(), 2u);
  EXPECT_TRUE(array.next(in).value());
  EXPECT_EQ(in.integer().value(), 1);
  EXPECT_TRUE(array.next(in).value());
  EXPECT_EQ(in.integer().value(), 2);
  EXPECT_FALSE(array.next(in).value());
  MapReader map = MapReader::open(in).value();
  EXPECT_TRUE(map.next(in).value()->is(1));
  EXPECT_TRUE(in.boolean().value());
  EXPECT_FALSE(map.next(in).value());
  EXPECT_EQ(in.tag().value(), 18u);
}

TEST(CborReader, AcceptsWhatEvidenceMayDo) {
  // RFC 9783 §5.1.1: a receiver accepts any integer width and any key order.
  EXPECT_TRUE(testing::ok(check(hex("a2 1805 1900ff 01 02"), Mode::evidence)));
  EXPECT_TRUE(testing::ok(check(hex("9f 01 bf 01 02 ff ff"), Mode::tolerant)));
}

struct Refused {
  const char* why;
  std::string bytes;
  Mode mode;
  Errc errc;
  std::size_t offset;
};

class CborRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(CborRefuses, WithTheOffset) {
  const auto result = check(hex(GetParam().bytes), GetParam().mode);
  ASSERT_FALSE(result) << "accepted: " << GetParam().why;
  EXPECT_EQ(result.error().errc, GetParam().errc) << GetParam().why << ": " << result.error();
  EXPECT_EQ(result.error().offset, GetParam().offset) << GetParam().why << ": " << result.error();
}

std::string repeated(std::string_view group, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += group;
  return all;
}

INSTANTIATE_TEST_SUITE_P(Cbor, CborRefuses, ::testing::Values(Refused{"nothing", "", Mode::evidence, Errc::malformed, 0}, Refused{"a head cut short", "19 01", Mode::evidence, Errc::malformed, 2}, Refused{"a string cut short", "43 0102", Mode::evidence, Errc::malformed, 0}, Refused{"a string of 2^64-1 bytes", "5bffffffffffffffff", Mode::evidence, Errc::malformed, 0}, Refused{"an array that cannot fit", "9affffffff 00", Mode::evidence, Errc::malformed, 0}, Refused{"a map that cannot fit", "a2 01 02 03", Mode::evidence, Errc::malformed, 0}, Refused{"reserved additional information", "1c", Mode::evidence, Errc::malformed, 0}, Refused{"a break alone", "ff", Mode::tolerant, Errc::malformed, 0}, Refused{"an indefinite array in evidence", "9f01ff", Mode::evidence, Errc::malformed, 0}, Refused{"an indefinite map in evidence", "bfff", Mode::evidence, Errc::malformed, 0}, Refused{"a chunked string anywhere", "5f4101ff", Mode::tolerant, Errc::malformed, 0}, Refused{"a break in a definite array", "81ff", Mode::tolerant, Errc::malformed, 1}, Refused{"a break between key and value", "bf01ff", Mode::tolerant, Errc::malformed, 2}, Refused{"an indefinite array that never ends", "9f01", Mode::tolerant, Errc::malformed, 2}, Refused{"a duplicate key", "a2 01 02 01 03", Mode::evidence, Errc::duplicate, 3}, Refused{"a duplicate key in another width", "a2 01 02 1801 03", Mode::evidence, Errc::duplicate, 3}, Refused{"a duplicate key deep inside", "81 a1 05 a2 6161 00 6161 01", Mode::evidence, Errc::duplicate, 7}, Refused{"an array as map key", "a1 80 00", Mode::evidence, Errc::unsupported, 1}, Refused{"text that is not UTF-8", "62 61ff", Mode::evidence, Errc::malformed, 2}, Refused{"an over-long UTF-8 form", "62 c080", Mode::evidence, Errc::malformed, 1}, Refused{"a surrogate in UTF-8", "63 eda080", Mode::evidence, Errc::malformed, 1}, Refused{"simple value 0", "e0", Mode::evidence, Errc::malformed, 0}, Refused{"false in two bytes", "f814", Mode::evidence, Errc::malformed, 0}, Refused{"bytes behind the end", "00 00", Mode::evidence, Errc::malformed, 1}, Refused{"17 levels of arrays", repeated("81", 17) + "00", Mode::evidence, Errc::limit, 16}, Refused{"a chain of 17 tags", repeated("c1", 17) + "00", Mode::evidence, Errc::limit, 16}, Refused{"an over-wide integer, deterministic", "1817", Mode::deterministic, Errc::malformed, 0}, Refused{"an over-wide length, deterministic", "580101", Mode::deterministic, Errc::malformed, 0}, Refused{"keys out of order, deterministic", "a2 02 00 01 00", Mode::deterministic, Errc::malformed, 3}, Refused{"a negative before a positive key, deterministic", "a2 20 00 01 00", Mode::deterministic, Errc::malformed, 3}));

TEST(CborReader, SixteenLevelsAreFine) { EXPECT_TRUE(testing::ok(check(hex(repeated("81", 16) + "00"), Mode::evidence))); }

TEST(CborReader, FindsADuplicateAmongThousandsOfKeys) {
  Writer out;
  out.map(20001);
  for (int i = 0; i < 20000; ++i) out.integer(i).integer(0);
  out.integer(77).integer(0);
  EXPECT_TRUE(testing::fails(check(out.view(), Mode::evidence), Errc::duplicate, "map key 77 twice"));
}

TEST(CborReader, IntegersBeyond64BitsAreRefusedAndSkipped) {
  const Bytes bytes = hex("3bffffffffffffffff");
  EXPECT_TRUE(testing::fails(Reader{bytes}.integer(), Errc::limit));
  EXPECT_TRUE(testing::ok(check(bytes, Mode::evidence)));
  EXPECT_EQ(Reader{hex("3b7fffffffffffffff")}.integer().value(), INT64_MIN);
}

TEST(CborReader, SaysWhatItFoundAndWhatItWanted) {
  const Bytes bytes = hex("01");
  EXPECT_EQ(Reader(bytes, Mode::evidence, 100).text().error().text(), "an unsigned integer (at byte 100); expected a text string");
}

TEST(CborWriter, WritesTheShortestForms) {
  Writer out;
  out.map(1).integer(-24).array(3).uint(23).uint(24).uint(65536);
  EXPECT_EQ(to_hex(out.view()),
            "a1378317"
            "1818"
            "1a00010000");
}

TEST(CborWriter, WritesFloatsOfRfc8949AppendixA) {
  const std::pair<double, const char*> cases[] = {{0.0, "f90000"}, {-0.0, "f98000"}, {1.0, "f93c00"}, {1.1, "fb3ff199999999999a"}, {65504.0, "f97bff"}, {100000.0, "fa47c35000"}, {5.960464477539063e-8, "f90001"}, {0.00006103515625, "f90400"}, {-4.0, "f9c400"}, {-4.1, "fbc010666666666666"}, {1.0e+300, "fb7e37e43c8800759c"}};
  for (const auto& [value, bytes] : cases) {
    Writer out;
    out.floating(value);
    EXPECT_EQ(to_hex(out.view()), bytes) << value;
    EXPECT_EQ(Reader{out.view()}.floating().value(), value);
  }
}

TEST(CborWriter, SortsMapsBytewise) {
  const auto key = [](auto write) { Writer out; write(out); return std::move(out).take(); };
  const Bytes map = encode_sorted_map({{key([](Writer& w) { w.text("a"); }), {0x00}}, {key([](Writer& w) { w.integer(-1); }), {0x00}}, {key([](Writer& w) { w.integer(100); }), {0x00}}, {key([](Writer& w) { w.integer(10); }), {0x00}}});
  EXPECT_EQ(to_hex(map),
            "a4"
            "0a00"
            "186400"
            "2000"
            "616100");
  EXPECT_TRUE(testing::ok(check(map, Mode::deterministic)));
}

TEST(CborDiagnostic, IsWhatPeopleRead) {
  EXPECT_EQ(to_diagnostic(hex("a3 190109 6161 0a 420102 20 83 f5 d81863 666f6f f93e00")), "{265: \"a\", 10: h'0102', -1: [true, 24(\"foo\"), 1.5]}");
  EXPECT_EQ(to_diagnostic(hex("9f01ff")), "[_ 1]");
  EXPECT_EQ(to_diagnostic(hex("82 01")).substr(0, 11), "<not CBOR: ");
}

TEST(CborJoinChunks, JoinsChunkedStringsOnly) {
  const auto joined = [](std::string_view text) {
    const auto bytes = join_chunks(hex(text));
    return bytes ? to_hex(*bytes) : "none";
  };
  EXPECT_EQ(joined("5f 42 0102 41 03 ff"), "43010203");
  EXPECT_EQ(joined("82 7f 61 61 60 ff 5f ff"), "82616140");
  EXPECT_EQ(joined("bf 01 7f 61 61 ff ff"), "bf016161ff");
  EXPECT_EQ(joined("5f 58 02 0102 ff 5f"), "none") << "the rest is no CBOR";
  for (const char* text : {"", "01", "435f5f5f", "5f", "5f 41", "5f 61 61 ff", "5f 5f ff ff", "7f 18 ff", "5fff1c", "58ff00", "9b"}) EXPECT_EQ(joined(text), "none") << text;
}

TEST(Cbor, ItemsAreCountedAtAllLevels) {
  const auto count = [](std::string_view text) { return count_items(hex(text)); };
  EXPECT_EQ(count(""), 0u);
  EXPECT_EQ(count("00"), 1u);
  EXPECT_EQ(count("430a0b0c"), 1u) << "a string's content is none";
  EXPECT_EQ(count("a1 01 82 d9 0102 80 a0"), 6u);
  EXPECT_EQ(count("9f 5f 4101 4102 ff f5 ff"), 7u);
  EXPECT_EQ(count("83 01 1c 02"), 2u) << "up to what is no CBOR";
  EXPECT_EQ(count("82 01 58ff00"), 2u);
  EXPECT_EQ(count("82 01 19"), 2u);
  EXPECT_EQ(count("9bffffffffffffffff 01"), 2u);
}

}  // namespace
}  // namespace assay::cbor
