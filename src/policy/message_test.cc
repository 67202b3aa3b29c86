#include "policy/message.h"

#include <gtest/gtest.h>

#include "testing/testing.h"

namespace assay::policy {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;

TEST(PolicyMessage, RequestsAndRepliesComeBack) {
  const auto frame = encode_request({Request::Kind::evaluate, "package policy", "{}"});
  ASSERT_TRUE(ok(frame));
  EXPECT_EQ(ByteView{*frame}.size(), 4u + 5 + 14 + 2);
  const auto size = body_size({(*frame)[0], (*frame)[1], (*frame)[2], (*frame)[3]}, kMaxRequest);
  ASSERT_TRUE(ok(size));
  EXPECT_EQ(*size, frame->size() - 4);
  const auto request = parse_request(ByteView{*frame}.subspan(4));
  ASSERT_TRUE(ok(request));
  EXPECT_EQ(request->kind, Request::Kind::evaluate);
  EXPECT_EQ(request->rules, "package policy");
  EXPECT_EQ(request->input, "{}");

  const Bytes answer = encode_reply({Reply::Outcome::limit, true, "no"});
  const auto reply = parse_reply(ByteView{answer}.subspan(4));
  ASSERT_TRUE(ok(reply));
  EXPECT_EQ(reply->outcome, Reply::Outcome::limit);
  EXPECT_TRUE(reply->retiring);
  EXPECT_EQ(reply->text, "no");
}

TEST(PolicyMessage, WhatIsTooLargeIsNotSent) {
  EXPECT_TRUE(fails(encode_request({Request::Kind::check, std::string(kMaxRules + 1, ' '), ""}), Errc::limit, "65537 bytes; expected at most 65536"));
  EXPECT_TRUE(fails(encode_request({Request::Kind::check, "", std::string(kMaxInput + 1, ' ')}), Errc::limit, "an input document of 8388609 bytes"));
  const Bytes answer = encode_reply({Reply::Outcome::done, false, std::string(kMaxOutcome + 1, ' ')});
  const auto reply = parse_reply(ByteView{answer}.subspan(4));
  ASSERT_TRUE(ok(reply));
  EXPECT_EQ(reply->outcome, Reply::Outcome::limit);
  EXPECT_EQ(reply->text, "it answers 1048577 bytes; at most 1048576");
}

TEST(PolicyMessage, RefusesWhatIsNone) {
  EXPECT_TRUE(fails(body_size({0xff, 0xff, 0xff, 0xff}, kMaxReply), Errc::limit, "4294967295 bytes announced"));
  EXPECT_TRUE(fails(parse_request(hex("01 000000")), Errc::malformed, "the end of a request"));
  EXPECT_TRUE(fails(parse_request(hex("00 00000000")), Errc::malformed, "kind 0"));
  EXPECT_TRUE(fails(parse_request(hex("02 02000000 61")), Errc::malformed, "a policy of 2 bytes"));
  EXPECT_TRUE(fails(parse_request(hex("02 ffffffff 61")), Errc::malformed, "a policy of 4294967295 bytes"));
  EXPECT_TRUE(fails(parse_reply(hex("00")), Errc::malformed, "the end of a reply"));
  EXPECT_TRUE(fails(parse_reply(hex("05 00")), Errc::malformed, "outcome 5"));
  EXPECT_TRUE(fails(parse_reply(hex("00 02")), Errc::malformed, "2 for yes or no"));
}

}  // namespace
}  // namespace assay::policy
