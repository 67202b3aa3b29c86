// Who may do what, as the configuration says it: the section `auth` of Veraison's services, and ours beyond it.
//
//   backend: none | passthrough | basic | keycloak | bearer       (none)
//   wrong-role: 401 | 403                                         basic (403; the reference answers 401)
//   users: {NAME: {password: BCRYPT, roles: ROLE or [ROLE …]}}     basic
//   host, port, realm, ca-cert                                    keycloak (localhost, 11111, veraison)
//   jwks: FILE or URL                                             bearer; keycloak has its own
//   issuer: TEXT or [TEXT …]                                      (keycloak: the realm's URL; `*`: any)
//   audience: TEXT or [TEXT …]                                    (any)
//   roles-claim, tenant-claim                                     (realm_access.roles; everybody is tenant 0)
//   leeway: SECONDS                                               (0; at most 300)
//   insecure: true                                                keys by plain http from another machine
//
// Names are matched in any case, as the reference does; names of users exactly. What is for another backend is read and not used, so
// that one word switches.
#pragma once

#include "codec/json/json.h"
#include "services/access/token.h"
#include "services/access/users.h"

namespace assay::access {

inline constexpr std::string_view kRoleNames[] = {"provisioner", "manager"};

struct Settings {
  enum class Backend { none,
                       basic,
                       bearer };
  Backend backend = Backend::none;
  bool wrong_role_is_401 = false;
  std::vector<User> users = {};
  TokenRules rules = {};
  std::string jwks = {};     // file or URL
  std::string ca_cert = {};  // file, PEM: trusted for that URL besides the system's
};

// Fails with `config`: what nobody knows ("unexpected directives: …"), a hash that is no bcrypt, a role that does not exist, users that
// nobody can be, a URL that anybody on the way could answer. Nothing secret is in a message. Null is an empty section.
Result<Settings> read_settings(const json::Value& section);

bool is_url(std::string_view jwks);

}  // namespace assay::access
