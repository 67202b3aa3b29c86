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

}  // namespace
}  // namespace assay::snp
