#include "apps/ear/ear_cli.h"

#include "apps/app_testing.h"
#include "codec/json/json.h"
#include "crypto/key_formats.h"
#include "envelope/jose/jws.h"
#include "model/ear/ear.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;
using testing::vector_path;
using testing::vector_text;

class EarCommand : public testing::InOwnFolder {
 protected:
  static Outcome run(const std::vector<std::string>& args) { return call(run_ear, args); }
  static std::string path(std::string_view vector) { return vector_path(std::string{"ear/"}.append(vector)).string(); }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
  static json::Value parsed(const std::string& text) { return json::parse(text).value_or(json::Value{}); }
  static std::string member(const json::Value& object, std::string_view name) {
    const json::Value* value = object.object() == nullptr ? nullptr : object.object()->find(name);
    return value == nullptr ? "absent" : json::print(*value);
  }
  // Claims with one submod, signed by nobody yet.
  static std::string claims(std::string_view status, std::string_view vector = "{\"hardware\":2}", std::string_view more = "") {
    return fmt::format(R"({{"eat_profile":"tag:github.com,2023:veraison/ear","iat":1666091373,"ear.verifier-id":{{"build":"b","developer":"d"}}{},"submods":{{"A":{{"ear.status":"{}","ear.trustworthiness-vector":{}}}}}}})", more, status, vector);
  }
  // Signs without any look at the claims.
  static std::string signed_anyway(std::string_view text) {
    const auto key = crypto::private_key_from_any(testing::vector_bytes("ear/keys/veraison-skey.json"));
    return jose::sign_compact(as_bytes(text), jose::make_header(crypto::Sig::es256, {{"typ", "JWT"}}), key.value()).value_or("");
  }
};

struct Verdict {
  const char* file;
  const char* key;
  int status;
  const char* says;  // part of the output, or of stderr where nothing is verified
};
class EarVerify : public EarCommand, public ::testing::WithParamInterface<Verdict> {};
TEST_P(EarVerify, T20_GivesTheListedVerdict) {
  const auto& [file, key, status, says] = GetParam();
  const Outcome outcome = run({"verify", path(file), "--key", path(key)});
  EXPECT_EQ(outcome.status, status) << outcome.err;
  EXPECT_TRUE(has(status < 2 ? outcome.out : outcome.err, says)) << outcome.out << outcome.err;
  if (status < 2) return;
  EXPECT_EQ(outcome.out, "") << "nothing of a result that is not verified goes to standard output";
}
constexpr const char* kKey = "keys/veraison-pkey.json";
constexpr const char* kOther = "keys/rust-ear-pkey.json";
INSTANTIATE_TEST_SUITE_P(, EarVerify,
                         ::testing::Values(
                             Verdict{"jwt/arc-plain.jwt", kKey, 0, "Verified, and affirming."},
                             Verdict{"jwt/arc-plain.jwt", "keys/veraison-skey.json", 0, "Verified, and affirming."},
                             Verdict{"jwt/arc-jwk-header.jwt", kKey, 0, "submod(test):"},
                             Verdict{"jwt/lib-pass.jwt", kKey, 0, "attests a key that cannot be read"},
                             Verdict{"jwt/parsec-tpm-key-attestation.jwt", kKey, 0, "attests a P-256 key"},
                             Verdict{"jwt/optee-iisec-affirming.jwt", kKey, 0, "submodule  PSA_IOT: affirming, policy policy:PSA_IOT"},
                             Verdict{"jwt/optee-pr124-warning.jwt", kKey, 1, "Verified, but NOT affirming."},
                             Verdict{"jwt/draft-opa-float-iat.jwt", kKey, 0, "issued     2022-10-23T12:46:24Z"},
                             Verdict{"jwt/arc-plain.jwt", kOther, 4, "signature"},
                             Verdict{"jwt/arc-jwk-header.jwt", kOther, 4, "signature"},
                             Verdict{"jwt/trustee-cca-expired.jwt", kKey, 4, "signature"},
                             Verdict{"jwt/fail-alg-hs256.jwt", kKey, 4, "\"alg\" is \"HS256\""},
                             Verdict{"jwt/fail-alg-none.jwt", kKey, 4, "\"alg\" is \"none\""},
                             Verdict{"jwt/fail-leading-dot.jwt", kKey, 3, "segment"},
                             Verdict{"jwt/fail-trailing-segment.jwt", kKey, 3, "a fourth segment"},
                             Verdict{"jwt/fail-empty-claims.jwt", kKey, 3, "missing mandatory 'eat_profile', 'ear.verifier-id', 'iat', 'submods'"},
                             Verdict{"jwt/rust-ear-minimal.jwt", kOther, 3, "invalid value(s) for eat_profile (test)"},
                             Verdict{"arc-data/ear-claims.json", kKey, 3, "bare claims"},
                             Verdict{"draft-2026/ear-cbor-1.cbor", kKey, 3, "bare claims"},
                             Verdict{"jwt/no-such-file.jwt", kKey, 5, "no such file or directory"},
                             Verdict{"jwt/arc-plain.jwt", "keys/no-such-file.json", 5, "no such file or directory"},
                             Verdict{"jwt/arc-plain.jwt", "manifest.jsonl", 3, "manifest.jsonl"}));

TEST_F(EarCommand, T20_ExpiryIsJudgedBehindAGoodSignature) {
  const std::string jwt = vector_text("ear/jwt/trustee-cca-expired.jwt");
  const auto jws = jose::parse_compact(jwt);
  ASSERT_TRUE(testing::ok(jws));
  write("header-key.json", json::print(*jws->header.object()->find("jwk")));
  const Outcome outcome = run({"verify", path("jwt/trustee-cca-expired.jwt"), "--key", "header-key.json"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_TRUE(has(outcome.err, "\"exp\" not satisfied: token is expired")) << outcome.err;
}

TEST_F(EarCommand, AKeyInTheHeaderIsNeverUsed) {
  const auto stranger = crypto::PrivateKey::generate(crypto::KeyKind::p256);
  ASSERT_TRUE(testing::ok(stranger));
  const auto header = jose::make_header(crypto::Sig::es256, {{"typ", "JWT"}, {"jwk", crypto::to_jwk(stranger->public_key())}});
  write("self.jwt", jose::sign_compact(as_bytes(claims("affirming")), header, *stranger).value_or(""));
  EXPECT_EQ(run({"verify", "self.jwt", "--key", path(kKey)}).status, 4);
}

TEST_F(EarCommand, NonceMatchesInEitherAlphabetAndMustMatch) {
  const std::string iisec = path("jwt/optee-iisec-affirming.jwt");
  const std::string warning = path("jwt/optee-pr124-warning.jwt");
  const auto verify = [&](const std::string& file, const std::string& nonce) { return run({"verify", file, "--key", path(kKey), "--nonce", nonce}); };
  EXPECT_EQ(verify(iisec, "YEi9JFXbigRuzAcgQCaH0GByDZVFV5KlNvSEUtXuXb4=").status, 0);
  EXPECT_EQ(verify(iisec, "6048bd2455db8a046ecc0720402687d060720d95455792a536f48452d5ee5dbe").status, 0);
  EXPECT_EQ(verify(warning, "4wiLr_oQWjggSQJCr4Jb6BtaNiPadXU1BB9gF1C5y4I").status, 1);
  EXPECT_EQ(verify(warning, "4wiLr/oQWjggSQJCr4Jb6BtaNiPadXU1BB9gF1C5y4I=").err, "");
  const Outcome other = verify(iisec, "4wiLr_oQWjggSQJCr4Jb6BtaNiPadXU1BB9gF1C5y4I");
  EXPECT_EQ(other.status, 4);
  EXPECT_TRUE(has(other.err, "eat_nonce")) << other.err;
  EXPECT_EQ(verify(path("jwt/arc-plain.jwt"), "4wiLr_oQWjggSQJCr4Jb6BtaNiPadXU1BB9gF1C5y4I").status, 4) << "a result without a nonce answers nobody";
  EXPECT_EQ(verify(iisec, "too short").status, 2);
  EXPECT_TRUE(has(run({"verify", iisec, "--key", path(kKey)}).err, "freshness was not checked"));
}

struct Requirement {
  const char* status;
  const char* vector;
  const char* require;
  int expected;
};
class EarRequire : public EarCommand, public ::testing::WithParamInterface<Requirement> {};
TEST_P(EarRequire, DecidesTheExitStatus) {
  const auto& [status, vector, require, expected] = GetParam();
  write("claims.json", claims(status, vector));
  ASSERT_EQ(run({"create", "claims.json", "--key", path("keys/veraison-skey.json"), "--out", "e.jwt"}).status, 0);
  EXPECT_EQ(run({"verify", "e.jwt", "--key", path(kKey), "--require", require}).status, expected);
}
INSTANTIATE_TEST_SUITE_P(, EarRequire,
                         ::testing::Values(
                             Requirement{"affirming", R"({"hardware":2})", "affirming", 0},
                             Requirement{"affirming", R"({"hardware":2})", "warning", 0},
                             Requirement{"warning", R"({"hardware":32})", "affirming", 1},
                             Requirement{"warning", R"({"hardware":32})", "warning", 0},
                             Requirement{"contraindicated", R"({"hardware":96})", "warning", 1},
                             Requirement{"contraindicated", R"({"hardware":96})", "any", 0},
                             Requirement{"none", R"({"hardware":0})", "affirming", 1},
                             Requirement{"none", R"({"hardware":0})", "warning", 1},
                             Requirement{"none", R"({"hardware":0})", "any", 0}));

TEST_F(EarCommand, AStatusBetterThanItsVectorIsNeitherMadeNorBelieved) {
  const std::string lie = claims("affirming", R"({"executables":33})");
  write("lie.json", lie);
  const Outcome made = run({"create", "lie.json", "--key", path("keys/veraison-skey.json"), "--out", "e.jwt"});
  EXPECT_EQ(made.status, 3);
  EXPECT_TRUE(has(made.err, "status is affirming but the trustworthiness vector is warning")) << made.err;
  EXPECT_FALSE(std::filesystem::exists("e.jwt"));
  write("lie.jwt", signed_anyway(lie));
  EXPECT_EQ(run({"verify", "lie.jwt", "--key", path(kKey), "--require", "any"}).status, 3);
}

struct Algorithm {
  crypto::KeyKind kind;
  const char* alg;  // "": what follows from the key
  const char* header;
};
class EarAlgorithm : public EarCommand, public ::testing::WithParamInterface<Algorithm> {};
TEST_P(EarAlgorithm, MakesAndVerifiesBothForms) {
  const auto& [kind, alg, header] = GetParam();
  const auto key = crypto::PrivateKey::generate(kind);
  ASSERT_TRUE(testing::ok(key));
  write("s.pem", key->to_pem());
  write("p.jwk", json::print(crypto::to_jwk(key->public_key())));
  for (const std::string form : {"jwt", "cwt"}) {
    std::vector<std::string> create{"create", path("arc-data/ear-claims-tv-ok.json"), "--key", "s.pem", "--out", "e"};
    std::vector<std::string> verify{"verify", "e", "--key", "p.jwk", "--json"};
    if (form == "cwt") create.emplace_back("--cwt");
    if (*alg != '\0') {
      for (auto* words : {&create, &verify}) words->insert(words->end(), {"--alg", alg});
    }
    const Outcome made = run(create);
    ASSERT_EQ(made.status, 0) << made.err;
    const Outcome verified = run(verify);
    EXPECT_EQ(verified.status, 0) << verified.err;
    EXPECT_EQ(member(parsed(verified.out), "alg"), fmt::format("\"{}\"", header));
    EXPECT_EQ(member(parsed(run({"show", "e", "--json"}).out), "header"), form == "jwt" ? fmt::format(R"({{"alg":"{}","typ":"JWT"}})", header) : fmt::format(R"({{"alg":"{}"}})", header));
  }
}
INSTANTIATE_TEST_SUITE_P(, EarAlgorithm,
                         ::testing::Values(
                             Algorithm{crypto::KeyKind::p256, "", "ES256"},
                             Algorithm{crypto::KeyKind::p384, "", "ES384"},
                             Algorithm{crypto::KeyKind::p521, "ES512", "ES512"},
                             Algorithm{crypto::KeyKind::ed25519, "", "EdDSA"},
                             Algorithm{crypto::KeyKind::rsa, "", "PS256"},
                             Algorithm{crypto::KeyKind::rsa, "PS384", "PS384"},
                             Algorithm{crypto::KeyKind::rsa, "PS512", "PS512"}));

}  // namespace
}  // namespace assay
