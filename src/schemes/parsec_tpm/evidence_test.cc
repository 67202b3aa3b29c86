#include "schemes/parsec_tpm/evidence.h"

#include <algorithm>

#include "codec/cbor/cbor.h"
#include "model/corim/comid.h"
#include "schemes/parsec_tpm/scheme.h"
#include "testing/testing.h"

namespace assay::parsec_tpm {
namespace {

using appraise::Rule;
using testing::fails;
using testing::hex;
using testing::ok;

constexpr Rule kRules[] = {Rule::assay, Rule::veraison_2025, Rule::veraison_2026};
const std::string kFolder = "veraison/v0.0.2608/parsec-tpm/";
const std::string kOld = "veraison/v0.0.2502/parsec-tpm/";
const Bytes kClass = hex("cd1f0e5526f9460db9d8f7fde171787c");

Bytes sample() { return testing::vector_bytes(kFolder + "evidence.cbor"); }

appraise::Endorsements endorsed() {
  appraise::Endorsements all;
  EXPECT_TRUE(ok(appraise::add_corim(corim::read_corim(testing::vector_bytes(kFolder + "corim-parsec-tpm-valid.cbor")).value(), "f", appraise::all_schemes(), 1770000000, all)));
  return all;
}

appraise::Verdict verdict(const Bytes& evidence, const appraise::Endorsements& all, std::optional<ByteView> nonce = {}) {
  appraise::VerifyInput input{.evidence = evidence, .anchors = all.anchors};
  input.nonce = nonce;
  const auto verified = verify_evidence(input);
  EXPECT_TRUE(ok(verified));
  return appraise_evidence(*verified, all.references);
}
appraise::Submod judged(const Bytes& evidence, const appraise::Endorsements& all, std::optional<ByteView> nonce = {}) { return verdict(evidence, all, nonce).submods.at(0); }
int value(const appraise::Submod& submod, ear::Claim claim) { return submod.vector[claim]; }
int executables(const appraise::Submod& submod) { return value(submod, ear::Claim::executables); }

// Evidence of our own, to be wrong in one place at a time.
struct Maker {
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  Bytes key_id = hex("01aa");
  Bytes other_key_id = key_id;
  Bytes attributes = hex("00040072");
  bool name_is_right = true;
  bool kat_is_ours = true;
  Bytes extra_data = hex("0011");
  // Count, and the banks.
  Bytes selections = hex("00000001 000b 03 070000");
  Bytes quoted = Bytes(96, 0);

  static Bytes sized(ByteView bytes) { return concat({Bytes{static_cast<std::uint8_t>(bytes.size() >> 8), static_cast<std::uint8_t>(bytes.size())}, bytes}); }
  Bytes sign(ByteView message, const crypto::PrivateKey& with) const {
    const Bytes rs = crypto::sign(with, crypto::Sig::es256, message).value();
    return concat({hex("0018000b"), sized(ByteView{rs}.first(32)), sized(ByteView{rs}.last(32))});
  }
  Bytes attest(std::string_view type, ByteView body) const { return concat({hex("ff544347"), hex(type), sized({}), sized(extra_data), Bytes(25, 0), body}); }
  Bytes evidence() const {
    const Bytes point = key.public_key().point();
    const Bytes area = concat({hex("0023000b"), attributes, hex("0000 0010 0018000b 0003 0010"), sized(ByteView{point}.subspan(1, 32)), sized(ByteView{point}.subspan(33))});
    Bytes name = concat({hex("000b"), crypto::digest(crypto::Hash::sha256, area)});
    if (!name_is_right) name.back() ^= 1;
    const Bytes certified = attest("8017", concat({sized(name), sized({})}));
    const Bytes quote = attest("8018", concat({selections, sized(crypto::digest(crypto::Hash::sha256, quoted))}));
    const auto other = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
    cbor::Writer out;
    out.map(2).text("kat").map(5).text("tpmVer").text("2.0").text("kid").bytes(key_id);
    out.text("sig").bytes(sign(certified, kat_is_ours ? key : other)).text("pubArea").bytes(area).text("certInfo").bytes(certified);
    out.text("pat").map(4).text("tpmVer").text("2.0").text("kid").bytes(other_key_id).text("sig").bytes(sign(quote, key)).text("attestInfo").bytes(quote);
    return std::move(out).take();
  }
  appraise::Endorsements endorsements() const {
    appraise::Endorsements all;
    all.anchors.push_back({kClass, key_id, key.public_key(), "k"});
    for (std::uint64_t pcr = 0; pcr < 3; ++pcr) all.references.pcrs.push_back({kClass, pcr, {std::int64_t{1}, Bytes(32, 0)}, "r"});
    return all;
  }
};

TEST(ParsecTpm, TheSampleIsAffirmedByItsEndorsements) {
  appraise::Endorsements all = endorsed();
  for (const Rule rule : {Rule::assay, Rule::veraison_2026}) {
    all.references.rule = rule;
    const appraise::Submod submod = judged(sample(), all);
    EXPECT_EQ(submod.status(), ear::Tier::affirming);
    for (const ear::Claim claim : {ear::Claim::instance_identity, ear::Claim::hardware, ear::Claim::executables}) EXPECT_EQ(value(submod, claim), 2);
    ASSERT_TRUE(submod.key_attestation && submod.annotated_evidence);
    const auto key = parse_evidence(sample()).value().kat.key.key;
    EXPECT_EQ(json::print(*submod.key_attestation), R"({"akpub":")" + to_base64url(key.spki()) + R"("})");
    EXPECT_EQ(json::print(*submod.annotated_evidence).substr(0, 66), R"({"kat":{"tpmVer":"2.0","kid":"AYiFVFnuuemzSkbrSMs58vaqadoEUioybRI9)");
  }
}

// Of a measurement with two digests the verifier of 2025 keeps the last, which here is not that of the quoted bank.
TEST(ParsecTpm, OfSeveralDigestsThatOfTheBankCounts) {
  appraise::Endorsements all = endorsed();
  all.references.rule = Rule::veraison_2025;
  EXPECT_EQ(judged(sample(), all).status(), ear::Tier::none);
  std::erase_if(all.references.pcrs, [](const appraise::PcrReference& one) { return one.digest.value.size() != 32; });
  EXPECT_EQ(judged(sample(), all).status(), ear::Tier::affirming);
  all = endorsed();
  std::erase_if(all.references.pcrs, [](const appraise::PcrReference& one) { return one.digest.value.size() == 32; });
  EXPECT_EQ(executables(judged(sample(), all)), 33) << "SHA-384 says nothing of a bank of SHA-256";
}

TEST(ParsecTpm, EvidenceOfAnotherKeyIsNotBelieved) {
  const Bytes other = testing::vector_bytes(kOld + "evidence1.cbor");
  appraise::Endorsements all = endorsed();
  const appraise::Submod unknown = judged(other, all);
  EXPECT_EQ(value(unknown, ear::Claim::instance_identity), 97);
  all.anchors.at(0).instance_id = to_bytes(parse_evidence(other).value().key_id);
  const appraise::Submod wrong = judged(other, all);
  EXPECT_EQ(executables(wrong), 99);
  EXPECT_FALSE(wrong.key_attestation || unknown.key_attestation);
  EXPECT_FALSE(parse_evidence(testing::vector_bytes(kOld + "bad_evidence.cbor")));
}

TEST(ParsecTpm, OtherRegistersAreNotAffirmed) {
  for (const Rule rule : kRules) {
    const Maker maker;
    appraise::Endorsements all = maker.endorsements();
    all.references.rule = rule;
    EXPECT_EQ(judged(maker.evidence(), all).status(), ear::Tier::affirming);
    all.references.pcrs.at(1).digest.value[0] ^= 1;
    const appraise::Submod submod = judged(maker.evidence(), all);
    EXPECT_EQ(submod.status(), rule == Rule::assay ? ear::Tier::warning : ear::Tier::none);
    EXPECT_EQ(submod.key_attestation.has_value(), rule == Rule::assay);
    all.references.pcrs.clear();
    EXPECT_NE(judged(maker.evidence(), all).status(), ear::Tier::affirming) << "nothing to compare with";
    all = maker.endorsements();
    all.references.rule = rule;
    for (auto& one : all.references.pcrs) one.platform_id[0] ^= 1;
    EXPECT_NE(judged(maker.evidence(), all).status(), ear::Tier::affirming) << "another class";
    all = maker.endorsements();
    all.references.rule = rule;
    all.anchors.at(0).implementation_id.reset();
    EXPECT_NE(judged(maker.evidence(), all).status(), ear::Tier::affirming) << "no class";
  }
}

// The verifiers of the field compare what is quoted and never miss the rest.
TEST(ParsecTpm, EveryEndorsedRegisterIsQuotedAndEveryQuotedOneEndorsed) {
  Maker maker;
  maker.selections = hex("00000001 000b 03 030000");
  maker.quoted.resize(64);
  const auto found = verdict(maker.evidence(), maker.endorsements());
  EXPECT_EQ(executables(found.submods.at(0)), 33);
  EXPECT_NE(found.findings.find("parsec_tpm.reference.pcrs")->why.find("register 2 has a reference value and is not quoted"), std::string::npos);
  maker.selections = hex("00000001 000b 03 0f0000");
  maker.quoted.resize(128);
  const auto more = verdict(maker.evidence(), maker.endorsements());
  EXPECT_EQ(executables(more.submods.at(0)), 33);
  EXPECT_NE(more.findings.find("parsec_tpm.reference.pcrs")->why.find("register 3 has no reference value"), std::string::npos);
}

TEST(ParsecTpm, ARegisterMayHaveOneOfSeveralValues) {
  const Maker maker;
  appraise::Endorsements all = maker.endorsements();
  for (std::uint64_t pcr = 0; pcr < 3; ++pcr) all.references.pcrs.insert(all.references.pcrs.begin(), {kClass, pcr, {std::int64_t{1}, Bytes(32, 7)}, "other"});
  EXPECT_EQ(executables(judged(maker.evidence(), all)), 2);
  for (std::uint8_t i = 0; i < 20; ++i) {
    for (std::uint64_t pcr = 0; pcr < 3; ++pcr) all.references.pcrs.push_back({kClass, pcr, {std::int64_t{1}, Bytes(32, i)}, "many"});
  }
  EXPECT_EQ(executables(judged(maker.evidence(), all)), 33) << "bounded";
}

TEST(ParsecTpm, BanksAreTakenInTheirOrder) {
  Maker maker;
  maker.selections = hex("00000002 000b 03 070000 000c 03 010000");
  maker.quoted = concat({Bytes(96, 0), Bytes(48, 5)});
  appraise::Endorsements all = maker.endorsements();
  EXPECT_EQ(executables(judged(maker.evidence(), all)), 33);
  all.references.pcrs.push_back({kClass, 0, {std::int64_t{7}, Bytes(48, 5)}, "384"});
  EXPECT_EQ(executables(judged(maker.evidence(), all)), 2);
}

// The services never look at the nonce.
TEST(ParsecTpm, ANonceIsCompared) {
  const appraise::Endorsements all = endorsed();
  EXPECT_EQ(judged(sample(), all, hex("deadbeefdeadbeef")).status(), ear::Tier::affirming);
  for (const Bytes& nonce : {hex("deadbeefdeadbeee"), hex("deadbeef"), Bytes{}, Bytes(64, 0)}) {
    const appraise::Submod submod = judged(sample(), all, nonce);
    EXPECT_EQ(executables(submod), 99);
    EXPECT_FALSE(submod.key_attestation);
  }
}

TEST(ParsecTpm, TheAttestedKeyIsTheCertifiedOneAndStaysInTheTpm) {
  Maker maker;
  maker.name_is_right = false;
  EXPECT_EQ(executables(judged(maker.evidence(), maker.endorsements())), 99);
  maker = {};
  maker.kat_is_ours = false;
  EXPECT_EQ(executables(judged(maker.evidence(), maker.endorsements())), 99);
  for (const std::string attributes : {"00040070", "00040052", "00000000"}) {
    maker = {};
    maker.attributes = hex(attributes);
    const appraise::Submod submod = judged(maker.evidence(), maker.endorsements());
    EXPECT_EQ(value(submod, ear::Claim::instance_identity), 96) << attributes;
    EXPECT_FALSE(submod.key_attestation);
  }
}

TEST(ParsecTpm, RefusesWhatSaysNothing) {
  Maker maker;
  maker.other_key_id = hex("01ab");
  EXPECT_TRUE(fails(parse_evidence(maker.evidence()), Errc::invalid, "pat: kid 01ab"));
  maker = {};
  maker.selections = hex("00000001 000b 03 000000");
  EXPECT_TRUE(fails(parse_evidence(maker.evidence()), Errc::invalid, "a quote of no registers"));
  maker.selections = hex("00000000");
  EXPECT_TRUE(fails(parse_evidence(maker.evidence()), Errc::invalid, "a quote of no registers"));
  maker = {};
  maker.key_id = maker.other_key_id = Bytes(65, 1);
  EXPECT_TRUE(fails(parse_evidence(maker.evidence()), Errc::limit, "kid: 65 bytes"));
  EXPECT_TRUE(fails(parse_evidence(hex("a0")), Errc::missing, "no kat"));
  EXPECT_TRUE(fails(parse_evidence(hex("a1636b6174a0")), Errc::missing, "no tpmVer"));
  EXPECT_TRUE(fails(parse_evidence(hex("a1636b6174a16674706d56657263312e32")), Errc::unsupported, "tpmVer \"1.2\""));
  EXPECT_TRUE(fails(parse_evidence(concat({sample(), Bytes{0}})), Errc::malformed));
}

TEST(ParsecTpm, EveryPrefixIsRefused) {
  const Bytes good = sample();
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(parse_evidence(ByteView{good}.first(size))) << size;
}

// Texts of members that nobody signs ("tpmVer", the key's id in both maps) are structure: a change there is an error.
TEST(ParsecTpm, AFlippedByteIsNeverAffirmed) {
  const Bytes good = sample();
  const appraise::Endorsements all = endorsed();
  for (const Rule rule : kRules) {
    appraise::ReferenceValues references = all.references;
    references.rule = rule;
    for (std::size_t i = 0; i < good.size(); ++i) {
      for (const int mask : {0x01, 0x20, 0x80}) {
        Bytes bad = good;
        bad[i] = static_cast<std::uint8_t>(bad[i] ^ mask);
        const auto verified = verify_evidence({.evidence = bad, .anchors = all.anchors});
        if (!verified) continue;
        const appraise::Submod submod = appraise_evidence(*verified, references).submods.at(0);
        EXPECT_NE(submod.status(), ear::Tier::affirming) << i;
        EXPECT_FALSE(submod.key_attestation) << i;
      }
    }
  }
}

// A statement says no more than its author meant: what is not compared narrows it or is named. Released verifiers look at none of it.
TEST(ParsecTpm, ConditionsThatNobodyComparesLeaveAStatementOut) {
  struct Row {
    const char* what;
    void (*change)(corim::Triples& triples);
    const char* warning;  // or what the note names
    bool takes_values, takes_key;
  };
  corim::Comid given;
  const corim::Corim corim = corim::read_corim(testing::vector_bytes(kFolder + "corim-parsec-tpm-valid.cbor")).value();
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
      {"values of one device", [](corim::Triples& triples) { triples.reference_values.at(0).environment.instance = corim::Uuid{}; }, "reference value 0: left out: it counts only with its instance", false, true},
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
}  // namespace assay::parsec_tpm
