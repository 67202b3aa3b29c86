#include "schemes/tpm_enacttrust/evidence.h"

#include <algorithm>

#include "crypto/key_formats.h"
#include "model/corim/comid.h"
#include "schemes/tpm_enacttrust/scheme.h"
#include "testing/testing.h"

namespace assay::tpm_enacttrust {
namespace {

using appraise::Rule;
using testing::fails;
using testing::ok;

const std::string kFolder = "veraison/v0.0.2608/tpm-enacttrust/";

Bytes file(const std::string& name) { return testing::vector_bytes(kFolder + name); }

appraise::Endorsements endorsed() {
  appraise::Endorsements all;
  EXPECT_TRUE(ok(appraise::add_corim(corim::read_corim(file("corim-enacttrust-mini.cbor")).value(), "f", appraise::all_schemes(), 1770000000, all)));
  return all;
}

appraise::Submod judged(const Bytes& evidence, const appraise::Endorsements& all, std::optional<ByteView> nonce = {}) {
  appraise::VerifyInput input{.evidence = evidence, .anchors = all.anchors};
  input.nonce = nonce;
  const auto verified = verify_evidence(input);
  EXPECT_TRUE(ok(verified));
  return appraise_evidence(*verified, all.references).submods.at(0);
}

int executables(const appraise::Submod& submod) { return submod.vector[ear::Claim::executables]; }

TEST(EnactTrust, TheSampleIsAffirmedByItsEndorsements) {
  for (const Rule rule : {Rule::assay, Rule::veraison_2025, Rule::veraison_2026}) {
    appraise::Endorsements all = endorsed();
    all.references.rule = rule;
    const appraise::Submod submod = judged(file("enacttrust.good.cbor"), all);
    EXPECT_EQ(executables(submod), 2);
    EXPECT_EQ(submod.status(), ear::Tier::affirming);
    EXPECT_EQ(json::print(*submod.annotated_evidence), R"({"node-id":"7df7714e-aa04-4638-bcbf-434b1dd720f1","firmware-version":7,"hash-algorithm":11,"pcr-selection":[1,2,3,4],"pcr-digest":"h0KPxSKAPTEGXnvOPPA/5HUJZjHl4Hu9eg/eYMTPJcc="})");
  }
}

TEST(EnactTrust, TheTokenOfTheTestsVerifiesWithItsKey) {
  const Bytes token = file("basic.token");
  const auto key = crypto::public_key_from_pem(testing::vector_text(kFolder + "basic.pem.pub")).value();
  const auto verified = verify_evidence({.evidence = token, .anchors = {{{}, {}, key, "k"}}});
  ASSERT_TRUE(ok(verified));
  EXPECT_TRUE(verified->claims && !verified->findings.has_failed("enacttrust"));
}

TEST(EnactTrust, AnotherDigestIsContraindicated) {
  appraise::Endorsements all = endorsed();
  all.references.pcrs.at(0).digest.value[0] ^= 1;
  const Bytes evidence = file("enacttrust.good.cbor");
  for (const Rule rule : {Rule::assay, Rule::veraison_2025, Rule::veraison_2026}) {
    all.references.rule = rule;
    const appraise::Submod submod = judged(evidence, all);
    EXPECT_EQ(executables(submod), 33);
    EXPECT_EQ(submod.status(), ear::Tier::contraindicated);
  }
  all.references.pcrs.clear();
  all.references.rule = Rule::assay;
  EXPECT_EQ(judged(evidence, all).status(), ear::Tier::warning) << "nothing to compare with";
  all.references.rule = Rule::veraison_2026;
  EXPECT_EQ(judged(evidence, all).status(), ear::Tier::contraindicated);
  all.references.rule = Rule::veraison_2025;
  EXPECT_EQ(judged(evidence, all).status(), ear::Tier::none);
}

TEST(EnactTrust, AnyOfSeveralDigestsWillDo) {
  appraise::Endorsements all = endorsed();
  auto other = all.references.pcrs.at(0);
  other.digest.value[0] ^= 1;
  all.references.pcrs.insert(all.references.pcrs.begin(), other);
  const Bytes evidence = file("enacttrust.good.cbor");
  EXPECT_EQ(executables(judged(evidence, all)), 2);
  all.references.rule = Rule::veraison_2025;
  EXPECT_EQ(executables(judged(evidence, all)), 0);
}

// The services never look at the nonce.
TEST(EnactTrust, ANonceIsCompared) {
  const appraise::Endorsements all = endorsed();
  const Bytes nonce(32, 7);
  const appraise::Submod submod = judged(file("enacttrust.good.cbor"), all, nonce);
  EXPECT_EQ(executables(submod), 99);
}

TEST(EnactTrust, KeysAreTheNodes) {
  appraise::Endorsements all = endorsed();
  const Bytes evidence = file("enacttrust.good.cbor");
  all.anchors.at(0).instance_id->back() ^= 1;
  EXPECT_EQ(static_cast<int>(judged(evidence, all).vector[ear::Claim::instance_identity]), 97);
  all = endorsed();
  Bytes changed = evidence;
  changed.at(40) ^= 1;  // the clock
  EXPECT_EQ(executables(judged(changed, all)), 99);
}

// There, 16 + length is compared in 16 bits, which wraps.
TEST(EnactTrust, LengthsAreThoseOfTheBytes) {
  const Bytes good = file("enacttrust.good.cbor");
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_TRUE(fails(parse_evidence(ByteView{good}.first(size)), Errc::malformed)) << size;
  for (const auto& [high, low] : {std::pair{0xff, 0xff}, {0xff, 0xf0}, {0x00, 0x98}, {0x00, 0x50}, {0x00, 0x00}}) {
    Bytes bad = good;
    bad[16] = static_cast<std::uint8_t>(high);
    bad[17] = static_cast<std::uint8_t>(low);
    EXPECT_TRUE(fails(parse_evidence(bad), Errc::malformed)) << high << low;
  }
  EXPECT_FALSE(parse_evidence(file("enacttrust.badnode.cbor"))) << "a UUID as text";
}

// A statement says no more than its author meant: what is not compared narrows it or is named. Released verifiers look at none of it.
TEST(EnactTrust, ConditionsThatNobodyComparesLeaveAStatementOut) {
  struct Row {
    const char* what;
    void (*change)(corim::Triples& triples);
    const char* warning;  // or what the note names
    bool takes_values, takes_key;
  };
  corim::Comid given;
  const corim::Corim corim = corim::read_corim(file("corim-enacttrust-mini.cbor")).value();
  for (const corim::Tag& tag : corim.tags) {
    const corim::Triples triples = corim::read_comid(tag.content).value().triples;
    std::ranges::copy(triples.reference_values, std::back_inserter(given.triples.reference_values));
    std::ranges::copy(triples.attest_keys, std::back_inserter(given.triples.attest_keys));
  }
  const auto take = [&](const corim::Comid& comid, appraise::Rule rule) {
    appraise::Endorsements all;
    EXPECT_TRUE(ok(take_comid({comid, 0, kCorim, "f", corim::Generation::d, rule}, all)));
    return all;
  };
  const Row rows[] = {
      {"values of a group", [](corim::Triples& triples) { triples.reference_values.at(0).environment.group = corim::Uuid{}; }, "reference value 0: left out: it counts only with its group", false, true},
      {"values with an unknown condition", [](corim::Triples& triples) { triples.reference_values.at(0).environment.unknown = {{7, Bytes{0xf6}}}; }, "reference value 0: left out: it counts only with its unknown members of the environment", false, true},
      {"values by somebody's authority", [](corim::Triples& triples) { triples.reference_values.at(0).measurements.at(0).authorized_by = {{corim::CryptoKey::Kind::bytes, Bytes(32, 1)}}; }, "reference value 0, measurement 0: left out: it counts only with its authorized-by", false, true},
      {"values of one address", [](corim::Triples& triples) { triples.reference_values.at(0).measurements.back().value.ip_addr = Bytes(16, 1); }, "left out: it counts only with its ip-addr", false, true},
      {"a name beside the digest", [](corim::Triples& triples) { triples.reference_values.at(0).measurements.at(0).value.name = "n"; }, "not compared: ", true, true},
      {"keys of a group", [](corim::Triples& triples) { triples.attest_keys.at(0).environment.group = corim::Uuid{}; }, "attestation key 0: left out: it counts only with its group", true, false},
      {"keys with an unknown condition", [](corim::Triples& triples) { triples.attest_keys.at(0).environment.unknown = {{7, Bytes{0xf6}}}; }, "attestation key 0: left out: it counts only with its unknown members of the environment", true, false},
      {"a key with conditions", [](corim::Triples& triples) { triples.attest_keys.at(0).condition = corim::KeyTriple::Condition{{}, {{corim::CryptoKey::Kind::bytes, Bytes(32, 1)}}, {}}; }, "attestation key 0: left out: it counts only with its conditions of the key", true, false},
  };
  for (const Row& row : rows) {
    corim::Comid comid = given;
    row.change(comid.triples);
    const appraise::Endorsements all = take(comid, appraise::Rule::assay);
    EXPECT_EQ(all.references.pcrs.empty(), !row.takes_values) << row.what;
    EXPECT_EQ(all.anchors.empty(), !row.takes_key) << row.what;
    const auto& said = row.takes_values && row.takes_key ? all.notes : all.warnings;
    EXPECT_EQ(said.size(), 1u) << row.what;
    EXPECT_NE(said.at(0).find(row.warning), std::string::npos) << row.what << ": " << said.at(0);
    const appraise::Endorsements theirs = take(comid, appraise::Rule::veraison_2026);
    EXPECT_TRUE(theirs.warnings.empty() && !theirs.anchors.empty()) << row.what;
    EXPECT_FALSE(theirs.references.pcrs.empty()) << row.what;
  }
}

}  // namespace
}  // namespace assay::tpm_enacttrust
