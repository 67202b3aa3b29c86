#include "net/http_client.h"

#include <curl/curl.h>

#include <array>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "net/url.h"

namespace assay::net {

struct HttpClient::Handle {
  CURL* curl = nullptr;
  std::string trusted;  // certificates in PEM; empty: the system's as libcurl finds them

  Handle() : curl{curl_easy_init()} {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { curl_easy_cleanup(curl); }
};

namespace {

constexpr std::size_t kMaxHeaders = 64UL * 1024;
constexpr long kMaxRedirections = 10;

// What the callbacks fill.
struct Incoming {
  Response response;
  std::size_t header_bytes = 0;
  std::size_t max_body = 0;
  bool too_large = false;
};

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

Result<std::string> trusted_certificates(const std::vector<Bytes>& more);
Result<List> header_lines(const Request& request);
void set_request(CURL* curl, const Request& request, curl_slist* headers);
void set_security(CURL* curl, const ClientOptions& options, const std::string& trusted, bool is_https);
std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user);
std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user);
Error failure(CURLcode code, const Request& request, const char* detail, const Incoming& incoming);

// An option the library does not know is our bug.
template <class T>
void set(CURL* curl, CURLoption option, T value) {
  ASSAY_CHECK(curl_easy_setopt(curl, option, value) == CURLE_OK);
}

}  // namespace

HttpClient::HttpClient(ClientOptions options, std::unique_ptr<Handle> handle) : options_{std::move(options)}, handle_{std::move(handle)} {}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpClient>> HttpClient::make(ClientOptions options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto handle = std::make_unique<Handle>();
  if (ready != CURLE_OK || handle->curl == nullptr) return fail(Errc::internal, "libcurl", "does not start");
  handle->trusted = TRY(trusted_certificates(options.certificates));
  return std::unique_ptr<HttpClient>{new HttpClient{std::move(options), std::move(handle)}};
}

Result<Response> HttpClient::send(const Request& request) {
  Request whole = request;
  whole.url = TRY(parse_url(request.url));
  const List headers = TRY(header_lines(whole));
  CURL* curl = handle_->curl;
  curl_easy_reset(curl);
  Incoming incoming{.max_body = options_.max_body};
  std::array<char, CURL_ERROR_SIZE> detail{};
  set_request(curl, whole, headers.get());
  set_security(curl, options_, handle_->trusted, whole.url.starts_with("https:"));
  set(curl, CURLOPT_FOLLOWLOCATION, options_.follow ? 1L : 0L);
  set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  set(curl, CURLOPT_ERRORBUFFER, detail.data());
  set(curl, CURLOPT_HEADERFUNCTION, &take_header);
  set(curl, CURLOPT_HEADERDATA, &incoming);
  set(curl, CURLOPT_WRITEFUNCTION, &take_body);
  set(curl, CURLOPT_WRITEDATA, &incoming);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return std::unexpected(failure(code, whole, detail.data(), incoming));
  long status = 0;
  const char* last = nullptr;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &last);
  incoming.response.status = static_cast<int>(status);
  incoming.response.url = last != nullptr ? last : whole.url;
  return std::move(incoming.response);
}

namespace {

// A blob takes the place of the system's file, so that the file is part of it.
Result<std::string> trusted_certificates(const std::vector<Bytes>& more) {
  if (more.empty()) return std::string{};
  std::string all;
  if (const char* system = curl_version_info(CURLVERSION_NOW)->cainfo; system != nullptr) {
    std::ifstream in{system, std::ios::binary};
    all.assign(std::istreambuf_iterator<char>{in}, {});
  }
  for (const Bytes& one : more) {
    if (as_text(one).find("-----BEGIN CERTIFICATE-----") == std::string_view::npos) return fail_expecting(Errc::config, "certificates to trust", "no certificate in PEM", "-----BEGIN CERTIFICATE-----");
    all += '\n';
    all += as_text(one);
  }
  return all;
}

// `Expect: 100-continue` is left out: it costs a second with servers that do not know it.
Result<List> header_lines(const Request& request) {
  List lines{curl_slist_append(nullptr, "Expect:")};
  for (const Header& header : request.headers) {
    const auto breaks = [](std::string_view text) { return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos; };
    if (breaks(header.name) || breaks(header.value)) return fail_expecting(Errc::usage, "header " + printable(header.name), "a line break", "one line");
    const std::string line = header.name + ": " + header.value;
    curl_slist* longer = curl_slist_append(lines.get(), line.c_str());
    ASSAY_CHECK(longer != nullptr);
    static_cast<void>(lines.release());
    lines.reset(longer);
  }
  return lines;
}

void set_request(CURL* curl, const Request& request, curl_slist* headers) {
  set(curl, CURLOPT_URL, request.url.c_str());
  set(curl, CURLOPT_HTTPHEADER, headers);
  set(curl, CURLOPT_USERAGENT, "assay");
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_MAXREDIRS, kMaxRedirections);
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  const bool has_body = request.method == Request::Method::post || request.method == Request::Method::put;
  if (has_body) {
    set(curl, CURLOPT_POST, 1L);
    set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(curl, CURLOPT_POSTFIELDS, request.body.empty() ? "" : static_cast<const void*>(request.body.data()));
  }
  // Not for POST: a redirection must be able to turn that into GET.
  if (request.method == Request::Method::put || request.method == Request::Method::del) set(curl, CURLOPT_CUSTOMREQUEST, name(request.method).data());
}

void set_security(CURL* curl, const ClientOptions& options, const std::string& trusted, bool is_https) {
  set(curl, CURLOPT_REDIR_PROTOCOLS_STR, is_https ? "https" : "http,https");
  set(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (options.insecure) {
    set(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    set(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (trusted.empty()) return;
  curl_blob blob{const_cast<char*>(trusted.data()), trusted.size(), CURL_BLOB_NOCOPY};
  set(curl, CURLOPT_CAINFO_BLOB, &blob);
}

// Each redirection begins a new set of headers.
std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user) {
  Incoming& incoming = *static_cast<Incoming*>(user);
  const std::size_t length = size * count;
  const std::string_view line{data, length};
  incoming.header_bytes += length;
  incoming.too_large = incoming.header_bytes > kMaxHeaders;
  if (incoming.too_large) return 0;
  if (line.starts_with("HTTP/")) incoming.response.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos && colon != 0) incoming.response.headers.push_back({std::string{line.substr(0, colon)}, std::string{trim_ascii(line.substr(colon + 1))}});
  return length;
}

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  Incoming& incoming = *static_cast<Incoming*>(user);
  const std::size_t length = size * count;
  incoming.too_large = incoming.response.body.size() + length > incoming.max_body;
  if (incoming.too_large) return 0;
  append(incoming.response.body, as_bytes({data, length}));
  return length;
}

Error failure(CURLcode code, const Request& request, const char* detail, const Incoming& incoming) {
  const std::string where = fmt::format("{} {}", name(request.method), shown_url(request.url));
  if (incoming.too_large) return {Errc::limit, where, "the answer is too large", fmt::format("at most {} bytes of headers and {} of content", kMaxHeaders, incoming.max_body), {}};
  const std::string what = printable(*detail != '\0' ? detail : curl_easy_strerror(code));
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return {Errc::timeout, where, what, {}, {}};
    case CURLE_PEER_FAILED_VERIFICATION: return {Errc::untrusted, where, what, "a certificate of somebody who is trusted", {}};
    default: return {Errc::unavailable, where, what, {}, {}};
  }
}

}  // namespace
}  // namespace assay::net
