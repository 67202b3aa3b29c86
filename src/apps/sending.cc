#include "apps/sending.h"

#include <cstdlib>

#include "apps/files.h"
#include "base/text.h"
#include "net/url.h"

namespace assay::sending {
namespace {

Result<std::string> secret(const std::optional<std::string>& file, const char* variable);
Result<net::Credentials> credentials_of(const ServerOptions& options);
Result<void> check_used(const ServerOptions& options, net::Credentials::Method method);

}  // namespace

Result<std::unique_ptr<net::HttpClient>> client_for(const Peer& peer, std::size_t max_body) {
  constexpr std::size_t kMaxBundle = std::size_t{4} * 1024 * 1024;
  net::ClientOptions options{.insecure = peer.insecure, .max_body = max_body};
  for (const std::string& path : peer.certificate_files) options.certificates.push_back(TRY(files::read_file(path, kMaxBundle)));
  return net::HttpClient::make(std::move(options));
}

Result<net::Credentials> credentials_from(const Lookup& setting) {
  net::Credentials credentials;
  const std::string word = TRY(setting("auth"));
  credentials.method = TRY(net::parse_method(word.empty() ? "none" : word));
  credentials.username = TRY(setting("username"));
  credentials.password = TRY(setting("password"));
  credentials.client_id = TRY(setting("client_id"));
  credentials.client_secret = TRY(setting("client_secret"));
  credentials.token_url = TRY(setting("token_url"));
  TRY(net::check(credentials));
  return credentials;
}

Result<Peer> peer_of(const ServerOptions& options) {
  net::Credentials credentials = TRY(credentials_of(options));
  return Peer{.credentials = std::move(credentials), .certificate_files = options.certificates, .insecure = options.insecure};
}

Result<Connection> connect(const Peer& peer, std::size_t max_body) {
  auto client = TRY(within("--ca-cert", client_for(peer, max_body)));
  auto authorization = TRY(hinted(net::authorization(peer.credentials, *client)));
  return Connection{std::move(client), std::move(authorization)};
}

Result<std::string> read_secret(const std::string& path) {
  std::string text = TRY(files::read_text(path, kMaxKeyFile));
  std::string secret{text.substr(0, text.find_first_of("\r\n"))};
  wipe(text);
  if (secret.empty()) return fail_expecting(Errc::config, printable(path), "an empty first line", "a password");
  return secret;
}

Result<std::string> media_type_of(const endorsements::Opened& opened) {
  if (!opened.corim.profile) return fail_expecting(Errc::missing, "profile", "a CoRIM without one", "a profile, by which a verifier chooses the scheme, or --media-type");
  const bool bare = opened.corim.generation == corim::Generation::a;
  const std::string_view type = opened.envelope ? "application/rim+cose" : bare ? "application/corim-unsigned+cbor"
                                                                                : "application/rim+cbor";
  return fmt::format("{}; profile=\"{}\"", type, corim::to_text(*opened.corim.profile));
}

Result<std::string> url_at(std::string_view server, std::string_view path) {
  const std::string url = TRY(net::parse_url(server));
  const std::string own = TRY(net::url_path(url));
  return own.empty() || own == "/" ? net::with_path(url, path) : Result<std::string>{url};
}

Error hinted(Error error, const Flags& flags) {
  if (error.errc == Errc::untrusted) error.expected += ", or --ca-cert FILE";
  if (error.errc == Errc::timeout && error.expected == provisioning::kAnEnd) error.expected += "; --timeout allows more";
  if (!error.expected.empty()) return error;
  const auto said = [&](std::string_view status) { return error.what.starts_with(status) || error.what.find(fmt::format(" {}", status)) != std::string::npos; };
  const bool says_nothing = error.what.ends_with("404 page not found") || error.what.ends_with("404 Not Found") || error.what.ends_with("code 404");
  if (error.errc == Errc::forbidden && said("401")) error.expected = flags.credentials;
  else if (error.errc == Errc::forbidden && said("403") && !flags.credentials.empty()) error.expected = "somebody with the role that this needs (provisioner: endorsements; manager: policies and stores)";
  else if (error.errc == Errc::not_found && says_nothing) error.expected = flags.server;
  else if (error.errc == Errc::unsupported && said("415")) error.expected = flags.media_type;
  return error;
}

namespace {

Result<std::string> secret(const std::optional<std::string>& file, const char* variable) {
  if (file) return read_secret(*file);
  const char* value = std::getenv(variable);
  return std::string{value != nullptr ? value : ""};
}

Result<net::Credentials> credentials_of(const ServerOptions& options) {
  net::Credentials credentials{.method = TRY(within("--auth", net::parse_method(options.method)))};
  TRY(check_used(options, credentials.method));
  if (credentials.method == net::Credentials::Method::none) return credentials;
  credentials.username = options.username;
  credentials.password = TRY(secret(options.password_file, "ASSAY_PASSWORD"));
  if (credentials.username.empty()) return fail_expecting(Errc::usage, "--auth " + options.method, "no user", "--user NAME");
  if (credentials.password.empty()) return fail_expecting(Errc::usage, "--auth " + options.method, "no password", "--password-file FILE, or the environment's ASSAY_PASSWORD");
  if (credentials.method == net::Credentials::Method::basic) return credentials;
  credentials.client_id = options.client_id;
  credentials.client_secret = TRY(secret(options.client_secret_file, "ASSAY_CLIENT_SECRET"));
  credentials.token_url = options.token_url;
  if (credentials.client_id.empty()) return fail_expecting(Errc::usage, "--auth oauth2", "no client", "--client-id ID");
  if (credentials.client_secret.empty()) return fail_expecting(Errc::usage, "--auth oauth2", "no client secret", "--client-secret-file FILE, or the environment's ASSAY_CLIENT_SECRET");
  if (credentials.token_url.empty()) return fail_expecting(Errc::usage, "--auth oauth2", "no authorisation server", "--token-url URL");
  return credentials;
}

// An option for who we are that the method has no use for: without it we would be nobody to the server, in silence.
Result<void> check_used(const ServerOptions& options, net::Credentials::Method method) {
  using enum net::Credentials::Method;
  struct Given {
    const char* flag;
    bool is_given;
    bool is_used;
    const char* uses;
  };
  const bool user = method != none, client = method == oauth2;
  constexpr const char *kUser = "--auth basic or oauth2", *kClient = "--auth oauth2";
  for (const Given& given : {Given{"--user", !options.username.empty(), user, kUser}, Given{"--password-file", options.password_file.has_value(), user, kUser}, Given{"--client-id", !options.client_id.empty(), client, kClient},
                             Given{"--client-secret-file", options.client_secret_file.has_value(), client, kClient}, Given{"--token-url", !options.token_url.empty(), client, kClient}}) {
    if (given.is_given && !given.is_used) return fail_expecting(Errc::usage, given.flag, fmt::format("--auth {} does not use it", options.method), given.uses);
  }
  return {};
}

}  // namespace

}  // namespace assay::sending
