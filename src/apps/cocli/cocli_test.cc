#include "apps/cocli/cocli_testing.h"

namespace assay {
namespace {

using testing::Outcome;

TEST_F(Cocli, C1_Version) { prints({"--version"}, "cocli version 0.0.1\n"); }

TEST_F(Cocli, C2_UnknownCommandsAndFlags) {
  refused({"bogus"}, "unknown command \"bogus\" for \"cocli\"");
  refused({"comid", "create", "--nope"}, "unknown flag: --nope");
  refused({"comid", "bogus"}, "unknown command \"bogus\" for \"cocli comid\"");
  EXPECT_NE(run({"comid", "creat"}).err.find("create"), std::string::npos);
  EXPECT_EQ(run({"comid"}).status, 0);
  EXPECT_NE(run({"comid"}).out.find("Usage:"), std::string::npos);
  EXPECT_EQ(run({"help", "corim", "sign"}).out, run({"corim", "sign", "--help"}).out);
  EXPECT_NE(run({"completion", "bash"}).out.find("cocli"), std::string::npos);
}

TEST_F(Cocli, ANamedConfigurationMustBeThere) {
  refused({"--config", "nosuch.yaml", "comid", "validate", "-f", golden("comid-psa-refval.cbor")}, "open nosuch.yaml: no such file or directory");
  write("bad.yaml", "auth: foo\n");
  EXPECT_EQ(run({"--config", "bad.yaml", "comid", "validate", "-f", golden("comid-psa-refval.cbor")}).status, 0);
}

TEST_F(Cocli, VerboseNamesTheFiles) {
  const std::string file = take("gen-a/golden/comid-psa-refval.cbor");
  const Outcome outcome = run({"comid", "validate", "-f", file, "--verbose"});
  EXPECT_EQ(outcome.err, "[INFO] Processing file comid-psa-refval.cbor (416 bytes)\n");
  EXPECT_EQ(outcome.out, "[valid] \"comid-psa-refval.cbor\"\n");
  EXPECT_TRUE(run({"--verbose", "corim", "display", "-f", golden("corim-mini.cbor")}).err.ends_with("corim-mini.cbor (246 bytes)\n"));
  EXPECT_EQ(run({"corim", "display", "--verbose", "-f", "none"}).err, "[INFO] Processing file none\nError: error loading signed CoRIM from none: open none: no such file or directory\n");
}

}  // namespace
}  // namespace assay
