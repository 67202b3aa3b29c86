#include "attester/tsm/tsm.h"

#include <unistd.h>

#include "testing/fake_tsm.h"
#include "testing/testing.h"

namespace assay::attester {
namespace {

using testing::fails;
using testing::ok;

class Tsm : public ::testing::Test {
 protected:
  ~Tsm() override { std::filesystem::remove_all(root); }
  std::filesystem::path root = std::filesystem::temp_directory_path() / ("assay-tsm-" + std::to_string(::getpid()));
  static Bytes echo(ByteView challenge) { return concat({as_bytes("evidence for "), challenge}); }
};

TEST_F(Tsm, TheChallengeGoesInEvidenceComesOut) {
  const testing::FakeTsm kernel{root, "arm_cca_guest", echo};
  const auto evidence = tsm_evidence(as_bytes("a challenge"), root);
  ASSERT_TRUE(ok(evidence));
  EXPECT_EQ(evidence->provider, "arm_cca_guest");
  EXPECT_EQ(to_string(evidence->outblob), "evidence for a challenge");
  EXPECT_EQ(to_tsm_json(*evidence), R"({"outblob":"ZXZpZGVuY2UgZm9yIGEgY2hhbGxlbmdl","provider":"arm_cca_guest"})");
}

TEST_F(Tsm, AReportMayHaveCertificates) { EXPECT_EQ(to_tsm_json({"sev_guest", to_bytes("out"), to_bytes("aux")}), R"({"auxblob":"YXV4","outblob":"b3V0","provider":"sev_guest"})"); }

TEST_F(Tsm, WhoWritesMeanwhileMakesItBeginAgain) {
  {
    const testing::FakeTsm kernel{root, "x", echo, 2};
    EXPECT_TRUE(ok(tsm_evidence(as_bytes("a challenge"), root)));
  }
  std::filesystem::remove_all(root);
  const testing::FakeTsm kernel{root, "x", echo, 3};
  EXPECT_TRUE(fails(tsm_evidence(as_bytes("a challenge"), root), Errc::conflict, "somebody else wrote"));
}

TEST_F(Tsm, EmptyEvidenceIsNone) {
  const testing::FakeTsm kernel{root, "x", [](ByteView) { return Bytes{}; }};
  EXPECT_TRUE(fails(tsm_evidence(as_bytes("a challenge"), root), Errc::unavailable, "empty"));
}

TEST_F(Tsm, NoMoreThanSoMuchIsRead) {
  const testing::FakeTsm kernel{root, "x", [](ByteView) { return Bytes(kTsmBlob + 1); }};
  EXPECT_TRUE(fails(tsm_evidence(as_bytes("a challenge"), root), Errc::limit, "outblob"));
}

TEST_F(Tsm, RefusesWhatTheKernelWouldNotTake) {
  EXPECT_TRUE(fails(tsm_evidence({}, root), Errc::invalid, "0 bytes"));
  EXPECT_TRUE(fails(tsm_evidence(Bytes(65), root), Errc::invalid, "65 bytes"));
}

TEST_F(Tsm, SaysWhatIsMissing) {
  EXPECT_TRUE(fails(tsm_evidence(Bytes(64), root), Errc::unavailable, "tsm_report"));
  std::filesystem::create_directories(root);
  EXPECT_TRUE(fails(tsm_evidence(Bytes(64), root), Errc::unavailable, "generation"));
  EXPECT_TRUE(std::filesystem::is_empty(root)) << "the folder goes, whatever happens";
}

}  // namespace
}  // namespace assay::attester
