#include "apps/relying_party/relying_party_cli.h"

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>

#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/native_cli.h"
#include "apps/serve/config.h"
#include "net/http_client.h"
#include "net/url.h"
#include "services/challenge/challenge_client.h"
#include "services/discovery/discovery_client.h"
#include "services/relying_party/relying_party.h"

namespace assay {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  # Between attesters and `assay serve` on this machine: http://127.0.0.1:8087, with the key that the verifier publishes\n"
    "  assay relying-party\n"
    "\n"
    "  # With the key of results in a file, as the OP-TEE guide has it\n"
    "  assay relying-party --verifier http://verification-service:8080 --key pkey.json --listen :8087 --insecure\n"
    "\n"
    "  # An attester to go with it\n"
    "  assay attest --simulate optee --measurement 31b805aa34f8… --relying-party http://127.0.0.1:8087\n"
    "\n"
    "Standard output has its address; the log, with a report of each result, goes to standard error. It ends with the requests that have\n"
    "begun when it is told to (SIGTERM, Ctrl-C). docs/SERVICE.md says what it hands on and what it refuses.\n";

constexpr std::size_t kWorkers = 32;  // they wait for the verifier, mostly

struct Options {
  std::string listen = "127.0.0.1:8087";
  std::string verifier;
  std::string key;
  std::vector<std::string> ca_certs;
  std::string cert;
  std::string cert_key;
  unsigned timeout = 10;
  bool insecure = false;
};

// Messages as Go's log package writes them: the time, then the text.
class Log {
 public:
  explicit Log(std::ostream& out) : out_{out} {}
  void write(std::string_view message);

 private:
  std::ostream& out_;
  std::mutex mutex_;
};

int serve_until_told(const Options& options, std::ostream& out, std::ostream& err);
Result<std::unique_ptr<relying_party::RelyingParty>> party_of(const Options& options, Log& log);
Result<std::string> verifier_url(const Options& options);
Result<net::ServerOptions> listeners_of(const Options& options);
Result<std::vector<relying_party::ResultKey>> keys_in(const std::string& path);
Result<std::vector<relying_party::ResultKey>> published_keys(const std::string& verifier, net::Http& http);
bool is_this_machine(std::string_view url);

}  // namespace

int run_relying_party(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Options options;
  if (const char* url = std::getenv("VERIFICATION_SERVICE_URL"); url != nullptr) options.verifier = url;
  if (options.verifier.empty()) options.verifier = "http://127.0.0.1:8080";
  CLI::App app{"Stands between attesters and a verifier: hands everything on, verifies results on their way back, and reports them.", "assay relying-party"};
  app.footer(kExamples);
  app.add_option("--listen", options.listen, "where attesters come; port 0 is any")->type_name("ADDRESS:PORT")->capture_default_str();
  app.add_option("--verifier", options.verifier, "the verifier (default: the environment's VERIFICATION_SERVICE_URL)")->type_name("URL")->capture_default_str();
  native::add_file(app, "--key", options.key, "public key of results (JWK, JWK set, PEM); without it the one that the verifier publishes");
  native::add_repeatable(app, "--ca-cert", options.ca_certs, "certificates (PEM) to trust for the verifier, besides the system's; may be repeated");
  app.add_option("--timeout", options.timeout, "seconds that the verifier may take for an answer")->check(CLI::Range(1U, 600U))->capture_default_str();
  native::add_file(app, "--cert", options.cert, "listen with TLS: the chain (PEM), the own certificate first");
  native::add_file(app, "--cert-key", options.cert_key, "and its private key (PEM)");
  app.add_flag("--insecure", options.insecure, "also beyond this machine without TLS, and with a key that came over such a connection");
  return native::run(app, args, out, err, [&] { return serve_until_told(options, out, err); });
}

namespace {

int serve_until_told(const Options& options, std::ostream& out, std::ostream& err) {
  // Before any thread begins, so that all of them leave these to sigwait.
  sigset_t told;
  ::sigemptyset(&told);
  for (const int signal : {SIGTERM, SIGINT}) ::sigaddset(&told, signal);
  ::pthread_sigmask(SIG_BLOCK, &told, nullptr);
  Log log{err};
  auto listen = listeners_of(options);
  if (!listen) return native::report_error(listen.error(), err);
  const auto party = party_of(options, log);
  if (!party) return native::report_error(party.error(), err);
  log.write("Relying party is starting...");
  if (const auto keys = (*party)->fetch_keys(); !keys) log.write("Warning: no key for results yet: " + keys.error().text());
  const auto server = net::Server::start(std::move(*listen), [&](const net::Incoming& request) { return (*party)->answer(request); });
  if (!server) return native::report_error(server.error(), err);
  serve::Listen bound = *serve::parse_listen(options.listen);
  bound.port = (*server)->ports().front();
  out << fmt::format("{}://{} relying-party\n", options.cert.empty() ? "http" : "https", serve::endpoint(bound)) << std::flush;
  int signal = 0;
  ::sigwait(&told, &signal);
  (*server)->stop(std::chrono::seconds{10});
  log.write("Relying party has ended.");
  return 0;
}

Result<std::unique_ptr<relying_party::RelyingParty>> party_of(const Options& options, Log& log) {
  relying_party::Options party{.verifier = TRY(within("--verifier", verifier_url(options)))};
  net::ClientOptions client{.timeout = std::chrono::seconds{options.timeout}, .max_body = challenge::kMaxSession, .follow = false};
  for (const std::string& path : options.ca_certs) client.certificates.push_back(TRY(files::read_file(path)));
  TRY(within("--ca-cert", net::HttpClient::make(client)));
  party.connect = [client]() -> Result<std::unique_ptr<net::Http>> { return net::HttpClient::make(client); };
  party.log = [&log](std::string_view message) { log.write(message); };
  if (!options.key.empty()) {
    party.keys = [keys = TRY(keys_in(options.key))](net::Http&) -> Result<std::vector<relying_party::ResultKey>> { return keys; };
    party.key_name = options.key;
  } else {
    if (!party.verifier.starts_with("https:") && !is_this_machine(party.verifier) && !options.insecure) return fail_expecting(Errc::config, "--verifier " + net::shown_url(party.verifier), "without TLS anybody on the way could say what its key is", "--key FILE, https, or --insecure");
    party.keys = [verifier = party.verifier](net::Http& http) { return published_keys(verifier, http); };
    party.key_name = TRY(net::resolve_url(party.verifier, discovery::path_of(discovery::Service::verification)));
  }
  return std::make_unique<relying_party::RelyingParty>(std::move(party));
}

// Without the slash at its end: paths are put behind it.
Result<std::string> verifier_url(const Options& options) {
  std::string url = TRY(net::parse_url(options.verifier));
  if (url.find_first_of("?#") != std::string::npos) return fail_expecting(Errc::usage, "", net::shown_url(url) + " has a query or a fragment", "http://HOST:PORT, perhaps with a path");
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Result<net::ServerOptions> listeners_of(const Options& options) {
  const serve::Listen listen = TRY(within("--listen", serve::parse_listen(options.listen)));
  if (options.cert.empty() != options.cert_key.empty()) return fail_expecting(Errc::usage, "--cert, --cert-key", "one without the other", "both, or neither");
  if (options.cert.empty() && !serve::is_loopback(listen) && !options.insecure) return fail_expecting(Errc::config, "--listen " + options.listen, "others than this machine could reach it without TLS", "--cert and --cert-key, or --insecure");
  net::Listener one{.address = listen.address, .port = listen.port};
  if (!options.cert.empty()) one.certificates = TRY(files::read_file(options.cert));
  if (!options.cert_key.empty()) one.key = TRY(files::read_file(options.cert_key));
  net::ServerOptions server;
  server.listeners.push_back(std::move(one));
  server.workers = kWorkers;
  return server;
}

Result<std::vector<relying_party::ResultKey>> keys_in(const std::string& path) {
  std::vector<relying_party::ResultKey> keys;
  for (const appraise::TrustAnchor& anchor : TRY(inputs::load_anchors(std::vector<std::string>{path}, {}))) {
    if (const auto* key = std::get_if<crypto::PublicKey>(&anchor.key)) keys.push_back({*key, crypto::default_sig(key->kind())});
  }
  return keys;
}

Result<std::vector<relying_party::ResultKey>> published_keys(const std::string& verifier, net::Http& http) {
  const auto document = TRY(discovery::fetch(verifier, discovery::Service::verification, http, {}));
  if (!document.ear_key) return fail_expecting(Errc::missing, verifier, "it publishes none", "--key FILE");
  return std::vector<relying_party::ResultKey>{{*document.ear_key, *document.ear_sig}};
}

bool is_this_machine(std::string_view url) {
  const std::string_view host = url.substr(url.find("//") + 2);
  const auto is = [&](std::string_view name) { return host == name || host.starts_with(std::string{name} + ":") || host.starts_with(std::string{name} + "/"); };
  return is("localhost") || is("127.0.0.1") || is("[::1]");
}

void Log::write(std::string_view message) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  std::string text = fmt::format("{:04}/{:02}/{:02} {:02}:{:02}:{:02} ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  // Results quote what devices said.
  while (!message.empty()) {
    const std::size_t end = message.find('\n');
    text += printable(message.substr(0, end)) + '\n';
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
  }
  const std::scoped_lock lock{mutex_};
  out_ << text << std::flush;
}

}  // namespace
}  // namespace assay
