#include "apps/cocli/cocli.h"

#include <algorithm>
#include <sstream>

#include "apps/app_testing.h"
#include "apps/cocli/commands.h"
#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "model/corim/cots.h"
#include "model/corim/profile.h"
#include "model/corim/signed.h"
#include "model/corim/text.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::Outcome;
using testing::vector_bytes;
using testing::vector_path;
using testing::vector_text;

constexpr std::array kComids{"cca-mult-refval", "cca-realm-refval", "cca-refval", "dice-refval", "kitchen-sink", "psa-iakpub", "psa-integ-iakpub", "psa-refval"};
constexpr UnixSeconds kIn2023 = 1'700'000'000;  // inside the validity of the signed samples
constexpr UnixSeconds kIn2027 = 1'830'000'000;  // inside that of the certificates

class Cocli : public testing::InOwnFolder {
 protected:
  static Outcome run_at(UnixSeconds now, const std::vector<std::string>& args) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = cocli::run_at(now, args, out, err);
    return {status, out.str(), err.str()};
  }
  static Outcome run(const std::vector<std::string>& args) { return run_at(kIn2023, args); }
  static std::string path(std::string_view vector) { return vector_path("cocli/" + std::string{vector}).string(); }
  static std::string golden(std::string_view name) { return path("gen-a/golden/" + std::string{name}); }
  static std::string key(std::string_view name) { return path("keys/" + std::string{name} + ".jwk"); }
  static std::string meta(std::string_view name) { return path("gen-a/corim-templates/meta-" + std::string{name} + ".json"); }
  Bytes made(std::string_view name) const { return to_bytes(testing::read_text(own(name))); }
  // A copy of a vector under its own name, as messages show names.
  std::string take(std::string_view vector) const {
    const std::string name = std::filesystem::path{vector}.filename().string();
    write(name, vector_text("cocli/" + std::string{vector}));
    return name;
  }
  void take_comids() const {
    for (const std::string name : kComids) take("gen-a/golden/comid-" + name + ".cbor");
  }
  // Exactly these texts on stdout, nothing on stderr, exit status 0.
  static void prints(const std::vector<std::string>& args, const std::string& expected) {
    const Outcome outcome = run(args);
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.out, expected);
    EXPECT_EQ(outcome.status, 0);
  }
  // One line on stderr, nothing on stdout, exit status 1.
  static void refused(const std::vector<std::string>& args, const std::string& text) {
    const Outcome outcome = run(args);
    EXPECT_EQ(outcome.err, "Error: " + text + "\n");
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.status, 1);
  }
  // The same where the end of the line is the library's.
  static void refused_with(const std::vector<std::string>& args, const std::string& begin, const std::string& part = "") {
    const Outcome outcome = run(args);
    EXPECT_TRUE(outcome.err.starts_with("Error: " + begin)) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.status, 1);
  }
  std::size_t files_here() const {
    const std::filesystem::directory_iterator all{own("")};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
};

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

TEST_F(Cocli, CorimsOfTdxNameTheirProfile) {
  write("qe.cbor", testing::vector_text("corim/gen-d/corim-53b3014/tdx/comid_qe_refval.cbor"));
  write("plain.json", R"({"corim-id":"x"})");
  write("tdx.json", fmt::format(R"({{"corim-id":"x","profile":{{"type":"oid","value":"{}"}}}})", corim::kTdxProfile));
  refused({"corim", "create", "-t", "plain.json", "-m", "qe.cbor"}, "error adding CoMID from qe.cbor (check its validity using the \"comid validate\" sub-command)");
  prints({"corim", "create", "-t", "tdx.json", "-m", "qe.cbor", "-o", "rim.cbor"}, ">> created \"rim.cbor\" from \"tdx.json\"\n");
  EXPECT_NE(run({"corim", "display", "-f", "rim.cbor", "-v"}).out.find("\"advisoryids\": {"), std::string::npos);
}

TEST_F(Cocli, VerboseNamesTheFiles) {
  const std::string file = take("gen-a/golden/comid-psa-refval.cbor");
  const Outcome outcome = run({"comid", "validate", "-f", file, "--verbose"});
  EXPECT_EQ(outcome.err, "[INFO] Processing file comid-psa-refval.cbor (416 bytes)\n");
  EXPECT_EQ(outcome.out, "[valid] \"comid-psa-refval.cbor\"\n");
  EXPECT_TRUE(run({"--verbose", "corim", "display", "-f", golden("corim-mini.cbor")}).err.ends_with("corim-mini.cbor (246 bytes)\n"));
  EXPECT_EQ(run({"corim", "display", "--verbose", "-f", "none"}).err, "[INFO] Processing file none\nError: error loading signed CoRIM from none: open none: no such file or directory\n");
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

class CocliCots : public Cocli {
 protected:
  static std::string shipped(std::string_view name) { return path("gen-a/shipped/cots/" + std::string{name}); }
  static std::vector<std::string> create(std::string_view environment, const std::vector<std::string>& more) {
    std::vector<std::string> args{"cots", "create", "-e", shipped("env/" + std::string{environment}), "-f", shipped("shared_ta.ta")};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  corim::Cots read(const std::string& name) const { return corim::read_cots(made(name)).value(); }
};

TEST_F(CocliCots, C9_CreateGivesTheGoldenBytes) {
  const auto golden_hex = [](const std::string& name) { return to_hex(vector_bytes("cocli/gen-a/golden/" + name)); };
  prints(create("vendors.json", {"-f", shipped("worthlesssea.spki"), "-p", shipped("claims/permclaim.json"), "-x", shipped("claims/exclclaim.json"), "-u", "eat", "-u", "corim", "--id", "my-id", "--tag-version", "3", "-l", "en-GB", "-o", "full.cbor"}), ">> created \"full.cbor\"\n");
  EXPECT_EQ(to_hex(made("full.cbor")), golden_hex("cots-full.cbor"));
  prints(create("coswid.json", {}), ">> created \"coswid.cbor\"\n");
  EXPECT_EQ(to_hex(made("coswid.cbor")), golden_hex("cots-coswid-env.cbor"));
  prints(create("comid.json", {"--uuid-str", "1d5a8c7c-1c70-4c56-937e-3c5713ae5a83"}), ">> created \"comid.cbor\"\n");
  EXPECT_EQ(to_hex(made("comid.cbor")), golden_hex("cots-comid-env-uuid.cbor"));
}

TEST_F(CocliCots, C9_DisplayIsByteForByte) {
  go_to("cocli/gen-a/golden");
  prints({"cots", "display", "-f", "cots-full.cbor"}, vector_text("cocli/gen-a/golden/display-cots-full.txt"));
  const Outcome rubbish = run({"cots", "display", "-f", shipped("rubbish.cbor"), "-f", "cots-full.cbor"});
  EXPECT_TRUE(rubbish.out.starts_with(">> failed displaying \"" + shipped("rubbish.cbor") + "\": CBOR decoding failed: ")) << rubbish.out;
  EXPECT_NE(rubbish.out.find(">> [cots-full.cbor]\n{"), std::string::npos);
  EXPECT_EQ(rubbish.err, "Error: 1/2 display(s) failed\n");
  EXPECT_EQ(rubbish.status, 1);
  refused({"cots", "display"}, "no files supplied");
  refused({"cots", "display", "-d", own("")}, "no files found");
}

TEST_F(CocliCots, C10_OneIdAtATime) {
  const std::string only_one = "only one of --uuid, --uuid-str and --id can be used at the same time";
  refused(create("vendor.json", {"--id", "x", "--uuid"}), only_one);
  refused(create("vendor.json", {"--id", "x", "--uuid-str", "zz"}), only_one);
  refused(create("vendor.json", {"--uuid", "--uuid-str", "zz"}), only_one);
  refused(create("vendor.json", {"--uuid-str", "zz"}), "--uuid-str does not contain a valid UUID");
  EXPECT_EQ(files_here(), 0u);
  std::vector<corim::TagIdentity> made_up;
  for (const std::string name : {"a", "b"}) {
    ASSERT_EQ(run(create("vendor.json", {"--uuid", "--tag-version", "2", "-o", name})).status, 0);
    made_up.push_back(read(name).identity.value());
    EXPECT_TRUE(corim::is_rfc4122(std::get<corim::Uuid>(made_up.back().id)));
    EXPECT_EQ(made_up.back().version, 2u);
  }
  EXPECT_NE(made_up[0].id, made_up[1].id);
  // The version is the tag's, and there is no tag without an id.
  ASSERT_EQ(run(create("vendor.json", {"--tag-version", "2", "-o", "c"})).status, 0);
  EXPECT_EQ(read("c").identity, std::nullopt);
}

TEST_F(CocliCots, CreateSaysWhatIsMissing) {
  write("text.json", "text");
  write("empty.ta", "");
  const std::size_t before = files_here();
  const std::string vendor = shipped("env/vendor.json");
  const std::string ta = shipped("shared_ta.ta");
  refused({"cots", "create"}, "no environment template supplied");
  refused({"cots", "create", "-f", ta}, "no environment template supplied");
  refused({"cots", "create", "-e", vendor}, "no TA files or folders supplied");
  refused({"cots", "create", "-e", vendor, "--id", "x", "--uuid"}, "no TA files or folders supplied");
  refused({"cots", "create", "-e", vendor, "-t", shipped("env")}, "no TA files found");
  const Outcome other = run({"cots", "create", "-e", vendor, "-f", vendor});
  EXPECT_EQ(other.err, "warning: " + vendor + " is passed over: its name does not end in .der, .ta or .spki\nError: no TA files found\n");
  refused({"cots", "create", "-e", "none.json", "-f", ta}, "error loading template from none.json: open none.json: no such file or directory");
  refused_with({"cots", "create", "-e", "text.json", "-f", ta}, "error decoding template from text.json: ");
  refused_with({"cots", "create", "-e", shipped("claims/permclaim.json"), "-f", ta}, "error decoding template from " + shipped("claims/permclaim.json") + ": ");
  for (const std::string flag : {"-p", "-x"}) {
    refused({"cots", "create", "-e", vendor, "-f", ta, flag, "none.json"}, "error loading template from none.json: open none.json: no such file or directory");
    refused_with({"cots", "create", "-e", vendor, "-f", ta, flag, vendor}, "error decoding template from " + vendor + ": ");
  }
  refused_with({"cots", "create", "-e", vendor, "-f", "empty.ta"}, "error validating CoTS: /keys/tas/0/data: ");
  refused({"cots", "create", "-e", vendor, "-f", ta, "-o", "none/o"}, "error saving CBOR file none/o: open none/o: no such file or directory");
  EXPECT_EQ(files_here(), before);
}

TEST_F(CocliCots, AnchorsAreInTheOrderOfTheirKinds) {
  std::filesystem::create_directory("tas");
  for (const std::string name : {"tas/b.ta", "tas/a.spki", "tas/c.der", "z.ta", "y.spki", "ca.der"}) write(name, name);
  write("tas/d.txt", "");
  prints({"cots", "create", "-e", shipped("env/namedtastore.json"), "-t", "tas", "-f", "y.spki", "-f", "z.ta", "--cafile", "ca.der", "-c", "tas", "-o", "o"}, ">> created \"o\"\n");
  std::vector<std::string> order;
  for (const corim::TrustAnchor& anchor : read("o").keys.anchors) order.push_back(fmt::format("{} {}", static_cast<int>(anchor.format), as_text(anchor.data)));
  EXPECT_EQ(order, (std::vector<std::string>{"0 tas/c.der", "1 z.ta", "1 tas/b.ta", "2 y.spki", "2 tas/a.spki"}));
  EXPECT_EQ(read("o").keys.authorities, (std::vector{to_bytes("ca.der"), to_bytes("tas/c.der")}));
}

TEST_F(Cocli, C11_CorimCreateGivesTheGoldenBytes) {
  take_comids();
  struct Row {
    std::string corim, source;
    std::vector<std::string> comids;
  };
  const std::string coswid = take("gen-a/shipped/coswid/1.cbor");
  const std::string cots = take("gen-a/shipped/cots/vendor.cbor");
  for (const Row& row : {Row{"psa-full", "full", {"psa-refval", "psa-iakpub"}}, Row{"full-with-coswid-cots", "full", {"psa-refval"}}, Row{"cca-platform", "cca", {"cca-mult-refval"}}, Row{"cca-realm", "cca-realm", {"cca-realm-refval"}}, Row{"mini", "mini", {"dice-refval"}}}) {
    const std::string file = take("gen-a/corim-templates/corim-" + row.source + ".json");
    std::vector<std::string> args{"corim", "create", "-t", file, "-o", "out.cbor"};
    for (const std::string& comid : row.comids) args.insert(args.end(), {"-m", "comid-" + comid + ".cbor"});
    if (row.corim == "full-with-coswid-cots") args.insert(args.begin() + 2, {"-c", cots, "-s", coswid});  // the order of flags is not that of tags
    prints(args, ">> created \"out.cbor\" from \"" + file + "\"\n");
    EXPECT_EQ(to_hex(made("out.cbor")), to_hex(vector_bytes("cocli/gen-a/golden/corim-" + row.corim + ".cbor"))) << row.corim;
  }
  prints({"corim", "create", "-t", "corim-mini.json", "-m", "comid-dice-refval.cbor"}, ">> created \"corim-mini.cbor\" from \"corim-mini.json\"\n");
  EXPECT_EQ(to_hex(made("corim-mini.cbor")), to_hex(vector_bytes("cocli/gen-a/golden/corim-mini.cbor")));
}

TEST_F(Cocli, C11_FoldersOfEveryKind) {
  for (const auto& [folder, file] : {std::pair{"m", "gen-a/golden/comid-psa-refval.cbor"}, {"s", "gen-a/shipped/coswid/1.cbor"}, {"c", "gen-a/shipped/cots/vendor.cbor"}}) {
    std::filesystem::create_directory(folder);
    write(fmt::format("{}/1.cbor", folder), vector_text(fmt::format("cocli/{}", file)));
  }
  const std::string file = take("gen-a/corim-templates/corim-full.json");
  prints({"corim", "create", "-C", "c", "--coswid-dir", "s", "-M", "m", "-t", file}, ">> created \"corim-full.cbor\" from \"corim-full.json\"\n");
  EXPECT_EQ(to_hex(made("corim-full.cbor")), to_hex(vector_bytes("cocli/gen-a/golden/corim-full-with-coswid-cots.cbor")));
  for (const std::string flag : {"-S", "-C"}) EXPECT_EQ(run({"corim", "create", flag, flag == "-S" ? "s" : "c", "-t", file, "-o", "one"}).status, 0) << flag;
}

// The bytes that the original puts into the CoRIM, and its text where it refuses.
TEST_F(Cocli, C11_CoswidsAreWrittenAgain) {
  write("t.json", R"({"corim-id":"x"})");
  std::istringstream in{vector_text("cocli/edge-cases/coswid.jsonl")};
  std::size_t seen = 0;
  for (std::string text; std::getline(in, text); ++seen) {
    const json::Value line = json::parse(text).value();
    const json::Object& reference = *line.object()->find("gen_a")->object();
    write("q.cbor", as_text(testing::hex(*line.object()->find("coswid_in_hex")->text())));
    const std::vector<std::string> args{"corim", "create", "-t", "t.json", "-s", "q.cbor", "-o", "c"};
    if (!*reference.find("ok")->boolean()) {
      refused(args, "error adding CoSWID from q.cbor");
      continue;
    }
    prints(args, ">> created \"c\" from \"t.json\"\n");
    EXPECT_NE(to_hex(made("c")).find(*reference.find("tag_bytes_hex")->text()), std::string::npos) << text;
  }
  EXPECT_EQ(seen, 18u);
}

TEST_F(Cocli, CorimCreateInGenerationD) {
  struct Row {
    std::string corim;
    std::vector<std::string> comids;
  };
  for (const Row& row : {Row{"psa-full", {"psa-refval", "psa-ta"}}, Row{"cca-platform-full", {"cca-platform-refval", "cca-platform-ta"}}, Row{"cca-realm-full", {"cca-realm-refval"}}, Row{"enacttrust-mini", {"enacttrust-refval"}}}) {
    std::vector<std::string> args{"corim", "create", "-t", path("gen-d/templates/corim-" + row.corim + ".json"), "-o", "out.cbor"};
    for (const std::string& comid : row.comids) args.insert(args.end(), {"-m", path("gen-d/golden/comid-" + comid + ".cbor")});
    ASSERT_EQ(run(args).err, "") << row.corim;
    EXPECT_EQ(to_hex(made("out.cbor")), to_hex(vector_bytes("cocli/gen-d/golden/corim-" + row.corim + ".cbor"))) << row.corim;
  }
}

TEST_F(Cocli, C11_CorimCreateSaysWhatIsMissing) {
  take_comids();
  const std::string file = take("gen-a/corim-templates/corim-mini.json");
  write("bad.cbor", as_text(testing::hex("a201a1006178 04a0")));
  write("text.json", "text");
  write("empty.json", "{}");
  write("cut.cbor", as_text(testing::hex("a201")));
  write("map.cbor", as_text(testing::hex("a0")));
  write("store.cbor", as_text(testing::hex("a20281a1036006a100818200423000")));  // a named store without a name
  write("validity.json", R"({"corim-id":"x","validity":{"not-before":"2025-01-01T00:00:00Z","not-after":"2024-01-01T00:00:00Z"}})");
  const std::size_t before = files_here();
  const std::string comid = "comid-dice-refval.cbor";
  refused({"corim", "create"}, "no CoRIM template supplied");
  refused({"corim", "create", "-m", comid}, "no CoRIM template supplied");
  refused({"corim", "create", "-t", file}, "no CoMID, CoSWID or CoTS files or folders supplied");
  refused({"corim", "create", "-t", "none.json", "-M", "."}, "error loading template from none.json: open none.json: no such file or directory");
  EXPECT_TRUE(run({"corim", "create", "-t", file, "-m", "none.cbor"}).err.ends_with("Error: no CoMID, CoSWID or CoTS files found\n"));
  refused_with({"corim", "create", "-t", "text.json", "-m", comid}, "error decoding template from text.json: ");
  refused_with({"corim", "create", "-t", "empty.json", "-m", comid}, "error decoding template from empty.json: ", "corim-id");
  refused_with({"corim", "create", "-t", file, "-m", path("gen-a/shipped/comid/1.cbor")}, "error loading CoMID from " + path("gen-a/shipped/comid/1.cbor") + ": ");
  refused({"corim", "create", "-t", file, "-m", "bad.cbor"}, "error adding CoMID from bad.cbor (check its validity using the \"comid validate\" sub-command)");
  for (const std::string kind : {"CoSWID", "CoTS"}) {
    const std::string flag = kind == "CoSWID" ? "-s" : "-c";
    refused_with({"corim", "create", "-t", file, "-m", comid, flag, "cut.cbor"}, "error loading " + kind + " from cut.cbor: ");
    refused({"corim", "create", "-t", file, "-m", comid, flag, "map.cbor"}, "error adding " + kind + " from map.cbor");
    EXPECT_TRUE(run({"corim", "create", "-t", file, flag, "none.cbor"}).err.ends_with("Error: no CoMID, CoSWID or CoTS files found\n"));
  }
  refused({"corim", "create", "-t", file, "-c", "store.cbor"}, "error adding CoTS from store.cbor");
  refused_with({"corim", "create", "-t", "validity.json", "-m", comid}, "error validating CoRIM: /validity: ");
  refused({"corim", "create", "-t", file, "-m", comid, "-o", "none/o"}, "error saving CoRIM to file none/o: open none/o: no such file or directory");
  EXPECT_EQ(files_here(), before);
}

TEST_F(Cocli, AGenerationThatCannotCarryAComidIsAnError) {
  const std::string comid = path("gen-d/golden/comid-cca-platform-config-legacy-mask.cbor");
  const std::string file = take("gen-a/corim-templates/corim-mini.json");
  write("named.json", R"({"tag-identity":{"id":"x"},"triples":{"reference-values":[{"environment":{"class":{"vendor":"v"}},"measurements":[{"value":{"name":"only D"}}]}]}})");
  ASSERT_EQ(run({"comid", "create", "-t", "named.json"}).status, 0);
  refused_with({"corim", "create", "-t", file, "-m", "named.cbor", "--format", "a"}, "error encoding CoMID from named.cbor to CBOR: ", "name");
  EXPECT_FALSE(std::filesystem::exists("corim-mini.cbor"));
  ASSERT_EQ(run({"corim", "create", "-t", file, "-m", "named.cbor", "-m", comid}).status, 0);
  EXPECT_EQ(corim::read_corim(made("corim-mini.cbor")).value().generation, corim::Generation::d);
  ASSERT_EQ(run({"corim", "create", "-t", file, "-m", comid, "--format", "c"}).status, 0);
  EXPECT_EQ(made("corim-mini.cbor")[0], 0xd9);  // tag 501
}

TEST_F(Cocli, C12_CorimSignIsByteForByte) {
  take("gen-a/golden/corim-psa-full.cbor");
  prints({"corim", "sign", "-f", "corim-psa-full.cbor", "-k", key("test-ed"), "-m", meta("full")}, ">> \"corim-psa-full.cbor\" signed and saved to \"signed-corim-psa-full.cbor\"\n");
  EXPECT_EQ(to_hex(made("signed-corim-psa-full.cbor")), to_hex(vector_bytes("cocli/gen-a/golden/signed-corim-psa-full-ed25519.cbor")));
  take("gen-a/golden/corim-full-with-coswid-cots.cbor");
  prints({"corim", "sign", "-f", "corim-full-with-coswid-cots.cbor", "-k", key("test-ed"), "-m", meta("full"), "-o", "t"}, ">> \"corim-full-with-coswid-cots.cbor\" signed and saved to \"t\"\n");
  EXPECT_EQ(to_hex(made("t")), to_hex(vector_bytes("cocli/gen-a/golden/signed-corim-full-with-coswid-cots-ed25519.cbor")));

  struct Row {
    std::string key, name, meta;
    std::size_t signature;
  };
  for (const Row& row : {Row{"ec-p256", "es256", "full", 64}, Row{"test-P-384", "es384", "mini", 96}, Row{"test-P-521", "es512", "mini", 132}, Row{"test-PS256", "ps256", "mini", 256}}) {
    const Outcome outcome = run({"corim", "sign", "-f", "corim-psa-full.cbor", "-k", key(row.key), "-m", meta(row.meta), "-o", "s.cbor"});
    EXPECT_EQ(outcome.err, "") << row.name;
    const Bytes expected = vector_bytes("cocli/gen-a/golden/signed-corim-psa-full-" + row.name + ".cbor");
    const Bytes ours = made("s.cbor");
    ASSERT_EQ(ours.size(), expected.size()) << row.name;
    EXPECT_TRUE(std::ranges::equal(ByteView{ours}.first(ours.size() - row.signature), ByteView{expected}.first(expected.size() - row.signature))) << row.name;
    EXPECT_EQ(run({"corim", "verify", "-f", "s.cbor", "-k", key(row.key)}).status, 0) << row.name;
  }
}

TEST_F(Cocli, SignNamesItsFileBesideTheOriginal) {
  std::filesystem::create_directory("sub");
  write("sub/u.cbor", vector_text("cocli/gen-a/golden/corim-psa-full.cbor"));
  prints({"corim", "sign", "-f", "sub/u.cbor", "-k", key("test-ed"), "-m", meta("full")}, ">> \"sub/u.cbor\" signed and saved to \"sub/signed-u.cbor\"\n");
  EXPECT_EQ(to_hex(made("sub/signed-u.cbor")), to_hex(vector_bytes("cocli/gen-a/golden/signed-corim-psa-full-ed25519.cbor")));
}

TEST_F(Cocli, TheKeyIdIsWrittenInGenerationDOnly) {
  std::string jwk = vector_text("cocli/keys/test-ed.jwk");
  const auto parsed = json::parse(jwk).value();
  json::Object object = *parsed.object();
  object.set("kid", "test-key-1");
  write("kid.jwk", json::print(object));
  ASSERT_EQ(run({"corim", "sign", "-f", path("gen-d/golden/corim-psa-full.cbor"), "-k", "kid.jwk", "-m", meta("full"), "-o", "d"}).err, "");
  EXPECT_EQ(to_hex(made("d")), to_hex(vector_bytes("cocli/gen-d/golden/signed-corim-psa-full-ed25519-kid.cose")));
  ASSERT_EQ(run({"corim", "sign", "-f", golden("corim-psa-full.cbor"), "-k", "kid.jwk", "-m", meta("full"), "-o", "a"}).err, "");
  EXPECT_EQ(to_hex(made("a")), to_hex(vector_bytes("cocli/gen-a/golden/signed-corim-psa-full-ed25519.cbor")));
}

TEST_F(Cocli, SignErrors) {
  const std::string corim = take("gen-a/golden/corim-psa-full.cbor");
  write("cut.cbor", as_text(ByteView{vector_bytes("cocli/gen-a/golden/corim-psa-full.cbor")}.first(200)));
  write("empty.json", "{}");
  write("rs.json", R"({"signer":{"name":"x","uri":"no uri"}})");
  json::Object rsa = *json::parse(vector_text("cocli/keys/test-PS256.jwk")).value().object();
  rsa.erase("alg");
  write("rsa.jwk", json::print(rsa));
  const std::size_t before = files_here();
  const auto sign = [&](const std::string& file, const std::string& with, const std::string& about) { return std::vector<std::string>{"corim", "sign", "-f", file, "-k", with, "-m", about}; };
  refused({"corim", "sign"}, "no CoRIM supplied");
  refused({"corim", "sign", "-f", corim}, "no key supplied");
  refused({"corim", "sign", "-f", corim, "-k", "k"}, "no CoRIM Meta supplied");
  refused(sign("none", "k", "m"), "error loading unsigned CoRIM from none: open none: no such file or directory");
  refused_with(sign("cut.cbor", "k", "m"), "error decoding unsigned CoRIM from cut.cbor: ");
  refused_with(sign(golden("signed-corim-psa-full-es256.cbor"), "k", "m"), "error decoding unsigned CoRIM from ", "a signed CoRIM");
  refused_with(sign(path("gen-a/shipped/corim/unsigned-corim.cbor"), "k", "m"), "error decoding unsigned CoRIM from ", "generation 0");
  refused(sign(corim, "k", "none"), "error loading CoRIM Meta from none: open none: no such file or directory");
  refused_with(sign(corim, "k", "empty.json"), "error validating CoRIM Meta: invalid signer: empty name");
  refused_with(sign(corim, "k", "rs.json"), "error decoding CoRIM Meta from rs.json: /signer/uri: ");
  refused(sign(corim, "none", meta("mini")), "error loading signing key from none: open none: no such file or directory");
  refused_with(sign(corim, "empty.json", meta("mini")), "error loading signing key from empty.json: invalid key type from JSON ()");
  refused_with(sign(corim, "rsa.jwk", meta("mini")), "error loading signing key from rsa.jwk: unknown RSA algorithm");
  refused_with(sign(corim, "cut.cbor", meta("mini")), "error loading signing key from cut.cbor: ");
  EXPECT_EQ(run(sign(corim, "cut.cbor", meta("mini"))).err.find("cut.cbor: cut.cbor"), std::string::npos);
  auto nowhere = sign(corim, key("test-ed"), meta("mini"));
  nowhere.insert(nowhere.end(), {"-o", "none/o"});
  refused(nowhere, "error saving signed CoRIM to file none/o: open none/o: no such file or directory");
  EXPECT_EQ(files_here(), before);
}

TEST_F(Cocli, C13_CorimVerify) {
  struct Row {
    std::string file, key;
  };
  for (const Row& row : {Row{"ed25519", "test-ed"}, Row{"es256", "ec-p256"}, Row{"es384", "test-P-384"}, Row{"es512", "test-P-521"}, Row{"ps256", "test-PS256"}}) {
    const std::string file = take("gen-a/golden/signed-corim-psa-full-" + row.file + ".cbor");
    const std::vector<std::string> verify{"corim", "verify", "-f", file, "-k", key(row.key)};
    prints(verify, ">> \"" + file + "\" verified\n");
  }
  for (const std::string name : {"signed-corim-valid", "signed-corim-valid-with-cots"}) {
    const std::string file = take("gen-a/shipped/testcases/" + name + ".cbor");
    prints({"corim", "verify", "-f", file, "-k", key("ec-p256")}, ">> \"" + file + "\" verified\n");
  }
  const std::string file = "signed-corim-psa-full-es256.cbor";
  write("other.jwk", json::print(crypto::to_jwk(crypto::PrivateKey::generate(crypto::KeyKind::p256).value())));
  refused({"corim", "verify", "-f", file, "-k", "other.jwk"}, "error verifying " + file + " with key other.jwk: verification error");
  refused_with({"corim", "verify", "-f", file, "-k", key("test-ed")}, "error verifying " + file + " with key " + key("test-ed") + ": ");
}

TEST_F(Cocli, PublicKeysVerify) {
  const std::string file = take("gen-a/golden/signed-corim-psa-full-es256.cbor");
  const auto pair = crypto::private_key_from_any(vector_bytes("cocli/keys/ec-p256.jwk")).value();
  write("pub.jwk", json::print(crypto::to_jwk(pair.public_key())));
  write("pub.pem", crypto::to_pem(pair.public_key()));
  for (const std::string name : {"pub.jwk", "pub.pem"}) prints({"corim", "verify", "-f", file, "-k", name}, ">> \"" + file + "\" verified\n");
}

TEST_F(Cocli, ExpiredIsAWarning) {
  const std::string file = take("gen-a/golden/signed-corim-psa-full-es256.cbor");
  const Outcome later = run_at(kIn2027, {"corim", "verify", "-f", file, "-k", key("ec-p256")});
  EXPECT_EQ(later.err, "warning: the signature was valid until 2025-12-31T00:00:00Z\nwarning: the CoRIM was valid until 2025-12-31T00:00:00Z\n");
  EXPECT_EQ(later.out, ">> \"" + file + "\" verified\n");
  EXPECT_EQ(later.status, 0);
  EXPECT_NE(run_at(1, {"corim", "verify", "-f", file, "-k", key("ec-p256")}).err.find("the CoRIM is not valid before 2021-12-31T00:00:00Z"), std::string::npos);
}

TEST_F(Cocli, C14_VerifyOfAnUnsignedFile) {
  const std::string file = take("gen-a/golden/corim-psa-full.cbor");
  refused({"corim", "verify", "-f", file, "-k", key("ec-p256")}, "error decoding signed CoRIM from corim-psa-full.cbor: failed CBOR decoding for COSE-Sign1 signed CoRIM: cbor: invalid COSE_Sign1_Tagged object");
  refused({"corim", "verify"}, "no CoRIM supplied");
  refused({"corim", "verify", "-f", "none", "-k", "k"}, "error loading signed CoRIM from none: open none: no such file or directory");
  take("gen-a/golden/signed-corim-psa-full-es256.cbor");
  refused({"corim", "verify", "-f", "signed-corim-psa-full-es256.cbor", "-k", "none"}, "error loading verifying key from none: open none: no such file or directory");
}

TEST_F(Cocli, C15_CorimDisplayIsByteForByte) {
  go_to("cocli/gen-a/golden");
  const std::string expected = vector_text("cocli/gen-a/golden/display-signed-corim-psa-full-ed25519.txt");
  prints({"corim", "display", "-f", "signed-corim-psa-full-ed25519.cbor", "-v"}, expected);
  prints({"corim", "display", "-f", "signed-corim-psa-full-ed25519.cbor"}, expected.substr(0, expected.find("Tags:\n")));
  prints({"corim", "display", "-f", "corim-psa-full.cbor", "--show-tags"}, expected.substr(expected.find("Corim:\n")));
}

TEST_F(Cocli, C15_CorimDisplayOfEveryKindOfTag) {
  go_to("cocli/gen-a/golden");
  const std::string expected = vector_text("cocli/gen-a/golden/display-signed-corim-full-with-coswid-cots-ed25519.txt");
  prints({"corim", "display", "-f", "signed-corim-full-with-coswid-cots-ed25519.cbor", "-v"}, expected);
  prints({"corim", "display", "-f", "corim-full-with-coswid-cots.cbor", "-v"}, expected.substr(expected.find("Corim:\n")));
}

TEST_F(Cocli, TagsThatCannotBeReadAreSkipped) {
  const Outcome stale = run({"corim", "display", "-v", "-f", path("gen-a/shipped/testcases/signed-corim-valid.cbor")});
  EXPECT_EQ(stale.status, 0);
  EXPECT_NE(stale.out.find(">> skipping malformed CoMID tag at index 0: CBOR decoding failed: "), std::string::npos) << stale.out;
  write("bad.cbor", as_text(testing::hex("a200617801824 4d901f9a0 44d901fba0")));  // a CoSWID and a CoTS, both empty
  const Outcome bad = run({"corim", "display", "-v", "-f", "bad.cbor"});
  EXPECT_EQ(bad.status, 0) << bad.err;
  EXPECT_NE(bad.out.find(">> skipping malformed CoSWID tag at index 0: CBOR decoding failed: "), std::string::npos) << bad.out;
  EXPECT_NE(bad.out.find(">> skipping malformed CoTS tag at index 1: CBOR decoding failed: "), std::string::npos) << bad.out;
}

TEST_F(Cocli, C16_CorimExtract) {
  prints({"corim", "extract", "-f", golden("signed-corim-full-with-coswid-cots-ed25519.cbor")}, "");
  EXPECT_EQ(to_hex(made("000000-comid.cbor")), to_hex(vector_bytes("cocli/gen-a/golden/comid-psa-refval.cbor")));
  EXPECT_EQ(to_hex(made("000001-coswid.cbor")), to_hex(vector_bytes("cocli/gen-a/shipped/coswid/1.cbor")));
  EXPECT_EQ(to_hex(made("000002-cots.cbor")), to_hex(vector_bytes("cocli/gen-a/shipped/cots/vendor.cbor")));
  EXPECT_EQ(files_here(), 3u);
  std::filesystem::create_directory("d");
  prints({"corim", "extract", "-f", path("gen-d/golden/corim-psa-full.cbor"), "-o", "d"}, "");
  EXPECT_EQ(to_hex(made("d/000001-comid.cbor")), to_hex(vector_bytes("cocli/gen-d/golden/comid-psa-ta.cbor")));
}

TEST_F(Cocli, ExtractThatCannotWrite) {
  const std::string text = "error saving CoMID tag at index 0: open none/000000-comid.cbor: no such file or directory";
  const Outcome outcome = run({"corim", "extract", "-f", golden("corim-mini.cbor"), "-o", "none"});
  EXPECT_EQ(outcome.out, ">> " + text + "\n");
  EXPECT_EQ(outcome.err, "warning: " + text + "\n");
  EXPECT_EQ(outcome.status, 0);
  const Outcome strict = run({"corim", "extract", "--strict", "-f", golden("corim-mini.cbor"), "-o", "none"});
  EXPECT_EQ(strict.err, "Error: " + text + "\n");
  EXPECT_EQ(strict.status, 1);
}

TEST_F(Cocli, C17_StaleAndBrokenFilesFailForTheirReason) {
  struct Row {
    std::string file, display, verify;
  };
  const std::string not_signed = "COSE_Sign1_Tagged";
  for (const Row& row : {Row{"corim-full.cbor", "generation 0", not_signed}, Row{"unsigned-corim.cbor", "generation 0", not_signed}, Row{"signed-corim.cbor", "generation 0", "generation 0"}, Row{"signed-corim-cbor", "generation 0", "generation 0"}, Row{"signed-corim-bad-signature.cbor", "require map type", "require map type"}}) {
    const std::string file = take("gen-a/shipped/corim/" + row.file);
    refused_with({"corim", "display", "-f", file}, "error decoding signed CoRIM from " + file + ": ", row.display);
    refused_with({"corim", "verify", "-f", file, "-k", key("ec-p256")}, "error decoding signed CoRIM from " + file + ": ", row.verify);
    refused_with({"corim", "extract", "-f", file, "-o", own("")}, "error decoding signed CoRIM from " + file + ": ", row.display);
    std::filesystem::remove(file);
  }
  EXPECT_EQ(files_here(), 0u);
}

TEST_F(Cocli, C23_FlagsThatExcludeEachOther) {
  const std::string file = take("gen-a/golden/signed-corim-psa-full-es256.cbor");
  const auto verify = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"corim", "verify", "-f", file});
    return more;
  };
  refused(verify({"--crl-policy", "strict"}), "cannot use --crl-policy without --crl");
  refused(verify({"--crl-policy", "strict", "-k", "k"}), "cannot use --crl-policy without --crl");
  refused(verify({"--crl", "l", "--crl-policy", "x"}), "invalid CRL policy \"x\" (want strict or permissive)");
  refused(verify({"-k", "k", "--trust-anchors", "t"}), "cannot use --trust-anchors with --key");
  refused(verify({"-k", "k", "--crl", "l"}), "cannot use --crl with --key");
  refused(verify({}), "no verification method: supply --key or use a CoRIM with x5chain header");
  refused({"corim", "sign", "-f", "f", "-k", "k", "-m", "m", "--intermediates", "i"}, "cannot add intermediate certificates without a signing certificate");
}

class CocliChain : public Cocli {
 protected:
  static std::string pki(std::string_view name) { return vector_path("corim/keys/" + std::string{name}).string(); }
  // Signs with the chain and any more flags; the file is s.cbor.
  Outcome sign(const std::vector<std::string>& more) const {
    write("key.jwk", json::print(crypto::to_jwk(crypto::private_key_from_any(vector_bytes("corim/keys/endEntity.key")).value())));
    std::vector<std::string> args{"corim", "sign", "-f", path("gen-d/golden/corim-psa-full.cbor"), "-k", "key.jwk", "-m", meta("mini"), "-o", "s.cbor"};
    args.insert(args.end(), more.begin(), more.end());
    return run(args);
  }
  static Outcome verify(const std::vector<std::string>& more, UnixSeconds now = kIn2027) {
    std::vector<std::string> args{"corim", "verify", "-f", "s.cbor"};
    args.insert(args.end(), more.begin(), more.end());
    return run_at(now, args);
  }
  static void fails(const Outcome& outcome, const std::string& begin) {
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(outcome.err.starts_with("Error: " + begin)) << outcome.err;
    EXPECT_EQ(outcome.status, 1);
  }
};

TEST_F(CocliChain, C24_SignsWithAChainAndVerifiesByIt) {
  ASSERT_EQ(sign({"--cert", pki("endEntity.der"), "--intermediates", pki("intermediateCA.der")}).err, "");
  const Bytes bytes = made("s.cbor");
  const auto read = corim::read_signed(bytes).value();
  ASSERT_EQ(read.message.protected_headers.x5chain.size(), 2u);
  EXPECT_EQ(to_hex(read.message.protected_headers.x5chain[0]), to_hex(vector_bytes("corim/keys/endEntity.der")));
  const Outcome good = verify({"--trust-anchors", pki("rootCA.der")});
  EXPECT_EQ(good.out, ">> \"s.cbor\" verified\n") << good.err;
  EXPECT_EQ(good.status, 0);
  const Outcome by_key = verify({"-k", "key.jwk"});
  EXPECT_TRUE(by_key.err.starts_with("warning: using --key; x5chain/PKIX verification skipped\n")) << by_key.err;
  EXPECT_EQ(by_key.status, 0);
}

TEST_F(CocliChain, C24_ChainsThatLeadNowhere) {
  ASSERT_EQ(sign({"--cert", pki("endEntity.der")}).err, "");
  fails(verify({"--trust-anchors", pki("rootCA.der")}), "error verifying s.cbor using x5chain: ");
  ASSERT_EQ(sign({"--cert", pki("endEntity.der"), "--intermediates", pki("intermediateCA.der")}).err, "");
  fails(verify({"--trust-anchors", vector_path("corim-store/sample/certs/root.cert.der").string()}), "error verifying s.cbor using x5chain: ");
  fails(verify({"--trust-anchors", pki("rootCA.der")}, kIn2023), "error verifying s.cbor using x5chain: ");
  fails(verify({"--trust-anchors", "none"}), "error loading trust material for s.cbor: open none: no such file or directory\n");
  fails(verify({"--trust-anchors", pki("rootCA.der"), "--crl", "none"}), "error loading trust material for s.cbor: open none: no such file or directory\n");
  fails(verify({"--trust-anchors", pki("rootCA.der"), "--crl", pki("rootCA.der")}), "error loading trust material for s.cbor: ");
}

TEST_F(CocliChain, RevocationListsCount) {
  const auto file = [](std::string_view name) { return vector_path("revocation/" + std::string{name}).string(); };
  const Outcome made = run({"corim", "sign", "-f", golden("corim-psa-full.cbor"), "-k", file("leaf.key.pem"), "-m", meta("mini"), "-o", "s.cbor", "--cert", file("leaf.der"), "--intermediates", file("intermediate.der")});
  ASSERT_EQ(made.err, "");
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--trust-anchors", file("root.der")});
    return verify(more);
  };
  EXPECT_EQ(with({}).status, 0);
  EXPECT_EQ(with({"--crl", file("root.crl"), "--crl", file("intermediate.crl")}).status, 0);
  fails(with({"--crl", file("intermediate.crl")}), "error verifying s.cbor using x5chain: ");
  EXPECT_EQ(with({"--crl", file("intermediate.crl"), "--crl-policy", "permissive"}).status, 0);
  for (const std::string policy : {"strict", "permissive"}) {
    const Outcome revoked = with({"--crl", file("root.crl"), "--crl", file("intermediate-leaf-revoked.crl.pem"), "--crl-policy", policy});
    fails(revoked, "error verifying s.cbor using x5chain: ");
    EXPECT_NE(revoked.err.find("revoked"), std::string::npos) << revoked.err;
  }
}

TEST_F(CocliChain, TheOperatingSystemsRootsAreNobodysAnchors) {
  ASSERT_EQ(sign({"--cert", pki("endEntity.der"), "--intermediates", pki("intermediateCA.der")}).err, "");
  fails(verify({}), "no trust anchors: supply --trust-anchors ");
}

TEST_F(CocliChain, ACertificateOfAnotherKeyIsRefused) {
  const Outcome outcome = sign({"--cert", pki("intermediateCA.der")});
  EXPECT_TRUE(outcome.err.starts_with("Error: error loading signing certificate: ")) << outcome.err;
  EXPECT_NE(outcome.err.find("a certificate of another key"), std::string::npos) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists("s.cbor"));
}

}  // namespace
}  // namespace assay
