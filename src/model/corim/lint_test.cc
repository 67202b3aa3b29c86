#include "model/corim/lint.h"

#include <algorithm>

#include "base/text.h"
#include "model/corim/cots.h"
#include "model/corim/signed.h"
#include "model/corim/template_node.h"
#include "testing/testing.h"

namespace assay::corim {
namespace {

using testing::vector_bytes;

constexpr UnixSeconds kThen = 1735689600;  // 2025-01-01

LintReport report_of(ByteView bytes, std::optional<Generation> generation = {}) {
  return lint(bytes, {kThen, generation});
}
LintReport report_of(const std::string& text) { return report_of(as_bytes(text)); }

TEST(CorimLint, NothingToSayOfGoldenFiles) {
  for (const std::string file : {"gen-a/golden/comid-kitchen-sink.cbor", "gen-a/golden/corim-psa-full.cbor", "gen-a/golden/corim-full-with-coswid-cots.cbor", "gen-a/golden/cots-full.cbor", "gen-a/golden/cots-coswid-env.cbor", "gen-a/shipped/coswid/1.cbor", "gen-a/shipped/cots/env/vendors.json", "gen-a/golden/signed-corim-psa-full-es256.cbor", "gen-d/golden/corim-cca-realm-full.cbor", "gen-a/comid-templates/comid-psa-refval.json", "gen-a/corim-templates/meta-full.json"}) {
    const LintReport report = report_of(vector_bytes("cocli/" + file));
    EXPECT_TRUE(report.findings.empty()) << file << ": " << report.findings[0].problem.where << " " << report.findings[0].problem.what;
    EXPECT_TRUE(report.fixed.empty()) << file;
  }
}

TEST(CorimLint, NamesEveryProblemOfATemplateAndItsPlace) {
  const LintReport report = report_of(
      "{\"tag-identity\": {\"id\": \"\"},\n"
      " \"triples\": {\"reference-values\": [{\n"
      "   \"environment\": {\"class\": {\"id\": {\"type\": \"psa.impl-id\", \"value\": \"AQID\"}}},\n"
      "   \"measurements\": [{\"value\": {\"digests\": [\"sha-256;AQID\"], \"svn\": 5}}]}]}}");
  ASSERT_EQ(report.findings.size(), 4u);
  EXPECT_EQ(report.kind, "CoMID template");
  EXPECT_EQ(report.findings[0].problem.where, "/tag-identity/id");
  EXPECT_EQ(report.findings[0].place->line, 1u);
  EXPECT_EQ(report.findings[1].problem.where, "/triples/reference-values/0/environment/class/id/value");
  EXPECT_EQ(report.findings[1].place->line, 3u);
  EXPECT_EQ(report.findings[1].problem.what, "an implementation id of 3 bytes");
  EXPECT_EQ(report.findings[2].place->line, 4u);
  EXPECT_EQ(report.findings[3].place->line, 4u);
  EXPECT_TRUE(report.fixed.empty());
}

TEST(CorimLint, MendsWhatIsMechanical) {
  const std::string good = testing::vector_text("cocli/gen-a/comid-templates/comid-psa-refval.json");
  std::string misspelt = good;
  const std::size_t at = misspelt.find("\"digests\"");
  ASSERT_NE(at, std::string::npos);
  misspelt.replace(at, 9, "\"digest\"");
  // The value has lost its digests, and says so; with the name mended it is whole.
  const LintReport report = report_of(misspelt);
  ASSERT_EQ(report.findings.size(), 2u);
  EXPECT_EQ(report.findings[0].problem.what, "no measurement value set");
  EXPECT_EQ(report.findings[1].problem.what, "unknown member \"digest\", which is not written");
  EXPECT_EQ(report.findings[1].problem.expected, "perhaps \"digests\"");
  EXPECT_EQ(as_text(report.fixed), good) << "nothing else is touched";
  EXPECT_EQ(report_of(report.fixed).findings.size(), 0u) << as_text(report.fixed);

  Bytes bytes = vector_bytes("cocli/gen-a/golden/comid-psa-refval.cbor");
  const Bytes exact = bytes;
  bytes.push_back(0);
  const LintReport trailing = report_of(bytes);
  ASSERT_EQ(trailing.findings.size(), 1u);
  EXPECT_EQ(trailing.findings[0].offset, exact.size());
  EXPECT_EQ(trailing.fixed, exact);
  const LintReport indefinite = report_of(testing::hex("bf 01 a1 00 61 74 04 a1 00 81 82 a1 00 a1 01 61 76 81 a1 01 a1 08 61 73 ff"));
  EXPECT_EQ(to_hex(indefinite.fixed), "a201a100617404a1008182a100a101617681a101a1086173");
}

TEST(CorimLint, SaysWhatAGenerationCannotCarry) {
  const LintReport report = report_of(vector_bytes("cocli/gen-d/golden/comid-psa-refval.cbor"), Generation::a);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_NE(report.findings[0].problem.what.find("cannot be written in generation A"), std::string::npos);
  EXPECT_TRUE(report_of(vector_bytes("cocli/gen-d/golden/comid-psa-refval.cbor"), Generation::d).findings.empty());
}

TEST(CorimLint, TimesAndUnreadableFiles) {
  const auto expired = lint(vector_bytes("cocli/gen-a/golden/corim-psa-full.cbor"), {kThen + 100000000, {}});
  ASSERT_EQ(expired.findings.size(), 1u);
  EXPECT_EQ(expired.findings[0].problem.what, "expired at 2025-12-31T00:00:00Z");
  const LintReport signature = lint(vector_bytes("cocli/gen-a/golden/signed-corim-psa-full-es256.cbor"), {kThen + 100000000, {}});
  EXPECT_TRUE(std::ranges::any_of(signature.findings, [](const Finding& finding) { return finding.problem.where == "signature: validity" && finding.problem.what == "expired at 2025-12-31T00:00:00Z"; }));
  const LintReport stale = report_of(vector_bytes("corim/gen-0-stale/corim-psa-p2-refvalue.cbor"));
  ASSERT_EQ(stale.findings.size(), 1u);
  EXPECT_TRUE(stale.findings[0].offset);
  EXPECT_NE(stale.findings[0].problem.what.find("generation 0"), std::string::npos);
  EXPECT_EQ(report_of(Bytes{0xa0}).findings.size(), 1u);
  EXPECT_EQ(report_of(Bytes{}).findings.size(), 1u);
  const LintReport open = report_of(std::string{"{\n \"a\": "});
  ASSERT_EQ(open.findings.size(), 1u);
  EXPECT_EQ(open.findings[0].problem.what, "the JSON text ends early");
  EXPECT_EQ(open.findings[0].place->line, 2u);
}

TEST(CorimLint, LooksIntoTrustAnchorStoresAndSoftwareTags) {
  const Bytes good = vector_bytes("cocli/gen-a/golden/corim-full-with-coswid-cots.cbor");
  Corim corim = read_corim(good).value();
  ASSERT_EQ(corim.tags.size(), 3u);
  const Bytes no_map = testing::hex("01");
  for (const std::size_t tag : {1u, 2u}) {
    Corim bad = corim;
    bad.tags[tag].content = no_map;
    const LintReport report = report_of(write_corim(bad, Generation::a).value());
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].problem.where, fmt::format("/tags/{}", tag));
    EXPECT_EQ(report.findings[0].problem.severity, Problem::Severity::error);
    EXPECT_TRUE(report.fixed.empty());
  }
  Cots cots = read_cots(corim.tags[2].content).value();
  cots.keys.anchors.clear();
  corim.tags[2].content = write_cots(cots, Generation::a).value();
  const LintReport report = report_of(write_corim(corim, Generation::a).value());
  ASSERT_FALSE(report.findings.empty());
  EXPECT_TRUE(report.findings[0].problem.where.starts_with("/tags/2/")) << report.findings[0].problem.where;
}

TEST(CorimLint, TrustAnchorStoresAlone) {
  Bytes bytes = vector_bytes("cocli/gen-a/golden/cots-full.cbor");
  EXPECT_EQ(report_of(bytes).kind, "CoTS");
  const Bytes good = bytes;
  bytes.push_back(0);
  const LintReport longer = report_of(bytes);
  ASSERT_EQ(longer.findings.size(), 1u);
  EXPECT_EQ(longer.findings[0].offset, good.size());
  EXPECT_EQ(to_hex(longer.fixed), to_hex(good));
  Bytes tagged = testing::hex("d901fb");
  tagged.insert(tagged.end(), good.begin(), good.end());
  EXPECT_TRUE(report_of(tagged).findings.empty());
  const LintReport cut = report_of(ByteView{tagged}.first(20));
  EXPECT_EQ(cut.kind, "CoTS");
  EXPECT_EQ(cut.findings[0].problem.severity, Problem::Severity::error);
  EXPECT_EQ(report_of(vector_bytes("cocli/gen-a/shipped/coswid/1.cbor")).kind, "CoSWID");
  EXPECT_EQ(report_of(testing::hex("d901f9a0")).kind, "CoSWID");
  const LintReport place = report_of(std::string{"[{\"environment\": {\n \"clas\": {}}}]"});
  EXPECT_EQ(place.kind, "environments of a CoTS");
  ASSERT_FALSE(place.findings.empty());
  EXPECT_TRUE(place.findings[0].place.has_value());
}

// Located one by one from the beginning, and kept all: a minute, and gigabytes.
TEST(CorimLint, ManyMistakesTakeNeitherTimeNorMemory) {
  std::string text = "{\"tag-identity\": {\"id\": \"x\"}, \"triples\": {\"reference-values\": [[]";
  for (int i = 0; i < 200000; ++i) text += ",\n[]";
  const LintReport report = report_of(text + "]}}");
  ASSERT_EQ(report.findings.size(), kMaxProblems + 1);
  EXPECT_TRUE(std::ranges::any_of(report.findings, [](const Finding& finding) { return finding.problem.what == "and 199001 more"; }));
  EXPECT_EQ(report.findings.back().place->line, kMaxProblems);
  std::string empty = "{\"tag-identity\": {\"id\": \"x\"}, \"triples\": {\"reference-values\": [{}";
  for (std::size_t i = 0; i < kMaxTemplateItems; ++i) empty += ",{}";
  const auto parsed = comid_from_template(parse_template(empty + "]}}").value());
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_EQ(parsed.problems[0].what, "too many items");
  EXPECT_LE(parsed.value.triples.reference_values.size(), kMaxTemplateItems);
}

TEST(CorimLint, AByteOrderMarkIsNamedAndMended) {
  const std::string good = testing::vector_text("cocli/gen-a/comid-templates/comid-psa-refval.json");
  const LintReport report = report_of(std::string{"\xef\xbb\xbf"} + good);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].problem.what, "a byte order mark (EF BB BF)");
  EXPECT_TRUE(report.findings[0].mended);
  EXPECT_EQ(as_text(report.fixed), good);
  EXPECT_TRUE(is_template(as_bytes("\xef\xbb\xbf {")));
  EXPECT_TRUE(testing::fails(parse_template("\xef\xbb\xbf{}"), Errc::malformed, "byte order mark"));
}

TEST(CorimLint, MembersOfOneNameAreWarnedOf) {
  const LintReport report = report_of(
      std::string{"{\"tag-identity\": {\"id\": \"a\",\n \"ID\": \"b\"},\n"
                  " \"triples\": {}, \"triples\": {\"reference-values\": [{\"environment\": {\"class\": {\"vendor\": \"v\"}}, \"measurements\": [{\"value\": {\"svn\": {\"type\": \"exact-value\", \"value\": 1}}}]}]}}"});
  ASSERT_EQ(report.findings.size(), 2u);
  EXPECT_EQ(report.findings[0].problem.severity, Problem::Severity::warning);
  EXPECT_EQ(report.findings[0].problem.what, "member \"ID\" more than once, and the last counts");
  EXPECT_EQ(report.findings[0].place->line, 2u);
  EXPECT_EQ(report.findings[1].problem.what, "member \"triples\" more than once, and the last counts");
  EXPECT_EQ(report.findings[1].place->column, 17u);
}

// The reader passes over what it does not know; lint reads what was meant.
TEST(CorimLint, LooksBelowMisspeltMembersAndMendsAllOfThem) {
  const std::string text =
      "{\"tag-identity\": {\"id\": \"x\"},\n"
      " \"triples\": {\n"
      "  \"reference-value\": [{\"environment\": {\"clas\": {\"vendr\": \"v\"}},\n"
      "    \"measurements\": [{\"value\": {\"svn\": {\"type\": \"exact-value\", \"value\": 1.5},\n"
      "       \"version\": {\"value\": 18446744073709551616}}}]}]}}";
  const LintReport report = report_of(text);
  std::vector<std::tuple<std::size_t, std::string, bool>> got;
  for (const Finding& finding : report.findings) got.emplace_back(finding.place->line, finding.problem.member.value_or(finding.problem.what), finding.mended);
  const std::vector<std::tuple<std::size_t, std::string, bool>> want{{2, "no triples", true}, {3, "reference-value", true}, {3, "clas", true}, {3, "vendr", true}, {4, "the number 1.5", false}, {5, "number", false}};
  EXPECT_EQ(got, want);
  EXPECT_NE(as_text(report.fixed).find("\"reference-values\": [{\"environment\": {\"class\": {\"vendor\": \"v\"}},\n"), std::string::npos) << as_text(report.fixed);
  EXPECT_TRUE(report_of(report.fixed).fixed.empty());
}

TEST(CorimLint, TellsBrokenTemplatesApart) {
  EXPECT_EQ(report_of(std::string{R"({"corimid": "x", "profle": "tag:a"})"}).kind, "CoRIM template");
  EXPECT_EQ(report_of(std::string{R"({"tag-identiy": {}, "entities": []})"}).kind, "CoMID template");
  EXPECT_EQ(report_of(std::string{R"({"signr": {"name": "x"}})"}).kind, "signer template");
  EXPECT_EQ(lint(as_bytes("{}"), {kThen, {}, LintOptions::Type::corim}).kind, "CoRIM template");
  EXPECT_EQ(lint(as_bytes("{}"), {kThen, {}, LintOptions::Type::cots}).kind, "claims of a CoTS");
  EXPECT_EQ(lint(vector_bytes("cocli/gen-a/golden/corim-psa-full.cbor"), {kThen, {}, LintOptions::Type::comid}).kind, "CoMID");
  const LintReport report = report_of(std::string{R"({"corim-id": "x", "tags": []})"});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].problem.what, "no profile");
}

TEST(CorimLint, HexIsNoBase64) {
  const std::string hex(64, 'a');
  const std::string base64 = to_base64(testing::hex(hex));
  const auto with = [](const std::string& environment, const std::string& measurement) {
    return "{\"tag-identity\": {\"id\": \"x\"}, \"triples\": {\"reference-values\": [{\"environment\": {\"class\": {" + environment + "}}, \"measurements\": [{" + measurement + "}]}]}}";
  };
  const std::string vendor = R"("vendor": "v")";
  const std::string value = R"("value": {"name": "n"})";
  struct Row {
    std::string text, expected;
    Problem::Severity severity;
  };
  for (const Row& row : {
           Row{with(R"("id": {"type": "psa.impl-id", "value": ")" + hex + "\"}", value), "base64: " + base64, Problem::Severity::error},
           Row{with(vendor, R"("value": {"digests": ["sha-256;)" + hex + "\"]}"), "base64: " + base64, Problem::Severity::error},
           Row{with(vendor, R"("value": {"digests": [["sha-256", ")" + hex + "\"]]}"), "base64url: " + to_base64url(testing::hex(hex)), Problem::Severity::error},
           Row{with(vendor, R"("key": {"type": "psa.refval-id", "value": {"signer-id": ")" + hex + "\"}}, " + value), "base64: " + base64, Problem::Severity::warning},
       }) {
    const LintReport report = report_of(row.text);
    ASSERT_FALSE(report.findings.empty()) << row.text;
    EXPECT_TRUE(report.findings[0].problem.what.starts_with("this looks like hex")) << report.findings[0].problem.what;
    EXPECT_EQ(report.findings[0].problem.expected, row.expected);
    EXPECT_EQ(report.findings[0].problem.severity, row.severity);
  }
}

TEST(CorimLint, SignedHoweverTheTagIsWritten) {
  Bytes bytes = vector_bytes("cocli/gen-a/golden/signed-corim-psa-full-es256.cbor");
  ASSERT_EQ(bytes[0], 0xd2);
  bytes.insert(bytes.begin() + 1, 18);
  bytes[0] = 0xd8;
  EXPECT_TRUE(looks_signed(bytes));
  EXPECT_EQ(report_of(bytes).kind, "signed CoRIM");
  EXPECT_TRUE(looks_signed(testing::hex("d901f4 d901f6 d812")));
  for (const char* other : {"", "d8", "d901f5 d2", "d901f4", "12", "d811"}) EXPECT_FALSE(looks_signed(testing::hex(other))) << other;
}

}  // namespace
}  // namespace assay::corim
