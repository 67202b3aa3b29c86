#include "apps/describe/describe.h"

#include "appraise/scheme.h"
#include "apps/app_testing.h"
#include "codec/json/json.h"
#include "crypto/crypto.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;

// A change of what is accepted is a change of this file. To accept it: build/assay describe > tests/snapshots/describe.txt
TEST(Describe, IsWhatTheSnapshotSays) {
  const Outcome outcome = call(run_describe, {});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, testing::read_text(std::filesystem::path{ASSAY_SOURCE_DIR} / "tests/snapshots/describe.txt"));
}

TEST(Describe, JsonNamesEverySchemeAndProfile) {
  const auto all = json::parse(call(run_describe, {"--json"}).out);
  ASSERT_TRUE(testing::ok(all));
  const json::Value* schemes = all->object()->find("schemes");
  ASSERT_NE(schemes, nullptr);
  for (const appraise::Scheme* scheme : appraise::all_schemes()) {
    const json::Value* one = schemes->object()->find(scheme->name);
    ASSERT_NE(one, nullptr) << scheme->name;
    EXPECT_EQ(one->object()->find("token profiles")->array()->size(), scheme->token_profiles.size());
  }
  EXPECT_EQ(all->object()->find("build"), nullptr);
}

TEST(Describe, TheBuildIsSaidOnlyWhenAsked) {
  const std::string text = call(run_describe, {"--build"}).out;
  // OpenSSL or aws-lc-rs, whatever this build has.
  EXPECT_NE(text.find(crypto::ecdsa_library()), std::string::npos) << text;
  EXPECT_EQ(call(run_describe, {}).out.find(crypto::ecdsa_library()), std::string::npos);
}

TEST(Describe, RefusesOtherArguments) {
  const Outcome outcome = call(run_describe, {"--jsn"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "error: unknown argument \"--jsn\"\nTry: assay describe --help\n");
}

}  // namespace
}  // namespace assay
