#include "apps/cmw/cmw_cli.h"

#include <filesystem>
#include <sstream>

#include "apps/cmw/commands.h"
#include "crypto/key_formats.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::hex;
using testing::vector_bytes;
using testing::vector_path;

struct Ran {
  int status;
  std::string out;
  std::string err;
};

class CmwCli : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("assay-cmw-" + to_hex(crypto::random_bytes(8)));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Ran run(std::vector<std::string> args) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = run_cmw(args, out, err);
    return {status, out.str(), err.str()};
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string file(const std::string& name, ByteView content) const {
    std::ofstream{folder_ / name, std::ios::binary} << as_text(content);
    return path(name);
  }
  Bytes content(const std::string& name) const { return to_bytes(testing::read_text(folder_ / name)); }
  static std::string vector(const std::string& name) { return vector_path("cmw/" + name).string(); }
  static void refused(std::vector<std::string> args, int status, std::string_view part) {
    const Ran ran = run(args);
    EXPECT_EQ(ran.status, status) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_NE(ran.err.find(part), std::string::npos) << ran.err;
  }

  std::filesystem::path folder_;
};

constexpr const char* kTfm = R"(application/eat+cwt; eat_profile="tag:psacertified.org,2023:psa#tfm")";

TEST_F(CmwCli, WrapsAndUnwrapsEveryForm) {
  const std::string value = file("value", hex("2347da55"));
  const std::pair<const char*, bool> forms[] = {{"cbor", true}, {"json", true}, {"tag", false}};
  for (const auto& [form, indicated] : forms) {
    std::vector<std::string> args{"wrap", value, "--type", kTfm, "--format", form, "--out", path("message")};
    if (indicated) args.insert(args.end(), {"--ind", "evidence"});
    ASSERT_EQ(run(args).status, 0) << form;
    ASSERT_EQ(run({"unwrap", path("message"), "--out", path("again")}).status, 0) << form;
    EXPECT_EQ(to_hex(content("again")), "2347da55") << form;
  }
  EXPECT_EQ(to_hex(content("message")), "da6374283b442347da55");
  EXPECT_EQ(run({"unwrap", path("message")}).out, "#G\xdaU");
}

TEST_F(CmwCli, WritesTheDraftsExamples) {
  const std::string value = file("value", hex("2347da55"));
  EXPECT_EQ(run({"wrap", value, "-t", "64999"}).out, as_text(vector_bytes("cmw/draft/cmw-example-1.cbor")));
  EXPECT_EQ(run({"wrap", value, "-t", "64999", "-f", "tag"}).out, as_text(vector_bytes("cmw/draft/cmw-example-tag-1.cbor")));
  const Ran json = run({"wrap", value, "-t", "a/b", "-f", "json", "-i", "evidence,results", "-i", "16"});
  EXPECT_EQ(json.out, R"(["a/b","I0faVQ",28])") << json.err;
}

TEST_F(CmwCli, MakesCollectionsAndFindsTheirEntries) {
  const std::string record = vector("draft/cmw-example-1.cbor");
  ASSERT_EQ(run({"wrap", "--entry", "1=" + record, "--entry", "s=" + record, "--cmwc-t", "tag:ietf.org,2024:X", "-o", path("inner")}).status, 0);
  ASSERT_EQ(run({"wrap", "--entry", "in=" + path("inner"), "-o", path("outer")}).status, 0);
  EXPECT_EQ(run({"unwrap", path("outer"), "-e", "in", "-e", "1"}).out, "#G\xdaU");
  EXPECT_EQ(run({"unwrap", path("outer"), "-e", "in", "-e", "s"}).out, "#G\xdaU");
  refused({"unwrap", path("outer")}, 2, "one of in");
  refused({"unwrap", path("outer"), "-e", "in"}, 2, "one of 1, s");
  refused({"unwrap", path("outer"), "-e", "x"}, 5, "no entry \"x\"");
  refused({"unwrap", record, "-e", "x"}, 5, "a record has no entries");
  const Ran tree = run({"print", path("outer")});
  EXPECT_EQ(tree.out,
            "CBOR collection of 1\n"
            "  \"in\": collection of 2, type tag:ietf.org,2024:X\n"
            "    1: record\n"
            "      type   Content-Format 64999\n"
            "      value  4 bytes: 2347da55\n"
            "    \"s\": record\n"
            "      type   Content-Format 64999\n"
            "      value  4 bytes: 2347da55\n");
}

TEST_F(CmwCli, T17_PrintsEveryVector) {
  for (const char* folder : {"cmw/draft", "cmw/testdata", "cmw"}) {
    for (const auto& entry : std::filesystem::directory_iterator{vector_path(folder)}) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(".cbor") || name.starts_with("cmw-example") || name.starts_with("collection-") || name.ends_with("cmw.der") || name == "mixed-collection.json") {
        if (name.ends_with(".diag")) continue;
        for (const char* flag : {"--json", "--verbose"}) {
          const Ran ran = run({"print", entry.path().string(), flag});
          EXPECT_EQ(ran.status, 0) << name << ": " << ran.err;
        }
      }
    }
  }
  const auto json = json::parse(run({"print", "--json", vector("mixed-collection.cbor")}).out);
  ASSERT_TRUE(testing::ok(json));
  const json::Object& object = *json->object();
  EXPECT_EQ(*object.find("form")->text(), "cbor");
  EXPECT_EQ(*object.find("cmwc_t")->text(), "tag:ietf.org,2024:X");
  const json::Object& inner = *(*object.find("items")->array())[0].object();
  EXPECT_EQ(*inner.find("key")->text(), "murmurless");
  const json::Object& polyscopic = *(*inner.find("items")->array())[0].object();
  EXPECT_EQ(*polyscopic.find("indicators")->array()->front().text(), "results");
}

TEST_F(CmwCli, PrintSaysThatNothingWasChecked) {
  const Ran ran = run({"print", vector("signed/fail-bad-signature.cose")});
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.err, "in a COSE_Sign1; its signature was not checked\n");
  EXPECT_NE(ran.out.find("\"photoelectrograph\": record"), std::string::npos);
}

TEST_F(CmwCli, PrintEscapesWhatComesFromOutside) {
  const std::string message = file("m", cmw::encode_cbor(cmw::Cmw{cmw::Record{"a/b; x=\"\u202e\"", to_bytes("\x1b[2J\n"), {}, {}}}).value());
  const Ran ran = run({"print", message});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(ran.out.find("\u202e"), std::string::npos);
}

TEST_F(CmwCli, T18_SignsAndVerifiesBothForms) {
  const std::string key = vector("signed/key.jwk");
  const std::string other = file("other.jwk", as_bytes(json::print(crypto::to_jwk(crypto::PrivateKey::generate(crypto::KeyKind::p256).value()))));
  for (const char* form : {"cose", "jws"}) {
    ASSERT_EQ(run({"sign", vector("mixed-collection.cbor"), "--key", key, "-f", form, "--out", path("signed")}).status, 0) << form;
    const Ran good = run({"verify", path("signed"), "--key", key});
    EXPECT_EQ(good.status, 0) << good.err;
    EXPECT_EQ(good.err, "signature good\n");
    EXPECT_NE(good.out.find("\"bretwaldadom\": record"), std::string::npos);
    ASSERT_EQ(run({"verify", path("signed"), "--key", key, "--out", path("plain")}).status, 0);
    EXPECT_EQ(content("plain"), vector_bytes(std::string{"cmw/mixed-collection."} + (form == std::string{"jws"} ? "json" : "cbor")));
    refused({"verify", path("signed"), "--key", other}, 4, "signature verification failed");
    EXPECT_EQ(run({"print", path("signed")}).status, 0);
  }
  EXPECT_EQ(run({"verify", vector("signed/ok.cose"), "--key", key, "--json"}).status, 0);
  refused({"verify", vector("signed/fail-bad-signature.cose"), "--key", key}, 4, "signed-cbor-cmw signature verification failed");
  for (const char* name : {"no-alg", "no-cty", "payload-not-cmw", "truncated", "wrong-cty"}) refused({"verify", vector(std::string{"signed/fail-"} + name + ".cose"), "--key", key}, 3, "signed-cbor-cmw");
  refused({"verify", path("signed"), "--key", key, "--alg", "none"}, 2, "--alg");
}

TEST_F(CmwCli, SaysWhatIsWrongWithTheCommandLine) {
  const std::string value = file("value", hex("2347da55"));
  refused({}, 2, "subcommand");
  refused({"frob"}, 2, "Try: assay cmw --help");
  refused({"wrap", value, "--frob"}, 2, "Try: assay cmw wrap --help");
  refused({"wrap"}, 2, "nothing to wrap");
  refused({"wrap", value}, 2, "--type");
  refused({"wrap", value, "-t", "65536"}, 2, "--type");
  refused({"wrap", value, "-t", "a/b", "-f", "xml"}, 2, "xml");
  refused({"wrap", value, "-t", "a/b", "-i", "proof"}, 2, "--ind");
  refused({"wrap", value, "-t", "a/b", "-i", "0"}, 2, "--ind");
  refused({"wrap", value, "-t", "a/b", "-e", "x=" + value}, 2, "a value and entries");
  refused({"wrap", "-e", "x"}, 2, "LABEL=FILE");
  refused({"wrap", "-e", "x=" + value, "-f", "tag"}, 2, "no tag form");
  refused({"wrap", "-e", "x=" + value}, 3, value);
  refused({"wrap", value, "-t", "a/b", "-f", "tag"}, 3, "has no registered CoAP Content-Format");
  refused({"wrap", value, "-t", "263", "-f", "tag", "-i", "evidence"}, 3, "no room");
  refused({"wrap", path("absent"), "-t", "a/b"}, 5, "no such file or directory");
  refused({"print", path("absent")}, 5, "no such file or directory");
  refused({"print", file("junk", hex("00"))}, 3, "want CBOR map");
  refused({"sign", vector("mixed-collection.cbor")}, 2, "--key");
  refused({"sign", vector("mixed-collection.cbor"), "--key", value}, 3, value);
  const Ran help = run({"wrap", "--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.out.find("--type"), std::string::npos);
}

TEST(CmwIndicators, NamesBothWays) {
  EXPECT_EQ(cmw_cli::indicator_of({"evidence", "policy", "64"}).value(), 84u);
  EXPECT_EQ(cmw_cli::names_of_indicator(84), (std::vector<std::string>{"evidence", "policy", "64"}));
  EXPECT_EQ(cmw_cli::indicator_of({}).value(), 0u);
  EXPECT_TRUE(testing::fails(cmw_cli::indicator_of({"4294967296"}), Errc::usage));
  EXPECT_TRUE(testing::fails(cmw_cli::indicator_of({"-1"}), Errc::usage));
}

}  // namespace
}  // namespace assay
