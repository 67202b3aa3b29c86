#include "apps/report.h"

#include <algorithm>
#include <sstream>

#include "testing/testing.h"

namespace assay::report {
namespace {

std::string printed(const appraise::Findings& findings, Style style = {}) {
  std::ostringstream out;
  print_findings(out, findings, style);
  return out.str();
}

TEST(Report, PrintsOneLineAFinding) {
  appraise::Findings findings;
  findings.passed("x.signature", "signature", "", "iak.jwk");
  findings.passed("x.id", "instance id", "0123");
  findings.not_checked("x.freshness", "freshness", "no nonce was given");
  findings.failed("x.component", "software component 2 (BL2)", "it differs", "aa", "bb (rv.json: /platform/0)");
  EXPECT_EQ(printed(findings),
            "  passed       signature                   (iak.jwk)\n"
            "  passed       instance id                 0123\n"
            "  not checked  freshness                   no nonce was given\n"
            "  FAILED       software component 2 (BL2)  it differs\n"
            "               actual    aa\n"
            "               expected  bb (rv.json: /platform/0)\n");
}

TEST(Report, ShortensLongValuesUnlessVerbose) {
  appraise::Findings findings;
  findings.passed("x", "digest", std::string(64, 'a'));
  EXPECT_EQ(printed(findings), "  passed       digest  " + std::string(47, 'a') + "…\n");
  EXPECT_EQ(printed(findings, {.verbose = true}), "  passed       digest  " + std::string(64, 'a') + "\n");
}

TEST(Report, EscapesWhatEvidenceSays) {
  appraise::Findings findings;
  findings.failed("x", "claim \x1b[31m", "why \n passed", "\xe2\x80\xae", "\r");
  const std::string text = printed(findings);
  EXPECT_EQ(std::ranges::count(text, '\n'), 3) << text;
  for (const char* bad : {"\x1b", "\r", "\xe2\x80\xae"}) EXPECT_EQ(text.find(bad), std::string::npos);
}

TEST(Report, ColoursOnlyWhenAsked) {
  appraise::Findings findings;
  findings.failed("x", "claim", "why");
  EXPECT_EQ(printed(findings).find('\033'), std::string::npos);
  EXPECT_NE(printed(findings, {.color = true}).find("\033[31;1mFAILED     \033[0m"), std::string::npos);
}

TEST(Report, PrintsVectorsWithTheirMeanings) {
  appraise::Submod submod{"PSA_IOT", {}, {}};
  submod.vector[ear::Claim::instance_identity] = 2;
  submod.vector[ear::Claim::executables] = 33;
  std::ostringstream out;
  print_vectors(out, {&submod, 1}, {});
  EXPECT_EQ(out.str(),
            "  PSA_IOT  warning\n"
            "    instance-identity     2  affirming        recognized and not compromised\n"
            "    executables          33  warning          unrecognized run-time\n"
            "    nothing is said about: configuration, file-system, hardware, runtime-opaque, storage-opaque, sourced-data\n");
}

TEST(Report, PrintsClaimsWithBytesInHexAndStatesByName) {
  const auto claims = json::parse(R"({"psa-nonce": "AAECAw==", "psa-security-lifecycle": 12288, "version": "AAECAw==", "list": [{"signer-id": "/w=="}], "cca-realm-extensible-measurements": ["AQ==", "?"]})");
  ASSERT_TRUE(claims);
  std::ostringstream out;
  print_claims(out, *claims);
  EXPECT_EQ(out.str(),
            "psa-nonce               00010203\n"
            "psa-security-lifecycle  12288 (0x3000, secured)\n"
            "version                 AAECAw==\n"
            "list\n"
            "  [0]\n"
            "    signer-id  ff\n"
            "cca-realm-extensible-measurements\n"
            "  [0]  01\n"
            "  [1]  ?\n");
}

TEST(Report, TheStatusTellsTrustFromForm) {
  struct Row {
    const char* id;
    int status;
  };
  const Row rows[] = {{"psa.signature", 4}, {"psa.mac", 4}, {"psa.key", 4}, {"cca.binding", 4}, {"cca.freshness", 4}, {"cca.platform.signature", 4}, {"cca.realm.public-key", 3}, {"psa.nonce", 3}, {"cca.profiles", 3}};
  for (const Row& row : rows) {
    appraise::Findings findings;
    findings.warning("psa.signature", "s", "a warning counts for nothing");
    EXPECT_EQ(status_of(findings), 0);
    findings.failed(row.id, "s", "w");
    EXPECT_EQ(status_of(findings), row.status) << row.id;
    findings.failed("psa.nonce", "s", "w");
    EXPECT_EQ(status_of(findings), row.status) << "not trusted outweighs malformed";
  }
}

}  // namespace
}  // namespace assay::report
