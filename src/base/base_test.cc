#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/secret.h"
#include "base/text.h"
#include "testing/testing.h"

namespace assay {
namespace {

TEST(Text, Base64IsStrict) {
  EXPECT_EQ(to_base64(as_bytes("ab")), "YWI=");
  EXPECT_EQ(to_base64url(as_bytes("\xff\xfe")), "__4");
  EXPECT_EQ(to_string(*from_base64("YWI=")), "ab");
  EXPECT_TRUE(testing::fails(from_base64("YWI"), Errc::malformed));                                // padding missing
  EXPECT_TRUE(testing::fails(from_base64("YWJ="), Errc::malformed, "bits left over"));             // two texts, one value
  EXPECT_TRUE(testing::fails(from_base64("YW I="), Errc::malformed, "at byte 2"));                 // white space
  EXPECT_TRUE(testing::fails(from_base64("YWI=", Base64::url, Padding::none), Errc::malformed));   // padding where none may be
  EXPECT_TRUE(testing::fails(from_base64("Y", Base64::url, Padding::optional), Errc::malformed));  // cut short
  EXPECT_TRUE(testing::fails(from_base64("Y===", Base64::standard, Padding::optional), Errc::malformed));
  EXPECT_TRUE(testing::fails(from_base64("__4", Base64::standard, Padding::optional), Errc::malformed));
  EXPECT_EQ(*from_any_base64("__4="), *from_any_base64("//4"));
  EXPECT_TRUE(from_base64("")->empty());
}

TEST(Text, HexIsStrict) {
  EXPECT_EQ(to_hex(*from_hex("00fFAb")), "00ffab");
  EXPECT_TRUE(testing::fails(from_hex("0"), Errc::malformed));
  EXPECT_TRUE(testing::fails(from_hex("0g"), Errc::malformed, "at byte 1"));
}

TEST(Text, PrintableHidesNothing) {
  EXPECT_EQ(printable("a\x1b[31m\n\x7f"), "a\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(printable("\xc3\xbc \xff"), "\xc3\xbc \\xff");
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\xe2\\x80\\xae");  // right-to-left override
  EXPECT_EQ(quoted(std::string(100, 'x'), 3), "\"xxx...\"");
}

TEST(Bytes, ComparesAndOrders) {
  EXPECT_TRUE(ct_equal(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(ct_equal(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(ct_equal(as_bytes("abc"), as_bytes("ab")));
  EXPECT_TRUE(ct_equal({}, {}));
  EXPECT_TRUE(bytewise_less(as_bytes("a"), as_bytes("ab")));
  EXPECT_TRUE(bytewise_less(as_bytes("z"), as_bytes("\xff")));
}

TEST(Clock, WritesAndReadsRfc3339) {
  EXPECT_EQ(to_rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(from_rfc3339("2026-11-24T01:17:00Z").value(), 1795483020);
  for (const char* wrong : {"", "2026-11-24", "2026-02-30T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24 01:17:00Z", "-026-11-24T01:17:00Z", "2026-11-24T01:17:00+"}) EXPECT_FALSE(from_rfc3339(wrong)) << wrong;
  EXPECT_EQ(to_rfc3339(INT64_MAX).front(), '@');
}

TEST(Secret, LeavesNothingBehind) {
  Secret<4> secret;
  secret.expose()[0] = 7;
  Secret<4> moved = std::move(secret);
  EXPECT_EQ(moved.expose()[0], 7);
  EXPECT_EQ(secret.expose()[0], 0);  // NOLINT(bugprone-use-after-move): that is the point
}

Result<int> twice(Result<int> value) { return TRY(std::move(value)) * 2; }

TEST(Error, TryCarriesValuesAndErrors) {
  EXPECT_EQ(twice(21).value(), 42);
  EXPECT_TRUE(testing::fails(twice(fail(Errc::limit, "here", "{} too many", 3)), Errc::limit, "here: 3 too many"));
}

TEST(Error, IsOneSafeLine) {
  const Error error{Errc::malformed, "file\n", "a\x1b", "b", 7};
  EXPECT_EQ(error.text(), "file\\x0a: a\\x1b (at byte 7); expected b");
  EXPECT_EQ(within("token.cbor", error).text(), "token.cbor: file\\x0a: a\\x1b (at byte 7); expected b");
}

TEST(Error, ExitCodesFollowTheFault) {
  EXPECT_EQ(exit_code(Errc::malformed), 3);
  EXPECT_EQ(exit_code(Errc::unauthenticated), 4);
  EXPECT_EQ(exit_code(Errc::io), 5);
}

TEST(EditDistance, CountsInsertionsDeletionsAndChanges) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("verfy", "verify"), 1U);
}

TEST(Nearest, IsWhatBeginsSoOrIsAtMostTwoEditsAway) {
  static constexpr std::string_view kNames[] = {"signer-id", "version"};
  EXPECT_EQ(nearest(kNames, "signer_id"), "signer-id");
  EXPECT_EQ(nearest(kNames, "sig"), "signer-id");
  EXPECT_EQ(nearest(kNames, "vversionn"), "version");
  EXPECT_EQ(nearest(kNames, "vvversionn"), "");
  EXPECT_EQ(nearest(kNames, ""), "");
  EXPECT_EQ(nearest(kNames, std::string(1 << 20, 'v')), "");
}

TEST(Nearest, SameBytesAreCountedAtTheirPlaces) {
  EXPECT_EQ(same_bytes({}, Bytes{1}), 0u);
  EXPECT_EQ(same_bytes(Bytes{1, 2, 3}, Bytes{1, 9, 3, 4}), 2u);
  EXPECT_EQ(same_bytes(Bytes{1, 2}, Bytes{2, 1}), 0u);
}

}  // namespace
}  // namespace assay
