#include "codec/der/der.h"

#include "testing/testing.h"

namespace assay::der {
namespace {

using testing::fails;
using testing::hex;

TEST(Der, ReadsWhatItWrites) {
  const Bytes long_string(300, 7);
  const Bytes whole = encode_sequence({encode_positive_integer(hex("00ff")), encode(kOctetString, long_string)});
  Reader outer{whole};
  Reader in = outer.sequence().value();
  EXPECT_TRUE(outer.at_end());
  EXPECT_EQ(to_hex(in.positive_integer().value()), "ff");
  EXPECT_EQ(in.expect(kOctetString).value().size(), 300u);
  EXPECT_TRUE(in.expect_end());
}

struct Refused {
  const char* why;
  const char* bytes;
  Errc errc;
  std::size_t offset;
  const char* part;
};
class DerRefuses : public ::testing::TestWithParam<Refused> {};
TEST_P(DerRefuses, WithTheOffset) {
  const Bytes bytes = hex(GetParam().bytes);
  const auto result = Reader{bytes, 100}.positive_integer();
  EXPECT_TRUE(fails(result, GetParam().errc, GetParam().part)) << GetParam().why;
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().offset, 100 + GetParam().offset) << result.error();
}
const Refused kRefused[] = {
    {"nothing", "", Errc::malformed, 0, "ends"},
    {"a tag alone", "02", Errc::malformed, 1, "expected a length"},
    {"a length beyond the end", "0202 01", Errc::malformed, 0, "at most the 1 bytes left"},
    {"a length cut short", "028201", Errc::malformed, 2, "expected a length"},
    {"a length of nearly 4 GiB", "0284ffffffff 01", Errc::malformed, 0, "4294967295 bytes"},
    {"an indefinite length", "0280 01 0000", Errc::malformed, 1, "indefinite"},
    {"a long form for a short length", "028101 01", Errc::malformed, 1, "shortest"},
    {"a long form with a leading zero", "02820001 01", Errc::malformed, 1, "shortest"},
    {"a length of five octets", "02850000000001 01", Errc::malformed, 1, "more than 4 octets"},
    {"the reserved length octet", "02ff01", Errc::malformed, 1, "more than 4 octets"},
    {"an empty integer", "0200", Errc::malformed, 0, "empty"},
    {"a negative integer", "0201 80", Errc::malformed, 0, "negative"},
    {"a needless leading zero", "0202 0001", Errc::malformed, 0, "needless"},
    {"another tag", "0401 01", Errc::malformed, 0, "tag 0x04"},
    {"a constructed integer", "2201 01", Errc::malformed, 0, "tag 0x22"},
    {"a multi-byte tag", "1f01 01", Errc::unsupported, 0, "multi-byte"},
};
INSTANTIATE_TEST_SUITE_P(Der, DerRefuses, ::testing::ValuesIn(kRefused));

TEST(Der, ZeroIsAPositiveInteger) {
  // As the version of PKCS#8 is one.
  EXPECT_EQ(Reader{hex("020100")}.positive_integer().value().size(), 1u);
  EXPECT_EQ(to_hex(encode_positive_integer({})), "020100");
  EXPECT_EQ(to_hex(encode_positive_integer(hex("0000"))), "020100");
}

TEST(Der, ErrorsInsideASequenceCountFromTheOutside) {
  const Bytes bytes = hex("3005 020101 0280");
  Reader outer{bytes, 10};
  Reader in = outer.sequence().value();
  EXPECT_TRUE(in.positive_integer());
  EXPECT_EQ(in.offset(), 15u);
  const auto broken = in.any();
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().offset, 16u);
  EXPECT_EQ(in.offset(), 15u);  // a failed read does not move
  EXPECT_FALSE(in.expect(kOctetString));
  EXPECT_EQ(in.offset(), 15u);
  EXPECT_TRUE(fails(in.expect_end(), Errc::malformed, "behind the end"));
}

TEST(Der, LengthsAtTheEdgesGoThereAndBack) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U}) {
    const Bytes whole = encode(kOctetString, Bytes(size, 7));
    Reader in{whole};
    EXPECT_EQ(in.expect(kOctetString).value().size(), size);
    EXPECT_TRUE(in.expect_end());
  }
}

TEST(Der, EcdsaSignaturesGoThereAndBack) {
  const Bytes rs = hex(
      "00000001"
      "80000000");
  const Bytes der = ecdsa_to_der(rs, 4).value();
  EXPECT_EQ(to_hex(der),
            "300a"
            "020101"
            "02050080000000");
  EXPECT_EQ(ecdsa_from_der(der, 4).value(), rs);
  EXPECT_TRUE(fails(ecdsa_to_der(hex("0000000000000001"), 4), Errc::malformed, "r is zero"));
  EXPECT_TRUE(fails(ecdsa_to_der(rs, 5), Errc::malformed, "8 bytes"));
  EXPECT_TRUE(fails(ecdsa_from_der(der, 3), Errc::malformed, "at most 3"));
  EXPECT_TRUE(fails(ecdsa_from_der(concat({der, Bytes{0}}), 4), Errc::malformed, "behind the end"));
  EXPECT_TRUE(fails(ecdsa_from_der(hex("3006 020101 020100"), 4), Errc::malformed, "s is zero"));
  EXPECT_TRUE(fails(ecdsa_from_der(hex("3006 020101 0201ff"), 4), Errc::malformed, "negative"));
  EXPECT_TRUE(fails(ecdsa_from_der(hex("3003 020101"), 4), Errc::malformed, "ends"));
  EXPECT_TRUE(fails(ecdsa_from_der(hex("3009 020101 020101 020101"), 4), Errc::malformed, "behind the end"));
  EXPECT_TRUE(fails(ecdsa_from_der(hex("3106 020101 020101"), 4), Errc::malformed, "tag 0x31"));
}

TEST(Der, NamesOids) {
  EXPECT_EQ(oid_text(hex("2b06010505070123")), "1.3.6.1.5.5.7.1.35");
  EXPECT_EQ(oid_text(hex("883703")), "2.999.3");
  EXPECT_EQ(oid_text(hex("2b80")), "?");
  EXPECT_EQ(oid_text({}), "?");
  EXPECT_EQ(oid_text(hex("2b8001")), "?");  // a part that begins with a zero digit
  EXPECT_EQ(oid_text(hex("2bffffffffffffffffffff7f")), "?");
}

}  // namespace
}  // namespace assay::der
