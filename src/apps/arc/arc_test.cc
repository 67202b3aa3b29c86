#include "apps/arc/arc.h"

#include <cstdlib>

#include "apps/app_testing.h"
#include "crypto/key_formats.h"
#include "envelope/jose/jws.h"
#include "model/ear/ear.h"
#include "testing/testing.h"

namespace assay {
namespace {

using testing::call;
using testing::Outcome;
using testing::read_text;
using testing::vector_path;
using testing::vector_text;

// Runs in an empty folder with the keys of the vectors as pkey.json and skey.json, without a home and its configuration.
class Arc : public testing::InOwnFolder {
 protected:
  Arc() {
    ::setenv("HOME", own("").c_str(), 1);
    ::unsetenv("ASSAY_ARC_COMPAT");
    write("pkey.json", vector_text("ear/keys/veraison-pkey.json"));
    write("skey.json", vector_text("ear/keys/veraison-skey.json"));
  }
  ~Arc() override { ::unsetenv("ASSAY_ARC_COMPAT"); }

  static Outcome run(const std::vector<std::string>& args) { return call(run_arc, args); }
  static std::string path(std::string_view vector) { return vector_path(vector).string(); }
  // A copy of a vector under its own name, as messages show names.
  std::string take(std::string_view vector) const {
    const std::string name = std::filesystem::path{vector}.filename().string();
    write(name, vector_text(vector));
    return name;
  }
  std::string take_jwt(const std::string& name) const { return take("ear/jwt/" + name + ".jwt"); }
  static void without_keys() { std::filesystem::remove("pkey.json"); }
  static void compatible() { ::setenv("ASSAY_ARC_COMPAT", "1", 1); }

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
};

TEST_F(Arc, L10_VerifyIsByteForByte) {
  for (const std::string name : {"arc-plain", "draft-opa-float-iat", "lib-pass", "optee-iisec-affirming", "optee-pr124-warning", "parsec-tpm-key-attestation"}) {
    const std::string file = take_jwt(name);
    prints({"verify", file}, vector_text("ear/expected-output/" + name + ".brief.txt"));
    prints({"verify", "--verbose", "--alg=ES256", "-p", "pkey.json", file}, vector_text("ear/expected-output/" + name + ".verbose.txt"));
    prints({"verify", "-v", file}, vector_text("ear/expected-output/" + name + ".verbose.txt"));
  }
}

TEST_F(Arc, L10_ColoursAreLiteralOnlyInCompatibility) {
  const std::string file = take_jwt("arc-plain");
  prints({"verify", "-c", file}, vector_text("ear/expected-output/arc-plain.brief.txt"));  // no terminal here
  compatible();
  prints({"verify", "-c", file}, vector_text("ear/expected-output/arc-plain.brief-color.txt"));
}

TEST_F(Arc, L10_ThePrivateHalfAndWhiteSpaceDoNoHarm) {
  const std::string name = "arc-plain.jwt";
  write(name, "\r\n" + vector_text("ear/jwt/arc-plain.jwt") + "\r\n");
  std::string expected = vector_text("ear/expected-output/arc-plain.brief.txt");
  expected.replace(expected.find("pkey.json"), 1, "s");
  prints({"verify", "-p", "skey.json", name}, expected);
}

constexpr std::string_view kHeaderWarning = "Warning: the key comes with the result itself: this proves nothing about who made it\n";

TEST_F(Arc, L11_AHeaderKeyIsUsedOnRequestOnly) {
  const std::string file = take_jwt("arc-jwk-header");
  without_keys();
  const std::string advice = "; expected --pkey FILE, or --allow-header-key to trust whatever key the result brings along";
  refused({"verify", file}, "loading verification key from \"pkey.json\": open pkey.json: no such file or directory" + advice);
  refused({"verify", "-p", "other.json", "--allow-header-key", file}, "loading verification key from \"other.json\": open other.json: no such file or directory");

  const auto allowed = [&](const std::vector<std::string>& args) {
    const Outcome outcome = run(args);
    EXPECT_EQ(outcome.err, kHeaderWarning);
    EXPECT_EQ(outcome.out, vector_text("ear/expected-output/arc-jwk-header.no-pkey-file.txt"));
    EXPECT_EQ(outcome.status, 0);
  };
  allowed({"verify", "--allow-header-key", file});
  allowed({"verify", "--allow-header-key", "--alg", "XYZ", file});  // the header's algorithm counts
  compatible();
  allowed({"verify", file});
}

TEST_F(Arc, L11_AHeaderWithoutKeyIsOfNoUse) {
  without_keys();
  const auto fails = [&](const std::string& name, const std::string& text) {
    const Outcome outcome = run({"verify", "--allow-header-key", take_jwt(name)});
    EXPECT_EQ(outcome.err, std::string{kHeaderWarning} + "Error: " + text + "\n");
    EXPECT_EQ(outcome.out, "Using JWK key from JWT header\n");
    EXPECT_EQ(outcome.status, 1);
  };
  fails("arc-plain", "failed to get JWK key from JWT header");
  fails("fail-leading-dot", "failed to parse serialized JWT: jws.Parse: a JWS with a fourth segment (at byte 352); expected three segments: header.payload.signature");
  fails("trustee-cca-expired", "verifying signed EAR from \"trustee-cca-expired.jwt\" using \"JWK header\" key: failed verifying JWT message: jwt.Parse: failed to parse token: jwt.Validate: validation failed: \"exp\" not satisfied: token is expired");
}

TEST_F(Arc, L12_BadTokensFailForTheirReason) {
  const std::string parse = "failed verifying JWT message: jwt.Parse: failed to parse token: ";
  const std::string segments = "a JWS with a fourth segment (at byte {}); expected three segments: header.payload.signature";
  const auto fails = [&](const std::string& name, const std::string& text, const std::string& key = "pkey.json") {
    refused({"verify", "-p", key, take_jwt(name)}, "verifying signed EAR from \"" + name + ".jwt\" using \"" + key + "\" key: " + text);
  };
  fails("fail-alg-none", parse + "JWS protected header: \"alg\" is \"none\"; expected ES256");
  fails("fail-alg-hs256", parse + "JWS protected header: \"alg\" is \"HS256\"; expected ES256");
  fails("fail-leading-dot", parse + fmt::format(fmt::runtime(segments), 352));
  fails("fail-trailing-segment", parse + fmt::format(fmt::runtime(segments), 704));
  fails("fail-empty-claims", "missing mandatory 'eat_profile', 'ear.verifier-id', 'iat', 'submods'");
  fails("trustee-cca-expired", parse + "signature verification failed for ES256: JWS: the signature does not verify");
  write("rust.json", vector_text("ear/keys/rust-ear-pkey.json"));
  fails("arc-plain", parse + "signature verification failed for ES256: JWS: the signature does not verify", "rust.json");
  refused({"verify", "-p", "rust.json", take_jwt("rust-ear-minimal")}, "unable to re-serialize the EAR claims-set: invalid value(s) for eat_profile (test)");

  write("trustee.json", json::print(*jose::parse_compact(vector_text("ear/jwt/trustee-cca-expired.jwt"))->header.object()->find("jwk")));
  fails("trustee-cca-expired", parse + "jwt.Validate: validation failed: \"exp\" not satisfied: token is expired", "trustee.json");
}

TEST_F(Arc, L9_CreateThenVerify) {
  for (const std::string name : {"ear-claims", "ear-claims-tv-ok", "ear-claims-key-attestation-ok", "ear-claims-key-attestation-ko", "ear-claims-extension-ok"}) {
    const std::string claims = take("ear/arc-data/" + name + ".json");
    const Outcome made = run({"create", "-c", claims, "out.jwt"});
    EXPECT_EQ(made.err, "");
    EXPECT_EQ(made.out, ">> created \"out.jwt\" from \"" + claims + "\" using \"skey.json\" as signing key\n");
    ASSERT_EQ(made.status, 0);
    const Outcome seen = run({"verify", "out.jwt"});
    EXPECT_EQ(seen.err, "");
    EXPECT_TRUE(seen.out.starts_with(">> \"out.jwt\" signature successfully verified using \"pkey.json\" key\n[claims-set]\n{\n")) << seen.out;
    EXPECT_EQ(seen.status, 0);
  }
}

TEST_F(Arc, L9_TheDefaultNamesAreTheOriginals) {
  write("ear-claims.json", vector_text("ear/arc-data/ear-claims-tv-ok.json"));
  ASSERT_EQ(run({"create", "arc-plain.jwt"}).status, 0);
  EXPECT_FALSE(read_text("arc-plain.jwt").ends_with('\n'));
  prints({"verify", "arc-plain.jwt"}, vector_text("ear/expected-output/arc-plain.brief.txt"));
}

TEST_F(Arc, L9_EveryAlgorithm) {
  const std::string claims = take("ear/arc-data/ear-claims.json");
  using enum crypto::KeyKind;
  for (const auto& [kind, names] : {std::pair{p256, std::vector<std::string>{"ES256"}}, {p384, {"ES384"}}, {p521, {"ES512"}}, {ed25519, {"EdDSA"}}, {rsa, {"PS256", "PS384", "PS512", "RS256"}}}) {
    const crypto::PrivateKey key = crypto::PrivateKey::generate(kind).value();
    write("s.pem", key.to_pem());
    write("p.jwk", json::print(crypto::to_jwk(key.public_key())));
    for (const std::string& name : names) {
      EXPECT_EQ(run({"create", "-a", name, "-s", "s.pem", "out.jwt"}).err, "");
      EXPECT_EQ(run({"verify", "-a", name, "-p", "p.jwk", "out.jwt"}).err, "");
    }
  }
}

TEST_F(Arc, L9_TheDraftsProfileAndExpiryAreKept) {
  const std::string claims = take("ear/draft-2026/ear-json-2.json");
  ASSERT_EQ(run({"create", "-c", claims, "out.jwt"}).err, "");
  const Outcome seen = run({"verify", "out.jwt"});
  EXPECT_NE(seen.out.find("\"ear_status\": \"affirming\""), std::string::npos) << seen.out << seen.err;

  write("old.json", R"({"eat_profile":"tag:github.com,2023:veraison/ear","iat":1,"exp":2,"ear.verifier-id":{"build":"b","developer":"d"},"submods":{"a":{"ear.status":2}}})");
  ASSERT_EQ(run({"create", "-c", "old.json", "out.jwt"}).err, "");
  EXPECT_NE(run({"verify", "out.jwt"}).err.find("\"exp\" not satisfied"), std::string::npos);
}

TEST_F(Arc, L8_CreateErrors) {
  take("ear/arc-data/ear-claims.json");
  write("text", "xx");
  write("raw.json", R"({"eat_profile":"tag:github.com,2023:veraison/ear","iat":1,"ear.verifier-id":{"build":"b","developer":"d"},"ear.raw-evidence":"abc=","submods":{"a":{"ear.status":2}}})");
  write("empty.json", "{}");
  refused({"create"}, "validating arguments: no output file supplied");
  refused({"create", "a", "b"}, "validating arguments: no output file supplied");
  refused({"create", "-c", "none", "o"}, "loading EAR claims-set from \"none\": open none: no such file or directory");
  refused({"create", "-c", ".", "o"}, "loading EAR claims-set from \".\": read .: is a directory");
  refused({"create", "-c", "empty.json", "o"}, "decoding EAR claims-set from \"empty.json\": missing mandatory 'eat_profile', 'ear.verifier-id', 'iat', 'submods'");
  refused({"create", "-c", "raw.json", "o"}, "decoding EAR claims-set from \"raw.json\": invalid value(s) for 'ear.raw-evidence' (illegal base64 data at input byte 3)");
  EXPECT_TRUE(run({"create", "-c", "text", "o"}).err.starts_with("Error: decoding EAR claims-set from \"text\": "));
  refused({"create", "-s", "none", "o"}, "loading signing key from \"none\": open none: no such file or directory");
  EXPECT_TRUE(run({"create", "-s", "text", "o"}).err.starts_with("Error: parsing signing key from \"text\": "));
  EXPECT_TRUE(run({"create", "-s", "pkey.json", "o"}).err.starts_with("Error: parsing signing key from \"pkey.json\": "));
  refused({"create", "-a", "XYZ", "o"}, "parsing algorithm from \"XYZ\": invalid key value: \"XYZ\": invalid key algorithm");
  refused({"create", "-a", "none", "o"}, "signing EAR: unsupported signature algorithm \"none\"");
  refused({"create", "-a", "ES384", "o"}, "signing EAR: JWS: algorithm ES384 with a key of P-256; expected ES256 for this key");
  refused({"create", "nowhere/o"}, "saving signer EAR to file \"nowhere/o\": open nowhere/o: no such file or directory");
  EXPECT_FALSE(std::filesystem::exists("o"));
}

TEST_F(Arc, L8_VerifyErrors) {
  const std::string file = take_jwt("arc-plain");
  write("text", "xx");
  refused({"verify"}, "validating arguments: no input file supplied");
  refused({"verify", "a", "b"}, "validating arguments: no input file supplied");
  refused({"verify", "none"}, "loading signed EAR from \"none\": open none: no such file or directory");
  refused({"verify", "-p", "none", file}, "loading verification key from \"none\": open none: no such file or directory");
  EXPECT_TRUE(run({"verify", "-p", "text", file}).err.starts_with("Error: parsing verification key from \"text\": "));
  refused({"verify", "-a", "XYZ", file}, "parsing algorithm from \"XYZ\": invalid key value: \"XYZ\": invalid key algorithm");
  const std::string verifying = "verifying signed EAR from \"arc-plain.jwt\" using \"pkey.json\" key: ";
  refused({"verify", "-a", "none", file}, verifying + "failed verifying JWT message: unsupported signature algorithm \"none\"");
  refused({"verify", "-a", "ES384", file}, verifying + "failed verifying JWT message: jwt.Parse: failed to parse token: JWS protected header: \"alg\" is \"ES256\"; expected ES384");
  refused({"verify", "--nonce", "0102030405060708", file}, verifying + "there is no eat_nonce; expecting AQIDBAUGBwg");
  refused({"verify", "--require", "warning", file}, "validating arguments: --require \"warning\": there is affirming");
  refused({"verify", "--unknown", file}, "unknown flag: --unknown");
  refused({"verfy"}, "unknown command \"verfy\" for \"arc\"\n\nDid you mean this?\n\tverify\n");
}

TEST_F(Arc, L8_PrintErrors) {
  write("blank", "\n");
  write("text", "xx");
  const std::string header = to_base64url(as_bytes(R"({"alg":"ES256"})"));
  write("array", header + "." + to_base64url(as_bytes("[1]")) + ".AA");
  write("broken", header + "." + to_base64url(as_bytes("{")) + ".AA");
  refused({"print"}, "validating arguments: no input file supplied");
  refused({"print", "none"}, "reading JWT from \"none\": open none: no such file or directory");
  refused({"print", "blank"}, "failed to parse serialized JWT: jws.Parse: invalid byte sequence");
  refused({"print", "text"}, "failed to parse serialized JWT: jws.Parse: a JWS with too few segments (at byte 2); expected three segments: header.payload.signature");
  refused({"print", "array"}, "failed to parse JWT message: the payload is a JSON array; expected an object");
  EXPECT_TRUE(run({"print", "broken"}).err.starts_with("Error: failed to parse JWT message: "));
}

TEST_F(Arc, PrintShowsHeaderAndPayload) {
  const auto jwt = [&](std::string_view header, std::string_view payload) { write("a.jwt", to_base64url(as_bytes(header)) + "." + to_base64url(as_bytes(payload)) + ".AA"); };
  jwt(R"({"typ":"<&>","alg":"ES256"})", R"({"z":"<&>é","a":{"c":1.0,"b":1e30},"iat":1.5,"exp":1e300})");
  const std::string expected =
      "[header]\n{\n    \"alg\": \"ES256\",\n    \"typ\": \"\\u003c\\u0026\\u003e\"\n}\n"
      "[payload]\n{\n    \"a\": {\n        \"b\": 1e+30,\n        \"c\": 1\n    },\n    \"exp\": 1e+300,\n    \"iat\": 1.5,\n    \"z\": \"\\u003c\\u0026\\u003eé\"\n}\n";
  prints({"print", "a.jwt"}, expected);
  prints({"print", "-v", "a.jwt"}, expected + "# iat 1970-01-01T00:00:01Z\n");
}

TEST_F(Arc, NonceAndRequirement) {
  const std::string warning = take_jwt("optee-pr124-warning");
  const std::string affirming = take_jwt("optee-iisec-affirming");
  for (const std::string nonce : {"4wiLr_oQWjggSQJCr4Jb6BtaNiPadXU1BB9gF1C5y4I=", "4wiLr/oQWjggSQJCr4Jb6BtaNiPadXU1BB9gF1C5y4I", "e3088bafFA105a3820490242af825be81b5a3623da757535041f601750b9cb82"}) {
    EXPECT_EQ(run({"verify", "--nonce", nonce, warning}).status, 0) << nonce;
    EXPECT_NE(run({"verify", "--nonce", nonce, affirming}).err.find("eat_nonce is \"YEi9JFXbigRuzAcgQCaH0GByDZVFV5KlNvSEUtXuXb4=\"; expecting 4wiLr_oQ"), std::string::npos);
  }
  EXPECT_EQ(run({"verify", "--require", "affirming", affirming}).status, 0);
  const Outcome outcome = run({"verify", "--require", "affirming", warning});
  EXPECT_EQ(outcome.err, "Error: the result is not affirming: warning\n");
  EXPECT_EQ(outcome.out, vector_text("ear/expected-output/optee-pr124-warning.brief.txt"));
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(Arc, VerifyReadsCwt) {
  const auto ear = ear::from_json(json::parse(vector_text("ear/arc-data/ear-claims-tv-ok.json")).value()).value();
  const auto key = crypto::private_key_from_any(as_bytes(vector_text("ear/keys/veraison-skey.json"))).value();
  write("arc-plain.jwt", as_text(ear::sign_cwt(ear, key).value()));
  prints({"verify", "arc-plain.jwt"}, vector_text("ear/expected-output/arc-plain.brief.txt"));
  write("rust.json", vector_text("ear/keys/rust-ear-pkey.json"));
  refused({"verify", "-p", "rust.json", "arc-plain.jwt"}, "verifying signed EAR from \"arc-plain.jwt\" using \"rust.json\" key: verification error; expected a signature or MAC by the given key");
}

TEST_F(Arc, ConfigurationIsNamedWhenItIsRead) {
  write("arc.yaml", "");
  EXPECT_EQ(run({"verify", "--config", "arc.yaml", "none"}).err, "Using config file: arc.yaml\nError: loading signed EAR from \"none\": open none: no such file or directory\n");
  EXPECT_EQ(run({"verify", "--config", "no.yaml", "none"}).err, "Error: loading signed EAR from \"none\": open none: no such file or directory\n");
  write(".arc.yaml", "");
  EXPECT_TRUE(run({"verify", "none"}).err.starts_with("Using config file: " + own("") + "/.arc.yaml\n"));
}

TEST_F(Arc, VersionAndHelp) {
  prints({"--version"}, "arc version 1.1.3\n");
  const Outcome help = run({"verify", "--help"});
  EXPECT_EQ(help.status, 0);
  for (const std::string_view part : {"-p, --pkey", "-a, --alg", "-v, --verbose", "-c, --color", "--allow-header-key", "--nonce", "--require", "(default \"pkey.json\")", "--config"}) EXPECT_NE(help.out.find(part), std::string::npos) << part;
  EXPECT_EQ(run({}).status, 0);
}

}  // namespace
}  // namespace assay
