// HTTP as a client sees it: one request, one answer. `HttpClient` (http_client.h) speaks it over the network; tests hand in their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

namespace assay::net {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  enum class Method { get,
                      post,
                      put,
                      del };
  Method method = Method::get;
  std::string url;  // absolute, http or https
  std::vector<Header> headers = {};
  Bytes body = {};  // of post and put
};
std::string_view name(Request::Method method);  // "POST"

struct Response {
  int status = 0;
  std::string url;  // that answered, after redirections
  std::vector<Header> headers;
  Bytes body;

  // The first of that name, whatever its case; nothing: there is none.
  std::optional<std::string_view> header(std::string_view name) const;
};

class Http {
 public:
  virtual ~Http() = default;
  // Any answer is a success, whatever its status. Fails with `unavailable` (no connection), `timeout`, `untrusted` (TLS), `limit`
  // (too large an answer), `usage` (a URL that is none).
  virtual Result<Response> send(const Request& request) = 0;
};

// What an answer that is not a success says of itself, for a person: the members of its problem document (RFC 9457), or the beginning
// of its text. Empty where it says nothing.
std::string problem_text(const Response& response);
// "400 Bad Request", and behind that ": " and the detail of its problem document, where there is one.
std::string status_text(const Response& response);
// "Tue, 24 Nov 2026 16:58:48 GMT" (RFC 9110 §5.6.7), for headers.
std::string http_date(UnixSeconds time);

}  // namespace assay::net
