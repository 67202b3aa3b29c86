// The client over the network, on libcurl. Waits for its answer; one thread at a time for each object.
//
// Redirections are followed as browsers do (301-303 turn a POST into a GET, 307 and 308 repeat it), never from https to http; the
// Authorization header goes to no other origin. Proxies are taken from the environment (http_proxy, https_proxy, no_proxy). Answers are
// not decompressed.
#pragma once

#include <chrono>
#include <memory>

#include "net/http.h"

namespace assay::net {

struct ClientOptions {
  std::chrono::milliseconds timeout{5000};  // of one request, redirections included
  std::vector<Bytes> certificates = {};     // PEM, trusted besides the system's
  bool insecure = false;                    // TLS without looking at who it is
  std::size_t max_body = std::size_t{16} * 1024 * 1024;
  bool follow = true;  // redirections; else they are the answer
};

class HttpClient : public Http {
 public:
  // Fails with `config` where a certificate is not PEM.
  static Result<std::unique_ptr<HttpClient>> make(ClientOptions options);
  ~HttpClient() override;
  Result<Response> send(const Request& request) override;

 private:
  struct Handle;
  HttpClient(ClientOptions options, std::unique_ptr<Handle> handle);
  ClientOptions options_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace assay::net
