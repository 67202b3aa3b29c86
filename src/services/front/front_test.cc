// Requests that no well-behaved client sends, and what each interface answers to them; by function call, without a network.

#include <gmock/gmock.h>

#include "envelope/cmw/cmw.h"
#include "model/ear/ear.h"
#include "services/front/front_testing.h"

namespace assay::front {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class VerifierSessions : public FrontTest {};
class Provisioning : public FrontTest {};
class Discovery : public FrontTest {};
class Management : public FrontTest {};

TEST_F(VerifierSessions, V8_NoncesThatAreNone) {
  struct Row {
    std::string query;
    std::string detail;
  };
  const std::string prefix = "failed handling nonce request: ";
  for (const Row& row : {Row{"?nonceSize=7", "nonceSize must be in range 8..64"}, Row{"?nonceSize=65", "nonceSize must be in range 8..64"}, Row{"?nonceSize=abc", "nonceSize must be in range 8..64"},
                         Row{"?nonceSize=264", "nonceSize must be in range 8..64"}, Row{"?nonceSize=-8", "nonceSize must be in range 8..64"}, Row{"?nonce=AAAAAAAAAAA=&nonceSize=8", "nonce and nonceSize are mutually exclusive"},
                         Row{"?nonce=AAAAAAAAAA==", "nonce must be between 8 and 64 bytes long; got 7"}, Row{"?nonce=" + to_base64url(Bytes(65, 1)), "nonce must be between 8 and 64 bytes long; got 65"}, Row{"?nonce=!!!!", "nonce must be valid base64"},
                         Row{"?nonce=AAAA%0AAAAAAAA=", "nonce must be valid base64"}, Row{"?nonce=" + std::string(4000, 'A'), "nonce must be between 8 and 64 bytes long; got 3000"}}) {
    const net::Answer refused = call({"POST", "/challenge-response/v1/newSession" + row.query});
    EXPECT_EQ(refused.status, 400) << row.query;
    EXPECT_EQ(text(refused, "detail"), prefix + row.detail) << row.query;
  }
  EXPECT_EQ(store_.open_sessions(now_), 0U);
}

TEST_F(VerifierSessions, V9_NonceForms) {
  const Bytes nonce = from_hex("fbff3e0102030405fbff3e").value();
  for (const std::string& form : {to_base64url(nonce), to_base64url_padded(nonce), std::string{"%2B%2F8%2BAQIDBAX7%2Fz4%3D"}}) {
    const net::Answer created = call({"POST", "/challenge-response/v1/newSession?nonce=" + form});
    EXPECT_EQ(created.status, 201) << form;
    EXPECT_EQ(text(created, "nonce"), to_base64(nonce)) << form;
  }
  EXPECT_EQ(text(call({"POST", "/challenge-response/v1/newSession?nonceSize=8"}), "nonce").size(), 12U);
  EXPECT_EQ(text(call({"POST", "/challenge-response/v1/newSession?nonceSize=64"}), "nonce").size(), 88U);
  EXPECT_EQ(text(call({"POST", "/challenge-response/v1/newSession?nonceSize="}), "nonce").size(), 44U);
}

TEST_F(VerifierSessions, V7_LocationIsRelative) {
  const net::Answer created = call({"POST", "/challenge-response/v1/newSession"});
  EXPECT_THAT(header(created, "Location"), StartsWith("session/"));
  EXPECT_EQ(header(created, "Content-Type"), "application/vnd.veraison.challenge-response-session+json");
  const net::Answer session = call({"GET", "/challenge-response/v1/" + header(created, "Location")});
  EXPECT_EQ(session.status, 200);
  EXPECT_EQ(text(session, "status"), "waiting");
  EXPECT_EQ(text(session, "expiry"), "2025-01-01T00:02:30Z");
}

TEST_F(VerifierSessions, V10_EvidenceThatIsRefused) {
  const std::string session = open_session();
  const Bytes token = testing::vector_bytes("veraison/v0.0.2502/generated/evidence/psa.good.cbor");
  EXPECT_EQ(text(call({"POST", session, {{"Content-Type", std::string{kPsaType}}}}), "detail"), "unable to read evidence from the request body");
  const net::Answer unknown = call({"POST", session, {{"Content-Type", "application/psa"}}, token});
  EXPECT_EQ(unknown.status, 415);
  EXPECT_EQ(text(unknown, "detail"), "no active plugin found for application/psa");
  EXPECT_THAT(header(unknown, "Accept"), HasSubstr("application/psa-attestation-token"));
  EXPECT_EQ(call({"POST", session, {}, token}).status, 400);
  EXPECT_EQ(call({"POST", session, {{"Content-Type", "a/b; c"}}, token}).status, 400);
  EXPECT_EQ(text(call({"GET", session}), "status"), "waiting") << "nothing of that used the nonce";
}

TEST_F(VerifierSessions, V12_SessionIds) {
  const std::string session = open_session();
  std::string upper = session;
  for (char& c : upper) {
    if (&c >= &upper[upper.size() - 36] && c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
  }
  EXPECT_EQ(call({"GET", upper}).status, 200);
  EXPECT_EQ(call({"DELETE", session}).status, 204);
  EXPECT_EQ(call({"DELETE", session}).status, 204);
  const net::Answer gone = call({"GET", session});
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(text(gone, "detail"), StartsWith("session not found for (id, tenant)=("));
  const net::Answer bad = call({"GET", "/challenge-response/v1/session/1234"});
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(text(bad, "detail"), "invalid session id (/challenge-response/v1/session/1234) in path segment: invalid UUID length: 4");
  EXPECT_THAT(text(call({"DELETE", "/challenge-response/v1/session/zzzzzzzz-0000-0000-0000-000000000000"}), "detail"), HasSubstr("invalid UUID format"));
}

TEST_F(VerifierSessions, AnswerOnce) {
  const std::string session = open_session("?nonce=" + std::string{kPsaNonce});
  const Bytes token = testing::vector_bytes("veraison/v0.0.2502/generated/evidence/psa.good.cbor");
  const Call evidence{"POST", session, {{"Content-Type", std::string{kPsaType}}}, token};
  EXPECT_EQ(call(evidence).status, 200);
  const net::Answer again = call(evidence);
  EXPECT_EQ(again.status, 409);
  EXPECT_THAT(text(again, "detail"), HasSubstr("was answered before"));
}

TEST_F(VerifierSessions, EndWhenTheyEnd) {
  const std::string session = open_session();
  now_ += 149;
  EXPECT_EQ(call({"GET", session}).status, 200);
  now_ += 1;
  EXPECT_EQ(call({"GET", session}).status, 404);
  const Bytes token = testing::vector_bytes("veraison/v0.0.2502/generated/evidence/psa.good.cbor");
  EXPECT_EQ(call({"POST", session, {{"Content-Type", std::string{kPsaType}}}, token}).status, 404);
  EXPECT_EQ(store_.open_sessions(now_), 0U);
}

TEST_F(VerifierSessions, MediaTypesAreComparedByMeaning) {
  const Bytes token = testing::vector_bytes("veraison/v0.0.2502/generated/evidence/psa.good.cbor");
  for (const std::string_view type : {"application/eat-cwt; profile=http://arm.com/psa/2.0.0", "APPLICATION/EAT-CWT;  Profile=\"http://arm.com/psa/2.0.0\"", "application/eat-cwt;profile=\"http://arm.com/psa/2.0.0\"", "application/psa-attestation-token"}) {
    const net::Answer judged = call({"POST", open_session(), {{"Content-Type", std::string{type}}}, token});
    EXPECT_EQ(judged.status, 200) << type << as_text(judged.body);
    EXPECT_EQ(text(judged, "status"), "complete") << type;
  }
}

TEST_F(FrontTest, V13_NobodysPath) {
  for (const Call& nobody : {Call{"GET", "/nope"}, Call{"PUT", "/challenge-response/v1/newSession"}, Call{"GET", "/endorsement-provisioning/v1/submit"}, Call{"PATCH", "/challenge-response/v1/session/" + std::string(36, '0')}, Call{"GET", "/challenge-response/v1/session/a/b"}, Call{"GET", "//healthz"}, Call{"GET", "/"}}) {
    const net::Answer answered = call(nobody);
    EXPECT_EQ(answered.status, 404) << nobody.target;
    EXPECT_EQ(as_text(answered.body), "404 page not found");
  }
}

TEST_F(FrontTest, V14_Accept) {
  for (const std::string_view accept : {"text/html", "text/*", "application/json", "application/vnd.veraison"}) {
    const net::Answer refused = call({"POST", "/challenge-response/v1/newSession", {{"Accept", std::string{accept}}}});
    EXPECT_EQ(refused.status, 406) << accept;
    EXPECT_EQ(text(refused, "detail"), "the only supported output format is application/vnd.veraison.challenge-response-session+json");
  }
  for (const std::string_view accept : {"*/*", "application/*", "", "text/html, application/*;q=0.1", "application/vnd.veraison.challenge-response-session+json"}) EXPECT_EQ(call({"POST", "/challenge-response/v1/newSession", {{"Accept", std::string{accept}}}}).status, 201) << accept;
}

TEST_F(Provisioning, V15_WhatIsRefused) {
  const Bytes corim = testing::vector_bytes("veraison/v0.0.2502/psa-endorsements.cbor");
  EXPECT_EQ(text(submit(kCorimType, {}), "detail"), "empty body");
  const net::Answer unknown = submit("application/corim-unsigned+cbor; profile=\"http://example.com\"", corim);
  EXPECT_EQ(unknown.status, 415);
  EXPECT_THAT(header(unknown, "Accept"), HasSubstr("application/rim+cose; profile=\"tag:arm.com,2025:psa#1.0.0\""));
  EXPECT_EQ(submit("", corim).status, 400);
  const net::Answer broken = submit(kCorimType, Bytes{0xa1, 0x00});
  EXPECT_EQ(broken.status, 200);
  EXPECT_EQ(text(broken, "status"), "failed");
  EXPECT_THAT(text(broken, "failure-reason"), StartsWith("submit endorsement returned error: submit endorsements failed: "));
  const net::Answer other = submit("application/corim-unsigned+cbor; profile=\"http://arm.com/cca/ssd/1\"", corim);
  EXPECT_EQ(text(other, "status"), "failed");
  EXPECT_THAT(text(other, "failure-reason"), HasSubstr("does not match media type profile"));
  EXPECT_TRUE(store_.list("0")->empty());
}

TEST_F(Provisioning, TwiceIsOnce) {
  const Bytes corim = testing::vector_bytes("veraison/v0.0.2502/psa-endorsements.cbor");
  EXPECT_EQ(text(submit(kCorimType, corim), "status"), "success");
  EXPECT_EQ(text(submit(kCorimType, corim), "status"), "success");
  EXPECT_EQ(store_.list("0")->size(), 1U);
}

// The platform's and the realm's CoRIMs of one guide bear one id.
TEST_F(Provisioning, OneIdOfTheOlderMediaTypeHasRoomForMore) {
  EXPECT_EQ(text(submit("application/corim-unsigned+cbor; profile=\"http://arm.com/cca/ssd/1\"", testing::vector_bytes("veraison/v0.0.2502/cca-endorsements.cbor")), "status"), "success");
  EXPECT_EQ(text(submit("application/corim-unsigned+cbor; profile=\"http://arm.com/cca/realm/1\"", testing::vector_bytes("veraison/v0.0.2502/cca-realm-endorsements.cbor")), "status"), "success");
  const auto stored = store_.list("0");
  ASSERT_EQ(stored->size(), 2U);
  EXPECT_EQ(stored->front().id.substr(0, 36), stored->back().id.substr(0, 36));
  const std::string current = "application/rim+cbor; profile=\"tag:arm.com,2025:cca_";
  EXPECT_EQ(text(submit(current + "platform#1.0.0\"", testing::vector_bytes("veraison/v0.0.2608/generated/endorsements/corim-cca-platform-full.cbor")), "status"), "success");
  Bytes other = testing::vector_bytes("veraison/v0.0.2608/generated/endorsements/corim-cca-platform-full.cbor");
  const std::string_view text_of = as_text(other);
  other[text_of.find("M1")] = 'N';
  const net::Answer refused = submit(current + "platform#1.0.0\"", other);
  EXPECT_THAT(text(refused, "failure-reason"), HasSubstr("already in store"));
}

// The first guide's CoRIM and token (2023), and the very result its verifier gave.
TEST_F(Provisioning, V4_ProfilesInAnArrayAndUnquoted) {
  now_ = 1712000000;
  ASSERT_EQ(text(submit("application/corim-unsigned+cbor; profile=http://arm.com/psa/iot/1", testing::vector_bytes("optee/guide/psa-endorsements.cbor")), "status"), "success");
  const std::string session = open_session("?nonce=" + to_base64url(from_hex("6048bd2455db8a046ecc0720402687d060720d95455792a536f48452d5ee5dbe").value()));
  const net::Answer judged = call({"POST", session, {{"Content-Type", "application/psa-attestation-token"}}, testing::vector_bytes("optee/token-iisec.cbor")});
  ASSERT_EQ(judged.status, 200) << as_text(judged.body);
  const std::string jwt = text(judged, "result");
  const auto claims = ear::verify_jwt_claims(jwt, key_->public_key());
  ASSERT_TRUE(testing::ok(claims));
  const json::Value expected = json::parse(testing::vector_text("optee/guide/ear-claims.json")).value();
  EXPECT_EQ(json::print(*(**claims).object()->find("submods"), {.sorted = true}), json::print(*expected.object()->find("submods"), {.sorted = true}));
  EXPECT_EQ(json::print(*(**claims).object()->find("eat_nonce")), json::print(*expected.object()->find("eat_nonce")));
}

TEST_F(VerifierSessions, V5_NobodyVouches) {
  const net::Answer judged = call({"POST", open_session(), {{"Content-Type", "application/psa-attestation-token"}}, testing::vector_bytes("optee/token-iisec.cbor")});
  const auto claims = ear::verify_jwt_claims(text(judged, "result"), key_->public_key());
  ASSERT_TRUE(testing::ok(claims));
  EXPECT_THAT(json::print(**claims), HasSubstr("no trust anchor for evidence"));
}

TEST_F(VerifierSessions, V11_WrappedEvidenceGivesTheSameResult) {
  ASSERT_EQ(text(submit(kCorimType, testing::vector_bytes("veraison/v0.0.2502/psa-endorsements.cbor")), "status"), "success");
  const Bytes token = testing::vector_bytes("veraison/v0.0.2502/psa-evidence.cbor");
  const auto submods = [&](std::string_view type, Bytes body) {
    const net::Answer judged = call({"POST", open_session("?nonce=" + std::string{kPsaNonce}), {{"Content-Type", std::string{type}}}, std::move(body)});
    const auto claims = ear::verify_jwt_claims(text(judged, "result"), key_->public_key());
    return claims ? json::print(*(**claims).object()->find("submods"), {.sorted = true}) : std::string{as_text(judged.body)};
  };
  const std::string plain = submods(kPsaType, token);
  EXPECT_THAT(plain, HasSubstr("PSA_IOT"));
  const cmw::Cmw wrapped{cmw::Record{.type = std::string{kPsaType}, .value = token, .ind = {}, .tag = {}}};
  EXPECT_EQ(submods("application/cmw+json", to_bytes(cmw::encode_json(wrapped).value())), plain);
  EXPECT_EQ(submods("application/cmw+cbor", cmw::encode_cbor(wrapped).value()), plain);
  EXPECT_EQ(submods("application/vnd.veraison.cmw+json", cmw::encode_cbor(wrapped).value()), plain) << "the suffix is not trusted";
}

TEST_F(Discovery, TakesPlainJson) {
  const net::Answer plain = call({"GET", "/.well-known/veraison/verification", {{"Accept", "application/json"}}});
  EXPECT_EQ(plain.status, 200);
  EXPECT_EQ(header(plain, "Content-Type"), "application/vnd.veraison.discovery+json");
  EXPECT_EQ(text(plain, "service-state"), "READY");
  EXPECT_EQ(call({"GET", "/.well-known/veraison/provisioning", {{"Accept", "text/html"}}}).status, 406);
}

TEST_F(Management, V29_APolicysLife) {
  const auto create = [&](const std::string& target, std::string_view rules) { return call({"POST", target, {{"Content-Type", "application/vnd.veraison.policy.opa"}}, to_bytes(rules)}); };
  const std::string base = "/management/v1/policy/PSA_IOT";
  EXPECT_EQ(text(call({"GET", base}), "detail"), "no policy found: \"0:PSA_IOT:opa\"");
  EXPECT_EQ(call({"GET", "/management/v1/policies/PSA_IOT"}).status, 404);
  EXPECT_EQ(call({"POST", "/management/v1/policies/PSA_IOT/deactivate"}).status, 404);
  const net::Answer created = create(base, "package policy");
  ASSERT_EQ(created.status, 201) << as_text(created.body);
  EXPECT_EQ(text(created, "name"), "default");
  EXPECT_EQ(text(created, "ctime"), "2025-01-01T00:00:00Z");
  const std::string uuid = text(created, "uuid");
  EXPECT_EQ(text(call({"GET", base}), "detail"), "no active policy for key \"0:PSA_IOT:opa\"");
  EXPECT_EQ(text(call({"GET", base + "/" + uuid}), "rules"), "package policy");
  EXPECT_EQ(call({"POST", base + "/" + uuid + "/activate"}).status, 200);
  EXPECT_EQ(text(call({"GET", base}), "uuid"), uuid);
  const std::string second = text(create(base + "?name=test", "package policy # 2"), "uuid");
  EXPECT_EQ(call({"POST", base + "/" + second + "/activate"}).status, 200);
  EXPECT_EQ(text(call({"GET", base}), "uuid"), second);
  EXPECT_EQ(body_of(call({"GET", "/management/v1/policies/PSA_IOT?name=test"})).array()->size(), 1U);
  EXPECT_EQ(body_of(call({"GET", "/management/v1/policies/PSA_IOT?name=other"})).array()->size(), 0U);
  EXPECT_EQ(body_of(call({"GET", "/management/v1/policies/PSA_IOT"})).array()->size(), 2U);
  EXPECT_EQ(call({"POST", "/management/v1/policies/PSA_IOT/deactivate"}).status, 200);
  EXPECT_EQ(call({"GET", base}).status, 404);
}

TEST_F(Management, V29_WhatIsRefused) {
  const std::string base = "/management/v1/policy/PSA_IOT";
  const auto create = [&](const std::string& target, std::string_view type, std::string_view rules) { return call({"POST", target, {{"Content-Type", std::string{type}}}, to_bytes(rules)}); };
  constexpr std::string_view kOpa = "application/vnd.veraison.policy.opa";
  EXPECT_EQ(text(create(base, "text/plain", "x"), "detail"), "the only supported rules format is application/vnd.veraison.policy.opa");
  EXPECT_EQ(text(create("/management/v1/policy/BAD", kOpa, "x"), "detail"), "unrecognised scheme \"BAD\"");
  EXPECT_EQ(text(create("/management/v1/policy/psa_iot", kOpa, "x"), "detail"), "unrecognised scheme \"psa_iot\"");
  EXPECT_EQ(text(create(base, kOpa, ""), "detail"), "empty body");
  const net::Answer invalid = create(base, kOpa, "bad");
  EXPECT_EQ(invalid.status, 400);
  EXPECT_THAT(text(invalid, "detail"), StartsWith("invalid policy: "));
  EXPECT_EQ(create(base + "?name=" + std::string(300, 'n'), kOpa, "x").status, 400);
  EXPECT_EQ(create(base + "?name=%ff", kOpa, "x").status, 400);
  EXPECT_TRUE(store_.policies("0", "")->empty()) << "nothing of that is stored";
  EXPECT_EQ(text(call({"GET", base + "/1234"}), "detail"), "bad UUID \"1234\"");
  EXPECT_THAT(text(call({"POST", base + "/00000000-0000-0000-0000-000000000000/activate"}), "detail"), StartsWith("no policy found with UUID \"00000000-"));
  EXPECT_EQ(call({"DELETE", base}).status, 404);
  EXPECT_EQ(call({"GET", base, {{"Accept", "text/html"}}}).status, 406);
  EXPECT_EQ(create("/management/v1/policy/CCA_SSD_PLATFORM", kOpa, "x").status, 201) << "CCA's name of 2023";
  EXPECT_EQ(store_.policies("0", "ARM_CCA")->size(), 1U);
}

TEST_F(FrontTest, ListenersOfferWhatTheyShould) {
  front_.offers = {Offer{.interfaces = kVerification}, Offer{.interfaces = kProvisioning | kManagement, .tenant = "other"}};
  net::Incoming request{.method = "POST", .path = "/challenge-response/v1/newSession", .id = "test"};
  EXPECT_EQ(answer(front_, request).status, 201);
  request.listener = 1;
  EXPECT_EQ(answer(front_, request).status, 404);
  request.listener = 2;
  EXPECT_EQ(answer(front_, request).status, 404);
  net::Incoming submission{.method = "POST", .path = "/endorsement-provisioning/v1/submit", .headers = {{"Content-Type", std::string{kCorimType}}}, .body = testing::vector_bytes("veraison/v0.0.2502/psa-endorsements.cbor"), .id = "test", .listener = 1};
  EXPECT_EQ(answer(front_, submission).status, 200);
  EXPECT_EQ(store_.list("other")->size(), 1U);
  EXPECT_TRUE(store_.list("0")->empty());
  submission.listener = 0;
  EXPECT_EQ(answer(front_, submission).status, 404);
}

TEST_F(FrontTest, WhoMayNotChangesNothing) {
  front_.admit = [](const net::Incoming&, Role role) { return role == Role::manager ? Admission{.refusal = net::problem(403, "no")} : Admission{.refusal = net::problem(401, "who?")}; };
  EXPECT_EQ(submit(kCorimType, testing::vector_bytes("veraison/v0.0.2502/psa-endorsements.cbor")).status, 401);
  EXPECT_EQ(call({"GET", "/management/v1/policy/PSA_IOT"}).status, 403);
  EXPECT_EQ(call({"GET", "/management/v1/nope"}).status, 404);
  EXPECT_EQ(call({"POST", "/challenge-response/v1/newSession"}).status, 201) << "verification is open";
  EXPECT_TRUE(store_.list("0")->empty());
}

TEST_F(FrontTest, FiguresForPrometheus) {
  done(front_, {.method = "POST", .path = "/challenge-response/v1/newSession"}, 201, std::chrono::microseconds{1500});
  done(front_, {.method = "GET", .path = "/etc/passwd\"}"}, 404, std::chrono::microseconds{10});
  static_cast<void>(open_session());
  const std::string figures{as_text(call({"GET", "/metrics"}).body)};
  EXPECT_THAT(figures, HasSubstr("assay_requests_total{interface=\"verification\",status=\"201\"} 1\n"));
  EXPECT_THAT(figures, HasSubstr("assay_requests_total{interface=\"other\",status=\"404\"} 1\n"));
  EXPECT_THAT(figures, HasSubstr("assay_request_seconds_bucket{interface=\"verification\",le=\"0.0025\"} 1\n"));
  EXPECT_THAT(figures, HasSubstr("assay_sessions_open 1\n"));
}

TEST_F(FrontTest, WhatTheStoreHolds) {
  ASSERT_EQ(text(submit(kCorimType, testing::vector_bytes("veraison/v0.0.2502/psa-endorsements.cbor")), "status"), "success");
  ASSERT_EQ(call({"POST", "/management/v1/policy/PSA_IOT", {{"Content-Type", "application/vnd.veraison.policy.opa"}}, to_bytes("package policy")}).status, 201);
  const net::Answer shown = call({"GET", "/assay/v1/store"});
  ASSERT_EQ(shown.status, 200);
  const json::Value body = body_of(shown);
  EXPECT_EQ(body.object()->find("corims")->array()->size(), 1U);
  EXPECT_EQ(body.object()->find("trust-anchors")->array()->size(), 1U);
  EXPECT_EQ(body.object()->find("endorsements")->array()->size(), 3U);
  EXPECT_EQ(body.object()->find("policies")->array()->size(), 1U);
  EXPECT_THAT(as_text(shown.body), HasSubstr("\"measurement-value\""));
  EXPECT_EQ(call({"DELETE", "/assay/v1/store"}).status, 204);
  EXPECT_TRUE(store_.list("0")->empty());
  EXPECT_TRUE(store_.policies("0", "")->empty());
  front_.admit = [](const net::Incoming&, Role role) { return role == Role::manager ? Admission{.refusal = net::problem(403, "no")} : Admission{}; };
  EXPECT_EQ(call({"DELETE", "/assay/v1/store"}).status, 403);
}

}  // namespace
}  // namespace assay::front
