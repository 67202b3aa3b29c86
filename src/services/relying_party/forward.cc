#include "services/relying_party/forward.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace assay::relying_party {
namespace {

//= RFC9110#7.6.1: what belongs to one connection is not handed on
constexpr std::array<std::string_view, 11> kOfTheConnection{"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Expect"};
constexpr std::array<std::string_view, 3> kOfTheRequest{"Host", "Accept-Encoding", "X-Request-Id"};
constexpr std::array<std::string_view, 7> kOfTheAnswer{"Location", "Content-Location", "Alt-Svc", "Refresh", "Link", "Date", "X-Request-Id"};

bool is_among(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view one) { return iequals_ascii(one, name); });
}

// Names listed in Connection fields are of the connection, too.
bool is_listed(std::string_view name, const std::vector<net::Header>& headers) {
  for (const net::Header& header : headers) {
    if (!iequals_ascii(header.name, "Connection")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::string_view item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), item.size() + 1));
      if (iequals_ascii(trim_ascii(item), name)) return true;
    }
  }
  return false;
}

std::vector<net::Header> kept(const std::vector<net::Header>& headers, std::span<const std::string_view> but) {
  std::vector<net::Header> some;
  for (const net::Header& header : headers) {
    const bool is_plain = std::ranges::all_of(header.value, [](char c) { return c == '\t' || (c >= ' ' && c != '\x7f'); });
    if (is_plain && !header.value.empty() && !is_among(header.name, kOfTheConnection) && !is_among(header.name, but) && !is_listed(header.name, headers)) some.push_back(header);
  }
  return some;
}

std::optional<net::Request::Method> method_of(std::string_view name) {
  using enum net::Request::Method;
  for (const net::Request::Method one : {get, post, del}) {
    if (net::name(one) == name) return one;
  }
  return {};
}

}  // namespace

Result<net::Request> forwarded(const net::Incoming& request, std::string_view base, bool with_query) {
  const auto method = method_of(request.method);
  if (!method) return fail(Errc::unsupported, "", "the method {}", printable(request.method));
  net::Request onwards{.method = *method, .headers = kept(request.headers, kOfTheRequest), .body = request.body};
  onwards.url = fmt::format("{}{}{}{}", base, request.path, with_query && !request.query.empty() ? "?" : "", with_query ? request.query : "");
  onwards.headers.push_back({"X-Request-Id", request.id});
  return onwards;
}

net::Answer forwarded(net::Response response) {
  return {response.status, kept(response.headers, kOfTheAnswer), std::move(response.body)};
}

std::string status_line(int status) { return fmt::format("{} {}", status, net::reason_phrase(status)); }

}  // namespace assay::relying_party
