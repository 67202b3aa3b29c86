// CoRIMs of the Arm profiles in both dialects, against what the verifiers of the field make of them.
#include <map>
#include <set>
#include <sstream>

#include "appraise/endorsements.h"
#include "appraise/scheme.h"
#include "base/text.h"
#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "model/corim/text.h"
#include "testing/testing.h"

namespace assay::cca {
namespace {

using appraise::Endorsements;
using testing::ok;

constexpr UnixSeconds kThen = 1735689600;  // 2025-01-01, inside the validity of the samples

Result<Endorsements> take(const std::string& file) {
  Endorsements all;
  const Bytes bytes = testing::vector_bytes("corim/" + file);
  const corim::Corim corim = TRY(corim::read_corim(bytes));
  TRY(appraise::add_corim(corim, file, appraise::all_schemes(), kThen, all));
  return all;
}

std::string attribute(const json::Object& attributes, std::string_view name) {
  const json::Value* value = attributes.find(name);
  return value != nullptr && value->text() != nullptr ? *value->text() : "-";
}
// Of the TPM schemes: behind a prefix, which is not the same for all members of one.
std::string tpm_attribute(const json::Object& attributes, std::string_view name) {
  for (const auto& [member, value] : attributes) {
    if (member.ends_with("." + std::string{name})) return value.text() != nullptr ? *value.text() : json::print(value);
  }
  return "-";
}
// PEM differs in its line ends.
std::string one_line(std::string text) {
  std::erase(text, '\n');
  return text;
}
std::string b64(const std::optional<Bytes>& bytes) { return bytes ? to_base64(*bytes) : "-"; }

// One line for each endorsement as the services' rules give it …
std::multiset<std::string> theirs(const json::Object& file) {
  std::multiset<std::string> lines;
  for (const json::Value& one : *file.find("endorsements")->array()) {
    const json::Object& object = *one.object();
    const json::Object& a = *object.find("attributes")->object();
    std::string line = *object.find("store_key")->text();
    const bool tpm = object.find("scheme")->text()->find("TPM") != std::string::npos;
    if (tpm) {
      for (const char* name : {"ak-pub", "pcr", "digest", "alg-id"}) line += " " + one_line(tpm_attribute(a, name));
      lines.insert(line);
      continue;
    }
    for (const char* name : {"iak-pub", "measurement-value", "signer-id", "measurement-type", "version", "platform-config-id", "realm-initial-measurement", "rem0", "rem1", "rem2", "rem3", "realm-personalization-value"}) line += " " + one_line(attribute(a, name));
    lines.insert(line);
  }
  return lines;
}

// … and as ours do.
std::multiset<std::string> ours(const Endorsements& all, std::string_view scheme) {
  std::multiset<std::string> lines;
  const auto line = [&](std::string key, std::initializer_list<std::string> values) {
    for (const std::string& value : values) key += " " + value;
    lines.insert(key);
  };
  for (const auto& anchor : all.anchors) {
    const std::string pem = crypto::to_pem(std::get<crypto::PublicKey>(anchor.key));
    line(appraise::store_key(scheme, *anchor.implementation_id, anchor.instance_id), {one_line(pem), "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"});
  }
  for (const auto& platform : all.references.platforms) {
    const std::string key = appraise::store_key(scheme, platform.implementation_id);
    for (const auto& one : platform.components) line(key, {"-", to_base64(one.value), b64(one.signer_id), one.type.value_or("-"), one.version.value_or("-"), "-", "-", "-", "-", "-", "-", "-"});
    for (const auto& one : platform.configs) line(key, {"-", "-", "-", "-", "-", to_base64(one.value), "-", "-", "-", "-", "-", "-"});
  }
  for (const auto& realm : all.references.realms) {
    const auto& rem = realm.extensible_measurements;
    line(appraise::store_key(scheme, realm.initial_measurement), {"-", "-", "-", "-", "-", "-", to_base64(realm.initial_measurement), b64(rem[0]), b64(rem[1]), b64(rem[2]), b64(rem[3]), b64(realm.personalization_value)});
  }
  return lines;
}

corim::Uuid uuid_of(const Bytes& bytes) {
  corim::Uuid uuid{};
  EXPECT_EQ(bytes.size(), uuid.size());
  std::ranges::copy_n(bytes.begin(), 16, uuid.begin());
  return uuid;
}

// The same for the two TPM schemes.
std::multiset<std::string> ours_of_tpm(const Endorsements& all, const std::string& scheme) {
  std::multiset<std::string> lines;
  for (const auto& anchor : all.anchors) {
    const std::string key = scheme == "PARSEC_TPM" ? appraise::store_key(scheme, *anchor.instance_id) : appraise::store_key(scheme, uuid_of(*anchor.instance_id));
    EXPECT_EQ(anchor.implementation_id.has_value(), scheme == "PARSEC_TPM");
    lines.insert(key + " " + one_line(crypto::to_pem(std::get<crypto::PublicKey>(anchor.key))) + " - - -");
  }
  for (const auto& one : all.references.pcrs) {
    const std::string pcr = one.pcr ? std::to_string(*one.pcr) : "-";
    lines.insert(fmt::format("{} - {} {} {}", appraise::store_key(scheme, uuid_of(one.platform_id)), pcr, to_base64(one.digest.value), std::get<std::int64_t>(one.digest.algorithm)));
  }
  return lines;
}

TEST(Endorsements, AreThoseOfTheServices) {
  const json::Value expected = json::parse(testing::vector_text("corim/gen-a/services-v0.0.2502/expected-endorsements.json")).value();
  std::size_t files = 0;
  for (const auto& [name, value] : *expected.object()) {
    const json::Object& file = *value.object();
    const std::string scheme = *file.find("endorsements")->array()->front().object()->find("scheme")->text();
    const auto all = take("gen-a/services-v0.0.2502/" + name);
    ASSERT_TRUE(ok(all)) << name;
    EXPECT_EQ(scheme.find("TPM") != std::string::npos ? ours_of_tpm(*all, scheme) : ours(*all, scheme), theirs(file)) << name;
    ++files;
  }
  EXPECT_EQ(files, 18u);
}

TEST(Endorsements, AreRefusedInTheWordsOfTheServices) {
  std::istringstream lines{testing::vector_text("corim/expected.jsonl")};
  std::size_t old = 0;
  std::size_t later = 0;
  for (std::string text; std::getline(lines, text);) {
    const json::Value line = json::parse(text).value();
    const std::string file = *line.object()->find("file")->text();
    for (const char* release : {"services_v0_0_2502", "services_6b88102"}) {
      const json::Value* verdict = line.object()->find(release);
      if (verdict == nullptr) continue;
      // An untagged profile, of the generation before: read here.
      if (file.ends_with("corim-cca-platform-bad-refval-instance.cbor")) continue;
      const auto all = take(file);
      EXPECT_EQ(all.has_value(), *verdict->object()->find("ok")->boolean()) << file << ": " << (all ? "accepted" : all.error().text());
      const json::Value* part = verdict->object()->find("message_contains");
      const bool says_so = part == nullptr || all || all.error().text().find(*part->text()) != std::string::npos;
      EXPECT_TRUE(says_so) << file << ": " << (all ? "" : all.error().text()) << "\nexpected " << *part->text();
      ++(release == std::string{"services_v0_0_2502"} ? old : later);
    }
  }
  EXPECT_EQ(old, 46u);
  EXPECT_EQ(later, 54u);
}

TEST(Endorsements, BothNamesOfEnactTrust) {
  for (const std::string file : {"gen-a/services-v0.0.2502/tpm-enacttrust/unsignedCorimMiniComidTpmEnactTrustAKOne.cbor", "gen-d/services-6b88102/tpm-enacttrust/corim-enacttrust-valid.cbor"}) {
    corim::Corim corim = corim::read_corim(testing::vector_bytes("corim/" + file)).value();
    for (const std::string profile : {"http://enacttrust.com/veraison/1.0.0", "https://enacttrust.com/veraison/1.0.0"}) {
      corim.profile = profile;
      Endorsements all;
      EXPECT_TRUE(ok(appraise::add_corim(corim, "f", appraise::all_schemes(), kThen, all))) << file << profile;
      EXPECT_EQ(all.anchors.size(), 1u);
    }
  }
}

// A maker's certificates never are the key of a device.
TEST(Endorsements, CertificatesAreNoKeys) {
  const auto all = take("gen-d/services-6b88102/riot/corim-riot-valid.cbor");
  ASSERT_TRUE(ok(all));
  ASSERT_EQ(all->anchors.size(), 1u);
  EXPECT_EQ(all->anchors[0].maker, (appraise::Maker{"Veraison Project", "RIOT"}));
  EXPECT_FALSE(std::get<std::vector<crypto::Certificate>>(all->anchors[0].key).empty());
  EXPECT_TRUE(appraise::anchors_for(all->anchors, Bytes(32, 1), Bytes(33, 1)).empty());
}

TEST(Endorsements, TheLibrarysOwnCasesOfTheProfiles) {
  const std::string folder = "gen-d/corim-53b3014/";
  for (const std::string name : {"cca/cca-platform-invalid-digests", "cca/cca-platform-invalid-impl-id", "cca/cca-realm-invalid-missing-rim", "cca/cca-realm-invalid-rim-size", "psa/psa-invalid-attest-key", "psa/psa-invalid-impl-id"}) EXPECT_FALSE(take(folder + name + ".cbor")) << name;
  for (const std::string name : {"cca/cca-platform-valid", "cca/cca-realm-valid", "psa/psa-valid"}) EXPECT_TRUE(ok(take(folder + name + ".cbor"))) << name;
}

TEST(Endorsements, ATimeOutsideTheirValidityRefusesThem) {
  const Bytes bytes = testing::vector_bytes("corim/gen-a/services-v0.0.2502/end-to-end/psa-endorsements.cbor");
  corim::Corim corim = corim::read_corim(bytes).value();
  corim.validity = corim::Validity{kThen, kThen + 10};
  const auto at = [&](UnixSeconds now) {
    Endorsements all;
    return appraise::add_corim(corim, "f", appraise::all_schemes(), now, all);
  };
  EXPECT_TRUE(testing::fails(at(kThen - 1), Errc::stale, "not valid before 2025-01-01T00:00:00Z"));
  EXPECT_TRUE(ok(at(kThen)));
  EXPECT_TRUE(ok(at(kThen + 10)));
  EXPECT_TRUE(testing::fails(at(kThen + 11), Errc::stale, "not valid after 2025-01-01T00:00:10Z"));
}

TEST(Endorsements, AnErrorLeavesEverythingAsItWas) {
  const Bytes bytes = testing::vector_bytes("corim/gen-a/services-v0.0.2502/end-to-end/psa-endorsements.cbor");
  corim::Corim corim = corim::read_corim(bytes).value();
  corim.tags.push_back({corim::TagKind::comid, {0xa0}});
  Endorsements all;
  EXPECT_TRUE(testing::fails(appraise::add_corim(corim, "f", appraise::all_schemes(), kThen, all), Errc::missing, "CoMID"));
  EXPECT_TRUE(all.anchors.empty() && all.references.platforms.empty());
  corim.tags.back() = {corim::TagKind::coswid, {0xa0}};
  EXPECT_TRUE(ok(appraise::add_corim(corim, "f", appraise::all_schemes(), kThen, all)));
  EXPECT_EQ(all.notes.at(0), "f: CoMID 0: not compared: vendor, model");
  ASSERT_EQ(all.warnings.size(), 1u);
  EXPECT_NE(all.warnings[0].find("CoSWID, which no scheme uses"), std::string::npos);
}

corim::Measurement registers_of(std::initializer_list<std::pair<std::string, std::uint8_t>> values) {
  corim::Measurement measurement;
  measurement.value.integrity_registers.emplace();
  for (const auto& [name, fill] : values) measurement.value.integrity_registers->push_back({name, {{std::int64_t{1}, Bytes(32, fill)}}});
  return measurement;
}

Result<Endorsements> take_realm(std::vector<corim::Measurement> measurements) {
  corim::Comid comid;
  comid.identity.id = "t";
  corim::Environment environment;
  environment.instance = corim::TaggedBytes{Bytes(32, 1)};
  comid.triples.reference_values.push_back({environment, std::move(measurements)});
  Endorsements all;
  TRY(appraise::scheme_by_name("cca")->take_comid({comid, 0, "http://arm.com/cca/realm/1", "f"}, all));
  return all;
}

TEST(Endorsements, ARealmNeedsRegistersAndSharesNone) {
  const auto both = take_realm({registers_of({{"rim", 1}, {"REM0", 2}, {"rem3", 3}}), registers_of({{"Rim", 4}})});
  ASSERT_TRUE(ok(both));
  ASSERT_EQ(both->references.realms.size(), 2u);
  EXPECT_EQ(both->references.realms[0].extensible_measurements[3], Bytes(32, 3));
  for (const auto& rem : both->references.realms[1].extensible_measurements) EXPECT_FALSE(rem);
  EXPECT_TRUE(testing::fails(take_realm({corim::Measurement{}}), Errc::missing, "no integrity registers in measurement 0"));
  EXPECT_TRUE(testing::fails(take_realm({registers_of({{"rem0", 1}})}), Errc::missing, "no rim"));
  EXPECT_TRUE(testing::fails(take_realm({registers_of({{"rim", 1}, {"rem4", 1}})}), Errc::invalid, "register \"rem4\""));
  corim::Measurement mixed = registers_of({{"rim", 1}, {"rem0", 1}});
  mixed.value.integrity_registers->at(1).digests[0] = {std::int64_t{8}, Bytes(64, 1)};
  EXPECT_TRUE(testing::fails(take_realm({mixed}), Errc::invalid, "sha-256 and sha-512 in one realm"));
  corim::Measurement personalized = registers_of({{"rim", 1}});
  personalized.value.raw_value = corim::RawValue{Bytes(63, 1), {}};
  EXPECT_TRUE(testing::fails(take_realm({personalized}), Errc::invalid, "63 bytes"));
}

TEST(Endorsements, AMaskSaysWhichBitsCount) {
  const Bytes evidence = testing::vector_bytes("veraison/v0.0.2502/cca-evidence.cbor");  // its configuration is 010203
  const auto key = crypto::public_key_from_any(testing::vector_bytes("evcli/misc/ec256.json")).value();
  const appraise::Scheme* scheme = appraise::scheme_by_name("cca");
  const appraise::TrustAnchors anchors{{{}, {}, key, "k"}};
  const auto verified = scheme->verify({.evidence = evidence, .anchors = anchors});
  ASSERT_TRUE(ok(verified));
  const auto configuration = [&](std::optional<appraise::ReferenceConfig> config, appraise::Rule rule = appraise::Rule::assay) {
    appraise::ReferenceValues references;
    references.rule = rule;
    references.platforms.push_back({Bytes(32, 0), {}, {}, "f"});
    if (config) references.platforms[0].configs.push_back(std::move(*config));
    return scheme->appraise(*verified, references).submods.at(0).vector[ear::Claim::configuration];
  };
  using appraise::ReferenceConfig;
  using appraise::Rule;
  const ReferenceConfig masked{testing::hex("010204"), testing::hex("ffff00")};
  EXPECT_EQ(configuration(ReferenceConfig{testing::hex("010203")}), 2);
  EXPECT_EQ(configuration(ReferenceConfig{testing::hex("010204")}), 32);
  EXPECT_EQ(configuration(masked), 2);
  EXPECT_EQ(configuration(ReferenceConfig{testing::hex("010204"), testing::hex("ffff07")}), 32);
  EXPECT_EQ(configuration(ReferenceConfig{testing::hex("01020300"), testing::hex("ffffff00")}), 32) << "of another length";
  for (const Rule rule : {Rule::veraison_2025, Rule::veraison_2026}) {
    EXPECT_EQ(configuration(ReferenceConfig{testing::hex("010203")}, rule), 2);
    EXPECT_EQ(configuration(masked, rule), 32) << "they do not look at masks";
  }
  EXPECT_EQ(configuration({}), 0);
  EXPECT_EQ(configuration({}, Rule::veraison_2025), 2);
  EXPECT_EQ(configuration({}, Rule::veraison_2026), 32);
}

TEST(Endorsements, RealmsByEachRule) {
  const Bytes evidence = testing::vector_bytes("veraison/v0.0.2502/cca-evidence.cbor");
  const auto key = crypto::public_key_from_any(testing::vector_bytes("evcli/misc/ec256.json")).value();
  const appraise::Scheme* scheme = appraise::scheme_by_name("cca");
  const auto verified = scheme->verify({.evidence = evidence, .anchors = {{{}, {}, key, "k"}}});
  ASSERT_TRUE(ok(verified));
  const auto known = take("gen-a/services-v0.0.2502/end-to-end/cca-realm-endorsements.cbor").value().references.realms.at(0);
  const auto executables = [&](const appraise::RealmReference& realm, appraise::Rule rule) {
    appraise::ReferenceValues references;
    references.rule = rule;
    references.realms.push_back(realm);
    return static_cast<int>(scheme->appraise(*verified, references).submods.at(1).vector[ear::Claim::executables]);
  };
  appraise::RealmReference rim_only = known;
  rim_only.extensible_measurements = {};
  appraise::RealmReference other_rem = known;
  other_rem.extensible_measurements.at(0) = Bytes(32, 9);
  appraise::RealmReference other_rpv = known;
  other_rpv.personalization_value = Bytes(64, 9);
  using appraise::Rule;
  const std::array<int, 3> wanted_rim_only{3, 3, 2};
  for (const Rule rule : {Rule::assay, Rule::veraison_2025, Rule::veraison_2026}) {
    EXPECT_EQ(executables(known, rule), 2);
    EXPECT_EQ(executables(rim_only, rule), wanted_rim_only.at(static_cast<std::size_t>(rule)));
    EXPECT_EQ(executables(other_rem, rule), 3);
    EXPECT_EQ(executables(other_rpv, rule), 96);
    EXPECT_EQ(static_cast<int>(scheme->appraise(*verified, {.rule = rule}).submods.at(1).vector[ear::Claim::executables]), 33);
  }
}

// What a token's own endorsements say of it: every claim that can be compared is.
TEST(Endorsements, DraftsMakeTheirEvidenceAffirm) {
  struct Row {
    std::string token, key;
  };
  for (const Row& row : {Row{"veraison/v0.0.2502/psa-evidence.cbor", "evcli/misc/ec256.json"}, Row{"optee/token-iisec.cbor", "optee/iisec/ec256.json"}, Row{"iat-verifier/generations/F.cbor", "iat-verifier/data/cca_platform.pem"}, Row{"iat-verifier/generations/B.cbor", "iat-verifier/data/cca_platform.pem"}}) {
    const Bytes evidence = testing::vector_bytes(row.token);
    const auto key = crypto::public_key_from_any(testing::vector_bytes(row.key)).value();
    const appraise::Scheme* scheme = appraise::scheme_of_evidence(evidence);
    ASSERT_NE(scheme, nullptr);
    for (const corim::Generation dialect : {corim::Generation::a, corim::Generation::d}) {
      auto drafts = scheme->endorse(evidence, &key, dialect);
      ASSERT_TRUE(ok(drafts)) << row.token;
      Endorsements all;
      for (auto& draft : *drafts) {
        draft.comid.identity.id = "tag";
        corim::Corim corim;
        corim.id = "x";
        corim.profile = std::string{draft.profile};
        corim.tags.push_back({corim::TagKind::comid, corim::write_comid(draft.comid, dialect).value()});
        const Bytes written = corim::write_corim(corim, dialect).value();
        ASSERT_TRUE(ok(appraise::add_corim(corim::read_corim(written).value(), "f", appraise::all_schemes(), kThen, all))) << row.token;
      }
      ASSERT_EQ(all.anchors.size(), 1u);
      const auto verified = scheme->verify({.evidence = evidence, .anchors = all.anchors});
      ASSERT_TRUE(ok(verified));
      for (const auto& submod : scheme->appraise(*verified, all.references).submods) EXPECT_EQ(submod.vector.status(), ear::Tier::affirming) << row.token << " " << submod.name;
      EXPECT_TRUE(scheme->endorse(evidence, nullptr, dialect).value()[0].comid.triples.attest_keys.empty());
    }
  }
}

}  // namespace
}  // namespace assay::cca
