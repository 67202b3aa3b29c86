// Who vouches for endorsements, since when, and for what kind of evidence.
#include <algorithm>
#include <filesystem>

#include "apps/app_testing.h"
#include "apps/verify/verify_cli.h"
#include "codec/cbor/cbor.h"
#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "envelope/cose/cose.h"
#include "model/corim/signed.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;
using testing::vector_bytes;
using testing::vector_path;

constexpr const char* kUnsigned = "veraison/v0.0.2502/psa-endorsements.cbor";
constexpr const char* kNow = "2025-01-01T00:00:00Z";
constexpr UnixSeconds kNowSeconds = 1735689600;

class VerifyEndorsements : public testing::InOwnFolder {
 protected:
  // PSA evidence at kNow, with these endorsements.
  static Outcome run(std::vector<std::string> args, const char* evidence = "@veraison/v0.0.2502/psa-evidence.cbor") {
    args.insert(args.begin(), evidence);
    if (std::ranges::find(args, "--at") == args.end()) args.insert(args.end(), {"--at", kNow});
    for (std::string& word : args) {
      if (word.starts_with('@')) word = vector_path(word.substr(1)).string();
    }
    return call(run_verify, args);
  }
  static json::Object run_json(std::vector<std::string> args) {
    args.emplace_back("--json");
    const auto value = json::parse(run(std::move(args)).out);
    return value && value->object() != nullptr ? *value->object() : json::Object{};
  }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
  static corim::Corim sample() { return corim::read_corim(vector_bytes(kUnsigned)).value(); }
  void write_corim(const std::string& name, const corim::Corim& corim) { write(name, as_text(corim::write_corim(corim, corim::Generation::a).value())); }
  void write_signed(const std::string& name, std::optional<corim::Validity> validity, std::vector<Bytes> chain = {}) {
    const auto key = crypto::private_key_from_any(vector_bytes(chain.empty() ? "cocli/keys/ec-p256.jwk" : "x5chain/endEntity.key")).value();
    corim::SignCorimOptions options{.meta = {"ACME", {}, validity}, .kid = to_bytes("k1")};
    options.x5chain = std::move(chain);
    write(name, as_text(corim::sign_corim(vector_bytes(kUnsigned), key, options).value()));
  }
  // A header with CWT claims instead of corim-meta (draft 11).
  void write_with_claims(const std::string& name, std::initializer_list<std::pair<std::uint64_t, std::uint64_t>> times, bool has_meta = false) {
    cbor::Writer claims;
    claims.map(1 + times.size()).uint(1).text("ACME");
    for (const auto& [claim, time] : times) claims.uint(claim).uint(time);
    cose::SignOptions options;
    options.content_type = "application/rim+cbor";
    options.more_protected = {{15, std::move(claims).take()}};
    if (has_meta) options.more_protected.insert(options.more_protected.begin(), {8, testing::hex("49 a100a1006441434d45")});
    const auto key = crypto::private_key_from_any(vector_bytes("cocli/keys/ec-p256.jwk")).value();
    write(name, as_text(cose::sign_sign1(vector_bytes(kUnsigned), key, options).value()));
  }
};

TEST_F(VerifyEndorsements, WithAKeyOrCaOfSignersUnsignedOnesAreRefused) {
  for (const std::vector<std::string>& who : {std::vector<std::string>{"--endorsement-key", "@cocli/keys/ec-p256.jwk"}, {"--endorsement-ca", "@x5chain/rootCA.der"}}) {
    std::vector<std::string> args{"--endorsements", std::string{"@"} + kUnsigned};
    args.insert(args.end(), who.begin(), who.end());
    const Outcome refused = run(args);
    EXPECT_EQ(refused.status, 4) << refused.out;
    EXPECT_EQ(refused.out, "");
    EXPECT_TRUE(has(refused.err, "psa-endorsements.cbor: unsigned; expected")) << refused.err;
    EXPECT_TRUE(has(refused.err, "--allow-unsigned")) << refused.err;
    args.emplace_back("--allow-unsigned");
    const Outcome allowed = run(args);
    EXPECT_EQ(allowed.status, 0) << allowed.out << allowed.err;
    EXPECT_TRUE(has(allowed.out, "psa-endorsements.cbor: unsigned\n")) << allowed.out;
  }
  // Also in a folder, beside a signed one.
  std::filesystem::create_directory("all");
  write_signed("all/a.cose", {});
  write_corim("all/b.cbor", sample());
  EXPECT_EQ(run({"--endorsements", "all", "--endorsement-key", "@cocli/keys/ec-p256.jwk"}).status, 4);
}

TEST_F(VerifyEndorsements, TheReportSaysWhoVouchesForEachFile) {
  write_signed("signed.cose", {});
  write_signed("chain.cose", {}, {vector_bytes("x5chain/endEntity.der"), vector_bytes("x5chain/intermediateCA.der")});
  const std::vector<std::string> args{"--endorsements", std::string{"@"} + kUnsigned, "--endorsements", "signed.cose", "--endorsements", "chain.cose", "--endorsement-key", "@cocli/keys/ec-p256.jwk", "--endorsement-ca", "@x5chain/rootCA.der", "--allow-unsigned", "--at", "2027-01-01"};
  const Outcome outcome = run(args);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const std::string key = to_hex(crypto::public_key_from_any(vector_bytes("cocli/keys/ec-p256.jwk")).value().thumbprint());
  EXPECT_TRUE(has(outcome.out, "\nEndorsements\n")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "psa-endorsements.cbor: unsigned\n")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "  signed.cose: signed by \"ACME\" (key " + key + ", kid \"k1\"), verified with ")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "ec-p256.jwk\n")) << outcome.out;
  const auto leaf = crypto::Certificate::from_der(vector_bytes("x5chain/endEntity.der")).value();
  const auto root = crypto::Certificate::from_der(vector_bytes("x5chain/rootCA.der")).value();
  EXPECT_TRUE(has(outcome.out, "  chain.cose: signed by \"ACME\" (certificate " + leaf.subject() + ", kid \"k1\"), verified with CA " + root.subject() + "\n")) << outcome.out;

  const json::Object report = run_json(args);
  const json::Array& files = *report.find("endorsements")->array();
  ASSERT_EQ(files.size(), 3u);
  EXPECT_FALSE(*files[0].object()->find("signed")->boolean());
  EXPECT_TRUE(*files[1].object()->find("signed")->boolean());
  EXPECT_EQ(*files[1].object()->find("key-thumbprint")->text(), key);
  EXPECT_EQ(*files[1].object()->find("signer")->text(), "ACME");
  EXPECT_EQ(*files[2].object()->find("certificate")->text(), leaf.subject());
  EXPECT_EQ(*files[2].object()->find("verified-with")->text(), root.subject());
}

TEST_F(VerifyEndorsements, ASignatureCountsInItsTime) {
  const std::vector<std::string> with_key{"--endorsement-key", "@cocli/keys/ec-p256.jwk", "--endorsements"};
  const auto at_now = [&](const std::string& file) {
    std::vector<std::string> args = with_key;
    args.push_back(file);
    return run(args);
  };
  write_signed("good.cose", corim::Validity{kNowSeconds, kNowSeconds});
  EXPECT_EQ(at_now("good.cose").status, 0);
  write_signed("old.cose", corim::Validity{{}, kNowSeconds - 1});
  const Outcome old = at_now("old.cose");
  EXPECT_EQ(old.status, 4);
  EXPECT_TRUE(has(old.err, "old.cose: signature: not valid after 2024-12-31T23:59:59Z, and it is 2025-01-01T00:00:00Z; --at TIME appraises as of another time")) << old.err;
  write_signed("early.cose", corim::Validity{kNowSeconds + 1, kNowSeconds + 2});
  EXPECT_TRUE(has(at_now("early.cose").err, "signature: not valid before 2025-01-01T00:00:01Z")) << at_now("early.cose").err;
  // By chain as well.
  write_signed("chain.cose", corim::Validity{{}, kNowSeconds}, {vector_bytes("x5chain/endEntity.der"), vector_bytes("x5chain/intermediateCA.der")});
  EXPECT_TRUE(has(run({"--endorsements", "chain.cose", "--endorsement-ca", "@x5chain/rootCA.der", "--at", "2027-01-01"}).err, "signature: not valid after")) << "chain";
  // Who is not trusted is refused for that.
  const Outcome foreign = run({"--endorsements", "old.cose", "--endorsement-key", "@psatoken/rfc9783/tfm-es-iak.pem"});
  EXPECT_TRUE(has(foreign.err, "verification error")) << foreign.err;
}

TEST_F(VerifyEndorsements, CwtClaimsHaveTimesToo) {
  const auto status = [&](std::initializer_list<std::pair<std::uint64_t, std::uint64_t>> times, bool has_meta = false) {
    write_with_claims("claims.cose", times, has_meta);
    return run({"--endorsements", "claims.cose", "--endorsement-key", "@cocli/keys/ec-p256.jwk"}).status;
  };
  constexpr auto kAt = static_cast<std::uint64_t>(kNowSeconds);
  EXPECT_EQ(status({}), 0);
  EXPECT_EQ(status({{4, kAt}}), 0);
  EXPECT_EQ(status({{4, kAt - 1}}), 4);
  EXPECT_EQ(status({{5, kAt}}), 0);
  EXPECT_EQ(status({{5, kAt + 1}}), 4) << "nbf without exp";
  EXPECT_EQ(status({{4, kAt + 9}, {5, kAt + 1}}), 4);
  // Beside a corim-meta that has no end.
  EXPECT_EQ(status({{4, kAt}}, true), 0);
  EXPECT_EQ(status({{4, kAt - 1}}, true), 4);
}

TEST_F(VerifyEndorsements, ACorimVouchesForItsOwnSchemeOnly) {
  std::string bytes = testing::vector_text(kUnsigned);
  const std::string from = "http://arm.com/psa/iot/1";
  ASSERT_NE(bytes.find(from), std::string::npos);
  bytes.replace(bytes.find(from), from.size(), "http://arm.com/cca/ssd/1");
  write("cca.cbor", bytes);
  const Outcome outcome = run({"--endorsements", "cca.cbor"});
  EXPECT_EQ(outcome.status, 4) << outcome.out << outcome.err;
  EXPECT_TRUE(has(outcome.out, "FAILED       verification key")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "The endorsements given are for Arm CCA, and this is Arm PSA evidence")) << outcome.out;
  // The key from elsewhere, the reference values still of the other scheme.
  const Outcome keyed = run({"--endorsements", "cca.cbor", "--endorsements", std::string{"@"} + kUnsigned});
  EXPECT_EQ(keyed.status, 0) << keyed.out;
  EXPECT_FALSE(has(keyed.out, "cca.cbor: CoMID")) << keyed.out;
}

TEST_F(VerifyEndorsements, OneFileTooOldDoesNotSpoilAFolder) {
  corim::Corim old = sample();
  old.validity = corim::Validity{{}, kNowSeconds - 1};
  std::filesystem::create_directory("all");
  write_corim("all/old.cbor", old);
  const Outcome nothing = run({"--endorsements", "all"});
  EXPECT_EQ(nothing.status, 4) << "nobody's key is left";
  write_corim("all/young.cbor", sample());
  const Outcome outcome = run({"--endorsements", "all"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(has(outcome.out, "warning: left out: all/old.cbor: validity: not valid after 2024-12-31T23:59:59Z, and it is 2025-01-01T00:00:00Z\n")) << outcome.out;
  EXPECT_FALSE(has(outcome.out, "old.cbor: unsigned")) << outcome.out;
  EXPECT_EQ(run_json({"--endorsements", "all"}).find("warnings")->array()->size(), 1u);

  const Outcome named = run({"--endorsements", "all/old.cbor"});
  EXPECT_EQ(named.status, 4);
  EXPECT_TRUE(has(named.err, "all/old.cbor: validity: not valid after 2024-12-31T23:59:59Z, and it is 2025-01-01T00:00:00Z; --at TIME appraises as of another time\n")) << named.err;
  EXPECT_EQ(run({"--endorsements", "all/old.cbor", "--at", "2024-12-31"}).status, 0) << "a date is its midnight";
  EXPECT_EQ(run({"--endorsements", "all/old.cbor", "--at", "2025-01-01"}).status, 4);
  EXPECT_EQ(run({"--endorsements", "all/old.cbor", "--at", "2025-13-01"}).status, 3);
}

TEST_F(VerifyEndorsements, TwoTagsOfOneNameThatDifferAreWarnedOf) {
  write_corim("a.cbor", sample());
  write_corim("b.cbor", sample());
  const std::vector<std::string> args{"--endorsements", "a.cbor", "--endorsements", "b.cbor"};
  EXPECT_FALSE(has(run(args).out, "says something else")) << run(args).out;
  corim::Corim other = sample();
  corim::Comid comid = corim::read_comid(other.tags[0].content).value();
  comid.language = "de";
  other.tags[0].content = corim::write_comid(comid, corim::Generation::a).value();
  write_corim("b.cbor", other);
  const Outcome outcome = run(args);
  EXPECT_TRUE(has(outcome.out, "warning: b.cbor: CoMID 0: it has the id ")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "of a.cbor: CoMID 0, but says something else")) << outcome.out;
  // Another version is another tag.
  ++comid.identity.version;
  other.tags[0].content = corim::write_comid(comid, corim::Generation::a).value();
  write_corim("b.cbor", other);
  EXPECT_FALSE(has(run(args).out, "says something else"));
}

TEST_F(VerifyEndorsements, FilesOfAnotherKindAreNamed) {
  const auto says = [&](std::vector<std::string> args, std::string_view text) {
    const Outcome outcome = run(args);
    EXPECT_EQ(outcome.status, 3) << outcome.err;
    EXPECT_TRUE(has(outcome.err, text)) << outcome.err;
  };
  says({"--endorsements", "@cocli/gen-a/comid-templates/comid-psa-refval.json"}, "comid-psa-refval.json: JSON; expected a CoRIM in CBOR (`assay comid create` compiles a template");
  says({"--reference-values", std::string{"@"} + kUnsigned}, "psa-endorsements.cbor: CBOR; expected JSON; a CoRIM is for --endorsements");
  says({"--trust-anchors", "@cocli/gen-a/golden/signed-corim-psa-full-es256.cbor"}, "CBOR; expected JSON");
}

}  // namespace
}  // namespace assay
