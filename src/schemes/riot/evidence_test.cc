#include "schemes/riot/evidence.h"

#include "codec/der/der.h"
#include "model/corim/comid.h"
#include "schemes/riot/scheme.h"
#include "testing/testing.h"

namespace assay::riot {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;

constexpr UnixSeconds kNow = 1770000000;
const std::string kFolder = "veraison/v0.0.2608/riot/";

Bytes sample() { return testing::vector_bytes(kFolder + "evidence.pem"); }

appraise::TrustAnchors endorsed() {
  appraise::Endorsements all;
  EXPECT_TRUE(ok(appraise::add_corim(corim::read_corim(testing::vector_bytes(kFolder + "corim-riot-valid.cbor")).value(), "f", appraise::all_schemes(), kNow, all)));
  return all.anchors;
}

struct Asked {
  appraise::TrustAnchors anchors = {};
  std::vector<crypto::Certificate> roots = {};
  std::optional<ByteView> nonce = {};
  UnixSeconds now = kNow;
};
appraise::Verdict verdict(const Bytes& evidence, const Asked& asked) {
  const auto verified = verify_evidence({.evidence = evidence, .anchors = asked.anchors, .nonce = asked.nonce, .roots = asked.roots, .now = asked.now});
  EXPECT_TRUE(ok(verified));
  return appraise_evidence(*verified, {});
}
int identity(const appraise::Verdict& verdict) { return verdict.submods.at(0).vector[ear::Claim::instance_identity]; }
std::string why(const appraise::Verdict& verdict, std::string_view id) {
  const auto* finding = verdict.findings.find(id);
  return finding == nullptr ? "no finding" : finding->why;
}

// A device and its alias of our own, to be wrong in one place at a time.
struct Maker {
  crypto::PrivateKey device = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  crypto::PrivateKey signer = device;  // of the alias
  crypto::PublicKey named = device.public_key();
  crypto::PrivateKey alias = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  std::string issuer = "device";
  Bytes device_constraints = hex("3003 0101ff");
  Bytes device_usage = hex("03020204");
  Bytes alias_constraints = hex("3000");
  Bytes alias_usage = hex("03020780");
  Bytes alias_purpose = hex("300a 06082b06010505070302");
  Bytes extra = {};  // one more extension of the alias
  bool has_explicit_tag = false;

  static Bytes name(std::string_view text) { return der::encode_sequence({der::encode(der::kSet, der::encode_sequence({hex("0603550403"), der::encode(der::kUtf8String, as_bytes(text))}))}); }
  static Bytes extension(std::string_view oid, const Bytes& value) { return der::encode_sequence({hex(oid), hex("0101ff"), der::encode(der::kOctetString, value)}); }
  static Bytes certificate(std::string_view issuer, std::string_view subject, const crypto::PublicKey& key, const crypto::PrivateKey& with, const Bytes& extensions) {
    const Bytes algorithm = hex("300a06082a8648ce3d040302");
    const Bytes from = der::encode(0x17, as_bytes("200101000000Z")), to = der::encode(0x17, as_bytes("300101000000Z"));
    const Bytes signed_part = der::encode_sequence({hex("a003020102"), hex("020101"), algorithm, name(issuer), der::encode_sequence({from, to}), name(subject), key.spki(), der::encode(0xa3, der::encode(der::kSequence, extensions))});
    const Bytes signature = der::ecdsa_to_der(crypto::sign(with, crypto::Sig::es256, signed_part).value(), 32).value();
    return der::encode_sequence({signed_part, algorithm, der::encode(der::kBitString, concat({Bytes{0}, signature}))});
  }
  Bytes alternative_name() const {
    const Bytes firmware = der::encode_sequence({hex("0609608648016503040201"), der::encode(der::kOctetString, Bytes(32, 7))});
    const Bytes composite = der::encode_sequence({hex("020101"), named.spki(), firmware});
    return der::encode_sequence({der::encode(0xa0, concat({hex("06066781050504 01"), has_explicit_tag ? der::encode(0xa0, composite) : composite}))});
  }
  Bytes device_certificate() const { return certificate("device", "device", device.public_key(), device, concat({extension("0603551d13", device_constraints), extension("0603551d0f", device_usage)})); }
  Bytes alias_certificate() const {
    const Bytes extensions = concat({extension("0603551d13", alias_constraints), extension("0603551d0f", alias_usage), extension("0603551d25", alias_purpose), extension("0603551d11", alternative_name()), extra});
    return certificate(issuer, "alias", alias.public_key(), signer, extensions);
  }
  Bytes evidence() const {
    std::string pem;
    for (const Bytes& der : {alias_certificate(), device_certificate()}) pem += "-----BEGIN CERTIFICATE-----\n" + to_base64(der) + "\n-----END CERTIFICATE-----\n";
    return to_bytes(pem);
  }
  // Where somebody does trust this device.
  Asked asked() const { return {.roots = {crypto::Certificate::from_der(device_certificate()).value()}}; }
};

TEST(Riot, TheSampleIsAffirmedByItsMakersCertificates) {
  const std::vector<crypto::Certificate> given = crypto::Certificate::from_pem(testing::vector_text(kFolder + "TrustAnchor.pem")).value();
  for (const Asked& asked : {Asked{.anchors = endorsed()}, Asked{.roots = given}, Asked{.roots = {given.front()}}}) {
    const appraise::Verdict found = verdict(sample(), asked);
    const appraise::Submod& submod = found.submods.at(0);
    EXPECT_EQ(identity(found), 2);
    EXPECT_EQ(submod.status(), ear::Tier::affirming);
    const std::string shown = json::print(*submod.annotated_evidence);
    EXPECT_NE(shown.find(R"("FWID":"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")"), std::string::npos);
    EXPECT_NE(shown.find(R"("DeviceID":"049f3466)"), std::string::npos);
    EXPECT_EQ(json::print(*submod.key_attestation), R"({"akpub":")" + to_base64url(parse_evidence(sample()).value().alias_key.spki()) + R"("})");
  }
  const appraise::Verdict other = verdict(sample(), {.roots = {given.back()}});
  EXPECT_EQ(identity(other), 99) << "the root's, and those in between are missing";
}

// The services add such a certificate to their roots: anybody attests.
TEST(Riot, ASelfSignedDeviceCertificateInTheEvidenceIsNoRoot) {
  const Maker maker;
  EXPECT_EQ(identity(verdict(maker.evidence(), maker.asked())), 2) << "good where somebody trusts it";
  EXPECT_EQ(identity(verdict(maker.evidence(), {})), 97);
  const appraise::Verdict found = verdict(maker.evidence(), {.anchors = endorsed()});
  EXPECT_EQ(identity(found), 99);
  EXPECT_NE(why(found, "riot.chain").find("certificate 0 of the chain"), std::string::npos) << why(found, "riot.chain");
  EXPECT_FALSE(found.submods.at(0).key_attestation || found.submods.at(0).annotated_evidence);
  // Nor does it become one behind a good chain.
  const Bytes both = concat({maker.evidence(), sample()});
  EXPECT_EQ(identity(verdict(both, {.anchors = endorsed()})), 99);
}

TEST(Riot, TheAliasIsTheDevicesAndNoAuthority) {
  const auto rejected = [](const Maker& maker, std::string_view reason) {
    const appraise::Verdict found = verdict(maker.evidence(), maker.asked());
    EXPECT_EQ(identity(found), 99) << reason;
    EXPECT_FALSE(found.submods.at(0).key_attestation) << reason;
    EXPECT_NE(why(found, "riot.signature").find(reason), std::string::npos) << why(found, "riot.signature");
  };
  Maker maker;
  maker.signer = maker.alias;
  rejected(maker, "");
  maker = {};
  maker.issuer = "devicf";
  rejected(maker, "its issuer is another");
  maker = {};
  maker.named = maker.alias.public_key();
  rejected(maker, "it names another device");
  maker = {};
  maker.alias_constraints = hex("30030101ff");
  rejected(maker, "the certificate of a CA");
  maker = {};
  maker.alias_usage = hex("03020204");
  rejected(maker, "a key that is not for signing");
  maker = {};
  maker.alias_purpose = hex("300a06082b06010505070301");
  rejected(maker, "a key that is not for authentication");
}

TEST(Riot, TheDeviceIsAnAuthority) {
  for (const auto& [constraints, usage, reason] : {std::tuple{"3000", "03020204", "no authority"}, {"30030101ff", "03020780", "not for certificates"}}) {
    Maker maker;
    maker.device_constraints = hex(constraints);
    maker.device_usage = hex(usage);
    const appraise::Verdict found = verdict(maker.evidence(), maker.asked());
    EXPECT_EQ(identity(found), 99);
    EXPECT_NE(why(found, "riot.chain").find(reason), std::string::npos) << why(found, "riot.chain");
  }
}

// A certificate that may have one authority below it has two here.
TEST(Riot, PathLengthsCountTheDevice) {
  const crypto::PrivateKey root = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  const auto with = [&](std::string_view constraints) {
    Maker maker;
    const Bytes usage = Maker::extension("0603551d0f", hex("03020204"));
    const Bytes device = Maker::certificate("root", "device", maker.device.public_key(), root, concat({Maker::extension("0603551d13", hex("30030101ff")), usage}));
    const Bytes above = Maker::certificate("root", "root", root.public_key(), root, concat({Maker::extension("0603551d13", hex(constraints)), usage}));
    std::string pem;
    for (const Bytes& der : {maker.alias_certificate(), device}) pem += "-----BEGIN CERTIFICATE-----\n" + to_base64(der) + "\n-----END CERTIFICATE-----\n";
    return identity(verdict(to_bytes(pem), {.roots = {crypto::Certificate::from_der(above).value()}}));
  };
  EXPECT_EQ(with("30030101ff"), 2);
  EXPECT_EQ(with("30060101ff020101"), 2);
  EXPECT_EQ(with("30060101ff020100"), 97);
}

TEST(Riot, CertificatesCountInTheirTime) {
  for (const UnixSeconds now : {UnixSeconds{1500000000}, UnixSeconds{1950000000}}) EXPECT_EQ(identity(verdict(sample(), {.anchors = endorsed(), .now = now})), 99) << now;
}

TEST(Riot, ANonceIsNeverAnswered) {
  const Bytes nonce(32, 1);
  const appraise::Verdict found = verdict(sample(), {.anchors = endorsed(), .nonce = nonce});
  EXPECT_EQ(identity(found), 99);
  EXPECT_FALSE(found.submods.at(0).key_attestation);
}

TEST(Riot, TheIdentityMayHaveTheTagThatItLacks) {
  Maker maker;
  maker.has_explicit_tag = true;
  EXPECT_EQ(identity(verdict(maker.evidence(), maker.asked())), 2);
  const Bytes good = maker.alternative_name();
  EXPECT_EQ(read_identity(good).value().firmware, Bytes(32, 7));
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_TRUE(fails(read_identity(ByteView{good}.first(size)), Errc::malformed)) << size;
}

TEST(Riot, RefusesOtherIdentities) {
  const Maker maker;
  const Bytes good = maker.alternative_name();
  EXPECT_TRUE(fails(read_identity(hex("3000")), Errc::missing, "no identity of a device"));
  EXPECT_TRUE(fails(read_identity(hex("30058203612e62")), Errc::missing, "no identity of a device")) << "a DNS name";
  const ByteView name = der::Reader{good}.any().value().content;
  EXPECT_TRUE(fails(read_identity(der::encode_sequence({name, name})), Errc::duplicate, "two identities"));
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = to_hex(good);
    text.replace(text.find(from), to.size(), to);
    return read_identity(hex(text));
  };
  EXPECT_TRUE(fails(changed("0201013059", "020102"), Errc::unsupported, "another version"));
  EXPECT_TRUE(fails(changed("608648016503040201", "608648016503040209"), Errc::unsupported, "hash algorithm"));
  EXPECT_TRUE(fails(changed("608648016503040201", "608648016503040202"), Errc::invalid, "a firmware id of 32 bytes"));
  EXPECT_TRUE(fails(changed("03420004", "03420005"), Errc::invalid, "device's key"));
  EXPECT_TRUE(fails(read_identity(concat({good, Bytes{0}})), Errc::malformed));
}

TEST(Riot, RefusesWhatItDoesNotRead) {
  Maker maker;
  maker.extra = Maker::extension("0603551d24", hex("3000"));
  EXPECT_TRUE(fails(parse_evidence(maker.evidence()), Errc::unsupported, "a critical extension that nobody here reads"));
  maker.extra = Maker::extension("0603551d0f", hex("03020780"));
  EXPECT_TRUE(fails(parse_evidence(maker.evidence()), Errc::duplicate, "2.5.29.15 twice"));
  EXPECT_TRUE(fails(parse_evidence(to_bytes("-----BEGIN CERTIFICATE-----\n" + to_base64(maker.device_certificate()) + "\n-----END CERTIFICATE-----\n")), Errc::missing, "one certificate"));
  const Bytes good = Maker{}.alias_certificate();
  EXPECT_TRUE(ok(read_shape(good)));
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(read_shape(ByteView{good}.first(size))) << size;
}

TEST(Riot, AFlippedOrMissingByteIsNeverAffirmed) {
  const Bytes good = sample();
  const appraise::TrustAnchors anchors = endorsed();
  const auto ders = [](ByteView bytes) {
    Bytes all;
    const auto chain = crypto::Certificate::from_pem(as_text(bytes));
    for (std::size_t i = 0; chain && i < chain->size(); ++i) append(all, (*chain)[i].der());
    return all;
  };
  const Bytes same = ders(good);
  const auto check = [&](ByteView bad, std::size_t at) {
    const auto verified = verify_evidence({.evidence = bad, .anchors = anchors, .now = kNow});
    if (!verified || ders(bad) == same) return;  // blanks around the certificates are nobody's
    EXPECT_NE(appraise_evidence(*verified, {}).submods.at(0).status(), ear::Tier::affirming) << at;
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    check(ByteView{good}.first(i), i);
    for (const int mask : {0x01, 0x20}) {
      Bytes bad = good;
      bad[i] = static_cast<std::uint8_t>(bad[i] ^ mask);
      check(bad, i);
    }
  }
}

// A statement says no more than its author meant: what is not compared narrows it or is named. Released verifiers look at none of it.
TEST(Riot, ConditionsThatNobodyComparesLeaveAStatementOut) {
  struct Row {
    const char* what;
    void (*change)(corim::Triples& triples);
    const char* warning;  // or what the note names
    bool takes_key;
  };
  const corim::Comid given = corim::read_comid(corim::read_corim(testing::vector_bytes(kFolder + "corim-riot-valid.cbor")).value().tags.at(0).content).value();
  const auto take = [&](const corim::Comid& comid, appraise::Rule rule) {
    appraise::Endorsements all;
    EXPECT_TRUE(ok(take_comid({comid, 0, kCorim, "f", corim::Generation::d, rule}, all)));
    return all;
  };
  const Row rows[] = {
      {"keys of one device", [](corim::Triples& triples) { triples.attest_keys.at(0).environment.instance = corim::Uuid{}; }, "attestation key 0: left out: it counts only with its instance", false},
      {"keys of a group", [](corim::Triples& triples) { triples.attest_keys.at(0).environment.group = corim::Uuid{}; }, "attestation key 0: left out: it counts only with its group", false},
      {"keys with an unknown condition", [](corim::Triples& triples) { triples.attest_keys.at(0).environment.unknown = {{7, Bytes{0xf6}}}; }, "attestation key 0: left out: it counts only with its unknown members of the environment", false},
      {"a key with conditions", [](corim::Triples& triples) { triples.attest_keys.at(0).condition = corim::KeyTriple::Condition{{}, {{corim::CryptoKey::Kind::bytes, Bytes(32, 1)}}, {}}; }, "attestation key 0: left out: it counts only with its conditions of the key", false},
      {"a layer", [](corim::Triples& triples) { triples.attest_keys.at(0).environment.klass->layer = 1; }, "not compared: layer", true},
  };
  for (const Row& row : rows) {
    corim::Comid comid = given;
    row.change(comid.triples);
    const appraise::Endorsements all = take(comid, appraise::Rule::assay);
    EXPECT_EQ(all.anchors.empty(), !row.takes_key) << row.what;
    const auto& said = row.takes_key ? all.notes : all.warnings;
    EXPECT_EQ(said.size(), 1u) << row.what;
    EXPECT_NE(said.at(0).find(row.warning), std::string::npos) << row.what << ": " << said.at(0);
    const appraise::Endorsements theirs = take(comid, appraise::Rule::veraison_2026);
    EXPECT_TRUE(theirs.warnings.empty() && !theirs.anchors.empty()) << row.what;
  }
}

}  // namespace
}  // namespace assay::riot
