// Endorsements for others: queries as clients of the reference send them, against what was provisioned.
#include <gmock/gmock.h>

#include "model/corim/coserv.h"
#include "model/corim/coserv_discovery.h"
#include "services/coserv/answers.h"
#include "services/front/front_testing.h"

namespace assay::front {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class CoservInterface : public FrontTest {
 protected:
  void provision() {
    now_ = 1780000000;
    const net::Answer taken = submit("application/rim+cbor; profile=\"tag:arm.com,2025:cca_platform#1.0.0\"", testing::vector_bytes("veraison/v0.0.2608/generated/endorsements/corim-cca-platform-full.cbor"));
    ASSERT_EQ(text(taken, "status"), "success") << as_text(taken.body);
  }
  net::Answer ask(std::string_view query, std::string_view accept = "application/coserv+cbor") { return call({"GET", "/endorsement-distribution/v1/coserv/" + std::string{trim_ascii(query)}, {{"Accept", std::string{accept}}}}); }
  net::Answer ask_file(std::string_view name, std::string_view accept = "application/coserv+cbor") { return ask(testing::vector_text("veraison/coserv/" + std::string{name}), accept); }
};

TEST_F(CoservInterface, V32_AnswersWhatWasProvisioned) {
  const auto empty = corim::read_coserv(ask_file("query-cca-refvals.integration.b64u").body);
  ASSERT_TRUE(testing::ok(empty));
  EXPECT_TRUE(empty->results->reference_values->empty());
  provision();
  const net::Answer values = ask_file("query-cca-refvals.integration.b64u");
  ASSERT_EQ(values.status, 200) << as_text(values.body);
  EXPECT_EQ(header(values, "Content-Type"), "application/coserv+cbor; profile=\"tag:arm.com,2025:cca_platform#1.0.0\"");
  EXPECT_EQ(header(values, "Cache-Control"), "max-age=300");
  const auto read = corim::read_coserv(values.body);
  ASSERT_TRUE(testing::ok(read));
  ASSERT_EQ(read->results->reference_values->size(), 1U);
  EXPECT_EQ(read->results->reference_values->front().statement.measurements.size(), 5U);
  EXPECT_EQ(read->results->expiry, now_ + 300);
  EXPECT_TRUE(corim::validate(*read).empty());
  const auto keys = corim::read_coserv(ask_file("query-cca-trust-anchors.integration.b64u").body);
  ASSERT_TRUE(testing::ok(keys));
  EXPECT_EQ(keys->results->attest_keys->size(), 1U);
  for (const std::string_view other : {"query-cca-refvals.b64u", "query-cca-trust-anchors.b64u"}) {
    const auto nothing = corim::read_coserv(ask_file(other).body);
    ASSERT_TRUE(testing::ok(nothing)) << other;
    EXPECT_TRUE(nothing->results->reference_values.value_or(corim::Quads<corim::ValueTriple>{}).empty());
    EXPECT_TRUE(nothing->results->attest_keys.value_or(corim::Quads<corim::KeyTriple>{}).empty());
  }
  front_.offers = {Offer{.tenant = "other"}};
  EXPECT_TRUE(corim::read_coserv(ask_file("query-cca-refvals.integration.b64u").body)->results->reference_values->empty()) << "of another tenant";
}

TEST_F(CoservInterface, V32_SignedForWhoAsks) {
  provision();
  const net::Answer answered = ask_file("query-cca-refvals.integration.b64u", "application/coserv+cose");
  EXPECT_THAT(header(answered, "Content-Type"), StartsWith("application/coserv+cose; "));
  const auto message = corim::read_signed_coserv(answered.body);
  ASSERT_TRUE(testing::ok(message));
  const auto document = corim::read_discovery_json(as_text(call({"GET", "/.well-known/coserv-configuration"}).body));
  ASSERT_TRUE(testing::ok(document));
  EXPECT_TRUE(testing::ok(corim::verify_signed_coserv(*message, corim::public_key(document->keys.front()).value())));
  EXPECT_FALSE(corim::verify_signed_coserv(*message, crypto::PrivateKey::generate(crypto::KeyKind::p256)->public_key()));
}

TEST_F(CoservInterface, ManifestsByTheirIds) {
  provision();
  const auto stored = store_.list("0");
  corim::Coserv asked{.profile = std::string{"tag:arm.com,2025:cca_platform#1.0.0"}, .query = corim::RimQuery{.rims = {{corim::RimId::Type::corim, corim::read_corim(stored->front().bytes)->id}}, .unknown = {}}};
  const auto answered = corim::read_coserv(ask(corim::write_coserv_text(asked).value()).body);
  ASSERT_TRUE(testing::ok(answered));
  ASSERT_TRUE(answered->results->rims);
  const auto wrapped = cmw::parse_cbor(*answered->results->rims);
  ASSERT_TRUE(testing::ok(wrapped));
  EXPECT_EQ(wrapped->collection()->entries.front().second.record()->value, stored->front().bytes);
  std::get<corim::RimQuery>(asked.query).rims.front().id = std::string{"nobody's"};
  EXPECT_FALSE(corim::read_coserv(ask(corim::write_coserv_text(asked).value()).body)->results->rims);
}

TEST_F(CoservInterface, SourcesAsTheyWereReceived) {
  provision();
  auto asked = corim::read_coserv_text(trim_ascii(testing::vector_text("veraison/coserv/query-cca-refvals.integration.b64u"))).value();
  std::get<corim::EnvironmentQuery>(asked.query).result = corim::ResultType::both;
  const auto both = corim::read_coserv(ask(corim::write_coserv_text(asked).value()).body);
  ASSERT_TRUE(testing::ok(both));
  EXPECT_EQ(both->results->source_artifacts->front().value, store_.list("0")->front().bytes);
  EXPECT_EQ(both->results->reference_values->size(), 1U);
}

TEST_F(CoservInterface, V32_WhatIsRefusedIsSaidInCbor) {
  for (const std::string_view wrong : {"x", "AAAA", "!!!", "oA"}) {
    const net::Answer refused = ask(wrong);
    EXPECT_EQ(refused.status, 400) << wrong;
    EXPECT_EQ(header(refused, "Content-Type"), "application/concise-problem-details+cbor");
    EXPECT_THAT(to_hex(refused.body), StartsWith("a2206b4261642052657175657374"
                                                 "21"))
        << "{-1: \"Bad Request\", -2: …}";
  }
  EXPECT_EQ(ask_file("query-cca-refvals.b64u", "text/html").status, 406);
  EXPECT_EQ(ask(std::string(coserv::kMaxQuery + 1, 'A')).status, 400);
  EXPECT_EQ(call({"GET", "/endorsement-distribution/v1/coserv/"}).status, 404);
  corim::Coserv all{.profile = std::string{"tag:arm.com,2025:psa#1.0.0"}, .query = corim::EnvironmentQuery{.selector = std::vector<corim::Stateful<corim::Class>>{{.selector = {.layer = 1, .unknown = {}}, .measurements = {}}}, .unknown = {}}};
  EXPECT_THAT(as_text(ask(corim::write_coserv_text(all).value()).body), HasSubstr("a class of which nothing is said"));
  corim::Coserv coswid{.profile = std::string{"tag:arm.com,2025:psa#1.0.0"}, .query = corim::RimQuery{.rims = {{corim::RimId::Type::coswid, std::string{"x"}}}, .unknown = {}}};
  EXPECT_THAT(as_text(ask(corim::write_coserv_text(coswid).value()).body), HasSubstr("CoSWID"));
}

TEST_F(CoservInterface, V32_QueriesOfTheOlderDraft) {
  for (const std::string_view name : {"query-amd-kds-proxy.draft02.b64u", "query-nvidia-proxy.draft02.b64u"}) {
    const net::Answer answered = ask_file(name);
    EXPECT_EQ(answered.status, 200) << name << ' ' << as_text(answered.body);
  }
}

TEST_F(CoservInterface, Discovery) {
  const net::Answer json = call({"GET", "/.well-known/coserv-configuration", {{"Accept", "application/json"}}});
  EXPECT_EQ(header(json, "Content-Type"), "application/coserv-discovery+json");
  EXPECT_THAT(as_text(json.body), HasSubstr("/endorsement-distribution/v1/coserv/{query}"));
  const net::Answer cbor = call({"GET", "/.well-known/coserv-configuration", {{"Accept", "application/coserv-discovery+cbor"}}});
  EXPECT_TRUE(testing::ok(corim::read_discovery_cbor(cbor.body)));
  EXPECT_EQ(call({"GET", "/.well-known/coserv-configuration", {{"Accept", "text/html"}}}).status, 406);
}

}  // namespace
}  // namespace assay::front
