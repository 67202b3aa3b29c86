#include "apps/serve/config.h"

#include <gmock/gmock.h>

#include "services/front/front.h"
#include "testing/testing.h"

namespace assay::serve {
namespace {

using testing::fails;
using testing::ok;

TEST(ServeConfig, ReadsItsOwnSettings) {
  const auto config = parse_config(R"(
listen:
  - 127.0.0.1:9000
  - address: "[::1]:9001"
    apis: [provisioning, management]
    tenant: acme
    cert: c.pem
    cert-key: k.pem
store: "memory:"
developer: ACME
rule: veraison-2025
insecure: yes
endorsements:
  ca-certs: [a.pem, b.pem]
  unsigned: true
auth:
  backend: basic
  users:
    jane: {password: "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", roles: provisioner}
logging:
  level: debug
  format: json
)",
                                   "config.yaml");
  ASSERT_TRUE(ok(config));
  ASSERT_EQ(config->listen.size(), 2U);
  EXPECT_EQ(config->listen[0].port, 9000);
  EXPECT_EQ(config->listen[0].interfaces, front::kAll);
  EXPECT_EQ(config->listen[1].address, "::1");
  EXPECT_EQ(config->listen[1].interfaces, front::kProvisioning | front::kManagement);
  EXPECT_EQ(config->listen[1].tenant, "acme");
  EXPECT_EQ(config->listen[1].cert_key, "k.pem");
  EXPECT_EQ(config->rule, appraise::Rule::veraison_2025);
  EXPECT_TRUE(config->insecure);
  EXPECT_TRUE(config->unsigned_corims);
  EXPECT_EQ(config->corim_cas, (std::vector<std::string>{"a.pem", "b.pem"}));
  EXPECT_TRUE(config->log_json);
  EXPECT_EQ(config->log_level, "debug");
}

TEST(ServeConfig, ReadsWhatVeraisonsServicesRead) {
  const auto config = parse_config(R"(
ear-signer:
  alg: ES256
  key: ../skey.jwk
plugin:
  backend: go-plugin
ta-store: {backend: sql}
provisioning:
  listen-addr: localhost:8888
  protocol: http
Verification:
  listen-addr: localhost:8080
  protocol: https
  cert: v.crt
  cert-key: v.key
management:
  protocol: http
vts:
  server-addr: 127.0.0.1:50051
logging:
  level: warning
  output-paths: [stdout]
)",
                                   "config.yaml");
  ASSERT_TRUE(ok(config));
  ASSERT_EQ(config->listen.size(), 3U);
  EXPECT_EQ(config->listen[0].interfaces, front::kVerification);
  EXPECT_EQ(config->listen[0].cert, "v.crt");
  EXPECT_EQ(config->listen[1].port, 8888);
  EXPECT_EQ(config->listen[2].port, 10443);
  EXPECT_EQ(config->ear_key, "../skey.jwk");
  EXPECT_THAT(config->passed_over, ::testing::UnorderedElementsAre("vts", "plugin", "ta-store", "logging.output-paths"));
}

TEST(ServeConfig, NamesWhatIsWrong) {
  struct Row {
    std::string_view text;
    std::string_view says;
  };
  for (const Row& row : {Row{"\nlisen: 1", "config.yaml:2: unexpected directives: lisen; expected listen, or another of docs/SERVICE.md"}, Row{"store: a\nlisten:\n- a", "config.yaml:3: listen[0]: \"a\""}, Row{"logging:\n  level: info\n  frob: 1", "config.yaml:3: logging: unexpected directives: frob; expected those of"}, Row{"listen: 127.0.0.1:99999", "127.0.0.1:99999"}, Row{"listen: {a: b}", "listen: object"}, Row{"listen: [{address: '8080', port: 1}]", "unexpected directives: port"},
                         Row{"listen: [{address: '8080', cert: x}]", "half of what TLS needs"}, Row{"listen: [{address: '8080', apis: [kbs]}]", "\"kbs\""}, Row{"listen: [{address: '8080', tenant: a/b}]", "name without slash"}, Row{"store: [a]", "store: array"},
                         Row{"insecure: maybe", "insecure: \"maybe\""}, Row{"rule: none", "rule: \"none\""}, Row{"ear-signer: {alg: HS256, key: k}", "ES256"}, Row{"ear-signer: k", "ear-signer: string"}, Row{"verification: {listen-addr: localhost:1}", "https without certificate"},
                         Row{"verification: {protocol: ftp}", "http or https"}, Row{"verification: {protocol: http, ports: 1}", "config.yaml:1: verification: unexpected directives: ports"}, Row{"logging: {level: loud}", "logging: level"}, Row{"- a", "array"}, Row{"a: b: c", "config.yaml"}}) {
    EXPECT_TRUE(fails(parse_config(row.text, "config.yaml"), row.text == "a: b: c" ? Errc::malformed : Errc::config, row.says)) << row.text;
  }
}

TEST(ServeConfig, PathsAreRelativeToTheFile) {
  auto config = parse_config(R"(
listen: [{address: '1', cert: c.pem, cert-key: /k.pem}]
store: s.sqlite
ear-signer: {key: keys/k.jwk}
endorsements: {ca-certs: ../ca.pem, keys: [a.jwk, /b.jwk]}
auth: {backend: bearer, jwks: keys.json, issuer: x}
)",
                             "config.yaml");
  ASSERT_TRUE(ok(config));
  resolve_paths(*config, "/etc/assay");
  EXPECT_EQ(config->listen[0].cert, "/etc/assay/c.pem");
  EXPECT_EQ(config->listen[0].cert_key, "/k.pem");
  EXPECT_EQ(config->store, "/etc/assay/s.sqlite");
  EXPECT_EQ(config->ear_key, "/etc/assay/keys/k.jwk");
  EXPECT_EQ(config->corim_cas, std::vector<std::string>{"/etc/assay/../ca.pem"});
  EXPECT_EQ(config->corim_keys, (std::vector<std::string>{"/etc/assay/a.jwk", "/b.jwk"}));
  EXPECT_EQ(config->auth.jwks, "/etc/assay/keys.json");
  EXPECT_EQ(config->auth.ca_cert, "");
}

TEST(ServeConfig, WhatIsNoPathStays) {
  struct Row {
    std::string store;
    std::string resolved;
  };
  for (const Row& row : {Row{"", ""}, Row{"memory:", "memory:"}, Row{"postgresql://h/d", "postgresql://h/d"}, Row{"mysql://x", "mysql://x"}, Row{"sqlite:s", "sqlite:d/s"}, Row{"sqlite:/s", "sqlite:/s"}, Row{"s", "d/s"}}) {
    Config config{.store = row.store};
    resolve_paths(config, "d");
    EXPECT_EQ(config.store, row.resolved);
  }
  for (const std::string key : {"", "pkcs11:token=t;object=o", "file:///k.pem"}) {
    Config config{.ear_key = key};
    config.auth.jwks = "https://issuer.example/certs";
    resolve_paths(config, "d");
    EXPECT_EQ(config.ear_key, key);
    EXPECT_EQ(config.auth.jwks, "https://issuer.example/certs");
  }
}

TEST(ServeConfig, Addresses) {
  EXPECT_EQ(parse_listen("8080")->address, "127.0.0.1");
  EXPECT_EQ(parse_listen("localhost:0")->address, "127.0.0.1");
  EXPECT_EQ(parse_listen(":80")->address, "0.0.0.0");
  EXPECT_EQ(parse_listen("[::]:80")->address, "::");
  for (const std::string_view wrong : {"", ":", "a:", "::1:80", "1.2.3.4:-1", "1.2.3.4:080808", "[::1:80"}) EXPECT_TRUE(fails(parse_listen(wrong), Errc::config, "ADDRESS:PORT")) << wrong;
}

TEST(ServeConfig, BeyondThisMachineOnlyWithTlsAndAuthentication) {
  const auto exposed = [](std::string_view text) {
    const auto config = parse_config(text, "c");
    EXPECT_TRUE(ok(config));
    return check_exposure(*config);
  };
  EXPECT_TRUE(ok(exposed("listen: [127.0.0.1:1, '[::1]:1', 127.8.8.8:1]")));
  EXPECT_TRUE(fails(exposed("listen: 0.0.0.0:8080"), Errc::config, "without TLS"));
  EXPECT_TRUE(fails(exposed("listen: [127.0.0.1:1, '[::]:8080']"), Errc::config, "[::]:8080"));
  EXPECT_TRUE(fails(exposed("listen: [{address: '0.0.0.0:1', cert: a, cert-key: b}]"), Errc::config, "anybody could provision"));
  EXPECT_TRUE(fails(exposed("listen: [{address: '0.0.0.0:1', cert: a, cert-key: b}]\nauth: {backend: passthrough}"), Errc::config, "anybody could provision"));
  EXPECT_TRUE(ok(exposed("listen: [{address: '0.0.0.0:1', cert: a, cert-key: b}]\nauth: {backend: basic, users: {jane: {password: \"$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW\", roles: provisioner}}}")));
  EXPECT_TRUE(ok(exposed("listen: [{address: '0.0.0.0:1', cert: a, cert-key: b, apis: [verification]}]")));
  EXPECT_TRUE(fails(exposed("listen: [{address: '0.0.0.0:1', apis: [verification]}]"), Errc::config, "without TLS"));
  EXPECT_TRUE(ok(exposed("listen: 0.0.0.0:8080\ninsecure: true")));
}

}  // namespace
}  // namespace assay::serve
