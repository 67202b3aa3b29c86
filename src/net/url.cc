#include "net/url.h"

#include <curl/curl.h>

#include <memory>

#include "base/text.h"

namespace assay::net {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

Result<Url> parsed(std::string_view text);
std::string part(const Url& url, CURLUPart which, unsigned flags = 0);
std::string whole(const Url& url) { return part(url, CURLUPART_URL); }

}  // namespace

Result<std::string> parse_url(std::string_view text) {
  const Url url = TRY(parsed(text));
  return whole(url);
}

Result<std::string> resolve_url(std::string_view base, std::string_view reference) {
  const Url url = TRY(parsed(base));
  const std::string text{reference};
  const bool fits = text.find('\0') == std::string::npos && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  if (!fits) return fail_expecting(Errc::malformed, "URL", quoted(reference), "a URL, or a path below the one that was asked");
  return parse_url(whole(url));
}

Result<std::string> url_path(std::string_view text) {
  const Url url = TRY(parsed(text));
  return part(url, CURLUPART_PATH);
}

Result<std::string> with_path(std::string_view text, std::string_view path) {
  const Url url = TRY(parsed(text));
  ASSAY_CHECK(curl_url_set(url.get(), CURLUPART_PATH, std::string{path}.c_str(), 0) == CURLUE_OK);
  return whole(url);
}

bool same_origin(std::string_view a, std::string_view b) {
  const auto one = parsed(a);
  const auto other = parsed(b);
  if (!one || !other) return false;
  const auto same = [&](CURLUPart which) { return iequals_ascii(part(*one, which, CURLU_DEFAULT_PORT), part(*other, which, CURLU_DEFAULT_PORT)); };
  return same(CURLUPART_SCHEME) && same(CURLUPART_HOST) && same(CURLUPART_PORT);
}

std::string shown_url(std::string_view text) {
  const auto url = parsed(text);
  if (!url) return printable(text);
  for (const CURLUPart secret : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) curl_url_set(url->get(), secret, nullptr, 0);
  return printable(whole(*url));
}

std::string form_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) escaped += c;
    else if (c == ' ') escaped += '+';
    else escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

namespace {

Result<Url> parsed(std::string_view text) {
  constexpr std::string_view kExpected = "an absolute URL: https://verifier.example:8888/…";
  constexpr std::size_t kMaxUrl = 8192;
  if (text.size() > kMaxUrl) return fail_expecting(Errc::limit, "URL", fmt::format("{} characters", text.size()), fmt::format("at most {}", kMaxUrl));
  Url url{curl_url()};
  ASSAY_CHECK(url != nullptr);
  const std::string owned{text};
  const bool whole_text = owned.find('\0') == std::string::npos && curl_url_set(url.get(), CURLUPART_URL, owned.c_str(), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
  if (!whole_text) return fail_expecting(Errc::usage, "URL", quoted(text), kExpected);
  const std::string scheme = part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return fail_expecting(Errc::usage, "URL", "scheme " + quoted(scheme), "http or https");
  if (part(url, CURLUPART_HOST).empty()) return fail_expecting(Errc::usage, "URL", quoted(text), kExpected);
  return url;
}

std::string part(const Url& url, CURLUPart which, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string copy{text};
  curl_free(text);
  return copy;
}

}  // namespace
}  // namespace assay::net
