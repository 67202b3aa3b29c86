// What commands that talk to a service share: who asks, with what, and what a file is called on the wire.
#pragma once

#include <functional>
#include <memory>

#include "apps/endorsements.h"
#include "net/authorization.h"
#include "net/http_client.h"
#include "services/provisioning/submission.h"

namespace assay::sending {

struct Peer {
  net::Credentials credentials;
  std::vector<std::string> certificate_files;  // PEM, trusted besides the system's
  bool insecure = false;
};
// Fails, where a certificate cannot be read, with the error of files::read_file.
Result<std::unique_ptr<net::HttpClient>> client_for(const Peer& peer, std::size_t max_body = net::ClientOptions{}.max_body);

// Who asks, by the settings of a tool: auth, username, password, client_id, client_secret, token_url.
using Lookup = std::function<Result<std::string>(std::string_view name)>;
Result<net::Credentials> credentials_from(const Lookup& setting);

// The flags of native commands (native_server.h declares them).
struct ServerOptions {
  std::string server;
  std::string method = "none";
  std::string username;
  std::optional<std::string> password_file;  // none: $ASSAY_PASSWORD
  std::string client_id;
  std::optional<std::string> client_secret_file;  // none: $ASSAY_CLIENT_SECRET
  std::string token_url;
  std::vector<std::string> certificates;
  bool insecure = false;
};
Result<Peer> peer_of(const ServerOptions& options);

// The client, and what it says of us: for oauth2 the authorisation server was asked.
struct Connection {
  std::unique_ptr<net::HttpClient> http;
  std::optional<std::string> authorization;
};
Result<Connection> connect(const Peer& peer, std::size_t max_body = net::ClientOptions{}.max_body);

// The first line of a file, for passwords: nobody sees it in the list of processes.
Result<std::string> read_secret(const std::string& path);

// `application/rim+cose; profile="…"` and the like, by the file's own generation and profile. Fails with `missing` without a profile:
// verifiers choose the scheme by it.
Result<std::string> media_type_of(const endorsements::Opened& opened);

// Where `server` names a host alone, `path` there.
Result<std::string> url_at(std::string_view server, std::string_view path);

// What to look at when a service refuses, by the names that a command's flags have; empty: nothing is said.
struct Flags {
  std::string_view server;
  std::string_view credentials;
  std::string_view media_type;
};
inline constexpr Flags kNativeFlags{
    .server = "--server: scheme, host and port of this interface (Veraison's services have a port for each), or its whole URL",
    .credentials = "--auth basic or oauth2, with --user and --password-file",
    .media_type = "--media-type with one that GET /.well-known/veraison/verification or …/provisioning lists",
};

// Says what to look at next, where the error does not say it: the flag that helps (--ca-cert, --timeout), and what a 401, 403, 404 or 415
// may come from. A 404 that has a reason of its own, as "no policy found", stays as it is.
Error hinted(Error error, const Flags& flags = {});
template <class T>
Result<T> hinted(Result<T> result, const Flags& flags = {}) {
  if (!result) return std::unexpected(hinted(std::move(result).error(), flags));
  return result;
}

}  // namespace assay::sending
