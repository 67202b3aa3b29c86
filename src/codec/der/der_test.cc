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
};
class DerRefuses : public ::testing::TestWithParam<Refused> {};
TEST_P(DerRefuses, It) {
  const Bytes bytes = hex(GetParam().bytes);
  EXPECT_FALSE(Reader{bytes}.positive_integer()) << GetParam().why;
}
INSTANTIATE_TEST_SUITE_P(Der, DerRefuses, ::testing::Values(Refused{"nothing", ""}, Refused{"a tag alone", "02"}, Refused{"a length beyond the end", "0202 01"}, Refused{"an indefinite length", "0280 01 0000"}, Refused{"a long form for a short length", "028101 01"}, Refused{"a long form with a leading zero", "02820001 01"}, Refused{"a length of five octets", "02850000000001 01"}, Refused{"an empty integer", "0200"}, Refused{"a negative integer", "0201 80"}, Refused{"a needless leading zero", "0202 0001"}, Refused{"another tag", "0401 01"}, Refused{"a multi-byte tag", "1f01 01"}));

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
  EXPECT_TRUE(fails(ecdsa_from_der(concat({der, Bytes{0}}), 4), Errc::malformed));
}

TEST(Der, NamesOids) {
  EXPECT_EQ(oid_text(hex("2b06010505070123")), "1.3.6.1.5.5.7.1.35");
  EXPECT_EQ(oid_text(hex("883703")), "2.999.3");
  EXPECT_EQ(oid_text(hex("2b80")), "?");
  EXPECT_EQ(oid_text({}), "?");
}

}  // namespace
}  // namespace assay::der
