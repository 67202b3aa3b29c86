#include "apps/iat/value.h"

#include "testing/testing.h"

namespace assay::iat {
namespace {

using assay::testing::fails;
using assay::testing::hex;

Result<Value> read(std::string_view digits) {
  const Bytes bytes = hex(digits);
  cbor::Reader in{bytes};
  return read_cbor(in);
}

TEST(IatValue, ReadsAndWritesTheSameBytes) {
  for (const char* item : {"00", "1bffffffffffffffff", "20", "3b7fffffffffffffff", "4101", "6161", "8301f6f5", "a2012002 8102", "a1616180", "f4", "f93c00", "fb400921fb54442d18", "a0", "40"}) {
    const auto value = read(item);
    ASSERT_TRUE(testing::ok(value)) << item;
    cbor::Writer out;
    write_cbor(out, *value);
    EXPECT_EQ(std::move(out).take(), hex(item)) << item;
  }
}

TEST(IatValue, RefusesWhatNoClaimIs) {
  EXPECT_TRUE(fails(read("c000"), Errc::unsupported, "a tag inside a claims-set"));
  EXPECT_TRUE(fails(read("81c000"), Errc::unsupported, "(at byte 1)"));
  EXPECT_TRUE(fails(read("81f7"), Errc::malformed));
  EXPECT_TRUE(fails(read("3bffffffffffffffff"), Errc::unsupported) || fails(read("3bffffffffffffffff"), Errc::limit));
  EXPECT_TRUE(fails(read("a201000101"), Errc::duplicate));
  EXPECT_TRUE(fails(read("81a201001801 00"), Errc::duplicate));
  EXPECT_TRUE(fails(read("9fff"), Errc::malformed) || fails(read("9fff"), Errc::unsupported));
  EXPECT_TRUE(fails(read("8201"), Errc::malformed));
  EXPECT_TRUE(fails(read("818181818181818181818181818181818100"), Errc::limit));
  EXPECT_TRUE(fails(read(""), Errc::malformed));
}

TEST(IatValue, PrintsJsonAsPython) {
  const Value value{Value::Map{
      {std::int64_t{30}, Value{Value::List{Value{}, Value{true}, Value{1.0}, Value{1.5}, Value{1e300}}}},
      {std::string{"A\"\\\n\x01\x7f"}, Value{std::string{"\xc3\xbc\xf0\x9f\x98\x80/<"}}},
      {std::string{"B"}, Value{Bytes{0x0a, 0xff}}},
      {std::string{"L"}, Value{Value::List{}}},
      {std::string{"M"}, Value{Value::Map{}}},
      {std::string{"H"}, Value{std::uint64_t{18446744073709551615U}}},
  }};
  EXPECT_EQ(to_json(value), R"({
    "30": [
        null,
        true,
        1.0,
        1.5,
        1e+300
    ],
    "A\"\\\n\u0001\u007f": "\u00fc\ud83d\ude00/<",
    "B": "b'0AFF'",
    "L": [],
    "M": {},
    "H": 18446744073709551615
})");
}

}  // namespace
}  // namespace assay::iat
