#include <gtest/gtest.h>

#include "codec/cbor/cbor.h"
#include "model/eat/check.h"
#include "model/eat/claims.h"
#include "model/eat/lifecycle.h"
#include "model/eat/media_type.h"
#include "model/eat/read.h"
#include "model/eat/software_component.h"
#include "testing/testing.h"

namespace assay::eat {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;

TEST(EatLifecycle, HasSevenRangesAndNothingElse) {
  int valid = 0;
  for (int value = 0; value <= 0xffff; ++value) {
    const auto state = lifecycle_of(static_cast<std::uint16_t>(value));
    const bool in_range = (value & 0xf00) == 0 && value <= 0x60ff;
    ASSERT_EQ(state.has_value(), in_range) << value;
    if (!state) continue;
    ++valid;
    EXPECT_EQ(lowest_value(*state), value & 0xf000);
    EXPECT_EQ(is_trustworthy(*state), (value >> 12) == 3 || (value >> 12) == 4) << value;
  }
  EXPECT_EQ(valid, 7 * 256);
  EXPECT_EQ(psa_name(Lifecycle::non_rot_debug), "non-psa-rot-debug");
  EXPECT_EQ(cca_name(Lifecycle::non_rot_debug), "non-cca-platform-rot-debug");
  EXPECT_EQ(psa_name(Lifecycle::secured), "secured");
}

TEST(EatCheck, SaysWhatTheReferenceSays) {
  EXPECT_EQ(check_hash(Bytes(65)).error().text(), "wrong syntax: length 65 (hash MUST be 32, 48 or 64 bytes)");
  EXPECT_EQ(check_implementation_id(Bytes(34)).error().text(), "wrong syntax: invalid length 34 (MUST be 32 bytes)");
  EXPECT_EQ(check_instance_id(Bytes(32)).error().text(), "wrong syntax: invalid length 32 (MUST be 33 bytes)");
  EXPECT_EQ(check_instance_id(Bytes(33)).error().text(), "wrong syntax: invalid EUID type (MUST be RAND=0x01)");
  EXPECT_EQ(check_lifecycle(0x7000).error().text(), "wrong syntax: value 28672 is invalid");
  EXPECT_EQ(check_service_indicator("").error().text(), "wrong syntax: empty string");
  EXPECT_EQ(check_hash_name("none").error().text(), "wrong syntax: wrong syntax");
  EXPECT_EQ(check_hash_name("").error().text(), "wrong syntax: empty string");
  for (const std::size_t size : {32u, 48u, 64u}) EXPECT_TRUE(ok(check_hash(Bytes(size))));
  for (const std::string_view name : {"md2", "md5", "sha-1", "sha-224", "sha-256", "sha-384", "sha-512", "shake128", "shake256"}) EXPECT_TRUE(ok(check_hash_name(name)));
  EXPECT_FALSE(is_strong_hash_name("sha-224"));
}

TEST(EatClaims, KeepTheirOrderAndTheirBytes) {
  const Bytes map = hex("a4 190109 6161 0a 1901f4 6378797a 8201a10203 21 f6");
  const auto claims = parse_raw_claims(map);
  ASSERT_TRUE(ok(claims));
  ASSERT_EQ(claims->size(), 4u);
  EXPECT_EQ((*claims)[0].key, ClaimKey{265});
  EXPECT_EQ((*claims)[2].key, ClaimKey{"xyz"});
  EXPECT_EQ((*claims)[2].value, hex("8201a10203"));
  EXPECT_EQ(shown((*claims)[2].key), "\"xyz\"");
  EXPECT_EQ(encode_raw_claims(*claims).value(), map);
}

TEST(EatClaims, RefuseWhatCouldBeReadInTwoWays) {
  EXPECT_TRUE(fails(parse_raw_claims(hex("a2 01 02 1801 03")), Errc::duplicate, "key 1 twice"));
  EXPECT_TRUE(fails(parse_raw_claims(hex("a1 01 a2 02 03 02 04")), Errc::duplicate));
  EXPECT_TRUE(fails(parse_raw_claims(hex("bf 01 02 ff")), Errc::malformed, "indefinite"));
  EXPECT_TRUE(fails(parse_raw_claims(hex("a1 01 9f ff")), Errc::malformed, "indefinite"));
  EXPECT_TRUE(fails(parse_raw_claims(hex("a1 01 02 00")), Errc::malformed, "behind the end"));
  EXPECT_TRUE(fails(parse_raw_claims(hex("81 01")), Errc::malformed, "a map"));
  EXPECT_TRUE(fails(parse_raw_claims({}), Errc::malformed));
  EXPECT_TRUE(fails(encode_raw_claims(std::vector{claim(1, 2), claim(1, 3)}), Errc::duplicate));
  EXPECT_TRUE(fails(encode_raw_claims(std::vector{RawClaim{1, hex("0102")}}), Errc::malformed, "claim 1"));
  EXPECT_TRUE(fails(encode_raw_claims(std::vector{RawClaim{1, {}}}), Errc::malformed, "claim 1"));
}

TEST(EatClaims, RefuseMoreThanTheLimit) {
  std::vector<RawClaim> many;
  for (std::int64_t i = 0; i <= static_cast<std::int64_t>(kMaxClaims); ++i) many.push_back(claim(i, i));
  EXPECT_TRUE(fails(parse_raw_claims(encode_raw_claims(many).value()), Errc::limit));
  many.pop_back();
  EXPECT_TRUE(ok(parse_raw_claims(encode_raw_claims(many).value())));
}

const std::string kHash(64, 'a');

Result<std::vector<SoftwareComponent>> components(std::string_view text) {
  const Bytes bytes = hex(text);
  cbor::Reader in{bytes};
  return parse_components(in);
}

TEST(EatComponents, AreReadAndWrittenInTheReferenceOrder) {
  const std::string item = "a6 01 6142 02 5820" + kHash + "04 61 31 05 5820" + kHash + "06 6178 07 f5";
  const auto parsed = components("81" + item);
  ASSERT_TRUE(ok(parsed));
  EXPECT_EQ((*parsed)[0].measurement_type, "B");
  EXPECT_EQ((*parsed)[0].version, "1");
  EXPECT_EQ((*parsed)[0].unknown, std::vector{(RawClaim{7, hex("f5")})});
  cbor::Writer out;
  encode_components(out, *parsed);
  EXPECT_EQ(to_bytes(out.view()), hex("81" + item));
  EXPECT_TRUE(ok(check_components(*parsed)));
}

TEST(EatComponents, RefuseBrokenStructure) {
  EXPECT_TRUE(fails(components("81 a2 02 40 02 40"), Errc::duplicate));
  EXPECT_TRUE(fails(components("81 a1 02 60"), Errc::malformed, "measurement value"));
  EXPECT_TRUE(fails(components("81 a1 01 40"), Errc::malformed, "measurement type"));
  EXPECT_TRUE(fails(components("a0"), Errc::malformed, "an array"));
  EXPECT_TRUE(fails(components("81 80"), Errc::malformed, "a map"));
  EXPECT_TRUE(fails(components("990101" + [] { std::string all; for (int i = 0; i < 257; ++i) all += "a0"; return all; }()), Errc::limit, "257"));
}

TEST(EatComponents, AreCheckedInTheWordsOfTheReference) {
  EXPECT_EQ(check_components(components("81 a1 05 5820" + kHash).value()).error().text(), "failed at index 0: measurement value: missing mandatory field");
  EXPECT_EQ(check_components(components("82 a2 02 5820" + kHash + "05 5820" + kHash + "a1 02 5820" + kHash).value()).error().text(), "failed at index 1: signer ID: missing mandatory field");
  EXPECT_EQ(check_components(components("81 a2 02 4401020304 05 5820" + kHash).value()).error().text(), "failed at index 0: measurement value: wrong syntax: length 4 (hash MUST be 32, 48 or 64 bytes)");
}

TEST(EatMediaType, IsComparedByMeaning) {
  const std::string_view quoted_form = "application/eat+cwt; eat_profile=\"tag:psacertified.org,2023:psa#tfm\"";
  EXPECT_TRUE(same_media_type(quoted_form, "Application/EAT+CWT;EAT_PROFILE=tag:psacertified.org,2023:psa#tfm"));
  EXPECT_TRUE(same_media_type(quoted_form, "application/eat+cwt ; eat_profile=\"tag:psacertified.org\\,2023:psa#tfm\" "));
  EXPECT_TRUE(same_media_type("a/b; x=1; y=2", "a/b;y=2;x=1"));
  EXPECT_FALSE(same_media_type(quoted_form, "application/eat+cwt; eat_profile=\"tag:psacertified.org,2023:PSA#tfm\""));
  EXPECT_FALSE(same_media_type(quoted_form, "application/eat+cwt"));
  EXPECT_EQ(parse_media_type("a/b; p=\"x;y\"").value().parameters[0].second, "x;y");
}

TEST(EatMediaType, RefusesWhatIsNone) {
  for (const std::string_view text : {"", "text", "/b", "a/", "a b/c", "a/b; x", "a/b; =1", "a/b; x=", "a/b; x=\"1", "a/b; x=\"1\"2", "a/b; x=1; X=2", "a/b; x=1 2", "a/b;;", "a/b;\n", "a/b\r\n", "a/b; x=\"1\n2\"", "a/b; x=\"\x7f\"", "a/b; x=\"\xff\""}) EXPECT_FALSE(parse_media_type(text)) << text;
}

TEST(EatRead, NamesTheEndOfInputAsTheReferenceDoes) {
  const Error ours{Errc::malformed, {}, "ours", {}, {}};
  EXPECT_EQ(with_reference_end(ours, {}).what, "EOF");
  EXPECT_EQ(with_reference_end(ours, hex("a2 01 02 03")).what, "unexpected EOF");
  EXPECT_EQ(with_reference_end(ours, hex("d2 84 43 01")).what, "unexpected EOF");
  EXPECT_EQ(with_reference_end(ours, hex("19 01")).what, "unexpected EOF");
  EXPECT_EQ(with_reference_end(ours, hex("9b ffffffffffffffff")).what, "unexpected EOF");
  EXPECT_EQ(with_reference_end(ours, hex("a1 01 02")).what, "ours");
  EXPECT_EQ(with_reference_end(ours, hex("a1 01 02 03")).what, "ours");
  EXPECT_EQ(with_reference_end(ours, hex("ff")).what, "ours");
  EXPECT_EQ(with_reference_end(ours, hex("bf")).what, "ours");
}

TEST(EatRead, KeepsIntegersInTheirRange) {
  const auto read_one = [](std::string_view text) -> Result<std::int32_t> {
    const Bytes bytes = hex(text);
    cbor::Reader in{bytes};
    std::optional<std::int32_t> value;
    TRY(read(in, "client id", value));
    return *value;
  };
  EXPECT_EQ(read_one("1a7fffffff").value(), 2147483647);
  EXPECT_EQ(read_one("3a7fffffff").value(), -2147483648);
  EXPECT_TRUE(fails(read_one("1a80000000"), Errc::invalid, "client id: 2147483648"));
  EXPECT_TRUE(fails(read_one("3a80000000"), Errc::invalid));
  EXPECT_TRUE(fails(read_one("1bffffffffffffffff"), Errc::limit));
  EXPECT_TRUE(fails(read_one("40"), Errc::malformed, "client id"));
}

}  // namespace
}  // namespace assay::eat
