#include "model/corim/cots.h"
#include "apps/cocli/cocli_testing.h"
#include "model/corim/text.h"

namespace assay {
namespace {

using testing::Outcome;
using testing::vector_bytes;
using testing::vector_text;

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

}  // namespace
}  // namespace assay
