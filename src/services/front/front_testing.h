// A service without a network, for tests of its interfaces.
#pragma once

#include "crypto/key_formats.h"
#include "services/front/front.h"
#include "store/memory/memory_store.h"
#include "testing/testing.h"

namespace assay::front {

inline constexpr std::string_view kPsaType = "application/eat-cwt; profile=\"http://arm.com/psa/2.0.0\"";
inline constexpr std::string_view kCorimType = "application/corim-unsigned+cbor; profile=\"http://arm.com/psa/iot/1\"";
inline constexpr std::string_view kPsaNonce = "QUp8F0FBs9DpodKK8xUg8NQimf6sQAfe2J1ormzZLxk=";

struct Call {
  std::string method = "GET";
  std::string target;
  std::vector<net::Header> headers = {};
  Bytes body = {};
};

// Whether a text is Rego is the policy engine's business.
inline Result<void> takes_all_but_bad(std::string_view rules) { return rules.find("bad") == std::string_view::npos ? Result<void>{} : fail(Errc::invalid, "", "not Rego"); }

class FrontTest : public ::testing::Test {
 protected:
  net::Answer call(const Call& call) {
    net::Incoming request{.method = call.method, .path = call.target.substr(0, call.target.find('?')), .headers = call.headers, .body = call.body, .id = "test"};
    if (const std::size_t mark = call.target.find('?'); mark != std::string::npos) request.query = call.target.substr(mark + 1);
    return answer(front_, request);
  }
  json::Value body_of(const net::Answer& answer) { return json::parse(as_text(answer.body)).value_or(json::Value{}); }
  std::string text(const net::Answer& answer, std::string_view name) {
    const json::Value body = body_of(answer);
    const json::Value* found = body.object() != nullptr ? body.object()->find(name) : nullptr;
    return found != nullptr && found->text() != nullptr ? *found->text() : std::string{};
  }
  static std::string header(const net::Answer& answer, std::string_view name) {
    for (const net::Header& one : answer.headers) {
      if (one.name == name) return one.value;
    }
    return {};
  }
  std::string open_session(const std::string& query = "?nonceSize=32") {
    const net::Answer created = call({"POST", "/challenge-response/v1/newSession" + query});
    EXPECT_EQ(created.status, 201) << as_text(created.body);
    return "/challenge-response/v1/" + header(created, "Location");
  }
  net::Answer submit(std::string_view type, Bytes body) { return call({"POST", "/endorsement-provisioning/v1/submit", {{"Content-Type", std::string{type}}}, std::move(body)}); }

  UnixSeconds now_ = 1735689600;
  store::MemoryStore store_;
  std::shared_ptr<const crypto::Signer> key_ = crypto::soft_signer(crypto::PrivateKey::generate(crypto::KeyKind::p256).value()).value();
  Front front_{.verifier = {.store = store_, .schemes = appraise::all_schemes(), .key = [this] { return crypto::ActiveKey{.signer = key_, .kid = {}, .header_kid = {}}; }, .build = "test", .clock = [this] { return now_; }}, .intake = {.store = store_, .schemes = appraise::all_schemes()}, .management = {.store = store_, .schemes = appraise::all_schemes(), .check = takes_all_but_bad}, .coserv = {.store = store_, .schemes = appraise::all_schemes(), .key = [this] { return crypto::ActiveKey{.signer = key_, .kid = {}, .header_kid = {}}; }, .version = "test"}};
};

}  // namespace assay::front
