#include "services/access/access.h"

#include <algorithm>
#include <fstream>
#include <thread>

#include "base/limits.h"
#include "base/text.h"
#include "net/http_client.h"
#include "net/url.h"

namespace assay::access {
namespace {

constexpr std::string_view kBasicRealm = "Basic realm=veraison";
constexpr std::string_view kBearerRealm = "Bearer realm=\"veraison\"";

// What stands behind a scheme's name; nothing: another scheme, or none.
std::optional<std::string_view> credentials_of(std::optional<std::string_view> authorization, std::string_view scheme);
Result<Bytes> read_file(const std::string& path);
Result<Bytes> get(net::Http& http, const std::string& url);
bool has_role(const std::vector<std::string>& roles, Role role) { return std::ranges::find(roles, name(role)) != roles.end(); }
std::unexpected<Refusal> refuse(int status, std::string_view challenge, std::string_view detail, Error reason);
std::unexpected<Refusal> try_again(Error reason);
Error no_role(std::string_view who, Role role) { return {Errc::forbidden, "", fmt::format("{} is no {}", quoted(who), name(role)), {}, {}}; }

}  // namespace

std::string_view name(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

Access::Access(Settings settings) : settings_{std::move(settings)} {}
Access::~Access() = default;

Result<std::unique_ptr<Access>> Access::make(Settings settings, std::unique_ptr<net::Http> http) {
  std::unique_ptr<Access> access{new Access{std::move(settings)}};
  Settings& own = access->settings_;
  if (own.backend == Settings::Backend::basic) access->users_ = std::make_unique<Users>(std::exchange(own.users, {}), std::thread::hardware_concurrency() / 2);
  if (own.backend != Settings::Backend::bearer) return access;
  if (!is_url(own.jwks)) {
    // A file that cannot be read now will not be read later.
    const Bytes now = TRY(within(own.jwks, read_file(own.jwks)));
    TRY(within(own.jwks, parse_token_keys(as_text(now))));
    access->keys_ = std::make_unique<TokenKeys>([path = own.jwks] { return within(path, read_file(path)); });
    return access;
  }
  if (!http) {
    net::ClientOptions options;
    options.max_body = kMaxKeyFile;
    if (!own.ca_cert.empty()) options.certificates.push_back(TRY(within(own.ca_cert, read_file(own.ca_cert))));
    http = TRY(net::HttpClient::make(std::move(options)));
  }
  access->http_ = std::move(http);
  access->keys_ = std::make_unique<TokenKeys>([&client = *access->http_, url = own.jwks] { return within(net::shown_url(url), get(client, url)); });
  return access;
}

std::expected<Principal, Refusal> Access::admit(std::optional<std::string_view> authorization, Role role, UnixSeconds now) {
  switch (settings_.backend) {
    case Settings::Backend::none: break;
    case Settings::Backend::basic: return admit_user(authorization, role, now);
    case Settings::Backend::bearer: return admit_bearer(authorization, role, now);
  }
  return Principal{"anonymous"};
}

Access::Admission Access::admit_user(std::optional<std::string_view> authorization, Role role, UnixSeconds now) {
  // The spelling is the reference's.
  constexpr std::string_view kNone = "no Basic Authorizaiton given";
  const auto credentials = credentials_of(authorization, "Basic");
  if (!credentials) return refuse(401, kBasicRealm, kNone, {Errc::unauthenticated, "", "no Basic credentials", {}, {}});
  auto given = parse_basic(*credentials);
  if (!given) return refuse(401, kBasicRealm, kNone, {Errc::unauthenticated, "", "Basic credentials that are none", {}, {}});
  const auto user = users_->check(given->name, given->password, now);
  wipe(given->password);
  if (!user && user.error().errc == Errc::exhausted) return try_again(user.error());
  if (!user) return refuse(401, kBasicRealm, "wrong username or password", user.error());
  if (has_role((*user)->roles, role)) return Principal{(*user)->name};
  const bool as_reference = settings_.wrong_role_is_401;
  return refuse(as_reference ? 401 : 403, as_reference ? kBasicRealm : "", "API unauthorized for user", no_role((*user)->name, role));
}

//= RFC6750#3.1: which status, and which word with it
Access::Admission Access::admit_bearer(std::optional<std::string_view> authorization, Role role, UnixSeconds now) {
  const auto token = credentials_of(authorization, "Bearer");
  if (!token) return refuse(401, kBearerRealm, "", {Errc::unauthenticated, "", "no Bearer token", {}, {}});
  auto bearer = verify_token(*token, *keys_, settings_.rules, now);
  if (!bearer && bearer.error().errc == Errc::unavailable) return try_again(std::move(bearer).error());
  if (!bearer && bearer.error().errc != Errc::forbidden) return refuse(401, std::string{kBearerRealm} + ", error=\"invalid_token\"", "", std::move(bearer).error());
  if (bearer && has_role(bearer->roles, role)) return Principal{std::move(bearer->name), std::move(bearer->tenant)};
  return refuse(403, std::string{kBearerRealm} + ", error=\"insufficient_scope\"", "", bearer ? no_role(bearer->name, role) : std::move(bearer).error());
}

namespace {

//= RFC9110#11.4: a scheme's name in any case, then blanks
std::optional<std::string_view> credentials_of(std::optional<std::string_view> authorization, std::string_view scheme) {
  if (!authorization || authorization->size() <= scheme.size() || !iequals_ascii(authorization->substr(0, scheme.size()), scheme) || (*authorization)[scheme.size()] != ' ') return std::nullopt;
  std::string_view rest = authorization->substr(scheme.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  return rest.empty() ? std::nullopt : std::optional{rest};
}

Result<Bytes> read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::string text(kMaxKeyFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) return fail(Errc::io, "", "cannot be read");
  if (!in.eof()) return fail_expecting(Errc::limit, "", "a larger file", fmt::format("at most {} bytes", kMaxKeyFile));
  return to_bytes(std::string_view{text}.substr(0, static_cast<std::size_t>(in.gcount())));
}

Result<Bytes> get(net::Http& http, const std::string& url) {
  net::Response response = TRY(http.send({.url = url, .headers = {{"Accept", "application/json"}}}));
  if (response.status != 200) return fail(Errc::unavailable, "", "HTTP status {}", response.status);
  return std::move(response.body);
}

std::unexpected<Refusal> refuse(int status, std::string_view challenge, std::string_view detail, Error reason) {
  Refusal refusal{.status = status, .detail = std::string{detail}, .reason = std::move(reason)};
  if (!challenge.empty()) refusal.headers.push_back({"WWW-Authenticate", std::string{challenge}});
  return std::unexpected(std::move(refusal));
}

std::unexpected<Refusal> try_again(Error reason) {
  return std::unexpected(Refusal{.status = 503, .headers = {{"Retry-After", "1"}}, .reason = std::move(reason)});
}

}  // namespace
}  // namespace assay::access
