#include "schemes/cca/parsec.h"

#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"
#include "model/corim/corim.h"
#include "schemes/cca/parsec_evidence.h"
#include "schemes/cca/scheme.h"
#include "testing/testing.h"

namespace assay::parsec_cca {
namespace {

using appraise::Rule;
using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;

const std::string kNew = "veraison/v0.0.2608/parsec-cca/";
const std::string kOld = "veraison/v0.0.2502/parsec-cca/";
const Bytes kNonce = hex("0001020304050607");

Bytes sample() { return vector_bytes(kNew + "evidence.cbor"); }

// As they are shipped: with other signers than those of the sample, which the verifier of 2026 does not compare.
appraise::Endorsements shipped() {
  appraise::Endorsements all;
  EXPECT_TRUE(ok(appraise::add_corim(corim::read_corim(vector_bytes(kNew + "corim-parsec-cca-valid.cbor")).value(), "f", appraise::all_schemes(), 1770000000, all)));
  return all;
}

appraise::Endorsements endorsed() {
  appraise::Endorsements all = shipped();
  for (auto& platform : all.references.platforms) {
    for (auto& component : platform.components) component.signer_id.reset();
  }
  return all;
}

appraise::Submod judged(const Bytes& evidence, const appraise::Endorsements& all, std::optional<ByteView> nonce = {}) {
  appraise::VerifyInput input{.evidence = evidence, .anchors = all.anchors};
  input.nonce = nonce;
  const auto verified = verify_evidence(input);
  EXPECT_TRUE(ok(verified));
  auto verdict = appraise_evidence(*verified, all.references);
  EXPECT_EQ(verdict.submods.size(), 1u);
  return verdict.submods.at(0);
}
int value(const appraise::Submod& submod, ear::Claim claim) { return submod.vector[claim]; }

// The sample's claims, signed with keys of our own.
struct Maker {
  crypto::PrivateKey platform_key = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  crypto::PrivateKey realm_key = crypto::PrivateKey::generate(crypto::KeyKind::p384).value();
  crypto::PublicKey attested = crypto::PrivateKey::generate(crypto::KeyKind::p256).value().public_key();
  cca::EvidenceClaims claims = read();
  bool hash_is_right = true;
  cca::SignOptions options = {};

  static cca::EvidenceClaims read() {
    const Bytes bytes = sample();
    auto token = cca::parse_evidence(parse_evidence(bytes).value().token).value();
    return {std::move(token.platform), std::move(token.realm)};
  }
  Bytes kat() const {
    cbor::Writer out;
    out.tag(601).map(2).integer(10).bytes(kNonce).integer(8).map(1).integer(1).raw(crypto::to_cose_key(attested));
    return std::move(out).take();
  }
  Bytes evidence() {
    claims.realm->public_key = crypto::to_cose_key(realm_key.public_key());
    claims.realm->challenge = crypto::digest(crypto::Hash::sha512, kat());
    if (!hash_is_right) claims.realm->challenge->back() ^= 1;
    cbor::Writer out;
    out.map(2).text("kat").raw(kat()).text("pat").raw(cca::sign_evidence(claims, platform_key, realm_key, options).value());
    return std::move(out).take();
  }
  appraise::Endorsements endorsements() const {
    appraise::Endorsements all = endorsed();
    all.anchors.at(0).key = platform_key.public_key();
    return all;
  }
};

TEST(ParsecCca, TheSampleOf2026IsAffirmedByItsEndorsements) {
  appraise::Endorsements all = endorsed();
  for (const Rule rule : {Rule::assay, Rule::veraison_2026}) {
    all.references.rule = rule;
    const appraise::Submod submod = judged(sample(), all, kNonce);
    EXPECT_EQ(submod.status(), ear::Tier::affirming);
    for (const ear::Claim claim : {ear::Claim::instance_identity, ear::Claim::configuration, ear::Claim::executables, ear::Claim::hardware}) EXPECT_EQ(value(submod, claim), 2) << name(claim);
    ASSERT_TRUE(submod.key_attestation && submod.annotated_evidence);
    EXPECT_EQ(json::print(*submod.key_attestation), R"({"akpub":")" + to_base64url(parse_evidence(sample()).value().key.spki()) + R"("})");
    EXPECT_EQ(json::print(*submod.annotated_evidence).substr(0, 41), R"({"kat":{"nonce":"AAECAwQFBgc=","akpub":"M)");
  }
}

TEST(ParsecCca, ItsShippedEndorsementsHaveOtherSigners) {
  appraise::Endorsements all = shipped();
  EXPECT_EQ(value(judged(sample(), all), ear::Claim::executables), 33);
  all.references.rule = Rule::veraison_2026;
  EXPECT_EQ(value(judged(sample(), all), ear::Claim::executables), 2);
}

TEST(ParsecCca, TheSampleOf2025IsComparedAsItsTestsSay) {
  const Bytes evidence = vector_bytes(kOld + "evidence.cbor");
  const auto key = crypto::public_key_from_pem(testing::vector_text(kOld + "iak.pem")).value();
  appraise::Endorsements all;
  all.anchors.push_back({{}, {}, key, "k"});
  const cca::PlatformClaims claims = cca::parse_evidence(parse_evidence(evidence).value().token).value().platform;
  appraise::PlatformReference platform{*claims.implementation_id, {}, {{*claims.config}}, "r"};
  for (const auto& one : claims.software_components) platform.components.push_back({one.measurement_type, one.version, one.signer_id, *one.measurement_value, "r"});
  all.references.platforms.push_back(platform);
  for (const Rule rule : {Rule::assay, Rule::veraison_2025}) {
    all.references.rule = rule;
    all.references.platforms[0] = platform;
    const appraise::Submod good = judged(evidence, all, kNonce);
    EXPECT_EQ(value(good, ear::Claim::executables), 2);
    EXPECT_EQ(value(good, ear::Claim::configuration), 2);
    all.references.platforms[0].configs[0].value[0] ^= 1;
    EXPECT_EQ(value(judged(evidence, all), ear::Claim::configuration), 32);
    all.references.platforms[0].components[0].value[0] ^= 1;
    EXPECT_EQ(value(judged(evidence, all), ear::Claim::executables), 33);
  }
  EXPECT_FALSE(parse_evidence(vector_bytes(kOld + "bad_evidence.cbor")));
}

// The services never look at the nonce.
TEST(ParsecCca, ANonceIsCompared) {
  const appraise::Endorsements all = endorsed();
  const Bytes evidence = sample();
  const Bytes challenge = crypto::digest(crypto::Hash::sha512, parse_evidence(evidence).value().kat);
  for (const Bytes& nonce : {hex("0001020304050608"), hex("000102030405060700"), hex("00010203"), Bytes{}, challenge}) {
    const appraise::Submod submod = judged(sample(), all, nonce);
    EXPECT_EQ(value(submod, ear::Claim::executables), 99) << to_hex(nonce);
    EXPECT_FALSE(submod.key_attestation);
  }
}

TEST(ParsecCca, TheRealmVouchesForTheKeyAndThePlatformForTheRealm) {
  Maker maker;
  EXPECT_EQ(judged(maker.evidence(), maker.endorsements(), kNonce).status(), ear::Tier::affirming);
  maker.hash_is_right = false;
  appraise::Submod submod = judged(maker.evidence(), maker.endorsements());
  EXPECT_EQ(value(submod, ear::Claim::instance_identity), 99);
  EXPECT_FALSE(submod.key_attestation);
  maker = {};
  maker.options.bind = false;  // the platform's challenge stays that of the sample's realm
  submod = judged(maker.evidence(), maker.endorsements());
  EXPECT_EQ(value(submod, ear::Claim::instance_identity), 99);
  EXPECT_FALSE(submod.key_attestation);
  maker = {};
  submod = judged(maker.evidence(), endorsed());
  EXPECT_EQ(value(submod, ear::Claim::instance_identity), 99) << "another platform's key";
  EXPECT_FALSE(submod.key_attestation);
  appraise::Endorsements all = maker.endorsements();
  all.anchors.clear();
  EXPECT_EQ(value(judged(maker.evidence(), all), ear::Claim::instance_identity), 97);
}

TEST(ParsecCca, APlatformInDebugMakesTheKeyWorthless) {
  Maker maker;
  maker.claims.platform->lifecycle = 0x0000;
  const appraise::Submod submod = judged(maker.evidence(), maker.endorsements());
  EXPECT_EQ(submod.status(), ear::Tier::contraindicated);
}

// The services do not look into the realm; where somebody says what it should hold, it must.
TEST(ParsecCca, ReferenceValuesForRealmsCount) {
  Maker maker;
  const Bytes evidence = maker.evidence();
  appraise::Endorsements all = maker.endorsements();
  appraise::RealmReference realm{*maker.claims.realm->initial_measurement, {}, {}, "r"};
  all.references.realms.push_back(realm);
  EXPECT_EQ(judged(evidence, all).status(), ear::Tier::affirming);
  all.references.realms[0].initial_measurement[0] ^= 1;
  EXPECT_EQ(judged(evidence, all).status(), ear::Tier::warning);
  all.references.rule = Rule::veraison_2026;
  EXPECT_EQ(judged(evidence, all).status(), ear::Tier::affirming);
}

TEST(ParsecCca, RefusesWhatIsNotOneKeyAndOneNonce) {
  const std::string key = "a4010220012158209bffdba675332c9bbb5de2b2da09f818474a989ac20023f828c1620ba80f61d8225820c839c27230df019840d3a45c96186f8d07193ebc43a841e0dde2c463f64c4a15";
  const auto with = [](const std::string& kat) { return parse_evidence(hex("a2 636b6174" + kat + "63706174 00")); };
  EXPECT_TRUE(ok(with("d90259a20a48000102030405060708a101" + key)));
  EXPECT_TRUE(fails(with("d9025aa20a48000102030405060708a101" + key), Errc::unsupported, "tag 602"));
  EXPECT_TRUE(fails(with("d90259a20a470001020304050608a101" + key), Errc::invalid, "nonce: 7 bytes"));
  EXPECT_TRUE(fails(with("d90259a20a5841" + std::string(130, '0') + "08a101" + key), Errc::invalid, "nonce: 65 bytes"));
  EXPECT_TRUE(fails(with("d90259a20a48000102030405060708a102" + key), Errc::missing, "no COSE_Key"));
  EXPECT_TRUE(fails(with("d90259a10a480001020304050607"), Errc::missing, "no key"));
  EXPECT_TRUE(fails(with("d90259a108a101" + key), Errc::missing, "no nonce"));
  EXPECT_TRUE(fails(with("d90259a30a4800010203040506070a48000102030405060708a101" + key), Errc::duplicate, "map key 10 twice"));
  EXPECT_TRUE(fails(parse_evidence(hex("a0")), Errc::missing, "no kat"));
  EXPECT_TRUE(fails(parse_evidence(concat({sample(), Bytes{0}})), Errc::malformed));
}

TEST(ParsecCca, EveryPrefixIsRefused) {
  const Bytes good = sample();
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(verify_evidence({.evidence = ByteView{good}.first(size), .anchors = {}})) << size;
}

TEST(ParsecCca, AFlippedByteIsNeverAffirmed) {
  const Bytes good = sample();
  const appraise::Endorsements all = endorsed();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int mask : {0x01, 0x80}) {
      Bytes bad = good;
      bad[i] = static_cast<std::uint8_t>(bad[i] ^ mask);
      const auto verified = verify_evidence({.evidence = bad, .anchors = all.anchors});
      if (!verified) continue;
      const appraise::Submod submod = appraise_evidence(*verified, all.references).submods.at(0);
      EXPECT_NE(submod.status(), ear::Tier::affirming) << i;
      EXPECT_FALSE(submod.key_attestation) << i;
    }
  }
}

}  // namespace
}  // namespace assay::parsec_cca
