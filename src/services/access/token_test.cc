#include "services/access/token.h"

#include "crypto/key_formats.h"
#include "envelope/jose/jws.h"
#include "testing/testing.h"

namespace assay::access {
namespace {

using crypto::KeyKind;
using crypto::PrivateKey;
using crypto::Sig;
using testing::fails;
using testing::ok;

constexpr UnixSeconds kNow = 1764000000;

// One issuer with a key of each kind; made once, since RSA keys take their time.
struct Issuer {
  PrivateKey ec = PrivateKey::generate(KeyKind::p256).value();
  PrivateKey ed = PrivateKey::generate(KeyKind::ed25519).value();
  PrivateKey rsa = PrivateKey::generate(KeyKind::rsa).value();
  PrivateKey other = PrivateKey::generate(KeyKind::p256).value();

  std::string jwks() const { return fmt::format(R"({{"keys":[{},{},{}]}})", entry(ec, "ec"), entry(ed, "ed"), entry(rsa, "rsa")); }
  static std::string entry(const PrivateKey& key, std::string_view kid, std::string_view more = "") {
    std::string jwk = json::print(crypto::to_jwk(key.public_key()));
    jwk.pop_back();
    return fmt::format(R"({},"kid":"{}"{}}})", jwk, kid, more);
  }
};
const Issuer& issuer() {
  static const Issuer one;
  return one;
}

TokenKeys::Fetch always(std::string text) {
  return [text = std::move(text)]() -> Result<Bytes> { return to_bytes(text); };
}

// Any header over any payload, signed as `sig` says.
std::string raw(std::string_view header, std::string_view payload, const PrivateKey& key, Sig sig) {
  const std::string input = to_base64url(as_bytes(header)) + "." + to_base64url(as_bytes(payload));
  return input + "." + to_base64url(crypto::sign(key, sig, as_bytes(input)).value());
}
std::string token(std::string_view payload, std::string_view header = R"({"alg":"ES256","kid":"ec"})") { return raw(header, payload, issuer().ec, Sig::es256); }

std::string claims(std::string_view more = "") { return fmt::format(R"({{"exp":{},"sub":"u-1","realm_access":{{"roles":["provisioner","x"]}}{}}})", kNow + 60, more); }

Result<Bearer> verify(std::string_view text, const TokenRules& rules = {}) {
  TokenKeys keys{always(issuer().jwks())};
  return verify_token(text, keys, rules, kNow);
}

TEST(BearerToken, EachAlgorithmWithItsKey) {
  struct Row {
    std::string_view alg, kid;
    const PrivateKey& key;
    Sig sig;
  };
  for (const Row& row : {Row{"ES256", "ec", issuer().ec, Sig::es256}, Row{"EdDSA", "ed", issuer().ed, Sig::eddsa}, Row{"RS256", "rsa", issuer().rsa, Sig::rs256}, Row{"PS256", "rsa", issuer().rsa, Sig::ps256}}) {
    const auto bearer = verify(raw(fmt::format(R"({{"alg":"{}","typ":"JWT","kid":"{}"}})", row.alg, row.kid), claims(), row.key, row.sig));
    ASSERT_TRUE(ok(bearer)) << row.alg;
    EXPECT_EQ(bearer->name, "u-1");
    EXPECT_EQ(bearer->tenant, "0");
    EXPECT_EQ(bearer->roles, (std::vector<std::string>{"provisioner", "x"}));
  }
}

struct Refused {
  std::string_view why;
  std::string token;
  Errc errc;
  std::string_view part;
};
class BearerTokenRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(BearerTokenRefuses, WithItsReason) {
  const auto bearer = verify(GetParam().token, {.issuers = {"https://i"}, .audiences = {"assay"}, .leeway = 5});
  EXPECT_TRUE(fails(bearer, GetParam().errc, GetParam().part)) << GetParam().why;
  EXPECT_TRUE(bearer || GetParam().token.size() < 40 || bearer.error().text().find(GetParam().token.substr(0, 40)) == std::string::npos) << "the token is in the message";
}

constexpr std::string_view kWhom = R"(,"iss":"https://i","aud":"assay")";
std::string good() { return token(claims(kWhom)); }
std::string with_header(std::string_view header) { return token(claims(kWhom), header); }
// RFC 7515 §3.5 and its misuse: the HMAC key is the public key's text.
std::string hmac_signed() {
  const std::string input = to_base64url(as_bytes(R"({"alg":"HS256","kid":"rsa"})")) + "." + to_base64url(as_bytes(claims(kWhom)));
  return input + "." + to_base64url(crypto::make_mac(as_bytes(crypto::to_pem(issuer().rsa.public_key())), crypto::Mac::hs256, as_bytes(input)));
}
std::string unsigned_one(std::string_view alg) { return to_base64url(as_bytes(fmt::format(R"({{"alg":"{}"}})", alg))) + "." + to_base64url(as_bytes(claims(kWhom))) + "."; }
std::string flipped(std::size_t from_end) {
  std::string text = good();
  char& c = text[text.size() - from_end];
  c = c == 'A' ? 'B' : 'A';
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    BeforeItsSignature, BearerTokenRefuses,
    ::testing::Values(
        Refused{"nothing", "", Errc::malformed, "too few segments"},
        Refused{"two segments", "e30.e30", Errc::malformed, "too few segments"},
        Refused{"four segments", good() + ".AA", Errc::malformed, "fourth segment"},
        Refused{"white space around it", " " + good(), Errc::malformed, "another character"},
        Refused{"a line break", good() + "\n", Errc::malformed, "another character"},
        Refused{"padding", good() + "==", Errc::malformed, "another character"},
        Refused{"the JSON form", "{}", Errc::malformed, "another character"},
        Refused{"too long", std::string(kMaxToken + 1, 'A'), Errc::limit, "12289 bytes"},
        Refused{"no JSON in the header", "AAAA.e30.AA", Errc::malformed, "JWS protected header"},
        Refused{"no algorithm", with_header(R"({"kid":"ec"})"), Errc::missing, "/alg"},
        Refused{"alg none", unsigned_one("none"), Errc::unsupported, "\"none\"; expected ES256, RS256, PS256 or EdDSA"},
        Refused{"alg None", unsigned_one("None"), Errc::unsupported, "\"None\""},
        Refused{"no signature", unsigned_one("ES256"), Errc::unauthenticated, "does not verify"},
        Refused{"an HMAC over the public key", hmac_signed(), Errc::unsupported, "\"HS256\""},
        Refused{"an algorithm that we know but not for tokens", with_header(R"({"alg":"ES384","kid":"ec"})"), Errc::unsupported, "\"ES384\""},
        Refused{"the algorithm of another kind of key", with_header(R"({"alg":"RS256","kid":"ec"})"), Errc::unauthenticated, "no key for RS256 with the kid \"ec\""},
        Refused{"an unknown kid", with_header(R"({"alg":"ES256","kid":"nope"})"), Errc::unauthenticated, "no key for ES256 with the kid \"nope\""},
        Refused{"another's kid", with_header(R"({"alg":"ES256","kid":"ed"})"), Errc::unauthenticated, "no key for ES256"},
        Refused{"a kid that is a path", with_header(R"({"alg":"ES256","kid":"../../../dev/null"})"), Errc::unauthenticated, "no key"},
        Refused{"a kid that is a URL", with_header(R"({"alg":"ES256","kid":"https://evil/jwks"})"), Errc::unauthenticated, "no key"},
        Refused{"a kid in another case", with_header(R"({"alg":"ES256","kid":"EC"})"), Errc::unauthenticated, "no key"},
        Refused{"an empty kid", with_header(R"({"alg":"ES256","kid":""})"), Errc::unauthenticated, "no key"},
        Refused{"a kid that is a number", with_header(R"({"alg":"ES256","kid":1})"), Errc::malformed, "/kid"},
        Refused{"kid twice", with_header(R"({"alg":"ES256","kid":"ec","kid":"ec"})"), Errc::duplicate, "\"kid\" twice"},
        Refused{"crit", with_header(R"({"alg":"ES256","kid":"ec","crit":["exp"]})"), Errc::unsupported, "crit"},
        Refused{"another type", with_header(R"({"alg":"ES256","kid":"ec","typ":"dpop+jwt"})"), Errc::unsupported, "\"dpop+jwt\"; expected JWT"},
        Refused{"a type that is an array", with_header(R"({"alg":"ES256","kid":"ec","typ":["JWT"]})"), Errc::malformed, "/typ"},
        Refused{"its own key in the header", raw(R"({"alg":"ES256","jwk":)" + json::print(crypto::to_jwk(issuer().other.public_key())) + "}", claims(kWhom), issuer().other, Sig::es256), Errc::unauthenticated, "does not verify"},
        Refused{"a stranger's signature", raw(R"({"alg":"ES256","kid":"ec"})", claims(kWhom), issuer().other, Sig::es256), Errc::unauthenticated, "does not verify"},
        Refused{"a changed signature", flipped(10), Errc::unauthenticated, "does not verify"},
        Refused{"a changed payload", flipped(100), Errc::unauthenticated, "does not verify"}));

std::string bare(std::string_view members) { return token(fmt::format(R"({{"iss":"https://i","aud":"assay"{}}})", members)); }
std::string soon(std::string_view members) { return fmt::format(R"(,"exp":{}{})", kNow + 1, members); }
INSTANTIATE_TEST_SUITE_P(
    BehindItsSignature, BearerTokenRefuses,
    ::testing::Values(
        Refused{"no JSON", token("x"), Errc::malformed, "token: a syntax error"},
        Refused{"an array", token("[]"), Errc::malformed, "expected an object"},
        Refused{"a claim twice", bare(R"(,"exp":1,"exp":9999999999)"), Errc::duplicate, "\"exp\" twice"},
        Refused{"no exp", bare(""), Errc::missing, "token/exp"},
        Refused{"exp that is text", bare(R"(,"exp":"9999999999")"), Errc::malformed, "token/exp: a JSON string"},
        Refused{"exp that is null", bare(R"(,"exp":null)"), Errc::malformed, "token/exp"},
        Refused{"exp beyond reason", bare(R"(,"exp":1e300)"), Errc::malformed, "token/exp"},
        Refused{"exp that is -2^63", bare(R"(,"exp":-9223372036854775808)"), Errc::malformed, "token/exp"},
        Refused{"expired", bare(R"(,"exp":1763999995)"), Errc::stale, "it has expired"},
        Refused{"not valid yet", bare(soon(R"(,"nbf":1764000006)")), Errc::stale, "not valid yet"},
        Refused{"nbf that is text", bare(soon(R"(,"nbf":"0")")), Errc::malformed, "token/nbf"},
        Refused{"an ID token", bare(soon(R"(,"typ":"ID")")), Errc::unsupported, "token/typ: \"ID\"; expected Bearer"},
        Refused{"a token bound to a key", bare(soon(R"(,"typ":"DPoP")")), Errc::unsupported, "\"DPoP\""},
        Refused{"no issuer", token(claims(R"(,"aud":"assay")")), Errc::missing, "token/iss"},
        Refused{"another issuer", token(claims(R"(,"iss":"https://i/","aud":"assay")")), Errc::untrusted, "\"https://i/\"; expected https://i"},
        Refused{"a list of issuers", token(claims(R"(,"iss":["https://i"],"aud":"assay")")), Errc::malformed, "token/iss"},
        Refused{"no audience", token(claims(R"(,"iss":"https://i")")), Errc::missing, "token/aud"},
        Refused{"another audience", token(claims(R"(,"iss":"https://i","aud":"account")")), Errc::untrusted, "somebody else; expected assay"},
        Refused{"other audiences", token(claims(R"(,"iss":"https://i","aud":["account",7,"assayx"])")), Errc::untrusted, "somebody else"},
        Refused{"no audiences", token(claims(R"(,"iss":"https://i","aud":[])")), Errc::untrusted, "somebody else"},
        Refused{"an audience that is an object", token(claims(R"(,"iss":"https://i","aud":{"assay":true})")), Errc::untrusted, "somebody else"},
        Refused{"roles that are a number", bare(soon(R"(,"realm_access":{"roles":7})")), Errc::malformed, "\"realm_access.roles\" is a JSON integer"},
        Refused{"roles that are an object", bare(soon(R"(,"realm_access":{"roles":{"provisioner":true}})")), Errc::malformed, "is a JSON object"},
        Refused{"a role that is a number", bare(soon(R"(,"realm_access":{"roles":["provisioner",7]})")), Errc::malformed, "a role that is a JSON integer"}));

TEST(BearerToken, AtTheEdgesOfItsTime) {
  const auto at = [](std::int64_t exp, std::int64_t nbf, UnixSeconds leeway) { return verify(token(fmt::format(R"({{"exp":{},"nbf":{}}})", kNow + exp, kNow + nbf)), {.leeway = leeway}).has_value(); };
  EXPECT_TRUE(at(1, 0, 0));
  EXPECT_FALSE(at(0, 0, 0));
  EXPECT_FALSE(at(1, 1, 0));
  EXPECT_TRUE(at(0, 1, 1));
  EXPECT_FALSE(at(-1, 0, 1));
  EXPECT_FALSE(at(1, 2, 1));
  EXPECT_TRUE(ok(verify(token(fmt::format(R"({{"exp":{}.5}})", kNow + 1)))));
}

TEST(BearerToken, WhomItIsFor) {
  const TokenRules rules{.issuers = {"https://a", "https://b"}, .audiences = {"assay", "veraison"}};
  EXPECT_TRUE(ok(verify(token(claims(R"(,"iss":"https://b","aud":["account","veraison"],"typ":"bearer")")), rules)));
  EXPECT_FALSE(verify(token(claims(R"(,"iss":"https://c","aud":"veraison")")), rules).has_value());
  EXPECT_TRUE(ok(verify(token(claims(R"(,"iss":7,"aud":{})"))))) << "nobody asked for an issuer or an audience";
}

TEST(BearerToken, RolesAreWhereTheSettingsSay) {
  const auto roles = [](std::string_view path, std::string_view payload) {
    const auto bearer = verify(token(fmt::format(R"({{"exp":{}{}}})", kNow + 1, payload)), {.roles_claim = std::string{path}});
    EXPECT_TRUE(ok(bearer)) << path;
    return bearer ? bearer->roles : std::vector<std::string>{"?"};
  };
  using Roles = std::vector<std::string>;
  EXPECT_EQ(roles("scope", R"(,"scope":"openid manager")"), (Roles{"openid", "manager"}));
  EXPECT_EQ(roles("resource_access.assay.roles", R"(,"resource_access":{"assay":{"roles":["manager"]}})"), Roles{"manager"});
  EXPECT_EQ(roles("/https:~1~1x.y~1roles", R"(,"https://x.y/roles":["manager"])"), Roles{"manager"});
  EXPECT_EQ(roles("a.b", R"(,"a.b":["manager"])"), Roles{});
  EXPECT_EQ(roles("a.b", R"(,"a":["b"])"), Roles{});
  EXPECT_EQ(roles("a.b", ""), Roles{});
}

TEST(BearerToken, TenantsAreNamesThatMayStandInAKey) {
  const auto tenant = [](std::string_view member) { return verify(token(claims(member)), {.tenant_claim = "tenant_id"}); };
  EXPECT_EQ(tenant(R"(,"tenant_id":"acme-1")").value().tenant, "acme-1");
  EXPECT_TRUE(fails(tenant(""), Errc::forbidden, "no claim \"tenant_id\""));
  for (const std::string_view bad : {R"("")", R"("a:b")", R"("a b")", R"("../0")", R"("ä")", "7", "null", R"(["0"])"}) EXPECT_TRUE(fails(tenant(fmt::format(R"(,"tenant_id":{})", bad)), Errc::malformed, "names no tenant")) << bad;
  EXPECT_TRUE(fails(tenant(fmt::format(R"(,"tenant_id":"{}")", std::string(65, 'a'))), Errc::malformed));
  EXPECT_EQ(verify(token(claims(R"(,"tenant_id":"acme")"))).value().tenant, "0");
}

TEST(BearerToken, NamesAreSafeToPrint) {
  const auto name = [](std::string_view payload) { return verify(token(fmt::format(R"({{"exp":{}{}}})", kNow + 1, payload))).value().name; };
  EXPECT_EQ(name(R"(,"sub":"7","preferred_username":"veraison-manager")"), "veraison-manager");
  EXPECT_EQ(name(R"(,"sub":"a\nb")"), "a\\x0ab");
  EXPECT_EQ(name(R"(,"sub":7)"), "?");
  EXPECT_LE(name(fmt::format(R"(,"sub":"{}")", std::string(5000, 'x'))).size(), 128U);
}

TEST(TokenKeys, WhatIsNotForTokensIsPassedOver) {
  const auto kids = [](std::string_view entries) -> Result<std::string> {
    const auto keys = TRY(parse_token_keys(fmt::format(R"({{"keys":[{}]}})", entries)));
    std::string all;
    for (const TokenKey& key : keys) all += key.kid + " ";
    return all;
  };
  const PrivateKey& ec = issuer().ec;
  const std::string good = Issuer::entry(ec, "good");
  // As Keycloak has it: a second RSA key, for encryption.
  EXPECT_EQ(kids(good + "," + Issuer::entry(issuer().rsa, "enc", R"(,"use":"enc","alg":"RSA-OAEP")")).value_or("?"), "good ");
  EXPECT_EQ(kids(good + "," + Issuer::entry(issuer().rsa, "sig", R"(,"use":"sig","alg":"RS256","x5c":["x"])")).value_or("?"), "good sig ");
  for (const std::string& other : {Issuer::entry(ec, "x", R"(,"use":"enc")"), Issuer::entry(ec, "x", R"(,"use":7)"), Issuer::entry(ec, "x", R"(,"key_ops":["sign"])"), Issuer::entry(ec, "x", R"(,"key_ops":"verify")"), Issuer::entry(ec, "x", R"(,"alg":"ES384")"),
                                   Issuer::entry(ec, "x", R"(,"alg":7)"), std::string{R"({"kty":"oct","k":"AAAA","kid":"x"})"}, std::string{R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"x"})"}, std::string{"7"}, std::string{"null"}, std::string{"{}"}}) {
    EXPECT_EQ(kids(other + "," + good).value_or("?"), "good ") << other;
    EXPECT_TRUE(fails(kids(other), Errc::missing, "no key that verifies tokens")) << other;
  }
  EXPECT_EQ(kids(Issuer::entry(ec, "v", R"(,"key_ops":["verify"])")).value_or("?"), "v ");
  std::string many = good;
  for (int i = 0; i < 64; ++i) many += ",{}";
  EXPECT_TRUE(fails(kids(many), Errc::limit, "65 keys"));
  EXPECT_TRUE(fails(parse_token_keys(std::string(70000, ' ')), Errc::limit));
  for (const std::string_view bad : {"", "[]", "7", "{}", R"({"keys":{}})", R"({"keys":7})"}) EXPECT_TRUE(fails(parse_token_keys(bad), Errc::malformed)) << bad;
  EXPECT_TRUE(fails(parse_token_keys(R"({"keys":[],"keys":[]})"), Errc::duplicate));
}

TEST(TokenKeys, AKeyIsForOneAlgorithm) {
  TokenKeys keys{always(fmt::format(R"({{"keys":[{}]}})", Issuer::entry(issuer().rsa, "r", R"(,"alg":"PS256")")))};
  EXPECT_TRUE(ok(keys.find("r", Sig::ps256, kNow)));
  EXPECT_TRUE(fails(keys.find("r", Sig::rs256, kNow), Errc::unauthenticated, "no key for RS256"));
}

TEST(TokenKeys, WithoutAKidThereMustBeNoChoice) {
  TokenKeys one{always(issuer().jwks())};
  EXPECT_TRUE(ok(one.find({}, Sig::es256, kNow)));
  TokenKeys two{always(fmt::format(R"({{"keys":[{},{}]}})", Issuer::entry(issuer().ec, "a"), Issuer::entry(issuer().other, "b")))};
  EXPECT_TRUE(fails(two.find({}, Sig::es256, kNow), Errc::unauthenticated, "several keys"));
  TokenKeys same{always(fmt::format(R"({{"keys":[{},{}]}})", Issuer::entry(issuer().ec, "a"), Issuer::entry(issuer().other, "a")))};
  EXPECT_TRUE(fails(same.find("a", Sig::es256, kNow), Errc::unauthenticated, "several keys"));
}

// A provider whose answers change; counts how often it is asked.
struct Provider {
  int asked = 0;
  std::string answer;
  TokenKeys keys{[this]() -> Result<Bytes> {
    ++asked;
    if (answer.empty()) return fail(Errc::unavailable, "https://i", "no connection");
    return to_bytes(answer);
  }};
};
std::string set_of(std::string_view kid) { return fmt::format(R"({{"keys":[{}]}})", Issuer::entry(issuer().ec, kid)); }

TEST(TokenKeys, AreKeptForEightHours) {
  Provider provider{.answer = set_of("1")};
  EXPECT_TRUE(ok(provider.keys.find("1", Sig::es256, kNow)));
  EXPECT_TRUE(ok(provider.keys.find("1", Sig::es256, kNow + TokenKeys::kLife - 1)));
  EXPECT_EQ(provider.asked, 1);
  provider.answer = set_of("2");
  EXPECT_TRUE(fails(provider.keys.find("1", Sig::es256, kNow + TokenKeys::kLife), Errc::unauthenticated));
  EXPECT_EQ(provider.asked, 2);
}

TEST(TokenKeys, AnUnknownKidAsksAgainButNotMoreThanOnceAMinute) {
  Provider provider{.answer = set_of("1")};
  EXPECT_TRUE(ok(provider.keys.find("1", Sig::es256, kNow)));
  for (int i = 0; i < 59; ++i) EXPECT_TRUE(fails(provider.keys.find(std::to_string(100 + i), Sig::es256, kNow + i), Errc::unauthenticated));
  EXPECT_EQ(provider.asked, 1);
  provider.answer = set_of("2");
  EXPECT_TRUE(ok(provider.keys.find("2", Sig::es256, kNow + 60)));
  EXPECT_EQ(provider.asked, 2);
  EXPECT_TRUE(fails(provider.keys.find("1", Sig::es256, kNow + 61), Errc::unauthenticated)) << "it was withdrawn";
  EXPECT_EQ(provider.asked, 2);
}

TEST(TokenKeys, AProviderThatFailsIsNotHammeredAndWhatIsKnownStays) {
  Provider provider;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(fails(provider.keys.find("1", Sig::es256, kNow + i), Errc::unavailable, "no connection"));
  EXPECT_EQ(provider.asked, 1);
  provider.answer = set_of("1");
  EXPECT_TRUE(ok(provider.keys.find("1", Sig::es256, kNow + 5)));
  provider.answer.clear();
  EXPECT_TRUE(fails(provider.keys.find("2", Sig::es256, kNow + 65), Errc::unauthenticated));
  EXPECT_TRUE(ok(provider.keys.find("1", Sig::es256, kNow + 66)));
  EXPECT_TRUE(fails(provider.keys.find("1", Sig::es256, kNow + 5 + TokenKeys::kLife), Errc::unavailable)) << "but not for ever";
  provider.answer = "<html>";
  EXPECT_TRUE(fails(provider.keys.find("1", Sig::es256, kNow + 10 + TokenKeys::kLife), Errc::unavailable, "syntax error"));
}

TEST(TokenKeys, AClockThatStepsBackMakesThemOld) {
  Provider provider{.answer = set_of("1")};
  EXPECT_TRUE(ok(provider.keys.find("1", Sig::es256, kNow)));
  EXPECT_TRUE(ok(provider.keys.find("1", Sig::es256, kNow - 30)));
  EXPECT_EQ(provider.asked, 1);
  EXPECT_TRUE(ok(provider.keys.find("1", Sig::es256, kNow - 3600)));
  EXPECT_EQ(provider.asked, 2);
}

}  // namespace
}  // namespace assay::access
