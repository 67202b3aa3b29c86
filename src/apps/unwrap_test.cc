#include "apps/unwrap.h"

#include "codec/cbor/cbor.h"
#include "envelope/cmw/cmw.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;
using testing::vector_text;

Bytes record(std::string_view type, ByteView value) {
  cbor::Writer out;
  out.array(2).text(type).bytes(value);
  return std::move(out).take();
}
Bytes psa() { return vector_bytes("evcli/tests/psa-p2.cbor"); }
Bytes cca() { return vector_bytes("ccatoken/token/good-907.cbor"); }

TEST(Unwrap, LeavesABareTokenAlone) {
  for (const Bytes& token : {psa(), cca(), vector_bytes("ccatoken/token/good-399.cbor")}) {
    const auto unwrapped = unwrap_evidence(token);
    ASSERT_TRUE(ok(unwrapped));
    EXPECT_EQ(unwrapped->evidence, token);
    EXPECT_TRUE(unwrapped->steps.empty());
  }
}

TEST(Unwrap, TakesATsmReportOff) {
  const auto unwrapped = unwrap_evidence(vector_bytes("ratsd/ex-basic-arm-cca.json"));
  ASSERT_TRUE(ok(unwrapped));
  EXPECT_EQ(unwrapped->evidence, vector_bytes("ratsd/ex-basic-arm-cca.outblob.cbor"));
  EXPECT_EQ(unwrapped->steps, std::vector<std::string>{"TSM report (JSON), provider \"arm_cca_guest\""});
}

TEST(Unwrap, TakesATsmReportInCborOff) {
  cbor::Writer report;
  report.map(3).text("auxblob").bytes({}).text("outblob").bytes(cca()).text("provider").text("arm_cca_guest\n");
  const auto unwrapped = unwrap_evidence(report.view());
  ASSERT_TRUE(ok(unwrapped));
  EXPECT_EQ(unwrapped->evidence, cca());
  EXPECT_EQ(unwrapped->steps, std::vector<std::string>{"TSM report (CBOR), provider \"arm_cca_guest\""});
}

TEST(Unwrap, TakesACmwRecordOff) {
  const auto unwrapped = unwrap_evidence(record("application/psa-attestation-token", psa()));
  ASSERT_TRUE(ok(unwrapped));
  EXPECT_EQ(unwrapped->evidence, psa());
  EXPECT_EQ(unwrapped->steps, std::vector<std::string>{"CMW record, type \"application/psa-attestation-token\""});
}

TEST(Unwrap, TakesAJsonCmwWithATsmReportOff) {
  const std::string report = vector_text("ratsd/ex-basic-arm-cca.json");
  const std::string text = "{\"__cmwc_t\": \"tag:example.com,2025:x\", \"tsm\": [\"application/vnd.veraison.tsm-report+json\", \"" + to_base64url(as_bytes(report)) + "\"]}";
  const auto unwrapped = unwrap_evidence(as_bytes(text));
  ASSERT_TRUE(ok(unwrapped));
  EXPECT_EQ(unwrapped->evidence, vector_bytes("ratsd/ex-basic-arm-cca.outblob.cbor"));
  ASSERT_EQ(unwrapped->steps.size(), 2U);
  EXPECT_EQ(unwrapped->steps[0], "CMW collection, entry \"tsm\", type \"application/vnd.veraison.tsm-report+json\"");
  // As ratsd answers: the collection in a member.
  const std::string response = "{\"eat_nonce\": \"AAAA\", \"cmw\": \"" + to_base64(as_bytes(text)) + "\"}";
  const auto again = unwrap_evidence(as_bytes(response));
  ASSERT_TRUE(ok(again));
  EXPECT_EQ(again->evidence, unwrapped->evidence);
  EXPECT_EQ(again->steps.size(), 3U);
}

TEST(Unwrap, AsksWhichEntryWhereSeveralHoldTokens) {
  cbor::Writer collection;
  collection.map(3).text("a").raw(record("application/psa-attestation-token", psa())).text("b").raw(record("text/plain", as_bytes("hello"))).text("c").raw(record("application/x", cca()));
  const ByteView bytes = collection.view();
  EXPECT_TRUE(fails(unwrap_evidence(bytes), Errc::usage, "several tokens, in the entries \"a\", \"c\"; expected --entry with one of them"));
  EXPECT_EQ(unwrap_evidence(bytes, "a")->evidence, psa());
  EXPECT_EQ(unwrap_evidence(bytes, "c")->evidence, cca());
  EXPECT_TRUE(fails(unwrap_evidence(bytes, "b"), Errc::usage, "--entry: no token in entry \"b\"; expected one of: \"a\", \"c\""));
}

TEST(Unwrap, AnEntryIsForACollection) {
  EXPECT_TRUE(fails(unwrap_evidence(psa(), "a"), Errc::usage, "--entry is for a CMW collection; this is a bare token"));
  EXPECT_TRUE(fails(unwrap_evidence(psa(), ""), Errc::usage, "this is a bare token"));
  EXPECT_TRUE(fails(unwrap_evidence(record("application/psa-attestation-token", psa()), "a"), Errc::usage, "this is a token in no collection"));
}

TEST(Unwrap, ASignedCmwIsNoTokenBeforeItIsVerified) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  const auto message = cmw::parse(record("application/psa-attestation-token", psa()));
  ASSERT_TRUE(ok(message));
  constexpr std::string_view kNext = "; expected what is in it: first `assay cmw verify FILE --key KEY -o inner`, then `assay verify inner`";
  const auto cose = cmw::sign_cbor(*message, key);
  const auto jws = cmw::sign_json(*message, key);
  ASSERT_TRUE(ok(cose));
  ASSERT_TRUE(ok(jws));
  EXPECT_TRUE(fails(unwrap_evidence(*cose), Errc::unsupported, "a signed CMW (COSE_Sign1), whose own signature is checked elsewhere" + std::string{kNext}));
  EXPECT_TRUE(fails(unwrap_evidence(as_bytes(*jws)), Errc::unsupported, "a signed CMW (JWS), whose own signature is checked elsewhere" + std::string{kNext}));
}

TEST(Unwrap, FindsTheOneTokenAmongEntries) {
  cbor::Writer inner;
  inner.map(1).integer(-7).raw(record("application/psa-attestation-token", psa()));
  cbor::Writer collection;
  collection.map(2).text("a").raw(record("text/plain", as_bytes("hello"))).text("b").raw(inner.view());
  const auto unwrapped = unwrap_evidence(collection.view());
  ASSERT_TRUE(ok(unwrapped));
  EXPECT_EQ(unwrapped->evidence, psa());
  EXPECT_EQ(unwrap_evidence(collection.view(), "b/-7")->evidence, psa());
}

TEST(Unwrap, StopsAfterFourLayers) {
  Bytes wrapped = psa();
  for (int i = 0; i < 4; ++i) wrapped = record("application/cmw+cbor", wrapped);
  EXPECT_TRUE(ok(unwrap_evidence(wrapped)));
  EXPECT_TRUE(fails(unwrap_evidence(record("application/cmw+cbor", wrapped)), Errc::limit, "more than four wrappers"));
}

struct Refused {
  const char* why;
  Bytes bytes;
  Errc errc;
  std::string part;
};
const Refused kRefused[] = {
    {"nothing", {}, Errc::malformed, "the input is empty"},
    {"no token", to_bytes(std::string_view{"hello"}), Errc::unsupported, "no evidence of a known kind"},
    {"a record with no token", record("text/plain", as_bytes("hello")), Errc::unsupported, "no evidence of a known kind"},
    {"a report without a token", to_bytes(std::string_view{R"({"provider": "fake\n", "outblob": "aGVsbG8"})"}), Errc::unsupported, "no evidence of a known kind"},
    {"a report without outblob", to_bytes(std::string_view{R"({"provider": "arm_cca_guest"})"}), Errc::missing, "missing mandatory field \"outblob\""},
    {"a report without provider", to_bytes(std::string_view{R"({"outblob": "AAAA"})"}), Errc::missing, "missing mandatory field \"provider\""},
    {"a report with a stray field", to_bytes(std::string_view{R"({"outblob": "AAAA", "provider": "x", "manifestblob": "AAAA"})"}), Errc::invalid, "stray field \"manifestblob\""},
    {"an outblob that is no base64", to_bytes(std::string_view{R"({"outblob": "A?", "provider": "x"})"}), Errc::malformed, "/outblob"},
    {"a member twice", to_bytes(std::string_view{R"({"outblob": "AAAA", "outblob": "AAAB", "provider": "x"})"}), Errc::duplicate, "outblob"},
    {"broken JSON", to_bytes(std::string_view{"{\"outblob\": "}), Errc::malformed, ""},
};
class UnwrapRefuses : public ::testing::TestWithParam<Refused> {};
TEST_P(UnwrapRefuses, AndSaysWhy) { EXPECT_TRUE(fails(unwrap_evidence(GetParam().bytes), GetParam().errc, GetParam().part)) << GetParam().why; }
INSTANTIATE_TEST_SUITE_P(, UnwrapRefuses, ::testing::ValuesIn(kRefused));

// A scheme whose endorsements alone are read says so, behind every wrapper.
TEST(Unwrap, SaysWhichEvidenceItKnowsAndDoesNotVerify) {
  Bytes report(1184, 0);
  report[0] = 3;
  report[0x34] = 1;
  const Bytes wrapped = to_bytes(cbor::Writer{}.map(2).text("outblob").bytes(report).text("provider").text("sev_guest").view());
  for (const Bytes& evidence : {report, wrapped}) EXPECT_TRUE(fails(unwrap_evidence(evidence), Errc::unsupported, "AMD SEV-SNP evidence, which this build does not verify"));
}

TEST(TsmReport, CborRefusesWhatJsonRefuses) {
  EXPECT_TRUE(fails(parse_tsm_cbor(hex("a0")), Errc::missing, "\"provider\""));
  EXPECT_TRUE(fails(parse_tsm_cbor(cbor::Writer{}.map(1).text("provider").text("x").view()), Errc::missing, "\"outblob\""));
  EXPECT_TRUE(fails(parse_tsm_cbor(cbor::Writer{}.map(3).text("provider").text("x").text("outblob").bytes({}).text("manifestblob").bytes({}).view()), Errc::invalid, "stray field"));
  EXPECT_TRUE(fails(parse_tsm_cbor(cbor::Writer{}.map(2).text("outblob").bytes({}).text("outblob").bytes({}).view()), Errc::duplicate));
  EXPECT_TRUE(fails(parse_tsm_cbor(hex("a0 00")), Errc::malformed));
}

}  // namespace
}  // namespace assay
