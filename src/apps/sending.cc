#include "apps/sending.h"

#include "apps/files.h"
#include "base/text.h"
#include "net/url.h"

namespace assay::sending {

Result<std::unique_ptr<net::HttpClient>> client_for(const Peer& peer, std::size_t max_body) {
  constexpr std::size_t kMaxBundle = std::size_t{4} * 1024 * 1024;
  net::ClientOptions options{.insecure = peer.insecure, .max_body = max_body};
  for (const std::string& path : peer.certificate_files) options.certificates.push_back(TRY(files::read_file(path, kMaxBundle)));
  return net::HttpClient::make(std::move(options));
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

Result<std::string> submit_url(std::string_view server) {
  const std::string url = TRY(net::parse_url(server));
  const std::string path = TRY(net::url_path(url));
  return path.empty() || path == "/" ? net::with_path(url, provisioning::kSubmitPath) : Result<std::string>{url};
}

Error hinted(Error error) {
  if (error.errc == Errc::untrusted) error.expected += ", or --ca-cert FILE";
  if (error.errc == Errc::timeout && error.expected == provisioning::kAnEnd) error.expected += "; --timeout allows more";
  return error;
}

}  // namespace assay::sending
