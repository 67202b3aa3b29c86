// Who may provision endorsements and manage policies: nobody is asked (`none`), a user with a password (`basic`), or the bearer of a
// provider's token (`bearer`, which Veraison calls keycloak). docs and section of the configuration: settings.h.
#pragma once

#include <expected>
#include <memory>

#include "net/http.h"
#include "services/access/settings.h"

namespace assay::access {

enum class Role { provisioner,
                  manager };
std::string_view name(Role role);

struct Principal {
  std::string name;  // safe to print; "anonymous" where nobody is asked
  std::string tenant{kDefaultTenant};
};

// Why not, as the reference's services say it: status, headers and the `detail` of a problem document; empty: no body at all. `reason` is
// for the log and not for the client; no password, hash or token is in it.
struct Refusal {
  int status = 401;
  std::vector<net::Header> headers = {};
  std::string detail = {};
  Error reason = {};
};

class Access {
 public:
  // `http` is for a JWK set by URL and used by one thread at a time; without it, one is made that trusts ca_cert, too. Fails with
  // `config`, or as reading ca_cert or a JWK set's file does; a provider that does not answer is no failure until a token comes.
  static Result<std::unique_ptr<Access>> make(Settings settings, std::unique_ptr<net::Http> http = nullptr);
  ~Access();

  // `authorization`: the header's value; nothing: there is none. Thread-safe, but may wait: a password takes its hash's time, an unknown
  // key a request to the provider.
  //
  //   basic   401 `no Basic Authorizaiton given` (no credentials), 401 `wrong username or password` (one or the other: which, is not
  //           told), both with WWW-Authenticate; 403 (or 401, if the settings want it) `API unauthorized for user`
  //   bearer  401 and 403 without a body
  //   both    503: too many passwords at once, or no keys to be had
  std::expected<Principal, Refusal> admit(std::optional<std::string_view> authorization, Role role, UnixSeconds now);

  // Anybody may do anything: to be kept to loopback.
  bool is_open() const { return settings_.backend == Settings::Backend::none; }

 private:
  using Admission = std::expected<Principal, Refusal>;
  explicit Access(Settings settings);
  Admission admit_user(std::optional<std::string_view> authorization, Role role, UnixSeconds now);
  Admission admit_bearer(std::optional<std::string_view> authorization, Role role, UnixSeconds now);

  Settings settings_;
  std::unique_ptr<Users> users_;
  std::unique_ptr<net::Http> http_;
  std::unique_ptr<TokenKeys> keys_;
};

}  // namespace assay::access
