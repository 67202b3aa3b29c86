#include "schemes/tpm_enacttrust/evidence.h"

#include "crypto/key_formats.h"
#include "model/corim/corim.h"
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

}  // namespace
}  // namespace assay::tpm_enacttrust
