#include <algorithm>
#include <sstream>

#include "apps/cocli/cocli_testing.h"
#include "codec/json/json.h"
#include "model/corim/profile.h"
#include "model/corim/signed.h"

namespace assay {
namespace {

using testing::Outcome;
using testing::vector_bytes;
using testing::vector_text;

TEST_F(Cocli, CorimsOfTdxNameTheirProfile) {
  write("qe.cbor", testing::vector_text("corim/gen-d/corim-53b3014/tdx/comid_qe_refval.cbor"));
  write("plain.json", R"({"corim-id":"x"})");
  write("tdx.json", fmt::format(R"({{"corim-id":"x","profile":{{"type":"oid","value":"{}"}}}})", corim::kTdxProfile));
  refused({"corim", "create", "-t", "plain.json", "-m", "qe.cbor"}, "error adding CoMID from qe.cbor (check its validity using the \"comid validate\" sub-command)");
  prints({"corim", "create", "-t", "tdx.json", "-m", "qe.cbor", "-o", "rim.cbor"}, ">> created \"rim.cbor\" from \"tdx.json\"\n");
  EXPECT_NE(run({"corim", "display", "-f", "rim.cbor", "-v"}).out.find("\"advisoryids\": {"), std::string::npos);
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

}  // namespace
}  // namespace assay
