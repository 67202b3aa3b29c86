#include "services/access/access.h"

#include <atomic>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>

#include "codec/yaml/yaml.h"
#include "crypto/key_formats.h"
#include "envelope/jose/jws.h"
#include "testing/testing.h"

namespace assay::access {
namespace {

using testing::fails;
using testing::ok;

constexpr UnixSeconds kNow = 1764000000;
using Admission = std::expected<Principal, Refusal>;

Result<Settings> settings(std::string_view yaml) { return read_settings(yaml::parse(yaml, "test").value()); }
std::unique_ptr<Access> basic(std::string_view more = "") {
  const std::string prov = hash_password("veraison", kLeastCost).value();
  const std::string mngr = hash_password("p:w ä", kLeastCost).value();
  return Access::make(settings(fmt::format("backend: basic\n{}\nusers:\n  prov: {{password: \"{}\", roles: provisioner}}\n  mngr: {{password: \"{}\", roles: [manager]}}\n  both: {{password: \"{}\", roles: [manager, provisioner]}}\n  idle: {{password: \"{}\"}}\n", more, prov, mngr, prov, prov)).value()).value();
}
std::string credentials(std::string_view text) { return "Basic " + to_base64(as_bytes(text)); }

std::string challenge_of(const Refusal& refusal) {
  for (const net::Header& header : refusal.headers) {
    if (header.name == "WWW-Authenticate") return header.value;
  }
  return "";
}
::testing::AssertionResult refused(const Admission& admission, int status, std::string_view detail, std::string_view challenge) {
  if (admission) return ::testing::AssertionFailure() << "admitted as " << admission->name;
  const Refusal& refusal = admission.error();
  if (refusal.status == status && refusal.detail == detail && challenge_of(refusal) == challenge) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << refusal.status << " '" << refusal.detail << "' '" << challenge_of(refusal) << "' " << refusal.reason;
}

TEST(Access, NobodyIsAsked) {
  for (const std::string_view yaml : {"", "backend: none", "BACKEND: passthrough"}) {
    const auto access = Access::make(settings(yaml).value()).value();
    EXPECT_TRUE(access->is_open());
    EXPECT_EQ(access->admit({}, Role::manager, kNow).value().name, "anonymous");
    EXPECT_EQ(access->admit("Basic nonsense", Role::provisioner, kNow).value().tenant, "0");
  }
}

TEST(AccessBasic, TheRightOnesAreAdmitted) {
  const auto access = basic();
  EXPECT_FALSE(access->is_open());
  EXPECT_EQ(access->admit(credentials("prov:veraison"), Role::provisioner, kNow).value().name, "prov");
  EXPECT_EQ(access->admit(credentials("mngr:p:w ä"), Role::manager, kNow).value().name, "mngr");
  for (const Role role : {Role::manager, Role::provisioner}) EXPECT_EQ(access->admit("bAsIc   " + to_base64(as_bytes("both:veraison")) + " ", role, kNow).value().name, "both");
}

TEST(AccessBasic, T31_OthersGetTheReferencesAnswers) {
  constexpr std::string_view kChallenge = "Basic realm=veraison";
  const auto access = basic();
  const auto admit = [&](std::optional<std::string_view> header, Role role = Role::provisioner) { return access->admit(header, role, kNow); };
  for (const std::optional<std::string_view> none : {std::optional<std::string_view>{}, {""}, {"Basic"}, {"Basic "}, {"Basic !"}, {"Basic cHJvdg=="}, {"BasicXcHJvdjp2ZXJhaXNvbg=="}, {"Bearer cHJvdjp2ZXJhaXNvbg=="}, {"cHJvdjp2ZXJhaXNvbg=="}, {"Basic cHJvdjp2ZXJhaXNvbg"}, {"Basic cHJvdjp2ZXJhaXNvbg== x"}}) {
    EXPECT_TRUE(refused(admit(none), 401, "no Basic Authorizaiton given", kChallenge)) << none.value_or("(none)");
  }
  EXPECT_TRUE(refused(admit("Basic " + std::string(2000, 'A')), 401, "no Basic Authorizaiton given", kChallenge));
  for (const std::string_view wrong : {"prov:Veraison", "prov:", "prov:veraison ", "prov: veraison", "prov:p:w ä", ":veraison", "Prov:veraison", "nobody:veraison", "prov :veraison", ":"}) EXPECT_TRUE(refused(admit(credentials(wrong)), 401, "wrong username or password", kChallenge)) << wrong;
  EXPECT_TRUE(refused(admit(credentials(std::string("prov:veraison\0", 14))), 401, "wrong username or password", kChallenge));
  EXPECT_TRUE(refused(admit(credentials(std::string("prov\0:veraison", 14))), 401, "wrong username or password", kChallenge));
  EXPECT_TRUE(refused(admit(credentials("prov:" + std::string(600, 'x'))), 401, "wrong username or password", kChallenge));
  EXPECT_TRUE(refused(admit(credentials("prov:veraison"), Role::manager), 403, "API unauthorized for user", ""));
  EXPECT_TRUE(refused(admit(credentials("mngr:p:w ä"), Role::provisioner), 403, "API unauthorized for user", ""));
  EXPECT_TRUE(refused(admit(credentials("idle:veraison"), Role::provisioner), 403, "API unauthorized for user", ""));
  EXPECT_TRUE(refused(basic("wrong-role: 401")->admit(credentials("prov:veraison"), Role::manager, kNow), 401, "API unauthorized for user", kChallenge));
}

TEST(AccessBasic, NothingSecretIsInAReason) {
  const auto access = basic();
  for (const std::string_view wrong : {"prov:hunter2", "hunter2:x", "hunter2"}) {
    const auto admission = access->admit(credentials(wrong), Role::provisioner, kNow);
    ASSERT_FALSE(admission.has_value());
    const std::string text = admission.error().reason.text() + admission.error().detail;
    const std::string encoded = to_base64(as_bytes(wrong)).substr(0, 8);
    for (const std::string_view secret : {std::string_view{"hunter2"}, std::string_view{"$2b$"}, std::string_view{encoded}}) EXPECT_EQ(text.find(secret), std::string::npos) << text;
  }
}

// The dear hash is taken once, and what was remembered helps nobody else.
TEST(AccessBasic, WhatWasRightIsRememberedForAWhile) {
  Users users{{User{"a", PasswordHash::parse(hash_password("right", 10).value()).value(), {}}, User{"b", PasswordHash::parse(hash_password("other", kLeastCost).value()).value(), {}}}, 1};
  const auto micros = [&](std::string_view name, std::string_view password, UnixSeconds now, bool good) {
    const auto cpu = [] {
      timespec time{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      return time.tv_sec * 1000000 + time.tv_nsec / 1000;
    };
    const auto start = cpu();
    EXPECT_EQ(users.check(name, password, now).has_value(), good);
    return cpu() - start;
  };
  const auto first = micros("a", "right", kNow, true);
  auto second = micros("a", "right", kNow + 1, true);
  for (int i = 0; i < 20; ++i) second = std::min(second, micros("a", "right", kNow + 1, true));
  EXPECT_LT(second * 20, first);
  EXPECT_GT(micros("a", "wrong", kNow + 1, false) * 4, first);
  EXPECT_GT(micros("nobody", "right", kNow + 1, false) * 4, first) << "somebody who does not exist is told by the time it takes";
  EXPECT_GT(micros("a", "right", kNow + Users::kRemembered, true) * 4, first);
  EXPECT_FALSE(users.check("b", "right", kNow).has_value());
}

TEST(AccessBasic, GuessersWaitInALineThatHasAnEnd) {
  Users users{{User{"a", PasswordHash::parse(hash_password("right", 10).value()).value(), {}}}, 1};
  std::atomic<int> exhausted = 0, wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const auto result = users.check("a", "wrong", kNow);
        ASSERT_FALSE(result.has_value());
        (result.error().errc == Errc::exhausted ? exhausted : wrong)++;
      });
    }
  }
  EXPECT_EQ(exhausted + wrong, 8);
  EXPECT_GE(wrong, 2);
  EXPECT_GE(exhausted, 1);
  EXPECT_TRUE(users.check("a", "right", kNow).has_value());
}

// Keycloak as the reference's deployment has it.
class FakeProvider : public net::Http {
 public:
  explicit FakeProvider(std::string jwks) : jwks_{std::move(jwks)} {}
  Result<net::Response> send(const net::Request& request) override {
    urls.push_back(request.url);
    if (status == 0) return fail(Errc::unavailable, "", "no connection");
    return net::Response{.status = status, .url = request.url, .body = to_bytes(jwks_)};
  }
  int status = 200;
  std::vector<std::string> urls;

 private:
  std::string jwks_;
};

struct Keycloak {
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  FakeProvider* provider = nullptr;
  std::unique_ptr<Access> access;

  explicit Keycloak(std::string_view more = "") {
    json::Value jwk = crypto::to_jwk(key.public_key());
    jwk.object()->set("kid", "k");
    auto http = std::make_unique<FakeProvider>(R"({"keys":[)" + json::print(jwk) + "]}");
    provider = http.get();
    access = Access::make(settings(fmt::format("backend: keycloak\nhost: keycloak-service\n{}", more)).value(), std::move(http)).value();
  }
  std::string token(std::string_view members, std::string_view roles = R"("provisioner")") const {
    const std::string claims = fmt::format(R"({{"exp":{},"iss":"https://keycloak-service:11111/realms/veraison","preferred_username":"veraison-provisioner","realm_access":{{"roles":[{}]}}{}}})", kNow + 1800, roles, members);
    return "Bearer " + jose::sign_compact(as_bytes(claims), jose::make_header(crypto::Sig::es256, {{"typ", "JWT"}, {"kid", "k"}}), key).value();
  }
};

TEST(AccessBearer, T31_TokensOfTheRealm) {
  const Keycloak keycloak;
  const auto admit = [&](std::optional<std::string_view> header, Role role = Role::provisioner, UnixSeconds now = kNow) { return keycloak.access->admit(header, role, now); };
  const std::string good = keycloak.token("");
  EXPECT_EQ(admit(good).value().name, "veraison-provisioner");
  EXPECT_EQ(keycloak.provider->urls, (std::vector<std::string>{"https://keycloak-service:11111/realms/veraison/protocol/openid-connect/certs"}));
  EXPECT_EQ(admit(good).value().tenant, "0");
  EXPECT_EQ(keycloak.provider->urls.size(), 1U);

  constexpr std::string_view kAsk = "Bearer realm=\"veraison\"";
  const std::string invalid = std::string{kAsk} + ", error=\"invalid_token\"";
  EXPECT_TRUE(refused(admit({}), 401, "", kAsk));
  for (const std::string& none : {std::string{}, std::string{"Bearer"}, std::string{"Bearer "}, good.substr(7), "Token " + good.substr(7), "Basic " + good.substr(7)}) EXPECT_TRUE(refused(admit(none), 401, "", kAsk)) << none;
  for (const std::string& bad : {std::string{"Bearer x"}, good + "x", good.substr(0, good.size() - 8), good + " x", "Bearer Bearer " + good.substr(7), good + "," + good}) EXPECT_TRUE(refused(admit(bad), 401, "", invalid)) << bad;
  EXPECT_TRUE(refused(admit(good, Role::provisioner, kNow + 1800), 401, "", invalid)) << "expired";
  const std::string lacking = std::string{kAsk} + ", error=\"insufficient_scope\"";
  EXPECT_TRUE(refused(admit(good, Role::manager), 403, "", lacking));
  EXPECT_TRUE(refused(admit(keycloak.token("", "")), 403, "", lacking));
  EXPECT_TRUE(refused(admit(keycloak.token("", R"("Provisioner","provisioner ")")), 403, "", lacking));
}

TEST(AccessBearer, IssuerTenantAndARealmThatIsAway) {
  Keycloak other{"realm: other"};
  EXPECT_EQ(other.access->admit(other.token(""), Role::provisioner, kNow).error().status, 401);
  Keycloak any{"realm: other\nissuer: \"*\""};
  EXPECT_TRUE(any.access->admit(any.token(""), Role::provisioner, kNow).has_value());
  Keycloak tenants{"tenant-claim: tenant_id"};
  EXPECT_EQ(tenants.access->admit(tenants.token(R"(,"tenant_id":"acme")"), Role::provisioner, kNow).value().tenant, "acme");
  EXPECT_TRUE(refused(tenants.access->admit(tenants.token(""), Role::provisioner, kNow), 403, "", "Bearer realm=\"veraison\", error=\"insufficient_scope\""));
  for (const int status : {0, 404, 500}) {
    Keycloak away;
    away.provider->status = status;
    EXPECT_TRUE(refused(away.access->admit(away.token(""), Role::provisioner, kNow), 503, "", "")) << status;
  }
}

TEST(AccessBearer, KeysOutOfAFile) {
  const std::string path = ::testing::TempDir() + "/assay_access_jwks.json";
  const auto make = [&](std::string_view content) {
    std::ofstream{path, std::ios::binary} << content;
    return Access::make(settings(fmt::format("backend: bearer\njwks: {}", path)).value());
  };
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519).value();
  const auto access = make(R"({"keys":[)" + json::print(crypto::to_jwk(key.public_key())) + "]}");
  ASSERT_TRUE(ok(access));
  const std::string claims = fmt::format(R"({{"exp":{},"realm_access":{{"roles":["manager"]}}}})", kNow + 1);
  const std::string token = jose::sign_compact(as_bytes(claims), jose::make_header(crypto::Sig::eddsa), key).value();
  EXPECT_TRUE((*access)->admit("Bearer " + token, Role::manager, kNow).has_value());
  EXPECT_TRUE(fails(make(""), Errc::malformed, path));
  EXPECT_TRUE(fails(make(R"({"keys":[]})"), Errc::missing, path));
  EXPECT_TRUE(fails(make(std::string(70000, ' ')), Errc::limit, path));
  std::filesystem::remove(path);
  EXPECT_TRUE(fails(Access::make(settings("backend: bearer\njwks: /nowhere/jwks.json").value()), Errc::io, "/nowhere/jwks.json: cannot be read"));
  EXPECT_TRUE(fails(Access::make(settings("backend: keycloak\nca-cert: /nowhere/ca.pem").value()), Errc::io, "/nowhere/ca.pem"));
}

TEST(AccessSettings, WhatTheySay) {
  const auto good = settings("Backend: bearer\nHost: sso.example\nPort: 8443\nRealm: r\nissuer: [a, b]\naudience: assay\nleeway: 30\nroles-claim: scope\nca-cert: /ca.pem\nusers: {u: {password: \"$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga\", ROLES: manager}}");
  ASSERT_TRUE(ok(good));
  EXPECT_EQ(good->jwks, "https://sso.example:8443/realms/r/protocol/openid-connect/certs");
  EXPECT_EQ(settings("backend: keycloak\nhost: sso.example\nport: 443").value().rules.issuers, std::vector<std::string>{"https://sso.example/realms/veraison"});
  EXPECT_EQ(settings("backend: keycloak\nhost: \"[::1]\"").value().jwks, "https://[::1]:11111/realms/veraison/protocol/openid-connect/certs");
  EXPECT_EQ(good->rules.issuers, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(good->rules.audiences, std::vector<std::string>{"assay"});
  EXPECT_EQ(good->rules.leeway, 30);
  EXPECT_EQ(good->rules.roles_claim, "scope");
  EXPECT_EQ(good->users.at(0).roles, std::vector<std::string>{"manager"});
  EXPECT_EQ(settings("backend: bearer\njwks: https://i/keys").value().rules.issuers, std::vector<std::string>{});
  EXPECT_EQ(settings("backend: bearer\njwks: http://localhost:8000/keys").value().jwks, "http://localhost:8000/keys");
  EXPECT_EQ(settings("backend: bearer\njwks: http://i/keys\ninsecure: true").value().jwks, "http://i/keys");
}

TEST(AccessSettings, RefuseWhatTheyCannotMean) {
  const std::string hash = hash_password("x", kLeastCost).value();
  const auto user = [&](std::string_view name, std::string_view members) { return fmt::format("backend: basic\nusers:\n  {}: {{{}}}", name, members); };
  const std::string password = "password: \"" + hash + "\"";
  struct Row {
    std::string yaml;
    std::string_view part;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"- a", "auth: a array"},
           {"backend: ldap", "auth.backend: \"ldap\"; expected none, passthrough, basic, keycloak or bearer"},
           {"backend: [basic]", "auth.backend: a array"},
           {"backends: basic\nuser: {}", "unexpected directives: backends, user"},
           {"backend: none\nBACKEND: basic", "twice"},
           {"wrong-role: 402", "expected 401 or 403"},
           {"wrong-role: yes", "auth.wrong-role"},
           {"backend: basic", "auth.users: nobody"},
           {"backend: basic\nusers: []", "expected a map of users"},
           {"backend: basic\nusers: {}", "auth.users: nobody"},
           {user("u", "roles: manager"), "auth.users.u: no password"},
           {user("u", "password: secret, roles: manager"), "auth.users.u.password: 6 characters that are no such hash"},
           {user("u", "password: [a]"), "auth.users.u: no password"},
           {user("u", password + ", roles: admin"), "auth.users.u.roles: \"admin\"; expected provisioner or manager"},
           {user("u", password + ", roles: {manager: true}"), "auth.users.u.roles: a object"},
           {user("u", password + ", roles: [[manager]]"), "a array in the list"},
           {user("u", password + ", role: manager"), "auth.users.u: unexpected directives: role"},
           {user("\"a:b\"", password), "without colons"},
           {user("\"\"", password), "1 to 128 characters"},
           {user("\"a\\nb\"", password), "characters without colons"},
           {"backend: basic\nusers: {u: x}", "auth.users.u: a string; expected a map"},
           {"backend: bearer", "auth.jwks: nothing"},
           {"backend: bearer\njwks: http://i.example/keys", "plain http"},
           {"backend: bearer\njwks: http://localhost@i.example/keys", "plain http"},
           {"backend: bearer\njwks: http://localhost.example/keys", "plain http"},
           {"backend: bearer\njwks: http://localhost:1@i.example/", "plain http"},
           {"backend: bearer\njwks: https://", "auth.jwks"},
           {"backend: bearer\njwks: a\ninsecure: maybe", "auth.insecure"},
           {"backend: keycloak\nport: 0", "auth.port: \"0\"; expected a number from 1 to 65535"},
           {"backend: keycloak\nport: 65536", "auth.port"},
           {"backend: keycloak\nport: 443x", "auth.port"},
           {"backend: keycloak\nhost: a b", "auth.host"},
           {"backend: keycloak\nhost: \"evil/\"", "auth.host"},
           {"backend: keycloak\nhost: \"a:b:c\"", "auth.host"},
           {"backend: keycloak\nhost: me@evil", "auth.host"},
           {"backend: keycloak\nrealm: ../../x", "auth.realm"},
           {"backend: keycloak\nrealm: ..", "auth.realm"},
           {"backend: keycloak\nrealm: \"\"", "auth.realm"},
           {"leeway: 301", "expected a number from 0 to 300"},
           {"leeway: -1", "auth.leeway"},
           {"roles-claim: \"\"", "auth.roles-claim"},
           {"issuer: {a: b}", "auth.issuer: a object"},
       }) {
    const auto read = settings(row.yaml);
    EXPECT_TRUE(fails(read, Errc::config, row.part)) << row.yaml;
    EXPECT_TRUE(read || read.error().text().find("secret") == std::string::npos) << row.yaml;
  }
}

}  // namespace
}  // namespace assay::access
