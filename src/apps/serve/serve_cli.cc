#include "apps/serve/serve_cli.h"

#include <sys/resource.h>

#include <csignal>
#include <memory>

#include "apps/catalogue.h"
#include "apps/files.h"
#include "apps/native_cli.h"
#include "apps/serve/config.h"
#include "apps/serve/log.h"
#include "apps/serve/state.h"
#include "net/server.h"
#include "services/front/front.h"

namespace assay {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  # For this machine: http://127.0.0.1:8080, with store and key below ~/.local/state/assay\n"
    "  assay serve\n"
    "\n"
    "  # Where clients of Veraison look: 8080 verification, 8888 provisioning, 8088 management\n"
    "  assay serve --veraison-ports 2025\n"
    "\n"
    "  # For others: TLS, and who may provision and manage\n"
    "  assay serve --config /etc/assay/config.yaml\n"
    "\n"
    "  # Is it there? What is its key?\n"
    "  curl -s http://127.0.0.1:8080/readyz\n"
    "  curl -s http://127.0.0.1:8080/.well-known/veraison/verification | jq '.\"ear-verification-key\"'\n"
    "\n"
    "It ends with the requests that have begun when it is told to (SIGTERM, Ctrl-C). SIGHUP reads the signing key again, and nothing else:\n"
    "other settings, certificates and users need a restart. Relative paths in FILE of --config are relative to FILE; those of the command line\n"
    "to the current folder. docs/SERVICE.md lists all settings.\n"
    "\n"
    "Exit status: 0 ended as told; 2 usage; 5 what keeps it from starting: settings, files, keys, ports.\n";

struct Options {
  std::string config;
  std::vector<std::string> listen;
  std::string veraison_ports;
  std::string store;
  std::string ear_key;
  std::string cert;
  std::string cert_key;
  bool insecure = false;
  bool rotate_key = false;
  bool log_json = false;
  std::string log_level;
  std::string at;
};

// What runs; destroyed in reverse order.
struct Running {
  serve::State state;
  std::unique_ptr<serve::Log> log;
  std::unique_ptr<front::Front> front;
  std::unique_ptr<net::Server> server;
};

int serve_until_told(const Options& options, std::ostream& out, std::ostream& err);
int rotate_key(const Options& options, std::ostream& out, std::ostream& err);
int report(const Options& options, const Error& error, std::ostream& err);
Result<serve::Config> load(const Options& options);
Result<void> add_listeners(const Options& options, serve::Config& config);
void warn(const Options& options, const serve::Config& config, serve::Log& log);
template <class T>
Result<T> said_in(std::string_view option, Result<T> result);
Result<void> start(const serve::Config& config, Running& running, std::ostream& err);
Result<std::unique_ptr<front::Front>> front_of(const serve::Config& config, serve::State& state, serve::Log& log);
front::Admission admit(access::Access& access, bool has_tenants, const net::Incoming& request, front::Role role, serve::Log& log);
std::function<UnixSeconds()> clock_of(const serve::Config& config);
Result<std::vector<net::Listener>> listeners_of(const serve::Config& config);
void announce(const serve::Config& config, const Running& running, std::ostream& out);
void raise_file_limit();
std::string url_of(const serve::Listen& listen, std::uint16_t port);
std::string interfaces_text(unsigned interfaces);

}  // namespace

int run_serve(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Options options;
  CLI::App app{"Verifies evidence for others: provisioning, challenge and response, management, discovery, on one port or several.", "assay serve"};
  app.footer(kExamples);
  native::add_file(app, "--config", options.config, "settings (YAML); what the command line says counts instead");
  app.add_option("--listen", options.listen, "where, for all interfaces: 127.0.0.1:8080, [::1]:8080; may be repeated; port 0 is any")->allow_extra_args(false)->type_name("ADDRESS:PORT")->option_text("ADDRESS:PORT");
  app.add_option("--veraison-ports", options.veraison_ports, "one port for each interface, as Veraison's releases have them: 2025, 2026")->type_name("RELEASE");
  native::add_file(app, "--cert", options.cert, "certificate chain (PEM) for the addresses of --listen and --veraison-ports: TLS");
  native::add_file(app, "--cert-key", options.cert_key, "its private key (PEM)");
  app.add_option("--store", options.store, "where endorsements and policies are kept: a file (SQLite), postgresql://…, memory:")->type_name("STORE");
  native::add_file(app, "--ear-key", options.ear_key, "private key that signs results (PEM, JWK), or pkcs11: URI; without one it is made at the first start");
  app.add_option("--at", options.at, "let the service's clock begin at this time, as 2025-06-01T00:00:00Z: to judge what has expired")->type_name("TIME");
  app.add_flag("--rotate-key", options.rotate_key, "make a new key that signs from now on, and end; a service that runs takes it at SIGHUP. The old public key stays in its JWK set");
  app.add_flag("--insecure", options.insecure, "also beyond this machine without TLS and without asking who provisions and manages");
  app.add_flag("--json-log", options.log_json, "log lines in JSON");
  app.add_option("--log-level", options.log_level, "debug, info, warning, error")->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  return native::run(app, args, out, err, [&] { return options.rotate_key ? rotate_key(options, out, err) : serve_until_told(options, out, err); });
}

namespace {

int serve_until_told(const Options& options, std::ostream& out, std::ostream& err) {
  const auto config = load(options);
  if (!config) return report(options, config.error(), err);
  // Before any thread begins, so that all of them leave these to sigwait.
  sigset_t told;
  ::sigemptyset(&told);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&told, signal);
  ::pthread_sigmask(SIG_BLOCK, &told, nullptr);
  raise_file_limit();
  Running running;
  if (const auto started = start(*config, running, err); !started) return report(options, started.error(), err);
  warn(options, *config, *running.log);
  announce(*config, running, out);
  int signal = 0;
  while (::sigwait(&told, &signal) == 0 && signal == SIGHUP) {
    const auto reloaded = running.state.keys->reload();
    running.log->write(reloaded ? serve::Level::info : serve::Level::error, reloaded ? "keys read again" : "keys not read again: " + reloaded.error().text(), {{"kid", running.state.keys->active().kid}});
  }
  running.log->write(serve::Level::info, "stopping: requests that have begun are finished");
  running.server->stop(std::chrono::seconds{10});
  running.log->write(serve::Level::info, "stopped");
  return 0;
}

// Prints the id of the new key.
int rotate_key(const Options& options, std::ostream& out, std::ostream& err) {
  const auto rotated = [&]() -> Result<std::string> {
    const serve::Config config = TRY(load(options));
    const auto keys = TRY(crypto::KeySet::open(TRY(serve::key_source(config))));
    return keys->rotate();
  }();
  if (!rotated) return report(options, rotated.error(), err);
  out << *rotated << '\n';
  return 0;
}

// The command line's fault, or that of what is around us: a key that others can read is not "bad signature" here.
int report(const Options& options, const Error& error, std::ostream& err) {
  err << "error: " << error.text() << '\n';
  const bool by_command_line = error.errc == Errc::usage && (!options.store.empty() || !error.where.starts_with("store"));
  return exit_code(by_command_line ? Errc::usage : Errc::config);
}

Result<serve::Config> load(const Options& options) {
  serve::Config config;
  if (!options.config.empty()) {
    const std::string text = TRY(files::read_text(options.config));
    config = TRY(serve::parse_config(text, options.config));
    if (options.config != "-") serve::resolve_paths(config, std::filesystem::path{options.config}.parent_path());
  }
  TRY(add_listeners(options, config));
  if (!options.store.empty()) config.store = options.store;
  if (!options.ear_key.empty()) config.ear_key = options.ear_key;
  if (!options.log_level.empty()) config.log_level = options.log_level;
  if (!options.at.empty()) config.at = TRY(said_in("--at", from_rfc3339_any_zone(options.at)));
  config.insecure = config.insecure || options.insecure;
  config.log_json = config.log_json || options.log_json;
  TRY(serve::check_exposure(config));
  return config;
}

Result<void> add_listeners(const Options& options, serve::Config& config) {
  const bool said = !options.listen.empty() || !options.veraison_ports.empty();
  if (options.cert.empty() != options.cert_key.empty()) return fail_expecting(Errc::usage, "--cert, --cert-key", "one without the other", "both, or neither");
  if (said) config.listen.clear();
  if (!config.listen.empty() && !options.cert.empty()) return fail_expecting(Errc::usage, "--cert", "the addresses are those of " + printable(options.config), "`cert` and `cert-key` there, or --listen");
  for (const std::string& one : options.listen) config.listen.push_back(TRY(said_in("--listen", serve::parse_listen(one))));
  if (!options.veraison_ports.empty()) {
    auto ports = TRY(serve::veraison_ports(options.veraison_ports, {}));
    config.listen.insert(config.listen.end(), ports.begin(), ports.end());
  }
  if (config.listen.empty()) config.listen.push_back({.interfaces = front::kAll});
  if (options.cert.empty()) return {};
  for (serve::Listen& listen : config.listen) {
    listen.cert = options.cert;
    listen.cert_key = options.cert_key;
  }
  return {};
}

// Not refused: behind a proxy that speaks TLS it is as it should be.
void warn(const Options& options, const serve::Config& config, serve::Log& log) {
  if (options.veraison_ports != "2026" || !config.listen.back().cert.empty()) return;
  log.write(serve::Level::warning, "plain HTTP, though clients of that release expect https: give --cert FILE and --cert-key FILE (PEM)", {{"option", "--veraison-ports 2026"}});
}

// What is wrong with a word of the command line is a matter of usage.
template <class T>
Result<T> said_in(std::string_view option, Result<T> result) {
  if (result) return result;
  Error error = within(option, std::move(result).error());
  error.errc = Errc::usage;
  return std::unexpected(std::move(error));
}

Result<void> start(const serve::Config& config, Running& running, std::ostream& err) {
  running.log = std::make_unique<serve::Log>(err, serve::level_of(config.log_level), config.log_json);
  for (const std::string& theirs : config.passed_over) running.log->write(serve::Level::warning, "a setting of other services, without meaning here", {{"setting", theirs}});
  running.state = TRY(serve::open_state(config));
  running.front = TRY(front_of(config, running.state, *running.log));
  net::ServerOptions options{.listeners = TRY(listeners_of(config)), .body_bytes = front::body_limit, .connections = 16384};
  options.is_quick = [front = running.front.get()](const net::Incoming& request) { return front::is_quick(*front, request); };
  options.done = [front = running.front.get(), log = running.log.get()](const net::Incoming& request, int status, std::chrono::microseconds duration) {
    front::done(*front, request, status, duration);
    if (!log->takes(serve::Level::debug)) return;
    log->write(serve::Level::debug, "answered", {{"request", request.id}, {"method", request.method}, {"path", request.path}, {"status", std::to_string(status)}, {"microseconds", std::to_string(duration.count())}, {"peer", request.peer}});
  };
  running.server = TRY(net::Server::start(std::move(options), [front = running.front.get()](const net::Incoming& request) { return front::answer(*front, request); }));
  return {};
}

Result<std::unique_ptr<front::Front>> front_of(const serve::Config& config, serve::State& state, serve::Log& log) {
  const auto schemes = appraise::all_schemes();
  provisioning::Intake intake{.store = *state.store, .schemes = schemes, .roots = state.corim_roots, .signers = state.corim_keys, .unsigned_ones = config.unsigned_corims, .rule = config.rule};
  const auto key = [&keys = *state.keys] { return keys.active(); };
  std::unique_ptr<front::Front> front{new front::Front{.verifier = {.store = *state.store, .schemes = schemes, .key = key, .developer = config.developer, .build = std::string{catalogue::kVersion}, .clock = clock_of(config), .rule = config.rule, .engine = state.policies.get()}, .intake = std::move(intake), .management = {.store = *state.store, .schemes = schemes, .check = [&engine = *state.policies](std::string_view rules) { return engine.check(rules); }}, .coserv = {.store = *state.store, .schemes = schemes, .key = key, .version = std::string{catalogue::kVersion}}}};
  front->jwks = [&keys = *state.keys] { return keys.jwks(); };
  front->offers.clear();
  for (const serve::Listen& listen : config.listen) front->offers.push_back({listen.interfaces, listen.tenant});
  front->admit = [&access = *state.access, has_tenants = !config.auth.rules.tenant_claim.empty(), &log](const net::Incoming& request, front::Role role) { return admit(access, has_tenants, request, role, log); };
  front->log = [&log](const net::Incoming& request, std::string_view who, int status, std::string_view line) { log.write(status >= 500 ? serve::Level::warning : serve::Level::info, line, {{"request", request.id}, {"peer", request.peer}, {"user", who}}); };
  return front;
}

// Where tokens name a tenant it counts, whatever the listener's.
front::Admission admit(access::Access& access, bool has_tenants, const net::Incoming& request, front::Role role, serve::Log& log) {
  auto admitted = access.admit(request.header("Authorization"), role == front::Role::manager ? access::Role::manager : access::Role::provisioner, system_now());
  if (admitted) return {.who = access.is_open() ? std::string{} : admitted->name, .tenant = has_tenants ? admitted->tenant : std::string{}};
  const access::Refusal& refusal = admitted.error();
  log.write(serve::Level::warning, "refused: " + refusal.reason.text(), {{"request", request.id}, {"peer", request.peer}, {"path", request.path}});
  net::Answer answer = refusal.detail.empty() ? net::Answer{refusal.status} : net::problem(refusal.status, refusal.detail);
  answer.headers.insert(answer.headers.end(), refusal.headers.begin(), refusal.headers.end());
  return {.refusal = std::move(answer)};
}

std::function<UnixSeconds()> clock_of(const serve::Config& config) {
  if (!config.at) return system_now;
  return [ahead = *config.at - system_now()] { return system_now() + ahead; };
}

Result<std::vector<net::Listener>> listeners_of(const serve::Config& config) {
  std::vector<net::Listener> all;
  for (const serve::Listen& listen : config.listen) {
    net::Listener one{.address = listen.address, .port = listen.port};
    if (!listen.cert.empty()) one.certificates = TRY(files::read_file(listen.cert));
    if (!listen.cert_key.empty()) one.key = TRY(files::read_file(listen.cert_key));
    all.push_back(std::move(one));
  }
  return all;
}

// To standard output, for scripts: URL and interfaces, a line each.
void announce(const serve::Config& config, const Running& running, std::ostream& out) {
  const auto ports = running.server->ports();
  for (std::size_t i = 0; i < ports.size(); ++i) out << url_of(config.listen[i], ports[i]) << ' ' << interfaces_text(config.listen[i].interfaces) << '\n';
  out << std::flush;
  running.log->write(serve::Level::info, "serving", {{"version", catalogue::kVersion}, {"store", running.state.store_name}, {"ear-key", running.state.key_name}});
}

// As many connections as the system lets us have.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string url_of(const serve::Listen& listen, std::uint16_t port) {
  serve::Listen bound = listen;
  bound.port = port;
  return fmt::format("{}://{}", listen.cert.empty() ? "http" : "https", serve::endpoint(bound));
}

std::string interfaces_text(unsigned interfaces) {
  std::string text;
  for (const front::Interface one : front::kInterfaces) {
    if ((interfaces & one) != 0) text += (text.empty() ? "" : ",") + std::string{front::name(one)};
  }
  return text;
}

}  // namespace
}  // namespace assay
