// Who vouches for endorsements, since when, and for what kind of evidence.
#include <algorithm>
#include <filesystem>

#include "appraise/scheme.h"
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
constexpr corim::Uuid kUuid{1, 2, 3, 4, 5, 6, 0x40, 8, 0x80};

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
  void write_corim(const std::string& name, const corim::Corim& corim) { write(name, as_text(corim::write_corim(corim, corim.generation).value())); }
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
  EXPECT_FALSE(has(keyed.out, "(cca.cbor: CoMID")) << keyed.out;
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
  EXPECT_TRUE(has(*run_json({"--endorsements", "all"}).find("warnings")->array()->front().text(), "left out: all/old.cbor"));

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

// With one CoMID changed.
template <class Change>
corim::Corim changed(corim::Corim corim, std::size_t index, Change change) {
  corim::Comid comid = corim::read_comid(corim.tags[index].content).value();
  change(comid);
  corim.tags[index].content = corim::write_comid(comid, corim.generation).value();
  return corim;
}

TEST_F(VerifyEndorsements, ConditionsThatNobodyComparesAreNamedOrLeaveAStatementOut) {
  struct Row {
    const char* what;
    void (*change)(corim::ValueTriple& triple);
    const char* warning;
    bool still_affirms;
  };
  const std::vector<Row> rows{
      {"nothing", [](corim::ValueTriple&) {}, "CoMID 0: not compared: vendor, model", true},
      {"the instance of this device", [](corim::ValueTriple& triple) { triple.environment.instance = corim::Ueid{testing::hex("01ceebae7b8927a3227e5303cf5e0f1f7b34bb542ad7250ac03fbcde36ec2f1508")}; }, "not compared: vendor, model", true},
      {"another's", [](corim::ValueTriple& triple) { triple.environment.instance = corim::Ueid{testing::hex("01ceebae7b8927a3227e5303cf5e0f1f7b34bb542ad7250ac03fbcde36ec2f1509")}; }, "not compared: vendor, model", false},
      {"an instance of another kind", [](corim::ValueTriple& triple) { triple.environment.instance = kUuid; }, "CoMID 0, reference value 0: left out: it counts only with its instance", false},
      {"a group", [](corim::ValueTriple& triple) { triple.environment.group = kUuid; }, "reference value 0: left out: it counts only with its group", false},
      {"layer and index", [](corim::ValueTriple& triple) { triple.environment.klass->layer = 1; triple.environment.klass->index = 2; }, "not compared: vendor, model, layer, index", true},
      {"an svn", [](corim::ValueTriple& triple) { triple.measurements[0].value.svn = corim::Svn{true, 7}; }, "svn", true},
      {"a version beside that of the key, and flags", [](corim::ValueTriple& triple) { triple.measurements[0].value.version = corim::Version{"9", {}}; triple.measurements[0].value.flags.emplace().at(3) = true; }, "version, flags", true},
      {"a serial number", [](corim::ValueTriple& triple) { triple.measurements[0].value.serial_number = "7"; }, "measurement 0: left out: it counts only with its serial-number", false},
      {"somebody's authority", [](corim::ValueTriple& triple) { triple.measurements[0].authorized_by = {{corim::CryptoKey::Kind::bytes, Bytes(32, 1)}}; }, "measurement 0: left out: it counts only with its authorized-by", false},
  };
  for (const Row& row : rows) {
    write_corim("changed.cbor", changed(sample(), 0, [&](corim::Comid& comid) { row.change(comid.triples.reference_values.at(0)); }));
    const Outcome outcome = run({"--endorsements", "changed.cbor"});
    EXPECT_TRUE(has(outcome.out, row.warning)) << row.what << ": " << outcome.out << outcome.err;
    EXPECT_EQ(outcome.status, row.still_affirms ? 0 : 1) << row.what << ": " << outcome.out;
    // Released verifiers look at none of it.
    EXPECT_EQ(run({"--endorsements", "changed.cbor", "--rule", "veraison-2026"}).status, 0) << row.what;
  }
}

// Generation D has them.
TEST_F(VerifyEndorsements, AKeyWithConditionsIsLeftOut) {
  const auto key = crypto::public_key_from_any(vector_bytes("evcli/tests/psa-key.jwk")).value();
  auto drafts = appraise::scheme_by_name("psa")->endorse(vector_bytes("evcli/tests/psa-p2.cbor"), &key, corim::Generation::d).value();
  corim::Comid& comid = drafts.at(0).comid;
  const auto status = [&](std::vector<std::string> more, std::string* out) {
    comid.identity.id = "keys";
    corim::Corim corim;
    corim.id = "all";
    corim.generation = corim::Generation::d;
    corim.profile = std::string{drafts.at(0).profile};
    corim.tags.push_back({corim::TagKind::comid, corim::write_comid(comid, corim::Generation::d).value()});
    write_corim("keys.cbor", corim);
    more.insert(more.begin(), {"--endorsements", "keys.cbor"});
    const Outcome outcome = run(more, "@evcli/tests/psa-p2.cbor");
    *out = outcome.out + outcome.err;
    return outcome.status;
  };
  std::string out;
  EXPECT_EQ(status({}, &out), 0) << out;
  comid.triples.attest_keys.at(0).condition = corim::KeyTriple::Condition{{}, {{corim::CryptoKey::Kind::bytes, Bytes(32, 1)}}, {}};
  EXPECT_EQ(status({}, &out), 4) << out;
  EXPECT_TRUE(has(out, "CoMID 0, attestation key 0: left out: it counts only with its conditions of the key")) << out;
  EXPECT_NE(status({"--rule", "veraison-2025"}, &out), 4) << out;
  EXPECT_TRUE(has(out, "not compared: conditions of the key")) << out;
}

TEST_F(VerifyEndorsements, FindingsNameWhatDiffers) {
  const auto with = [&](auto change) {
    write_corim("changed.cbor", changed(sample(), 0, [&](corim::Comid& comid) { change(comid.triples.reference_values.at(0)); }));
    return std::vector<std::string>{"--endorsements", "changed.cbor"};
  };
  const auto version = with([](corim::ValueTriple& triple) { std::get<corim::PsaRefvalId>(*triple.measurements[0].key).version = "9.9"; });
  const Outcome outcome = run(version);
  EXPECT_TRUE(has(outcome.out, "the measurement is known, but with another version\n")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7, version 2.1.0\n")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, ", version 9.9, signer ")) << outcome.out;
  const json::Object report = run_json(version);
  const auto& findings = *report.find("findings")->array();
  const auto found = std::ranges::find_if(findings, [](const json::Value& one) { return *one.object()->find("id")->text() == "psa.reference.component"; });
  ASSERT_NE(found, findings.end());
  EXPECT_TRUE(has(*found->object()->find("actual")->text(), ", version 2.1.0"));
  EXPECT_TRUE(has(*found->object()->find("expected")->text(), "version 9.9"));
  const Outcome both = run(with([](corim::ValueTriple& triple) {
    auto& id = std::get<corim::PsaRefvalId>(*triple.measurements[0].key);
    id.label = "XX";
    id.signer_id = Bytes(32, 7);
  }));
  EXPECT_TRUE(has(both.out, "but with another type and signer\n")) << both.out;
  EXPECT_TRUE(has(both.out, ", type BL, signer ")) << both.out;

  // Another implementation: which are known?
  const Outcome other = run(with([](corim::ValueTriple& triple) { std::get<corim::ImplementationId>(*triple.environment.klass->id).value.back() = 0x32; }));
  EXPECT_TRUE(has(other.out, "FAILED       hardware")) << other.out;
  EXPECT_TRUE(has(other.out, "expected  61636d652d696d706c656d656e746174696f6e2d69642d303030303030303032 (changed.cbor: CoMID 0, reference value 0)")) << other.out;
  corim::Corim anchor = changed(sample(), 1, [](corim::Comid& comid) { std::get<corim::ImplementationId>(*comid.triples.attest_keys.at(0).environment.klass->id).value.back() = 0x32; });
  write_corim("changed.cbor", anchor);
  const Outcome foreign = run({"--endorsements", "changed.cbor"});
  EXPECT_TRUE(has(foreign.out, "expected  implementation 61636d652d696d706c656d656e746174696f6e2d69642d303030303030303032, instance 01ceeb")) << foreign.out;
}

TEST_F(VerifyEndorsements, StandardInputIsOneFile) {
  const Outcome outcome = call(run_verify, {"-", "--endorsements", "-"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(has(outcome.err, "standard input for two of the files")) << outcome.err;
  // What is shown can be given.
  const Outcome help = call(run_verify, {"--help"});
  EXPECT_TRUE(has(help.out, "--endorsements FILE ")) << help.out;
  EXPECT_FALSE(has(help.out, " ... ")) << help.out;
}

TEST_F(VerifyEndorsements, AChainThatEndsSaysWhoIsMissing) {
  write_signed("cut.cose", {}, {vector_bytes("x5chain/endEntity.der")});
  const Outcome outcome = run({"--endorsements", "cut.cose", "--endorsement-ca", "@x5chain/rootCA.der", "--at", "2027-01-01"});
  EXPECT_EQ(outcome.status, 4);
  const auto issuer = crypto::Certificate::from_der(vector_bytes("x5chain/intermediateCA.der")).value();
  EXPECT_TRUE(has(outcome.err, "expected the certificate of its issuer " + issuer.subject())) << outcome.err;
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
