#include "apps/cmw/cmw_cli.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "apps/cmw/commands.h"
#include "apps/fd_stream.h"
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
  refused({"unwrap", path("outer"), "-e", "x"}, 2, "no entry \"x\"");
  refused({"unwrap", record, "-e", "x"}, 2, "a record has no entries");
  const Ran tree = run({"show", path("outer")});
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
          const Ran ran = run({"show", entry.path().string(), flag});
          EXPECT_EQ(ran.status, 0) << name << ": " << ran.err;
        }
      }
    }
  }
  const auto json = json::parse(run({"show", "--json", vector("mixed-collection.cbor")}).out);
  ASSERT_TRUE(testing::ok(json));
  const json::Object& object = *json->object();
  EXPECT_EQ(*object.find("form")->text(), "cbor");
  EXPECT_EQ(*object.find("cmwc_t")->text(), "tag:ietf.org,2024:X");
  const json::Object& inner = *(*object.find("items")->array())[0].object();
  EXPECT_EQ(*inner.find("key")->text(), "murmurless");
  const json::Object& polyscopic = *(*inner.find("items")->array())[0].object();
  EXPECT_EQ(*polyscopic.find("indicators")->array()->front().text(), "results");
}

TEST_F(CmwCli, ShowSaysThatNothingWasChecked) {
  const Ran ran = run({"show", vector("signed/fail-bad-signature.cose")});
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.err, "NOT VERIFIED: in a COSE_Sign1 whose signature was not checked. To verify: assay cmw verify\n");
  EXPECT_NE(ran.out.find("\"photoelectrograph\": record"), std::string::npos);
}

TEST_F(CmwCli, ShowEscapesWhatComesFromOutside) {
  const std::string message = file("m", cmw::encode_cbor(cmw::Cmw{cmw::Record{"a/b; x=\"\u202e\"", to_bytes("\x1b[2J\n"), {}, {}}}).value());
  const Ran ran = run({"show", message});
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
    EXPECT_EQ(run({"show", path("signed")}).status, 0);
  }
  EXPECT_EQ(run({"verify", vector("signed/ok.cose"), "--key", key, "--json"}).status, 0);
  refused({"verify", vector("signed/fail-bad-signature.cose"), "--key", key}, 4, "signed-cbor-cmw signature verification failed");
  for (const char* name : {"no-alg", "no-cty", "payload-not-cmw", "truncated", "wrong-cty"}) refused({"verify", vector(std::string{"signed/fail-"} + name + ".cose"), "--key", key}, 3, "signed-cbor-cmw");
  refused({"verify", path("signed"), "--key", key, "--alg", "none"}, 2, "--alg");
}

TEST_F(CmwCli, EveryHelpHasAnExampleAndTheExitStatuses) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{}, {"wrap"}, {"unwrap"}, {"show"}, {"sign"}, {"verify"}}) {
    std::vector<std::string> args = command;
    args.emplace_back("--help");
    const Ran help = run(args);
    EXPECT_EQ(help.status, 0);
    for (const char* part : {"\nExample", "  assay cmw ", "\nExit status: 0 done; 2 usage; 3 malformed; 4 bad signature; 5 environment.\n"}) EXPECT_NE(help.out.find(part), std::string::npos) << part << help.out;
    EXPECT_EQ(help.out.find("\n  FILE ") != std::string::npos, !command.empty()) << help.out;
  }
  EXPECT_EQ(run({"--help"}).out.find("\n  print "), std::string::npos);
}

TEST_F(CmwCli, PrintIsShow) {
  const std::string message = vector("mixed-collection.cbor");
  EXPECT_EQ(run({"print", message}).status, 0);
  EXPECT_EQ(run({"print", message}).out, run({"show", message}).out);
}

TEST_F(CmwCli, SaysWhatWasWritten) {
  const std::string value = file("value", hex("2347da55"));
  const Ran wrapped = run({"wrap", value, "-t", "64999", "-o", path("m")});
  EXPECT_EQ(wrapped.err, path("m") + ": 9 bytes written\n");
  EXPECT_EQ(wrapped.out, "");
  EXPECT_EQ(run({"unwrap", path("m"), "-o", path("v")}).err, path("v") + ": 4 bytes written\n");
  const auto said = json::parse(run({"unwrap", path("m"), "-o", path("v"), "--json"}).out);
  ASSERT_TRUE(testing::ok(said));
  EXPECT_EQ(said->object()->find("bytes")->integer(), 4);
}

TEST_F(CmwCli, WritesNothingBinaryToATerminal) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) GTEST_SKIP() << "no pseudo terminals here";
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  ASSERT_GE(slave, 0);
  const auto on_terminal = [&](std::vector<std::string> args) {
    FdBuffer buffer{slave};
    std::ostream out{&buffer};
    std::ostringstream err;
    const int status = run_cmw(args, out, err);
    out.flush();
    return Ran{status, "", err.str()};
  };
  const std::string binary = file("binary", hex("2347da55"));
  const std::string text = file("text", to_bytes("hello"));
  const std::string escape = file("escape", to_bytes("\x1b[2J"));
  for (const std::string& value : {binary, escape}) {
    ASSERT_EQ(run({"wrap", value, "-t", "a/b", "-o", path("m")}).status, 0);
    const Ran ran = on_terminal({"unwrap", path("m")});
    EXPECT_EQ(ran.status, 2);
    EXPECT_EQ(ran.err, "error: what would be written is binary, and standard output is a terminal; expected --out FILE\nTry: assay cmw unwrap --help\n");
  }
  EXPECT_EQ(on_terminal({"wrap", binary, "-t", "a/b"}).status, 2);
  EXPECT_EQ(on_terminal({"sign", path("m"), "--key", vector("signed/key.jwk")}).status, 2);
  EXPECT_EQ(on_terminal({"wrap", binary, "-t", "a/b", "-f", "json"}).status, 0);
  ASSERT_EQ(run({"wrap", text, "-t", "a/b", "-o", path("m")}).status, 0);
  EXPECT_EQ(on_terminal({"unwrap", path("m")}).status, 0);
  ::close(slave);
  ::close(master);
}

TEST_F(CmwCli, AnEmptyValueIsNotTakenForNone) {
  const std::string message = vector("mixed-collection.cbor");
  const std::string value = file("value", hex("2347da55"));
  refused({"unwrap", message, "-o", ""}, 2, "--out: empty; expected file");
  refused({"verify", vector("signed/ok.cose"), "--key", vector("signed/key.jwk"), "--out", ""}, 2, "--out: empty");
  refused({"verify", vector("signed/ok.cose"), "--key", ""}, 2, "--key: empty; expected file");
  refused({"verify", vector("signed/ok.cose"), "--key", vector("signed/key.jwk"), "--alg", ""}, 2, "--alg: empty");
  refused({"sign", message, "--key", ""}, 2, "--key: empty");
  refused({"wrap", "", "-e", "x=" + message}, 2, "FILE: empty");
  refused({"wrap", value, "-t", ""}, 2, "--type: empty");
  refused({"wrap", value, "-t", "a/b", "--cmwc-t", ""}, 2, "--cmwc-t: empty");
  refused({"show", ""}, 2, "FILE: empty");
}

TEST_F(CmwCli, SaysWhatIsWrongWithTheCommandLine) {
  const std::string value = file("value", hex("2347da55"));
  refused({}, 2, "subcommand");
  refused({"frob"}, 2, "error: no command \"frob\"\nTry: assay cmw --help\n");
  refused({"shwo", "x"}, 2, "error: no command \"shwo\"; did you mean: assay cmw show\nTry: assay cmw --help\n");
  refused({"wrap", value, "--typ", "a/b"}, 2, "did you mean: --type");
  refused({"wrap", value, "--frob"}, 2, "Try: assay cmw wrap --help");
  refused({"wrap"}, 2, "nothing to wrap");
  refused({"wrap", value}, 2, "error: --type: none given; expected the media type of the value, or its Content-Format\nTry: assay cmw wrap --help\n");
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
  refused({"show", path("absent")}, 5, "error: open " + path("absent") + ": no such file or directory\n");
  refused({"show", file("junk", hex("00"))}, 3, "want CBOR map");
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
