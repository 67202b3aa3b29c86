#include "apps/evcli/verify_as.h"

#include <charconv>
#include <ostream>

#include "apps/files.h"
#include "apps/settings.h"
#include "base/text.h"
#include "net/url.h"

namespace assay::evcli {

using goflags::Context;
using goflags::Flag;
using settings::Settings;

namespace {

Result<std::uint64_t> number(const Settings& settings, std::string_view name);
std::string bad_port(std::string_view url);

}  // namespace

std::vector<Flag> service_flags(std::vector<Flag> more) {
  more.push_back({.long_name = "api-server", .short_name = 's', .help = "`URL` that makes sessions: https://HOST:PORT/challenge-response/v1/newSession"});
  more.push_back({.long_name = "insecure", .short_name = 'i', .kind = Flag::boolean, .help = "do not verify who the server is"});
  more.push_back({.long_name = "ca-cert", .short_name = 'E', .kind = Flag::list, .help = "PEM `file` to trust besides the system's; may be repeated"});
  more.push_back({.long_name = "raw", .kind = Flag::boolean, .help = "print the result without the quotes of a JSON string"});
  more.push_back({.long_name = "timeout", .kind = Flag::uint, .default_value = "150", .help = "`seconds` to wait for a result that comes later"});
  return more;
}

Result<Service> service_of(const Context& context) {
  const Settings settings = TRY(Settings::load("evcli", context.text("config"), ""));
  Service service;
  service.api_server = context.was_set("api-server") ? context.text("api-server") : TRY(settings.text("api_server"));
  if (service.api_server.empty()) return fail_with(Errc::config, "API server URL is not configured");
  service.nonce_size = TRY(number(settings, "nonce_size"));
  service.peer.certificate_files = context.was_set("ca-cert") ? context.list("ca-cert") : TRY(settings.list("ca_cert"));
  service.peer.insecure = context.was_set("insecure") ? context.flag("insecure") : TRY(settings.flag("insecure"));
  return service;
}

Result<std::string> session_uri(const std::string& api_server) {
  if (api_server.find("://") == std::string::npos) return fail_with(Errc::usage, "the supplied session URI is not in absolute form");
  const auto url = net::parse_url(api_server);
  if (url) return *url;
  const std::string port = bad_port(api_server);
  const std::string why = port.empty() ? url.error().what + ", expected " + url.error().expected : fmt::format("invalid port {} after host", files::go_quote(port));
  return fail_with(Errc::usage, fmt::format("malformed session URI: parse {}: {}", files::go_quote(api_server), why));
}

Result<void> exchange(Context& context, const Service& service, challenge::Exchange exchange) {
  constexpr std::uint64_t kLongest = 24UL * 3600;
  exchange.patience = std::chrono::seconds{std::min(context.uint("timeout"), kLongest)};
  const auto client = TRY(with_prefix("could not read cert: ", sending::client_for(service.peer, challenge::kMaxSession)));
  const auto outcome = TRY(sending::hinted(challenge::run(exchange, *client, net::real_pace())));
  for (const std::string& warning : outcome.warnings) context.err << warning << '\n';
  context.out << (context.flag("raw") ? outcome.result : json::print(json::Value{outcome.result})) << '\n';
  return {};
}

challenge::EvidenceBuilder as_it_is(std::string_view media_type, Bytes token) {
  return [media_type, token = std::move(token)](ByteView, const std::vector<std::string>& accept) -> Result<challenge::Evidence> {
    std::string type = TRY(challenge::need_accepted(accept, media_type));
    return challenge::Evidence{std::move(type), token};
  };
}

namespace {

Result<std::uint64_t> number(const Settings& settings, std::string_view name) {
  const std::string text = TRY(settings.text(name));
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = failure == std::errc{} && end == text.data() + text.size();
  if (!text.empty() && !whole) return fail_expecting(Errc::config, name, assay::quoted(text), "a number");
  return value;
}

// ":son" of http://vera:son, as Go names it; empty where the port is not the fault.
std::string bad_port(std::string_view url) {
  std::string_view host = url.substr(url.find("://") + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  host.remove_prefix(host.find('@') == std::string_view::npos ? 0 : host.find('@') + 1);
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.ends_with(']')) return {};
  const std::string_view port = host.substr(colon);
  return port.find_first_not_of("0123456789", 1) == std::string_view::npos ? std::string{} : std::string{port};
}

}  // namespace
}  // namespace assay::evcli
