#include <algorithm>

#include "model/corim/comid.h"
#include "schemes/snp/scheme.h"
#include "testing/testing.h"

namespace assay::snp {
namespace {

using appraise::Endorsements;
using testing::ok;

const std::string kFile = "corim/gen-d/services-6b88102/sevsnp/corim-sevsnp-valid.cbor";

TEST(SnpEndorsements, AreReferenceTriplesAndAmdsRoot) {
  const corim::Corim corim = corim::read_corim(testing::vector_bytes(kFile)).value();
  Endorsements all;
  ASSERT_TRUE(ok(appraise::add_corim(corim, "f", appraise::all_schemes(), 0, all)));
  EXPECT_TRUE(all.warnings.empty());
  ASSERT_EQ(all.references.keyed.size(), 1u);
  EXPECT_EQ(all.references.keyed[0].triple.measurements.size(), 18u);
  ASSERT_EQ(all.anchors.size(), 1u);
  EXPECT_EQ(all.anchors[0].maker, (appraise::Maker{"Advanced Micro Devices", "ARK-Genoa"}));
  const auto& certificates = std::get<std::vector<crypto::Certificate>>(all.anchors[0].key);
  ASSERT_EQ(certificates.size(), 1u);
  EXPECT_NE(certificates[0].subject().find("ARK-Genoa"), std::string::npos);
}

TEST(SnpEndorsements, WarnsOfWhatNoReportHas) {
  corim::Comid comid;
  corim::Measurement measurement;
  measurement.key = std::uint64_t{642};
  corim::Environment environment;
  environment.klass.emplace().id = corim::Uuid{};
  environment.instance = corim::TaggedBytes{Bytes(64, 1)};
  comid.triples.reference_values.push_back({environment, {measurement}});
  Endorsements all;
  ASSERT_TRUE(ok(take_comid({comid, 0, kCorim, "f"}, all)));
  ASSERT_EQ(all.warnings.size(), 3u);
  EXPECT_NE(all.warnings[0].find("class id is no OID"), std::string::npos);
  EXPECT_NE(all.warnings[1].find("launch measurement of 48 bytes"), std::string::npos);
  EXPECT_NE(all.warnings[2].find("no report has a field 642"), std::string::npos);
}

TEST(SnpReport, IsToldByItsSizeVersionAndAlgorithm) {
  Bytes report(1184, 0);
  EXPECT_FALSE(is_report(report));
  report[0] = 3;
  EXPECT_FALSE(is_report(report)) << "no signature algorithm";
  report[0x34] = 1;
  EXPECT_TRUE(is_report(report));
  EXPECT_EQ(appraise::scheme_of_evidence(report), nullptr);
  ASSERT_NE(appraise::scheme_without_evidence(report), nullptr);
  EXPECT_EQ(appraise::scheme_without_evidence(report)->name, "snp");
  report[0] = 6;
  EXPECT_FALSE(is_report(report)) << "a version of the future";
  report[0] = 2;
  report.pop_back();
  EXPECT_FALSE(is_report(report));
  EXPECT_FALSE(is_report({}));
}

// A statement says no more than its author meant: what is not compared narrows it or is named. Released verifiers look at none of it.
TEST(SnpEndorsements, ConditionsThatNobodyComparesLeaveAStatementOut) {
  struct Row {
    const char* what;
    void (*change)(corim::Triples& triples);
    const char* warning;  // or what the note names
    bool takes_values, takes_key;
  };
  corim::Comid given;
  const corim::Corim corim = corim::read_corim(testing::vector_bytes(kFile)).value();
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
      {"keys of one device", [](corim::Triples& triples) { triples.attest_keys.at(0).environment.instance = corim::Uuid{}; }, "attestation key 0: left out: it counts only with its instance", true, false},
      {"keys of a group", [](corim::Triples& triples) { triples.attest_keys.at(0).environment.group = corim::Uuid{}; }, "attestation key 0: left out: it counts only with its group", true, false},
      {"keys with an unknown condition", [](corim::Triples& triples) { triples.attest_keys.at(0).environment.unknown = {{7, Bytes{0xf6}}}; }, "attestation key 0: left out: it counts only with its unknown members of the environment", true, false},
      {"a key with conditions", [](corim::Triples& triples) { triples.attest_keys.at(0).condition = corim::KeyTriple::Condition{{}, {{corim::CryptoKey::Kind::bytes, Bytes(32, 1)}}, {}}; }, "attestation key 0: left out: it counts only with its conditions of the key", true, false},
  };
  for (const Row& row : rows) {
    corim::Comid comid = given;
    row.change(comid.triples);
    const appraise::Endorsements all = take(comid, appraise::Rule::assay);
    EXPECT_EQ(all.references.keyed.empty(), !row.takes_values) << row.what;
    EXPECT_EQ(all.anchors.empty(), !row.takes_key) << row.what;
    const auto& said = row.takes_values && row.takes_key ? all.notes : all.warnings;
    EXPECT_EQ(said.size(), 1u) << row.what;
    EXPECT_NE(said.at(0).find(row.warning), std::string::npos) << row.what << ": " << said.at(0);
    const appraise::Endorsements theirs = take(comid, appraise::Rule::veraison_2026);
    EXPECT_TRUE(theirs.warnings.empty() && !theirs.anchors.empty()) << row.what;
    EXPECT_FALSE(theirs.references.keyed.empty()) << row.what;
  }
}

}  // namespace
}  // namespace assay::snp
