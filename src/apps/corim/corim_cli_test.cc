#include "apps/corim/corim_cli.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "apps/app_testing.h"
#include "apps/fd_stream.h"
#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "model/corim/cots.h"
#include "model/corim/profile.h"
#include "model/corim/signed.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;
using testing::vector_bytes;
using testing::vector_path;
using testing::vector_text;

class CorimCli : public testing::InOwnFolder {
 protected:
  static Outcome comid(const std::vector<std::string>& args) { return call(run_comid, args); }
  static Outcome run(const std::vector<std::string>& args) { return call(run_corim, args); }
  static std::string path(std::string_view vector) { return vector_path("cocli/" + std::string{vector}).string(); }
  static std::string golden(std::string_view name) { return path("gen-a/golden/" + std::string{name}); }
  static std::string later(std::string_view name) { return path("gen-d/golden/" + std::string{name}); }
  Bytes made(std::string_view name) const { return to_bytes(testing::read_text(own(name))); }
  std::size_t files_here() const {
    const std::filesystem::directory_iterator all{own("")};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  // One line of error, nothing on stdout.
  static void refused(const Outcome& outcome, int status, const std::string& part) {
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(outcome.err.starts_with("error: ")) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  }
  static json::Value parsed(const std::string& text) {
    auto value = json::parse(text);
    EXPECT_TRUE(testing::ok(value)) << text;
    return value.value_or(json::Value{json::Object{}});
  }
  // A template with three mistakes and a member nobody knows.
  std::string bad_template() const {
    write("bad.json", R"({"tag-identity":{"id":"x"},"bogus":1,"triples":{"reference-values":[{"environment":{"class":{"id":{"type":"uuid","value":"zz"}}},)"
                      R"("measurements":[{"value":{"svn":{"type":"foo","value":1}}},{"value":{"digests":["md9:AA=="]}}]}]}})");
    return "bad.json";
  }
  void named_comid() const {
    write("named.json", R"({"tag-identity":{"id":"x"},"triples":{"reference-values":[{"environment":{"class":{"vendor":"v"}},"measurements":[{"value":{"name":"only D"}}]}]}})");
    ASSERT_EQ(comid({"create", "named.json", "--out", "named.cbor"}).status, 0);
  }
};

TEST_F(CorimCli, HelpTeachesByExample) {
  for (const auto& [group, verbs] : {std::pair<testing::Command, std::vector<std::string>>{run_comid, {"create", "show", "validate"}}, {run_corim, {"create", "show", "validate", "sign", "verify", "extract", "convert"}}, {run_cots, {"create", "show", "validate"}}}) {
    EXPECT_NE(call(group, {"--help"}).out.find("Examples:"), std::string::npos);
    for (const std::string& verb : verbs) EXPECT_NE(call(group, {verb, "--help"}).out.find("Example:\n  assay co"), std::string::npos) << verb;
  }
  refused(run({"shwo", "x"}), 2, "did you mean: assay corim show");
  refused(run({"sign", "x"}), 2, "--key");
}

TEST_F(CorimCli, MakesAComidAsTheGoldenFiles) {
  for (const std::string name : {"cca-realm-refval", "kitchen-sink", "psa-iakpub"}) {
    ASSERT_EQ(comid({"create", path("gen-a/comid-templates/comid-" + name + ".json"), "--out", "c"}).status, 0) << name;
    EXPECT_EQ(to_hex(made("c")), to_hex(vector_bytes("cocli/gen-a/golden/comid-" + name + ".cbor"))) << name;
    ASSERT_EQ(comid({"create", path("gen-a/comid-templates/comid-" + name + ".json")}).out, as_text(made("c"))) << name;
  }
  const Outcome outcome = comid({"create", path("gen-d/templates/comid-psa-ta.json"), "--out", "c", "--json", "--format", "d"});
  EXPECT_EQ(*parsed(outcome.out).object()->find("file")->text(), "c");
  EXPECT_EQ(to_hex(made("c")), to_hex(vector_bytes("cocli/gen-d/golden/comid-psa-ta.cbor")));
}

TEST_F(CorimCli, AllProblemsOfATemplateArePrinted) {
  const std::string file = bad_template();
  const std::size_t before = files_here();
  const Outcome outcome = comid({"create", file, "--out", "c"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.out, "");
  const std::string base = ": bad.json: /triples/reference-values/0/";
  for (const std::string& line : {"error" + base + "environment/class/id", "error" + base + "measurements/0/value/svn", "error" + base + "measurements/1/value/digests/0", std::string{"warning: bad.json: unknown member \"bogus\""}}) {
    EXPECT_NE(outcome.err.find(line), std::string::npos) << line << "\n"
                                                         << outcome.err;
  }
  EXPECT_EQ(files_here(), before);
}

TEST_F(CorimCli, ValidateNamesEveryFileAndProblem) {
  const std::string file = bad_template();
  write("empty.json", R"({"tag-identity":{"id":"x"},"triples":{}})");
  const Outcome outcome = comid({"validate", golden("comid-psa-refval.cbor"), file, "empty.json", path("gen-a/shipped/comid/1.cbor")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_TRUE(outcome.out.starts_with(golden("comid-psa-refval.cbor") + ": valid\nbad.json: not valid\n")) << outcome.out;
  EXPECT_NE(outcome.out.find("  error: /triples/reference-values/0/measurements/0/value/svn"), std::string::npos);
  EXPECT_NE(outcome.out.find("empty.json: not valid\n  error: /triples: no triples"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("1.cbor: not valid\n  error: "), std::string::npos);

  const json::Value machine = parsed(comid({"validate", "--json", file}).out);
  const json::Object& first = *machine.array()->front().object();
  EXPECT_FALSE(*first.find("valid")->boolean());
  EXPECT_EQ(first.find("problems")->array()->size(), 4u);
  refused(comid({"validate", "none"}), 5, "none: no such file");
}

TEST_F(CorimCli, ATagWithoutItsCorimIsNamed) {
  const std::string coswid = path("gen-a/shipped/coswid/1.cbor");
  const std::string json = path("gen-a/corim-templates/corim-mini.json");
  for (const auto& more : {std::vector<std::string>{"show"}, {"extract"}, {"submit", "--server", "http://127.0.0.1:1"}, {"convert", "--to", "D"}, {"diff", golden("corim-mini.cbor")}}) {
    const auto with = [&](const std::string& file) {
      std::vector<std::string> args = more;
      args.push_back(file);
      return run(args);
    };
    refused(with(golden("comid-psa-refval.cbor")), 3, "comid-psa-refval.cbor: a CoMID, without the CoRIM that says its profile; expected a CoRIM (`assay corim create TEMPLATE --comid FILE`");
    refused(with(golden("cots-full.cbor")), 3, "cots-full.cbor: a CoTS, without the CoRIM that says its profile; expected a CoRIM (`assay corim create TEMPLATE --cots FILE`");
    refused(with(coswid), 3, "1.cbor: a CoSWID, without the CoRIM that says its profile; expected a CoRIM (`assay corim create TEMPLATE --coswid FILE`");
    refused(with(json), 3, "corim-mini.json: JSON; expected a CoRIM in CBOR (`assay comid create`");
  }
  write("neither", as_text(testing::hex("a100a0")));
  refused(run({"show", "neither"}), 3, "CoRIM: ");
}

TEST_F(CorimCli, ShowsComidsOfBothDialects) {
  EXPECT_EQ(comid({"show", "--json", golden("comid-psa-refval.cbor")}).out, vector_text("cocli/gen-a/golden/display-comid-psa-refval.txt").substr(std::string{">> [comid-psa-refval.cbor]\n"}.size()));
  write("again.json", comid({"show", "--json", later("comid-psa-refval.cbor")}).out);
  ASSERT_EQ(comid({"create", "again.json", "--out", "again"}).status, 0);
  EXPECT_EQ(to_hex(made("again")), to_hex(vector_bytes("cocli/gen-d/golden/comid-psa-refval.cbor")));
  const Outcome people = comid({"show", golden("comid-psa-refval.cbor")});
  EXPECT_NE(people.out.find("43bbe37f-2e61-4b33-aed3-53cff1428b16"), std::string::npos) << people.out;
  EXPECT_NE(people.out.find("ACME"), std::string::npos);
  refused(comid({"show", golden("corim-mini.cbor")}), 3, "corim-mini.cbor");
}

TEST_F(CorimCli, MakesACorimAsTheGoldenFiles) {
  ASSERT_EQ(run({"create", path("gen-a/corim-templates/corim-full.json"), "--comid", golden("comid-psa-refval.cbor"), "--comid", golden("comid-psa-iakpub.cbor"), "--out", "c"}).status, 0);
  EXPECT_EQ(to_hex(made("c")), to_hex(vector_bytes("cocli/gen-a/golden/corim-psa-full.cbor")));
  ASSERT_EQ(run({"create", path("gen-d/templates/corim-psa-full.json"), "-m", later("comid-psa-refval.cbor"), "-m", later("comid-psa-ta.cbor"), "--out", "d"}).status, 0);
  EXPECT_EQ(to_hex(made("d")), to_hex(vector_bytes("cocli/gen-d/golden/corim-psa-full.cbor")));
  refused(run({"create", path("gen-a/corim-templates/corim-mini.json"), "-m", path("gen-a/comid-templates/comid-dice-refval.json")}), 3, "assay comid create");
  refused(run({"create", golden("corim-mini.cbor"), "-m", golden("comid-dice-refval.cbor")}), 3, "expected a template in JSON");
}

TEST_F(CorimCli, PutsInEveryKindOfTag) {
  const std::string file = path("gen-a/corim-templates/corim-full.json");
  ASSERT_EQ(run({"create", file, "--cots", path("gen-a/shipped/cots/vendor.cbor"), "--coswid", path("gen-a/shipped/coswid/1.cbor"), "--comid", golden("comid-psa-refval.cbor"), "--out", "c"}).status, 0);
  EXPECT_EQ(to_hex(made("c")), to_hex(vector_bytes("cocli/gen-a/golden/corim-full-with-coswid-cots.cbor")));
  const Outcome people = run({"show", "c"});
  for (const std::string part : {"tag 1: CoSWID, ", "ACME Roadrunner Detector 2013", "tag 2: CoTS, ", "Zesty Hands, Inc."}) EXPECT_NE(people.out.find(part), std::string::npos) << part;
  EXPECT_EQ(run({"validate", "c"}).status, 0);
  ASSERT_EQ(run({"create", file, "--cots", path("gen-a/shipped/cots/vendor.cbor"), "--out", "one"}).status, 0);

  write("store.cbor", as_text(testing::hex("a20281a1036006a100818200423000")));  // a named store without a name
  const std::size_t before = files_here();
  refused(run({"create", file, "--out", "n"}), 2, "--comid FILE, --coswid FILE or --cots FILE");
  refused(run({"create", file, "--coswid", "store.cbor", "--out", "n"}), 3, "store.cbor: CoSWID: ");
  refused(run({"create", file, "--cots", "store.cbor", "--out", "n"}), 3, "store.cbor: /environments/0/namedtastore: an empty name");
  refused(run({"create", file, "--cots", "none", "--out", "n"}), 5, "none");
  EXPECT_EQ(files_here(), before);
}

TEST_F(CorimCli, ValidateNamesTagsThatCannotBeRead) {
  write("bad.cbor", as_text(testing::hex("a200617801824 4d901f9a0 44d901fba0")));  // a CoSWID and a CoTS, both empty
  const Outcome outcome = run({"validate", "bad.cbor"});
  EXPECT_EQ(outcome.status, 3);
  for (const std::string part : {"/tags/0: CoSWID: ", "/tags/1: CoTS: "}) EXPECT_NE(outcome.out.find(part), std::string::npos) << outcome.out;
}

class CotsCli : public CorimCli {
 protected:
  static Outcome cots(const std::vector<std::string>& args) { return call(run_cots, args); }
  static std::string shipped(std::string_view name) { return path("gen-a/shipped/cots/" + std::string{name}); }
};

TEST_F(CotsCli, MakesWhatTheGoldenFilesHold) {
  ASSERT_EQ(cots({"create", shipped("env/vendors.json"), "--ta", shipped("shared_ta.ta"), "--ta", shipped("worthlesssea.spki"), "--permit", shipped("claims/permclaim.json"), "--exclude", shipped("claims/exclclaim.json"), "--purpose", "eat", "--purpose", "corim", "--id", "my-id", "--tag-version", "3", "--language", "en-GB", "--out", "c"}).err, "c: 871 bytes written\n");
  EXPECT_EQ(to_hex(made("c")), to_hex(vector_bytes("cocli/gen-a/golden/cots-full.cbor")));
  ASSERT_EQ(cots({"create", shipped("env/comid.json"), "--ta", shipped("shared_ta.ta"), "--id", "1d5a8c7c-1c70-4c56-937e-3c5713ae5a83", "--out", "u"}).status, 0);
  EXPECT_EQ(to_hex(made("u")), to_hex(vector_bytes("cocli/gen-a/golden/cots-comid-env-uuid.cbor")));
  const auto random_id = [&](const std::string& name) {
    EXPECT_EQ(cots({"create", shipped("env/vendor.json"), "--ta", shipped("shared_ta.ta"), "--new-id", "--out", name}).status, 0);
    return corim::read_cots(made(name)).value().identity.value().id;
  };
  EXPECT_NE(random_id("a"), random_id("b"));
}

TEST_F(CotsCli, CertificatesMayBePem) {
  const auto pki = [](std::string_view name) { return vector_path("revocation/" + std::string{name}).string(); };
  write("root.pem", "-----BEGIN CERTIFICATE-----\n" + to_base64(vector_bytes("revocation/root.der")) + "\n-----END CERTIFICATE-----\n");
  ASSERT_EQ(cots({"create", shipped("env/vendor.json"), "--ta", "root.pem", "--ca", pki("intermediate.der"), "--out", "c"}).status, 0);
  const corim::Cots made_of = corim::read_cots(made("c")).value();
  ASSERT_EQ(made_of.keys.anchors.size(), 1u);
  EXPECT_EQ(made_of.keys.anchors[0], (corim::TrustAnchor{corim::TrustAnchor::Format::certificate, vector_bytes("revocation/root.der")}));
  EXPECT_EQ(made_of.keys.authorities, std::vector<Bytes>{vector_bytes("revocation/intermediate.der")});
}

TEST_F(CotsCli, Shows) {
  const std::string display = vector_text("cocli/gen-a/golden/display-cots-full.txt");
  EXPECT_EQ(cots({"show", "--json", golden("cots-full.cbor")}).out, display.substr(display.find('\n') + 1));
  const Outcome people = cots({"show", golden("cots-full.cbor")});
  for (const std::string part : {"Snobbish Apparel, Inc.", "my-id", "More Bitter Paper"}) EXPECT_NE(people.out.find(part), std::string::npos) << people.out;
  refused(cots({"show", shipped("rubbish.cbor")}), 3, "rubbish.cbor: CoTS: ");
}

TEST_F(CotsCli, NothingIsWrittenOfWhatIsWrong) {
  write("bad.json", R"([{"environment": []}, {"namedtastore": 1}])");
  write("claims.json", R"({"swname": 1})");
  write("group.json", "[{}]");
  const std::size_t before = files_here();
  const std::string vendor = shipped("env/vendor.json");
  const std::string ta = shipped("shared_ta.ta");
  const Outcome outcome = cots({"create", "bad.json", "--ta", ta, "--permit", "claims.json", "--out", "c"});
  EXPECT_EQ(outcome.status, 3);
  for (const std::string line : {"error: bad.json: /0/environment: ", "error: bad.json: /1/namedtastore: ", "error: claims.json: /swname: "}) EXPECT_NE(outcome.err.find(line), std::string::npos) << outcome.err;
  refused(cots({"create", "group.json", "--ta", ta, "--out", "c"}), 3, "CoTS: /environments/0: an empty group");
  refused(cots({"create", vendor, "--out", "c"}), 2, "--ta");
  refused(cots({"create", vendor, "--ta", ta, "--id", "x", "--new-id", "--out", "c"}), 2, "--new-id");
  refused(cots({"create", vendor, "--ta", ta, "--tag-version", "1", "--out", "c"}), 2, "without an id");
  refused(cots({"create", vendor, "--ta", vendor, "--out", "c"}), 3, "vendor.json");
  refused(cots({"create", "none", "--ta", ta, "--out", "c"}), 5, "none");
  EXPECT_EQ(files_here(), before);
}

TEST_F(CorimCli, NothingIsWrittenOfAnInvalidCorim) {
  write("bad.cbor", as_text(testing::hex("a201a1006178 04a0")));
  write("t.json", R"({"corim-id":"x","validity":{"not-before":"2025-01-01T00:00:00Z","not-after":"2024-01-01T00:00:00Z"}})");
  const std::size_t before = files_here();
  const Outcome outcome = run({"create", "t.json", "-m", "bad.cbor", "--out", "c"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_NE(outcome.err.find("error: bad.cbor: /triples: no triples"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("error: t.json: /validity: "), std::string::npos) << outcome.err;
  refused(run({"create", path("gen-a/corim-templates/corim-mini.json"), "-m", golden("comid-dice-refval.cbor"), "--out", "none/c"}), 5, "open none/c: no such file or directory");
  EXPECT_EQ(files_here(), before);
}

TEST_F(CorimCli, ShowsEveryGenerationSignedAndUnsigned) {
  struct Row {
    std::string file, head;
  };
  for (const Row& row : {Row{golden("corim-psa-full.cbor"), "unsigned CoRIM, generation A, 2 tags\n"}, Row{later("corim-psa-full.cbor"), "unsigned CoRIM, generation D, 2 tags\n"}, Row{golden("corim-mini.cbor"), "unsigned CoRIM, generation A, 1 tag\n"}}) {
    const Outcome outcome = run({"show", row.file});
    EXPECT_EQ(outcome.err, "");
    EXPECT_TRUE(outcome.out.starts_with(row.head)) << outcome.out;
    EXPECT_NE(outcome.out.find("\ntag 0: CoMID, "), std::string::npos);
  }
  std::size_t of_c = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{vector_path("corim/gen-c")}) {
    if (entry.path().extension() != ".cbor") continue;
    const Outcome outcome = run({"show", "--json", entry.path().string()});
    EXPECT_EQ(outcome.status, 0) << entry.path() << outcome.err;
    of_c += *parsed(outcome.out).object()->find("generation")->text() == "C" ? 1 : 0;
  }
  EXPECT_GT(of_c, 0u);
  const Outcome people = run({"show", golden("signed-corim-psa-full-ed25519.cbor")});
  EXPECT_TRUE(people.err.starts_with("NOT VERIFIED")) << people.err;
  EXPECT_TRUE(people.out.starts_with("signed CoRIM, generation A, 2 tags\n")) << people.out;
  EXPECT_NE(people.out.find("ACME Ltd signing key"), std::string::npos);
  const json::Value machine = parsed(run({"show", "--json", golden("signed-corim-full-with-coswid-cots-ed25519.cbor")}).out);
  const json::Array& tags = *machine.object()->find("tags")->array();
  ASSERT_EQ(tags.size(), 3u);
  EXPECT_NE(tags[0].object()->find("comid"), nullptr);
  EXPECT_EQ(*tags[1].object()->find("coswid")->object()->find("software-version")->text(), "4.1.5");
  EXPECT_EQ(tags[2].object()->find("cots")->object()->find("environments")->array()->size(), 1u);
}

TEST_F(CorimCli, ValidateLooksIntoTheTags) {
  const Outcome good = run({"validate", golden("corim-psa-full.cbor"), later("corim-psa-full.cbor"), golden("signed-corim-psa-full-es256.cbor"), path("gen-a/corim-templates/corim-full.json")});
  EXPECT_EQ(good.status, 0) << good.out;
  EXPECT_EQ(good.out.find("not valid"), std::string::npos) << good.out;
  EXPECT_NE(good.out.find("corim-full.json: valid\n"), std::string::npos) << good.out;
  const Outcome stale = run({"validate", path("gen-a/shipped/testcases/signed-corim-valid.cbor"), path("gen-a/shipped/corim/unsigned-corim.cbor")});
  EXPECT_EQ(stale.status, 3);
  EXPECT_NE(stale.out.find("signed-corim-valid.cbor: not valid\n  error: /tags/0: "), std::string::npos) << stale.out;
  EXPECT_NE(stale.out.find("generation 0"), std::string::npos);
}

TEST_F(CorimCli, SignsAndVerifies) {
  ASSERT_EQ(run({"sign", golden("corim-psa-full.cbor"), "--key", path("keys/test-ed.jwk"), "--meta", path("gen-a/corim-templates/meta-full.json"), "--out", "s"}).status, 0);
  EXPECT_EQ(to_hex(made("s")), to_hex(vector_bytes("cocli/gen-a/golden/signed-corim-psa-full-ed25519.cbor")));
  const auto pair = crypto::private_key_from_any(vector_bytes("cocli/keys/test-ed.jwk")).value();
  write("pub.pem", crypto::to_pem(pair.public_key()));
  for (const std::string& key : {path("keys/test-ed.jwk"), std::string{"pub.pem"}}) {
    const Outcome outcome = run({"verify", "s", "--key", key});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_TRUE(outcome.err.starts_with("signature good\nwarning: the signature was valid until 2025-12-31T00:00:00Z\nwarning: the CoRIM was valid until ")) << outcome.err;
    EXPECT_TRUE(outcome.out.starts_with("signed CoRIM, generation A, 2 tags\n"));
  }
  ASSERT_EQ(run({"verify", "s", "--key", "pub.pem", "--out", "payload"}).status, 0);
  EXPECT_EQ(to_hex(made("payload")), to_hex(vector_bytes("cocli/gen-a/golden/corim-psa-full.cbor")));
  write("other.jwk", json::print(crypto::to_jwk(crypto::PrivateKey::generate(crypto::KeyKind::ed25519).value())));
  refused(run({"verify", "s", "--key", "other.jwk", "--out", "never"}), 4, "s: ");
  EXPECT_FALSE(std::filesystem::exists("never"));
}

TEST_F(CorimCli, WhatIsNotSignedOrSignedAlready) {
  const std::string key = path("keys/test-ed.jwk");
  const std::string meta = path("gen-a/corim-templates/meta-mini.json");
  refused(run({"verify", golden("corim-mini.cbor"), "--key", key}), 3, "not signed");
  refused(run({"sign", golden("signed-corim-psa-full-es256.cbor"), "--key", key, "--meta", meta, "--out", "s"}), 3, "signed already");
  refused(run({"convert", golden("signed-corim-psa-full-es256.cbor"), "--to", "D", "--out", "s"}), 3, "the signature would not survive");
  write("meta.json", "{}");
  refused(run({"sign", golden("corim-mini.cbor"), "--key", key, "--meta", "meta.json", "--out", "s"}), 3, "meta.json: invalid signer: empty name");
  refused(run({"sign", golden("corim-mini.cbor"), "--key", "none", "--meta", meta, "--out", "s"}), 5, "none");
  refused(run({"sign", golden("corim-mini.cbor"), "--key", key, "--meta", meta, "--intermediates", "i"}), 2, "--cert FILE");
  refused(run({"verify", golden("signed-corim-psa-full-es256.cbor")}), 2, "--key FILE, or --ca FILE");
  refused(run({"verify", "x", "--key", "k", "--ca", "c"}), 2, "one of them");
  refused(run({"verify", "x", "--key", "k", "--crl", "c"}), 2, "without --ca");
  refused(run({"verify", "x", "--ca", "c", "--crl-policy", "strict"}), 2, "without --crl");
  refused(run({"verify", golden("signed-corim-psa-full-es256.cbor"), "--ca", vector_path("revocation/root.der").string()}), 3, "no certificates in the header");
  EXPECT_FALSE(std::filesystem::exists("s"));
}

TEST_F(CorimCli, TheTimeOfASignatureIsWarnedOf) {
  const auto at = [&](const std::string& time) { return run({"verify", golden("signed-corim-psa-full-es256.cbor"), "--key", vector_path("cocli/keys/ec-p256.jwk").string(), "--at", time}); };
  EXPECT_EQ(at("2025-01-01").status, 0);
  EXPECT_EQ(at("2025-01-01").err, "signature good\n");
  EXPECT_EQ(at("2026-01-01T00:00:00Z").status, 0);
  EXPECT_NE(at("2026-01-01T00:00:00Z").err.find("warning: the signature was valid until 2025-12-31T00:00:00Z"), std::string::npos) << at("2026-01-01T00:00:00Z").err;
  EXPECT_EQ(at("soon").status, 3);
}

TEST_F(CorimCli, ChainsAndRevocation) {
  const auto file = [](std::string_view name) { return vector_path("revocation/" + std::string{name}).string(); };
  ASSERT_EQ(run({"sign", later("corim-psa-full.cbor"), "--key", file("leaf.key.pem"), "--meta", path("gen-a/corim-templates/meta-mini.json"), "--cert", file("leaf.der"), "--intermediates", file("intermediate.der"), "--out", "s"}).status, 0);
  const auto verify = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"verify", "s", "--ca", file("root.der")});
    return run(more);
  };
  EXPECT_TRUE(verify({}).err.starts_with("signature good, by "));
  EXPECT_EQ(verify({"--at", "1999-01-01"}).status, 4) << "no certificate is that old";
  EXPECT_EQ(verify({"--crl", file("root.crl"), "--crl", file("intermediate.crl")}).status, 0);
  EXPECT_EQ(verify({"--crl", file("intermediate.crl")}).status, 4);
  EXPECT_EQ(verify({"--crl", file("intermediate.crl"), "--crl-policy", "permissive"}).status, 0);
  refused(verify({"--crl", file("root.crl"), "--crl", file("intermediate-leaf-revoked.crl.pem")}), 4, "revoked");
  refused(run({"verify", "s", "--ca", vector_path("x5chain/rootCA.der").string()}), 4, "s: x5chain");
}

TEST_F(CorimCli, ExtractsTheTags) {
  const Outcome outcome = run({"extract", golden("signed-corim-full-with-coswid-cots-ed25519.cbor")});
  EXPECT_EQ(outcome.out, "000000-comid.cbor\n000001-coswid.cbor\n000002-cots.cbor\n");
  EXPECT_TRUE(outcome.err.starts_with("NOT VERIFIED")) << outcome.err;
  EXPECT_EQ(to_hex(made("000000-comid.cbor")), to_hex(vector_bytes("cocli/gen-a/golden/comid-psa-refval.cbor")));
  EXPECT_EQ(parsed(run({"extract", "--json", later("corim-psa-full.cbor")}).out).array()->size(), 2u);
  write("file", "in the way");
  refused(run({"extract", golden("corim-mini.cbor"), "--out-dir", "file"}), 5, "mkdir file: not a directory");
}

TEST_F(CorimCli, ConvertsThereAndBack) {
  const auto and_back = [&](const std::string& name, const std::string& to) {
    ASSERT_EQ(run({"convert", golden("corim-" + name + ".cbor"), "--to", to, "--out", "there"}).status, 0) << name << to;
    EXPECT_EQ(made("there")[0], 0xd9) << name << to;  // tag 501, which A has not
    EXPECT_EQ(run({"validate", "there"}).status, 0) << name << to;
    ASSERT_EQ(run({"convert", "there", "--to", "a", "--out", "back"}).status, 0) << name << to;
    EXPECT_EQ(to_hex(made("back")), to_hex(vector_bytes("cocli/gen-a/golden/corim-" + name + ".cbor"))) << name << to;
  };
  for (const std::string name : {"psa-full", "cca-platform", "cca-realm", "mini", "full-with-coswid-cots"}) and_back(name, "C");
  and_back("mini", "D");
}

TEST_F(CorimCli, ConvertNamesWhatTheTargetCannotCarry) {
  named_comid();
  ASSERT_EQ(run({"create", path("gen-a/corim-templates/corim-mini.json"), "-m", golden("comid-dice-refval.cbor"), "-m", "named.cbor", "--out", "d"}).status, 0);
  refused(run({"convert", "d", "--to", "A", "--out", "a"}), 3, "d: tag 1 (CoMID): ");
  EXPECT_NE(run({"convert", "d", "--to", "A", "--out", "a"}).err.find("name"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists("a"));
  // Arm's profiles are translated, others are not; and there is no way back.
  corim::Corim other = corim::read_corim(vector_bytes("cocli/gen-a/golden/corim-psa-full.cbor")).value();
  other.profile = "tag:other";
  write("other", as_text(corim::write_corim(other, corim::Generation::a).value()));
  refused(run({"convert", "other", "--to", "D", "--out", "a"}), 3, "a class id of type psa.impl-id cannot be written in generation D");
  ASSERT_EQ(run({"convert", golden("corim-psa-full.cbor"), "--to", "D", "--out", "arm"}).status, 0);
  refused(run({"convert", "arm", "--to", "A", "--out", "a"}), 3, "cannot be written in generation A");
  refused(run({"convert", path("gen-a/shipped/corim/unsigned-corim.cbor"), "--to", "D"}), 3, "generation 0");
  EXPECT_EQ(run({"convert", "d", "--to", "E"}).status, 2);
  EXPECT_EQ(run({"convert", "d"}).status, 2);
}

TEST_F(CorimCli, CutFilesAreRefused) {
  const Bytes whole = vector_bytes("cocli/gen-a/golden/signed-corim-psa-full-ed25519.cbor");
  for (std::size_t size = 0; size < whole.size(); size += 17) {
    write("cut", as_text(ByteView{whole}.first(size)));
    for (const std::string verb : {"show", "extract"}) EXPECT_EQ(run({verb, "cut"}).status, 3) << verb << " " << size;
    EXPECT_EQ(run({"verify", "cut", "--key", path("keys/test-ed.jwk")}).status, 3) << size;
  }
  EXPECT_EQ(files_here(), 1u);
}

TEST_F(CorimCli, ReadsStandardInput) {
  const testing::StandardInput input{vector_text("cocli/gen-a/golden/corim-mini.cbor")};
  EXPECT_TRUE(run({"show", "-"}).out.starts_with("unsigned CoRIM, generation A, 1 tag\n"));
}

TEST_F(CorimCli, ShowEscapesWhatComesFromOutside) {
  write("t.json", "{\"tag-identity\":{\"id\":\"\\u001b[2J\"},\"triples\":{\"reference-values\":[{\"environment\":{\"class\":{\"vendor\":\"\\u202e\"}},\"measurements\":[{\"value\":{\"svn\":{\"type\":\"exact-value\",\"value\":1}}}]}]}}");
  ASSERT_EQ(comid({"create", "t.json", "--out", "t.cbor"}).status, 0);
  const Outcome outcome = comid({"show", "t.cbor"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(outcome.out.find("\u202e"), std::string::npos);
}

TEST_F(CorimCli, BinaryDoesNotGoToATerminal) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) GTEST_SKIP() << "no pseudo-terminal here";
  const int side = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  FdBuffer buffer{side};
  std::ostream out{&buffer};
  std::ostringstream err;
  const std::vector<std::string> args{"convert", golden("corim-mini.cbor"), "--to", "D"};
  EXPECT_EQ(run_corim(args, out, err), 2);
  EXPECT_NE(err.str().find("--out FILE"), std::string::npos) << err.str();
  ::close(side);
  ::close(terminal);
}

TEST_F(CorimCli, ValidateAppliesTheRulesOfTheProfile) {
  const auto file = [](const std::string& name) { return testing::vector_path("corim/gen-d/services-6b88102/" + name).string(); };
  const Outcome bad = run({"validate", file("psa-iot/corim-psa-bad-instance.cbor")});
  EXPECT_EQ(bad.status, 3);
  EXPECT_NE(bad.out.find(": not valid\n  by the rules of profile \""), std::string::npos) << bad.out;
  EXPECT_NE(bad.out.find("error: CoMID 0: attestation key 0: environment: instance-id must be of type 'ueid', got 'uuid'"), std::string::npos) << bad.out;
  const std::string good = file("arm-cca/corim-cca-platform-valid.cbor");
  const json::Value machine = parsed(run({"validate", "--json", good}).out);
  EXPECT_TRUE(machine.array()->at(0).object()->find("profile")->text()->find("cca_platform") != std::string::npos);
  EXPECT_EQ(run({"validate", good}).status, 0);
  write("foreign.json", R"({"corim-id":"x","profile":"tag:nobody"})");
  ASSERT_EQ(run({"create", "foreign.json", "--comid", golden("comid-dice-refval.cbor"), "--out", "foreign.cbor"}).status, 0);
  const Outcome foreign = run({"validate", "foreign.cbor"});
  EXPECT_EQ(foreign.status, 0);
  EXPECT_NE(foreign.out.find("valid\n  warning: profile \"tag:nobody\""), std::string::npos) << foreign.out;
}

TEST_F(CorimCli, AComidIsValidatedByTheProfileThatIsNamed) {
  const std::string refval = path("gen-d/golden/comid-psa-refval.cbor");
  EXPECT_EQ(comid({"validate", refval}).out, refval + ": valid\n");
  EXPECT_EQ(comid({"validate", refval, "--profile", "tag:arm.com,2025:psa#1.0.0"}).out, refval + ": valid\n  by the rules of profile \"tag:arm.com,2025:psa#1.0.0\"\n");
  const Outcome other = comid({"validate", golden("comid-dice-refval.cbor"), "--profile", "tag:arm.com,2025:psa#1.0.0"});
  EXPECT_EQ(other.status, 3) << other.out;
  EXPECT_NE(other.out.find("error: CoMID 0: "), std::string::npos) << other.out;
  EXPECT_EQ(comid({"validate", path("gen-d/templates/comid-psa-refval.json"), "--profile", "tag:arm.com,2025:psa#1.0.0"}).status, 0);
  refused(comid({"validate", refval, "--profile", "tag:nobody"}), 2, "--profile: \"tag:nobody\"");
}

TEST_F(CorimCli, TdxMembersHaveNamesAndRulesByTheirProfile) {
  const std::string tdx{corim::kTdxProfile};
  const std::string qe = vector_path("corim/gen-d/corim-53b3014/tdx/comid_qe_refval.cbor").string();
  EXPECT_EQ(comid({"validate", qe}).status, 3);
  EXPECT_EQ(comid({"validate", qe, "--profile", tdx}).out, qe + ": valid\n  by the rules of profile \"" + tdx + "\"\n");
  const Outcome shown = comid({"show", qe, "--profile", tdx, "--json"});
  write("qe.json", shown.out);
  EXPECT_EQ(comid({"create", "qe.json", "--out", "none.cbor"}).status, 3);
  EXPECT_EQ(comid({"create", "qe.json", "--out", "qe.cbor", "--profile", tdx}).status, 0);
  EXPECT_EQ(comid({"validate", "qe.json", "--profile", tdx}).status, 0);
  EXPECT_EQ(corim::read_comid(made("qe.cbor")).value(), corim::read_comid(vector_bytes("corim/gen-d/corim-53b3014/tdx/comid_qe_refval.cbor")).value());
  EXPECT_EQ(comid({"show", "qe.cbor", "--profile", tdx, "--json"}).out, shown.out);
  refused(comid({"show", "qe.cbor", "--profile", "tag:nobody"}), 2, "--profile: \"tag:nobody\"");

  write("rim.json", R"({"corim-id":"x","profile":{"type":"oid","value":")" + tdx + "\"}}");
  EXPECT_EQ(run({"create", "rim.json", "--comid", "qe.cbor", "--out", "rim.cbor"}).status, 0);
  EXPECT_EQ(run({"validate", "rim.cbor"}).out, "rim.cbor: valid\n  by the rules of profile \"" + tdx + "\"\n");
  EXPECT_EQ(run({"lint", "rim.cbor"}).status, 0);
  EXPECT_NE(run({"show", "rim.cbor"}).out.find("tcbstatus\n"), std::string::npos);

  // An operator that the profile has not for this member.
  write("worse.json", R"({"tag-identity":{"id":"x"},"triples":{"reference-values":[{"environment":{"class":{"vendor":"v"}},"measurements":[{"value":{"isvsvn":)"
                      R"({"type":"numeric-expression","value":{"numeric-operator":"less_or_equal","numeric-type":{"type":"uint","value":6}}}}}]}]}})");
  refused(comid({"create", "worse.json", "--profile", tdx, "--out", "worse.cbor"}), 3, "/value/isvsvn: operator less_or equal; expected greater_or_equal");
}

TEST_F(CorimCli, TrustAnchorStoresAreValidated) {
  const auto cots = [](const std::vector<std::string>& args) { return testing::call(run_cots, args); };
  const std::string full = golden("cots-full.cbor");
  const std::string rubbish = path("gen-a/shipped/cots/rubbish.cbor");
  EXPECT_EQ(cots({"validate", full, path("gen-a/shipped/cots/env/vendors.json")}).status, 0);
  const Outcome both = cots({"validate", full, rubbish});
  EXPECT_EQ(both.status, 3);
  EXPECT_TRUE(both.out.starts_with(full + ": valid\n" + rubbish + ": not valid\n  error: ")) << both.out;
  write("no-anchors.cbor", as_text(testing::hex("a106a10080")));
  EXPECT_EQ(cots({"validate", "no-anchors.cbor"}).status, 3);
  write("env.json", R"([{"environment":{"class":{"id":{"type":"uuid","value":"no"}}}}])");
  EXPECT_NE(cots({"validate", "env.json"}).out.find("error: /0/environment/class/id"), std::string::npos) << cots({"validate", "env.json"}).out;
  EXPECT_EQ(cots({"validate", "none.cbor"}).status, 5);
}

}  // namespace
}  // namespace assay
