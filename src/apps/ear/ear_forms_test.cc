#include <fmt/format.h>

#include "apps/app_testing.h"
#include "apps/ear/document.h"
#include "apps/ear/ear_cli.h"
#include "crypto/key_formats.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;
using testing::vector_path;
using testing::vector_text;

class EarForms : public testing::InOwnFolder {
 protected:
  static Outcome run(const std::vector<std::string>& args) { return call(run_ear, args); }
  static std::string path(std::string_view vector) { return vector_path(std::string{"ear/"}.append(vector)).string(); }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
};

TEST_F(EarForms, T22_ReadsIndefiniteMapsAndSignsDefiniteOnes) {
  const Outcome shown = run({"show", path("rust-ear-cbor/ear-basic.cbor")});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_TRUE(shown.err.starts_with("NOT VERIFIED")) << shown.err;
  EXPECT_TRUE(has(shown.out, "form       claims in CBOR\n")) << shown.out;
  ASSERT_EQ(run({"create", path("rust-ear-cbor/ear-basic.cbor"), "--key", path("keys/veraison-skey.json"), "--cwt", "--out", "e.cwt"}).status, 0);
  const auto content = to_bytes(testing::read_text("e.cwt"));
  EXPECT_TRUE(to_hex(content).starts_with("d28443a10126a0")) << to_hex(content);
  EXPECT_EQ(to_hex(content).find("bf19"), std::string::npos) << "an indefinite map";
  EXPECT_EQ(run({"verify", "e.cwt", "--key", path("keys/veraison-pkey.json")}).status, 1) << "its status is none";
  const Outcome other_key = run({"verify", "e.cwt", "--key", path("keys/rust-ear-pkey.json")});
  EXPECT_EQ(other_key.status, 4) << other_key.err;
  const Outcome other_alg = run({"verify", "e.cwt", "--key", path("keys/veraison-pkey.json"), "--alg", "ES384"});
  EXPECT_EQ(other_alg.status, 4) << other_alg.err;
}

TEST_F(EarForms, T23_WritesTheDraftsNamesOnRequest) {
  ASSERT_EQ(run({"create", path("arc-data/ear-claims-key-attestation-ok.json"), "--key", path("keys/veraison-skey.json"), "--profile", "ietf", "--out", "e.jwt"}).status, 0);
  const Outcome verified = run({"verify", "e.jwt", "--key", path("keys/veraison-pkey.json"), "--json"});
  EXPECT_EQ(verified.status, 0) << verified.err;
  for (const std::string_view name : {"tag:ietf.org,2026:rats/ear#03", "ear_verifier_id", "ear_status", "ear_trustworthiness_vector", "ear_appraisal_policy_ids", "ear_veraison_key_attestation"}) {
    EXPECT_TRUE(has(verified.out, name)) << name << " in " << verified.out;
  }
  EXPECT_FALSE(has(verified.out, "\"ear.")) << verified.out;
}

TEST_F(EarForms, T23_ReadsTheDraftsExamples) {
  for (const std::string file : {"ear-json-1.json", "ear-json-2.json", "ext-teep-json-1.json", "ext-veraison-json-1.json", "ext-veraison-json-2.json", "ear-cbor-1.cbor"}) {
    const Outcome shown = run({"show", path("draft-2026/" + file), "--json"});
    EXPECT_EQ(shown.status, 0) << file << shown.err;
    EXPECT_TRUE(has(shown.out, "\"ear_verifier_id\"")) << shown.out;
    EXPECT_TRUE(has(shown.out, "\"verified\": false"));
  }
}

TEST_F(EarForms, ShowsWhatWouldNotVerify) {
  const Outcome shown = run({"show", path("jwt/rust-ear-minimal.jwt")});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_TRUE(has(shown.out, "profile    test\n")) << shown.out;
  EXPECT_TRUE(has(shown.out, "submod(test):\nnot present\n")) << shown.out;
  EXPECT_EQ(run({"show", path("jwt/trustee-cca-expired.jwt")}).status, 0);
  EXPECT_EQ(run({"show", path("jwt/fail-alg-none.jwt")}).status, 3) << "its claims are not of an EAR";
  EXPECT_EQ(run({"show", path("keys/rust-ear-skey.pem")}).status, 3);
}

TEST_F(EarForms, ShowsNothingThatCouldSteerATerminal) {
  write("evil.json", R"({"eat_profile":"\u001b]0;x","iat":1,"ear.verifier-id":{"build":"\u202eb","developer":"d\n"},"eat_nonce":"\u001b[2J12345678","submods":{"\u001b[31mA":{"ear.status":"none","ear.appraisal-policy-id":"\u0007"}}})");
  const Outcome shown = run({"show", "evil.json", "-v"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(shown.out.find('\x1b'), std::string::npos) << shown.out;
  EXPECT_EQ(shown.out.find('\a'), std::string::npos) << shown.out;
}

TEST_F(EarForms, ReadsStandardInputAndWritesStandardOutput) {
  Outcome made;
  {
    const testing::StandardInput in{vector_text("ear/arc-data/ear-claims-tv-ok.json")};
    made = run({"create", "-", "--key", path("keys/veraison-skey.json")});
  }
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(made.err, "");
  ASSERT_TRUE(made.out.ends_with("\n"));
  const testing::StandardInput in{made.out};
  EXPECT_EQ(run({"verify", "-", "--key", path("keys/veraison-pkey.json")}).status, 0);
}

TEST_F(EarForms, TakesClaimsAsAnOptionAsWell) {
  const Outcome made = run({"create", "--claims", path("arc-data/ear-claims.json"), "--key", path("keys/veraison-skey.json"), "--alg", "ES256", "--out", "e.jwt", "--json"});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_TRUE(made.out.starts_with(R"({"file":"e.jwt","bytes":)")) << made.out;
}

// Which key of a set made the signature is found by trying; its "alg" decides how.
TEST_F(EarForms, VerifiesWithAKeySet) {
  const auto rsa = crypto::PrivateKey::generate(crypto::KeyKind::rsa);
  ASSERT_TRUE(testing::ok(rsa));
  json::Value jwk = crypto::to_jwk(rsa->public_key());
  jwk.object()->set("alg", "RS256");
  write("s.pem", rsa->to_pem());
  const std::string es256 = vector_text("ear/keys/veraison-pkey.json");
  const std::string other = vector_text("ear/keys/rust-ear-pkey.json");
  write("set.json", fmt::format(R"({{"keys":[{},{},{}]}})", other, es256, json::print(jwk)));
  write("others.json", fmt::format(R"({{"keys":[{},{}]}})", json::print(jwk), other));
  write("none.json", R"({"keys":[]})");
  EXPECT_EQ(run({"verify", path("jwt/arc-plain.jwt"), "--key", "set.json"}).status, 0);
  const Outcome refused = run({"verify", path("jwt/arc-plain.jwt"), "--key", "others.json"});
  EXPECT_EQ(refused.status, 4);
  EXPECT_TRUE(has(refused.err, "signature")) << refused.err;
  EXPECT_EQ(run({"verify", path("jwt/arc-plain.jwt"), "--key", "set.json", "--alg", "ES384"}).status, 4);
  EXPECT_EQ(run({"verify", path("jwt/arc-plain.jwt"), "--key", "none.json"}).status, 4);

  ASSERT_EQ(run({"create", path("arc-data/ear-claims-tv-ok.json"), "--key", "s.pem", "--alg", "RS256", "--out", "rs.jwt"}).status, 0);
  EXPECT_EQ(run({"verify", "rs.jwt", "--key", "set.json"}).status, 0) << "the set says RS256";
  EXPECT_EQ(run({"verify", "rs.jwt", "--key", "s.pem"}).status, 4) << "nobody asked for RS256";
}

struct Refused {
  const char* why;
  std::vector<std::string> args;
  int status;
  const char* text;
};
class EarRefuses : public EarForms, public ::testing::WithParamInterface<Refused> {};
TEST_P(EarRefuses, AndSaysWhy) {
  write("not.json", "{");
  write("empty", "");
  write("twice.json", R"({"eat_profile":"a","eat_profile":"b"})");
  write("detached.cwt", "\xd2\x84\x43\xa1\x01\x26\xa0\xf6\x41\x01");
  std::vector<std::string> args = GetParam().args;
  for (std::string& word : args) {
    if (word.starts_with("@")) word = path(word.substr(1));
  }
  const Outcome outcome = run(args);
  EXPECT_EQ(outcome.status, GetParam().status) << GetParam().why << outcome.err;
  EXPECT_TRUE(has(outcome.err, GetParam().text)) << GetParam().why << outcome.err;
  EXPECT_EQ(outcome.out, "") << GetParam().why;
  EXPECT_FALSE(std::filesystem::exists("e.jwt")) << GetParam().why;
}
INSTANTIATE_TEST_SUITE_P(, EarRefuses,
                         ::testing::Values(
                             Refused{"no command", {}, 2, "Try: assay ear --help"},
                             Refused{"no key", {"verify", "@jwt/arc-plain.jwt"}, 2, "--key"},
                             Refused{"an unknown algorithm", {"verify", "@jwt/arc-plain.jwt", "--key", "@keys/veraison-pkey.json", "--alg", "HS256"}, 2, "HS256"},
                             Refused{"an unknown requirement", {"verify", "@jwt/arc-plain.jwt", "--key", "@keys/veraison-pkey.json", "--require", "none"}, 2, "--require"},
                             Refused{"no claims", {"create", "--key", "@keys/veraison-skey.json", "--out", "e.jwt"}, 2, "Try: assay ear create --help"},
                             Refused{"claims twice", {"create", "a", "--claims", "b", "--key", "k", "--out", "e.jwt"}, 2, "Try: assay ear create --help"},
                             Refused{"a public key to sign with", {"create", "@arc-data/ear-claims.json", "--key", "@keys/veraison-pkey.json", "--out", "e.jwt"}, 3, "veraison-pkey.json"},
                             Refused{"an algorithm of another key", {"create", "@arc-data/ear-claims.json", "--key", "@keys/veraison-skey.json", "--alg", "ES384", "--out", "e.jwt"}, 4, "ES384"},
                             Refused{"claims that are signed already", {"create", "@jwt/arc-plain.jwt", "--key", "@keys/veraison-skey.json", "--out", "e.jwt"}, 3, "bare claims"},
                             Refused{"JSON cut short", {"create", "not.json", "--key", "@keys/veraison-skey.json", "--out", "e.jwt"}, 3, "not.json"},
                             Refused{"a claim twice", {"create", "twice.json", "--key", "@keys/veraison-skey.json", "--out", "e.jwt"}, 3, "eat_profile"},
                             Refused{"an empty file", {"show", "empty"}, 3, "segments"},
                             Refused{"a detached payload", {"show", "detached.cwt"}, 3, "detached"},
                             Refused{"a folder that is not there", {"create", "@arc-data/ear-claims.json", "--key", "@keys/veraison-skey.json", "--out", "no/e.jwt"}, 5, "no such file or directory"}));

// A result cut at any place is refused, whatever form it has.
TEST_F(EarForms, T26_RefusesEveryTruncation) {
  for (const std::string form : {"", "--cwt"}) {
    std::vector<std::string> args{"create", path("arc-data/ear-claims-tv-ok.json"), "--key", path("keys/veraison-skey.json"), "--out", "e"};
    if (!form.empty()) args.push_back(form);
    ASSERT_EQ(run(args).status, 0);
    const Bytes whole = to_bytes(testing::read_text("e"));
    const auto keys = ear_app::load_keys(path("keys/veraison-pkey.json"), {});
    ASSERT_TRUE(testing::ok(keys));
    EXPECT_TRUE(testing::ok(ear_app::verify(whole, *keys, {})));
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(ear_app::verify(ByteView{whole}.first(size), *keys, {})) << size;
  }
}

}  // namespace
}  // namespace assay
