#include "model/corim/text.h"

#include "model/corim/corim.h"
#include "testing/testing.h"

namespace assay::corim {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;

TEST(CorimText, UuidsInEveryForm) {
  const std::string shown = "31fb5abf-023e-4992-aa4e-95f9c1503bfa";
  for (const std::string text : {"31FB5ABF-023E-4992-AA4E-95F9C1503BFA", "31fb5abf023e4992aa4e95f9c1503bfa", "urn:uuid:31fb5abf-023e-4992-aa4e-95f9c1503bfa", "{31fb5abf-023e-4992-aa4e-95f9c1503bfa}"}) {
    const auto uuid = uuid_from_text(text);
    ASSERT_TRUE(ok(uuid)) << text;
    EXPECT_EQ(to_text(*uuid), shown);
    EXPECT_TRUE(is_rfc4122(*uuid));
  }
  for (const std::string text : {"", "x", "31fb5abf-023e-4992-aa4e-95f9c1503bf", "31fb5abf+023e-4992-aa4e-95f9c1503bfa", "31fb5abf023e4992aa4e95f9c1503bfag", "{31fb5abf-023e-4992-aa4e-95f9c1503bfa"}) EXPECT_TRUE(fails(uuid_from_text(text), Errc::invalid)) << text;
  EXPECT_FALSE(is_rfc4122(Uuid{}));
}

TEST(CorimText, Oids) {
  EXPECT_EQ(to_hex(oid_from_text("2.16.840.1.113741.1.16.1").value().content), "6086480186f84d011001");
  EXPECT_EQ(to_hex(oid_from_text("1.3.6.1.4.1.3704.3.1").value().content), "2b060104019c780301");
  for (const std::string text : {"2.16.840.1.113741.1.16.1", "0.0.0", "2.999.1", "1.39.18446744073709551615"}) EXPECT_EQ(to_text(oid_from_text(text).value()), text);
  for (const std::string text : {"1.2", "", ".1.2.3", "1.2.", "1.2.x", "3.1.1", "1.40.1", "1.2.18446744073709551616", "1..2", "-1.2.3"}) EXPECT_TRUE(fails(oid_from_text(text), Errc::invalid)) << text;
  EXPECT_EQ(to_text(Oid{hex("2b ffffffffffffffffffff7f")}), "0x2bffffffffffffffffffff7f");
}

TEST(CorimText, Addresses) {
  for (const std::string text : {"02:00:5e:10:00:00", "02-00-5E-10-00-00", "0200.5e10.0000"}) EXPECT_EQ(mac_to_text(mac_from_text(text).value()), "02:00:5e:10:00:00") << text;
  EXPECT_EQ(mac_from_text("02:00:5e:10:00:00:00:01").value().size(), 8u);
  for (const std::string text : {"", "02", "02:00:5e:10:00", "02:00-5e:10:00:00", "0200:5e10:0000", "02.00.5e.10.00.00", "02:00:5e:10:00:0", "02:00:5e:10:00:00:"}) EXPECT_TRUE(fails(mac_from_text(text), Errc::invalid)) << text;
  EXPECT_EQ(to_hex(ip_from_text("192.0.2.1").value()), "00000000000000000000ffffc0000201");
  for (const std::string text : {"192.0.2.1", "2001:db8::1", "::"}) EXPECT_EQ(ip_to_text(ip_from_text(text).value()), text);
  for (const std::string& text : {std::string{"x"}, std::string{"1.2.3"}, std::string{}, std::string{"192.0.2.1\0", 10}}) EXPECT_TRUE(fails(ip_from_text(text), Errc::invalid)) << text;
}

TEST(CorimText, UrisWithASchemeAreAbsolute) {
  for (const std::string text : {"http://a", "tag:arm.com,2025:psa#1.0.0", "urn:x", "a+b-c.d:e"}) EXPECT_TRUE(is_absolute_uri(text)) << text;
  for (const std::string text : {"", ":", "acme.example", "1a:b", "a b:c", "/x"}) EXPECT_FALSE(is_absolute_uri(text)) << text;
}

TEST(CorimText, GenerationsHaveLetters) {
  EXPECT_EQ(generation_of("a"), Generation::a);
  EXPECT_EQ(generation_of("D"), Generation::d);
  EXPECT_EQ(generation_of("e"), std::nullopt);
  EXPECT_EQ(generation_of(""), std::nullopt);
  EXPECT_EQ(letter(Generation::c), 'C');
}

TEST(CorimRead, TellsGenerationsByTheirBytes) {
  const auto generation = [](std::string_view text) { return read_corim(hex(text)).value().generation; };
  EXPECT_EQ(generation("a2 006178 01 81 44 d901faa0"), Generation::a);
  EXPECT_EQ(generation("d901f5 a2 006178 01 81 d901fa 41a0"), Generation::d);
  EXPECT_EQ(generation("d901f5 a3 006178 01 81 d901fa 41a0 03 63613a62"), Generation::c);
  EXPECT_EQ(generation("d901f5 a3 006178 01 81 d901fa 41a0 03 d820 63613a62"), Generation::d);
  EXPECT_TRUE(fails(read_corim(hex("a2 006178 01 81 d901fa 41a0")), Errc::malformed, "generation A"));
  EXPECT_TRUE(fails(read_corim(hex("d901f5 a2 006178 01 81 44 d901faa0")), Errc::malformed, "behind tag 501"));
  EXPECT_TRUE(fails(read_corim(hex("a2 006178 01 82 44 d901faa0 d901fa 41a0")), Errc::malformed, "one form"));
  EXPECT_TRUE(fails(read_corim(hex("a3 006178 01 81 44 d901faa0 03 81 63613a62")), Errc::unsupported, "generation 0"));
  EXPECT_TRUE(fails(read_corim(hex("a3 006178 01 81 44 d901faa0 03 6178")), Errc::invalid, "absolute URI"));
  EXPECT_TRUE(fails(read_corim(hex("a2 006178 01 81 44 d901f4a0")), Errc::unsupported, "tag 500"));
  EXPECT_TRUE(fails(read_corim(hex("a1 006178")), Errc::missing, "no tags (key 1)"));
  EXPECT_TRUE(fails(read_corim(hex("d2 84")), Errc::malformed));
  EXPECT_TRUE(fails(read_corim(hex("d901f5 a2 006178 01 81 d901fa 41a0 00")), Errc::malformed, "behind the end"));
  EXPECT_TRUE(ok(read_corim(hex("d901f5 a2 006178 01 81 d901fa 41a0 00"), {.allow_trailing = true})));
}

TEST(CorimRead, WhatAGenerationCannotCarryIsNamed) {
  const Corim corim = read_corim(hex("d901f5 a3 006178 01 81 d901fa 41a0 02 81 a1 00 82 d820 6161 d820 6162")).value();
  EXPECT_TRUE(fails(write_corim(corim, Generation::a), Errc::unsupported, "several hrefs"));
  EXPECT_TRUE(ok(write_corim(corim, Generation::d)));
}

}  // namespace
}  // namespace assay::corim
