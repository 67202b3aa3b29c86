// What `cocli corim submit` and `assay corim submit` share: who asks, with what, and what a file is called on the wire.
#pragma once

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

// The first line of a file, for passwords: nobody sees it in the list of processes.
Result<std::string> read_secret(const std::string& path);

// `application/rim+cose; profile="…"` and the like, by the file's own generation and profile. Fails with `missing` without a profile:
// verifiers choose the scheme by it.
Result<std::string> media_type_of(const endorsements::Opened& opened);

// Where `server` names a host alone, the path at which Veraison takes submissions.
Result<std::string> submit_url(std::string_view server);

// Names the flag that helps, --ca-cert or --timeout, where one does.
Error hinted(Error error);
template <class T>
Result<T> hinted(Result<T> result) {
  if (!result) return std::unexpected(hinted(std::move(result).error()));
  return result;
}

}  // namespace assay::sending
