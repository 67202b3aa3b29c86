#include "model/corim/comid.h"
#include "apps/cocli/cocli_testing.h"
#include "model/corim/profile.h"

namespace assay {
namespace {

using testing::Outcome;
using testing::vector_bytes;
using testing::vector_text;

TEST_F(Cocli, C3_NoTemplates) {
  refused({"comid", "create"}, "no templates supplied");
  const Outcome none = run({"comid", "create", "-t", "nosuch.json"});
  EXPECT_EQ(none.err, "warning: nosuch.json is passed over: there is no such file\nError: no files found\n");
  EXPECT_EQ(none.status, 1);
  for (const std::string verb : {"display", "validate"}) {
    refused({"comid", verb}, "no files supplied");
    refused({"comid", verb, "-d", own("")}, "no files found");
  }
}

TEST_F(Cocli, C4_ComidCreateGivesTheGoldenBytes) {
  for (const std::string name : kComids) {
    const std::string file = take("gen-a/comid-templates/comid-" + name + ".json");
    prints({"comid", "create", "-t", file}, ">> created \"comid-" + name + ".cbor\" from \"" + file + "\"\n");
    EXPECT_EQ(to_hex(made("comid-" + name + ".cbor")), to_hex(vector_bytes("cocli/gen-a/golden/comid-" + name + ".cbor"))) << name;
  }
}

TEST_F(Cocli, TemplatesOfGenerationDAreKnownBySyntax) {
  for (const std::string name : {"cca-platform-config-legacy-mask", "cca-platform-ta", "cca-ta", "psa-ta", "psa-refval", "enacttrust-refval", "enacttrust-ta"}) {
    ASSERT_EQ(run({"comid", "create", "-t", path("gen-d/templates/comid-" + name + ".json"), "--format", "d"}).status, 0) << name;
    EXPECT_EQ(to_hex(made("comid-" + name + ".cbor")), to_hex(vector_bytes("cocli/gen-d/golden/comid-" + name + ".cbor"))) << name;
  }
  std::filesystem::remove("comid-psa-refval.cbor");
  ASSERT_EQ(run({"comid", "create", "-t", path("gen-d/templates/comid-psa-refval.json")}).status, 0);
  EXPECT_EQ(to_hex(made("comid-psa-refval.cbor")), to_hex(vector_bytes("cocli/gen-d/golden/comid-psa-refval.cbor")));
}

TEST_F(Cocli, AGenerationThatCannotCarryATemplateIsAnError) {
  write("t.json", R"({"tag-identity":{"id":"x"},"triples":{"reference-values":[{"environment":{"class":{"vendor":"v"}},"measurements":[{"value":{"name":"only D"}}]}]}})");
  const Outcome outcome = run({"comid", "create", "-t", "t.json", "--format=a"});
  EXPECT_EQ(outcome.err, "Error: 1/1 creations(s) failed\n");
  EXPECT_TRUE(outcome.out.starts_with(">> creation failed for \"t.json\": error encoding template t.json to CBOR: ")) << outcome.out;
  EXPECT_NE(outcome.out.find("name"), std::string::npos) << outcome.out;
  EXPECT_EQ(files_here(), 1u);
  refused({"comid", "create", "-t", "t.json", "--format", "b"}, "invalid argument \"b\" for \"--format\" flag: want a, c or d");
  EXPECT_EQ(run({"comid", "create", "-t", "t.json"}).status, 0);
}

TEST_F(Cocli, C5_OneBadTemplateDoesNotStopTheOthers) {
  const std::string good = take("gen-a/comid-templates/comid-psa-refval.json");
  write("bad.json", R"({"tag-identity":{"id":"x"},"triples":{}})");
  write("text.json", "text");
  const Outcome outcome = run({"comid", "create", "-t", good, "-t", "bad.json"});
  EXPECT_TRUE(outcome.out.starts_with(
      ">> created \"comid-psa-refval.cbor\" from \"comid-psa-refval.json\"\n"
      ">> creation failed for \"bad.json\": error validating template bad.json: "))
      << outcome.out;
  EXPECT_EQ(outcome.err, "Error: 1/2 creations(s) failed\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_FALSE(std::filesystem::exists("bad.cbor"));

  EXPECT_TRUE(run({"comid", "create", "-t", "text.json"}).out.starts_with(">> creation failed for \"text.json\": error decoding template from text.json: "));
  EXPECT_EQ(run({"comid", "create", "-t", good, "-o", "none"}).out,
            ">> creation failed for \"comid-psa-refval.json\": error saving CBOR file none/comid-psa-refval.cbor: open none/comid-psa-refval.cbor: no such file or directory\n");
}

TEST_F(Cocli, MembersNobodyKnowsAreErrorsIfAskedFor) {
  write("t.json", R"({"tag-identity":{"id":"x"},"tripels":{},"triples":{"reference-values":[{"environment":{"class":{"vendor":"v"}},"measurements":[{"value":{"svn":{"type":"exact-value","value":1}}}]}]}})");
  const Outcome outcome = run({"comid", "create", "-t", "t.json"});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_EQ(outcome.err, "");
  std::filesystem::remove("t.cbor");
  const Outcome strict = run({"comid", "create", "-t", "t.json", "--strict"});
  EXPECT_EQ(strict.status, 1);
  EXPECT_TRUE(strict.out.starts_with(">> creation failed for \"t.json\": error decoding template from t.json: unknown member \"tripels\"")) << strict.out;
  EXPECT_FALSE(std::filesystem::exists("t.cbor"));
}

TEST_F(Cocli, WhatIsPassedOverIsWarnedOf) {
  take_comids();
  write("a.txt", "");
  std::filesystem::create_directory("sub.cbor");
  const Outcome outcome = run({"comid", "validate", "-f", "comid-psa-refval.cbor", "-f", "a.txt", "-d", "none"});
  EXPECT_EQ(outcome.out, "[valid] \"comid-psa-refval.cbor\"\n");
  EXPECT_EQ(outcome.err,
            "warning: a.txt is passed over: its name does not end in .cbor\n"
            "warning: none is passed over: No such file or directory\n");
  EXPECT_EQ(outcome.status, 0);
  const Outcome folder = run({"comid", "validate", "-f", "sub.cbor"});
  EXPECT_EQ(folder.out, "[invalid] \"sub.cbor\": error loading CoMID from sub.cbor: read sub.cbor: is a directory\n");
  EXPECT_EQ(folder.status, 1);
  refused({"comid", "validate", "--strict", "-f", "comid-psa-refval.cbor", "-f", "a.txt"}, "a.txt is passed over: its name does not end in .cbor");
}

TEST_F(Cocli, C6_ComidDisplayIsByteForByte) {
  go_to("cocli/gen-a/golden");
  for (const std::string name : kComids) {
    const std::string expected = vector_text("cocli/gen-a/golden/display-comid-" + name + ".txt");
    prints({"comid", "display", "-f", "comid-" + name + ".cbor"}, expected);
    write("again.json", expected.substr(expected.find('\n') + 1));
    ASSERT_EQ(run({"comid", "create", "-t", own("again.json"), "-o", own("")}).status, 0) << name;
    EXPECT_EQ(to_hex(made("again.cbor")), to_hex(vector_bytes("cocli/gen-a/golden/comid-" + name + ".cbor"))) << name;
  }
}

TEST_F(Cocli, DisplayOfGenerationDCompilesAgain) {
  for (const std::string name : {"cca-platform-config-legacy-mask", "cca-platform-refval", "cca-realm-refval", "psa-refval", "psa-ta"}) {
    const std::string text = run({"comid", "display", "-f", path("gen-d/golden/comid-" + name + ".cbor")}).out;
    write("again.json", text.substr(text.find('\n') + 1));
    ASSERT_EQ(run({"comid", "create", "-t", "again.json"}).status, 0) << name;
    EXPECT_EQ(to_hex(made("again.cbor")), to_hex(vector_bytes("cocli/gen-d/golden/comid-" + name + ".cbor"))) << name;
  }
}

TEST_F(Cocli, DisplaySaysWhatItCannotRead) {
  take_comids();
  const Bytes whole = vector_bytes("cocli/gen-a/golden/comid-psa-refval.cbor");
  write("cut.cbor", as_text(ByteView{whole}.first(100)));
  const Outcome outcome = run({"comid", "display", "-f", "cut.cbor", "-f", "comid-psa-refval.cbor"});
  EXPECT_TRUE(outcome.out.starts_with(">> failed displaying \"cut.cbor\": CBOR decoding failed: ")) << outcome.out;
  EXPECT_NE(outcome.out.find(">> [comid-psa-refval.cbor]\n{"), std::string::npos);
  EXPECT_EQ(outcome.err, "Error: 1/2 display(s) failed\n");
  EXPECT_EQ(outcome.status, 1);
  // Made by an older tool: keys are maps there.
  EXPECT_EQ(run({"comid", "display", "-f", path("gen-a/shipped/comid/1.cbor")}).err, "Error: 1/1 display(s) failed\n");
}

TEST_F(Cocli, C7_ComidValidate) {
  take_comids();
  write("bad.cbor", as_text(testing::hex("a201a1006178 04a0")));
  write("cut.cbor", as_text(testing::hex("a201")));
  const Outcome outcome = run({"comid", "validate", "-f", "comid-psa-refval.cbor", "-f", "bad.cbor"});
  EXPECT_TRUE(outcome.out.starts_with("[valid] \"comid-psa-refval.cbor\"\n[invalid] \"bad.cbor\": error validating CoMID bad.cbor: ")) << outcome.out;
  EXPECT_EQ(outcome.err, "Error: 1/2 validation(s) failed\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(run({"comid", "validate", "-f", "cut.cbor"}).out.starts_with("[invalid] \"cut.cbor\": error decoding CoMID from cut.cbor: "));
  EXPECT_EQ(run({"comid", "display", "-f", "bad.cbor"}).status, 0);  // only decoded
}

TEST_F(Cocli, RulesOfANamedProfileCount) {
  const std::string psa = "tag:arm.com,2025:psa#1.0.0";
  const std::string refval = path("gen-d/golden/comid-psa-refval.cbor");
  take("gen-a/golden/comid-dice-refval.cbor");
  write("dice.json", vector_text("cocli/gen-a/comid-templates/comid-dice-refval.json"));
  prints({"comid", "validate", "-f", refval, "-p", psa}, "[valid] \"" + refval + "\"\n");
  const Outcome other = run({"comid", "validate", "-f", "comid-dice-refval.cbor", "--profile", psa});
  EXPECT_TRUE(other.out.starts_with("[invalid] \"comid-dice-refval.cbor\": error validating CoMID comid-dice-refval.cbor: ")) << other.out;
  EXPECT_EQ(other.err, "Error: 1/1 validation(s) failed\n");
  const Outcome created = run({"comid", "create", "-t", "dice.json", "-p", psa});
  EXPECT_TRUE(created.out.starts_with(">> creation failed for \"dice.json\": error validating template dice.json: ")) << created.out;
  EXPECT_FALSE(std::filesystem::exists("dice.cbor"));
  prints({"comid", "create", "-t", "dice.json", "-p", "tag:nobody"}, ">> created \"dice.cbor\" from \"dice.json\"\n");
  EXPECT_EQ(run({"comid", "create", "-t", "dice.json", "-p", "tag:nobody", "--strict"}).status, 1);
  EXPECT_EQ(run({"comid", "display", "-f", "dice.cbor", "-p", psa}).out, run({"comid", "display", "-f", "dice.cbor"}).out);
  EXPECT_TRUE(run({"comid", "create", "-t", "dice.json", "-p", "1.2"}).out.starts_with(">> creation failed for \"dice.json\": error creating profile \"1.2\" for template: "));
  EXPECT_TRUE(run({"comid", "display", "-f", "dice.cbor", "-p", "x"}).out.starts_with(">> failed displaying \"dice.cbor\": error creating profile \"x\" from template: "));
  EXPECT_TRUE(run({"comid", "validate", "-f", "dice.cbor", "-p", "x"}).out.starts_with("[invalid] \"dice.cbor\": error creating profile \"x\" for CoMID: "));
}

TEST_F(Cocli, ComidsOfTdxNeedTheirProfile) {
  const std::string tdx{corim::kTdxProfile};
  write("qe.cbor", testing::vector_text("corim/gen-d/corim-53b3014/tdx/comid_qe_refval.cbor"));
  EXPECT_EQ(run({"comid", "validate", "-f", "qe.cbor"}).out, "[invalid] \"qe.cbor\": error validating CoMID qe.cbor: /triples/reference-values/0/measurements/0/value: no measurement value set; expected digests, svn, version, raw-value or another member\n");
  prints({"comid", "validate", "-f", "qe.cbor", "-p", tdx, "--strict"}, "[valid] \"qe.cbor\"\n");
  const Outcome displayed = run({"comid", "display", "-f", "qe.cbor", "-p", tdx});
  EXPECT_NE(displayed.out.find("\"tcbevalnum\": {"), std::string::npos) << displayed.out;
  EXPECT_EQ(displayed.out.find("\"-86\""), std::string::npos);
  EXPECT_NE(run({"comid", "display", "-f", "qe.cbor"}).out.find("\"-86\": \"60010([2, 11])\""), std::string::npos);
  // The display form is a template: of the same CoMID, and then of the same bytes.
  write("made.json", displayed.out.substr(displayed.out.find('{')));
  EXPECT_NE(run({"comid", "create", "-t", "made.json"}).out.find("no measurement value set"), std::string::npos);
  prints({"comid", "create", "-t", "made.json", "-p", tdx, "--strict"}, ">> created \"made.cbor\" from \"made.json\"\n");
  EXPECT_EQ(corim::read_comid(made("made.cbor")).value(), corim::read_comid(made("qe.cbor")).value());
  EXPECT_EQ(run({"comid", "display", "-f", "made.cbor", "-p", tdx}).out, ">> [made.cbor]\n" + displayed.out.substr(displayed.out.find('{')));
}

TEST_F(Cocli, C8_FoldersComeAfterFilesInTheOrderOfNames) {
  std::filesystem::create_directories("t/inner.json");
  for (const std::string name : {"t/b.json", "t/a.b.json", "t/c.JSON", "z.json"}) write(name, vector_text("cocli/gen-a/comid-templates/comid-psa-refval.json"));
  std::filesystem::create_directory("out");
  prints({"comid", "create", "-T", "t", "-t", "z.json", "-o", "./out"},
         ">> created \"out/z.cbor\" from \"z.json\"\n"
         ">> created \"out/a.b.cbor\" from \"t/a.b.json\"\n"
         ">> created \"out/b.cbor\" from \"t/b.json\"\n");
}

TEST_F(Cocli, TwoTemplatesOfOneNameAreWarnedOf) {
  std::filesystem::create_directory("t");
  for (const std::string name : {"t/a.json", "a.json"}) write(name, vector_text("cocli/gen-a/comid-templates/comid-psa-refval.json"));
  EXPECT_EQ(run({"comid", "create", "-t", "a.json", "-T", "t"}).err, "warning: a.cbor is written again, now from t/a.json\n");
}

}  // namespace
}  // namespace assay
